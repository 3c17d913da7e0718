"""Signing in, who I am, persons and devices' keys over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, Corner, WorkHere, actor_of, corners, router
from pipewarden.people import service
from pipewarden.people.facts import (
    Actor,
    Lack,
    Membership,
    NewPerson,
    Person,
    Role,
    SignedIn,
    SignInRefused,
)
from pipewarden.people.rules.area import sketch

if TYPE_CHECKING:
    from pipewarden.people.service import Gate

COOKIE = "pipewarden_session"
doors = router(tags=["session"], anonymous=True)
routes = router(tags=["people"])
ActorHere = Annotated[Actor, Depends(actor_of)]
WRONG_PASSWORD = (
    "login or password is wrong",
    "password",
    "Try again, or ask an administrator for a new password.",
)
Password = Annotated[str, Field(min_length=1, max_length=1000, json_schema_extra={"format": "password"}), Clean]


def gate_of(request: Request) -> Gate:
    """Return how sign-ins are proved here."""
    gate: Gate = request.app.state.gate
    return gate


class SignIn(Asked):
    """Login and password, and which tenant to act for when there are several."""

    login: Annotated[str, Field(min_length=1, max_length=200), Clean]
    password: Password
    tenant_id: UUID | None = None


class NewPassword(Asked):
    """The old password and the new one."""

    old: Password
    new: Password


class SessionOut(BaseModel):
    """An open session; the token itself is in an HttpOnly cookie."""

    csrf: Annotated[str, Field(description="Send it as X-CSRF-Token with every request that changes something.")]
    person_id: UUID
    tenant_id: UUID
    expires_at: datetime
    must_change: Annotated[bool, Field(description="Nothing works before the password was changed.")]
    lacks: Annotated[
        Lack | None,
        Field(description="What must come before anything else works: the second factor, a new password, setting up."),
    ]
    enrol_by: Annotated[datetime | None, Field(description="Until when a second factor must be set up.")]


class Refusal(BaseModel):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    field: str
    fix: str


class MembershipOut(BaseModel):
    """A role, for a tenant, in an area, for a time."""

    id: UUID
    tenant_id: UUID
    role: Role
    area_id: UUID | None
    begins_at: datetime
    ends_at: datetime | None


class Me(BaseModel):
    """Who is asking."""

    id: UUID
    kind: Literal["person", "device", "operator", "system"]
    name: str
    tenant_id: UUID
    must_change: bool
    memberships: list[MembershipOut]
    permissions: Annotated[list[str], Field(description="For menus; every row is checked again.")]


class PersonOut(BaseModel):
    """One person with one membership."""

    id: UUID
    login: str
    name: str
    state: Literal["active", "disabled"]
    membership: MembershipOut


class PersonPage(BaseModel):
    """Every active membership in reach."""

    items: list[PersonOut]


class AddedPerson(BaseModel):
    """A person who may sign in and do nothing yet."""

    id: UUID
    login: str
    name: str
    state: Literal["active", "disabled"]


class PersonIn(Asked):
    """A person to add; the password is given by you and changed at the first sign-in."""

    login: Annotated[str, Field(min_length=1, max_length=100), Clean]
    name: Annotated[str, Field(min_length=1, max_length=100), Clean]
    password: Password


class PeopleQuery(Asked):
    """Which persons are asked for."""

    role: Role | None = None


class AreaOut(BaseModel):
    """One area of the tree."""

    id: UUID
    parent_id: UUID | None
    key: str
    name: str
    bbox: tuple[float, float, float, float] | None
    jurisdiction: str | None
    outline: Annotated[
        list[list[Corner]] | None,
        Field(description="Rings of (lon, lat), to about 10 m; inside is where an odd number of them are around."),
    ]


class AreaPage(BaseModel):
    """The whole tree, parents before children."""

    items: list[AreaOut]


@doors.post("/session", status_code=201, response_model=SessionOut)
def sign_in(work: WorkHere, request: Request, asked: SignIn) -> Response:
    """Sign in: sets the session's cookie and returns its CSRF token."""
    answer = service.sign_in(
        work,
        gate_of(request),
        asked.login,
        asked.password,
        source=source_of(request),
        agent=request.headers.get("user-agent", ""),
        tenant_id=asked.tenant_id,
        previous_token=request.cookies.get(COOKIE),
    )
    return session_answer(request, answer, 201)


@routes.delete("/session", status_code=204)
def sign_out(work: WorkHere, actor: ActorHere, response: Response) -> None:
    """Sign out: the session ends on the server."""
    service.sign_out(work, actor)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


@routes.post("/session/password", response_model=SessionOut)
def change_password(work: WorkHere, actor: ActorHere, request: Request, asked: NewPassword) -> Response:
    """Change your own password: every other session of yours ends, this one goes on with a new token."""
    answer = service.change_password(work, gate_of(request), actor, asked.old, asked.new, source=source_of(request))
    return session_answer(request, answer, 200)


