"""What a new report may be about: open things near it, the likeliest first, by distance, age and kind alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipewarden.field.facts.reports import Ranked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.field.facts.reports import Near, Nearby

_EARTH_M = 6_371_008.8  # mean radius
_DAY_S = 86_400.0
_HALF_TURN = 180.0


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance of two places (lon, lat in degrees), metres."""
    lon_a, lat_a, lon_b, lat_b = map(math.radians, (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def rank(
    items: Iterable[Nearby], place: tuple[float, float], kind: str, at: datetime, policy: Near, *, accuracy_m: float = 0
) -> list[Ranked]:
    """Return the suggestions for a place, the likeliest first, at most ``policy.most``.

    The weight is a product of three: halved by each ``half_m`` beyond the place's own error, halved by each
    ``half_days`` since it was last seen, and times ``other_kind`` where the kinds differ. Nothing is left out for its
    age: what is open is open.

    Args:
        items: open at ``at``.
        place: lon, lat of the one who asks, degrees WGS-84.
        kind: what they see; empty where they have not said yet, and then no kind weighs less.
        at: the moment.
        policy: the numbers.
        accuracy_m: of the place; within it everything counts as here.
    """
    found = []
    for one in items:
        distance = metres(place, (one.lon, one.lat))
        if distance > policy.reach_m + accuracy_m:
            continue
        same = not kind or not one.kind or kind == one.kind
        beyond = max(0.0, distance - accuracy_m)
        days = max(0.0, (at - one.seen).total_seconds() / _DAY_S)
        weight = 0.5 ** (beyond / policy.half_m) * 0.5 ** (days / policy.half_days) * (1 if same else policy.other_kind)
        found.append(Ranked(one, distance, weight, same))
    return sorted(found, key=lambda one: (-one.weight, one.distance_m, one.item.id))[: policy.most]


def box(place: tuple[float, float], reach_m: float) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees: all within ``reach_m`` of a place, and a little more."""
    tall = reach_m / 110_000.0  # shorter than any degree of latitude
    wide = tall / max(math.cos(math.radians(min(abs(place[1]) + tall, 89.0))), 0.01)
    return (
        max(place[0] - wide, -_HALF_TURN),
        max(place[1] - tall, -_HALF_TURN / 2),
        min(place[0] + wide, _HALF_TURN),
        min(place[1] + tall, _HALF_TURN / 2),
    )
