"""What a square of the map shows of a network: pipes, stations and ranges, no more of it than the reader may see.

Ranges are laid around the pipes in a metric frame of the square, never in degrees, from the same radii and ranges that
answer points; one polygon a class, so that overlaps do not darken. A range that reaches into the reader's ground from
a pipe outside it is drawn there, as the answer for a point there says: the pipe is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.network.facts import Kind, PressureClass
from pipewarden.network.rules.tiles.square import Square, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipewarden.network.facts import Pipe, Regime

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

PIPES_FROM, STATIONS_FROM, RANGES_FROM = 9, 11, 13
MOST_PIPES = 3_000  # more in one square are drawn joined by class, without names: nobody can point at one there
_LINE_UNITS = 2.0  # a quarter of a pixel on a square of 512
_RIM_UNITS = 0.5
_LONGEST_DEGREES = (
    0.0045  # 500 m: longer segments are cut, as the index does, so that straight means straight in lon/lat
)
_ROUND = 8  # corners of a quarter circle: 0.5 % of the range off at worst


@dataclass(frozen=True, slots=True)
class Drawing:
    """A version laid out for drawing; arrays by the position of the pipe in it.

    Attributes:
        shapes: WGS-84 lon/lat, segments of at most 500 m.
        tree: over ``shapes``.
    """

    pipes: tuple[Pipe, ...]
    shapes: Shapes
    tree: shapely.STRtree
    station: NDArray[np.bool_]
    classes: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawing with the law of the day.

    Attributes:
        protect: metres from the drawn line to the rim of the protection range per pipe, radius included; below 0 where
            there is none. ``control`` the same. Both None when no law is in force.
    """

    drawing: Drawing
    regime: Regime
    protect: Floats | None
    control: Floats | None


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing in a layer: its shape in whole units of the square, and what is said of it."""

    shape: shapely.Geometry
    properties: dict[str, str | bool]


def lay_out(pipes: Sequence[Pipe]) -> Drawing:
    """Return ``pipes`` (WKB in WGS-84) laid out for drawing."""
    shapes = shapely.segmentize(shapely.from_wkb([one.geometry for one in pipes]), _LONGEST_DEGREES)
    return Drawing(
        pipes=tuple(pipes),
        shapes=shapes,
        tree=shapely.STRtree(shapes),
        station=np.array([one.kind is Kind.STATION for one in pipes], dtype=np.bool_),
        classes=np.array([one.pressure_class for one in pipes], dtype=object),
    )


def draw(plans: Sequence[Plan], square: Square, ground: bytes | None) -> dict[str, list[Feature]]:
    """Return the features of each layer that has any.

    Args:
        plans: one per regime.
        square: the tile.
        ground: what the reader may see, WKB in WGS-84 lon/lat; None for everything.
    """
    seen = None if ground is None else shapely.clip_by_rect(shapely.from_wkb(ground), *square.bounds(1.0))
    if seen is not None and (seen.is_empty or not seen.geom_type.endswith("Polygon")):
        return {}
    layers: dict[str, list[Feature]] = {}
    for plan in plans:
        if square.z >= RANGES_FROM and plan.protect is not None and plan.control is not None:
            layers.setdefault("control", []).extend(_ranges(plan, plan.control, square, seen))
            layers.setdefault("protection", []).extend(_ranges(plan, plan.protect, square, seen))
        if square.z >= PIPES_FROM:
            layers.setdefault("pipes", []).extend(_pipes(plan, square, seen))
        if square.z >= STATIONS_FROM:
            layers.setdefault("stations", []).extend(_stations(plan, square, seen))
    return {name: features for name, features in layers.items() if features}


def _hits(plan: Plan, bounds: tuple[float, float, float, float]) -> Ints:
    return np.sort(plan.drawing.tree.query(shapely.box(*bounds), predicate="intersects"))


def _pipes(plan: Plan, square: Square, seen: shapely.Geometry | None) -> list[Feature]:
    drawing = plan.drawing
    hits = _hits(plan, square.bounds())
    hits = hits[~drawing.station[hits]]
    lines = _within(drawing.shapes[hits], seen)
    said = [_said(plan, int(hit)) for hit in hits]
    if len(hits) > MOST_PIPES:
        lines, said = _joined(plan, lines, drawing.classes[hits])
    units = shapely.simplify(shapely.transform(lines, square.to_units), _LINE_UNITS, preserve_topology=False)
    clipped = whole(_lines_only(shapely.clip_by_rect(units, *square.box)))
    return [
        Feature(shape, words)
        for shape, words in zip(clipped, said, strict=True)
        if not shape.is_empty and shape.length > 0
    ]


def _joined(plan: Plan, lines: Shapes, classes: NDArray[np.object_]) -> tuple[Shapes, list[dict[str, str | bool]]]:
    """Return one shape for each class, and what is said of it."""
    found = sorted(set(classes.tolist()))
    shapes = [shapely.line_merge(shapely.union_all(lines[classes == cls])) for cls in found]
    return np.array(shapes, dtype=object), [_class(plan, cls) for cls in found]


def _stations(plan: Plan, square: Square, seen: shapely.Geometry | None) -> list[Feature]:
    hits = _hits(plan, square.bounds())
    hits = hits[plan.drawing.station[hits]]
    points = shapely.point_on_surface(_within(plan.drawing.shapes[hits], seen))
    units = whole(shapely.clip_by_rect(shapely.transform(points, square.to_units), *square.box))
    return [Feature(shape, _said(plan, int(hit))) for shape, hit in zip(units, hits, strict=True) if not shape.is_empty]


def _ranges(plan: Plan, reach: Floats, square: Square, seen: shapely.Geometry | None) -> list[Feature]:
    drawing = plan.drawing
    hits = _hits(plan, square.bounds(float(np.max(reach, initial=0.0))))
    hits = hits[reach[hits] >= 0]
    if hits.size == 0:
        return []
    frame = square.frame()
    rounded = shapely.buffer(shapely.transform(drawing.shapes[hits], frame.to_metres), reach[hits], quad_segs=_ROUND)
    classes = drawing.classes[hits]
    found: list[PressureClass] = sorted(set(classes.tolist()))
    unions = np.array([shapely.union_all(rounded[classes == cls]) for cls in found], dtype=object)
    inside = _within(shapely.transform(unions, frame.to_lonlat), seen)
    units = shapely.simplify(shapely.transform(inside, square.to_units), _RIM_UNITS)
    shapes = whole(_areas_only(shapely.intersection(units, shapely.box(*square.box))))
    return [Feature(shape, _class(plan, cls)) for shape, cls in zip(shapes, found, strict=True) if not shape.is_empty]


def _within(shapes: Shapes, seen: shapely.Geometry | None) -> Shapes:
    return shapes if seen is None else shapely.intersection(shapes, seen)


def _lines_only(shapes: Shapes) -> Shapes:
    return _parts_only(shapes, 1, shapely.multilinestrings)


def _areas_only(shapes: Shapes) -> Shapes:
    return _parts_only(shapes, 3, shapely.multipolygons)


def _parts_only(shapes: Shapes, kind: int, join: object) -> Shapes:
    """Return shapes without the points and lines that a cut leaves where it only touches."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == 7)  # noqa: PLR2004  GEOS's number of a collection
    for i in mixed:
        parts = shapely.get_parts(shapes[i])
        shapes[i] = join(parts[shapely.get_type_id(parts) == kind])  # type: ignore[operator]
    return shapes


def _said(plan: Plan, pipe: int) -> dict[str, str | bool]:
    one = plan.drawing.pipes[pipe]
    return {"pipe_id": one.pipe_id, "label": one.label, **_class(plan, one.pressure_class)}


def _class(plan: Plan, cls: PressureClass) -> dict[str, str | bool]:
    """Say the class; an unknown one is drawn as the strictest."""
    return {"pressure_class": cls.value, "regime": plan.regime.value, "assumed": cls is PressureClass.UNKNOWN}
