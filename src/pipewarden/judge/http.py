"""Reviews over HTTP: the queue of alarms that people look at, what they decide, and why a verdict is what it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.judge import service
from pipewarden.judge.facts import CODE_NAMES, Case, Code, JudgePolicy, Look, OpinionKind, ReviewCode, Rule, Verdict
from pipewarden.kit.web import Asked, Clean, CursorsHere, Paged, WorkHere, actor_of, router
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.judge.facts import Opinion, Reason, ReviewItem

routes = router(tags=["reviews"])
ActorHere = Annotated[Actor, Depends(actor_of)]
POLICY = JudgePolicy()


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


class ReviewOut(BaseModel):
    """One alarm in a person's queue."""

    id: Annotated[UUID, Field(description="The alarm's id.")]
    tenant_id: UUID
    verdict: VerdictOut
    waits: Annotated[bool, Field(description="Somebody is to look at it.")]
    zone: Zone
    rank: Annotated[int, Field(description="0 in the protection range or unknown, 1 in the control range, 2 outside.")]
    lon: float | None
    lat: float | None
    camera_id: UUID | None
    score: float
    frames: int
    made_at: datetime
    audit: Annotated[bool, Field(description="A rejection that was drawn by chance: was it right?")]
    taken_by: UUID | None
    taken_at: datetime | None


class ReviewPage(BaseModel):
    """A page of the queue: protection range first, oldest first."""

    items: list[ReviewOut]
    next: str | None


class Decision(Asked):
    """What a reviewer says the alarm was."""

    code: ReviewCode
    words: Annotated[str, Field(max_length=2000), Clean] = ""
    silence_h: Annotated[
        float | None, Field(gt=0, le=720, description="Of a false one: hours of silence; 24 when left out.")
    ] = None


@routes.get("/reviews")
def list_reviews(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> ReviewPage:
    """List what waits for a person, as far as your role and area reach: protection range first, oldest first."""
    place = cursors.read("reviews", page.cursor)
    after = None if place is None else (int(place[0]), datetime.fromisoformat(place[1]), UUID(place[2]))
    found = service.reviews(work, actor, limit=page.limit + 1, after=after)
    rows = found[: page.limit]
    more = None
    if len(found) > page.limit:
        last = rows[-1]
        more = cursors.write("reviews", [last.rank, str(last.case.due_at), str(last.case.alarm_id)])
    return ReviewPage(items=[_review(one) for one in rows], next=more)


@routes.get("/reviews/{alarm_id}")
def get_review(work: WorkHere, actor: ActorHere, alarm_id: UUID) -> ReviewOut:
    """Return one review, also when it waits no more; a merged alarm leads to what it was merged into."""
    return _review(service.review(work, actor, alarm_id))


@routes.post("/reviews/{alarm_id}/take")
def take_review(work: WorkHere, actor: ActorHere, alarm_id: UUID) -> ReviewOut:
    """Take a review: for a quarter of an hour nobody else decides it."""
    return _review(service.take(work, actor, alarm_id, POLICY))


@routes.post("/reviews/{alarm_id}/release")
def release_review(work: WorkHere, actor: ActorHere, alarm_id: UUID) -> ReviewOut:
    """Give a review back."""
    return _review(service.release(work, actor, alarm_id))


@routes.post("/reviews/{alarm_id}/decide")
def decide_review(work: WorkHere, actor: ActorHere, alarm_id: UUID, asked: Decision) -> ReviewOut:
    """Say what the alarm was. A true one is confirmed; a false one is silent for a time and then heard again."""
    silence = None if asked.silence_h is None else timedelta(hours=asked.silence_h)
    done = service.decide(work, actor, alarm_id, code=asked.code, words=asked.words, silence=silence, policy=POLICY)
    return _review(done)


@routes.get("/alarms/{alarm_id}/verdict")
def get_verdict(work: WorkHere, actor: ActorHere, alarm_id: UUID) -> VerdictOut:
    """Return the verdict on an alarm: every reason, every rule that was asked, what the second judge said."""
    return _verdict(service.verdict(work, actor, alarm_id))


def _review(item: ReviewItem) -> ReviewOut:
    case = item.case
    return ReviewOut(
        id=case.alarm_id,
        tenant_id=case.tenant_id,
        verdict=_verdict(case),
        waits=case.open,
        zone=item.zone,
        rank=item.rank,
        lon=item.lon,
        lat=item.lat,
        camera_id=item.camera_id,
        score=item.score,
        frames=item.frames,
        made_at=item.made_at,
        audit=case.audit,
        taken_by=case.taken_by,
        taken_at=case.taken_at,
    )


def _verdict(case: Case) -> VerdictOut:
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
