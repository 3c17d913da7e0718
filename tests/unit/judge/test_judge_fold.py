from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pipewarden.judge.facts import (
    Answered,
    Asked,
    AuditDrawn,
    Basis,
    Body,
    Case,
    Code,
    Confirmed,
    Decided,
    Failed,
    JudgeEvent,
    Merged,
    Opinion,
    OpinionKind,
    Parted,
    Queued,
    Reason,
    Released,
    ReviewCode,
    Silenced,
    SilenceEnded,
    Source,
    Taken,
    Verdict,
)
from pipewarden.judge.rules import IllegalEventError, apply, fold
from pipewarden.network.facts import Zone

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=24)
ONE, TWO = UUID(int=1), UUID(int=2)
BASIS = Basis(Zone.PROTECTION, 0.0, 2, None, None)
RULED = Reason(Code.BACKGROUND, Source.RULE, closes=True)
MODEL = Reason(Code.MODEL_NO, Source.MODEL)
PLACE = Reason(Code.OUT_OF_RANGE, Source.PLACE)
HOUSE = Reason(Code.UNDECIDED, Source.HOUSE)
NO = Opinion(OpinionKind.NO, judge="openai", model="m", cost=5, call_id=UUID(int=9))
SILENT = Silenced((RULED,), LATER, BASIS)
QUEUED = Queued((HOUSE,), NOW, None, BASIS)
TRUE = Decided(true=True, code=ReviewCode.DIGGING, words="", until=None, basis=BASIS)
FALSE = Decided(true=False, code=ReviewCode.FARM, words="a tractor", until=LATER, basis=BASIS)


def case(*bodies: Body, at: datetime = NOW) -> Case:
    events = [
        JudgeEvent(id=UUID(int=n), tenant_id=TWO, alarm_id=ONE, at=at, actor=None, body=body)
        for n, body in enumerate(bodies)
    ]
    return fold(Case(alarm_id=ONE, tenant_id=TWO, due_at=NOW), events)


def test_a_case_is_made_standing_in_the_queue():
    made = case()
    assert (made.verdict, made.open, made.by) == (Verdict.PERSON, True, Source.HOUSE)


def test_a_question_leaves_the_alarm_before_people_at_its_time():
    asked = case(Queued((HOUSE,), LATER, None, BASIS), Asked(TWO, "openai", LATER))
    assert (asked.verdict, asked.due_at, asked.ask_id, asked.episode_ask) == (Verdict.PERSON, LATER, TWO, True)
    said = case(Queued((HOUSE,), LATER, None, BASIS), Asked(TWO, "openai", LATER), Answered(TWO, NO))
    assert (said.ask_id, said.opinion, said.calls, said.cost, said.due_at) == (None, NO, 1, 5, LATER)


def test_a_late_answer_costs_and_says_nothing():
    late = case(QUEUED, Answered(UUID(int=77), NO))
    assert (late.opinion, late.calls, late.cost) == (None, 1, 5)
    failed = case(QUEUED, Failed(UUID(int=77), Opinion(OpinionKind.FAILED, judge="openai", problem="off")))
    assert (failed.calls, failed.cost) == (0, 0)


@pytest.mark.parametrize("reasons", [(MODEL,), (HOUSE,), (MODEL, HOUSE), ()])
def test_a_silence_without_a_voice_that_is_no_models_is_refused(reasons: tuple[Reason, ...]):
    with pytest.raises(IllegalEventError, match="model alone"):
        case(QUEUED, Silenced(reasons, LATER, BASIS))


@pytest.mark.parametrize(
    ("reasons", "by"), [((RULED,), Source.RULE), ((MODEL, RULED), Source.MODEL), ((MODEL, PLACE), Source.MODEL)]
)
def test_a_silence_leaves_the_queue_for_its_time(reasons: tuple[Reason, ...], by: Source):
    silent = case(QUEUED, Silenced(reasons, LATER, BASIS))
    assert (silent.verdict, silent.by, silent.until, silent.open) == (Verdict.REJECTED, by, LATER, False)
    assert silent.silenced_by == reasons


