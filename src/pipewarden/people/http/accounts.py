"""Signing in, who I am, persons and devices' keys over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from pipewarden.kit.errors import RefusedError
from pipewarden.kit.web import Asked, Clean, Corner, Moment, Name, WorkHere, actor_of, corners, router
from pipewarden.people import service
from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    ApiKey,
    Membership,
    NewMembership,
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
Password = Annotated[str, Field(min_length=1, max_length=1000, json_schema_extra={"format": "password"}), Clean]


def _gate(request: Request) -> Gate:
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


class PersonIn(Asked):
    """A person to add with a first membership; the password is given by you and changed at the first sign-in."""

    login: Annotated[str, Field(min_length=1, max_length=100), Clean]
    name: Annotated[str, Field(min_length=1, max_length=100), Clean]
    password: Password
    role: Role
    area_id: UUID | None = None


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


class KeyIn(Asked):
    """A key for a device."""

    name: Name
    permissions: Annotated[list[Name], Field(min_length=1, max_length=20)]
    expires_at: Moment
    area_id: UUID | None = None


class KeyOut(BaseModel):
    """A device's key without its secret."""

    id: UUID
    prefix: str
    name: str
    permissions: list[str]
    area_id: UUID | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyOut):
    """A new key; ``text`` is shown this once."""

    text: str


class KeyPage(BaseModel):
    """Every key in reach, newest first."""

    items: list[KeyOut]


@doors.post("/session", status_code=201, response_model=SessionOut)
def sign_in(work: WorkHere, request: Request, asked: SignIn) -> Response:
    """Sign in: sets the session's cookie and returns its CSRF token."""
    answer = service.sign_in(
        work,
        _gate(request),
        asked.login,
        asked.password,
        source=_source(request),
        agent=request.headers.get("user-agent", ""),
        tenant_id=asked.tenant_id,
        previous_token=request.cookies.get(COOKIE),
    )
    return _session(request, answer, 201)


@routes.delete("/session", status_code=204)
def sign_out(work: WorkHere, actor: ActorHere, response: Response) -> None:
    """Sign out: the session ends on the server."""
    service.sign_out(work, actor)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


@routes.post("/session/password", response_model=SessionOut)
def change_password(work: WorkHere, actor: ActorHere, request: Request, asked: NewPassword) -> Response:
    """Change your own password: every other session of yours ends, this one goes on with a new token."""
    answer = service.change_password(work, _gate(request), actor, asked.old, asked.new, source=_source(request))
    return _session(request, answer, 200)


def _session(request: Request, answer: SignedIn | SignInRefused, status: int) -> Response:
    """Return the session, or the refusal: returned, not raised, so that the count of failures is committed."""
    request.state.secret_answer = True
    if isinstance(answer, SignInRefused):
        wait = int(answer.retry_after.total_seconds())
        said = Refusal(
            type="about:blank",
            title="Too Many Requests" if wait else "Unauthorized",
            status=429 if wait else 401,
            detail="login or password is wrong" + (f"; wait {wait} s" if wait else ""),
            field="password",
            fix="Try again, or ask an administrator for a new password.",
        )
        headers = {"Retry-After": str(wait)} if wait else {"WWW-Authenticate": 'Bearer realm="pipewarden"'}
        return JSONResponse(
            said.model_dump(), status_code=said.status, media_type="application/problem+json", headers=headers
        )
    shown = SessionOut(
        csrf=answer.csrf,
        person_id=answer.session.person_id,
        tenant_id=answer.session.tenant_id,
        expires_at=answer.session.expires_at,
        must_change=answer.must_change,
    )
    response = JSONResponse(shown.model_dump(mode="json"), status_code=status)
    response.set_cookie(
        COOKIE,
        answer.token,
        path="/",
        expires=answer.session.expires_at,
        secure=bool(request.app.state.cookie_secure),
        httponly=True,
        samesite="lax",
    )
    return response


def _source(request: Request) -> str:
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
    return PersonPage(items=[_person(*pair) for pair in service.memberships(work, actor, role=asked.role)])


@routes.post("/people", status_code=201)
def add_person(work: WorkHere, actor: ActorHere, request: Request, asked: PersonIn) -> PersonOut:
    """Add a person to your tenant with a first role; they change the password at their first sign-in."""
    service.require(actor, "person:manage")
    if work.tenant_id == PLATFORM:
        raise RefusedError(
            field="tenant", problem="is none: you act for the platform", fix="Sign in for the tenant, or use the CLI."
        )
    wanted = NewPerson(login=asked.login, name=asked.name, password=asked.password)
    person = service.add_person(work, _gate(request), actor, wanted)
    membership = service.grant(
        work,
        actor,
        NewMembership(
            person_id=person.id,
            tenant_id=work.tenant_id,
            role=asked.role,
            begins_at=work.now(),
            area_id=asked.area_id,
        ),
    )
    return _person(person, membership)


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


@routes.get("/keys")
def list_keys(work: WorkHere, actor: ActorHere) -> KeyPage:
    """List devices' keys, dead ones included."""
    return KeyPage(items=[_key(one) for one in service.keys(work, actor)])


@routes.post("/keys", status_code=201)
def make_key(work: WorkHere, actor: ActorHere, request: Request, asked: KeyIn) -> KeyMade:
    """Make a key for a device; its text is in this answer and nowhere else, also not under an Idempotency-Key."""
    request.state.secret_answer = True
    made = service.make_key(
        work,
        _gate(request),
        actor,
        asked.name,
        permissions=asked.permissions,
        expires_at=asked.expires_at,
        area_id=asked.area_id,
    )
    return KeyMade(**_key(made.key).model_dump(), text=made.text)


@routes.delete("/keys/{key_id}", status_code=204)
def revoke_key(work: WorkHere, actor: ActorHere, key_id: UUID) -> None:
    """Refuse a key from now on."""
    service.revoke_key(work, actor, key_id)


def _membership(one: Membership) -> MembershipOut:
    return MembershipOut(
        id=one.id,
        tenant_id=one.tenant_id,
        role=one.role,
        area_id=one.area_id,
        begins_at=one.begins_at,
        ends_at=one.ends_at,
    )


def _person(person: Person, membership: Membership) -> PersonOut:
    return PersonOut(
        id=person.id,
        login=person.login,
        name=person.name,
        state=person.state.value,
        membership=_membership(membership),
    )


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
    )
