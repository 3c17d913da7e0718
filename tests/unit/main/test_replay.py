"""Recorded frames move the house's clock, and the judge waits, asks and looks again as it would in service."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgeCase, Opinion, OpinionKind, Tally
from pipewarden.kit.clock import SetClock
from pipewarden.kit.settings import Settings
from pipewarden.main import scan
from pipewarden.main.demo.town import fresh
from pipewarden.main.files import open_sources
from pipewarden.main.home import open_home
from pipewarden.main.replay import Replay
from pipewarden.main.river import open_river
from pipewarden.people import service as people
from pipewarden.sense.facts import Frame
from pipewarden.sim import service as sim


class Patient:
    """A second judge that is asked by a worker's sweep, not at once."""

    name, patience_s = "patient", 5.0

    def __init__(self) -> None:
        self.asked: list[JudgeCase] = []

    def judge(self, case: JudgeCase) -> Opinion:
        self.asked.append(case)
        return Opinion(OpinionKind.YES, judge=self.name, model="patient 1")


@pytest.fixture(scope="module")
def patient() -> Iterator[tuple[Replay, Patient]]:
    second, clock = Patient(), SetClock(datetime(2026, 11, 20, tzinfo=UTC))
    with (
        open_home(Settings(), temporary=True, clock=clock) as home,
        open_river(home, second=second) as made,
    ):
        yield Replay(made, clock), second


def own(lived: Replay) -> Replay:
    return replace(lived, river=replace(lived.river, home=fresh(lived.river.home)))


def play(live: Replay, folder: Path) -> scan.ScanResult:
    (source,) = open_sources([str(folder)], every_s=0.0)
    source = replace(source, frames=live.frames(source))
    return scan.run(live.river, [scan.Feed(source, None, "one")], lambda _done, _all: None, chunk=1)


def tally(live: Replay) -> Tally:
    with live.river.home.work() as work:
        return judge.tally(work)


def frame(at: datetime | None, offset_s: float = 0.0) -> Frame:
    return Frame(picture=b"", name="x", offset_s=offset_s, at=at, source_id=str(offset_s))


def test_the_clock_goes_with_the_frames(lived: Replay) -> None:
    live = own(lived)
    told = datetime(2026, 11, 20, 8, tzinfo=UTC)
    shown = live.frames([frame(told), frame(told + timedelta(minutes=10))])
    moments = [(one.at, live.clock.now()) for one in shown]
    assert moments == [(told, told), (told + timedelta(minutes=10),) * 2]


def test_a_source_without_a_time_plays_from_now(lived: Replay) -> None:
    live = own(lived)
    begin = live.clock.now()
    found = [one.at for one in live.frames([frame(None, 0.0), frame(None, 2.5)])]
    assert found == [begin, begin + timedelta(seconds=2.5)]


def test_an_alarm_is_asked_about_once_its_machine_had_time_to_drive_on(lived: Replay) -> None:
    live = own(lived)
    result = play(live, sim.demo_cameras()[0].folder)
    assert len(result.alarms) == 1
    live.rest()
    assert tally(live).questions == 1
    live.rest()
    assert tally(live).questions == 1, "it is asked once, however much time passes"


def test_a_judge_that_takes_its_time_is_asked_and_heard(patient: tuple[Replay, Patient]) -> None:
    live, second = patient
    assert len(play(live, sim.demo_cameras()[0].folder).alarms) == 1
    live.rest()
    assert len(second.asked) == 1
    assert tally(live) == Tally(confirmed=1, silenced=0, person=0, questions=1)


def test_a_question_that_is_given_up_and_answered_late_is_one(
    patient: tuple[Replay, Patient], monkeypatch: pytest.MonkeyPatch
) -> None:
    live, asked = own(patient[0]), list[UUID]()
    river, home = live.river, live.river.home

    def nobody(*_: object) -> int:
        with home.work() as work:
            cases = [judge.verdict(work, people.operator(home.tenant_id), one.id) for one in scan.all_alarms(home)]
        asked.extend(one.ask_id for one in cases if one.ask_id is not None)
        return 0

    with monkeypatch.context() as hands:
        hands.setattr("pipewarden.main.replay.jobs.ask_waiting", nobody)
        (alarm,) = play(live, sim.demo_cameras()[0].folder).alarms
        live.rest()
    (ask_id,) = set(asked)
    assert tally(live).questions == 1, "given up"
    with home.work() as work:
        judge.hear(work, river.bench, ask_id, alarm.id, Opinion(OpinionKind.NO, judge="patient", model="patient 1"))
    assert tally(live).questions == 1


def test_waiting_questions_are_put_before_time_passes(lived: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    live = own(lived)
    order: list[tuple[str, datetime]] = []
    monkeypatch.setattr("pipewarden.main.replay.jobs.ask_waiting", lambda *_: order.append(("ask", live.clock.now())))
    monkeypatch.setattr("pipewarden.main.replay.jobs.sweep", lambda *_: order.append(("sweep", live.clock.now())))
    before = live.clock.now()
    after = before + timedelta(seconds=30)
    live.until(after)
    assert order == [("ask", before), ("sweep", after), ("ask", after)]
