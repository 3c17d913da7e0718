"""Calls and the shift log over HTTP: whom the house has called, who sees to it, and what one shift tells the next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.casework import service
from pipewarden.casework.facts import ShiftKind, Urgency
from pipewarden.kit.web import Asked, CursorsHere, Paged, PageQuery, Sentence, WorkHere, actor_of, router
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.casework.facts import ShiftEntry
    from pipewarden.casework.service import AnsweredCall

routes = router(tags=["calls"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class CallOut(BaseModel):
    """One annunciation to one person."""

    id: UUID
    person_id: UUID
    urgency: Urgency
    site_ids: Annotated[list[UUID], Field(description="The sites it speaks of, the most urgent first.")]
    duty_id: UUID | None
    step: int
    loop: int
    text: Annotated[str, Field(description="Key of the words; `params` fill it.")]
    params: dict[str, str]
    at: datetime
    ack_by: Annotated[datetime | None, Field(description="When the chain climbs on; empty where no word is wanted.")]
    acked_at: datetime | None
    acked_by: UUID | None
    unreachable_at: datetime | None
    unreachable_why: str | None


class CallPage(BaseModel):
    """A page of calls, newest first."""

    items: list[CallOut]
    next: str | None


class CallQuery(PageQuery):
    """Which calls are asked for: one's own, unless everybody's in reach are wanted."""

    everybody: bool = False
    waits: Annotated[
        bool | None, Field(description="Only those that want a word and have none, or only the others.")
    ] = None


class ShiftItemOut(BaseModel):
    """A duty that was open at a hand-over."""

    site_id: UUID
    kind: str
    due_at: datetime
    overdue: bool


class ShiftOut(BaseModel):
    """One entry of the shift log."""

    id: UUID
    kind: ShiftKind
    author_id: UUID
    to_id: UUID | None
    at: datetime
    words: str
    items: list[ShiftItemOut]
    acked_at: Annotated[datetime | None, Field(description="When the incoming person took over.")]


class ShiftPage(BaseModel):
    """A page of the shift log, newest first."""

    items: list[ShiftOut]
    next: str | None


class ShiftIn(Asked):
    """What to write; with somebody to hand over to, what is open in reach is listed with it."""

    words: Sentence
    to_id: UUID | None = None


@routes.get("/calls")
def list_calls(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[CallQuery, Query()]
) -> CallPage:
    """List the calls to you, or to everybody in reach: newest first."""
    place = cursors.read("calls", asked.cursor)
    found = service.list_calls(
        work,
        actor,
        everybody=asked.everybody,
        waits=asked.waits,
        limit=asked.limit + 1,
        after=None if place is None else (datetime.fromisoformat(place[0]), UUID(place[1])),
    )
    rows = found[: asked.limit]
    more = None
    if len(found) > asked.limit:
        more = cursors.write("calls", [rows[-1].call.at.isoformat(), str(rows[-1].call.id)])
    return CallPage(items=[_call(one) for one in rows], next=more)


@routes.post("/calls/{call_id}/acknowledge")
def acknowledge_call(work: WorkHere, actor: ActorHere, call_id: UUID) -> CallOut:
    """Say that you see to it: nobody further up is called until the duty should be done. Twice changes nothing."""
    service.call_to_answer(work, actor, call_id)
    service.acknowledge_call(work, call_id, actor.id)
    return _call(service.call_to_answer(work, actor, call_id))


@routes.get("/shifts/log")
def list_shift_log(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> ShiftPage:
    """List the shift log, newest first."""
    place = cursors.read("shifts", page.cursor)
    after = None if place is None else (datetime.fromisoformat(place[0]), UUID(place[1]))
    found = service.shift_log(work, actor, limit=page.limit + 1, after=after)
    rows = found[: page.limit]
    more = cursors.write("shifts", [rows[-1].at.isoformat(), str(rows[-1].id)]) if len(found) > page.limit else None
    return ShiftPage(items=[_entry(one) for one in rows], next=more)


@routes.post("/shifts/log", status_code=201)
def write_shift_log(work: WorkHere, actor: ActorHere, asked: ShiftIn) -> ShiftOut:
    """Write into the shift log, or hand the shift over to somebody."""
    return _entry(service.write_log(work, actor, asked.words, to_id=asked.to_id))


@routes.post("/shifts/log/{entry_id}/acknowledge")
def take_shift_over(work: WorkHere, actor: ActorHere, entry_id: UUID) -> ShiftOut:
    """Take over the shift that was handed to you."""
    return _entry(service.take_over(work, actor, entry_id))


def _call(one: AnsweredCall) -> CallOut:
    call = one.call
    return CallOut(
        id=call.id,
        person_id=call.person_id,
        urgency=call.urgency,
        site_ids=list(call.site_ids),
        duty_id=call.duty_id,
        step=call.step,
        loop=call.loop,
        text=call.text,
        params=call.params,
        at=call.at,
        ack_by=call.ack_by,
        acked_at=one.acked_at,
        acked_by=one.acked_by,
        unreachable_at=one.unreachable_at,
        unreachable_why=one.unreachable_why,
    )


def _entry(one: ShiftEntry) -> ShiftOut:
    return ShiftOut.model_validate(one, from_attributes=True)
