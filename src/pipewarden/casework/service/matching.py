"""Which filing a site belongs to, found by one statement, and which sites a changed filing may concern."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.casework import store
from pipewarden.casework.facts import TOLD_APART, Candidate, Discovery, InCompound, Match, Permitted
from pipewarden.casework.rules.compound import holds, in_compound
from pipewarden.casework.rules.filing_ground import covers_ground
from pipewarden.casework.rules.matching import match
from pipewarden.casework.rules.matching_file import weights_at
from pipewarden.casework.service.filing_check import filing_zone
from pipewarden.casework.service.machines import last_machine
from pipewarden.kit.geo import near_frame

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.facts import Filing, Machine, MatchWeights, Site
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work

Box = tuple[float, float, float, float]
UNKNOWN_OFF_M = 20.0  # the error (95 %) of a place that tells none, for the edge of a compound


def permitted(work: Work, site: Site, machine: Machine | None) -> Permitted | None:
    """Return what the filing of a site of the tenant allows; None where the site is unfiled.

    Works that went on when their filing had ended belong to no filing, and break the one under which they began.

    Args:
        work: the transaction.
        site: as it stands.
        machine: that was seen there; None asks for now.
    """
    _, candidate = found(work, site, machine)
    if candidate is None and machine is not None:
        candidate = _ended(work, site, machine)
    return None if candidate is None else _allows(candidate)


def ground_at(work: Work, place: tuple[float, float], off_m: float) -> tuple[InCompound, str | None]:
    """Return whether a place lies inside a compound, and the name of the one it lies in."""
    near = store.compounds.near(work, _box(place, off_m))
    if not near and not store.compounds.any_there(work):
        return InCompound.UNKNOWN, None
    there = holds(near, place)
    return in_compound(near, place, off_m), None if there is None else there.name


def filing_of(work: Work, filed: Filed) -> Match:
    """Return to which filing a site belongs, as of when a machine was last seen there; the caller has scoped it."""
    there = replace(work, tenant_id=filed.site.tenant_id)
    machine = last_machine(there, filed)
    return found(there, filed.site, machine, ground_of(there, filed.site, machine)[0])[0]


def ground_of(work: Work, site: Site, machine: Machine | None) -> tuple[InCompound, str | None]:
    """Return ``ground_at`` of a site's place; unknown where nobody knows the place."""
    seen = _discovery(site, machine, work.now())
    if seen is None:
        return InCompound.UNKNOWN, None
    return ground_at(work, seen.place, UNKNOWN_OFF_M if seen.off_m is None else seen.off_m)


def box_of(work: Work, filing: Filing) -> Box:
    """Return the box in which sites may belong to a filing."""
    west, south, east, north = shapely.from_wkb(filing.works.area).bounds
    weights = weights_at(store.shipped_matching(), work.now())
    reach = 0.0 if weights is None else weights.reach_m + weights.unknown_off_m
    low, high = _box((west, south), reach), _box((east, north), reach)
    return low[0], low[1], high[2], high[3]


def _ended(work: Work, site: Site, machine: Machine) -> Candidate | None:
    """Return the filing under which a site was filed, where it has ended by now."""
    filed_at = next((one.at for one in site.marks if one.what == "advanced.filed"), None)
    if filed_at is None or filed_at >= machine.seen_at:
        return None
    _, candidate = found(work, site, machine, at=filed_at)
    ended = candidate is not None and candidate.filing.works.valid_until <= machine.seen_at
    return candidate if ended else None


def found(
    work: Work, site: Site, machine: Machine | None, ground: InCompound | None = None, *, at: datetime | None = None
) -> tuple[Match, Candidate | None]:
    """Return to which filing a site belongs, and that filing.

    Args:
        work: the transaction.
        site: as it stands.
        machine: that was seen there.
        ground: whether it lies in a compound; None: asked for only where there is a filing to weigh.
        at: which moment is asked for; None: when the machine was seen, else now.
    """
    if at is None:
        at = work.now() if machine is None else machine.seen_at
    weights = weights_at(store.shipped_matching(), at)
    if weights is None:
        return Match(None, "unfiled: no weights are in force on that day", "", 1.0), None
    seen = _discovery(site, machine, at)
    if seen is None:
        return Match(None, "unfiled: nobody knows where the works are", weights.version, weights.threshold), None
    candidates = [
        Candidate(one, filing_zone(one.works.place, one.filed_at))
        for one in store.filings.near(work, _box(seen.place, _reach_m(seen, weights)), since=at)
    ]
    if ground is None and candidates:
        off = UNKNOWN_OFF_M if seen.off_m is None else seen.off_m
        ground = in_compound(store.compounds.near(work, _box(seen.place, off)), seen.place, off)
    seen = replace(
        seen, compound={InCompound.INSIDE: True, InCompound.OUTSIDE: False}.get(ground or InCompound.UNKNOWN)
    )
    told = match(seen, candidates, weights)
    return told, next((one for one in candidates if one.filing.id == told.filing_id), None)


def _discovery(site: Site, machine: Machine | None, at: datetime) -> Discovery | None:
    """Return what was seen at a site: works stay where they are, so the site's place counts before the machine's."""
    off = None if machine is None or machine.place is None else machine.off_m
    kind = None if machine is None else machine.type
    if site.lon is not None and site.lat is not None:
        return Discovery((site.lon, site.lat), off, at, kind)
    return None if machine is None or machine.place is None else Discovery(machine.place, off, at, kind)


def _reach_m(seen: Discovery, weights: MatchWeights) -> float:
    return weights.reach_m + (weights.unknown_off_m if seen.off_m is None else seen.off_m)


def _box(place: tuple[float, float], metres: float) -> Box:
    frame = near_frame(*place)
    middle = frame.to_metres(np.array([place]))[0]
    corners = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)]) * metres + middle
    lonlat = frame.to_lonlat(corners)
    west, south = lonlat.min(axis=0)
    east, north = lonlat.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _allows(one: Candidate) -> Permitted:
    """Return what a filing allows: until the operator has answered, nothing but its method is known of it."""
    filing, works = one.filing, one.filing.works
    if filing.answered_at is None:
        return Permitted(one.zone.key, method=works.method.value, filing_id=filing.id)
    return Permitted(
        zone=one.zone.key,
        area=works.area if covers_ground(works.area) else None,
        method=works.method.value,
        machines=frozenset(works.machines) & frozenset(TOLD_APART) if works.machines else None,
        hours=None if works.hours is None else ((works.hours.opens, works.hours.shuts),),
        valid_from=works.valid_from,
        valid_until=works.valid_until,
        filing_id=filing.id,
    )
