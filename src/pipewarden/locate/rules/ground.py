"""Ground as polygons: views put together, and cut to the part of the map that somebody may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely import Geometry

    Ring = Sequence[tuple[float, float]]

_NOTHING = shapely.Polygon()
_STILL = 1e-6  # degrees, a tenth of a metre: what a map cannot show


def together(rings: Iterable[Ring], inside: Geometry | None = None) -> Geometry:
    """Return the ground that any of the rings holds, WGS-84 degrees, cut to ``inside`` where given.

    A ring that crosses itself, as a far corner of a homography may make it, is the ground between its lines.
    """
    shapes = [shapely.make_valid(shapely.Polygon(ring)) for ring in rings]
    if not shapes:
        return _NOTHING
    ground = shapely.union_all(np.array(shapes))
    return ground if inside is None else shapely.intersection(ground, inside)


def outlines(ground: Geometry) -> tuple[list[Ring], list[Ring]]:
    """Return the outer rings of the ground's polygons and the rings of its holes, closed."""
    parts = [one for one in shapely.get_parts(ground) if isinstance(one, shapely.Polygon)]
    if not parts and isinstance(ground, shapely.GeometryCollection):
        parts = [each for one in shapely.get_parts(ground) for each in shapely.get_parts(one)]
    kept = [one for one in parts if isinstance(one, shapely.Polygon) and not one.is_empty]
    outer: list[Ring] = [_corners(one.exterior) for one in kept]
    holes: list[Ring] = [_corners(hole) for one in kept for hole in one.interiors]
    return outer, holes


def shape_of(ground: Geometry) -> list[list[list[list[float]]]]:
    """Return the coordinates of a GeoJSON MultiPolygon (RFC 7946), drawn as finely as a map needs."""
    polygons = [one for one in shapely.get_parts(shapely.simplify(ground, _STILL)) if isinstance(one, shapely.Polygon)]
    return [
        [[list(corner) for corner in _corners(ring)] for ring in (one.exterior, *one.interiors)]
        for one in polygons
        if not one.is_empty
    ]


def _corners(ring: shapely.LinearRing) -> list[tuple[float, float]]:
    return [(round(lon, 7), round(lat, 7)) for lon, lat in ring.coords]
