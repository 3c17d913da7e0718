"""The cascade on filmed streets with pasted machines (synthetic 合成): found sites, alarms, questions, rule by rule.

Needs the real sequences and labelled pictures beside the project; says so and ends where they are absent. Nothing of it
is an accuracy of the detector: backgrounds are one street, machines are cut out of photographs.

Every street is a camera of its own with a corridor drawn over the road and the verges, and six pictures of the empty
street that an operator called empty. The clock goes with the frames. After the last vehicle has driven through, the
camera goes on looking for ``AFTER`` pictures. The camera is not calibrated, so that every place counts as inside and a
second judge's no silences nothing alone. A parked machine stands there for half a minute: no rule may call that parked,
and it goes to a person, as it should.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from judged import RATES, Judged, ScriptedJudge, case_of, rules, show, stages
from pipewarden.judge import service as judge
from pipewarden.kit.clock import SetClock
from pipewarden.kit.settings import Settings
from pipewarden.lab.cutouts import cut_all
from pipewarden.lab.dataset import read_pictures
from pipewarden.lab.streets import Story, Street, make_street
from pipewarden.main.home import open_home
from pipewarden.main.replay import Replay
from pipewarden.main.river import open_river
from pipewarden.main.scan import all_alarms
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera

if TYPE_CHECKING:
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.judge.facts import JudgeCase

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
EVERY_S = 1.0
SEED = 20261125
SAME_PLACE = 0.3
MIX = {Story.WORKS: 12, Story.PARKED: 6, Story.PASSING: 12, Story.VEHICLES: 8, Story.QUIET: 4}
BEGIN = datetime(2026, 11, 25, 1, tzinfo=UTC)
EMPTY, AFTER = 6, 4
ROAD = ((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0))  # below it is ground: feet are pasted from 0.55 down
QUALITY = 88

Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Played:
    """What was shown: frames of the stories, and where works were pasted, by picture and by street."""

    frames: int = 0
    works: dict[str, list[Box]] = field(default_factory=dict)
    streets: dict[str, Street] = field(default_factory=dict)

    def at_works(self, case: JudgeCase) -> bool:
        """Tell whether a case's box lies on pasted works."""
        box = (case.box.x, case.box.y, case.box.w, case.box.h)
        return any(overlap(one, box) >= SAME_PLACE for one in self.works.get(case.picture, ()))


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


def streets(count: float, frames: list[np.ndarray], times: list[float]) -> list[Street]:
    """Return the mix of stories, ``count`` times over."""
    pictures = read_pictures(SHARED / "construction/instances_val.json", SHARED / "construction/images")
    cutouts = cut_all(pictures)  # of val: the shipped screen was not trained on these machines
    generator = np.random.default_rng(SEED)
    made = []
    for story, number in MIX.items():
        for n in range(max(1, round(number * count))):
            name = f"{story.value}-{n:02d}"
            made.append(make_street(name, story, background=frames, times=times, cutouts=cutouts, generator=generator))
    return made


