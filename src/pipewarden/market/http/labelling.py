"""An expert's turns at labelling over HTTP: what a part asks and how far it is, the next item, the answer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import BlobsHere, CursorsHere, PageQuery, WorkHere, router
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import EngagementState, Tool
from pipewarden.market.facts.labels import LabelKind, Standing
from pipewarden.market.http.label_shapes import (
    JPEG,
    ActorHere,
    LabelAnswerOut,
    LabelItemOut,
    LabelSaidIn,
    answer_fields,
    item_fields,
    jpeg,
)
from pipewarden.market.http.shapes import AmountOut, out
from pipewarden.market.service import labelling as service
from pipewarden.market.service import labelling_progress

if TYPE_CHECKING:
    from pipewarden.market.service.labelling import Turn

routes = router(tags=["labelling"])


class TurnOut(BaseModel):
    """What you work on, or worked on."""

    answer: LabelAnswerOut
    item: LabelItemOut


class NextTurnOut(BaseModel):
    """Your next item; none where nothing is left for you."""

    turn: TurnOut | None


class TurnPage(BaseModel):
    """A page of your turns, the newest first."""

    items: list[TurnOut]
    next: str | None


class TurnQuery(PageQuery):
    """Which turns."""

    engagement_id: UUID | None = None


class LabelPartOut(BaseModel):
    """What a part of yours asks, and how far you are."""

    engagement_id: UUID
    commission_id: UUID
    state: EngagementState
    title: str
    words: str
    tags: list[str]
    tool: Tool
    kind: LabelKind
    due: datetime
    volume: Annotated[int, Field(description="Answers that are yours at most.")]
    price: Annotated[AmountOut, Field(description="Of one answer.")]
    earned: Annotated[AmountOut, Field(description="Price of what was charged; the wallet has what was booked.")]
    waiting: Annotated[int, Field(description="Drawn and not answered yet.")]
    returned: Annotated[int, Field(description="Back at you, with a reason.")]
    given: Annotated[int, Field(description="Answered, and not settled yet.")]
    right: int
    wrong: int
    charged: Annotated[int, Field(description="Of them charged to the client.")]
    today: Annotated[int, Field(description="Answers of yours within 24 hours, of all parts.")]
    day_most: int
    standing: Annotated[
        Standing, Field(description="By items whose truth is known, as of the start of the day: on trial, pay waits.")
    ]


@routes.get("/engagements/{engagement_id}/labelling")
def get_label_part(work: WorkHere, actor: ActorHere, engagement_id: UUID) -> LabelPartOut:
    """Return what a part of yours asks and how far you are."""
    found = labelling_progress.part(work, actor, engagement_id)
    whole, part = found.commission, found.part
    plain = ("title", "words", "tool", "due")
    counted = ("kind", "waiting", "returned", "given", "right", "wrong", "charged", "today", "day_most", "standing")
    return LabelPartOut(
        engagement_id=part.id,
        commission_id=whole.id,
        state=part.state,
        volume=part.volume,
        price=out(part.price, Asset.CNY),
        earned=out(part.price * found.charged, Asset.CNY),
        tags=sorted(whole.tags),
        **{name: getattr(whole, name) for name in plain},
        **{name: getattr(found, name) for name in counted},
    )


@routes.post("/engagements/{engagement_id}/next")
def draw_next(work: WorkHere, actor: ActorHere, engagement_id: UUID) -> NextTurnOut:
    """Draw your next item for a part of yours: what came back first, then what you hold, else one by chance."""
    found = service.next_turn(work, actor, engagement_id)
    return NextTurnOut(turn=None if found is None else _turn(found))


@routes.get("/me/labelling")
def list_turns(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[TurnQuery, Query()]
) -> TurnPage:
    """List your turns, the newest first."""
    before = cursors.read("turns", query.cursor)
    seen = None if before is None else UUID(before)
    found = service.turns(work, actor, engagement_id=query.engagement_id, limit=query.limit + 1, before=seen)
    rows = found[: query.limit]
    more = cursors.write("turns", str(rows[-1].answer.id)) if len(found) > query.limit else None
    return TurnPage(items=[_turn(one) for one in rows], next=more)


@routes.post("/labelling/turns/{answer_id}/answer")
def answer_turn(work: WorkHere, actor: ActorHere, answer_id: UUID, asked: LabelSaidIn) -> LabelAnswerOut:
    """Answer what you drew; it may come back to you with a reason, then you answer once more."""
    return LabelAnswerOut(**answer_fields(service.answer(work, actor, answer_id, asked.said())))


@routes.post("/labelling/turns/{answer_id}/hand-back", status_code=204)
def hand_back_turn(work: WorkHere, actor: ActorHere, answer_id: UUID) -> None:
    """Hand an item back unanswered; it never comes to you again."""
    service.hand_back(work, actor, answer_id)


@routes.get("/labelling/turns/{answer_id}/picture", response_class=Response, responses=JPEG)
def get_turn_picture(work: WorkHere, actor: ActorHere, blobs: BlobsHere, answer_id: UUID) -> Response:
    """Return the masked picture of a turn of yours."""
    return jpeg(lambda: service.picture(work, actor, answer_id, blobs))


def _turn(one: Turn) -> TurnOut:
    answer, item = LabelAnswerOut(**answer_fields(one.answer)), LabelItemOut(**item_fields(one.item))
    return TurnOut(answer=answer, item=item)