def test_the_end_of_a_silence_stands_in_the_queue_at_once_and_forgets_the_opinion():
    heard = case(QUEUED, Asked(TWO, "o", LATER), Answered(TWO, NO), SILENT, SilenceEnded(Code.OVER))
    assert (heard.verdict, heard.due_at, heard.opinion, heard.episode_ask) == (Verdict.PERSON, NOW, None, False)
    assert heard.silenced_by == (RULED,)


def test_an_audit_waits_for_people_although_the_place_is_silent_and_survives_the_next_silence():
    drawn = case(QUEUED, SILENT, AuditDrawn(NOW))
    assert (drawn.verdict, drawn.audit, drawn.open) == (Verdict.REJECTED, True, True)
    again = case(QUEUED, SILENT, AuditDrawn(NOW), SilenceEnded(Code.OVER), QUEUED, SILENT)
    assert (again.audit, again.open) == (True, True)
    done = case(QUEUED, SILENT, AuditDrawn(NOW), FALSE)
    assert (done.audit, done.audited, done.open) == (False, True, False)


def test_a_person_may_overrule_everything():
    for before in ((QUEUED,), (QUEUED, SILENT), (QUEUED, Confirmed((MODEL,), BASIS)), (TRUE,), (FALSE,)):
        assert case(*before, TRUE).verdict is Verdict.CONFIRMED
        false = case(*before, FALSE)
        assert (false.verdict, false.by, false.until) == (Verdict.REJECTED, Source.PERSON, LATER)
        assert false.reasons == (Reason(Code.PERSON, Source.PERSON, "farm_machine: a tractor"),)


def test_taken_and_given_back():
    taken = case(QUEUED, Taken(TWO))
    assert (taken.taken_by, taken.taken_at) == (TWO, NOW)
    assert case(QUEUED, Taken(TWO), Released()).taken_by is None
    assert case(QUEUED, Taken(TWO), FALSE).taken_by is None


def test_a_merged_alarm_is_nobodys_until_it_stands_for_itself_again():
    merged = case(QUEUED, Merged(TWO))
    assert (merged.open, merged.merged_into) == (False, TWO)
    assert case(QUEUED, Merged(TWO), Parted()).open
    assert case(QUEUED, Merged(TWO), Answered(TWO, NO)).cost == 5
    asked = case(QUEUED, Asked(TWO, "openai", LATER), Merged(TWO))
    assert (asked.ask_id, asked.episode_ask) == (None, True)


@pytest.mark.parametrize(
    "bodies",
    [
        (QUEUED, SILENT, SILENT),
        (QUEUED, SILENT, QUEUED),
        (QUEUED, SILENT, Asked(TWO, "o", LATER)),
        (QUEUED, SILENT, Confirmed((MODEL,), BASIS)),
        (QUEUED, SilenceEnded(Code.OVER)),
        (QUEUED, AuditDrawn(NOW)),
        (QUEUED, SILENT, Taken(TWO)),
        (QUEUED, Released()),
        (QUEUED, Parted()),
        (QUEUED, Merged(TWO), TRUE),
        (QUEUED, Merged(TWO), QUEUED),
        (QUEUED, Silenced((RULED,), NOW, BASIS)),
        (Decided(true=True, code=ReviewCode.DIGGING, words="", until=LATER, basis=BASIS),),
        (Decided(true=False, code=ReviewCode.FARM, words="", until=None, basis=BASIS),),
        (Decided(true=False, code=ReviewCode.FARM, words="", until=NOW, basis=BASIS),),
        (TRUE, SILENT),
    ],
)
def test_what_cannot_follow_is_refused(bodies: tuple[Body, ...]):
    with pytest.raises(IllegalEventError):
        case(*bodies)


def test_an_event_of_another_alarm_is_refused():
    with pytest.raises(IllegalEventError, match="cannot change"):
        apply(
            Case(alarm_id=TWO, tenant_id=TWO),
            JudgeEvent(id=ONE, tenant_id=TWO, alarm_id=ONE, at=NOW, actor=None, body=QUEUED),
        )
