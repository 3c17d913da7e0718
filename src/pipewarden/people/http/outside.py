"""Signing in from outside over HTTP: which ways there are, codes to a phone, and who is bound to what."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.web import Asked, Clean, Name, WorkHere, actor_of, router
from pipewarden.people import service
from pipewarden.people.facts import Actor, Browser, HandleKind, NewProvider, Provider, SignInRefused
from pipewarden.people.http.accounts import COOKIE, Refusal, SessionOut, gate_of, session_answer, source_of

if TYPE_CHECKING:
    from pipewarden.people.facts import Binding, Handle
    from pipewarden.people.service import Outside

doors = router(tags=["session"], anonymous=True)
routes = router(tags=["people"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_LONGEST = 300
Secret = Annotated[str, Field(max_length=_LONGEST, json_schema_extra={"format": "password", "writeOnly": True}), Clean]


class WaysQuery(Asked):
    """Whose sign-in page it is."""

    tenant: Annotated[str, Field(max_length=100, description="Key of the tenant; the house's own when empty.")] = ""


class ProviderShown(BaseModel):
    """A button of the sign-in page."""

    id: UUID
    name: str


class WaysOut(BaseModel):
    """How somebody may sign in beside a password."""

    providers: list[ProviderShown]
    phone: Annotated[bool, Field(description="Whether codes are sent to phones here.")]
    phone_problem: Annotated[str, Field(description="Why not; empty where they are.")]


class CodeIn(Asked):
    """Where a code is to go; the answer never says whether anybody has this number."""

    phone: Annotated[str, Field(min_length=1, max_length=40), Clean]
    tenant: Annotated[str, Field(max_length=100)] = ""


class CodeOut(BaseModel):
    """A code is on its way, if the number is known."""

    challenge: UUID
    valid_s: Annotated[int, Field(description="Seconds for which the code may be used.")]
    again_s: Annotated[int, Field(description="Seconds until another one may be asked for.")]


class CodeUsed(Asked):
    """The six digits."""

    code: Annotated[str, Field(min_length=1, max_length=20), Clean]


class ProviderIn(Asked):
    """An OpenID Connect provider; its client secret goes in and never out."""

    name: Name
    issuer: Annotated[str, Field(min_length=1, max_length=_LONGEST), Clean]
    client_id: Annotated[str, Field(min_length=1, max_length=_LONGEST), Clean]
    client_secret: Secret = ""
    by_email: bool = False
    domains: Annotated[tuple[Name, ...], Field(max_length=20)] = ()


class ProviderOut(BaseModel):
    """An OpenID Connect provider of your tenant."""

    id: UUID
    name: str
    issuer: str
    client_id: str
    confidential: Annotated[bool, Field(description="Whether a client secret is kept for it, sealed.")]
    by_email: bool
    domains: list[str]
    created_at: datetime
    redirect: Annotated[str | None, Field(description="What to enter there as redirect URI; empty without PUBLIC_URL.")]


class ProviderPage(BaseModel):
    """Every provider of your tenant."""

    items: list[ProviderOut]


class BindingIn(Asked):
    """A subject of a provider."""

    provider_id: UUID
    subject: Annotated[str, Field(min_length=1, max_length=255, description="Its `sub`, exactly."), Clean]


class BindingOut(BaseModel):
    """A subject of a provider is this person."""

    id: UUID
    provider_id: UUID
    subject: str
    how: Annotated[str, Field(description="administrator, or email: a verified address bound it.")]
    bound_at: datetime


class HandleIn(Asked):
    """An address by which a person may sign in."""

    kind: HandleKind
    address: Secret


class HandleOut(BaseModel):
    """An address by which a person may sign in; of the address only a hint."""

    id: UUID
    kind: HandleKind
    shown: str
    bound_at: datetime


class OutsidePage(BaseModel):
    """Everything that signs a person in from outside."""

    bindings: list[BindingOut]
    handles: list[HandleOut]


def outside_of(request: Request) -> Outside:
    """Return what signing in from outside stands on."""
    found: Outside = request.app.state.outside
    return found


@doors.get("/sign-in/ways")
def get_ways(work: WorkHere, request: Request, asked: Annotated[WaysQuery, Query()]) -> WaysOut:
    """Say how one may sign in here beside a password; a tenant that does not exist has no ways of its own."""
    outside, problem = outside_of(request), ""
    try:
        service.check_messenger(work, outside)
    except UnavailableError as error:
        problem = error.problem
    found = service.open_providers(work, _tenant(work, request, asked.tenant)) if outside.public_url else []
    shown = [ProviderShown(id=one.id, name=one.name) for one in found]
    return WaysOut(providers=shown, phone=not problem, phone_problem=problem)


@doors.post("/sign-in/code", status_code=202, response_model=CodeOut)
def ask_code(work: WorkHere, request: Request, asked: CodeIn) -> Response:
    """Send six digits to a phone; the answer is the same whether or not anybody here has this number."""
    tenant_id = _tenant(work, request, asked.tenant)
    answer = service.ask_code(
        work, gate_of(request), outside_of(request), tenant_id, asked.phone, source=source_of(request)
    )
    if isinstance(answer, SignInRefused):
        return _refused(answer, "codes are asked for too often", "phone")
    shown = CodeOut(
        challenge=answer.challenge,
        valid_s=int(answer.valid.total_seconds()),
        again_s=int(answer.again.total_seconds()),
    )
    return JSONResponse(shown.model_dump(mode="json"), status_code=202)


@doors.post("/sign-in/code/{challenge}", status_code=201, response_model=SessionOut)
def use_code(work: WorkHere, request: Request, challenge: UUID, asked: CodeUsed) -> Response:
    """Sign in with the six digits: sets the session's cookie and returns its CSRF token."""
    answer = service.use_code(
        work, gate_of(request), outside_of(request), challenge, asked.code, browser=browser_of(request)
    )
    if isinstance(answer, SignInRefused):
        return _refused(answer, "the code is wrong, was used, or is older than five minutes", "code")
    return session_answer(request, answer, 201)


