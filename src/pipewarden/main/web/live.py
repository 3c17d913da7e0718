"""Alarms and sites as they change, to whoever may see them: events that go on where a broken line ended.

Facts grow in commit order inside one partition of one kind only, so a place in the stream is one number for each, and
that is what ``Last-Event-ID`` carries.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import func, select

from pipewarden.casework import service as casework
from pipewarden.casework.facts import CHANGED
from pipewarden.casework.http import sites_out
from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.dedupe.http import alarms_out
from pipewarden.judge.facts import JUDGED
from pipewarden.kit import facts_log
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.kit.facts_log import FactRow
from pipewarden.kit.work import LANES, Work
from pipewarden.main.web.door import actor_of_request
from pipewarden.people import service as people
from pipewarden.people.facts import CROSSING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
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
            tenants = _tenants(session, actor)
            if after is None:
                return Round([], _ends(session, tenants), more=False)
            found, more, places = _found(session, tenants, after)
            lines = self._messages(session, actor, found, places)
            return Round(lines, places, more)

    def _messages(self, session: Session, actor: Actor, found: Found, places: Places) -> list[str]:
        work = Work(session=session, clock=self.factory.clock, ids=self.factory.ids, tenant_id=actor.tenant_id)
        mark = self.cursors.write(_KIND, places)
        alarms = alarms_out(work, dedupe.among(work, actor, found.alarms), self.verdicts) if found.alarms else []
        bodies: list[tuple[str, BaseModel]] = [("alarm", one) for one in alarms]
        if found.site_events and actor.grants_for(casework.READ):
            bodies += [("site", one) for one in sites_out(work, casework.changed(work, actor, found.site_events))]
        # only the last message of a batch carries the place: who breaks off before it gets the batch again
        return [
            f"{f'id: {mark}' + chr(10) if number == len(bodies) else ''}event: {name}\n"
            f"data: {body.model_dump_json()}\n\n"
            for number, (name, body) in enumerate(bodies, start=1)
        ]


def _found(session: Session, tenants: list[str], after: Places) -> tuple[Found, bool, Places]:
    """Return what changed since ``after``, whether more may wait, and the places that this reaches."""
    found, places, more = Found(set(), set()), dict(after), False
    for kind, partition in _wells(tenants):
        facts = facts_log.waiting(session, kind, partition, places.get(_place(kind, partition), 0), _BATCH)
        if facts:
            places[_place(kind, partition)] = facts[-1].seq
            more = more or len(facts) == _BATCH
            (found.site_events if kind == CHANGED else found.alarms).update(fact.fact_id for fact in facts)
    return found, more, places


def _tenants(session: Session, actor: Actor) -> list[str]:
    """Return the partitions that the actor may follow: the tenants of the grants, or all for a reader across."""
    grants = actor.grants_for(dedupe.READ)
    if any(grant.scope in CROSSING for grant in grants):
        return list(
            session.scalars(
                select(FactRow.partition).where(FactRow.kind == ALARM_CHANGED).distinct().order_by(FactRow.partition)
            )
        )
    return sorted({str(grant.tenant_id) for grant in grants})


def _wells(tenants: list[str]) -> list[tuple[str, str]]:
    """Return (kind, partition) of every sequence that is followed."""
    lanes = [f"{tenant}/{lane}" for tenant in tenants for lane in range(LANES)]
    return [*((kind, tenant) for tenant in tenants for kind in _FACTS), *((CHANGED, lane) for lane in lanes)]


def _place(kind: str, partition: str) -> str:
    return f"{kind} {partition}"


def _ends(session: Session, tenants: list[str]) -> Places:
    wells = _wells(tenants)
    rows = session.execute(
        select(FactRow.kind, FactRow.partition, func.max(FactRow.seq))
        .where(FactRow.kind.in_((*_FACTS, CHANGED)), FactRow.partition.in_([partition for _, partition in wells]))
        .group_by(FactRow.kind, FactRow.partition)
    )
    found = {_place(kind, partition): int(seq) for kind, partition, seq in rows}
    return {_place(*well): found.get(_place(*well), 0) for well in wells}


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
