"""Duties over HTTP: what is owed and by when, pauses, shelves, and whether more comes in than people can take."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.casework import service
from pipewarden.casework.facts import DutyState
from pipewarden.kit.web import Asked, CursorsHere, Moment, Name, PageQuery, Sentence, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.casework.service import KeptDuty
    from pipewarden.kit.work import Work

routes = router(tags=["duties"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class DutyOut(BaseModel):
    """One thing that somebody must do on a site by a moment."""

    id: UUID
    tenant_id: UUID
    site_id: UUID
    kind: Annotated[str, Field(description="As policy/duties names it, for instance accept, arrive, brief.")]
    zh: str
    en: str
    about: Annotated[
        UUID | None, Field(description="The violation, stop, report or patrol; empty for the site itself.")
    ]
    person_id: UUID | None
    person: Annotated[str | None, Field(description="Their name.")]
    role: str
    why: Annotated[str, Field(description="How the person was found.")]
    clause: Annotated[str, Field(description="The law behind the time, or that it is a product default.")]
    opened_at: datetime
    due_at: datetime
    overdue: bool
    state: DutyState
    paused_at: datetime | None
    pause_reason: str | None
    pause_until: datetime | None
    acked_at: datetime | None


class DutyPage(BaseModel):
    """A page of running duties, the first due first."""

    items: list[DutyOut]
    next: str | None


class DutyQuery(PageQuery):
    """Which duties are asked for."""

    mine: bool = False
    overdue: bool = False
    site_id: UUID | None = None
    kind: Name | None = None


class PauseIn(Asked):
    """Why a duty's time stands still, and until when at the latest."""

    reason: Name
    until: Moment


class ShelfIn(Asked):
    """Why a site calls nobody, and until when; eight hours at most."""

    site_id: UUID
    reason: Sentence
    until: Moment


class ShelfOut(BaseModel):
    """A site that calls nobody until a moment, because somebody answers for it."""

    id: UUID
    site_id: UUID
    person_id: UUID
    reason: str
    begins_at: datetime
    ends_at: datetime


class ShelfPage(BaseModel):
    """Every shelf that holds now, the first to end first."""

    items: list[ShelfOut]


class FloodOut(BaseModel):
    """Whether more comes in than people can take: ten annunciations a person in ten minutes."""

    on: bool
    waiting: Annotated[int, Field(description="Steps whose call has not gone out yet.")]
    critical: Annotated[int, Field(description="Of them critical ones.")]
    full: Annotated[int, Field(description="Persons who have no room for another call now.")]
    site_ids: Annotated[list[UUID], Field(description="Sites in reach that wait, critical ones first.")]


@routes.get("/duties")
def list_duties(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[DutyQuery, Query()]
) -> DutyPage:
    """List what is owed, as far as your role and area reach: the first due first."""
    place = cursors.read("duties", asked.cursor)
    wanted = service.DutyFilter(
        person_id=actor.id if asked.mine else None,
        site_id=asked.site_id,
        kind=asked.kind,
        past_at=work.now() if asked.overdue else None,
    )
    after = None if place is None else (datetime.fromisoformat(place[0]), UUID(place[1]))
    found = service.duties(work, actor, wanted, limit=asked.limit + 1, after=after)
    rows = found[: asked.limit]
    more = None
    if len(found) > asked.limit:
        more = cursors.write("duties", [rows[-1].duty.due_at.isoformat(), str(rows[-1].duty.id)])
    shown = [(one.duty.tenant_id, one.duty.person_id) for one in rows]
    people.listed(work, actor, "duties", asked.model_dump(exclude={"cursor"}), shown)
    return DutyPage(items=duties_out(work, rows), next=more)


@routes.post("/duties/{duty_id}/pause")
def pause_duty(work: WorkHere, actor: ActorHere, duty_id: UUID, asked: PauseIn) -> DutyOut:
    """Stop a duty's time for a reason that its kind allows; it is taken out of the deadline."""
    return duties_out(work, [service.pause(work, actor, duty_id, asked.reason, asked.until)])[0]


@routes.post("/duties/{duty_id}/resume")
def resume_duty(work: WorkHere, actor: ActorHere, duty_id: UUID) -> DutyOut:
    """Let a paused duty's time run again."""
    return duties_out(work, [service.resume(work, actor, duty_id)])[0]


@routes.get("/flood")
def get_flood(work: WorkHere, actor: ActorHere) -> FloodOut:
    """Say whether there is a flood, and what waits."""
    found = service.flood(work, actor)
    return FloodOut(
        on=found.on, waiting=found.waiting, critical=found.critical, full=found.full, site_ids=list(found.sites)
    )


@routes.get("/shelves")
def list_shelves(work: WorkHere, actor: ActorHere) -> ShelfPage:
    """List the sites that call nobody now, and who answers for each."""
    return ShelfPage(items=[ShelfOut.model_validate(one, from_attributes=True) for one in service.shelves(work, actor)])


@routes.post("/shelves", status_code=201)
def add_shelf(work: WorkHere, actor: ActorHere, asked: ShelfIn) -> ShelfOut:
    """Let a site call nobody for a time, because you answer for it; it comes back by itself."""
    made = service.shelve(work, actor, asked.site_id, asked.reason, asked.until)
    return ShelfOut.model_validate(made, from_attributes=True)


@routes.delete("/shelves/{shelf_id}", status_code=204)
def end_shelf(work: WorkHere, actor: ActorHere, shelf_id: UUID) -> None:
    """Take a site off its shelf: what was held back is due now."""
    service.end_shelf(work, actor, shelf_id)


def duties_out(work: Work, rows: Sequence[KeptDuty]) -> list[DutyOut]:
    """Return duties as they are answered, in their order; the caller has scoped them."""
    names = people.person_names(work, [one.duty.person_id for one in rows if one.duty.person_id is not None])
    words = service.duty_words()
    return [_duty(one, work.now(), names, words) for one in rows]


def _duty(kept: KeptDuty, now: datetime, names: Mapping[UUID, str], words: Mapping[str, tuple[str, str]]) -> DutyOut:
    one = kept.duty
    zh, en = words.get(one.kind, (one.kind, one.kind))  # of a kind that a later policy no longer has
    return DutyOut(
        id=one.id,
        tenant_id=one.tenant_id,
        site_id=one.site_id,
        kind=one.kind,
        zh=zh,
        en=en,
        about=one.about,
        person_id=one.person_id,
        person=None if one.person_id is None else names.get(one.person_id),
        role=one.role,
        why=one.why,
        clause=one.clause,
        opened_at=one.opened_at,
        due_at=one.due_at,
        overdue=one.state is not DutyState.PAUSED and one.due_at <= now,
        state=one.state,
        paused_at=one.paused_at,
        pause_reason=one.pause_reason,
        pause_until=kept.pause_until,
        acked_at=one.acked_at,
    )
