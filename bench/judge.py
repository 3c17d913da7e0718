"""Whether the river keeps its pace while a second judge hangs or talks nonsense (safety.md L2): one JSON line.

Three houses stand side by side, each with a database, models and a judge of its own (questions and the judge's clock
run in threads beside the river, as the worker runs them, but ten times as often): one where people judge, one whose
second judge hangs for all of its patience and longer, one whose second judge answers at once with what is no answer.
They are given the same load in turn: reports with a place from many people, and frames of cameras in which a machine
stands, so that every camera's alarm becomes a question. A round's ingest is what is kept a second of the time that
keeping takes, its alarms are those that come to stand a second of the whole round.

Told are the medians over the rounds of each house's pace by that of the house without a second judge. The figure to
hold: none below 0.9. Every report must be in exactly one alarm, every camera's alarm before a person at the end. The
pictures are rendered; no accuracy is told.

    python bench/judge.py [--reports N] [--cameras N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import planted
from alarms import BATCH, SEED, event_of
from pipewarden.judge import jobs
from pipewarden.judge import service as judge
from pipewarden.judge.facts import Opinion, OpinionKind, Verdict
from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.river import open_river
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from pipewarden.judge.facts import JudgeCase
    from pipewarden.judge.jobs import Begin
    from pipewarden.judge.ports import SecondJudge
    from pipewarden.judge.service import Bench
    from pipewarden.main.home import Home
    from pipewarden.main.river import River
    from planted import Said

LEAST = 0.9
PICTURES = 3  # of each camera: enough for an alarm
EVERY_S = 0.5  # between two sweeps; main.judging: 5 s
APART = timedelta(seconds=60)  # longer than a machine is given to drive on


@dataclass
class Hanging:
    """Does not come back within its patience, nor for as long again."""

    name: str = "hanging"
    patience_s: float = 4.0
    asked: int = 0

    def judge(self, case: JudgeCase) -> Opinion:
        """Hang."""
        del case
        self.asked += 1
        time.sleep(2 * self.patience_s)
        return Opinion(OpinionKind.NO, judge=self.name, model="too late")


@dataclass
class Babbling:
    """Answers at once, each time with another thing that is no opinion."""

    name: str = "babbling"
    patience_s: float = 4.0
    asked: int = 0

    def judge(self, case: JudgeCase) -> Opinion:
        """Return what the port forbids, or raise."""
        del case
        said: tuple[Any, ...] = (
            "no",
            None,
            Opinion("maybe", judge="x"),  # type: ignore[arg-type]
            Opinion(OpinionKind.NO, judge="x", cost=float("nan")),  # type: ignore[arg-type]
            Opinion(OpinionKind.NO, judge="x", reasons=("\ud800" * 100_000,) * 1000, cost=-1),
            ZeroDivisionError("no"),
        )
        self.asked += 1
        one = said[self.asked % len(said)]
        if isinstance(one, Exception):
            raise one
        return one  # type: ignore[no-any-return]


@dataclass
class House:
    """One house: its river, which site each observation is about (cameras' below zero), and its rounds' paces."""

    home: Home
    river: River
    rng: np.random.Generator
    sites: int = 0
    planted: dict[UUID, int] = field(default_factory=dict)
    cameras: int = 0
    ingest: list[float] = field(default_factory=list)
    alarms: list[float] = field(default_factory=list)
    hands: list[threading.Thread] = field(default_factory=list)

    def round(self, reports: int, cameras: int) -> None:
        """Keep the load in batches, let the river run dry after each, and note both paces."""
        said = planted.plant(reports, self.rng, first_site=self.sites)
        before, self.sites = self.sites, max(one.site for one in said) + 1
        starts = range(0, len(said), BATCH)
        kept_s = 0.0
        with self.beside():
            begun = time.perf_counter()
            for number, start in enumerate(starts):
                since = time.perf_counter()
                self.keep(said[start : start + BATCH])
                for _ in range(cameras * (number + 1) // len(starts) - cameras * number // len(starts)):
                    self.look()
                kept_s += time.perf_counter() - since
                self.river.drain()
            over_s = time.perf_counter() - begun
        self.ingest.append((len(said) + cameras * PICTURES) / kept_s)
        self.alarms.append((self.sites - before + cameras) / over_s)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Put questions and watch the judge's clock beside the river; what is under way at the end goes on."""
        over, begin, bench = threading.Event(), self.home.factory.begin, self.river.bench

        def again(job: Callable[[Begin, Bench], int]) -> None:
            while not over.wait(EVERY_S):
                job(begin, bench)

        hands = [threading.Thread(target=again, args=(job,)) for job in (jobs.ask_waiting, jobs.sweep)]
        self.hands += hands
        for hand in hands:
            hand.start()
        try:
            yield
        finally:
            over.set()

    def keep(self, said: Sequence[Said]) -> None:
        """Keep reports in one transaction."""
        with self.home.work() as work:
            told = [event_of(one, work.now()) for one in said]
            taken = sense.take_all(work, self.home.blobs, people.operator(work.tenant_id), told)
        self.planted |= {kept.observation.id: one.site for kept, one in zip(taken, said, strict=True)}

    def look(self) -> None:
        """Keep the pictures of one more camera."""
        self.cameras += 1
        (folder,) = (one.folder for one in sim.demo_cameras() if one.key == "cam-11")
        for n, file in enumerate(sorted(folder.glob("*.jpg"))[:PICTURES]):
            with self.home.work() as work:
                seen = NewObservation(
                    stream=f"camera-{self.cameras}",
                    source_id=f"camera-{self.cameras}-{n}",
                    kind=ObservationKind.FRAME,
                    picture=file.read_bytes(),
                    picture_name=file.name,
                    at=work.now() - (PICTURES - n) * APART,
                    rendered=True,
                )
                self.planted[sense.observe(work, self.home.blobs, seen).id] = -self.cameras


def settled(house: House) -> dict[str, int]:
    """Return, once every question has come to its end, how many there were and where the cameras' alarms are."""
    for hand in house.hands:
        hand.join()
    until = time.monotonic() + 60.0
    while time.monotonic() < until:
        jobs.sweep(house.home.factory.begin, house.river.bench)
        with house.home.work() as work:
            operator = people.operator(house.home.tenant_id)
            seen = [one for one in planted.all_alarms(house.home) if house.planted[one.members[0].observation_id] < 0]
            cases = [judge.verdict(work, operator, one.id) for one in seen]
        if all(one.ask_id is None for one in cases):
            break
        time.sleep(0.5)
    with house.home.work() as work:
        questions = judge.tally(work).questions
    waiting = sum(one.verdict is Verdict.PERSON and one.ask_id is None and one.due_at is not None for one in cases)
    return {"questions": questions, "cameras_alarms": len(cases), "before_people": waiting}


def measure(houses: dict[str, House], reports: int, cameras: int, rounds: int) -> dict[str, object]:
    """Run the rounds in turn and return what they tell."""
    names = list(houses)
    for one in houses.values():
        one.round(50, 2)  # warm up: models, statements, the compiled kernel of the map
        one.ingest.clear()
        one.alarms.clear()
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            houses[name].round(reports, cameras)
    plain, told = houses["none"], dict[str, object]()
    for name, house in houses.items():
        one: dict[str, object] = dict(settled(house))
        one |= planted.faults(house.home, house.planted)
        for what in ("ingest", "alarms"):
            paces, others = getattr(house, what), getattr(plain, what)
            one[f"{what}_per_s"] = round(statistics.median(paces), 1)
            one[f"{what}_ratio"] = round(statistics.median(a / b for a, b in zip(paces, others, strict=True)), 3)
        told[name] = one
    return told


def right(told: dict[str, Any], cameras: int) -> bool:
    """Tell whether every house kept its pace, lost nothing, and left every camera's alarm before people."""
    return all(
        min(one["ingest_ratio"], one["alarms_ratio"]) >= LEAST
        and not any(one[fault] for fault in planted.FAULTS)
        and one["before_people"] == one["cameras_alarms"] == cameras
        and (name == "none" or one["questions"] > 0)
        for name, one in told.items()
    )


def main() -> int:
    """Print the figures; exit 1 when a house is slower or anything is not where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=300, help="of one round")
    parser.add_argument("--cameras", type=int, default=6, help="of one round, three pictures each")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # nonsense is logged
    seconds: dict[str, SecondJudge | None] = {"none": None, "hangs": Hanging(), "nonsense": Babbling()}
    with ExitStack() as open_, TemporaryDirectory() as folder:
        houses = {}
        for name, second in seconds.items():
            home = open_.enter_context(open_home(Settings(judge="human"), temporary=True))
            river = open_.enter_context(open_river(home, second=second))
            planted.take_map(home, Path(folder))
            houses[name] = House(home, river, np.random.default_rng(SEED))
        told = measure(houses, given.reports, given.cameras, given.rounds)
    ok = right(told, 2 + given.cameras * given.rounds)
    print(json.dumps({"bench": "judge", "rounds": given.rounds, "reports": given.reports, "cameras": given.cameras,
                      "least": LEAST, "right": ok} | told))  # fmt: skip
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
