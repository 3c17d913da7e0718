"""Alarms as they change and are judged, to whoever may see them: events that go on where a broken line ended.

Facts grow in commit order inside one tenant's partition of one kind only, so a place in the stream is one number for
each, and that is what ``Last-Event-ID`` carries.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import func, select

from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.dedupe.http import alarms_out
from pipewarden.judge.facts import JUDGED
from pipewarden.kit import facts_log
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.kit.facts_log import FactRow
from pipewarden.kit.work import Work
from pipewarden.main.web.door import actor_of_request
from pipewarden.people import service as people
from pipewarden.people.facts import CROSSING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
_KIND = "alarm-stream-2"  # of the places, not of the facts
_FACTS = (ALARM_CHANGED, JUDGED)  # the fact's id is the alarm's, the partition its tenant
_NEVER = timedelta(days=365)

Places = dict[str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the log brought: messages, where it ended, and whether more may wait."""

    lines: list[str]
    places: Places
    more: bool


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
            lines: list[str] = []
            places, more = dict(after), False
            for tenant in tenants:
                changed = set[UUID]()
                for kind in _FACTS:
                    place = _place(kind, tenant)
                    facts = facts_log.waiting(session, kind, tenant, places.get(place, 0), _BATCH)
                    if facts:
                        places[place] = facts[-1].seq
                        more = more or len(facts) == _BATCH
                        changed |= {fact.fact_id for fact in facts}
                if changed:
                    lines += self._messages(session, actor, changed, places)
            return Round(lines, places, more)

    def _messages(self, session: Session, actor: Actor, alarm_ids: set[UUID], places: Places) -> list[str]:
        work = Work(session=session, clock=self.factory.clock, ids=self.factory.ids, tenant_id=actor.tenant_id)
        seen = dedupe.among(work, actor, alarm_ids)
        mark = self.cursors.write(_KIND, places)
        bodies = [one.model_dump_json() for one in alarms_out(work, seen, self.verdicts)]
        # only the last message of a batch carries the place: who breaks off before it gets the batch again
        return [
            f"{f'id: {mark}' + chr(10) if number == len(bodies) else ''}event: alarm\ndata: {body}\n\n"
            for number, body in enumerate(bodies, start=1)
        ]


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


def _place(kind: str, tenant: str) -> str:
    return f"{kind} {tenant}"


def _ends(session: Session, tenants: list[str]) -> Places:
    rows = session.execute(
        select(FactRow.kind, FactRow.partition, func.max(FactRow.seq))
        .where(FactRow.kind.in_(_FACTS), FactRow.partition.in_(tenants))
        .group_by(FactRow.kind, FactRow.partition)
    )
    found = {_place(kind, partition): int(seq) for kind, partition, seq in rows}
    return {place: found.get(place, 0) for place in (_place(kind, tenant) for kind in _FACTS for tenant in tenants)}


routes = APIRouter(prefix="/v1", tags=["alarms"])


_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Where to go on: send it as Last-Event-ID."},
        "event": {"type": "string", "enum": ["ready", "alarm", "end"]},
        "data": {"type": "string", "description": "JSON: nothing, an AlarmOut, or why the stream ends."},
        "retry": {"type": "integer"},
    },
}


@routes.get(
    "/alarms/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _EVENT}}}},
)
async def follow_alarms(request: Request) -> StreamingResponse:
    """Follow alarms as server-sent events: `alarm` with the alarm as data; resume with Last-Event-ID."""
    live: Live = request.app.state.live
    stream = await live.follow(request)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
