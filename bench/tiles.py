"""What tiles of the corridor add, on our own renders: one JSON line. Rendered pictures: never an accuracy.

The renders are the demo's frames, or with ``--renders`` a folder written by ``render/train_set.py OUT COUNT SEED far``,
whose machines stand up to 180 m away in 1080p pictures. Every picture is looked at as a whole and again with tiles over
its lower two thirds, where ground is: recall of the true machines by the height of their visible box in original
pixels, boxes that hit nothing, calls and time per frame.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.inference.adapters import open_models
from pipewarden.inference.rules import overlaps
from pipewarden.inference.service import WEIGHTS, detect
from pipewarden.lab.coco import read_coco
from pipewarden.perceive.facts import FindingClass
from pipewarden.perceive.rules import findings_of
from pipewarden.perceive.service import FULL, WANTED
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUND = (0.0, 0.33, 1.0, 1.0)
SIZES = (("under_40_px", 0, 40), ("40_to_80_px", 40, 80), ("from_80_px", 80, 10_000))
HIT = 0.3
SEEN = 0.5


@dataclass(frozen=True)
class Case:
    """One picture, its machines (n, 4) xyxy in its own pixels, and which of them are seen well enough to count."""

    path: Path
    machines: np.ndarray
    counted: list[bool]


def demo() -> Iterator[Case]:
    """Yield every demo picture with what is true in it."""
    folders = {one.key: one.folder for one in sim.demo_cameras()}
    for camera in sim.demo_truth().cameras:
        for frame in camera.frames if camera.key in folders else ():
            machines = [one for one in frame.objects if one.cls == "machine" and one.visible_box]
            boxes = np.array([one.visible_box for one in machines], np.float32).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            path = folders[camera.key] / Path(frame.file).name
            yield Case(path, boxes, [one.visible_fraction > SEEN for one in machines])


def rendered(folder: Path) -> Iterator[Case]:
    """Yield every picture of a set written by render/train_set.py."""
    for one in read_coco(folder / "instances.json", folder):
        machines = one.of_super("machine")
        yield Case(one.path, machines, [True] * len(machines))


def measure(
    weights: Path, cases: list[Case], threads: int, threshold: float | None, region: tuple[float, float, float, float]
) -> dict[str, object]:
    """Return recall by size, false boxes, calls and milliseconds per frame, whole and tiled."""
    detector = open_models(weights, threads=threads).detector
    least = detector.thresholds["machine"] if threshold is None else threshold
    told: dict[str, object] = {
        "bench": "tiles",
        "rendered": True,
        "screen": detector.ref.label,
        "threshold": least,
        "region": region,
    }
    for name, corridor, wanted in (("whole", None, WANTED), ("tiled", region, FULL)):
        found = {size: [0, 0] for size, _, _ in SIZES}
        wrong = calls = count = 0
        spent = 0.0
        with ChildDecoder() as decoder:
            for case in cases:
                content, since = case.path.read_bytes(), time.perf_counter()
                decoded = decoder.decode(content, name=case.path.name, wanted=wanted)
                detections, asked = detect(detector, decoded.pixels, corridor)
                spent += time.perf_counter() - since
                calls, count = calls + asked, count + 1
                seen = findings_of(detections, detector.classes, detector.thresholds, decoded.pixels.shape)
                boxes = [one.corners for one in seen if one.cls is FindingClass.MACHINE and one.score >= least]
                scale = decoded.width / decoded.pixels.shape[1]
                given = np.array(boxes, np.float32).reshape(-1, 4) * np.float32(scale)
                wrong += score(given, case, found)
        told[name] = {
            "recall": {size: None if not total else round(hit / total, 3) for size, (hit, total) in found.items()},
            "machines": {size: total for size, (_, total) in found.items()},
            "false_boxes_per_frame": round(wrong / count, 3),
            "calls_per_frame": round(calls / count, 2),
            "ms_per_frame": round(1000 * spent / count, 1),
        }
    return told


def score(boxes: np.ndarray, case: Case, found: dict[str, list[int]]) -> int:
    """Count true machines found by size into ``found`` and return how many boxes hit no machine."""
    true = case.machines
    table = overlaps(boxes, true) if len(boxes) and len(true) else np.zeros((len(boxes), len(true)), np.float32)
    for place, counts in enumerate(case.counted):
        if counts:
            height = float(true[place, 3] - true[place, 1])
            size = next(name for name, low, high in SIZES if low <= height < high)
            found[size][0] += int(bool(len(boxes)) and bool((table[:, place] >= HIT).any()))
            found[size][1] += 1
    return int((table.max(axis=1) < HIT).sum()) if len(true) else len(boxes)


def main() -> int:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder with manifest.json")
    parser.add_argument("--renders", type=Path, help="folder of render/train_set.py in place of the demo's frames")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--threshold", type=float)
    parser.add_argument(
        "--region",
        type=float,
        nargs=4,
        default=GROUND,
        metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"),
        help="what is tiled, shares of the picture; 0 .33 1 .6 is the far band that main/corridors.py takes",
    )
    given = parser.parse_args()
    cases = list(rendered(given.renders) if given.renders else demo())
    print(json.dumps(measure(given.weights, cases, given.threads, given.threshold, tuple(given.region))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
