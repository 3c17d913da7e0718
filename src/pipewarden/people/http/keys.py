"""Devices' keys over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Request  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Moment, Name, WorkHere, router
from pipewarden.people import service
from pipewarden.people.facts import ApiKey, Role
from pipewarden.people.http.accounts import ActorHere, gate_of

routes = router(tags=["people"])


class KeyIn(Asked):
    """A key for a device."""

    name: Name
    permissions: Annotated[list[Name], Field(min_length=1, max_length=20)]
    expires_at: Moment
    area_id: UUID | None = None


class KeyTurn(Asked):
    """When the successor ends, and for how long the old key works beside it."""

    expires_at: Moment
    overlap_h: Annotated[int, Field(ge=0, le=720, description="Hours; 0 ends the old key at once.")] = 24


class OwnKeyIn(Asked):
    """A key of your own, for a map program."""

    name: Name
    expires_at: Annotated[Moment, Field(description="At most 92 days ahead.")]
    pipes: Annotated[bool, Field(description="It takes pipe geometry out, too: needs network:export, fresh.")] = False


class KeyOut(BaseModel):
    """A key without its secret."""

    id: UUID
    prefix: str
    name: str
    permissions: list[str]
    area_id: UUID | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    person_id: Annotated[UUID | None, Field(description="Whose own it is; empty for a device's.")]


class KeyMade(KeyOut):
    """A new key; ``text`` is shown this once."""

    text: str


class KeyPage(BaseModel):
    """Every key in reach, newest first."""

    items: list[KeyOut]


class DeviceKeyPage(KeyPage):
    """Every device's key in reach, and what a device's key may be given here."""

    permits: Annotated[list[str], Field(description="What the role device permits in your tenant now.")]


@routes.get("/keys")
def list_keys(work: WorkHere, actor: ActorHere) -> DeviceKeyPage:
    """List devices' keys, dead ones included."""
    permits = sorted(service.permitted(work, work.tenant_id, Role.DEVICE))
    return DeviceKeyPage(items=[_key(one) for one in service.keys(work, actor)], permits=permits)


@routes.post("/keys", status_code=201)
def make_key(work: WorkHere, actor: ActorHere, request: Request, asked: KeyIn) -> KeyMade:
    """Make a key for a device; its text is in this answer and nowhere else, also not under an Idempotency-Key."""
    request.state.secret_answer = True
    made = service.make_key(
        work,
        gate_of(request),
        actor,
        asked.name,
        permissions=asked.permissions,
        expires_at=asked.expires_at,
        area_id=asked.area_id,
    )
    return KeyMade(**_key(made.key).model_dump(), text=made.text)


@routes.post("/keys/{key_id}/rotation", status_code=201)
def rotate_key(work: WorkHere, actor: ActorHere, request: Request, key_id: UUID, asked: KeyTurn) -> KeyMade:
    """Make a key's successor with the same rights; the old one works on for a while, so that no device is cut off."""
    request.state.secret_answer = True
    made = service.rotate_key(
        work,
        gate_of(request),
        actor,
        key_id,
        expires_at=asked.expires_at,
        overlap=timedelta(hours=asked.overlap_h),
    )
    return KeyMade(**_key(made.key).model_dump(), text=made.text)


@routes.delete("/keys/{key_id}", status_code=204)
def revoke_key(work: WorkHere, actor: ActorHere, key_id: UUID) -> None:
    """Refuse a key from now on."""
    service.revoke_key(work, actor, key_id)


@routes.get("/me/keys")
def list_own_keys(work: WorkHere, actor: ActorHere) -> KeyPage:
    """List the keys of your own, dead ones included."""
    return KeyPage(items=[_key(one) for one in service.own_keys(work, actor)])


@routes.post("/me/keys", status_code=201)
def make_own_key(work: WorkHere, actor: ActorHere, request: Request, asked: OwnKeyIn) -> KeyMade:
    """Make a key by which your map program reads /v1/ogc as you do, and nothing else; its text is shown this once."""
    request.state.secret_answer = True
    made = service.make_own_key(
        work, gate_of(request), actor, asked.name, expires_at=asked.expires_at, pipes=asked.pipes
    )
    return KeyMade(**_key(made.key).model_dump(), text=made.text)


@routes.delete("/me/keys/{key_id}", status_code=204)
def revoke_own_key(work: WorkHere, actor: ActorHere, key_id: UUID) -> None:
    """Refuse a key of your own from now on."""
    service.revoke_own_key(work, actor, key_id)


def _key(one: ApiKey) -> KeyOut:
    return KeyOut(
        id=one.id,
        prefix=one.prefix,
        name=one.name,
        permissions=list(one.permissions),
        area_id=one.area_id,
        created_at=one.created_at,
        expires_at=one.expires_at,
        last_used_at=one.last_used_at,
        revoked_at=one.revoked_at,
        person_id=one.person_id,
    )
