"""The cascade on filmed streets with pasted machines (synthetic 合成): found sites, false alarms, calls of a judge.

Needs the real sequences and labelled pictures beside the project; says so and ends where they are absent. Nothing of it
is an accuracy of the detector: backgrounds are one street, machines are cut out of photographs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from pipewarden.kit.settings import Settings
from pipewarden.lab.cutouts import cut_all
from pipewarden.lab.dataset import read_pictures
from pipewarden.lab.streets import Story, Street, make_street, write_street
from pipewarden.main import scan
from pipewarden.main.files import open_sources
from pipewarden.main.home import open_home
from pipewarden.main.river import River, open_river

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
EVERY_S = 1.0
SEED = 20261125
SAME_PLACE = 0.3
MIX = {Story.WORKS: 12, Story.PARKED: 6, Story.PASSING: 12, Story.VEHICLES: 8, Story.QUIET: 4}


@dataclass(slots=True)
class Figures:
    """What came out, summed over the streets."""

    frames: int = 0
    sites: int = 0
    found: int = 0
    alarms: Counter[Story] = field(default_factory=Counter)
    false: int = 0


def background() -> tuple[list[np.ndarray], list[float]]:
    """Return the filmed street's frames, at least a second apart."""
    folder = SHARED / "sequences" / "street_fixed_residential"
    steps = json.loads((folder / "seq.json").read_text())["frames"]
    frames, times = [], []
    for step in steps:
        second = float(step["t"])
        if not times or second - times[-1] >= EVERY_S - 1e-3:
            frames.append(cv2.imread(str(folder / step["file"])))
            times.append(second)
    return frames, times


def streets(count: float) -> list[Street]:
    """Return the mix of stories, ``count`` times over."""
    frames, times = background()
    pictures = read_pictures(SHARED / "construction/instances_val.json", SHARED / "construction/images")
    cutouts = cut_all(pictures)  # of val: the shipped screen was not trained on these machines
    generator = np.random.default_rng(SEED)
    made = []
    for story, number in MIX.items():
        for n in range(max(1, round(number * count))):
            name = f"{story.value}-{n:02d}"
            made.append(make_street(name, story, background=frames, times=times, cutouts=cutouts, generator=generator))
    return made


def hit(street: Street, box: tuple[float, float, float, float]) -> bool:
    """Say whether an alarm's box lies on pasted works."""
    return street.sites > 0 and any(overlap(one.box, box) >= SAME_PLACE for one in street.pasted)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return intersection over union of two boxes (left, top, width, height)."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(across, 0) * max(down, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def run(river: River, made: list[Street], root: Path) -> Figures:
    """Take every street through the product and count."""
    total = Figures()
    for street in made:
        folder = write_street(street, root, EVERY_S)
        (source,) = open_sources([str(folder)], every_s=EVERY_S)
        result = scan.run(river, [scan.Feed(source, None, street.name)], lambda _done, _all: None)
        total.frames += result.frames
        total.sites += street.sites
        mine = [alarm for alarm in result.alarms if street.name in alarm.streams]
        hits = [
            hit(street, (one.evidence_box.x, one.evidence_box.y, one.evidence_box.w, one.evidence_box.h))
            for one in mine
        ]
        total.alarms[street.story] += len(mine)
        total.found += min(sum(hits), street.sites)
        total.false += len(hits) - sum(hits)
        print(street.name, len(mine), sum(hits), file=sys.stderr, flush=True)
    return total


def main() -> None:
    """Print the figures as one JSON line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=float, default=1.0, help="how many times the mix of stories")
    given = asked.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"skipped: real sequences absent ({SHARED})")
    with (
        tempfile.TemporaryDirectory() as folder,
        open_home(Settings(), temporary=True) as home,
        open_river(home) as river,
    ):
        total = run(river, streets(given.count), Path(folder))
    print(
        json.dumps(
            {
                "synthetic": True,
                "frames": total.frames,
                "sites": total.sites,
                "found": total.found,
                "alarms": {story.value: count for story, count in total.alarms.items()},
                "false_alarms": total.false,
                "recall": round(total.found / max(total.sites, 1), 3),
                "precision": round(1 - total.false / max(sum(total.alarms.values()), 1), 3),
            }
        )
    )


if __name__ == "__main__":
    main()
