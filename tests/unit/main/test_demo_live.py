"""The living demo's own decisions: one at a time, one end for all, and faults that leave the service standing."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.emit import Consumer, Registry
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.main.demo import live, town
from pipewarden.main.demo.player import StoppedError
from pipewarden.main.web import console
from pipewarden.people import service as people
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.service import Gate
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipewarden.kit.work import FactRef, Work
    from pipewarden.main.demo.live import Stage
    from pipewarden.main.demo.player import Step
    from pipewarden.main.home import Home
    from pipewarden.sim.facts import DayScore


@dataclass
class Recorder:
    """Writes down what it is told."""

    stages: list[Stage] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    scores: list[DayScore] = field(default_factory=list)
    errors: list[PipewardenError] = field(default_factory=list)

    def opened(self, stage: Stage) -> None:
        self.stages.append(stage)

    def stepped(self, step: Step) -> None:
        self.steps.append(step)

    def ended(self, score: DayScore) -> None:
        self.scores.append(score)

    def broken(self, error: PipewardenError) -> None:
        self.errors.append(error)


@pytest.fixture(scope="module")
def stage(home: Home) -> Stage:
    entropy = SystemChance().bytes
    gate = Gate(hasher=ArgonHasher(entropy=entropy, parameters=Parameters(1, 64, 1)), entropy=entropy)
    return live.prepare(home, gate, "http://127.0.0.1:1")


def test_one_demo_at_a_time_in_a_home(tmp_path: Path) -> None:
    with live._alone(tmp_path):
        with pytest.raises(UnavailableError, match="another demo") as caught, live._alone(tmp_path):
            pass
        assert caught.value.field == "PIPEWARDEN_HOME"
        assert str(tmp_path) in caught.value.problem
    with live._alone(tmp_path):
        pass


def test_the_console_is_said_to_be_there_only_when_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "BUILT", tmp_path / "static")
    assert not live.console_built()
    (tmp_path / "static").mkdir()
    assert not live.console_built(), "a folder without its page is none"
    (tmp_path / "static" / "index.html").touch()
    assert live.console_built()


def test_the_stage_is_whole_and_shows_no_key(stage: Stage) -> None:
    assert stage.cameras == len(sim.demo_cameras())
    assert {event.who for event in sim.demo_day().events} - {None} <= {seat.part.key for seat in stage.seats}
    assert stage.key not in repr(stage)


def test_the_cameras_key_may_send_to_this_run_and_nothing_else(stage: Stage) -> None:
    factory = stage.home.factory
    with factory.sessions() as session, session.begin():
        actor = people.actor_by_key(session, stage.key, factory.clock.now())
    assert actor is not None
    assert actor.tenant_id == stage.home.tenant_id
    assert actor.permissions() == {"observation:create"}
    with factory.sessions() as session, session.begin():
        later = factory.clock.now() + live.cast.KEPT_FOR
        assert people.actor_by_key(session, stage.key, later) is None, "it ends with the people's week"


def playing(stage: Stage, play: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    monkeypatch.setattr(live.Player, "play", play)
    live._play(stage, recorder, None, threading.Event())


def test_a_day_that_ends_is_scored(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Recorder()
    playing(stage, lambda _self, cues, _tell: told.steps.extend(cues), monkeypatch, told)
    assert len(told.steps) == len(sim.demo_day().events)
    (score,) = told.scores
    assert score.alarms == 0, "nobody sent anything"
    assert told.errors == []


def test_a_day_that_cannot_go_on_is_told_and_the_service_stands(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise InputError(field="truth.json", problem="is damaged", fix="Install anew.")

    told = Recorder()
    playing(stage, fail, monkeypatch, told)
    assert [one.field for one in told.errors] == ["truth.json"]
    assert told.scores == []


def test_a_bug_of_the_play_ends_the_play_only(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Recorder()
    playing(stage, lambda *_: 1 / 0, monkeypatch, told)
    assert (told.scores, told.errors) == ([], [])
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_a_stopped_play_says_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise StoppedError

    told = Recorder()
    playing(stage, stop, monkeypatch, told)
    assert (told.scores, told.errors) == ([], [])


def test_the_player_ends_with_the_server(stage: Stage) -> None:
    """Nobody listens at the stage's address: the player waits and must not outlive the context."""
    before = threading.active_count()
    with live._playing(stage, Recorder(), None):
        time.sleep(0.2)
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    with pytest.raises(RuntimeError, match="server"), live._playing(stage, Recorder(), None):
        raise RuntimeError("the server broke")
    assert threading.active_count() == before


class Waiting:
    """A home in which one fact waits for a drain."""

    def __init__(self, home: Home) -> None:
        registry = Registry(defer=lambda *_: None)
        registry.add(Consumer("test.live", "test.live.said", self.drain))
        here = town.fresh(home)
        self.home = replace(here, registry=registry, factory=replace(home.factory, emitter=registry))
        with self.home.work() as work:
            self.partition = work.own("x")
            work.emit("test.live.said", work.ids.new(), partition=self.partition)

    def drain(self, work: Work, facts: list[FactRef]) -> None:
        """Take everything."""

    def take(self) -> None:
        self.home.registry.run(self.home.factory, "test.live", self.partition)


def test_the_river_is_waited_for(home: Home) -> None:
    waiting = Waiting(home)
    timer = threading.Timer(0.3, waiting.take)
    timer.start()
    began = time.monotonic()
    live._until_quiet(waiting.home, threading.Event())
    assert time.monotonic() - began >= 0.25
    timer.join()
    live._until_quiet(waiting.home, threading.Event())


def test_a_river_that_stands_still_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_QUIET_S", 0.1)
    with pytest.raises(UnavailableError) as caught:
        live._until_quiet(Waiting(home).home, threading.Event())
    assert caught.value.field == "river"


def test_a_stop_ends_the_wait_for_the_river(home: Home) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        live._until_quiet(Waiting(home).home, stop)
