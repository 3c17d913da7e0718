"""The plan of a strike: radius, valves, call sheet and task board, from the map, the policy and who is on duty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.casework import store
from pipewarden.casework.facts.strike import StrikePlan
from pipewarden.casework.rules import strike as rules
from pipewarden.casework.rules.strike_file import policy_at
from pipewarden.casework.service.finding import Rosters, area_of
from pipewarden.kit.geo import near_frame
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from pipewarden.casework.facts.strike import Gas
    from pipewarden.casework.rules.strike_file import StrikePolicy
    from pipewarden.kit.work import Work

_CORNERS = 64


def policy_now(work: Work) -> StrikePolicy:
    """Return the policy in force."""
    return policy_at(store.strike_policies(), work.now())


def plan_at(
    work: Work, place: tuple[float, float], gas: Gas, *, drill: bool, pipe_id: str | None = None, owner: UUID | None
) -> StrikePlan:
    """Return what is to be done about a strike at a place.

    Args:
        work: whose network, numbers and rosters.
        place: lon, lat in degrees WGS-84.
        gas: in the pipe.
        drill: every text is marked.
        pipe_id: that a person names; None takes the nearest.
        owner: who does what nobody is on duty for.
    """
    policy = policy_now(work)
    isolation = network.isolation(work, place, pipe_id)
    hits = (isolation.broken, *isolation.rivals)  # while nobody knows which pipe it is, the widest counts
    reach = max((rules.reach(policy, one, gas) for one in hits), key=lambda one: one.radius_m)
    areas = _areas(work, place, reach.radius_m)
    lon, lat = place
    here = people.area_at(work, lon, lat)
    where = f"{'' if here is None else here.name} {lon:.5f}, {lat:.5f}".strip()
    filled = rules.words_of(where, isolation.broken, reach.radius_m, work.now())
    rosters, path = Rosters(work), area_of(work, lon, lat)

    def find(role: str, turn: int) -> UUID | None:
        there = rosters.on_call([Role(role)], path)
        return there[turn % len(there)] if there else owner or rosters.manager(path)

    return StrikePlan(
        reach=reach,
        isolation=isolation,
        areas=areas,
        calls=rules.calls(policy, store.strikes.contacts_on(work, work.now().date()), filled, drill=drill),
        tasks=rules.tasks(policy, isolation, areas, filled, find, drill=drill),
    )


def circle(place: tuple[float, float], radius_m: float) -> tuple[tuple[float, float], ...]:
    """Return a closed ring of (lon, lat) around a place, degrees WGS-84; nowhere nearer than the radius."""
    frame = near_frame(*place)
    middle = frame.to_metres(np.array([place]))[0]
    turns = np.linspace(0.0, 2 * np.pi, _CORNERS + 1)
    out = radius_m / np.cos(np.pi / _CORNERS)  # its sides, not its corners, lie on the radius
    ring = frame.to_lonlat(middle + out * np.column_stack([np.cos(turns), np.sin(turns)]))
    return tuple((float(lon), float(lat)) for lon, lat in ring)


def _areas(work: Work, place: tuple[float, float], radius_m: float) -> tuple[str, ...]:
    """Return the names of the areas that the circle meets, the smallest first: a compound before its city."""
    ground = shapely.Polygon(circle(place, radius_m))
    found = [
        (shape.area, one.name)
        for one in people.areas(work)
        if one.tenant_id in {PLATFORM, work.tenant_id} and one.wkb is not None
        if (shape := shapely.from_wkb(one.wkb)).intersects(ground)
    ]
    return tuple(dict.fromkeys(name for _, name in sorted(found)))


def involved(work: Work, place: tuple[float, float], plan: StrikePlan, more: Iterable[UUID | None]) -> tuple[UUID, ...]:
    """Return who is told: whoever has a task, the roles of the policy on duty there, the safety manager, the owner."""
    rosters, path = Rosters(work), area_of(work, *place)
    roles = policy_now(work).roles_told
    found = [*more, *(one.person_id for one in plan.tasks), *rosters.on_call(roles, path), rosters.manager(path)]
    return tuple(dict.fromkeys(one for one in found if one is not None))
