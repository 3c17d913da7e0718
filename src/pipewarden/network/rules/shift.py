"""How far a new map lies from the old one: a wrong reference system moves every pipe, a re-survey moves a few."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.geo import LocalFrame
from pipewarden.network.facts import Pipe, Shift
from pipewarden.network.rules.rows import ROW_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT_M = 20.0
_LEAST_SHARE = 0.3
_LEAST_MATCHES = 5
_SAMPLE = 2000


def measure(old: Sequence[Pipe], new: Sequence[Pipe]) -> Shift | None:
    """Return the median displacement between two versions, None when one of them is empty.

    By equal ids (distance between the middles of the same pipe) where at least 30 % of the new ids are known, else by
    the distance from the new vertices to the nearest old pipe. The median is not moved by the pipes that were relaid.
    """
    if not old or not new:
        return None
    before, after = _unique(old), _unique(new)
    both = sorted(set(before) & set(after))
    lon_lat = shapely.get_coordinates(shapely.from_wkb(new[0].geometry))[0]
    frame = LocalFrame(float(lon_lat[0]), float(lon_lat[1]))
    if len(both) >= min(_LEAST_MATCHES, len(new)) and len(both) >= _LEAST_SHARE * len(new):
        a, b = (frame.to_metres(_middles([pipes[key] for key in both])) for pipes in (before, after))
        return Shift(median_m=_median(np.hypot(*(a - b).T)), matched=len(both), by="pipe_id")
    vertices = shapely.get_coordinates(shapely.from_wkb([p.geometry for p in new]))
    sample = frame.to_metres(vertices[:: max(1, vertices.shape[0] // _SAMPLE)])
    shapes = shapely.transform(shapely.from_wkb([p.geometry for p in old]), frame.to_metres)
    tree = shapely.STRtree(shapes)
    distances = tree.query_nearest(shapely.points(sample), all_matches=False, return_distance=True)[1]
    return Shift(median_m=_median(distances), matched=int(sample.shape[0]), by="geometry")


def _unique(pipes: Sequence[Pipe]) -> dict[str, Pipe]:
    """Return pipes by id, without ids that repeat and without ids that are only row numbers."""
    times = Counter(p.pipe_id for p in pipes)
    return {p.pipe_id: p for p in pipes if times[p.pipe_id] == 1 and not p.pipe_id.startswith(ROW_ID)}


def _middles(pipes: Sequence[Pipe]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    shapes = shapely.from_wkb([p.geometry for p in pipes])
    return np.asarray(shapely.get_coordinates(shapely.centroid(shapes)), dtype=np.float64)


def _median(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.median(values))
