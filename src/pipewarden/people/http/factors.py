"""The second factor over HTTP: set up, given, renewed, and reset by who looks after sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request  # noqa: TC002  FastAPI reads it at run time
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, WorkHere, router
from pipewarden.people import service
from pipewarden.people.facts import Role, SignInRefused, Standing
from pipewarden.people.http.accounts import (
    ActorHere,
    SessionOut,
    gate_of,
    session_answer,
    session_out,
    set_cookie,
    source_of,
)

routes = router(tags=["second factor"])
WRONG_CODE = (
    "the code is wrong, or was used",
    "code",
    "Wait for the next code of your authenticator, or give a recovery code.",
)
_Words = Annotated[str, Field(min_length=1, max_length=40), Clean]


class Code(Asked):
    """A code of the authenticator, or a recovery code."""

    code: Annotated[_Words, Field(description="Six digits, or a recovery code.", examples=["123456"])]


class FactorOut(BaseModel):
    """How you stand with the second factor."""

    owed: Annotated[bool, Field(description="A role of yours asks for one.")]
    confirmed_at: Annotated[datetime | None, Field(description="Since when one is set up.")]
    enrol_by: Annotated[datetime | None, Field(description="Until when one must be set up.")]
    given_at: Annotated[datetime | None, Field(description="When this session last gave it.")]
    codes_left: Annotated[int, Field(description="Recovery codes that were not used.")]


class FactorBegun(BaseModel):
    """A new secret for your authenticator: shown this once, counts after POST /v1/factor/confirmation."""

    secret: Annotated[str, Field(description="Base32, for typing.")]
    uri: Annotated[str, Field(description="otpauth:// address, for apps on the same device.")]
    picture: Annotated[str, Field(description="The address as a QR code, SVG.")]


class Codes(BaseModel):
    """Ten recovery codes: shown this once, each good once."""

    codes: list[str]


class FactorSet(SessionOut):
    """The session that goes on, and the recovery codes, shown this once."""

    codes: list[str]


class FactorOfOut(FactorOut):
    """How a person stands with the second factor."""

    id: UUID
    login: str
    name: str
    roles: list[Role]


class FactorPage(BaseModel):
    """Persons in reach; who owes one and has none first."""

    items: list[FactorOfOut]


@routes.get("/factor")
def get_factor(work: WorkHere, actor: ActorHere) -> FactorOut:
    """Say how you stand with the second factor."""
    return FactorOut(**_standing(service.my_factor(work, actor)))


@routes.post("/factor", status_code=201)
def begin_factor(work: WorkHere, actor: ActorHere, request: Request) -> FactorBegun:
    """Make a new secret; a first one asks for a fresh password, a further one for a fresh code of the old one."""
    request.state.secret_answer = True
    new = service.begin_factor(work, gate_of(request), actor)
    return FactorBegun(secret=new.text, uri=new.uri, picture=new.picture)


@routes.post("/factor/confirmation", response_model=FactorSet)
def confirm_factor(work: WorkHere, actor: ActorHere, request: Request, asked: Code) -> Response:
    """Give the first code of the new secret: it counts from now on, every other session of yours ends."""
    answer = service.confirm_factor(work, gate_of(request), actor, asked.code, source=source_of(request))
    if isinstance(answer, SignInRefused):
        return session_answer(request, answer, 200, wrong=WRONG_CODE)
    signed, codes = answer
    request.state.secret_answer = True
    shown = FactorSet(**session_out(signed).model_dump(), codes=list(codes))
    response = JSONResponse(shown.model_dump(mode="json"))
    set_cookie(request, response, signed)
    return response


@routes.post("/factor/codes", status_code=201)
def renew_codes(work: WorkHere, actor: ActorHere, request: Request) -> Codes:
    """Make ten new recovery codes; the old ones are over. Asks for a fresh second factor."""
    request.state.secret_answer = True
    return Codes(codes=list(service.renew_codes(work, gate_of(request), actor)))


@routes.post("/session/factor", response_model=SessionOut)
def give_factor(work: WorkHere, actor: ActorHere, request: Request, asked: Code) -> Response:
    """Give the second factor, after the password or anew before a grave act: the session goes on with a new token."""
    answer = service.give_factor(work, gate_of(request), actor, asked.code, source=source_of(request))
    return session_answer(request, answer, 200, wrong=WRONG_CODE)


@routes.get("/factors")
def list_factors(work: WorkHere, actor: ActorHere) -> FactorPage:
    """List how persons in reach stand with the second factor."""
    found = service.factors(work, actor)
    service.listed(work, actor, "factors", {}, [(work.tenant_id, one.person_id) for one in found])
    return FactorPage(
        items=[
            FactorOfOut(
                id=one.person_id, login=one.login, name=one.name, roles=list(one.roles), **_standing(one.standing)
            )
            for one in found
        ]
    )


@routes.delete("/people/{person_id}/factor", status_code=204)
def reset_factor(work: WorkHere, actor: ActorHere, person_id: UUID) -> None:
    """Take a lost second factor away: the person's sessions end, and they set up a new one before anything else."""
    service.reset_factor(work, actor, person_id)


def _standing(one: Standing) -> dict[str, object]:
    return {
        "owed": one.owes,
        "confirmed_at": one.confirmed_at,
        "enrol_by": one.enrol_by,
        "given_at": one.given_at,
        "codes_left": one.codes_left,
    }
