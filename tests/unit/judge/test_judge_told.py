"""What others read of the judge: last words with who said them, and questions that an open review rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import jobs, service
from pipewarden.judge.facts import JudgePolicy, ReviewCode, Verdict
from pipewarden.judge.service import Bench
from pipewarden.kit.errors import InputError
from pipewarden.kit.work import Work
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError

if TYPE_CHECKING:
    from uuid import UUID

POLICY = JudgePolicy()
PLACES = ((100.0, 400.0, 120.0, 80.0), (600.0, 400.0, 120.0, 80.0), (1000.0, 400.0, 120.0, 80.0))


def decide(street: Any, alarm: UUID, code: ReviewCode, words: str = "") -> None:
    service.decide(street.work, street.root(), alarm, code=code, words=words, silence=None, policy=POLICY)


def test_the_last_word_counts_with_who_said_it_and_when(street: Any):
    one, other = street.seen(2, *PLACES[0], stream="cam-a"), street.seen(2, *PLACES[0], stream="cam-b")
    assert service.decisions(street.work, limit=9) == []
    decide(street, one, ReviewCode.PARKED)
    decide(street, one, ReviewCode.DIGGING, "看到挖沟")
    decide(street, other, ReviewCode.WEATHER)
    found = {said.alarm_id: said for said in service.decisions(street.work, limit=9)}
    assert set(found) == {one, other}
    assert (found[one].said.code, found[one].said.true, found[one].said.words) == (ReviewCode.DIGGING, True, "看到挖沟")
    assert found[one].at == street.clock.now()
    assert found[one].actor == f"operator:{street.root().id}"
    assert not found[one].audited
    assert found[one].said.basis.observation_id is not None


def test_they_come_in_pages_and_no_tenant_reads_anothers(street: Any):
    made = sorted(street.seen(2, *PLACES[0], stream=f"cam-{n}") for n in range(3))
    for one in made:
        decide(street, one, ReviewCode.WEATHER)
    first = service.decisions(street.work, limit=2)
    assert [one.alarm_id for one in first] == made[:2]
    assert [one.alarm_id for one in service.decisions(street.work, limit=2, after=made[1])] == made[2:]
    stranger = people.ensure_tenant(street.work.session, street.work.clock, street.work.ids, "stranger")
    assert service.decisions(replace(street.work, tenant_id=stranger.id), limit=9) == []
    assert service.calls_in_hand(replace(street.work, tenant_id=stranger.id)) == set()


def test_what_was_merged_away_says_nothing(street: Any):
    a, b = street.seen(2, *PLACES[0], stream="cam-a"), street.seen(2, *PLACES[0], stream="cam-b")
    decide(street, b, ReviewCode.WEATHER)
    dedupe.merge(street.work, a, b, "one yard")
    street.judge(a, b)
    assert b not in {one.alarm_id for one in service.decisions(street.work, limit=9)}


def ask(street: Any, scripted: Any, opinion: Any) -> None:
    street.bench = Bench(second=scripted([opinion]), policy=replace(POLICY, audit_share=0.0))


def answer(street: Any) -> None:
    jobs.ask_waiting(street.begin, street.bench, hands=1)


def test_a_question_is_needed_until_a_person_has_decided(street: Any, scripted: Any, says: Any, work: Work):
    call = work.ids.new()
    ask(street, scripted, says("no", call_id=call))
    alarm = street.seen()
    answer(street)
    assert street.case(alarm).verdict is Verdict.PERSON, "a model's no alone goes to a person"
    assert service.calls_in_hand(work) == {call}
    decide(street, alarm, ReviewCode.PARKED)
    assert service.calls_in_hand(work) == set()


def test_a_question_is_needed_while_what_took_its_alarm_over_waits(street: Any, scripted: Any, says: Any, work: Work):
    call = work.ids.new()
    ask(street, scripted, says("unsure", call_id=call))
    b = street.seen(2, *PLACES[0], stream="cam-b")
    answer(street)
    ask(street, scripted, says("unsure"))
    a = street.seen(2, *PLACES[0], stream="cam-a")
    answer(street)
    dedupe.merge(work, a, b, "one yard")
    street.judge(a, b)
    assert call in service.calls_in_hand(work)
    decide(street, a, ReviewCode.DIGGING)
    assert service.calls_in_hand(work) == set()


def test_an_audit_keeps_its_question_until_somebody_has_looked(
    street: Any, scripted: Any, says: Any, monkeypatch: pytest.MonkeyPatch
):
    street.zone = Zone.OUTSIDE
    street.camera("cam-a", calibrated=True)
    monkeypatch.setattr(Work, "chance", lambda _work: 0.0)
    call = street.work.ids.new()
    street.bench = Bench(second=scripted([says("no", call_id=call)]), policy=replace(POLICY, audit_share=0.02))
    alarm = street.seen()
    answer(street)
    case = street.case(alarm)
    assert (case.verdict, case.audit) == (Verdict.REJECTED, True)
    assert service.calls_in_hand(street.work) == {call}
    decide(street, alarm, ReviewCode.PASSING)
    assert service.calls_in_hand(street.work) == set()
    (said,) = service.decisions(street.work, limit=9)
    assert said.audited


def test_false_alarms_are_counted_by_the_last_word_and_audits_are_none(
    street: Any, scripted: Any, says: Any, monkeypatch: pytest.MonkeyPatch
):
    since = street.work.now() - timedelta(days=1)
    a, b, c = (street.seen(2, *place, stream=f"cam-{n}") for n, place in enumerate(PLACES[:3]))
    decide(street, a, ReviewCode.WEATHER)
    decide(street, a, ReviewCode.PARKED)
    decide(street, b, ReviewCode.PARKED)
    decide(street, c, ReviewCode.DIGGING)
    street.zone = Zone.OUTSIDE
    street.camera("cam-q", calibrated=True)
    monkeypatch.setattr(Work, "chance", lambda _work: 0.0)
    street.bench = Bench(second=scripted([says("no")]), policy=replace(POLICY, audit_share=0.02))
    audited = street.seen(2, *PLACES[0], stream="cam-q")
    answer(street)
    decide(street, audited, ReviewCode.PASSING)
    _, _, reasons = service.figures(street.work, street.root(), since=since, until=street.work.now() + timedelta(1))
    (one,) = reasons
    assert (one.code, one.alarms) == (ReviewCode.PARKED, 2)
    assert {each.alarm_id for each in one.newest} == {a, b}
    end = street.work.now() + timedelta(days=1)
    elsewhere = street.work.ids.new()
    assert service.figures(street.work, street.root(), since=since, until=end, camera_id=elsewhere)[2] == []


def test_what_the_second_judge_cost_is_nothing_before_it_was_asked(street: Any):
    now = street.work.now()
    found = service.cost(street.work, street.root(), since=now - timedelta(days=1))
    assert (found.usage, found.policy, found.spent, found.reserved, found.until) == ((), None, 0, 0, now)
    with pytest.raises(InputError) as refused:
        service.cost(street.work, street.root(), since=now, until=now)
    assert refused.value.field == "since"
    nobody = replace(street.root(), kind=ActorKind.PERSON, grants=())
    with pytest.raises(ForbiddenError):
        service.cost(street.work, nobody, since=now - timedelta(days=1))
