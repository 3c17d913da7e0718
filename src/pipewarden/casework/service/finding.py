"""Finds people: who takes a site or a duty, whom a step calls, who is asked when that person has no room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.casework import store
from pipewarden.casework.facts import FloodPolicy, Who
from pipewarden.casework.rules.assign import Candidate, Choice, choose
from pipewarden.casework.rules.duty_file import OWNER
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.casework.facts import FilingDue, Rung, Site, SiteDuty
    from pipewarden.kit.work import Work

FLOOD = FloodPolicy()
_TAKES_SITES = (Role.PATROLLER, Role.DISPATCHER, Role.SAFETY_MANAGER)
_LAST = (Role.SAFETY_MANAGER, Role.TENANT_ADMIN)  # found by membership when no roster names anybody


def areas_of(work: Work, places: Sequence[tuple[float, float] | None]) -> list[str | None]:
    """Return the path of the deepest area at each place (lon, lat in degrees WGS-84), as ``area_of``, all at once."""
    lonlat = np.array([(np.nan, np.nan) if one is None else one for one in places], dtype=np.float64).reshape(-1, 2)
    return [None if one.area is None else one.area.path for one in people.areas_at(work, lonlat)]


def area_of(work: Work, lon: float | None, lat: float | None) -> str | None:
    """Return the path of the deepest area at a place; None where there is none, or no place."""
    area = None if lon is None or lat is None else people.area_at(work, lon, lat)
    return None if area is None else area.path


def owner_for(work: Work, area_path: str | None, refused: Collection[UUID]) -> Choice | None:
    """Return who takes a site in hand; None where the tenant has nobody at all."""
    return choose(_TAKES_SITES + _LAST[1:], _candidates(work, _TAKES_SITES, area_path), refused)


def holder_for(work: Work, role: str, site: Site, area_path: str | None) -> Choice | None:
    """Return whose a duty of a site is: the owner's, or somebody's on duty in the role, else the owner's after all."""
    if role != OWNER:
        wanted = Role(role)
        found = choose([wanted], [one for one in _candidates(work, [wanted], area_path) if one.on_roster])
        if found is not None:
            return found
        if wanted is Role.SAFETY_MANAGER:
            return choose(_LAST, _candidates(work, [wanted], area_path))
    if site.owner_id is None:
        return None
    why = "the site's owner" if role == OWNER else _fell(role)
    return Choice(site.owner_id, role, why, on_roster=True)


def fell_to_owner(duty: SiteDuty) -> bool:
    """Return whether a duty of another role is the owner's because nobody was on duty in that role."""
    return duty.why == _fell(duty.role)


def _fell(role: str) -> str:
    return f"no {role} is on duty there: the site's owner"


def _candidates(work: Work, roles: Sequence[Role], area_path: str | None) -> list[Candidate]:
    on_call = people.on_call(work, roles, area_path, work.now())
    held = people.holders(work, _LAST)
    everybody = {one.person_id for one in on_call} | {person for _, person in held}
    load, full = store.owed.load(work, everybody), full_of(work, everybody)
    found = [
        Candidate(
            one.person_id,
            one.role.value,
            one.distance,
            one.rank,
            load.get(one.person_id, 0),
            full=one.person_id in full,
            stands_in_for=one.stands_in_for,
        )
        for one in on_call
    ]
    return found + [
        Candidate(person, role.value, 0, number, load.get(person, 0), full=person in full, on_roster=False)
        for number, (role, person) in enumerate(held)
    ]


def full_of(work: Work, persons: Collection[UUID]) -> set[UUID]:
    """Return those of ``persons`` who can take in no further call about one site now."""
    sent = store.calls.sent(work, work.now() - FLOOD.window, persons)
    return {person for person, calls in sent.items() if len(calls) >= FLOOD.most - FLOOD.reserve}


@dataclass(slots=True)
class Rosters:
    """Who can be called where at one moment: many steps are asked about in few places, and each place once."""

    work: Work
    _on_call: dict[tuple[tuple[Role, ...], str | None], tuple[UUID, ...]] = field(default_factory=dict)
    _held: list[tuple[Role, UUID]] | None = None

    def on_call(self, roles: Sequence[Role], area_path: str | None) -> tuple[UUID, ...]:
        """Return who is on duty in one of the roles, the nearest roster first, role after role."""
        asked = (tuple(roles), area_path)
        if asked not in self._on_call:
            found = people.on_call(self.work, roles, area_path, self.work.now())
            self._on_call[asked] = tuple(one.person_id for one in found)
        return self._on_call[asked]

    def manager(self, area_path: str | None = None) -> UUID | None:
        """Return the safety manager on duty there, else the tenant's by membership, else its administrator."""
        on_call = self.on_call([Role.SAFETY_MANAGER], area_path)
        if on_call:
            return on_call[0]
        if self._held is None:
            self._held = people.holders(self.work, _LAST)
        return next((person for role in _LAST for held, person in self._held if held is role), None)

    def others(self, role: str, area_path: str | None) -> tuple[UUID, ...]:
        """Return who is asked when somebody of a role has no room: the same role up the tree, dispatchers, manager."""
        roles = list(dict.fromkeys([_role_of(role), Role.DISPATCHER, Role.SAFETY_MANAGER]))
        last = self.manager(area_path)
        found = [one for one in self.on_call(roles, area_path) if one != last]
        return tuple(dict.fromkeys([*found, *([] if last is None else [last])]))


def person_for(
    rosters: Rosters, rung: Rung, duty: SiteDuty | FilingDue, area_path: str | None, told: Collection[UUID]
) -> UUID | None:
    """Return whom a step calls now; None where there is nobody, and the next step is due at once.

    Args:
        rosters: who is there.
        rung: the step.
        duty: what its chain is about.
        area_path: where.
        told: whom this round has called already: they are passed over, so that a chain reaches more as it climbs.
    """
    who = rung.who
    if who is Who.OWNER:
        return duty.person_id
    if who is Who.SAFETY_MANAGER:
        return rosters.manager(area_path)
    if who is Who.AUTHORITY:
        there = rosters.on_call([Role.REGULATOR], area_path)
        return there[0] if there else rosters.manager(area_path)
    role = Role.DISPATCHER if who in {Who.DISPATCHER, Who.LEAD} else _role_of(duty.role)
    on_call = [one for one in rosters.on_call([role], area_path) if one not in told]
    if who is Who.LEAD and not on_call:
        found = rosters.manager(area_path)
        return None if found in told else found
    return on_call[0] if on_call else None


def _role_of(role: str) -> Role:
    """Return in which role somebody serves: a site's owner is a patroller, and no works owner (建设单位)."""
    return Role.PATROLLER if role == OWNER else Role(role)
