"""The thinnest path: an alarm, no rule that decides, the queue, a person's word, the verdict."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pipewarden.judge import jobs, service
from pipewarden.judge.facts import JUDGED, JudgePolicy, ReviewCode, Source, Verdict
from pipewarden.kit.work import FactRef
from pipewarden.network.facts import Zone

POLICY = JudgePolicy()


def decide(street: Any, alarm_id: Any, code: str, hours: float | None = None) -> None:
    service.decide(
        street.work,
        street.root(),
        alarm_id,
        code=ReviewCode(code),
        words="seen on the spot",
        silence=None if hours is None else timedelta(hours=hours),
        policy=POLICY,
    )


def test_an_alarm_that_no_rule_decides_stands_in_the_queue_until_a_person_confirms_it(street: Any):
    street.work.take_facts()
    one = street.seen()
    told = street.work.take_facts()
    assert [(fact.kind, fact.fact_id) for fact in told] == [(JUDGED, one)]
    case = street.case(one)
    assert (case.verdict, case.by, case.due_at) == (Verdict.PERSON, Source.HOUSE, street.clock.now())
    assert street.codes(one) == ["undecided"]
    assert street.queue() == [one]
    decide(street, one, "digging")
    case = street.case(one)
    assert (case.verdict, case.by, case.until, case.due_at) == (Verdict.CONFIRMED, Source.PERSON, None, None)
    assert street.queue() == []
    assert [fact.kind for fact in street.work.take_facts()] == [JUDGED]
    assert street.kinds(one) == ["ruled", "queued", "asked", "answered", "queued", "decided"]


def test_a_false_one_is_silent_for_a_time_and_then_heard_again(street: Any):
    one = street.seen()
    decide(street, one, "cleaning_or_greening", hours=2)
    case = street.case(one)
    assert (case.verdict, case.until) == (Verdict.REJECTED, street.clock.now() + timedelta(hours=2))
    street.seen(1)
    assert street.case(one).verdict is Verdict.REJECTED
    street.clock.advance(timedelta(hours=2))
    street.seen(1)
    assert street.queue() == [one]
    assert street.kinds(one)[-6:] == ["silence_ended", "ruled", "queued", "asked", "answered", "queued"]


def test_the_same_fact_twice_changes_nothing(street: Any):
    one = street.seen()
    drain = jobs.make_drain(street.bench)
    facts = [FactRef("dedupe.alarm_changed", "t", street.work.tenant_id, one)] * 3
    before, kinds = street.case(one), street.kinds(one)
    street.work.take_facts()
    drain(street.work, facts)
    street.clock.advance(timedelta(minutes=5))
    drain(street.work, facts)
    assert street.case(one) == before
    assert street.kinds(one) == kinds
    assert street.work.take_facts() == []


def test_protection_range_and_unknown_come_first_then_the_oldest(street: Any):
    made = []
    for zone, x in (
        (Zone.OUTSIDE, 100.0),
        (Zone.CONTROL, 300.0),
        (Zone.PROTECTION, 500.0),
        (Zone.CONTROL, 700.0),
    ):
        street.zone = zone
        street.camera(f"cam-{x:.0f}", calibrated=True)
        made.append(street.seen(2, x, 400.0, 60.0, 40.0, stream=f"cam-{x:.0f}"))
    unknown = street.seen(2, 900.0, 400.0, 60.0, 40.0, stream="cam-uncalibrated")
    outside, control, protection, control_later = made
    assert street.queue() == [protection, unknown, control, control_later, outside]
    first = service.reviews(street.work, street.root(), limit=2)
    last = first[-1]
    rest = service.reviews(street.work, street.root(), limit=9, after=(last.rank, last.case.due_at, last.case.alarm_id))
    assert [one.case.alarm_id for one in [*first, *rest]] == street.queue()
