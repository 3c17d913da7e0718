"""The true zone of a place, worked out apart from `network` so that the demo's truth is no echo of the code it tests.

Ranges of GB 55009-2021 5.1.6 (protection) and 5.1.7 (control), metres from the pipe's outer edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely import transform
from shapely.geometry import Point, Polygon, shape

from pipewarden.kit.geo import LocalFrame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RANGES = {"low": (0.5, 5.0), "medium": (0.5, 5.0), "sub_high": (1.5, 15.0), "high": (5.0, 50.0)}
_BY_MPA = ((0.01, "low"), (0.4, "medium"), (1.6, "sub_high"))
_LABELS = {"低压": "low", "中压A": "medium", "中压B": "medium", "次高压A": "sub_high", "次高压B": "sub_high"}
_RANK = {"protection": 0, "control": 1, "outside": 2}


@dataclass(frozen=True, slots=True)
class TrueZone:
    """The zone, the pipe that gives it, and how far its outer edge is from the centre and from the footprint."""

    zone: str
    pipe_id: str
    distance_m: float
    footprint_distance_m: float


def class_of(told: Mapping[str, Any]) -> str:
    """Return low, medium, sub_high or high from a row's number or label; high when it tells neither."""
    number, label = told.get("pressure_mpa"), told.get("pressure_class")
    if number is not None:
        return next((name for limit, name in _BY_MPA if number <= limit), "high")
    return _LABELS.get(label or "", "high")


def true_zone(
    network: Mapping[str, Any], place: tuple[float, float], footprint: Sequence[tuple[float, float]]
) -> TrueZone:
    """Return the highest zone over all pipes at ``place`` (lon, lat); ties go to the nearest pipe."""
    frame = LocalFrame(*place)
    stand = Polygon(frame.to_metres(np.array(footprint)))
    centre = Point(0.0, 0.0)
    best: tuple[int, float, TrueZone] | None = None
    for row in network["features"]:
        line = transform(shape(row["geometry"]), frame.to_metres)
        told = row["properties"]
        radius = (told.get("diameter_mm") or 0) / 2000
        far = max(line.distance(centre) - radius, 0.0)
        near = max(line.distance(stand) - radius, 0.0)
        protect, control = _RANGES[class_of(told)]
        zone = "protection" if far <= protect else "control" if far <= control else "outside"
        found = (_RANK[zone], far, TrueZone(zone, told["pipe_id"], round(far, 2), round(near, 2)))
        best = min(best, found, key=lambda f: f[:2]) if best else found
    if best is None:
        raise ValueError("the network has no features")
    return best[2]
