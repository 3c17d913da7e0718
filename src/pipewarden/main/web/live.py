"""Alarms and sites as they change, to whoever may see them: events that go on where a broken line ended.

Facts grow in commit order inside one partition of one kind only, so a place in the stream is one number for each, and
that is what ``Last-Event-ID`` carries.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from pipewarden.casework import service as casework
from pipewarden.casework.facts import CHANGED
from pipewarden.casework.http import sites_out
from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.dedupe.http import alarms_out
from pipewarden.judge.facts import JUDGED
from pipewarden.kit import facts_log
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.kit.work import LANES, Work
from pipewarden.main.web.door import actor_of_request
from pipewarden.people import service as people
from pipewarden.people.facts import CROSSING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from uuid import UUID

    from pydantic import BaseModel
    from sqlalchemy.orm import Session

    from pipewarden.dedupe.ports import Verdicts
    from pipewarden.kit.web import Cursors
    from pipewarden.kit.work import WorkFactory
    from pipewarden.people.facts import Actor
    from pipewarden.people.service import SessionLimits

POLL_S = 0.5
BEAT_S = 15.0
_BATCH = 100
_MOST_STREAMS = 200
_KIND = "alarm-stream-3"  # of the places, not of the facts
_FACTS = (ALARM_CHANGED, JUDGED)  # the fact's id is the alarm's, the partition its tenant
_LANES = [f"/{lane}" for lane in range(LANES)]
_NEVER = timedelta(days=365)

Places = dict[str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the log brought: messages, where it ended, and whether more may wait."""

    lines: list[str]
    places: Places
    more: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What changed: alarms, and events of sites."""

    alarms: set[UUID]
    site_events: set[UUID]


@dataclass(slots=True)
class Live:
    """The open streams of this process.

    Attributes:
        stopping: set at the first SIGTERM, so that streams end and the server can.
    """

    factory: WorkFactory
    limits: SessionLimits
    cursors: Cursors
    verdicts: Verdicts
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _open: int = 0
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def follow(self, request: Request) -> AsyncIterator[str]:
        """Return the stream of one reader, checked before the first byte leaves.

        Raises:
            UnauthenticatedError, ForbiddenError: nobody known asks, or one who may not follow.
            InputError: the place to go on from is not one of ours.
            UnavailableError: too many streams are open.
        """
        if self._open >= _MOST_STREAMS:
            raise UnavailableError(field="stream", problem="has too many readers", fix="Ask again in a moment.")
        after = self.cursors.read(_KIND, request.headers.get("Last-Event-ID") or request.query_params.get("after"))
        if after is not None and not isinstance(after, dict):
            raise InputError(field="Last-Event-ID", problem="is not one of ours", fix="Leave it out.")
        async with self._turn:
            first = await run_sync(self._look, request, after)
        return self._stream(request, first)

    async def _stream(self, request: Request, first: Round) -> AsyncIterator[str]:
        self._open += 1
        try:
            yield f"retry: 2000\n\n{self._mark(first)}"
            quiet, found = 0.0, first
            while True:
                for line in found.lines:
                    yield line
                if not found.more:
                    if await self._stopped(POLL_S):
                        return
                    quiet += POLL_S
                if quiet >= BEAT_S:
                    yield ": still here\n\n"
                    quiet = 0.0
                try:
                    async with self._turn:
                        found = await run_sync(self._look, request, found.places)
                except PipewardenError as error:
                    yield f"event: end\ndata: {json.dumps(error.as_dict(), ensure_ascii=False)}\n\n"
                    return
        finally:
            self._open -= 1

    async def _stopped(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _mark(self, first: Round) -> str:
        """Say that the stream is open; its place is told at once only when nothing is left to tell before it."""
        place = "" if first.lines else f"id: {self.cursors.write(_KIND, first.places)}\n"
        return f"{place}event: ready\ndata: {{}}\n\n"

    def _look(self, request: Request, after: Places | None) -> Round:
        """Read what changed; a new reader starts at the end of the log. The actor is loaded anew every time."""
        with self.factory.sessions() as session, session.begin():
            # a page that only watches must not keep its session alive for ever
            limits = replace(self.limits, touch=_NEVER)
            actor = actor_of_request(session, request, self.factory.clock.now(), limits)
            people.require(actor, "stream:read")
            people.require(actor, dedupe.READ)
            if after is None:
                wells = _wells(session, actor)
                return Round([], _named(_places(session, wells, {}), wells), more=False)
            found, more, places = _found(session, actor, after)
            lines = self._messages(session, actor, found, places)
            return Round(lines, places, more)

    def _messages(self, session: Session, actor: Actor, found: Found, places: Places) -> list[str]:
        work = Work(session=session, clock=self.factory.clock, ids=self.factory.ids, tenant_id=actor.tenant_id)
        mark = self.cursors.write(_KIND, places)
        alarms = alarms_out(work, dedupe.among(work, actor, found.alarms), self.verdicts) if found.alarms else []
        bodies: list[tuple[str, BaseModel]] = [("alarm", one) for one in alarms]
        if found.site_events:
            bodies += [
                ("site", one) for one in sites_out(work, actor, casework.changed(work, actor, found.site_events))
            ]
        # only the last message of a batch carries the place: who breaks off before it gets the batch again
        return [
            f"{f'id: {mark}' + chr(10) if number == len(bodies) else ''}event: {name}\n"
            f"data: {body.model_dump_json()}\n\n"
            for number, (name, body) in enumerate(bodies, start=1)
        ]


def _found(session: Session, actor: Actor, after: Places) -> tuple[Found, bool, Places]:
    """Return what changed since ``after``, whether more may wait, and the places that this reaches."""
    wells = _wells(session, actor)
    places = _places(session, wells, after)
    facts = facts_log.waiting_each(session, places, _BATCH)
    found = Found(set(), set())
    for fact in facts:
        places[fact.kind, fact.partition] = fact.seq
        (found.site_events if fact.kind == CHANGED else found.alarms).add(fact.fact_id)
    read = Counter((fact.kind, fact.partition) for fact in facts)
    return found, _BATCH in read.values(), _named(places, wells)


def _wells(session: Session, actor: Actor) -> dict[str, tuple[list[str], bool]]:
    """Return, by kind, the sequences that the actor may follow, and whether that is every tenant's, of any to come.

    Who reads no sites follows no changes of theirs.
    """
    wells = {}
    for kinds, permission, lanes in ((_FACTS, dedupe.READ, [""]), ((CHANGED,), casework.READ, _LANES)):
        grants = actor.grants_for(permission)
        across = any(grant.scope in CROSSING for grant in grants)
        mine = [f"{tenant}{lane}" for tenant in sorted({str(grant.tenant_id) for grant in grants}) for lane in lanes]
        for kind in kinds if grants else ():
            wells[kind] = (facts_log.partitions(session, kind) if across else mine, across)
    return wells


def _places(session: Session, wells: dict[str, tuple[list[str], bool]], after: Places) -> dict[tuple[str, str], int]:
    """Return where to go on in each sequence.

    One that was not followed before begins where it ends now: what the reader has come to see, they see in the lists.
    Only where every tenant is followed is a new sequence a new tenant's, and begins at its beginning.
    """
    places, fresh = dict[tuple[str, str], int](), []
    for kind, (partitions, across) in wells.items():
        for partition in partitions:
            known = after.get(f"{kind} {partition}")
            if known is None and not (across and kind in after):
                fresh.append((kind, partition))
            else:
                places[kind, partition] = known or 0
    return places | (facts_log.ends(session, fresh) if fresh else {})


def _named(places: dict[tuple[str, str], int], kinds: Iterable[str]) -> Places:
    """Return places as the reader keeps them, with the kinds that were followed though nothing was there yet."""
    return dict.fromkeys(kinds, 0) | {f"{kind} {partition}": seq for (kind, partition), seq in places.items()}


routes = APIRouter(prefix="/v1", tags=["alarms"])


_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Where to go on: send it as Last-Event-ID."},
        "event": {"type": "string", "enum": ["ready", "alarm", "site", "end"]},
        "data": {"type": "string", "description": "JSON: nothing, an AlarmOut, a SiteOut, or why it ends."},
        "retry": {"type": "integer"},
    },
}


@routes.get(
    "/alarms/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _EVENT}}}},
)
async def follow_alarms(request: Request) -> StreamingResponse:
    """Follow alarms, and sites where you may read them, as server-sent events; resume with Last-Event-ID."""
    live: Live = request.app.state.live
    stream = await live.follow(request)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
