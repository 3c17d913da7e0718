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
    Words = dict[str, str | bool]

PIPES_FROM, STATIONS_FROM, RANGES_FROM = 9, 11, 13
MOST_PIPES = 3_000  # more in one square are drawn joined by class, without names: nobody can point at one there
_LINE_UNITS = 2.0  # a quarter of a pixel on a square of 512
_RIM_UNITS = 0.5  # and half of it of the line inside
_LONGEST_DEGREES = 0.0045  # 500 m: longer segments are cut, as the index does, to stay straight in lon/lat
_ROUND = 16  # corners of a quarter circle at most: 0.12 % of the range off, 6 cm of 50 m
_SPARE_M = 1.0
_LINES, _AREAS = (1, 5), (3, 6)  # GEOS's numbers of the plain and the multiple type
_JOIN = {5: shapely.multilinestrings, 6: shapely.multipolygons}


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
    properties: Words


def lay_out(pipes: Sequence[Pipe]) -> Drawing:
    """Return ``pipes`` (WKB in WGS-84) laid out for drawing."""
    shapes = shapely.segmentize(shapely.from_wkb([one.geometry for one in pipes]), _LONGEST_DEGREES)
    crossed = ~shapely.is_valid(shapes)  # valid where they were drawn, but perhaps not after the change of datum
    shapes[crossed] = shapely.make_valid(shapes[crossed])
    return Drawing(
        pipes=tuple(pipes),
        shapes=shapes,
        tree=shapely.STRtree(shapes),
        station=np.array([one.kind is not Kind.PIPE for one in pipes], dtype=np.bool_),
        classes=np.array([one.pressure_class for one in pipes], dtype=object),
    )


def draw(plans: Sequence[Plan], square: Square, ground: bytes | None) -> dict[str, list[Feature]]:
    """Return the features of each layer that has any.

    Args:
        plans: one per regime.
        square: the tile.
        ground: what the reader may see, WKB in WGS-84 lon/lat; None for everything.
    """
    seen = _seen(square, ground)
    if seen.is_empty:
        return {}
    layers: dict[str, list[Feature]] = {name: [] for name in ("control", "protection", "pipes", "stations")}
    for plan in plans:
        if square.z >= RANGES_FROM:
            for name, features in _ranges(plan, square, seen).items():
                layers[name] += features
        if square.z >= PIPES_FROM:
            layers["pipes"] += _pipes(plan, square, seen)
        if square.z >= STATIONS_FROM:
            layers["stations"] += _stations(plan, square, seen)
    return {name: features for name, features in layers.items() if features}


def _seen(square: Square, ground: bytes | None) -> shapely.Geometry:
    """Return the part of the square, in its units, that the reader may see."""
    box = shapely.box(*square.box)
    if ground is None:
        return box
    near = shapely.intersection(shapely.from_wkb(ground), shapely.box(*square.bounds(_SPARE_M)))
    return shapely.intersection(box, shapely.make_valid(shapely.transform(near, square.to_units)))


def _hits(plan: Plan, square: Square, beyond_m: float = 0.0) -> Ints:
    """Return the pipes that come within ``beyond_m`` of the square, in the order of the network."""
    near = shapely.box(*square.bounds(beyond_m + _SPARE_M))
    return np.sort(plan.drawing.tree.query(near, predicate="intersects"))


def _pipes(plan: Plan, square: Square, seen: shapely.Geometry) -> list[Feature]:
    drawing = plan.drawing
    hits = _hits(plan, square)
    hits = hits[~drawing.station[hits]]
    lines = shapely.transform(drawing.shapes[hits], square.to_units)
    if len(hits) > MOST_PIPES:
        lines, said = _joined(plan, lines, drawing.classes[hits])
    else:
        said = [_said(plan, int(hit)) for hit in hits]
    plain = shapely.simplify(lines, _LINE_UNITS, preserve_topology=False)
    return _features(_only(shapely.intersection(plain, seen), _LINES), said)