def _refused(answer: SignInRefused, words: str, field: str) -> Response:
    """Return a refusal: returned, not raised, so that what was counted is committed."""
    wait = math.ceil(answer.retry_after.total_seconds())
    shown = Refusal(
        type="about:blank",
        title="Too Many Requests" if wait else "Unauthorized",
        status=429 if wait else 401,
        detail=words + (f"; wait {wait} s" if wait else ""),
        field=field,
        fix="Wait, or sign in another way." if wait else "Read it again, or ask for another one.",
    )
    headers = {"Retry-After": str(wait)} if wait else {"WWW-Authenticate": 'Bearer realm="pipewarden"'}
    media = "application/problem+json"
    return JSONResponse(shown.model_dump(), status_code=shown.status, media_type=media, headers=headers)


def browser_of(request: Request) -> Browser:
    """Return who knocks."""
    return Browser(
        source=source_of(request),
        agent=request.headers.get("user-agent", ""),
        previous_token=request.cookies.get(COOKIE),
    )


def _tenant(work: WorkHere, request: Request, key: str) -> UUID | None:
    return service.tenant_by_key(work, key or request.app.state.home.settings.tenant)


@routes.get("/providers")
def list_providers(work: WorkHere, actor: ActorHere, request: Request) -> ProviderPage:
    """List the identity providers of your tenant."""
    return ProviderPage(items=[_provider(request, one) for one in service.providers(work, actor)])


@routes.post("/providers", status_code=201)
def add_provider(work: WorkHere, actor: ActorHere, request: Request, asked: ProviderIn) -> ProviderOut:
    """Let an OpenID Connect provider sign in persons who are bound to it; nobody is, yet."""
    wanted = NewProvider(
        name=asked.name,
        issuer=asked.issuer,
        client_id=asked.client_id,
        client_secret=asked.client_secret,
        by_email=asked.by_email,
        domains=asked.domains,
    )
    return _provider(request, service.add_provider(work, outside_of(request), actor, wanted))


@routes.delete("/providers/{provider_id}", status_code=204)
def remove_provider(work: WorkHere, actor: ActorHere, provider_id: UUID) -> None:
    """End a provider with all its bindings."""
    service.remove_provider(work, actor, provider_id)


@routes.get("/people/{person_id}/outside")
def get_outside(work: WorkHere, actor: ActorHere, person_id: UUID) -> OutsidePage:
    """List what signs a person in from outside."""
    return OutsidePage(
        bindings=[_binding(one) for one in service.bindings(work, actor, person_id)],
        handles=[_handle(one) for one in service.handles(work, actor, person_id)],
    )


@routes.post("/people/{person_id}/bindings", status_code=201)
def bind(work: WorkHere, actor: ActorHere, person_id: UUID, asked: BindingIn) -> BindingOut:
    """Say that a subject of a provider is this person; it gives no role."""
    return _binding(service.bind(work, actor, asked.provider_id, asked.subject, person_id))


@routes.delete("/bindings/{binding_id}", status_code=204)
def unbind(work: WorkHere, actor: ActorHere, binding_id: UUID) -> None:
    """End a binding."""
    service.unbind(work, actor, binding_id)


@routes.post("/people/{person_id}/handles", status_code=201)
def add_handle(work: WorkHere, actor: ActorHere, request: Request, person_id: UUID, asked: HandleIn) -> HandleOut:
    """Let a person sign in by codes to a phone, or be recognised by a verified mail address of a provider."""
    made = service.add_handle(work, outside_of(request), actor, person_id, kind=asked.kind, address=asked.address)
    return _handle(made)


@routes.delete("/handles/{handle_id}", status_code=204)
def end_handle(work: WorkHere, actor: ActorHere, handle_id: UUID) -> None:
    """End a handle."""
    service.end_handle(work, actor, handle_id)


def _provider(request: Request, one: Provider) -> ProviderOut:
    outside = outside_of(request)
    return ProviderOut(
        id=one.id,
        name=one.name,
        issuer=one.issuer,
        client_id=one.client_id,
        confidential=one.confidential,
        by_email=one.by_email,
        domains=list(one.domains),
        created_at=one.created_at,
        redirect=service.redirect_of(outside, one.id) if outside.public_url else None,
    )


def _binding(one: Binding) -> BindingOut:
    return BindingOut(
        id=one.id, provider_id=one.provider_id, subject=one.subject, how=one.how.value, bound_at=one.bound_at
    )


def _handle(one: Handle) -> HandleOut:
    return HandleOut(id=one.id, kind=one.kind, shown=one.shown, bound_at=one.bound_at)
