"""The ablation on the simulator's streets (rendered 渲染): the screen, then the scene rules, then a second judge.

The demo day's pictures reach the product at their own hours, and nothing else does: people's reports would go to people
whatever a camera says. Before, an operator does what an operator does: calls the afternoon before empty (each camera's
first picture of the day, which shows no works, six times in other light and noise: synthetic), draws the corridor along
the ground that the map puts in range, and files the works that are filed, for their hours. Sites that field staff told
of are open from then on, though their reports are no alarms here. A site is what
``sim.service.score_day`` calls works found; works that are filed, or outside every range, are known and not missed when
they fall silent, and the strict recall counts them as missed all the same.

Rendered pictures: a table of the cascade, never an accuracy of a detector. The screen learnt from the same renderer.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from judged import RATES, Judged, ScriptedJudge, case_of, rules, show, silent, stages
from pipewarden.judge import service as judge
from pipewarden.kit.clock import SetClock
from pipewarden.kit.settings import Settings
from pipewarden.main.corridors import projected
from pipewarden.main.demo import town
from pipewarden.main.home import open_home
from pipewarden.main.replay import Replay
from pipewarden.main.river import open_river
from pipewarden.main.scan import all_alarms
from pipewarden.people import service as people
from pipewarden.sim import service as sim
from pipewarden.sim.facts import DayAlarm, EventKind, LookAlikeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.judge.facts import JudgeCase
    from pipewarden.main.home import Home
    from pipewarden.sense.facts import Camera
    from pipewarden.sim.facts import DemoDay, Truth

SEED = 20261125
EMPTY = 6
EVENING = timedelta(hours=-15)  # before the day's 07:00: four in the afternoon
HIT = 0.3


def prepare(live: Replay, day: DemoDay, truth: Truth, *, corridors: bool, empty: bool) -> dict[str, Camera]:
    """Make the town, with its operator's settings, and return its cameras."""
    home = live.river.home
    live.clock.moment = day.start + EVENING
    town.lay_pipes(home)
    cameras = town.hang_cameras(home)
    with home.work() as work:
        filed = [replace(one, key=f"day/{one.key}") for one in sim.permitted(day.start)]
        judge.set_permitted_of(work, "day", filed)
    if corridors:
        draw(home, cameras)
    if empty:
        call_empty(live, day, truth, cameras)
    return cameras


def draw(home: Home, cameras: dict[str, Camera]) -> None:
    """Draw each camera's corridor along what the map puts in range; none where nothing is."""
    for camera in cameras.values():
        with home.work() as work:
            if ring := projected(work, camera):
                judge.set_corridor(work, people.operator(home.tenant_id), camera.id, ring)