def _joined(plan: Plan, lines: Shapes, classes: NDArray[np.object_]) -> tuple[Shapes, list[Words]]:
    """Return one shape for each class, its pipes joined end to end, and what is said of it."""
    found = sorted(set(classes.tolist()))
    shapes = [shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines[classes == cls]))) for cls in found]
    return np.array(shapes, dtype=object), [_class(plan, cls) for cls in found]


def _stations(plan: Plan, square: Square, seen: shapely.Geometry) -> list[Feature]:
    hits = _hits(plan, square)
    hits = hits[plan.drawing.station[hits]]
    inside = shapely.intersection(shapely.transform(plan.drawing.shapes[hits], square.to_units), seen)
    return _features(shapely.point_on_surface(inside), [_said(plan, int(hit)) for hit in hits])


def _ranges(plan: Plan, square: Square, seen: shapely.Geometry) -> dict[str, list[Feature]]:
    if plan.protect is None or plan.control is None:
        return {}
    frame, blur = square.frame(), _RIM_UNITS * square.unit_m
    widest = float(np.max(plan.control, initial=0.0))
    hits = _hits(plan, square, widest)
    # cut first, wider than any range reaches: of a pipeline with 50,000 corners a fiftieth of the work is left
    near = shapely.intersection(plan.drawing.shapes[hits], shapely.box(*square.bounds(widest + _SPARE_M)))
    lines = shapely.simplify(shapely.transform(near, frame.to_metres), blur / 2)
    classes = plan.drawing.classes[hits]
    made = {}
    for name, reach in (("control", plan.control[hits]), ("protection", plan.protect[hits])):
        found = sorted(set(classes[reach >= 0].tolist()))
        unions = [
            _widened(lines[mine], reach[mine], blur / 4) for mine in ((classes == cls) & (reach >= 0) for cls in found)
        ]
        plain = shapely.simplify(np.array(unions, dtype=object), blur)  # before the transform: it is the dearest step
        units = shapely.transform(shapely.transform(plain, frame.to_lonlat), square.to_units)
        inside = _only(shapely.intersection(shapely.make_valid(units), seen), _AREAS)
        made[name] = _features(inside, [_class(plan, cls) for cls in found])
    return made


def _widened(shapes: Shapes, reach: Floats, blur: float) -> shapely.Geometry:
    """Return the union of shapes in metres, each widened by its reach; those of one reach are widened as one.

    Round corners keep within ``blur`` metres of the circle, so that a square seen from afar has few of them.
    """
    parts = []
    for metres in np.unique(reach):
        turn = np.arccos(max(0.0, 1.0 - blur / metres)) if metres > 0 else np.pi
        corners = int(np.clip(np.ceil(np.pi / 4 / turn), 2, _ROUND))
        together = shapely.geometrycollections(shapes[reach == metres])
        parts.append(shapely.buffer(together, metres, quad_segs=corners))
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _only(shapes: Shapes, types: tuple[int, int]) -> Shapes:
    """Return shapes without the corners and edges that a cut leaves where it only touches."""
    one, several = types
    for i in np.flatnonzero(~np.isin(shapely.get_type_id(shapes), types)):
        parts = shapely.get_parts(shapes[i])
        shapes[i] = _JOIN[several](parts[shapely.get_type_id(parts) == one])
    return shapes


def _features(shapes: Shapes, said: Sequence[Words]) -> list[Feature]:
    return [Feature(shape, words) for shape, words in zip(whole(shapes), said, strict=True) if not shape.is_empty]


def _said(plan: Plan, pipe: int) -> Words:
    one = plan.drawing.pipes[pipe]
    return {"pipe_id": one.pipe_id, "label": one.label, **_class(plan, one.pressure_class)}


def _class(plan: Plan, cls: PressureClass) -> Words:
    """Say the class; an unknown one is drawn as the strictest."""
    return {"pressure_class": cls.value, "regime": plan.regime.value, "assumed": cls is PressureClass.UNKNOWN}