def overlap(a: Box, b: Box) -> float:
    """Return intersection over union of two boxes (left, top, width, height)."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(across, 0) * max(down, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def jpeg(frame: np.ndarray) -> bytes:
    """Return a frame as a camera sends it."""
    return cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def play(live: Replay, street: Street, quiet: list[np.ndarray], played: Played, *, stood_before: bool) -> None:
    """Hang the street's camera as an operator does, then show what happens there."""
    empty = quiet
    if stood_before and street.story in {Story.PARKED, Story.VEHICLES}:
        empty = street.frames[:: max(1, len(street.frames) // EMPTY)][:EMPTY]
    home = live.river.home
    operator, since = people.operator(home.tenant_id), live.clock.now()
    with home.work() as work:
        camera = sense.register_camera(work, NewCamera(street.name, street.name, rendered=True))
        judge.set_corridor(work, operator, camera.id, ROAD)
    for number, frame in enumerate(empty):
        live.until(live.clock.now() + timedelta(seconds=10))
        show(live, camera, jpeg(frame), f"empty-{number}")
    with home.work() as work:
        judge.learn_empty_scene(work, operator, camera.id, since=since, until=live.clock.now(), reason="bench")
    begin = live.clock.now() + timedelta(hours=1)
    frames, times = list(street.frames), list(street.times)
    if street.story is Story.PASSING:
        frames += quiet[:AFTER]
        times += [times[-1] + EVERY_S * (1 + k) for k in range(AFTER)]
    for number, (frame, second) in enumerate(zip(frames, times, strict=True)):
        live.until(begin + timedelta(seconds=second))
        picture = jpeg(frame)
        if street.sites:
            played.works[sha256(picture).hexdigest()] = [one.box for one in street.pasted if one.frame == number]
        show(live, camera, picture, f"{number:04d}")
    live.rest()
    played.frames += len(frames)
    played.streets[street.name] = street


def truth(live: Replay, alarm: Alarm, played: Played) -> Judged:
    """Return an alarm with what is true of it."""
    (stream,) = alarm.streams
    street, box = played.streets[stream], alarm.evidence_box
    at = (box.x, box.y, box.w, box.h)
    hit = street.sites > 0 and any(overlap(one.box, at) >= SAME_PLACE for one in street.pasted)
    what = "beside_works" if street.sites else street.story.value
    return Judged(street.name if hit else None, what, wanted=True, case=case_of(live.river.home, alarm.id))


def measure(count: float, threshold: float | None, *, simulated: bool, stood_before: bool) -> dict[str, object]:
    """Play every street through the product with one second judge and return the figures."""
    clock, played = SetClock(BEGIN), Played()
    second = ScriptedJudge(played.at_works, SEED) if simulated else None
    settings = Settings(judge="local")
    with open_home(settings, temporary=True, clock=clock) as home, open_river(home, second=second) as river:
        detector = river.models.detector
        if threshold is not None:
            detector.thresholds = {**detector.thresholds, "machine": threshold}
        live = Replay(river, clock)
        frames, times = background()
        quiet = frames[:: max(1, len(frames) // EMPTY)][:EMPTY]
        made = streets(count, frames, times)
        for street in made:
            play(live, street, quiet, played, stood_before=stood_before)
            print(street.name, file=sys.stderr, flush=True)
        alarms = [truth(live, alarm, played) for alarm in all_alarms(home)]
        with home.work() as work:
            asked = judge.tally(work).questions
    sites = {street.name for street in made if street.sites}
    table = stages(alarms, sites, frames=played.frames, questions=asked, simulated=simulated)
    return {
        "judge": "scripted: SIMULATED, told the truth and errs" if simulated else "local (crop verifier)",
        "screen": detector.ref.label,
        "threshold": detector.thresholds["machine"],
        "stood_before": stood_before,
        "streets": len(made),
        "frames": played.frames,
        "questions": asked,
        "stages": table,
        "alarms_by_story": dict(Counter(one.what if one.site is None else "works" for one in alarms)),
        "rules": rules(alarms),
    } | ({"simulated_rates": {"works": RATES[True], "else": RATES[False]}} if simulated else {})


def main() -> None:
    """Print the figures as one JSON line per second judge."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--count", type=float, default=1.0, help="how many times the mix of stories")
    asked.add_argument("--threshold", type=float, help="machine score; the manifest's when left out")
    asked.add_argument("--judge", choices=("local", "scripted", "both"), default="both")
    asked.add_argument(
        "--stood-before", action="store_true", help="parked machines and vehicles stood there when it was called empty"
    )
    given = asked.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"skipped: real sequences absent ({SHARED})")
    for simulated in (False, True):
        if given.judge in {"both", "scripted" if simulated else "local"}:
            found = measure(given.count, given.threshold, simulated=simulated, stood_before=given.stood_before)
            print(json.dumps({"bench": "streets", "synthetic": True} | found), flush=True)


if __name__ == "__main__":
    main()
