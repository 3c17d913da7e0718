"""Experts' parts over HTTP: the demand hall, applying, agreeing, delivering, judging a sample, finishing, rating."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, BlobsHere, Clean, CursorsHere, PageQuery, WorkHere, router
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import EngagementState  # noqa: TC001  FastAPI reads it at run time
from pipewarden.market.http.commission_shapes import (
    ActorHere,
    CommissionOut,
    DeliveriesOut,
    DeliveryOut,
    EngagementOut,
    MatchOut,
    RatingIn,
    Tag,
    TermsIn,
    WhyIn,
    commission,
    delivery,
    engagement,
    match,
)
from pipewarden.market.http.shapes import AmountOut, out
from pipewarden.market.service import deliveries, matching
from pipewarden.market.service import engagements as service
from pipewarden.people.facts import NotFoundError

routes = router(tags=["commissions"])
_MOST_DRAWN = 1000


class HallOut(BaseModel):
    """A commission as an expert sees it."""

    commission: CommissionOut
    client: str
    match: MatchOut
    engagement: Annotated[EngagementOut | None, Field(description="Your own part.")]
    calls: Annotated[int, Field(description="Of all parts together, charged or taken.")]
    progress: Annotated[float, Field(description="Share of the volume (达成进度).")]
    done: Annotated[int, Field(description="Calls of your own part.")]
    earned: Annotated[AmountOut, Field(description="Your share of them, booked or not.")]
    unread: Annotated[int, Field(description="Words of the client that you have not seen.")]


class HallPage(BaseModel):
    """A page of the demand hall, the newest first."""

    items: list[HallOut]
    next: str | None


class HallQuery(PageQuery):
    """Which commissions."""

    tag: Tag | None = None


class OwnOut(BaseModel):
    """A part of yours with its commission and what came of it."""

    engagement: EngagementOut
    commission: CommissionOut
    client: str
    done: Annotated[int, Field(description="Calls that it took.")]
    earned: Annotated[AmountOut, Field(description="Your share of them, booked or not.")]
    unread: Annotated[int, Field(description="Words of the client that you have not seen.")]


class OwnPage(BaseModel):
    """A page of your parts, the newest first."""

    items: list[OwnOut]
    next: str | None


class OwnQuery(PageQuery):
    """Which parts."""

    state: EngagementState | None = None


class FinishIn(Asked):
    """What you say with it."""

    reason: Annotated[str, Clean, Field(max_length=500)] = ""


class DeliveryIn(Asked):
    """A ZIP of your work."""

    file: Annotated[UploadFile, Field(description="A ZIP, at most 32 MiB; files that differ in ending are one item.")]
    early: Annotated[bool, Field(description="Nothing more will come (提前交付).")] = False
    words: Annotated[str, Clean, Field(max_length=500)] = ""


class JudgedIn(Asked):
    """Your word on one drawn item."""

    name: Annotated[str, Clean, Field(min_length=1, max_length=200)]
    right: bool
    reason: Annotated[str, Clean, Field(max_length=500, description="Needed where it is wrong.")] = ""


class JudgeIn(Asked):
    """Your word on every drawn item."""

    items: Annotated[list[JudgedIn], Field(min_length=1, max_length=_MOST_DRAWN)]


@routes.get("/hall")
def list_hall(work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[HallQuery, Query()]) -> HallPage:
    """List what is published (需求大厅), the newest first, with how well you suit each and why."""
    before = cursors.read("hall", query.cursor)
    seen = None if before is None else UUID(before)
    found = matching.hall(work, actor, tag=query.tag, limit=query.limit + 1, before=seen)
    rows = found[: query.limit]
    more = cursors.write("hall", str(rows[-1].commission.id)) if len(found) > query.limit else None
    return HallPage(items=[_hall(one) for one in rows], next=more)


@routes.get("/hall/{commission_id}")
def get_hall(work: WorkHere, actor: ActorHere, commission_id: UUID) -> HallOut:
    """Return one commission that is published, or that you worked for."""
    return _hall(matching.hall_one(work, actor, commission_id))


@routes.post("/hall/{commission_id}/applications", status_code=201)
def apply_for(work: WorkHere, actor: ActorHere, commission_id: UUID, asked: TermsIn) -> EngagementOut:
    """Ask to work for it."""
    price = asked.price_units()
    return engagement(service.apply(work, actor, commission_id, price=price, volume=asked.volume))


@routes.get("/me/engagements")
def list_my_engagements(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[OwnQuery, Query()]
) -> OwnPage:
    """List your parts of commissions, the newest first."""
    before = cursors.read("my engagements", query.cursor)
    seen = None if before is None else UUID(before)
    states = () if query.state is None else (query.state,)
    found = service.own(work, actor, states=states, limit=query.limit + 1, before=seen)
    rows = found[: query.limit]
    more = cursors.write("my engagements", str(rows[-1].part.id)) if len(found) > query.limit else None
    return OwnPage(items=[_own(one) for one in rows], next=more)


@routes.post("/engagements/{engagement_id}/agree")
def agree_engagement(work: WorkHere, actor: ActorHere, engagement_id: UUID) -> EngagementOut:
    """Agree to what the other side asked: the work begins."""
    return engagement(service.agree(work, actor, engagement_id))


@routes.post("/engagements/{engagement_id}/refuse")
def refuse_engagement(work: WorkHere, actor: ActorHere, engagement_id: UUID, asked: WhyIn) -> EngagementOut:
    """Say no to an offer or an application, or take your own back."""
    return engagement(service.refuse(work, actor, engagement_id, asked.reason))


@routes.post("/engagements/{engagement_id}/finish")
def finish_engagement(work: WorkHere, actor: ActorHere, engagement_id: UUID, asked: FinishIn) -> EngagementOut:
    """End a part that runs, early or not: what was done is paid, the rest is free for others after the hold."""
    return engagement(service.finish(work, actor, engagement_id, asked.reason))


@routes.post("/engagements/{engagement_id}/rating")
def rate_engagement(work: WorkHere, actor: ActorHere, engagement_id: UUID, asked: RatingIn) -> EngagementOut:
    """Say once how somebody's part was (共创评价); it counts for their rating and grade."""
    return engagement(service.rate(work, actor, engagement_id, asked.stars, asked.said))


