"""Which channels there are, and whether everybody on duty is reached by one, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from pipewarden.act import service
from pipewarden.act.facts import WhyNot
from pipewarden.act.http.messages import DeliveryPage, delivery_page
from pipewarden.kit.web import CursorsHere, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ContactKind

if TYPE_CHECKING:
    from pipewarden.act.service import Post

routes = router(tags=["messages"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class ChannelOut(BaseModel):
    """One way to reach people."""

    kind: ContactKind
    set_up: Annotated[bool, Field(description="Whether the operator gave it what it needs.")]
    real: Annotated[bool, Field(description="Whether anybody is reached by it; a log reaches nobody.")]
    off: Annotated[bool, Field(description="Whether its switch `channel:<kind>` is off.")]


class ChannelPage(BaseModel):
    """Every kind of channel."""

    items: list[ChannelOut]


class MissingOut(BaseModel):
    """Somebody on duty whom no channel reaches."""

    person_id: UUID
    name: str
    role: str
    area_id: UUID
    begins_at: datetime
    why: WhyNot


class ReachOut(BaseModel):
    """The last nightly answer; ``at`` is empty before the first night."""

    at: datetime | None
    until: datetime | None
    persons: Annotated[int, Field(description="On duty between the two moments.")]
    missing: list[MissingOut]


def post_of(request: Request) -> Post:
    """Return the post office of the application."""
    post: Post = request.app.state.post
    return post


@routes.get("/channels")
def list_channels(work: WorkHere, actor: ActorHere, request: Request) -> ChannelPage:
    """List the channels: set up or not, real or a log, switched off or on."""
    found = service.channels(work, post_of(request), actor)
    return ChannelPage(
        items=[ChannelOut(kind=one.kind, set_up=one.set_up, real=one.real, off=one.off) for one in found]
    )


@routes.post("/channels/{kind}/test", status_code=202)
def try_channel(
    work: WorkHere, actor: ActorHere, request: Request, cursors: CursorsHere, kind: ContactKind
) -> DeliveryPage:
    """Send yourself a test message by a channel; what becomes of it is in `GET /v1/channels/tests` a moment later."""
    made = service.try_channel(work, post_of(request), actor, kind)
    return delivery_page(cursors, "tests", len(made), made, [])


@routes.get("/channels/tests")
def list_channel_tests(work: WorkHere, actor: ActorHere, cursors: CursorsHere) -> DeliveryPage:
    """List your own tests of the last day, at most 20, the newest first, with every attempt."""
    found, tried = service.own_tries(work, actor)
    return delivery_page(cursors, "tests", len(found), found, tried)


@routes.get("/reach")
def get_reach(work: WorkHere, actor: ActorHere) -> ReachOut:
    """Say whether everybody on duty within a day of the last check could be reached."""
    found = service.reach(work, actor)
    if found is None:
        return ReachOut(at=None, until=None, persons=0, missing=[])
    missing = [
        MissingOut(
            person_id=one.person_id,
            name=one.name,
            role=one.role,
            area_id=one.area_id,
            begins_at=one.begins_at,
            why=one.why,
        )
        for one in found.missing
    ]
    people.listed(work, actor, "reach", {}, [(work.tenant_id, one.person_id) for one in found.missing])
    return ReachOut(at=found.at, until=found.until, persons=found.persons, missing=missing)
