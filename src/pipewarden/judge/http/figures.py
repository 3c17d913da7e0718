"""Figures over HTTP: precision, estimated recall, what each rule stopped, what another threshold would do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.judge import service
from pipewarden.judge.facts import CODE_NAMES, Code, ReviewCode
from pipewarden.kit.web import Asked, Moment, ShareOut, WorkHere, actor_of, router
from pipewarden.people.facts import Actor

routes = router(tags=["judge"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_DAYS = 90


class FiguresQuery(Asked):
    """Of which alarms."""

    camera_id: Annotated[UUID | None, Field(description="Only alarms of this camera.")] = None
    since: Annotated[Moment | None, Field(description="Made at or after; 90 days ago when left out.")] = None
    until: Annotated[Moment | None, Field(description="Made before; now when left out.")] = None


class EstimateOut(BaseModel):
    """Recall of what the screen raised, estimated from audited rejections; what no detector saw is not in it."""

    found: int
    rejected: int
    audited: Annotated[ShareOut, Field(description="Audited rejections that were true, of all audited (exact).")]
    missed: float | None
    value: float | None
    low: float | None
    high: float | None


class RuleFigureOut(BaseModel):
    """What one reason stopped, and how often wrongly, of those a person looked at."""

    code: Code
    zh: str
    en: str
    stopped: int
    wrong: ShareOut


class AdviceOut(BaseModel):
    """What another threshold of the screen would have done."""

    threshold: float
    reviews: int
    reviews_part: float
    true_sites: int
    words: str


class FalseAlarmOut(BaseModel):
    """One false alarm."""

    alarm_id: UUID
    made_at: datetime


class ReasonFigureOut(BaseModel):
    """False alarms of one reason, as people's last word says."""

    code: ReviewCode
    alarms: int
    newest: Annotated[list[FalseAlarmOut], Field(description="At most 20, the last one first.")]


class CostQuery(Asked):
    """Of which time."""

    since: Annotated[Moment | None, Field(description="Asked at or after; 90 days ago when left out.")] = None
    until: Annotated[Moment | None, Field(description="Asked before; now when left out.")] = None


class UsageOut(BaseModel):
    """What the questions of one day and outcome came to."""

    day: Annotated[date, Field(description="Asia/Shanghai.")]
    outcome: Annotated[str, Field(description="`answer`, `cached`, `pending`, or what it failed of.")]
    questions: int
    prompt_tokens: int
    completion_tokens: int
    cost: Annotated[int, Field(description="In 0.0001 yuan.")]


class DayBudgetOut(BaseModel):
    """What the tenant lets the second judge spend: no question goes out that would pass it."""

    endpoints: Annotated[list[str], Field(description="Which may be asked; none: nothing leaves the house.")]
    day: Annotated[int, Field(description="A day, in 0.0001 yuan.")]
    per_minute: Annotated[int, Field(description="Questions a minute at most.")]


class CostOut(BaseModel):
    """What the second judge of the whole tenant was asked and what it cost."""

    since: datetime
    until: datetime
    questions: int
    prompt_tokens: int
    completion_tokens: int
    cost: Annotated[int, Field(description="In 0.0001 yuan.")]
    usage: list[UsageOut]
    budget: Annotated[DayBudgetOut | None, Field(description="Null: the tenant never said, and nothing leaves.")]
    spent_today: Annotated[int, Field(description="In 0.0001 yuan.")]
    reserved_today: Annotated[int, Field(description="Of questions under way, in 0.0001 yuan.")]


class FiguresOut(BaseModel):
    """How the judge did with the alarms of a time."""

    since: datetime
    until: datetime
    alarms: int
    frames: Annotated[int, Field(description="Pictures that raised them.")]
    confirmed: int
    rejected: int
    waiting: int
    precision: Annotated[ShareOut, Field(description="Alarms that people called true, of those they decided (Wilson).")]
    recall: EstimateOut
    repeats: Annotated[int, Field(description="Pictures that showed an alarm again and made no new one.")]
    calls: Annotated[int, Field(description="Questions that went to a second judge's endpoint.")]
    calls_saved: Annotated[int, Field(description="Pictures that raised and were not asked about.")]
    cost: Annotated[int, Field(description="In 0.0001 yuan.")]
    cost_per_site: Annotated[float | None, Field(description="For each confirmed alarm, in 0.0001 yuan.")]
    advice: list[AdviceOut]
    rules: list[RuleFigureOut]
    reasons: Annotated[
        list[ReasonFigureOut],
        Field(description="False alarms by what people said they were, the commonest first; audits left out."),
    ]


@routes.get("/figures")
def get_figures(work: WorkHere, actor: ActorHere, asked: Annotated[FiguresQuery, Query()]) -> FiguresOut:
    """Return how the judge did, as far as your role and area reach: every share with its denominator."""
    since = (asked.until or work.now()) - timedelta(days=_DAYS) if asked.since is None else asked.since
    found, rules, reasons = service.figures(work, actor, since=since, until=asked.until, camera_id=asked.camera_id)
    told: dict[str, Any] = asdict(found)
    told["rules"] = [asdict(one) | {"zh": CODE_NAMES[one.code].zh, "en": CODE_NAMES[one.code].en} for one in rules]
    told["reasons"] = [asdict(one) for one in reasons]
    return FiguresOut.model_validate(told)


@routes.get("/figures/cost")
def get_judge_cost(work: WorkHere, actor: ActorHere, asked: Annotated[CostQuery, Query()]) -> CostOut:
    """Return what the second judge was asked, its tokens and cost by day, and the budget that caps a day."""
    since = (asked.until or work.now()) - timedelta(days=_DAYS) if asked.since is None else asked.since
    found = service.cost(work, actor, since=since, until=asked.until)
    policy = found.policy
    budget = None
    if policy is not None:
        budget = DayBudgetOut(endpoints=list(policy.endpoints), day=policy.budget, per_minute=policy.per_minute)
    return CostOut(
        since=found.since,
        until=found.until,
        questions=sum(one.questions for one in found.usage),
        prompt_tokens=sum(one.prompt_tokens for one in found.usage),
        completion_tokens=sum(one.completion_tokens for one in found.usage),
        cost=sum(one.cost for one in found.usage),
        usage=[UsageOut.model_validate(asdict(one)) for one in found.usage],
        budget=budget,
        spent_today=found.spent,
        reserved_today=found.reserved,
    )
