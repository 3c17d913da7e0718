"""Many workers at once on a real database that really commits: no overdraft, one probe, no burst past the bucket."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from vision_site import Scripted, question

from pipewarden.inference import service
from pipewarden.inference.facts import Answer, Failure, FailureKind, Lost, VisionPolicy
from pipewarden.inference.rules import Gate, Prepared, day_of, prepare, reservation
from pipewarden.inference.rules.spend import ceiling
from pipewarden.inference.store import shipped_words
from pipewarden.inference.store import vision as store
from pipewarden.people import service as people

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

_NUMBERS = itertools.count()
DOWN = Lost(FailureKind.UNREACHABLE, "cannot be reached", sent=False)


class Slow(Scripted):
    """Waits a little before it answers, so that the others are on their way too."""

    def send(self, body: bytes, within_s: float) -> object:  # type: ignore[override]
        time.sleep(0.1)
        return super().send(body, within_s)


class Crowd:
    """A tenant of its own and a number of workers that ask at the same moment."""

    def __init__(self, home: Home, clock: SetClock, name: str) -> None:
        self.factory = replace(home.factory, clock=clock)
        with home.factory.sessions() as session, session.begin():
            self.tenant_id: UUID = people.ensure_tenant(session, clock, home.factory.ids, name).id
        self.endpoint = Slow([None])
        self.clock = clock

    def begin(self) -> AbstractContextManager[Work]:
        return self.factory.begin(self.tenant_id)

    def allow(self, budget: int, per_minute: int = 6000) -> None:
        policy = VisionPolicy(("https://vision.test",), budget, per_minute)
        with self.begin() as work:
            service.set_vision_policy(work, people.operator(), policy)

    def ask(self, count: int, start: int = 0) -> list[FailureKind | None]:
        """Let ``count`` workers ask about different scenes together, and return how each ended."""
        together = threading.Barrier(count)
        door = service.Door(self.endpoint)  # type: ignore[arg-type]

        def go(number: int) -> FailureKind | None:
            asked = question({"scene": f"street {number}"})
            together.wait(timeout=30)
            told = service.ask(door, self.begin, asked)
            assert isinstance(told, Answer | Failure)
            return None if isinstance(told, Answer) else told.kind

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(go, range(start, start + count)))

    def needed(self) -> int:
        assert self.endpoint.about is not None
        asked = prepare(question({"scene": "street 10"}), self.endpoint.about, shipped_words())
        assert isinstance(asked, Prepared)
        return reservation(ceiling(self.endpoint.about, asked.text, 2), self.endpoint.about)


@pytest.fixture
def crowd(home: Home, clock: SetClock) -> Crowd:
    return Crowd(home, clock, f"crowd-{next(_NUMBERS)}")


def count(kinds: list[FailureKind | None]) -> dict[FailureKind | None, int]:
    return {kind: kinds.count(kind) for kind in set(kinds)}


def test_the_last_of_a_budget_is_taken_once(crowd: Crowd) -> None:
    crowd.allow(budget=crowd.needed() * 3)
    kinds = count(crowd.ask(8, start=10))
    assert kinds == {None: 3, FailureKind.BUDGET: 5}
    assert len(crowd.endpoint.asked) == 3
    with crowd.begin() as work:
        assert store.spending(work, day_of(work.now())) == (3 * 39, 0)


def test_a_budget_is_never_overdrawn_however_often_they_try(crowd: Crowd) -> None:
    budget = crowd.needed() + 39 * 4
    crowd.allow(budget=budget)
    for round_ in range(4):
        crowd.ask(8, start=10 + round_ * 8)
        with crowd.begin() as work:
            spent, reserved = store.spending(work, day_of(work.now()))
        assert reserved == 0
        assert spent <= budget
    assert spent > 0


def test_a_read_before_the_write_would_overdraw(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same crowd against a build that looks first and reserves afterwards: the test above can fail."""
    crowd.allow(budget=crowd.needed() * 3)
    together = threading.Barrier(8)
    real = store.reserve

    def naive(work: Work, day: object, amount: int, budget: int) -> bool:
        spent, reserved = store.spending(work, day)  # type: ignore[arg-type]
        together.wait(timeout=30)
        return spent + reserved + amount <= budget and real(work, day, amount, 10**12)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "reserve", naive)
    monkeypatch.setattr(store, "lock_gate", lambda work, _model, _most: Gate(6000.0, work.now()))
    monkeypatch.setattr(store, "write_gate", lambda *_given: None)
    kinds = count(crowd.ask(8, start=10))
    assert kinds[None] > 3


def test_an_open_breaker_lets_one_worker_try(crowd: Crowd) -> None:
    crowd.allow(budget=10**9)
    crowd.endpoint.contents = [DOWN]
    for number in range(3):
        crowd.ask(1, start=number)
    assert count(crowd.ask(8)) == {FailureKind.BREAKER: 8}
    crowd.clock.advance(timedelta(seconds=31))
    crowd.endpoint.asked.clear()
    crowd.endpoint.contents = [None]
    kinds = count(crowd.ask(8))
    assert kinds == {None: 1, FailureKind.BREAKER: 7}
    assert len(crowd.endpoint.asked) == 1
    assert count(crowd.ask(8, start=20)) == {None: 8}


def test_failures_at_the_same_moment_all_count(crowd: Crowd) -> None:
    crowd.allow(budget=10**9)
    crowd.endpoint.contents = [DOWN]
    crowd.ask(6)
    with crowd.begin() as work:
        assert crowd.endpoint.about is not None
        assert service.vision_state(work, crowd.endpoint.about).failures == 6
    assert count(crowd.ask(4)) == {FailureKind.BREAKER: 4}


def test_a_burst_never_passes_the_bucket(crowd: Crowd) -> None:
    crowd.allow(budget=10**9, per_minute=5)
    assert count(crowd.ask(12)) == {None: 5, FailureKind.RATE: 7}
    crowd.clock.advance(timedelta(seconds=24))
    assert count(crowd.ask(12, start=20)) == {None: 2, FailureKind.RATE: 10}
