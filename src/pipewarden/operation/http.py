"""How a tenant's watch stands, for its people: what is blind, switched off or wrong now, and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from pipewarden.kit.web import WorkHere, actor_of, router
from pipewarden.operation import service
from pipewarden.operation.facts import FaultKind
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ContactKind, Language, Role, ScopedRow

if TYPE_CHECKING:
    from pipewarden.act.service import Post
    from pipewarden.operation.facts import Fault, TenantReading

routes = router(tags=["operation"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_MOST = 50


class UnseeingCameraOut(BaseModel):
    """A camera that sees nothing."""

    id: UUID
    name: str
    since: datetime
    causes: list[str]
    metres: Annotated[float, Field(description="Of pipe that nobody watches because of it.")]


class OffOut(BaseModel):
    """A kill switch that is off."""

    name: Annotated[str, Field(description="For instance `model:screen`, `channel:sms`, `upload:public`.")]
    reason: str
    since: datetime
    everywhere: Annotated[bool, Field(description="For every tenant of the house.")]


class WayOut(BaseModel):
    """A channel by which nobody is reached now."""

    kind: ContactKind
    set_up: bool
    off: bool


class PageWordsOut(BaseModel):
    """A page of the runbook in one language."""

    title: str
    meaning: str
    danger: str
    first: Annotated[list[str], Field(description="The first five minutes, in order.")]


class PageOut(BaseModel):
    """A page of the runbook."""

    who: list[Role]
    zh: PageWordsOut
    en: PageWordsOut


class FaultOut(BaseModel):
    """Something that is wrong, or was."""

    id: UUID
    kind: FaultKind
    house: Annotated[bool, Field(description="It is the house's, and concerns every tenant.")]
    count: Annotated[int, Field(description="How many things it is about, or seconds where it is an age.")]
    names: list[str]
    since: datetime
    ended_at: datetime | None
    page: PageOut


class OperationOut(BaseModel):
    """How the watch of the tenant you act for stands now."""

    tenant_id: UUID
    at: datetime
    cameras: int
    degraded: int
    blind: list[UnseeingCameraOut]
    chain_age_s: Annotated[float | None, Field(description="Since a synthetic alarm was sent that came through.")]
    chain_loud: bool
    off: list[OffOut]
    unstaffed: Annotated[list[str], Field(description="Areas for which no dispatcher can be called now.")]
    nobody: Annotated[bool, Field(description="No dispatcher is on duty anywhere.")]
    ways_shut: Annotated[list[WayOut], Field(description="Channels by which nobody is reached.")]
    paused: Annotated[list[str], Field(description="Subscriptions that are paused.")]
    reach_at: Annotated[datetime | None, Field(description="When it was asked last whether everybody can be reached.")]
    unreachable: int
    sites_open: int
    sites_unowned: int
    sites_forgotten: int
    reviews: int
    reviews_since: datetime | None
    breakers_open: int
    drill_at: Annotated[datetime | None, Field(description="When a restore was last practised.")]
    faults: Annotated[list[FaultOut], Field(description="Those that last, oldest first, then those that ended lately.")]


@routes.get("/operation")
def get_operation(work: WorkHere, actor: ActorHere, request: Request) -> OperationOut:
    """Return what the house is blind to now for the tenant you act for, with what is wrong and what to do about it."""
    people.require_row(actor, service.READ, ScopedRow(work.tenant_id), "operation")
    faults = service.faults_seen(work, actor, limit=_MOST)
    post: Post = request.app.state.post
    seen = service.tenant_reading(work, post)
    return _out(seen, faults, service.drill_at(replace(work, tenant_id=PLATFORM)))


def _out(seen: TenantReading, faults: list[Fault], drill: datetime | None) -> OperationOut:
    return OperationOut(
        tenant_id=seen.tenant_id,
        at=seen.at,
        cameras=seen.cameras,
        degraded=seen.degraded,
        blind=[
            UnseeingCameraOut(
                id=one.id, name=one.name, since=one.since, causes=list(one.causes), metres=round(one.metres, 1)
            )
            for one in seen.blind
        ],
        chain_age_s=None if seen.chain is None else round(seen.chain.age_s, 1),
        chain_loud=seen.chain is not None and seen.chain.loud,
        off=[OffOut(name=one.name, reason=one.reason, since=one.since, everywhere=one.everywhere) for one in seen.off],
        unstaffed=list(seen.unstaffed),
        nobody=seen.nobody,
        ways_shut=[
            WayOut(kind=one.kind, set_up=one.set_up, off=one.off)
            for one in seen.messages.channels
            if one.off or not (one.set_up and one.real)
        ],
        paused=list(seen.messages.paused),
        reach_at=seen.messages.reach_at,
        unreachable=seen.messages.unreachable,
        sites_open=seen.sites.open,
        sites_unowned=seen.sites.unowned,
        sites_forgotten=seen.sites.forgotten,
        reviews=seen.reviews,
        reviews_since=seen.reviews_since,
        breakers_open=seen.models.open_breakers,
        drill_at=drill,
        faults=[_fault(one) for one in faults],
    )


def _fault(one: Fault) -> FaultOut:
    page = service.pages()[one.kind]
    words = {
        language.value: PageWordsOut(title=said.title, meaning=said.meaning, danger=said.danger, first=list(said.first))
        for language, said in page.words.items()
    }
    return FaultOut(
        id=one.id,
        kind=one.kind,
        house=one.tenant_id == PLATFORM,
        count=one.count,
        names=list(one.names),
        since=one.since,
        ended_at=one.ended_at,
        page=PageOut(who=list(page.who), zh=words[Language.ZH.value], en=words[Language.EN.value]),
    )
