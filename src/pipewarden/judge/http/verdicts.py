"""A verdict as people read it: every reason, every rule that was asked, what the second judge said."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from pipewarden.judge.facts import CODE_NAMES, Case, Code, Look, OpinionKind, ReviewCode, Rule, Verdict

if TYPE_CHECKING:
    from pipewarden.judge.facts import Opinion, Reason


class ReasonOut(BaseModel):
    """One reason of a verdict."""

    code: Code
    zh: str
    en: str
    words: Annotated[str, Field(description="The figures behind it.")]


class RuleOut(BaseModel):
    """What one scene rule said."""

    rule: Rule
    look: Annotated[Look, Field(description="fired: it speaks against the alarm. blind: what it needs is not there.")]
    words: str


class AnswerOut(BaseModel):
    """One question of the list and what the second judge answered."""

    question: str
    answer: str


class OpinionOut(BaseModel):
    """What the second judge says; an opinion, never a verdict."""

    kind: OpinionKind
    judge: str
    model: str | None
    reasons: list[str]
    answers: list[AnswerOut]
    cost: Annotated[int, Field(description="In 0.0001 yuan.")]
    call_id: UUID | None
    instruction_like_text: Annotated[bool, Field(description="Words in or beside the picture read like an order.")]
    problem: str | None


class VerdictOut(BaseModel):
    """The verdict on an alarm, and why."""

    alarm_id: UUID
    verdict: Annotated[Verdict, Field(description="person: one is needed, the verdict until somebody has judged.")]
    by: Annotated[str, Field(description="Whose word it is: rule, model, person, or house where none has spoken.")]
    reasons: list[ReasonOut]
    since: datetime | None
    until: Annotated[datetime | None, Field(description="When a rejection ends.")]
    due_at: Annotated[datetime | None, Field(description="From when on it stands in a person's queue.")]
    rules: list[RuleOut]
    opinion: OpinionOut | None
    decided_code: ReviewCode | None
    decided_words: str | None
    decided_at: datetime | None


def verdict_out(case: Case) -> VerdictOut:
    """Return a case's verdict as readers get it."""
    decided = case.decided
    return VerdictOut(
        alarm_id=case.alarm_id,
        verdict=case.verdict,
        by=case.by.value,
        reasons=[_reason(one) for one in case.reasons],
        since=case.since,
        until=case.until,
        due_at=case.due_at,
        rules=[RuleOut(rule=one.rule, look=one.look, words=one.words) for one in case.scene],
        opinion=None if case.opinion is None else _opinion(case.opinion),
        decided_code=None if decided is None else decided.code,
        decided_words=None if decided is None else decided.words,
        decided_at=case.decided_at,
    )


def _reason(one: Reason) -> ReasonOut:
    name = CODE_NAMES[one.code]
    return ReasonOut(code=one.code, zh=name.zh, en=name.en, words=one.words)


def _opinion(one: Opinion) -> OpinionOut:
    told: dict[str, Any] = {
        name: getattr(one, name)
        for name in ("kind", "judge", "model", "cost", "call_id", "instruction_like_text", "problem")
    }
    answers = [AnswerOut(question=each.question, answer=each.answer) for each in one.answers]
    return OpinionOut(**told, reasons=list(one.reasons), answers=answers)
