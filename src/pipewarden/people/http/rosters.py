"""Rosters over HTTP: who is on duty, who stands in for whom, and the writing of both."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, CursorsHere, Moment, PageQuery, Sentence, WorkHere, actor_of, router
from pipewarden.people import service
from pipewarden.people.facts import Actor, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Duty, Substitution

routes = router(tags=["roster"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_LONGEST = timedelta(days=35)


class OnDutyIn(Asked):
    """Who is on duty for an area in a role, from when until when."""

    person_id: UUID
    role: Role
    area_id: UUID
    begins_at: Moment
    ends_at: Moment
    rank: Annotated[int, Field(ge=1, le=9, description="1 is called first.")] = 1


class CopyIn(Asked):
    """The duties that begin in [since, until) once more, so that `since` falls on `onto`."""

    since: Moment
    until: Moment
    onto: Moment


class SubstitutionIn(Asked):
    """Who takes a part of a duty; without a person nobody does: a holiday, and the next in order is called."""

    person_id: UUID | None = None
    begins_at: Moment
    ends_at: Moment
    reason: Sentence


class SubstitutionOut(BaseModel):
    """A part of a duty that is not served by whom the roster names."""

    id: UUID
    duty_id: UUID
    person_id: UUID | None
    person: Annotated[str | None, Field(description="Their name.")]
    begins_at: datetime
    ends_at: datetime
    reason: str


class OnDutyOut(BaseModel):
    """One person on duty for an area in a role."""

    id: UUID
    area_id: UUID
    role: Role
    rank: Annotated[int, Field(description="1 is called first.")]
    person_id: UUID
    person: Annotated[str, Field(description="Their name.")]
    begins_at: datetime
    ends_at: datetime
    substitutions: list[SubstitutionOut]


class RosterOut(BaseModel):
    """The duties of a time, in the order of their beginning."""

    items: list[OnDutyOut]
    next: str | None


class NotCopiedOut(BaseModel):
    """A duty that could not be written once more, and why."""

    duty: OnDutyOut
    problem: str


class CopiedOut(BaseModel):
    """What copying came to: what was written, and what was left out."""

    made: list[OnDutyOut]
    left: list[NotCopiedOut]


class RosterQuery(PageQuery):
    """The time that is asked for, at most 35 days."""

    since: Moment
    until: Moment


@routes.get("/roster")
def get_roster(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[RosterQuery, Query()]
) -> RosterOut:
    """List who is on duty in a time, as far as your role and area reach, with who stands in."""
    if asked.until - asked.since > _LONGEST:
        raise InputError(field="until", problem="is more than 35 days later", fix="Ask for a shorter time.")
    place = cursors.read("roster", asked.cursor)
    after = None if place is None else (datetime.fromisoformat(place[0]), int(place[1]), UUID(place[2]))
    found = service.roster(work, actor, asked.since, asked.until, limit=asked.limit + 1, after=after)
    rows, more = found[: asked.limit], None
    if len(found) > asked.limit:
        more = cursors.write("roster", [rows[-1].begins_at.isoformat(), rows[-1].rank, str(rows[-1].id)])
    items = _duties(work, rows)
    standing_in = [(work.tenant_id, who.person_id) for one in items for who in one.substitutions]
    shown = [*((work.tenant_id, one.person_id) for one in items), *standing_in]
    service.listed(work, actor, "roster", asked.model_dump(exclude={"cursor"}), shown)
    return RosterOut(items=items, next=more)


@routes.post("/roster", status_code=201)
def add_duty(work: WorkHere, actor: ActorHere, asked: OnDutyIn) -> OnDutyOut:
    """Put a person on duty for an area in a role."""
    made = service.put_on_duty(work, actor, **asked.model_dump())
    return _duties(work, [made])[0]


@routes.delete("/roster/{duty_id}", status_code=204)
def end_duty(work: WorkHere, actor: ActorHere, duty_id: UUID) -> None:
    """End a duty now; one that has not begun is taken off the roster."""
    service.end_duty(work, actor, duty_id)


@routes.post("/roster/copies", status_code=201)
def copy_roster(work: WorkHere, actor: ActorHere, asked: CopyIn) -> CopiedOut:
    """Write the duties of a time once more at another, a week's for the next: what cannot stand there is told."""
    copied = service.copy_roster(work, actor, asked.since, asked.until, asked.onto)
    left = [one.duty for one in copied.left]
    return CopiedOut(
        made=_duties(work, copied.made),
        left=[
            NotCopiedOut(duty=duty, problem=one.problem)
            for duty, one in zip(_duties(work, left), copied.left, strict=True)
        ],
    )


@routes.post("/roster/{duty_id}/substitutions", status_code=201)
def add_substitution(work: WorkHere, actor: ActorHere, duty_id: UUID, asked: SubstitutionIn) -> SubstitutionOut:
    """Let another person take a part of a duty, or nobody."""
    made = service.substitute(work, actor, duty_id, **asked.model_dump())
    return _swaps(work, [made])[0]


@routes.delete("/substitutions/{substitution_id}", status_code=204)
def end_substitution(work: WorkHere, actor: ActorHere, substitution_id: UUID) -> None:
    """End a substitution now: the roster holds again."""
    service.end_substitution(work, actor, substitution_id)


def _duties(work: Work, duties: Sequence[Duty]) -> list[OnDutyOut]:
    swaps: dict[UUID, list[SubstitutionOut]] = {}
    for one in _swaps(work, service.substitutions(work, [duty.id for duty in duties])):
        swaps.setdefault(one.duty_id, []).append(one)
    names = service.person_names(work, (duty.person_id for duty in duties))
    return [
        OnDutyOut(
            id=duty.id,
            area_id=duty.area_id,
            role=duty.role,
            rank=duty.rank,
            person_id=duty.person_id,
            person=names[duty.person_id],
            begins_at=duty.begins_at,
            ends_at=duty.ends_at,
            substitutions=swaps.get(duty.id, []),
        )
        for duty in duties
    ]


def _swaps(work: Work, found: Sequence[Substitution]) -> list[SubstitutionOut]:
    names = service.person_names(work, (one.person_id for one in found if one.person_id is not None))
    return [
        SubstitutionOut(
            id=one.id,
            duty_id=one.duty_id,
            person_id=one.person_id,
            person=None if one.person_id is None else names[one.person_id],
            begins_at=one.begins_at,
            ends_at=one.ends_at,
            reason=one.reason,
        )
        for one in found
    ]
