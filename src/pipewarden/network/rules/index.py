"""The network laid out for asking: segments in local metric frames, with a grid over each.

A frame is a transverse Mercator of at most 3 degrees of longitude around its centre, so that lengths there are right to
2.7e-4 at worst (1.3 cm at 50 m on the rim; below 1 mm at 50 m for a city 40 km wide). A wider network is cut into such
strips, each knowing the pipes of one degree beyond its rim. Lines are straight between their vertices in lon/lat
(RFC 7946 §3.1.1); longer segments are cut to 500 m first, which leaves less than a centimetre between the two readings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.geo import LocalFrame
from pipewarden.network.facts import Kind, Pipe, PressureClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]

STRIP_DEGREES = 3.0
_BEYOND_DEGREES = 1.0
_LONGEST_M = 500.0
_CELL_M = 64.0
_MOST_CELLS = 4_000_000
_MOST_PIECES = 20_000_000
_METRES_PER_DEGREE = 111_320.0
_CLASS_CODES = {cls: code for code, cls in enumerate(PressureClass)}


@dataclass(frozen=True, slots=True)
class Frame:
    """One metric frame with its share of the network.

    Attributes:
        west: first longitude this frame answers for, ``east`` the last.
        lines: (m, 5) per segment: ax, ay, dx, dy in metres of ``local`` and 1/length² (0 for a point).
        pipe: (m,) position of the segment's pipe in ``Network.pipes``.
        group: (m,) number of the area whose rim the segment is, else -1.
        cells: x0, y0, size of the grid in metres; ``shape`` its columns and rows.
        start: cell lists of reach 0, with ``items``.
        areas: stations drawn as areas, in metres, with ``area_pipes`` their pipes.
    """

    west: float
    east: float
    local: LocalFrame
    lines: Floats
    pipe: Ints
    group: Ints
    cells: Floats
    shape: Longs
    start: Longs
    items: Ints
    areas: shapely.STRtree
    area_pipes: Ints
    trees: list[shapely.STRtree] = field(default_factory=list, repr=False)

    def tree(self) -> shapely.STRtree:
        """Return a tree over the centre lines, made when a point far from every pipe first asks for it."""
        if not self.trees:
            a = self.lines[:, :2]
            self.trees.append(shapely.STRtree(shapely.linestrings(np.stack([a, a + self.lines[:, 2:4]], axis=1))))
        return self.trees[0]


@dataclass(frozen=True, slots=True)
class Network:
    """The whole network, independent of any rule pack.

    Attributes:
        ids: source ids by position; ``rows`` their rows.
        station: whether the pipe is a station; ``point`` whether it is drawn as a point.
        classes: position of the pressure class in ``PressureClass``.
        diameter_mm: nan when unknown or not needed; ``sigma_m`` nan when unknown.
        outer: the line drawn is the outer edge already.
        extent: lon_min, lat_min, lon_max, lat_max in WGS-84.
    """

    ids: tuple[str, ...]
    station: NDArray[np.bool_]
    point: NDArray[np.bool_]
    outer: NDArray[np.bool_]
    classes: Ints
    diameter_mm: Floats
    sigma_m: Floats
    extent: tuple[float, float, float, float]
    frames: tuple[Frame, ...]

    @property
    def segments(self) -> int:
        """Return how many segments the frames hold together."""
        return sum(frame.lines.shape[0] for frame in self.frames)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Segments in lon/lat: (m, 4) lon, lat, lon, lat; their pipes and areas."""

    ends: Floats
    pipe: Ints
    group: Ints


def build(pipes: Sequence[Pipe]) -> Network:
    """Return the index of ``pipes`` (WKB in WGS-84).

    Raises:
        ValueError: the network is too large to be laid out (20 million pieces of 500 m).
    """
    shapes = shapely.from_wkb([p.geometry for p in pipes])
    pieces = _cut(_pieces(shapes))
    areas = np.flatnonzero(np.isin(shapely.get_type_id(shapes), (3, 6))).astype(np.int32)
    frames = tuple(_frame(pieces, shapes, areas, west, east) for west, east in _strips(pieces.ends))
    return Network(
        ids=tuple(p.pipe_id for p in pipes),
        station=np.array([p.kind is Kind.STATION for p in pipes], dtype=np.bool_),
        point=np.asarray(shapely.get_type_id(shapes) == 0, dtype=np.bool_),
        outer=np.array([p.datum.value == "outer_edge" for p in pipes], dtype=np.bool_),
        classes=np.array([_CLASS_CODES[p.pressure_class] for p in pipes], dtype=np.int32),
        diameter_mm=np.array([math.nan if p.diameter_mm is None else p.diameter_mm for p in pipes], dtype=np.float64),
        sigma_m=np.array([math.nan if p.sigma_m is None else p.sigma_m for p in pipes], dtype=np.float64),
        extent=_extent(pieces.ends),
        frames=frames,
    )


def _extent(ends: Floats) -> tuple[float, float, float, float]:
    (west, south), (east, north) = ends.reshape(-1, 2).min(axis=0), ends.reshape(-1, 2).max(axis=0)
    return float(west), float(south), float(east), float(north)


