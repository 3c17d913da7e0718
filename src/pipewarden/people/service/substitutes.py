"""Substitutes and holidays on the rosters, and everybody who can be called for a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import NotFoundError, OnCall, PersonState, Role, Substitution
from pipewarden.people.rules import duty as rules
from pipewarden.people.rules.area import ancestors
from pipewarden.people.service.access import require, visible
from pipewarden.people.service.audit import record
from pipewarden.people.service.persons import may_hold
from pipewarden.people.store import areas as area_store
from pipewarden.people.store import people as people_store
from pipewarden.people.store import record as store
from pipewarden.people.store import substitutes as substitute_store
from pipewarden.people.store.areas import AreaRow
from pipewarden.people.store.people import MembershipRow
from pipewarden.people.store.record import DutyRow
from pipewarden.people.store.scope import ScopedTable, scope_filter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Area, Duty, Membership

DUTIES = ScopedTable(tenant_id=DutyRow.tenant_id, area_path=AreaRow.path, owner_id=DutyRow.person_id)
_MANAGE = "roster:manage"


def served(work: Work, duties: Sequence[Duty], at: datetime) -> list[Duty]:
    """Return duties as they are really served at a moment: by substitutes, not by who is on holiday or has left."""
    really = rules.followed(duties, substitute_store.at_moment(work, [one.id for one in duties], at))
    if not really:
        return []
    held = people_store.memberships(
        work.session,
        MembershipRow.tenant_id == work.tenant_id,
        MembershipRow.person_id.in_({one.person_id for one in really}),
        people_store.at_moment(at),
    )
    holds = {(one.person_id, one.role) for one in held}
    return [one for one in really if (one.person_id, one.role) in holds]


def substitute(
    work: Work,
    actor: Actor,
    duty_id: UUID,
    person_id: UUID | None,
    *,
    begins_at: datetime,
    ends_at: datetime,
    reason: str,
) -> Substitution:
    """Let another person take a part of a duty, or nobody: a holiday. A later word stands before an earlier one.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such duty in reach that is not over.
        InputError: the time runs backwards, has passed, or is not a part of the duty's.
        RefusedError: the person does not hold the role all that time, or it is their own duty.
    """
    duty = _reached(work, actor, duty_id)
    if not duty.begins_at <= begins_at < ends_at <= duty.ends_at or ends_at <= work.now():
        raise InputError(
            field="ends_at",
            problem="is past, or the time is not a part of the duty's",
            fix=f"Give a time within {duty.begins_at.isoformat()} and {duty.ends_at.isoformat()}.",
        )
    if person_id == duty.person_id:
        raise RefusedError(field="person_id", problem="is whose duty it is", fix="Name another person, or nobody.")
    if person_id is not None and not may_hold(work, person_id, duty.role, begins_at=begins_at, ends_at=ends_at):
        raise RefusedError(
            field="person_id", problem=f"is not {duty.role} for all that time", fix="Give the membership first."
        )
    made = Substitution(work.ids.new(), work.tenant_id, duty_id, person_id, begins_at, ends_at, reason)
    substitute_store.add(work, made, actor.id)
    details = {"from": str(duty.person_id), "to": None if person_id is None else str(person_id), "reason": reason}
    record(work, actor, "duty.substituted", ("duty", duty_id), details)
    return made


def end_substitution(work: Work, actor: Actor, substitution_id: UUID) -> None:
    """End a substitution now: the roster holds again.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach that is not over.
    """
    require(actor, _MANAGE)
    found = substitute_store.by_id(work, substitution_id)
    if found is None or found.ends_at <= max(work.now(), found.begins_at):
        raise NotFoundError.of("substitution")
    try:
        _reached(work, actor, found.duty_id)
    except NotFoundError as error:
        raise NotFoundError.of("substitution") from error
    substitute_store.end(work, substitution_id, max(work.now(), found.begins_at))
    record(work, actor, "duty.resumed", ("duty", found.duty_id), {"substitution": str(substitution_id)})


def substitutions(work: Work, duty_ids: Collection[UUID]) -> list[Substitution]:
    """Return the substitutions of duties that the caller has scoped, in the order of their beginning."""
    return substitute_store.of_duties(work, duty_ids)


def _reached(work: Work, actor: Actor, duty_id: UUID) -> Duty:
    scoped = scope_filter(actor, _MANAGE, DUTIES)
    mine = (DutyRow.id == duty_id, DutyRow.tenant_id == work.tenant_id, DutyRow.ends_at > work.now())
    return visible(next(iter(store.duties(work.session, *mine, scoped)), None), "duty")


def on_call(work: Work, roles: Collection[Role], area_path: str | None, at: datetime) -> tuple[OnCall, ...]:
    """Return everybody who can be called in one of the roles for an area, up to the root, the nearest roster first.

    Args:
        work: whose rosters.
        roles: in which they serve.
        area_path: None for a place in no area: every roster of the tenant counts.
        at: the moment.
    """
    near = [
        DutyRow.tenant_id == work.tenant_id,
        DutyRow.role.in_([role.value for role in roles]),
        DutyRow.begins_at <= at,
        DutyRow.ends_at > at,
    ]
    if area_path is not None:
        near.append(AreaRow.path.in_(ancestors(area_path)))
    duties = served(work, store.duties(work.session, *near), at)
    active = _active(work, {duty.person_id for duty in duties})
    return tuple(
        one
        for role in roles
        for one in rules.callable_for([duty for duty in duties if duty.role is role], area_path)
        if one.person_id in active
    )


def unstaffed(work: Work, role: Role, at: datetime) -> list[Area]:
    """Return the tenant's own areas for which nobody in a role can be called at a moment, up to the root.

    An area above another that is unstaffed too is named once: the one above. Two questions, however many areas.
    """
    mine = (DutyRow.tenant_id == work.tenant_id, DutyRow.role == role.value)
    now = (DutyRow.begins_at <= at, DutyRow.ends_at > at)
    duties = served(work, store.duties(work.session, *mine, *now), at)
    active = _active(work, {duty.person_id for duty in duties})
    there = [duty for duty in duties if duty.person_id in active]
    own = [one for one in area_store.all_of(work.session, work.tenant_id) if one.tenant_id == work.tenant_id]
    empty = [one for one in own if not rules.callable_for(there, one.path)]
    above = {one.path for one in empty}
    return [one for one in empty if not above & {path for path in ancestors(one.path) if path != one.path}]


def holders(work: Work, roles: Collection[Role]) -> list[tuple[Role, UUID]]:
    """Return who holds one of the roles in the tenant worked for now, on duty or not, oldest membership first."""
    return [(one.role, one.person_id) for one in _held(work, roles)]


def reaching(work: Work, roles: Collection[Role], area_path: str | None) -> list[tuple[Role, UUID]]:
    """Return who holds one of the roles for an area now, on duty or not, the oldest membership first.

    Args:
        work: whose memberships.
        roles: in which they serve.
        area_path: None for a place in no area: then only who reaches the whole tenant.
    """
    up = [] if area_path is None else ancestors(area_path)
    there = [one for one in _held(work, roles) if one.area_path is None or one.area_path in up]
    return [(one.role, one.person_id) for one in there]


def _held(work: Work, roles: Collection[Role]) -> list[Membership]:
    """Return the memberships in one of the roles that hold now, of persons who are active."""
    held = people_store.memberships(
        work.session,
        MembershipRow.tenant_id == work.tenant_id,
        MembershipRow.role.in_([role.value for role in roles]),
        people_store.at_moment(work.now()),
    )
    active = _active(work, {one.person_id for one in held})
    return [one for one in held if one.person_id in active]


def _active(work: Work, person_ids: Collection[UUID]) -> set[UUID]:
    found = people_store.persons(work.session, list(person_ids))
    return {one.id for one in found.values() if one.state is PersonState.ACTIVE}
