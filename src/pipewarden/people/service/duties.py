"""Rosters: who is on duty for an area in a role, so that an alarm always finds a named person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import tuple_

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import PLATFORM, Actor, AreaRef, CopiedRoster, Duty, NotCopied, Role, ScopedRow
from pipewarden.people.rules import duty as rules
from pipewarden.people.rules.area import ancestors
from pipewarden.people.service.access import require, require_row, visible
from pipewarden.people.service.audit import record
from pipewarden.people.service.persons import may_hold
from pipewarden.people.service.substitutes import DUTIES, served
from pipewarden.people.store import areas as area_store
from pipewarden.people.store import record as store
from pipewarden.people.store.areas import AreaRow
from pipewarden.people.store.record import DutyRow
from pipewarden.people.store.scope import scope_filter

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work

_MANAGE = "roster:manage"
_LAST_RANK = 9
_MOST_COPIED = 500
_SERVED = DutyRow.begins_at < DutyRow.ends_at  # one that was ended before it began is as if it had never been


def put_on_duty(
    work: Work,
    actor: Actor,
    person_id: UUID,
    role: Role,
    area_id: UUID,
    *,
    begins_at: datetime,
    ends_at: datetime,
    rank: int = 1,
) -> Duty:
    """Put a person on duty for an area in a role from ``begins_at`` until ``ends_at`` (excluded).

    Where:
        rank: 1 is called first, 2 when 1 does not answer, up to 9.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not there; no such area.
        InputError: the time runs backwards or has passed, or the rank is out of range.
        RefusedError: the person does not hold the role all that time, or somebody has this place on the roster.
    """
    require(actor, _MANAGE)
    area = visible(area_store.by_id(work.session, area_id, [PLATFORM, work.tenant_id]), "area")
    row = ScopedRow(tenant_id=work.tenant_id, areas=(AreaRef(area.tenant_id, area.path),))
    require_row(actor, _MANAGE, row, "area")
    if ends_at <= begins_at or ends_at <= work.now():
        raise InputError(field="ends_at", problem="is not after begins_at, or has passed", fix="Give a later end.")
    if not 1 <= rank <= _LAST_RANK:
        raise InputError(field="rank", problem="is out of range", fix=f"Give 1 to {_LAST_RANK}.")
    if not may_hold(work, person_id, role, begins_at=begins_at, ends_at=ends_at):
        raise RefusedError(
            field="person_id", problem=f"is not {role} for all that time", fix="Give the membership first."
        )
    store.lock_roster(work.session, work.tenant_id, area_id, role)
    same = (
        DutyRow.tenant_id == work.tenant_id,
        DutyRow.area_id == area_id,
        DutyRow.role == role.value,
        DutyRow.rank == rank,
    )
    near = store.duties(work.session, *same, _SERVED, DutyRow.begins_at < ends_at, DutyRow.ends_at > begins_at)
    if taken := rules.overlapping(near, begins_at, ends_at):
        raise RefusedError(
            field="begins_at",
            problem=f"somebody is on duty there until {taken[0].ends_at.isoformat()}",
            fix="Begin later, end the other duty first, or use another rank.",
        )
    made = Duty(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        area_id=area_id,
        area_path=area.path,
        role=role,
        rank=rank,
        person_id=person_id,
        begins_at=begins_at,
        ends_at=ends_at,
    )
    store.add_duty(work.session, made, work.now(), actor.id)
    details = {"person": str(person_id), "role": role.value, "area": str(area_id), "rank": rank}
    record(work, actor, "duty.given", ("duty", made.id), details)
    return made


def end_duty(work: Work, actor: Actor, duty_id: UUID) -> None:
    """End a duty now; one that has not begun is as if it had never been.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach that is not over.
    """
    now = work.now()
    scoped = scope_filter(actor, _MANAGE, DUTIES)
    found = store.duties(
        work.session, DutyRow.id == duty_id, DutyRow.tenant_id == work.tenant_id, DutyRow.ends_at > now, _SERVED, scoped
    )
    duty = visible(next(iter(found), None), "duty")
    store.end_duty(work.session, duty_id, max(now, duty.begins_at))
    record(work, actor, "duty.ended", ("duty", duty_id), {"person": str(duty.person_id)})


def roster(
    work: Work,
    actor: Actor,
    begins_at: datetime,
    ends_at: datetime,
    *,
    limit: int | None = None,
    after: tuple[datetime, int, UUID] | None = None,
) -> list[Duty]:
    """Return the duties in [begins_at, ends_at) that the actor may see, in the order of their beginning.

    Args:
        work: whose rosters.
        actor: who asks.
        begins_at: of the time that is asked for.
        ends_at: of the time that is asked for.
        limit: at most so many; all without it.
        after: (begins_at, rank, id) of the last duty of the page before.

    Raises:
        ForbiddenError: the actor reads no rosters.
    """
    within = [DutyRow.begins_at < ends_at, DutyRow.ends_at > begins_at]
    if after is not None:
        within.append(tuple_(DutyRow.begins_at, DutyRow.rank, DutyRow.id) > after)
    scoped = scope_filter(actor, "roster:read", DUTIES)
    return store.duties(work.session, scoped, _SERVED, *within, limit=limit)


def copy_roster(work: Work, actor: Actor, begins_at: datetime, ends_at: datetime, onto: datetime) -> CopiedRoster:
    """Write the duties that begin in [begins_at, ends_at) once more, so that ``begins_at`` falls on ``onto``.

    What cannot stand there is left out and told, the rest is written: a roster that has one hole is better than none.
    Substitutes and holidays stay where they are.

    Raises:
        ForbiddenError: the actor writes no rosters.
        InputError: the time runs backwards, or holds more than 500 duties.
    """
    if ends_at <= begins_at:
        raise InputError(field="until", problem="is not after since", fix="Give a later end.")
    scoped = scope_filter(actor, _MANAGE, DUTIES)
    mine = (DutyRow.tenant_id == work.tenant_id, DutyRow.begins_at >= begins_at, DutyRow.begins_at < ends_at)
    found = store.duties(work.session, *mine, _SERVED, scoped, limit=_MOST_COPIED + 1)
    if len(found) > _MOST_COPIED:
        raise InputError(
            field="until", problem=f"takes in more than {_MOST_COPIED} duties", fix="Copy a shorter time at once."
        )
    made: list[Duty] = []
    left: list[NotCopied] = []
    for duty in found:
        span = {"begins_at": duty.begins_at - begins_at + onto, "ends_at": duty.ends_at - begins_at + onto}
        try:
            made.append(put_on_duty(work, actor, duty.person_id, duty.role, duty.area_id, **span, rank=duty.rank))
        except (InputError, RefusedError) as error:
            left.append(NotCopied(duty, error.problem))
    return CopiedRoster(tuple(made), tuple(left))


def on_duty(work: Work, role: Role, area_path: str, at: datetime) -> tuple[Duty, ...]:
    """Return who is on duty in a role for the area at ``area_path`` at a moment, in the order they are called.

    The nearest area up the tree with somebody on duty counts; empty when there is nobody up to the root. A substitute
    stands where the roster names another.
    """
    near = store.duties(
        work.session,
        DutyRow.tenant_id == work.tenant_id,
        DutyRow.role == role.value,
        AreaRow.path.in_(ancestors(area_path)),
        DutyRow.begins_at <= at,
        DutyRow.ends_at > at,
    )
    return rules.nearest(served(work, near, at), area_path)
