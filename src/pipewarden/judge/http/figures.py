"""Figures over HTTP: precision, estimated recall, what each rule stopped, what another threshold would do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID  # noqa: TC003  pydantic reads it

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.judge import service
from pipewarden.judge.facts import CODE_NAMES, Code
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


@routes.get("/figures")
def get_figures(work: WorkHere, actor: ActorHere, asked: Annotated[FiguresQuery, Query()]) -> FiguresOut:
    """Return how the judge did, as far as your role and area reach: every share with its denominator."""
    since = (asked.until or work.now()) - timedelta(days=_DAYS) if asked.since is None else asked.since
    found, rules = service.figures(work, actor, since=since, until=asked.until, camera_id=asked.camera_id)
    told: dict[str, Any] = asdict(found)
    told["rules"] = [asdict(one) | {"zh": CODE_NAMES[one.code].zh, "en": CODE_NAMES[one.code].en} for one in rules]
    return FiguresOut.model_validate(told)
