"""What is in force over HTTP: the supervision rules with their examples, and the weights of risk."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.casework import service
from pipewarden.casework.facts import FACTORS, Result, Severity
from pipewarden.casework.http.rules import FactSaidOut
from pipewarden.kit.web import WorkHere, actor_of, router
from pipewarden.people.facts import Actor

routes = router(tags=["in force"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class ExampleOut(BaseModel):
    """Facts, and what the rule says of them; each runs as a test."""

    result: Result
    facts: Annotated[list[FactSaidOut], Field(description="Those that are known; every other one is not.")]


class RuleInForceOut(BaseModel):
    """One supervision rule."""

    code: str
    zh: str
    en: str
    clause: str
    severity: Severity
    since: Annotated[date, Field(description="In force from this day on.")]
    until: Annotated[date | None, Field(description="The first day on which it no longer is.")]
    who: Annotated[str, Field(description="The role that must put it right.")]
    by_h: Annotated[float, Field(description="Hours until it must be put right.")]
    remedy_zh: str
    remedy_en: str
    reads: Annotated[list[str], Field(description="The facts that it asks.")]
    examples: list[ExampleOut]


class RulesInForceOut(BaseModel):
    """The supervision rules in force today."""

    version: str
    source: str
    zone: Annotated[str, Field(description="In which its days begin.")]
    rules: list[RuleInForceOut]


class WeightOut(BaseModel):
    """What one value of a factor counts."""

    value: str
    weight: Annotated[float, Field(description="Of `works` points, of any other factor what multiplies them.")]
    zh: str
    en: str
    source: Annotated[str, Field(description="Where it is proposed; none is law.")]


class WeightsOfOut(BaseModel):
    """One factor and all it may be."""

    factor: str
    weights: list[WeightOut]


class BandOut(BaseModel):
    """One of the four levels."""

    level: int
    least: Annotated[float, Field(description="The lowest score of it.")]
    zh: str
    en: str
    source: str


class WeightsInForceOut(BaseModel):
    """The weights of risk in force today."""

    version: str
    since: date
    zone: Annotated[str, Field(description="In which its days begin and its nights are counted.")]
    night: Annotated[tuple[str, str], Field(description="From, to; local.")]
    near_m: Annotated[float, Field(description="Control range nearer than this is `control_near`.")]
    moved_m: Annotated[float, Field(description="Works farther than this from the agreed place have moved.")]
    several: Annotated[int, Field(description="From so many machines on.")]
    many: int
    factors: list[WeightsOfOut]
    levels: list[BandOut]


@routes.get("/rules")
def list_rules(work: WorkHere, actor: ActorHere) -> RulesInForceOut:
    """Return the supervision rules in force, each with clause, severity, who by when, remedy and examples."""
    policy, rules = service.rules_in_force(work, actor)
    return RulesInForceOut(
        version=policy.version,
        source=policy.source,
        zone=policy.zone.key,
        rules=[
            RuleInForceOut(
                code=one.code,
                zh=one.zh,
                en=one.en,
                clause=one.clause,
                severity=one.severity,
                since=one.since,
                until=one.until,
                who=one.who,
                by_h=one.by.total_seconds() / 3600,
                remedy_zh=one.remedy_zh,
                remedy_en=one.remedy_en,
                reads=list(one.reads),
                examples=[ExampleOut.model_validate(example, from_attributes=True) for example in one.examples],
            )
            for one in rules
        ],
    )


@routes.get("/weights")
def get_weights(work: WorkHere, actor: ActorHere) -> WeightsInForceOut:
    """Return the weights of risk in force; the score of a site is `works` times every other factor."""
    policy = service.weights_in_force(work, actor)
    begins, ends = policy.night
    return WeightsInForceOut(
        version=policy.version,
        since=policy.since,
        zone=policy.zone.key,
        night=(f"{begins:%H:%M}", f"{ends:%H:%M}"),
        near_m=policy.near_m,
        moved_m=policy.moved_m,
        several=policy.several,
        many=policy.many,
        factors=[
            WeightsOfOut(
                factor=factor,
                weights=[
                    WeightOut(value=value, weight=one.weight, zh=one.zh, en=one.en, source=one.source)
                    for value, one in policy.weights[factor].items()
                ],
            )
            for factor in FACTORS
        ],
        levels=[BandOut.model_validate(one, from_attributes=True) for one in policy.bands],
    )
