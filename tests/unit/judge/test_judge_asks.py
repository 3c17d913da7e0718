"""Questions under way: whose comes first, which is put although people see its alarm, which is put no more."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import jobs, service, store
from pipewarden.judge.facts import JudgePolicy, Verdict
from pipewarden.judge.service import Bench, considering

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = JudgePolicy()
CLOSE = 1.0


@pytest.fixture
def sit(street: Any, scripted: Any) -> Any:
    """Let a second judge sit that says what is written down."""

    def seat(*says: object, **told: Any) -> Any:
        judge = scripted(list(says), **told)
        street.bench = Bench(second=judge)
        return judge

    return seat


def ask(street: Any) -> int:
    return jobs.ask_waiting(street.begin, street.bench, hands=1)


def claim(street: Any) -> Any:
    return store.asks.claim(street.work, lease=street.work.ids.new(), lease_s=30.0)


class TestClaims:
    def add(self, street: Any, tenant: UUID, count: int) -> list[UUID]:
        """Note questions of a tenant, each about an alarm of its own, a second apart."""
        work, made = replace(street.work, tenant_id=tenant), []
        for _ in range(count):
            street.clock.advance(timedelta(seconds=1))
            alarm_id, ask_id = work.ids.new(), work.ids.new()
            store.cases.lock(work, [alarm_id])
            store.asks.add(work, ask_id, alarm_id, street.clock.now() + timedelta(hours=1))
            made.append(ask_id)
        return made

    def test_the_oldest_question_comes_first(self, street: Any):
        made = self.add(street, street.work.tenant_id, 3)
        assert [claim(street).ask_id for _ in made] == made
        assert claim(street) is None

    def test_a_flood_of_one_tenant_does_not_keep_the_others_waiting(self, street: Any):
        flood = self.add(street, street.work.tenant_id, 6)
        other = UUID(int=77)
        few = self.add(street, other, 2)
        taken = [claim(street) for _ in range(8)]
        assert [one.ask_id for one in taken[:4]] == [flood[0], few[0], flood[1], few[1]]
        assert [one.ask_id for one in taken[4:]] == flood[2:]
        assert {one.tenant_id for one in taken[1:4:2]} == {other}

    def test_a_lease_that_ran_out_weighs_no_more(self, street: Any):
        flood = self.add(street, street.work.tenant_id, 2)
        assert claim(street).ask_id == flood[0]
        few = self.add(street, UUID(int=77), 1)
        street.clock.advance(timedelta(seconds=31))
        assert [claim(street).ask_id for _ in range(3)] == [flood[0], few[0], flood[1]]

    def test_a_late_question_is_put_no_more_and_told_as_late(self, street: Any):
        [only] = self.add(street, street.work.tenant_id, 1)
        street.clock.advance(timedelta(hours=1))
        assert claim(street) is None
        assert [one for one, _ in store.asks.late(street.work, 10)] == [only]
        assert store.asks.drop(street.work, only)
        assert not store.asks.drop(street.work, only)


def test_a_question_is_put_although_people_see_its_alarm_already(street: Any, sit: Any, says: Any):
    judge = sit(says("yes"))
    one = street.seen(2, step_s=CLOSE)
    due_at = street.case(one).due_at
    street.clock.moment = due_at + timedelta(seconds=1)  # the clock's sweep came late
    jobs.sweep(street.begin, street.bench)
    assert (street.codes(one), street.case(one).due_at) == (["asked"], due_at)
    assert street.queue() == [one]
    assert ask(street) == 1
    assert len(judge.cases) == 1
    assert street.case(one).verdict is Verdict.CONFIRMED


def test_a_question_that_cannot_be_put_goes_to_a_person_and_holds_up_no_other(
    street: Any, sit: Any, says: Any, monkeypatch: pytest.MonkeyPatch
):
    judge = sit(says("yes"), patience_s=9000.0)
    bad, good = street.seen(2, stream="cam-a"), street.seen(2, stream="cam-b")
    real = considering._case

    def broken(work: Any, ask_id: UUID, seen: Any) -> Any:
        if seen.alarm.id == bad:
            raise ZeroDivisionError
        return real(work, ask_id, seen)

    monkeypatch.setattr(considering, "_case", broken)
    assert ask(street) == 2
    assert [one.alarm_id for one in judge.cases] == [good]
    assert street.codes(bad) == ["undecided", "model_failed"]
    assert "could not be put (ZeroDivisionError)" in street.case(bad).reasons[1].words
    assert street.case(good).verdict is Verdict.CONFIRMED


def test_a_database_that_is_away_fails_no_question(street: Any, sit: Any, says: Any, monkeypatch: pytest.MonkeyPatch):
    sit(says("yes"))
    one = street.seen()

    def away(*_told: Any) -> Any:
        raise OperationalError("SELECT 1", {}, ConnectionError("gone"))

    with monkeypatch.context() as outage:
        outage.setattr(service, "put", away)
        with pytest.raises(OperationalError):
            ask(street)
    assert (street.codes(one), street.case(one).opinion) == (["asked"], None)
    street.clock.moment = street.case(one).due_at  # and if nobody comes back to it, a person does
    assert street.queue() == [one]


def test_no_transaction_is_open_while_a_judge_is_asked(street: Any, sit: Any, says: Any):
    """Else a judge that hangs would hold a row of its alarm, and the river would wait behind it."""
    judge, opened, held = sit(says("yes")), list[str](), list[int]()
    answer = judge.judge

    def look(case: Any) -> Any:
        held.append(len(opened))
        return answer(case)

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Any]:
        with street.begin(tenant_id) as work:
            opened.append("one")
            yield work
            opened.pop()

    judge.judge = look
    street.seen()
    assert held == [], "the river asks nobody"
    assert jobs.ask_waiting(begin, street.bench, hands=1) == 1
    assert held == [0]


def two(street: Any) -> tuple[UUID, UUID]:
    street.camera("cam-a", calibrated=True)
    street.camera("cam-b", calibrated=True)
    return street.seen(2, stream="cam-a"), street.seen(2, stream="cam-b")


def test_a_merged_alarms_question_is_dropped_and_once_split_off_it_goes_to_a_person(street: Any, sit: Any, says: Any):
    judge = sit(says("no"), patience_s=9000.0)
    kept, gone = two(street)
    brought = [one.finding_id for one in dedupe.alarm(street.work, gone).members]
    assert street.case(gone).ask_id is not None
    dedupe.merge(street.work, kept, gone, "one yard")
    street.judge(gone, kept)
    assert street.case(gone).ask_id is None
    assert claim(street).alarm_id == kept
    assert claim(street) is None
    dedupe.split(street.work, kept, brought, "two after all")
    street.judge(kept, gone)
    assert street.codes(gone) == ["undecided"]
    assert gone in street.queue()
    assert judge.cases == []


def test_a_camera_whose_clock_runs_ahead_keeps_no_alarm_waiting(
    street: Any, sit: Any, says: Any, monkeypatch: pytest.MonkeyPatch
):
    sit(says("yes"))
    real = considering.span

    def ahead(alarm: Any) -> tuple[float, float]:
        first, last = real(alarm)
        return first + 3600, last + 3600

    monkeypatch.setattr(considering, "span", ahead)
    one = street.seen(2, step_s=CLOSE)
    assert street.codes(one) == ["asked"]
    due_at = street.case(one).due_at
    assert due_at is not None
    assert due_at - street.clock.now() == timedelta(seconds=20.0) + POLICY.grace


def test_a_clock_that_is_a_little_ahead_still_lets_a_lorry_drive_on(
    street: Any, sit: Any, says: Any, monkeypatch: pytest.MonkeyPatch
):
    sit(says("yes"))
    real = considering.span
    monkeypatch.setattr(considering, "span", lambda alarm: tuple(one + 30 for one in real(alarm)))
    one = street.seen(2, step_s=CLOSE)
    assert street.codes(one) == ["waiting"]


def test_a_question_that_is_under_way_no_more_is_not_put(street: Any, sit: Any, says: Any):
    sit(says("yes"))
    one = street.seen()
    ask_id = street.case(one).ask_id
    assert service.put(street.work, UUID(int=5), one) is None
    found = service.put(street.work, ask_id, one)
    assert found is not None
    assert (found.ask_id, found.alarm_id) == (ask_id, one)
