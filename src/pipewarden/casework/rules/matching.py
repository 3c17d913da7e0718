"""Unfiled works are those discovered less those filed: to which filing, if any, belongs what was seen.

A filing is weighed, not tested: works that stray over their line or past their hours are still the works that were
filed, and only so can it be said that they break what was filed. Each likeness multiplies the odds (Bayes, the parts
taken as independent); what never can be is left out before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.casework.facts import TOLD_APART, Match, Part, PartName
from pipewarden.casework.rules.filing_ground import covers_ground
from pipewarden.casework.rules.supervision_facts import in_hours
from pipewarden.kit.geo import near_frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.casework.facts import Candidate, Discovery, MatchWeights, Works

_SIGMAS = 2.0  # a 95 % error of a normal one


@dataclass(frozen=True, slots=True)
class _Weighed:
    candidate: Candidate
    metres: float
    score: float
    parts: tuple[Part, ...]


def match(seen: Discovery, candidates: Iterable[Candidate], weights: MatchWeights) -> Match:
    """Return to which of several filings works that were seen belong; one filing may have many sites.

    The likeliest is taken; of those that are equally likely the nearest, of these the one filed first.
    """
    weighed: list[_Weighed] = []
    never: list[tuple[float, str]] = []
    for one in candidates:
        metres = metres_from(one.filing.works, seen)
        why = _never(one, metres, seen, weights)
        if why is None:
            weighed.append(_weigh(one, metres, seen, weights))
        else:
            never.append((metres, f"filing {one.filing.id} {why}"))
    if not weighed:
        reason = min(never)[1] if never else f"no filing within {weights.reach_m:.0f} m"
        return Match(None, f"unfiled: {reason}{_expected(seen, weights)}", weights.version, weights.threshold)
    weighed.sort(key=lambda one: (-one.score, one.metres, one.candidate.filing.filed_at, one.candidate.filing.id))
    likeliest = weighed[0]
    equal = [one for one in weighed if likeliest.score - one.score < weights.tie] or weighed[:1]
    best = min(equal, key=lambda one: (max(0.0, one.metres), one.candidate.filing.filed_at, one.candidate.filing.id))
    if best.score < weights.threshold:
        best, equal = likeliest, []
    return _told(seen, best, [one for one in equal if one is not best], weights)


def _expected(seen: Discovery, weights: MatchWeights) -> str:
    """Say, of works inside a compound, how few are filed at all."""
    return f"; {_prior(seen, weights).words}" if seen.compound else ""


def _told(seen: Discovery, best: _Weighed, tied: list[_Weighed], weights: MatchWeights) -> Match:
    belongs = best.score >= weights.threshold
    name = f"filing {best.candidate.filing.id}"
    against = min(best.parts, key=lambda one: one.weight)
    if not belongs:
        reason = f"unfiled: {name} is the likeliest and does not fit: {against.words}{_expected(seen, weights)}"
    elif tied:
        reason = f"{name} fits, and {len(tied)} more fit as well: the nearest is taken, then the one filed first"
    else:
        reason = f"{name} fits"
    return Match(
        filing_id=best.candidate.filing.id if belongs else None,
        reason=reason,
        version=weights.version,
        threshold=weights.threshold,
        nearest_id=best.candidate.filing.id,
        score=best.score,
        parts=best.parts,
        tied=tuple(one.candidate.filing.id for one in tied),
    )


def _never(one: Candidate, metres: float, seen: Discovery, weights: MatchWeights) -> str | None:
    """Say why a filing cannot be that of the works, however like them it is."""
    works = one.filing.works
    if one.filing.cancelled_at is not None:
        return f"was cancelled on {one.filing.cancelled_at.astimezone(one.zone):%Y-%m-%d %H:%M}"
    if seen.seen_at >= works.valid_until:
        return f"ended on {works.valid_until.astimezone(one.zone):%Y-%m-%d %H:%M}, before the works were seen"
    if works.valid_from - seen.seen_at > weights.early_most:
        return f"begins on {works.valid_from.astimezone(one.zone):%Y-%m-%d %H:%M}, long after the works were seen"
    if metres > weights.reach_m + _off_m(seen, weights):
        return f"lies {metres:.0f} m away"
    return None


def _weigh(one: Candidate, metres: float, seen: Discovery, weights: MatchWeights) -> _Weighed:
    parts = (
        _prior(seen, weights),
        _space(one.filing.works, metres, seen, weights),
        _time(one, seen, weights),
        _method(one.filing.works, seen, weights),
    )
    odds = math.prod(part.weight for part in parts)
    return _Weighed(one, metres, odds / (1 + odds), parts)


def metres_from(works: Works, seen: Discovery) -> float:
    """Return the metres from the area of works to what was seen; inside, less than 0: to its edge."""
    frame = near_frame(*seen.place)
    area = shapely.transform(shapely.from_wkb(works.area), frame.to_metres)
    point = shapely.Point(frame.to_metres(np.array([seen.place]))[0])
    if covers_ground(works.area) and shapely.covers(area, point):
        return -float(shapely.distance(shapely.boundary(area), point))
    return float(shapely.distance(area, point))


def _off_m(seen: Discovery, weights: MatchWeights) -> float:
    return weights.unknown_off_m if seen.off_m is None else seen.off_m


def _prior(seen: Discovery, weights: MatchWeights) -> Part:
    share = weights.compound if seen.compound else weights.usual
    where = "works inside a compound, mostly below the threshold of permits" if seen.compound else "works near pipes"
    return Part(PartName.PRIOR, share / (1 - share), f"{share:.0%} of {where} are filed")


def _space(works: Works, metres: float, seen: Discovery, weights: MatchWeights) -> Part:
    off = _off_m(seen, weights)
    if not covers_ground(works.area):  # how far the works go is not known: as little as an unmeasured place
        sigma = math.hypot(off, weights.unknown_off_m) / _SIGMAS
        within = math.erfc(metres / (sigma * math.sqrt(2)))
        words = f"seen {metres:.0f} m from a line or point without an area, to within {off:.0f} m"
        return Part(PartName.SPACE, within * weights.inside + (1 - within) * weights.outside, words)
    sigma = math.hypot(off / _SIGMAS, weights.edge_m)
    within = 0.5 * math.erfc(metres / (sigma * math.sqrt(2)))
    where = f"{-metres:.0f} m inside" if metres <= 0 else f"{metres:.0f} m outside"
    return Part(
        PartName.SPACE,
        within * weights.inside + (1 - within) * weights.outside,
        f"seen {where} the area filed, to within {off:.0f} m",
    )


def _time(one: Candidate, seen: Discovery, weights: MatchWeights) -> Part:
    works, local = one.filing.works, seen.seen_at.astimezone(one.zone)
    if seen.seen_at < works.valid_from:
        begins = works.valid_from.astimezone(one.zone)
        return Part(PartName.TIME, weights.early, f"seen before the period, which begins on {begins:%Y-%m-%d %H:%M}")
    if works.hours is None:
        return Part(PartName.TIME, weights.in_hours, "seen within the period; no hours were filed")
    hours = f"{works.hours.opens:%H:%M} to {works.hours.shuts:%H:%M}"
    if in_hours(((works.hours.opens, works.hours.shuts),), local.time()):
        return Part(PartName.TIME, weights.in_hours, f"seen within the period and its hours, {hours}")
    return Part(PartName.TIME, weights.off_hours, f"seen at {local:%H:%M}, outside the hours filed, {hours}")


def _method(works: Works, seen: Discovery, weights: MatchWeights) -> Part:
    kind = seen.machine
    if kind not in TOLD_APART:
        return Part(PartName.METHOD, 1.0, "the machine's type is not known")
    if works.machines:
        named = kind in works.machines
        words = f"{kind} is {'' if named else 'not '}among the machines filed"
        return Part(PartName.METHOD, weights.named if named else weights.unnamed, words)
    fits = kind in weights.suits[works.method]
    words = f"{works.method.value} {'takes' if fits else 'does not take'} {kind}; no machines were filed"
    return Part(PartName.METHOD, weights.fits if fits else weights.fits_not, words)
