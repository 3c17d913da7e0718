"""What roles permit in a tenant, over HTTP: read, tried and edited; an edit asks for a fresh code and is on record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, WorkHere, actor_of, router
from pipewarden.people import service
from pipewarden.people.facts import Actor, Role, RoleState, Scope

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

routes = router(tags=["people"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_MOST_NAMED = 50
Permission = Annotated[str, Field(min_length=3, max_length=60), Clean]


class RoleWanted(Asked):
    """Everything that the role is to permit, each with how far it reaches."""

    permissions: Annotated[dict[Permission, Scope], Field(max_length=300)]


class RoleIn(RoleWanted):
    """The same, to be in force from now on."""

    reason: Annotated[str, Field(min_length=1, max_length=500), Clean]
    seen: Annotated[str, Field(pattern="^[0-9a-f]{16}$", description="`seen` of the role that you edited.")]


class RoleOut(BaseModel):
    """What a role permits in your tenant now."""

    role: Role
    permissions: dict[str, Scope]
    shipped: Annotated[dict[str, Scope], Field(description="What this release ships for it.")]
    own: Annotated[bool, Field(description="Edited here; what a release changes in it does not come through.")]
    since: datetime
    by: Annotated[str | None, Field(description="Who edited it; empty for what ships and for the command line.")]
    seen: Annotated[str, Field(description="Names exactly these permissions; send it back with an edit.")]


class PermissionOut(BaseModel):
    """One permission that there is."""

    name: str
    meaning: Annotated[str, Field(description="In English; the desk has its own words.")]
    fresh: Annotated[bool, Field(description="Asks for a second factor given in the last ten minutes.")]
    kept: Annotated[bool, Field(description="No tenant's edit gives it to a role that ships without it.")]


class RolePage(BaseModel):
    """Every role, and every permission that there is."""

    items: list[RoleOut]
    known: list[PermissionOut]


class Reaching(BaseModel):
    """A permission and how far it reaches."""

    name: str
    scope: Scope


class HolderOut(BaseModel):
    """Somebody who has the role."""

    person_id: UUID
    name: str
    area_id: UUID | None


class RolePreview(BaseModel):
    """Who would gain and lose what."""

    added: list[Reaching]
    removed: list[Reaching]
    count: Annotated[int, Field(description="How many hold the role here, now or soon.")]
    holders: Annotated[list[HolderOut], Field(description="At most 50 of them.")]
    owes: Annotated[bool, Field(description="Who holds it owes a second factor after the edit.")]
    owed: Annotated[bool, Field(description="And before.")]
    fresh: Annotated[list[str], Field(description="Of what is added, what asks for a fresh code each time.")]


@routes.get("/roles")
def list_roles(work: WorkHere, actor: ActorHere) -> RolePage:
    """List what every role permits in your tenant, what ships for it, and every permission that there is."""
    found, book = service.role_states(work, actor), service.shipped_roles()
    step_up = service.factor_policy(work.now()).step_up
    known = [
        PermissionOut(name=name, meaning=words, fresh=name in step_up, kept=name in book.kept)
        for name, words in book.permissions.items()
    ]
    return RolePage(items=_roles(work, found), known=known)


@routes.post("/roles/{role}/preview")
def preview_role(work: WorkHere, actor: ActorHere, role: Role, asked: RoleWanted) -> RolePreview:
    """Say who would gain and lose what by an edit; nothing is changed. Refused where the edit would be."""
    change = service.preview_role(work, actor, role, asked.permissions)
    shown = change.holders[:_MOST_NAMED]
    names = service.person_names(work, [one.person_id for one in shown])
    service.listed(work, actor, "people", {"role": role.value}, [(work.tenant_id, one.person_id) for one in shown])
    return RolePreview(
        added=[Reaching(name=name, scope=scope) for name, scope in change.added],
        removed=[Reaching(name=name, scope=scope) for name, scope in change.removed],
        count=len({one.person_id for one in change.holders}),
        holders=[
            HolderOut(person_id=one.person_id, name=names.get(one.person_id, ""), area_id=one.area_id) for one in shown
        ],
        owes=change.owes,
        owed=change.owed,
        fresh=list(change.fresh),
    )


@routes.put("/roles/{role}")
def edit_role(work: WorkHere, actor: ActorHere, role: Role, asked: RoleIn) -> RoleOut:
    """Let a role permit this from now on; what it permitted stays on record. Not a role that you hold yourself."""
    service.edit_role(work, actor, role, asked.permissions, reason=asked.reason, seen=asked.seen)
    found = next(one for one in service.role_states(work, actor) if one.role is role)
    return _roles(work, [found])[0]


def _roles(work: Work, found: list[RoleState]) -> list[RoleOut]:
    names = service.person_names(work, {one.by for one in found if one.by is not None})
    shipped = service.shipped_roles().roles
    return [
        RoleOut(
            role=one.role,
            permissions=dict(one.permissions),
            shipped=dict(shipped[one.role]),
            own=one.own,
            since=one.since,
            by=None if one.by is None else names.get(one.by),
            seen=one.seen,
        )
        for one in found
    ]