def session_answer(
    request: Request, answer: SignedIn | SignInRefused, status: int, *, wrong: tuple[str, str, str] = WRONG_PASSWORD
) -> Response:
    """Return the session with its cookie, or the refusal: returned, not raised, so that the failure's count stays.

    Where:
        wrong: detail, field and fix of a refusal.
    """
    request.state.secret_answer = True
    if isinstance(answer, SignInRefused):
        wait = int(answer.retry_after.total_seconds())
        said = Refusal(
            type="about:blank",
            title="Too Many Requests" if wait else "Unauthorized",
            status=429 if wait else 401,
            detail=wrong[0] + (f"; wait {wait} s" if wait else ""),
            field=wrong[1],
            fix=wrong[2],
        )
        headers = {"Retry-After": str(wait)} if wait else {"WWW-Authenticate": 'Bearer realm="pipewarden"'}
        return JSONResponse(
            said.model_dump(), status_code=said.status, media_type="application/problem+json", headers=headers
        )
    response = JSONResponse(session_out(answer).model_dump(mode="json"), status_code=status)
    set_cookie(request, response, answer)
    return response


def session_out(answer: SignedIn) -> SessionOut:
    """Return what a page is told of its session."""
    return SessionOut(
        csrf=answer.csrf,
        person_id=answer.session.person_id,
        tenant_id=answer.session.tenant_id,
        expires_at=answer.session.expires_at,
        must_change=answer.must_change,
        lacks=answer.lacks,
        enrol_by=answer.enrol_by,
    )


def set_cookie(request: Request, response: Response, answer: SignedIn) -> None:
    """Put the session's token where no script reads it."""
    response.set_cookie(
        COOKIE,
        answer.token,
        path="/",
        expires=answer.session.expires_at,
        secure=bool(request.app.state.cookie_secure),
        httponly=True,
        samesite="lax",
    )


def source_of(request: Request) -> str:
    """Return the client's network address as the server saw it."""
    return "unknown" if request.client is None else request.client.host


@routes.get("/me")
def get_me(actor: ActorHere) -> Me:
    """Say who is asking, and what for."""
    return Me(
        id=actor.id,
        kind=actor.kind.value,
        name=actor.name,
        tenant_id=actor.tenant_id,
        must_change=actor.must_change,
        memberships=[_membership(one) for one in actor.memberships],
        permissions=sorted(actor.permissions()),
    )


@routes.get("/people")
def list_people(work: WorkHere, actor: ActorHere, asked: Annotated[PeopleQuery, Query()]) -> PersonPage:
    """List persons with their memberships, as far as your role and area reach."""
    found = service.memberships(work, actor, role=asked.role)
    shown = [(held.tenant_id, held.person_id) for _, held in found]
    service.listed(work, actor, "people", asked.model_dump(), shown)
    return PersonPage(items=[person_out(*pair) for pair in found])


@routes.post("/people", status_code=201)
def add_person(work: WorkHere, actor: ActorHere, request: Request, asked: PersonIn) -> AddedPerson:
    """Add a person without any role: a security administrator gives it by POST /v1/memberships.

    Who adds persons gives no rights, and who gives rights adds nobody (GB/T 22239-2019 8.1.5.1, 8.1.5.3).
    """
    wanted = NewPerson(login=asked.login, name=asked.name, password=asked.password)
    person = service.add_person(work, gate_of(request), actor, wanted)
    return AddedPerson(id=person.id, login=person.login, name=person.name, state=person.state.value)


@routes.get("/areas")
def list_areas(work: WorkHere, actor: ActorHere) -> AreaPage:
    """List the shared areas and your tenant's own, parents before children."""
    service.require(actor, "area:read")
    return AreaPage(
        items=[
            AreaOut(
                id=one.id,
                parent_id=one.parent_id,
                key=one.key,
                name=one.name,
                bbox=one.bbox,
                jurisdiction=one.jurisdiction,
                outline=None if one.wkb is None else [corners(ring) for ring in sketch(one.wkb)],
            )
            for one in service.areas(work)
        ]
    )


def _membership(one: Membership) -> MembershipOut:
    return MembershipOut(
        id=one.id,
        tenant_id=one.tenant_id,
        role=one.role,
        area_id=one.area_id,
        begins_at=one.begins_at,
        ends_at=one.ends_at,
    )


def person_out(person: Person, membership: Membership) -> PersonOut:
    """Return a person with one membership as routes answer it."""
    return PersonOut(
        id=person.id,
        login=person.login,
        name=person.name,
        state=person.state.value,
        membership=_membership(membership),
    )
