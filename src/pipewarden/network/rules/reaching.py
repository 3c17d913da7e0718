"""In whose range does a piece of ground lie, and for how many metres of pipe: what a filing is answered."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.network.facts import Zone
from pipewarden.network.rules import zones
from pipewarden.network.rules.stretches import frame_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.network.rules.index import Frame
    from pipewarden.network.rules.zones import Table

    Floats = NDArray[np.float64]
    Found = dict[tuple[int, Zone], float]

_STEP_M = 0.05  # ranges are rounded up to it, so that pipes of many diameters share few buffers
_QUARTER = 16  # corners of a buffer's quarter circle


def around(table: Table, ground: shapely.Geometry) -> Found:
    """Return metres by (position in ``Network.ids``, zone) of what has ``ground`` in its range; 0 for stations.

    The ground is taken as drawn, the map's own error is added to each range (domain rule 3.9). A pipe's metres in its
    protection range are not counted again in its control range.

    Args:
        table: network and rules.
        ground: a polygon or multipolygon, lon/lat in degrees WGS-84, at most two degrees wide.
    """
    frame = frame_of(table.network, float(ground.centroid.x))
    here = shapely.transform(ground, frame.local.to_metres)
    hits = frame.tree().query(here, predicate="dwithin", distance=table.reach_widened + 2 * _STEP_M)
    station = table.network.station[frame.pipe[hits]]
    found = _lines(table, frame, here, hits[~station])
    for place, zone in _stations(table, frame, here, hits[station]).items():
        found[place, zone] = 0.0
    return found


def beyond(table: Table, ground: shapely.Geometry) -> bool:
    """Return whether any corner of ``ground`` lies so far outside the map that it says nothing there."""
    corners = shapely.get_coordinates(ground)
    return bool(zones.beyond(table, corners, np.full(corners.shape[0], np.inf)).any())


def _wide(table: Table, ranges: Floats, places: NDArray[np.int32]) -> Floats:
    """Return each pipe's range with its map's error, rounded up; -1 where it has none."""
    wide = np.ceil((ranges[places] + table.sigma[places]) / _STEP_M - 1e-9) * _STEP_M
    return np.where(ranges[places] < 0, -1.0, wide)


def _lines(table: Table, frame: Frame, here: shapely.Geometry, hits: NDArray[np.int64]) -> Found:
    places = frame.pipe[hits]
    lines = frame.tree().geometries[hits]
    inner = _within(here, lines, _wide(table, table.protect, places))
    both = _within(here, lines, _wide(table, table.control, places))
    found: defaultdict[tuple[int, Zone], float] = defaultdict(float)
    for place, protected, reached in zip(places.tolist(), inner.tolist(), both.tolist(), strict=True):
        if protected > 0:
            found[place, Zone.PROTECTION] += protected
        if reached > protected:
            found[place, Zone.CONTROL] += reached - protected
    return dict(found)


def _within(here: shapely.Geometry, lines: NDArray[np.object_], ranges: Floats) -> Floats:
    """Return the metres of each line that lie within its own range of ``here``."""
    metres = np.zeros(lines.size)
    for reach in np.unique(ranges[ranges >= 0]).tolist():
        mine = ranges == reach
        outside = reach / math.cos(math.pi / (4 * _QUARTER))  # a circle's corners lie on it: go round it instead
        buffer = shapely.buffer(here, outside, quad_segs=_QUARTER)
        metres[mine] = shapely.length(shapely.intersection(lines[mine], buffer))
    return metres


def _stations(table: Table, frame: Frame, here: shapely.Geometry, hits: NDArray[np.int64]) -> dict[int, Zone]:
    places = frame.pipe[hits]
    off = shapely.distance(frame.tree().geometries[hits], here)
    inside = frame.area_pipes[frame.areas.query(here, predicate="intersects")]
    places, off = np.concatenate([places, inside]), np.concatenate([off, np.zeros(inside.size)])
    first, second = _wide(table, table.protect, places), _wide(table, table.control, places)
    found: dict[int, Zone] = {}
    for place, near, protect, control in zip(
        places.tolist(), off.tolist(), first.tolist(), second.tolist(), strict=True
    ):
        if near <= protect:
            found[place] = Zone.PROTECTION
        elif near <= control:
            found.setdefault(place, Zone.CONTROL)
    return found
