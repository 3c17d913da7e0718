"""Tenants over HTTP, and what an administrator does to a person's account beside adding it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, Name, WorkHere, actor_of, router
from pipewarden.people import service
from pipewarden.people.facts import Actor, NewMembership, PersonState, Role
from pipewarden.people.http.accounts import gate_of

if TYPE_CHECKING:
    from pipewarden.people.facts import Tenant

routes = router(tags=["people"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class TenantName(Asked):
    """What its people read."""

    name: Name


class TenantIn(TenantName):
    """A tenant, and who looks after its roles: an account that is there already."""

    key: Annotated[str, Field(min_length=1, max_length=40, description="Letters, digits, - and _; it stays."), Clean]
    guard: Annotated[
        str, Field(min_length=1, max_length=100, description="Login of its security administrator."), Clean
    ]


class TenantOut(BaseModel):
    """One tenant."""

    id: UUID
    key: str
    title: Annotated[str, Field(description="Its name, as its people read it.")]
    created_at: datetime
    here: Annotated[bool, Field(description="The one that you act for.")]


class TenantPage(BaseModel):
    """The tenants that you see, the oldest first."""

    items: list[TenantOut]


class StateIn(Asked):
    """Whether somebody may sign in."""

    active: bool


class OneTime(BaseModel):
    """A password to hand over: it is shown this once, and must be changed at the first sign-in."""

    password: str


@routes.get("/tenants")
def list_tenants(work: WorkHere, actor: ActorHere) -> TenantPage:
    """List the tenants that you see: all of them for the house's own people, else your own."""
    return TenantPage(items=[_out(one, work.tenant_id) for one in service.tenants(work, actor)])


@routes.post("/tenants", status_code=201)
def add_tenant(work: WorkHere, actor: ActorHere, asked: TenantIn) -> TenantOut:
    """Make a tenant with its first security administrator, who gives every other role. Asks for a fresh code."""
    made = service.add_tenant(work, actor, asked.key, asked.name)
    guard = service.person_by_login(work, actor, asked.guard)
    role = NewMembership(person_id=guard.id, tenant_id=made.id, role=Role.SECURITY_ADMIN, begins_at=work.now())
    service.grant(work, actor, role)
    return _out(made, work.tenant_id)


@routes.put("/tenants/{tenant_id}")
def rename_tenant(work: WorkHere, actor: ActorHere, tenant_id: UUID, asked: TenantName) -> TenantOut:
    """Give a tenant another name; the key stays."""
    return _out(service.rename_tenant(work, actor, tenant_id, asked.name), work.tenant_id)


@routes.put("/people/{person_id}/state", status_code=204)
def set_state(work: WorkHere, actor: ActorHere, person_id: UUID, asked: StateIn) -> None:
    """Let a person sign in or not; who may not is out at once. Asks for a fresh code."""
    service.set_person_state(work, actor, person_id, PersonState.ACTIVE if asked.active else PersonState.DISABLED)


@routes.post("/people/{person_id}/password", status_code=201)
def one_time_password(work: WorkHere, actor: ActorHere, request: Request, person_id: UUID) -> OneTime:
    """Hand out a one-time password; the person's sessions end. Asks for a fresh code."""
    request.state.secret_answer = True
    gate = gate_of(request)
    made = service.one_time_password(gate.entropy)
    service.reset_password(work, gate, actor, person_id, made)
    return OneTime(password=made)


def _out(one: Tenant, here: UUID) -> TenantOut:
    return TenantOut(id=one.id, key=one.key, title=one.name, created_at=one.created_at, here=one.id == here)
