"""Where cases lie: the street of each, the H3 cell of each, and one reader narrowed to one area."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import h3

from pipewarden.insight.facts import HotSpot, Part
from pipewarden.people.facts import PLATFORM, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipewarden.insight.facts import Case
    from pipewarden.people.facts import Actor, Area, Grant

FINEST, COARSEST, USUAL = 10, 6, 8  # cells of 0.015, 36 and 0.74 km² on average (h3geo.org, table of cell areas)


def narrowed(actor: Actor, permission: str, area: Area) -> Actor:
    """Return the actor with no more of a permission than lies in an area: the intersection, never more than before.

    Each grant keeps what it opened: the tenant, the tenant's part of an area, or every tenant in it.
    """
    kept = [one for one in actor.grants if one.permission != permission]
    inside = [_inside(one, area) for one in actor.grants_for(permission)]
    return replace(actor, grants=(*kept, *(one for one in inside if one is not None)))


def _inside(grant: Grant, area: Area) -> Grant | None:
    if grant.scope is Scope.OWN:
        return None
    if grant.scope is Scope.TENANT:
        return replace(grant, scope=Scope.AREA, area_path=area.path) if _sees(grant, area) else None
    if grant.scope is Scope.PLATFORM:
        return replace(grant, scope=Scope.TENANTS_IN_AREA, tenant_id=area.tenant_id, area_path=area.path)
    if grant.area_path is None or not _sees(grant, area):
        return None
    if area.path.startswith(grant.area_path):
        return replace(grant, area_path=area.path)
    return grant if grant.area_path.startswith(area.path) else None


def _sees(grant: Grant, area: Area) -> bool:
    return area.tenant_id in {PLATFORM, grant.tenant_id}


def street_of(deepest: Area | None, by_path: Mapping[str, Area]) -> Area | None:
    """Return the area that a place is counted under: the deepest that all tenants share, else the deepest there is.

    A tenant's own beats lie below the streets, and are drawn anew as it likes; a ranking of streets is not.
    """
    if deepest is None:
        return None
    path = deepest.path
    while path:
        there = by_path.get(path)
        if there is not None and there.tenant_id == PLATFORM:
            return there
        path = path[: path[:-1].rfind("/") + 1]
    return deepest


def cell_of(lon: float, lat: float, resolution: int) -> str:
    """Return the H3 cell of a place in degrees WGS-84 (Uber H3 4, Apache-2.0)."""
    return str(h3.latlng_to_cell(lat, lon, resolution))


def is_cell(word: str) -> bool:
    """Return whether a word names an H3 cell of a resolution that is shown here."""
    return bool(h3.is_valid_cell(word)) and COARSEST <= h3.get_resolution(word) <= FINEST


def resolution_of(cell: str) -> int:
    """Return the resolution of a cell."""
    return int(h3.get_resolution(cell))


def hot_spots(
    sites: Iterable[Case], violations: Iterable[Case], damages: Iterable[Case], resolution: int
) -> list[HotSpot]:
    """Return the cells with anything counted in them, those with the most damages, then sites, then violations first.

    Cases without a place lie in none; they stay in their own figures.
    """
    counts = [_cells(cases, resolution) for cases in (sites, violations, damages)]
    made = []
    for cell in set().union(*counts):
        lat, lon = h3.cell_to_latlng(cell)
        ring = [(there[1], there[0]) for there in h3.cell_to_boundary(cell)]
        numbers = [count[cell] for count in counts]
        made.append(HotSpot(cell, lon, lat, (*ring, ring[0]), *numbers))
    return sorted(made, key=lambda one: (-one.damages, -one.sites, -one.violations, one.cell))


def _cells(cases: Iterable[Case], resolution: int) -> Counter[str]:
    return Counter(
        cell_of(one.lon, one.lat, resolution)
        for one in cases
        if one.part is Part.COUNTED and one.lon is not None and one.lat is not None
    )


def within(cases: Sequence[Case], cell: str) -> list[Case]:
    """Return the cases that lie in a cell, in their order."""
    size = resolution_of(cell)
    return [
        one for one in cases if one.lon is not None and one.lat is not None and cell_of(one.lon, one.lat, size) == cell
    ]


def placed(cases: Sequence[Case]) -> list[tuple[float, float]]:
    """Return (lon, lat) of each case; not-a-number where its place is unknown."""
    nowhere = float("nan")
    return [(nowhere, nowhere) if one.lon is None or one.lat is None else (one.lon, one.lat) for one in cases]
