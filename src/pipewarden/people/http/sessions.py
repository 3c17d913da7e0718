"""Signed-in browsers over HTTP: one's own, everybody's in reach, and how to end them; the first factor given anew."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, WorkHere, router
from pipewarden.people import service
from pipewarden.people.facts import SessionInfo  # noqa: TC001  beside what FastAPI reads
from pipewarden.people.http.accounts import ActorHere, Password, SessionOut, gate_of, session_answer, source_of

routes = router(tags=["session"])


class Proof(Asked):
    """The password once more."""

    password: Password


class SessionsQuery(Asked):
    """Whose sessions are asked for."""

    everybody: Annotated[bool, Field(description="Everybody's in reach instead of your own.")] = False


class OpenSession(BaseModel):
    """One signed-in browser; never its token."""

    id: UUID
    person_id: UUID
    login: str
    name: str
    current: Annotated[bool, Field(description="The one that asks.")]
    source: Annotated[str, Field(description="Network address it was opened from; of IPv6 the /64.")]
    agent: Annotated[str, Field(description="The browser's own words, up to 200 characters.")]
    how: Annotated[str, Field(description="The first factor: password, oidc, phone.")]
    started_at: datetime
    seen_at: Annotated[datetime, Field(description="To about a minute.")]
    factor_at: Annotated[datetime | None, Field(description="When the second factor was last given in it.")]
    expires_at: datetime


class SessionPage(BaseModel):
    """Open sessions, newest first, at most 500."""

    items: list[OpenSession]


@routes.post("/session/proof", response_model=SessionOut)
def prove(work: WorkHere, actor: ActorHere, request: Request, asked: Proof) -> Response:
    """Give your password again: asked before a first second factor is set up. The session goes on with a new token."""
    answer = service.prove(work, gate_of(request), actor, asked.password, source=source_of(request))
    return session_answer(request, answer, 200)


@routes.get("/sessions")
def list_sessions(
    work: WorkHere, actor: ActorHere, request: Request, asked: Annotated[SessionsQuery, Query()]
) -> SessionPage:
    """List your own open sessions, or with `everybody` those of your tenant, if your role reads them."""
    gate = gate_of(request)
    if asked.everybody:
        pairs = [(one, who.login, who.name) for one, who in service.all_sessions(work, gate, actor)]
    else:
        mine = service.sessions_of(work, gate, actor, actor.id)
        pairs = [(one, service.my_login(work, actor), actor.name) for one in mine]
    shown = [(work.tenant_id, one.person_id) for one, _, _ in pairs]
    service.listed(work, actor, "sessions", asked.model_dump(), shown)
    return SessionPage(items=[_out(one, login, name, actor.session_id) for one, login, name in pairs])


@routes.delete("/sessions/{session_id}", status_code=204)
def revoke_session(work: WorkHere, actor: ActorHere, session_id: UUID) -> None:
    """End a session at once: your own, or another's if your role revokes sessions."""
    service.revoke_session(work, actor, session_id)


def _out(one: SessionInfo, login: str, name: str, current: UUID | None) -> OpenSession:
    return OpenSession(
        id=one.id,
        person_id=one.person_id,
        login=login,
        name=name,
        current=one.id == current,
        source=one.source,
        agent=one.agent,
        how=one.how,
        started_at=one.started_at,
        seen_at=one.seen_at,
        factor_at=one.factor_at,
        expires_at=one.expires_at,
    )
