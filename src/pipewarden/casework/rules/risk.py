"""知重点: the risk of a site as a product of dated weights, every factor with its share (domain.md 5.4).

It orders attention and never silences: the level of the zone stays the floor, whatever the weights say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipewarden.casework.facts import (
    InCompound,
    Machines,
    MapTrust,
    Material,
    Moved,
    Nearness,
    Papers,
    Risk,
    RiskFactor,
    SiteState,
    Threshold,
    WorksKind,
    WorkTime,
)
from pipewarden.casework.rules.calendar import works_on
from pipewarden.casework.rules.seen import LEVEL
from pipewarden.casework.rules.supervision_facts import in_hours
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pipewarden.casework.facts import Calendar, RiskFacts, RiskPolicy, Site

_DIGITS = 6  # 0.7 x 1.3 x ... must not fall below a threshold by a rounding of its last bit
_PE = re.compile(r"\b(?:HD|MD|LD)?PE(?:[-\s]?(?:RT|X))?[-\s]?\d*\b|polyethylene|聚乙烯", re.IGNORECASE)
_SEEN_AS = {"cone": WorksKind.HOARDING, "person": WorksKind.CREW}


def risk(policy: RiskPolicy, facts: RiskFacts, calendar: Calendar, kept: int = 4) -> Risk:
    """Return the risk of a site.

    Args:
        policy: the weights.
        facts: what is known of the site.
        calendar: which days are worked there.
        kept: the level that the site has on file; the risk never says a milder one.
    """
    score = whole = 1.0
    factors: list[RiskFactor] = []
    for factor, value in values(policy, facts, calendar).items():
        known = policy.weights[factor][value]
        whole *= known.weight
        after = round(whole, _DIGITS)
        points = after - (score if factors else 0.0)
        factors.append(RiskFactor(factor, value, known.weight, points, known.zh, known.en, known.source))
        score = after
    scored = next(band.level for band in policy.bands if score >= band.least)
    floor = min(LEVEL[facts.zone], kept)
    return Risk(policy.version, score, scored, floor, min(scored, floor), tuple(factors))


def values(policy: RiskPolicy, facts: RiskFacts, calendar: Calendar) -> Mapping[str, str]:
    """Return the value of each factor, in the order in which their shares are told."""
    return {
        "works": facts.works.value,
        "zone": _nearness(policy, facts).value,
        "pressure": facts.pressure.value,
        "papers": facts.papers.value,
        "time": _time(policy, facts.seen_at, calendar).value,
        "machines": _machines(policy, facts.machines).value,
        "moved": _moved(policy, facts).value,
        "material": facts.material.value,
        "map": _map(policy, facts.map_off_m).value,
        "compound": facts.compound.value,
        "threshold": facts.threshold.value,
        "contractor": facts.contractor.value,
    }


def works_kind(cls: str | None, kind: str | None) -> WorksKind:
    """Return what works there, by the class and the type of an alarm; what the type head does not name is unknown."""
    if kind in frozenset(WorksKind):
        return WorksKind(kind)
    return WorksKind.UNKNOWN if kind is not None or cls is None else _SEEN_AS.get(cls, WorksKind.UNKNOWN)


def material(words: str | None) -> Material:
    """Return what a pipe is made of, by what its map says: PE 80, PE100, HDPE, 聚乙烯 are one material."""
    if words is None or not words.strip():
        return Material.UNKNOWN
    return Material.PE if _PE.search(words) else Material.OTHER


def threshold(compound: InCompound, *, filed: bool) -> Threshold:
    """Return what can be said of the permit threshold; see ``Threshold``."""
    if filed:
        return Threshold.LISTED
    return Threshold.BELOW if compound is InCompound.INSIDE else Threshold.UNKNOWN


def papers(site: Site) -> Papers:
    """Return how far the works of a site are covered; standby counts while nothing is broken there."""
    at_rest = all(one.fixed_at is not None for one in site.violations)
    if site.state is SiteState.UNDER_STANDBY and SiteState.BRIEFED in site.passed and at_rest:
        return Papers.STANDBY
    if SiteState.BRIEFED in site.passed:
        return Papers.BRIEFED
    repaired = site.repair is not None and site.repair.papers_at is not None
    filed = SiteState.FILED in site.passed or site.filing_id is not None
    return Papers.FILED if filed or repaired else Papers.UNFILED


def policy_at(policies: Sequence[RiskPolicy], at: datetime) -> RiskPolicy:
    """Return the policy of a moment: the last one that has begun, in its own zone; before all of them the first."""
    ordered = sorted(policies, key=lambda one: one.since)
    begun = [one for one in ordered if one.since <= at.astimezone(one.zone).date()]
    return begun[-1] if begun else ordered[0]


def _nearness(policy: RiskPolicy, facts: RiskFacts) -> Nearness:
    if facts.zone is not Zone.CONTROL:
        return Nearness(facts.zone.value)
    far = facts.distance_m is not None and facts.distance_m > policy.near_m
    return Nearness.CONTROL_FAR if far else Nearness.CONTROL_NEAR


def _time(policy: RiskPolicy, at: datetime | None, calendar: Calendar) -> WorkTime:
    if at is None:
        return WorkTime.UNKNOWN
    local = at.astimezone(policy.zone)
    found = [WorkTime.NIGHT] if in_hours((policy.night,), local.time()) else []
    found += [] if works_on(calendar, local.date()) else [WorkTime.REST_DAY]
    return max(found, key=lambda one: policy.weights["time"][one].weight, default=WorkTime.WORKING)


def _map(policy: RiskPolicy, off_m: float | None) -> MapTrust:
    if off_m is None:
        return MapTrust.UNKNOWN
    return MapTrust.UNSURE if off_m > policy.unsure_m else MapTrust.SURE


def _machines(policy: RiskPolicy, count: int | None) -> Machines:
    if count is None or count < 1:
        return Machines.UNKNOWN
    if count >= policy.many:
        return Machines.MANY
    return Machines.SEVERAL if count >= policy.several else Machines.ONE


def _moved(policy: RiskPolicy, facts: RiskFacts) -> Moved:
    if not facts.agreed:
        return Moved.NONE_AGREED
    if facts.moved_m is None:
        return Moved.UNKNOWN
    if facts.moved_m - facts.moved_off_m > policy.moved_m:
        return Moved.MOVED
    return Moved.UNKNOWN if facts.moved_m + facts.moved_off_m > policy.moved_m else Moved.IN_PLACE
