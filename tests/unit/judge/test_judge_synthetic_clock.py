"""The synthetic alarm by its clock alone: one in a quarter of an hour, loud after twenty minutes, where it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.judge import service, store
from pipewarden.judge.facts import Chain, Stage, Synthetic, Verdict
from pipewarden.judge.rules import slot_of
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

QUARTER = timedelta(minutes=15)  # safety.md: every 15 minutes, alarm at 20
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  made aware
TENANTS = st.uuids()


@given(MOMENTS, TENANTS)
def test_a_quarter_of_an_hour_holds_its_moment_and_is_one_of_a_row(now: datetime, tenant: UUID) -> None:
    slot = slot_of(now, tenant)
    assert slot <= now < slot + QUARTER
    assert slot_of(slot, tenant) == slot
    assert slot_of(slot + QUARTER - timedelta(microseconds=1), tenant) == slot
    assert slot_of(slot + QUARTER, tenant) == slot + QUARTER
    china = now.astimezone(timezone(timedelta(hours=8)))
    assert slot_of(china, tenant) == slot, "a moment is a moment in every zone"


def test_tenants_do_not_all_ask_at_one_second() -> None:
    now = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    begins = {slot_of(now, UUID(int=number)) for number in range(900)}
    assert len(begins) == 900


def send(work: Work) -> str:
    """Note that a test was sent, as the sender does once its pictures are in the river."""
    slot = slot_of(work.now(), work.tenant_id)
    stream = f"self-test/{slot:%H:%M:%S}"
    assert store.synthetics.begin(work, slot, stream)
    store.synthetics.sent(work, Synthetic(slot, stream, (work.ids.new(),), work.now(), None, None))
    return stream


def chain(work: Work) -> Chain:
    found = service.chain(work)
    assert found is not None
    return found


@pytest.fixture
def fresh(work: Work) -> Work:
    """A tenant that was made just now."""
    tenant = people.ensure_tenant(work.session, work.clock, work.ids, "self-tested")
    return replace(work, tenant_id=tenant.id)


@pytest.mark.parametrize(("seconds", "loud"), [(0, False), (1200, False), (1201, True)])
def test_a_new_tenant_is_quiet_for_twenty_minutes(fresh: Work, clock: SetClock, seconds: int, loud: bool) -> None:
    clock.advance(timedelta(seconds=seconds))
    found = chain(fresh)
    assert (found.loud, found.age_s, found.came) == (loud, float(seconds), None)
    assert found.stage is Stage.SEND, "none was ever sent"


def test_its_age_runs_from_when_it_was_sent_not_from_when_it_came(fresh: Work, clock: SetClock) -> None:
    """A test that crawled for 19 minutes is nearly loud the moment it is through."""
    stream = send(fresh)
    sent_at = clock.now()
    clock.advance(timedelta(minutes=19))
    store.synthetics.arrive(fresh, [stream], Verdict.PERSON)
    found = chain(fresh)
    assert (found.since, found.age_s, found.loud) == (sent_at, 19 * 60.0, False)
    clock.advance(timedelta(seconds=61))
    assert chain(fresh).loud


def test_it_comes_through_once_and_the_first_verdict_counts(fresh: Work, clock: SetClock) -> None:
    stream = send(fresh)
    store.synthetics.arrive(fresh, [stream, "nobody's"], Verdict.PERSON)
    first = chain(fresh).came
    clock.advance(timedelta(minutes=1))
    store.synthetics.arrive(fresh, [stream], Verdict.CONFIRMED)
    assert chain(fresh).came == first
    assert first is not None
    assert first.verdict == "person"


def test_a_slot_is_taken_by_one_worker_and_each_tenant_has_its_own(fresh: Work, work: Work) -> None:
    slot = slot_of(fresh.now(), fresh.tenant_id)
    assert [store.synthetics.begin(fresh, slot, "a") for _ in range(2)] == [True, False]
    assert store.synthetics.begin(work, slot, "a"), "another tenant's quarter of an hour is its own"
    assert store.synthetics.newest(work, arrived=True) is None
    store.synthetics.arrive(work, ["a"], Verdict.PERSON)
    assert store.synthetics.newest(fresh, arrived=True) is None, "one tenant's test proves nothing of another's chain"


@pytest.mark.parametrize(
    ("minutes", "stage"), [(0.5, None), (1.0, Stage.SCREEN), (16.9, Stage.SCREEN), (17.1, Stage.SEND)]
)
def test_a_test_is_given_a_minute_and_a_sender_a_quarter_and_two(
    fresh: Work, clock: SetClock, minutes: float, stage: Stage | None
) -> None:
    send(fresh)
    clock.advance(timedelta(minutes=minutes))
    assert chain(fresh).stage is stage


def test_what_came_through_later_forgives_one_that_never_will(fresh: Work, clock: SetClock) -> None:
    """One that a restart lost is not a broken stage when the next has passed them all."""
    send(fresh)
    clock.advance(QUARTER)
    second = send(fresh)
    store.synthetics.arrive(fresh, [second], Verdict.REJECTED)
    clock.advance(timedelta(minutes=2))
    found = chain(fresh)
    assert (found.stage, found.loud) == (None, False)


def test_of_a_chain_that_works_only_what_was_sent_since_is_asked_about(
    fresh: Work, clock: SetClock, count_statements: list[str]
) -> None:
    """A year holds 35,000 that came through, and to look among them for one that did not is to read them all."""
    store.synthetics.arrive(fresh, [send(fresh)], Verdict.PERSON)
    clock.advance(timedelta(minutes=2))
    count_statements.clear()
    assert chain(fresh).stage is None
    (late,) = [one for one in count_statements if "arrived_at IS NULL" in one]
    assert "slot >" in late


def test_an_old_one_that_comes_late_hides_no_newer_that_is_stuck(fresh: Work, clock: SetClock) -> None:
    first = send(fresh)
    clock.advance(QUARTER)
    send(fresh)
    clock.advance(timedelta(minutes=6))
    store.synthetics.arrive(fresh, [first], Verdict.PERSON)
    found = chain(fresh)
    assert (found.age_s, found.loud, found.stage) == (21 * 60.0, True, Stage.SCREEN)


def test_a_clock_that_was_set_back_makes_no_age_below_nothing(fresh: Work, clock: SetClock) -> None:
    store.synthetics.arrive(fresh, [send(fresh)], Verdict.PERSON)
    clock.advance(timedelta(minutes=-3))
    found = chain(fresh)
    assert (found.age_s, found.loud) == (0.0, False)
