"""A client's commissions over HTTP: drafted, published, matched, accepted, cancelled, rated."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, CursorsHere, WorkHere, router
from pipewarden.ledger.facts import Asset
from pipewarden.market.http.commission_shapes import (
    ActorHere,
    CommissionIn,
    CommissionOut,
    CommissionPage,
    CommissionQuery,
    EngagementOut,
    ExpertOut,
    MatchOut,
    OfferIn,
    RatingIn,
    WhyIn,
    commission,
    engagement,
    expert,
    match,
)
from pipewarden.market.http.shapes import AmountOut, out
from pipewarden.market.service import commissions as service
from pipewarden.market.service import engagements, matching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.market.facts.commissions import CommissionEvent

routes = router(tags=["commissions"])


class PartOut(BaseModel):
    """An expert's part with the calls that it took."""

    engagement: EngagementOut
    name: str
    calls: int


class By(StrEnum):
    """Which side did it."""

    CLIENT = "client"
    EXPERT = "expert"
    HOUSE = "house"


class EventOut(BaseModel):
    """One thing that happened."""

    at: datetime
    kind: str
    by: By
    engagement_id: UUID | None
    said: Annotated[str, Field(description="The reason that was given; empty where none was.")]


class CommissionFullOut(CommissionOut):
    """A commission with its progress and what happened."""

    calls: Annotated[int, Field(description="Charged or taken.")]
    progress: Annotated[float, Field(description="Share of the volume (达成进度).")]
    spent: AmountOut
    free: Annotated[AmountOut, Field(description="Of the budget, what no part has.")]
    parts: list[PartOut]
    events: list[EventOut]


class CardOut(BaseModel):
    """An expert as they suit a commission."""

    expert: ExpertOut
    match: MatchOut
    engagement: EngagementOut | None


class CardsOut(BaseModel):
    """Who suits a commission, the best first; who must not work for it comes last."""

    items: list[CardOut]


class CardQuery(Asked):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=200)] = 20


class AcceptIn(Asked):
    """What you say with it."""

    words: Annotated[str, Clean, Field(max_length=500)] = ""


@routes.post("/commissions", status_code=201)
def draft_commission(work: WorkHere, actor: ActorHere, asked: CommissionIn) -> CommissionOut:
    """Write a draft: nobody but your company sees it, and no money moves."""
    return commission(service.draft(work, actor, asked.wish()))


@routes.get("/commissions")
def list_commissions(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[CommissionQuery, Query()]
) -> CommissionPage:
    """List your company's commissions, the newest first."""
    before = cursors.read("commissions", query.cursor)
    seen = None if before is None else UUID(before)
    found = service.listed(work, actor, state=query.state, limit=query.limit + 1, before=seen)
    rows = found[: query.limit]
    more = cursors.write("commissions", str(rows[-1].id)) if len(found) > query.limit else None
    return CommissionPage(items=[commission(one) for one in rows], next=more)


@routes.get("/commissions/{commission_id}")
def get_commission(work: WorkHere, actor: ActorHere, commission_id: UUID) -> CommissionFullOut:
    """Return one commission with its progress, parts and history."""
    found = service.one(work, actor, commission_id)
    now = service.progress(work, found)
    experts = {part.id: part.person_id for part, _ in now.parts}
    return CommissionFullOut(
        **commission(found).model_dump(),
        calls=now.calls,
        progress=now.calls / found.volume,
        spent=out(now.units, Asset.CNY),
        free=out(now.left, Asset.CNY),
        parts=[
            PartOut(engagement=engagement(part), name=now.names.get(part.person_id, ""), calls=calls)
            for part, calls in now.parts
        ],
        events=[_event(one, experts) for one in service.history(work, found)],
    )


@routes.put("/commissions/{commission_id}")
def edit_commission(work: WorkHere, actor: ActorHere, commission_id: UUID, asked: CommissionIn) -> CommissionOut:
    """Change a draft; what is published stays as experts read it."""
    return commission(service.edit(work, actor, commission_id, asked.wish()))


@routes.post("/commissions/{commission_id}/publish")
def publish_commission(work: WorkHere, actor: ActorHere, commission_id: UUID) -> CommissionOut:
    """Set its money aside and let experts see it."""
    return commission(service.publish(work, actor, commission_id))


@routes.post("/commissions/{commission_id}/cancel")
def cancel_commission(work: WorkHere, actor: ActorHere, commission_id: UUID, asked: WhyIn) -> CommissionOut:
    """End it: what nobody took goes back at once, what was done is paid, the rest goes back after the hold."""
    return commission(service.cancel(work, actor, commission_id, asked.reason))


@routes.post("/commissions/{commission_id}/accept")
def accept_commission(work: WorkHere, actor: ActorHere, commission_id: UUID, asked: AcceptIn) -> CommissionOut:
    """Take the work: every part ends, and what is left goes back after the hold."""
    return commission(service.accept(work, actor, commission_id, asked.words))


@routes.post("/commissions/{commission_id}/rating")
def rate_commission(work: WorkHere, actor: ActorHere, commission_id: UUID, asked: RatingIn) -> CommissionOut:
    """Say once how the whole was (客户评价)."""
    return commission(service.rate(work, actor, commission_id, asked.stars, asked.said))


@routes.get("/commissions/{commission_id}/matches")
def list_matches(
    work: WorkHere, actor: ActorHere, commission_id: UUID, query: Annotated[CardQuery, Query()]
) -> CardsOut:
    """Return who suits a commission, the best first, with the reasons (匹配度)."""
    found = matching.cards(work, actor, commission_id, limit=query.limit)
    return CardsOut(
        items=[
            CardOut(
                expert=expert(one.expert, one.name),
                match=match(one.match),
                engagement=None if one.part is None else engagement(one.part),
            )
            for one in found
        ]
    )


@routes.post("/commissions/{commission_id}/offers", status_code=201)
def offer_commission(work: WorkHere, actor: ActorHere, commission_id: UUID, asked: OfferIn) -> EngagementOut:
    """Ask an expert to work for it (推送)."""
    price = asked.price_units()
    made = engagements.offer(work, actor, commission_id, asked.person_id, price=price, volume=asked.volume)
    return engagement(made)


def _event(one: CommissionEvent, experts: Mapping[UUID, UUID]) -> EventOut:
    """Return what happened, with the side that did it: whoever has the part, the house, or the client."""
    expert_id = None if one.engagement_id is None else experts.get(one.engagement_id)
    by = By.EXPERT if expert_id is not None and one.actor == f"person:{expert_id}" else By.CLIENT
    said = str(one.body.get("reason") or one.body.get("why") or "")
    return EventOut(
        at=one.at,
        kind=one.kind,
        by=By.HOUSE if one.actor is None else by,
        engagement_id=one.engagement_id,
        said=said,
    )
