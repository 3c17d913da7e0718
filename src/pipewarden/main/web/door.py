"""The one door of the service: who asks, one transaction, the commit before the answer.

An answer that leaves before its commit is a promise nobody can keep (safety.md, decision 1), so the transaction is
opened and closed here, around everything a route does, and a route cannot forget it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from anyio.to_thread import run_sync
from starlette.responses import Response

from pipewarden.kit.web import BusyError, UnauthenticatedError
from pipewarden.kit.work import Work
from pipewarden.main.web.lanes import DANGER
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, ForbiddenError, Lack, LackingError
from pipewarden.people.service import answers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session
    from starlette.requests import Request

    from pipewarden.kit.work import WorkFactory
    from pipewarden.people.service import SessionLimits

COOKIE = "pipewarden_session"
CSRF_HEADER = "X-CSRF-Token"
KEY_HEADER = "Idempotency-Key"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# All that a right password alone opens where a second factor is set up: giving it, leaving, and the report of a strike,
# which must never wait (everybody who is signed in may send one).
_HALF_OPEN = frozenset(
    {
        ("GET", "/v1/session"),
        ("DELETE", "/v1/session"),
        ("POST", "/v1/session/factor"),
        ("GET", "/v1/me"),
        ("GET", "/v1/factor"),
        ("POST", "/v1/strikes"),
    }
)
_MAPS = re.compile(r"/v1/ogc(/.*)?")  # all that a person's own key opens
_AT_ONCE = 6  # the pool holds ten connections; two stay free for streams and readiness
_FOR_DANGER = 2  # and two for word of danger, which waits behind nobody's pages
_BUSY_AGAIN_S = 1
_NOBODY = Actor(kind=ActorKind.SYSTEM, id=PLATFORM, name="nobody", tenant_id=PLATFORM)


def actor_of_request(session: Session, request: Request, now: datetime, limits: SessionLimits) -> Actor:
    """Return who asks: the holder of an API key, or of a session's cookie with its CSRF token.

    Raises:
        UnauthenticatedError: neither, or one that ended.
        ForbiddenError: a cookie alone asks for a change.
        LackingError: the second factor was not given, and this is no route that goes without it.
    """
    word = request.headers.get("Authorization", "")
    if word:
        scheme, _, key = word.partition(" ")
        holder = _holder(session, request, key.strip(), now) if scheme.lower() == "bearer" else None
        if holder is None:
            raise _unknown("Authorization", "is no key that holds")
        return holder
    token = request.cookies.get(COOKIE, "")
    person = people.actor_by_token(session, token, now, limits) if token else None
    if person is None:
        raise _unknown("session", "has ended or was never opened")
    if request.method not in SAFE and not people.csrf_right(token, person, request.headers.get(CSRF_HEADER, "")):
        raise ForbiddenError(
            field=CSRF_HEADER, problem="does not belong to this session", fix="Send the csrf of your sign-in."
        )
    if person.lacks is Lack.FACTOR and (request.method, request.url.path) not in _HALF_OPEN:
        raise LackingError.by(Lack.FACTOR)
    return person


def _holder(session: Session, request: Request, key: str, now: datetime) -> Actor | None:
    """Return a device, or, where map layers are read and nowhere else, the person whose own key it is."""
    device = people.actor_by_key(session, key, now)
    if device is not None or request.method not in SAFE or _MAPS.fullmatch(request.url.path) is None:
        return device
    return people.reader_by_key(session, key, now)


def _unknown(what: str, problem: str) -> UnauthenticatedError:
    return UnauthenticatedError(field=what, problem=problem, fix="Sign in, or send Authorization: Bearer with a key.")


@dataclass(slots=True)
class Visit:
    """One request inside its transaction."""

    session: Session
    work: Work
    actor: Actor
    key: str | None = None
    request_sha256: bytes = b""


@dataclass(slots=True)
class OneDoor:
    """Implements ``kit.web.Door`` on the house's unit of work; ``committed`` is told the kinds of facts on disk."""

    factory: WorkFactory
    limits: SessionLimits
    committed: Callable[[Iterable[str]], None] = lambda _: None
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _kept_free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_FOR_DANGER))

    async def through(
        self, request: Request, inner: Callable[[Request], Awaitable[Response]], *, anonymous: bool
    ) -> Response:
        """Run ``inner`` in one transaction; its answer leaves after the commit, an error after the rollback."""
        body = await request.body()
        danger = request.method == "POST" and DANGER.fullmatch(request.url.path) is not None
        async with self._kept_free if danger and self._slots.locked() else self._slots:
            visit = await run_sync(self._enter, request, body, anonymous)
            if isinstance(visit, Response):
                return visit
            try:
                request.state.work, request.state.actor = visit.work, visit.actor
                response = await inner(request)
                secret = bool(getattr(request.state, "secret_answer", False))
                await run_sync(self._leave, visit, response, secret)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await run_sync(visit.session.close)
                raise
            return response

    def _enter(self, request: Request, body: bytes, anonymous: bool) -> Visit | Response:  # noqa: FBT001  run_sync passes by position
        session = self.factory.sessions()
        try:
            session.begin()
            now = self.factory.clock.now()
            actor = _NOBODY if anonymous else actor_of_request(session, request, now, self.limits)
            work = Work(session=session, clock=self.factory.clock, ids=self.factory.ids, tenant_id=actor.tenant_id)
            visit = Visit(session, work, actor)
            key = request.headers.get(KEY_HEADER)
            if key is not None and request.method not in SAFE and not anonymous:
                before = _claim(visit, request, key, body)
                if before is not None:
                    session.commit()
                    session.close()
                    return before
        except BaseException:
            session.close()
            raise
        return visit

    def _leave(self, visit: Visit, response: Response, secret: bool) -> None:  # noqa: FBT001  run_sync passes by position
        if visit.key is not None and not secret and response.status_code < 300:  # noqa: PLR2004  done, not refused
            kept = answers.Answer(response.status_code, response.media_type or "application/json", bytes(response.body))
            answers.keep(visit.work, visit.actor, visit.key, visit.request_sha256, kept)
        facts = visit.work.take_facts()
        self.factory.emitter.write(visit.work, facts)
        visit.session.commit()
        visit.session.close()
        self.committed(fact.kind for fact in facts)


def _claim(visit: Visit, request: Request, key: str, body: bytes) -> Response | None:
    asked = f"{request.method} {request.url.path}?{request.url.query} {request.headers.get('content-type', '')}\0"
    visit.key = key
    visit.request_sha256 = hashlib.sha256(asked.encode() + body).digest()
    free, before = answers.claim(visit.work, visit.actor, key, visit.request_sha256)
    if not free:
        raise BusyError(
            field=KEY_HEADER,
            problem="belongs to a request that is under way",
            fix="Ask again in a moment.",
            retry_after_s=_BUSY_AGAIN_S,
        )
    if before is None:
        return None
    headers = {"Idempotent-Replayed": "true"}
    return Response(before.body, status_code=before.status, media_type=before.media, headers=headers)