@routes.get("/engagements/{engagement_id}/deliveries")
def list_deliveries(work: WorkHere, actor: ActorHere, engagement_id: UUID) -> DeliveriesOut:
    """List what was delivered for a part, the newest first, with the drawn items."""
    found = deliveries.listed(work, actor, engagement_id)
    return DeliveriesOut(items=[delivery(one, sample) for one, sample in found])


@routes.post("/engagements/{engagement_id}/deliveries", status_code=201)
def deliver(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    engagement_id: UUID,
    form: Annotated[DeliveryIn, Form(media_type="multipart/form-data")],
) -> DeliveryOut:
    """Deliver work that was done offline: the server draws a sample of it at once."""
    pack = form.file.file.read()
    made = deliveries.deliver(work, blobs, actor, engagement_id, pack, early=form.early, words=form.words)
    sample = next(drawn for one, drawn in deliveries.listed(work, actor, engagement_id) if one.id == made.id)
    return delivery(made, sample)


@routes.post("/engagements/{engagement_id}/deliveries/{delivery_id}/judgement")
def judge_delivery(
    work: WorkHere, actor: ActorHere, engagement_id: UUID, delivery_id: UUID, asked: JudgeIn
) -> DeliveryOut:
    """Judge the drawn items: by the rule the whole is accepted and paid, or goes back with your reasons."""
    words = {one.name: (one.right, one.reason) for one in asked.items}
    if len(words) != len(asked.items):
        raise InputError(field="items", problem="name one twice", fix="Judge each drawn item once.")
    return delivery(*deliveries.judge(work, actor, (engagement_id, delivery_id), words))


@routes.get(
    "/engagements/{engagement_id}/deliveries/{delivery_id}/file",
    response_class=Response,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_delivery(
    work: WorkHere, actor: ActorHere, blobs: BlobsHere, engagement_id: UUID, delivery_id: UUID
) -> Response:
    """Return the ZIP, for either side."""
    try:
        made, pack = deliveries.file_of(work, blobs, actor, (engagement_id, delivery_id))
    except InputError as error:  # gone: for this reader there is no file
        raise NotFoundError.of("file") from error
    headers = {"Content-Disposition": f'attachment; filename="delivery-{made.id}.zip"'}
    return Response(pack, media_type="application/zip", headers=headers)


def _hall(one: matching.Hall) -> HallOut:
    return HallOut(
        commission=commission(one.commission),
        client=one.client,
        match=match(one.match),
        engagement=None if one.part is None else engagement(one.part),
        calls=one.calls,
        progress=one.calls / one.commission.volume,
        done=one.worked.calls,
        earned=out(one.worked.earned, Asset.CNY),
        unread=one.unread,
    )


def _own(one: service.Own) -> OwnOut:
    return OwnOut(
        engagement=engagement(one.part),
        commission=commission(one.commission),
        client=one.client,
        done=one.worked.calls,
        earned=out(one.worked.earned, Asset.CNY),
        unread=one.unread,
    )
