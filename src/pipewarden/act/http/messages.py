"""The message centre over HTTP, and what left the house."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.act import service
from pipewarden.act.facts import CallState, DeliveryState, Outcome
from pipewarden.casework.facts import Urgency
from pipewarden.kit.web import Asked, Cursors, CursorsHere, Paged, WorkHere, actor_of, router
from pipewarden.people.facts import Actor, ActorKind, ForbiddenError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.act.facts import Attempt, Delivery

routes = router(tags=["messages"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class MessageOut(BaseModel):
    """One message to you."""

    id: UUID
    urgency: Urgency
    site_ids: Annotated[list[UUID], Field(description="What it speaks of, the most urgent first.")]
    title: str
    body: str
    at: datetime
    state: Annotated[CallState, Field(description="Whether a channel outside took it, and whether you acknowledged.")]
    read_at: datetime | None


class MessagePage(BaseModel):
    """Your messages, the newest first."""

    items: list[MessageOut]
    next: str | None
    unread: int


class ReadUpTo(Asked):
    """The newest message that you have seen."""

    up_to: UUID


class Unread(BaseModel):
    """How many messages you have not read."""

    unread: int


class AttemptOut(BaseModel):
    """One line of what was tried."""

    at: datetime
    outcome: Outcome
    problem: str


class DeliveryOut(BaseModel):
    """One part of a message to one contact point, group or subscription, with every attempt."""

    id: UUID
    subject_id: Annotated[UUID, Field(description="The call, digest or event that it carries.")]
    target_id: Annotated[UUID, Field(description="The contact point or subscription.")]
    channel: str
    person_id: UUID | None
    part: int
    parts: int
    urgency: Urgency
    title: str
    state: DeliveryState
    created_at: datetime
    sent_at: datetime | None
    repeated: Annotated[bool, Field(description="Sent once more, because nobody knew whether the first arrived.")]
    problem: str
    attempts: list[AttemptOut]


class DeliveryPage(BaseModel):
    """Deliveries, the newest first."""

    items: list[DeliveryOut]
    next: str | None


@routes.get("/me/messages")
def list_my_messages(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> MessagePage:
    """List what you were told, the newest first, whatever became of it outside."""
    before = before_of(cursors, "messages", page.cursor)
    found, unread = service.messages(work, _person(actor), before=before, limit=page.limit + 1)
    rows = found[: page.limit]
    more = cursors.write("messages", [str(rows[-1].id)]) if len(found) > page.limit else None
    items = [
        MessageOut(
            id=one.id,
            urgency=one.urgency,
            site_ids=list(one.site_ids),
            title=one.title,
            body=one.body,
            at=one.at,
            state=one.state,
            read_at=one.read_at,
        )
        for one in rows
    ]
    return MessagePage(items=items, next=more, unread=unread)


@routes.post("/me/messages/read")
def read_my_messages(work: WorkHere, actor: ActorHere, asked: ReadUpTo) -> Unread:
    """Say that you have seen your messages up to one; that acknowledges nothing."""
    return Unread(unread=service.read_messages(work, _person(actor), asked.up_to))


@routes.get("/deliveries")
def list_deliveries(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> DeliveryPage:
    """List what left the house for your tenant, the newest first, with every attempt."""
    before = before_of(cursors, "deliveries", page.cursor)
    found, tried = service.deliveries(work, actor, before=before, limit=page.limit + 1)
    return delivery_page(cursors, "deliveries", page.limit, found, tried)


def _person(actor: Actor) -> Actor:
    if actor.kind is not ActorKind.PERSON or actor.must_change:
        raise ForbiddenError(field="session", problem="is no person's who may act", fix="Sign in.")
    return actor


def before_of(cursors: Cursors, kind: str, word: str | None) -> UUID | None:
    """Return where a page goes on; None for the first."""
    place = cursors.read(kind, word)
    return None if place is None else UUID(place[0])


def delivery_page(
    cursors: Cursors, kind: str, limit: int, found: Sequence[Delivery], tried: Sequence[Attempt]
) -> DeliveryPage:
    """Return a page of deliveries, one more than ``limit`` of which were looked for."""
    rows = found[:limit]
    by_delivery: dict[UUID, list[AttemptOut]] = {}
    for one in tried:
        line = AttemptOut(at=one.at, outcome=one.outcome, problem=one.problem)
        by_delivery.setdefault(one.delivery_id, []).append(line)
    items = [
        DeliveryOut(
            id=one.id,
            subject_id=one.subject_id,
            target_id=one.target_id,
            channel=one.channel,
            person_id=one.person_id,
            part=one.part,
            parts=one.parts,
            urgency=one.urgency,
            title=one.title,
            state=one.state,
            created_at=one.created_at,
            sent_at=one.sent_at,
            repeated=one.repeated,
            problem=one.problem,
            attempts=by_delivery.get(one.id, []),
        )
        for one in rows
    ]
    return DeliveryPage(items=items, next=cursors.write(kind, [str(rows[-1].id)]) if len(found) > limit else None)