def _pieces(shapes: NDArray[np.object_]) -> _Pieces:
    """Return every shape's segments; a point is a segment of no length; an area gives its rings."""
    parts, part_pipe = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    kinds = shapely.get_type_id(parts)
    lines = np.flatnonzero(kinds == 1)
    chains = np.concatenate([parts[lines], rings])
    chain_pipe = np.concatenate([part_pipe[lines], part_pipe[ring_part]])
    chain_group = np.concatenate([np.full(lines.size, -1), ring_part])
    xy, chain = shapely.get_coordinates(chains, return_index=True)
    joined = chain[1:] == chain[:-1]
    ends = np.hstack([xy[:-1], xy[1:]])[joined] if xy.shape[0] else np.empty((0, 4))
    owner = chain[:-1][joined] if xy.shape[0] else np.empty(0, dtype=np.int64)
    points = np.flatnonzero(kinds == 0)
    dots = shapely.get_coordinates(parts[points])
    return _Pieces(
        ends=np.vstack([ends, np.hstack([dots, dots])]).astype(np.float64),
        pipe=np.concatenate([chain_pipe[owner], part_pipe[points]]).astype(np.int32),
        group=np.concatenate([chain_group[owner], np.full(points.size, -1)]).astype(np.int32),
    )


def _cut(pieces: _Pieces) -> _Pieces:
    ends = pieces.ends
    wide = (ends[:, 2] - ends[:, 0]) * np.cos(np.radians((ends[:, 1] + ends[:, 3]) / 2))
    length = np.hypot(wide, ends[:, 3] - ends[:, 1]) * _METRES_PER_DEGREE
    count = np.maximum(1, np.ceil(length / _LONGEST_M)).astype(np.int64)
    total = int(count.sum())
    if total == count.size:
        return pieces
    if total > _MOST_PIECES:
        raise ValueError(f"{total} pieces of {_LONGEST_M} m are more than the {_MOST_PIECES} an index holds")
    source = np.repeat(np.arange(count.size), count)
    nth = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
    a, step = ends[source, :2], (ends[source, 2:] - ends[source, :2]) / count[source, None]
    last = (nth + 1 == count[source])[:, None]
    cut = np.hstack([a + nth[:, None] * step, np.where(last, ends[source, 2:], a + (nth + 1)[:, None] * step)])
    return _Pieces(ends=cut, pipe=pieces.pipe[source], group=pieces.group[source])


def _strips(ends: Floats) -> list[tuple[float, float]]:
    """Return the longitudes each frame answers for; the outer ones reach round to the date line."""
    lon = ends[:, [0, 2]]
    west, east = float(lon.min()), float(lon.max())
    count = max(1, math.ceil((east - west) / STRIP_DEGREES))
    edges = np.linspace(west, east, count + 1)
    edges[0], edges[-1] = -math.inf, math.inf
    return [(float(a), float(b)) for a, b in pairwise(edges)]


def _frame(pieces: _Pieces, shapes: NDArray[np.object_], areas: Ints, west: float, east: float) -> Frame:
    low, high = pieces.ends[:, [0, 2]].min(axis=1), pieces.ends[:, [0, 2]].max(axis=1)
    held = np.flatnonzero((high >= west - _BEYOND_DEGREES) & (low <= east + _BEYOND_DEGREES))
    ends = pieces.ends[held]
    inner_west, inner_east = max(west, float(low.min())), min(east, float(high.max()))
    lat = ends[:, [1, 3]] if held.size else pieces.ends[:, [1, 3]]
    local = LocalFrame((inner_west + inner_east) / 2, float(lat.min() + lat.max()) / 2)
    a, b = local.to_metres(ends[:, :2]), local.to_metres(ends[:, 2:])
    cells, shape = _grid(a, b)
    size, middle = cells[2], (a + b) / 2
    place = np.floor((middle - cells[:2]) / size).astype(np.int64)
    by_cell = np.argsort(place[:, 1] * shape[0] + place[:, 0], kind="stable")  # neighbours in memory
    a, b = a[by_cell], b[by_cell]
    step = b - a
    squared = (step**2).sum(axis=1)
    lines = np.column_stack([a, step, np.divide(1.0, squared, out=np.zeros_like(squared), where=squared > 0)])
    start, items = _lists(lines, cells, shape)
    return Frame(
        west=west,
        east=east,
        local=local,
        lines=lines,
        pipe=pieces.pipe[held][by_cell],
        group=pieces.group[held][by_cell],
        cells=cells,
        shape=shape,
        start=start,
        items=items,
        areas=_areas(shapes[areas], local),
        area_pipes=areas,
    )


def _grid(a: Floats, b: Floats) -> tuple[Floats, Longs]:
    if a.shape[0] == 0:
        return np.array([0.0, 0.0, _CELL_M]), np.array([1, 1], dtype=np.int64)
    low, high = np.minimum(a, b).min(axis=0), np.maximum(a, b).max(axis=0)
    width, height = np.maximum(high - low, _CELL_M)
    size = max(_CELL_M, math.sqrt(float(width * height) / _MOST_CELLS))
    pad = 2 * size  # a little more than the widest range of a city pack, so few points near the rim leave the grid
    shape = np.ceil((high - low + 2 * pad) / size).astype(np.int64) + 1
    return np.array([low[0] - pad, low[1] - pad, size]), shape


def _lists(lines: Floats, cells: Floats, shape: Longs) -> tuple[Longs, Ints]:
    from pipewarden.network.rules import kernel  # noqa: PLC0415  numba costs half a second, only who asks pays

    return kernel.cell_lists(lines, cells, shape, 0.0)


def _areas(shapes: NDArray[np.object_], local: LocalFrame) -> shapely.STRtree:
    return shapely.STRtree(shapely.transform(shapes, local.to_metres))
