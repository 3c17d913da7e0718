"""How a tenant's watch stands, for its people: what is blind, switched off or wrong now, and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Request
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, WorkHere, actor_of, router
from pipewarden.operation import service
from pipewarden.operation.facts import FaultKind
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ContactKind, Language, Role, ScopedRow

if TYPE_CHECKING:
    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.operation.facts import Fault, TenantReading
    from pipewarden.operation.service import Door
    from pipewarden.people.facts import Switch

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


class DoorOut(BaseModel):
    """One part of the house that can be switched off, and how it stands for your tenant."""

    what: Annotated[str, Field(description="The word for it: `screen`, `sms`, `payout`, `model:NAME`.")]
    name: Annotated[str, Field(description="The switch as it stands on record.")]
    on: bool
    everywhere: Annotated[bool, Field(description="Off for every tenant of the house: its own people alone end that.")]
    reason: str | None
    since: datetime | None
    by: Annotated[str | None, Field(description="Who switched it off; empty for the command line.")]
    off: Annotated[str, Field(description="What happens while it is off, in English; the desk has its own words.")]


class DoorPage(BaseModel):
    """Every part that can be switched off."""

    items: list[DoorOut]


class SwitchIn(Asked):
    """Off, or on again, and why: it is on record and people see it."""

    on: bool
    reason: Annotated[str, Field(min_length=1, max_length=500), Clean]
    everywhere: Annotated[bool, Field(description="For every tenant; needs the permission over the platform.")] = False


What = Annotated[str, Path(pattern=r"^[a-z0-9_.:-]{1,70}$", description="`what` or `name` of a part.")]


@routes.get("/switches")
def list_switches(work: WorkHere, actor: ActorHere) -> DoorPage:
    """List what can be switched off, what is off for your tenant, who did it, why and since when."""
    people.require_row(actor, "switch:read", ScopedRow(work.tenant_id), "switch")
    return DoorPage(items=_doors(work, service.switches_known(work)))


@routes.put("/switches/{what}")
def set_switch(work: WorkHere, actor: ActorHere, what: What, asked: SwitchIn) -> DoorOut:
    """Switch a part off, or on again: people do its work until then. On record with your reason."""
    people.require(actor, "switch:set")  # before it is said which parts there are
    door, _ = service.kill(work, actor, what, on=asked.on, why=asked.reason, everywhere=asked.everywhere)
    return _doors(work, [(door, people.Switchboard(work).off(door.name))])[0]


def _doors(work: Work, found: list[tuple[Door, Switch | None]]) -> list[DoorOut]:
    names = people.person_names(work, {shut.actor_id for _, shut in found if shut is not None})
    return [
        DoorOut(
            what=door.said,
            name=door.name,
            on=shut is None,
            everywhere=shut is not None and shut.tenant_id == PLATFORM,
            reason=None if shut is None else shut.reason,
            since=None if shut is None else shut.at,
            by=None if shut is None else names.get(shut.actor_id),
            off=door.off,
        )
        for door, shut in found
    ]


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
