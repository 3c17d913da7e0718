"""The way out to an OpenID Connect provider and back: each step commits by itself, and the network is asked between.

These routes do not pass the one door, which holds a transaction open for the whole request: whoever makes a provider
slow would else hold the database's connections. So few go out at once, and the others are told to come again.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003  FastAPI reads it at run time

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, BusyError
from pipewarden.main.web import problems
from pipewarden.people.facts import (
    PLATFORM,
    Begun,
    OutsideRefused,
    Returned,
    SignInRefused,
    WhyRefused,
)
from pipewarden.people.http import COOKIE
from pipewarden.people.http.outside import browser_of, outside_of
from pipewarden.people.service import oidc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.work import WorkFactory
    from pipewarden.people.facts import SignedIn
    from pipewarden.people.service import Gate

log = structlog.get_logger(__name__)
routes = APIRouter(prefix="/v1", tags=["session"])
FLOW_COOKIE = "pipewarden_flow"
FLOW_PATH = "/v1/sign-in/oidc"
_AT_ONCE = 4  # each takes seconds of a thread at most; the door has eight
_AGAIN_S = 5
_LONGEST = 4000


class GoOut(Asked):
    """By which provider."""

    provider_id: UUID


class GoOutTo(BaseModel):
    """Where the browser goes on; a cookie binds the answer to it."""

    address: Annotated[str, Field(description="The provider's own sign-in page.")]


class Slots:
    """So many sign-ins talk to providers at once."""

    def __init__(self, count: int = _AT_ONCE) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one slot.

        Raises:
            BusyError: all are taken.
        """
        if not self._free.acquire(blocking=False):
            raise BusyError(
                field="sign-in",
                problem="has many on their way to a provider",
                fix="Try again in a moment.",
                retry_after_s=_AGAIN_S,
            )
        try:
            yield
        finally:
            self._free.release()


@routes.post("/sign-in/oidc", status_code=201, response_model=GoOutTo)
def go_out(request: Request, asked: GoOut) -> Response:
    """Begin a sign-in at a provider: sets a cookie for ten minutes and returns where the browser goes."""
    outside, factory = outside_of(request), _factory(request)
    with _slots(request).one():
        with factory.begin(PLATFORM) as work:
            answer = oidc.begin(work, _gate(request), asked.provider_id, source=browser_of(request).source)
        if isinstance(answer, SignInRefused):
            wait = str(int(answer.retry_after.total_seconds()) or 1)
            words = f"too many sign-ins began from this address; wait {wait} s"
            return problems.problem(429, words, field="sign-in", fix="Wait.", headers={"Retry-After": wait})
        provider, token = answer
        begun = Begun(token, oidc.address_of(outside, provider, token))
    response = JSONResponse(GoOutTo(address=begun.address).model_dump(), status_code=201)
    response.set_cookie(
        FLOW_COOKIE,
        begun.token,
        max_age=int(oidc.FLOW_FOR.total_seconds()),
        path=FLOW_PATH,
        secure=bool(request.app.state.cookie_secure),
        httponly=True,
        samesite="lax",
    )
    return response


@routes.get("/sign-in/oidc/{provider_id}/callback", include_in_schema=False)
def come_back(  # noqa: PLR0917  the words of OAuth 2.0
    request: Request,
    provider_id: UUID,
    state: Annotated[str, Query(max_length=_LONGEST)] = "",
    code: Annotated[str, Query(max_length=_LONGEST)] = "",
    error: Annotated[str, Query(max_length=_LONGEST)] = "",
    iss: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> Response:
    """Take a browser that a provider sends back; it goes on to our own page, whatever came of it, and nowhere else."""
    said = Returned(state=state, code=code, error=error, issuer=iss)
    done = _finished(request, provider_id, said)
    where = f"/sign-in?outside={done.why.value}" if isinstance(done, OutsideRefused) else "/sign-in?outside=done"
    response = RedirectResponse(where, status_code=303)
    response.delete_cookie(FLOW_COOKIE, path=FLOW_PATH, httponly=True, samesite="lax")
    if not isinstance(done, OutsideRefused):
        response.set_cookie(
            COOKIE,
            done.token,
            path="/",
            expires=done.session.expires_at,
            secure=bool(request.app.state.cookie_secure),
            httponly=True,
            samesite="lax",
        )
    return response


def _finished(request: Request, provider_id: UUID, said: Returned) -> SignedIn | OutsideRefused:
    outside, factory, browser = outside_of(request), _factory(request), browser_of(request)
    token = request.cookies.get(FLOW_COOKIE, "")
    try:
        with _slots(request).one():
            with factory.begin(PLATFORM) as work:
                taken = oidc.take(work, outside, provider_id, token, said, source=browser.source)
            if isinstance(taken, OutsideRefused):
                return _refused(request, provider_id, taken)
            claimed = oidc.prove(outside, taken, token, said, now=factory.clock.now())
    except BusyError:
        return OutsideRefused(WhyRefused.UNREACHABLE, "too many on their way")
    if isinstance(claimed, OutsideRefused):
        return _refused(request, provider_id, claimed)
    with factory.begin(PLATFORM) as work:
        done = oidc.finish(work, _gate(request), outside, taken, claimed, browser=browser)
    return _refused(request, provider_id, done) if isinstance(done, OutsideRefused) else done


def _refused(request: Request, provider_id: UUID, refusal: OutsideRefused) -> OutsideRefused:
    with _factory(request).begin(PLATFORM) as work:
        oidc.refused(work, provider_id, refusal, source=browser_of(request).source)
    log.info("sign-in by a provider refused", provider=str(provider_id), why=refusal.why, problem=refusal.problem)
    return refusal


def _factory(request: Request) -> WorkFactory:
    factory: WorkFactory = request.app.state.home.factory
    return factory


def _gate(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


def _slots(request: Request) -> Slots:
    slots: Slots = request.app.state.outside_slots
    return slots
