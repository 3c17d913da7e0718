"""Giving and ending roles over HTTP: a security administrator's acts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID  # noqa: TC003  FastAPI reads it at run time

from pydantic import Field

from pipewarden.kit.errors import RefusedError
from pipewarden.kit.web import Asked, Clean, Moment, WorkHere, router
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, NewMembership, Role
from pipewarden.people.http.accounts import ActorHere, PersonOut, person_out

routes = router(tags=["people"])


class MembershipIn(Asked):
    """A role for a person, in your tenant."""

    login: Annotated[str, Field(min_length=1, max_length=100), Clean]
    role: Role
    area_id: UUID | None = None
    ends_at: Moment | None = None


@routes.post("/memberships", status_code=201)
def grant(work: WorkHere, actor: ActorHere, asked: MembershipIn) -> PersonOut:
    """Give a person a role; their sessions end, so that the new rights begin with a new one. Asks for a fresh code."""
    service.require(actor, "membership:grant")
    if work.tenant_id == PLATFORM:
        raise RefusedError(
            field="tenant", problem="is none: you act for the platform", fix="Sign in for the tenant, or use the CLI."
        )
    person = service.person_by_login(work, actor, asked.login)
    wanted = NewMembership(
        person_id=person.id,
        tenant_id=work.tenant_id,
        role=asked.role,
        begins_at=work.now(),
        ends_at=asked.ends_at,
        area_id=asked.area_id,
    )
    return person_out(person, service.grant(work, actor, wanted))


@routes.delete("/memberships/{membership_id}", status_code=204)
def end(work: WorkHere, actor: ActorHere, membership_id: UUID) -> None:
    """End a role now: the person's sessions end with it. Asks for a fresh code."""
    service.end_membership(work, actor, membership_id)
