"""Pay rules over HTTP: what is paid for what, for everybody who is signed in; a tenant's own edition."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from pydantic import BaseModel, Field, StringConstraints

from pipewarden.kit.web import Asked, Sentence, WorkHere, actor_of, router
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.http.shapes import AmountOut, out
from pipewarden.market.service import pay_rules as service
from pipewarden.people.facts import Actor, Role

if TYPE_CHECKING:
    from pipewarden.market.facts.pay import PayEdition, PayRule

routes = router(tags=["rewards"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class PayRuleOut(BaseModel):
    """One rule."""

    key: str
    kind: PayKind
    zh: str
    en: str
    value: Annotated[AmountOut | None, Field(description="Empty where the task itself says how many points.")]
    per_day: Annotated[int, Field(description="Of one person in one day in China.")]
    verified: Annotated[bool, Field(description="What is not verified earns nothing.")]
    earners: Annotated[list[Role], Field(description="Roles that earn it; empty: anybody.")]
    barred: Annotated[list[Role], Field(description="Roles that never do.")]
    levels: Annotated[list[int], Field(description="Of a priority: levels of cases that earn it; 1 is danger.")]
    every: Annotated[int, Field(description="Of a bonus: so many paid clues of a month earn it; else 0.")]


class EditionOut(BaseModel):
    """Rules that hold from a moment on."""

    version: str
    since: datetime
    own: Annotated[bool, Field(description="It is the operator's own, else the shipped one.")]
    why: str
    hold_h: Annotated[float, Field(description="A reward waits so many hours before it is paid.")]
    claim_days: Annotated[float, Field(description="One without an account waits so long for the report's link.")]
    claw_back_days: Annotated[float, Field(description="So long after its payment it may be taken back.")]
    rules: list[PayRuleOut]


class PayRulesOut(BaseModel):
    """What holds now, and the operator's own editions, the newest first; those that begin later among them."""

    now: EditionOut
    own: list[EditionOut]


class PayEditionIn(Asked):
    """An edition of your own."""

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=False, min_length=20, max_length=100_000),
        Field(description="YAML: version, and the keys of one edition of the shipped file."),
    ]
    why: Annotated[Sentence, Field(max_length=500)]


@routes.get("/pay-rules")
def get_pay_rules(work: WorkHere, actor: ActorHere) -> PayRulesOut:
    """Return what is paid for what, how long it is held and how much of it a day."""
    now, own = service.editions(work, actor)
    return PayRulesOut(now=_edition(now), own=[_edition(one) for one in own])


@routes.post("/pay-rules", status_code=201)
def edit_pay_rules(work: WorkHere, actor: ActorHere, asked: PayEditionIn) -> EditionOut:
    """Keep rules of your own; they hold from their `since` on, and change nothing that was earned before."""
    return _edition(service.edit_pay(work, actor, asked.text, asked.why))


def _edition(one: PayEdition) -> EditionOut:
    day, hour = 86_400, 3_600
    return EditionOut(
        version=one.version,
        since=one.since,
        own=one.own,
        why=one.why,
        hold_h=one.hold.total_seconds() / hour,
        claim_days=one.claim.total_seconds() / day,
        claw_back_days=one.claw_back.total_seconds() / day,
        rules=[_rule(rule) for rule in one.rules.values()],
    )


def _rule(one: PayRule) -> PayRuleOut:
    return PayRuleOut(
        key=one.key,
        kind=one.kind,
        zh=one.zh,
        en=one.en,
        value=None if one.amount is None else out(one.amount, one.asset),
        per_day=one.per_day,
        verified=one.verified,
        earners=sorted(one.earners),
        barred=sorted(one.barred),
        levels=sorted(one.levels),
        every=one.every,
    )
