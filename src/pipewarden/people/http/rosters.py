"""Rosters over HTTP: who is on duty, and who stands in for whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, Moment, Sentence, WorkHere, actor_of, router
from pipewarden.people import service
from pipewarden.people.facts import Actor, Role

if TYPE_CHECKING:
    from pipewarden.people.facts import Substitution

routes = router(tags=["roster"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_LONGEST = timedelta(days=35)


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
    begins_at: datetime
    ends_at: datetime
    substitutions: list[SubstitutionOut]


class RosterOut(BaseModel):
    """Every duty of a time, in the order of their beginning."""

    items: list[OnDutyOut]


class RosterQuery(Asked):
    """The time that is asked for, at most 35 days."""

    since: Moment
    until: Moment


@routes.get("/roster")
def get_roster(work: WorkHere, actor: ActorHere, asked: Annotated[RosterQuery, Query()]) -> RosterOut:
    """List who is on duty in a time, as far as your role and area reach, with who stands in."""
    if asked.until - asked.since > _LONGEST:
        raise InputError(field="until", problem="is more than 35 days later", fix="Ask for a shorter time.")
    duties = service.roster(work, actor, asked.since, asked.until)
    swaps: dict[UUID, list[SubstitutionOut]] = {}
    for one in service.substitutions(work, [duty.id for duty in duties]):
        swaps.setdefault(one.duty_id, []).append(_swap(one))
    return RosterOut(
        items=[
            OnDutyOut(
                id=duty.id,
                area_id=duty.area_id,
                role=duty.role,
                rank=duty.rank,
                person_id=duty.person_id,
                begins_at=duty.begins_at,
                ends_at=duty.ends_at,
                substitutions=swaps.get(duty.id, []),
            )
            for duty in duties
        ]
    )


@routes.post("/roster/{duty_id}/substitutions", status_code=201)
def add_substitution(work: WorkHere, actor: ActorHere, duty_id: UUID, asked: SubstitutionIn) -> SubstitutionOut:
    """Let another person take a part of a duty, or nobody."""
    made = service.substitute(
        work,
        actor,
        duty_id,
        asked.person_id,
        begins_at=asked.begins_at,
        ends_at=asked.ends_at,
        reason=asked.reason,
    )
    return _swap(made)


@routes.delete("/substitutions/{substitution_id}", status_code=204)
def end_substitution(work: WorkHere, actor: ActorHere, substitution_id: UUID) -> None:
    """End a substitution now: the roster holds again."""
    service.end_substitution(work, actor, substitution_id)


def _swap(one: Substitution) -> SubstitutionOut:
    return SubstitutionOut(
        id=one.id,
        duty_id=one.duty_id,
        person_id=one.person_id,
        begins_at=one.begins_at,
        ends_at=one.ends_at,
        reason=one.reason,
    )