def call_empty(live: Replay, day: DemoDay, truth: Truth, cameras: dict[str, Camera]) -> None:
    """Show cameras their first picture in other light, and say that nobody worked there then.

    Left out are those whose first picture shows a machine that only passes: it would stand there all evening.
    """
    passing = {
        one.camera
        for one in truth.look_alikes
        if one.kind is not LookAlikeKind.PARKED_MACHINE and Path(one.frames[0]).stem == "0000"
    }
    rng, since = np.random.default_rng(SEED), live.clock.now()
    shown = {key: camera for key, camera in cameras.items() if key not in passing}
    for number in range(EMPTY):
        live.until(live.clock.now() + timedelta(minutes=10))
        for key, camera in shown.items():
            first = next(one.file for one in day.events if one.camera == key and one.file is not None)
            pixels = cv2.imread(str(first)).astype(np.float32)
            changed = pixels * rng.uniform(0.9, 1.1) + rng.normal(0, 3, pixels.shape)
            done = cv2.imencode(".jpg", changed.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
            show(live, camera, done.tobytes(), f"empty-{number}")
    operator, until = people.operator(live.river.home.tenant_id), live.clock.now()
    for camera in shown.values():
        with live.river.home.work() as work:
            judge.learn_empty_scene(work, operator, camera.id, since=since, until=until, reason="bench")


def at_works(works: dict[str, list[tuple[float, ...]]], case: JudgeCase) -> bool:
    """Tell whether a case's box lies on a machine at work, for the simulated judge."""
    box = case.box
    for x, y, w, h in works.get(case.picture, ()):
        across = min(x + w, box.x + box.w) - max(x, box.x)
        down = min(y + h, box.y + box.h) - max(y, box.y)
        both = max(across, 0.0) * max(down, 0.0)
        if both >= HIT * (w * h + box.w * box.h - both):
            return True
    return False


def boxes(truth: Truth) -> dict[str, list[tuple[float, ...]]]:
    """Return where machines at work stand, by the hash of the picture."""
    folders = {one.key: one.folder for one in sim.demo_cameras()}
    return {
        sha256((folders[camera.key] / frame.file).read_bytes()).hexdigest(): [
            one.visible_box for one in frame.objects if one.site is not None and one.visible_box is not None
        ]
        for camera in truth.cameras
        for frame in camera.frames
    }


def judged(home: Home, day: DemoDay, truth: Truth, alarm: Alarm) -> Judged:
    """Return an alarm with its truth, which the simulator's own score tells of it alone.

    One that was raised the evening before counts from its camera's first picture of the day.
    """
    if alarm.first_seen is None:
        raise RuntimeError("a camera's alarm has a time")
    ground = alarm.ground
    opened = min(one.at_s for one in day.events if one.camera in alarm.streams)
    told = DayAlarm(
        key=str(alarm.id),
        lon=None if ground is None else ground.lon,
        lat=None if ground is None else ground.lat,
        camera_s=max(opened, (alarm.first_seen - day.start).total_seconds()),
        sigma_m=0.0 if ground is None else ground.sigma_m,
    )
    score = sim.score_day(truth, [told])
    missed = set(score.missed)
    site = next((one for one in truth.works if score.works_found and one.shown and one.key not in missed), None)
    what = "late" if score.alarms_late else "look_alike" if score.look_alikes_alarmed else "nothing"
    wanted = site is not None and not site.filed and site.zone != "outside"
    return Judged(None if site is None else site.key, what, wanted, case_of(home, alarm.id))


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one day or several."""

    screen: str
    threshold: float
    cameras: int
    frames: int
    questions: int
    alarms: tuple[Judged, ...]
    machines: frozenset[str]
    hand_digs: frozenset[str]


def play(threshold: float | None, *, simulated: bool, corridors: bool, empty: bool, name: str) -> Played:
    """Play the day's pictures with one second judge; sites are called after the day's ``name``."""
    day, truth = sim.demo_day(), sim.demo_truth()
    clock = SetClock(day.start + EVENING)
    second = ScriptedJudge(partial(at_works, boxes(truth)), SEED) if simulated else None
    settings = Settings(judge="local")
    with open_home(settings, temporary=True, clock=clock) as home, open_river(home, second=second) as river:
        detector = river.models.detector
        if threshold is not None:
            detector.thresholds = {**detector.thresholds, "machine": threshold}
        live = Replay(river, clock)
        cameras = prepare(live, day, truth, corridors=corridors, empty=empty)
        with home.work() as work:
            before = judge.tally(work).questions
        shown = [one for one in day.events if one.kind is EventKind.FRAME and one.file is not None]
        for one in shown:
            live.until(day.start + timedelta(seconds=one.at_s))
            with home.work() as work:
                judge.set_open_places(work, sim.open_places(one.at_s))
            show(live, cameras[str(one.camera)], one.file.read_bytes() if one.file else b"", one.key)
        live.rest()
        alarms = [judged(home, day, truth, alarm) for alarm in all_alarms(home)]
        with home.work() as work:
            asked = judge.tally(work).questions - before
    machines = {one.key for one in truth.sites}
    return Played(
        screen=detector.ref.label,
        threshold=detector.thresholds["machine"],
        cameras=len(cameras),
        frames=len(shown),
        questions=asked,
        alarms=tuple(one if one.site is None else replace(one, site=name + one.site) for one in alarms),
        machines=frozenset(name + key for key in machines),
        hand_digs=frozenset(name + one.key for one in truth.works if one.cameras and one.key not in machines),
    )


def together(days: Sequence[Played]) -> Played:
    """Count several days as one."""
    return replace(
        days[0],
        cameras=sum(one.cameras for one in days),
        frames=sum(one.frames for one in days),
        questions=sum(one.questions for one in days),
        alarms=tuple(alarm for one in days for alarm in one.alarms),
        machines=frozenset().union(*(one.machines for one in days)),
        hand_digs=frozenset().union(*(one.hand_digs for one in days)),
    )


def table(played: Played, *, simulated: bool) -> dict[str, object]:
    """Return what is printed of a day, or of several together."""
    alarms = played.alarms
    return {
        "judge": "scripted: SIMULATED, told the truth and errs" if simulated else "local (crop verifier)",
        "screen": played.screen,
        "threshold": played.threshold,
        "cameras": played.cameras,
        "frames": played.frames,
        "questions": played.questions,
        "stages": stages(
            alarms, played.machines, frames=played.frames, questions=played.questions, simulated=simulated
        ),
        "sites": sorted(played.machines),
        "hand_dig_in_view_and_never_found": sorted(played.hand_digs),
        "silent": {one.site or one.what: sorted({str(r.code) for r in one.case.reasons}) for one in alarms
                   if silent(one.case)},
        "heard": {one.site or one.what: sorted({str(r.code) for r in one.case.reasons}) for one in alarms
                  if not silent(one.case)},
        "rules": rules(alarms),
    } | ({"simulated_rates": {"works": RATES[True], "else": RATES[False]}} if simulated else {})  # fmt: skip


def main() -> None:
    """Print the table as one JSON line per second judge and day, and one of all days where there are several."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threshold", type=float, help="machine score; the manifest's when left out")
    parser.add_argument("--judge", choices=("local", "scripted", "both"), default="both")
    parser.add_argument("--without", choices=("corridors", "empty"), action="append", default=[])
    parser.add_argument("--day", type=Path, action="append", default=[], help="folder of render/other_days.py")
    given = parser.parse_args()
    for simulated in (False, True):
        if given.judge not in {"both", "scripted" if simulated else "local"}:
            continue
        days = []
        for root in given.day or [sim.demo_root()]:
            with sim.another_day(root):
                days.append(
                    play(
                        given.threshold,
                        simulated=simulated,
                        corridors="corridors" not in given.without,
                        empty="empty" not in given.without,
                        name=f"{root.name}/" if given.day else "",
                    )
                )
            tell(root.name, given.without, table(days[-1], simulated=simulated))
        if len(days) > 1:
            tell("all", given.without, table(together(days), simulated=simulated))


def tell(day: str, without: Sequence[str], found: dict[str, object]) -> None:
    """Print one line."""
    said = {"bench": "ablation", "rendered": True, "day": day, "without": list(without)}
    print(json.dumps(said | found), flush=True)


if __name__ == "__main__":
    main()
