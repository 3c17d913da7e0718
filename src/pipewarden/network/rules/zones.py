"""Zones: which pipe is nearest, which zone is highest over all pipes in reach, by which clause, how likely.

Distances count from the outer edge (distance to the centre line less the radius, never negative) for city gas and from
the centre line for long distance. Without an error the plain distance counts; with one, ``distance - sigma of the map -
sigma of the point <= range`` (domain rule 3.9), the point's sigma being that of its worst direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod

from pipewarden.network.facts import Datum, Kind, PressureClass, Zone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.network.rules.index import Frame, Network
    from pipewarden.network.rules.packs import Assumed, Range, Ranges

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]

_GEOD = Geod(ellps="WGS84")
_ALL_CLASSES = tuple(PressureClass)
_CODES = (Zone.OUTSIDE, Zone.CONTROL, Zone.PROTECTION)
RINGS = 24  # beyond these many empty cells around a point a tree finds the nearest pipe faster
_FEW = 256  # below this, sorting and candidate lists cost more than they save
COVERED_M = 5_000.0  # a map says nothing about places farther outside its extent
_SURE_M = 30_000.0  # half the overlap of strips at 60 degrees: a farther pipe may stand in another strip


@dataclass(frozen=True, slots=True)
class Table:
    """A network under the rules of one day: each pipe's radius, ranges and errors.

    Attributes:
        radius, sigma: metres per pipe, assumed where unknown.
        protect, control: protection and control range plus radius per pipe; -1 where there is none.
        packed: per frame (m, 8) segments for the kernel; ``widened`` the same with the map's error on the ranges.
        reach: widest range plus radius, metres; ``reach_widened`` with the map's error.
        batch: per frame, candidate lists for many points, made when first asked.
    """

    network: Network
    ranges: Ranges
    assumed: Assumed
    radius: Floats
    sigma: Floats
    protect: Floats
    control: Floats
    packed: tuple[Floats, ...]
    widened: tuple[Floats, ...]
    reach: float
    reach_widened: float
    widest: float
    batch: dict[int, tuple[float, Longs, Ints]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers for n points; pipes are positions in ``Network``, -1 for none.

    Attributes:
        edge: metres to the nearest outer edge (or centre line), never negative.
        near: the nearest pipe.
        zone: code: 0 outside, 1 control, 2 protection; ``giver`` the pipe that gives it.
        chance: (n, 2) p_protection, p_control; None without errors.
    """

    edge: Floats
    near: Ints
    zone: Ints
    giver: Ints
    chance: Floats | None


def tabulate(network: Network, ranges: Ranges, assumed: Assumed) -> Table:
    """Return the network under ``ranges``, with ``assumed`` values where the map says nothing."""
    radius = _radii(network, ranges, assumed)
    sigma = np.where(np.isnan(network.sigma_m), float(assumed.sigma_m.value), network.sigma_m)
    kind = network.station.astype(np.int64)
    protect, control = np.full((2, len(_ALL_CLASSES)), -1.0), np.full((2, len(_ALL_CLASSES)), -1.0)
    for (k, cls), entry in ranges.table.items():
        place = (int(k is Kind.STATION), _ALL_CLASSES.index(cls))
        protect[place] = -1.0 if entry.protect is None else entry.protect.value
        control[place] = max(protect[place], -1.0 if entry.control is None else entry.control.value)
    own1, own2 = protect[kind, network.classes], control[kind, network.classes]
    r1, r2 = np.where(own1 < 0, -1.0, own1 + radius), np.where(own2 < 0, -1.0, own2 + radius)
    wide1, wide2 = np.where(r1 < 0, -1.0, r1 + sigma), np.where(r2 < 0, -1.0, r2 + sigma)

    def pack(frame: Frame, first: Floats, second: Floats) -> Floats:
        at = frame.pipe
        return np.column_stack([frame.lines, radius[at], first[at], second[at]])

    return Table(
        network=network,
        ranges=ranges,
        assumed=assumed,
        radius=radius,
        sigma=sigma,
        protect=r1,
        control=r2,
        packed=tuple(pack(frame, r1, r2) for frame in network.frames),
        widened=tuple(pack(frame, wide1, wide2) for frame in network.frames),
        reach=float(np.max(r2, initial=0.0)),
        reach_widened=float(np.max(wide2, initial=0.0)),
        widest=float(np.max(radius, initial=0.0)),
    )


def _radii(network: Network, ranges: Ranges, assumed: Assumed) -> Floats:
    pipes = np.where(np.isnan(network.diameter_mm), float(assumed.diameter_mm.value), network.diameter_mm) / 2000.0
    if ranges.datum is Datum.CENTRE_LINE:
        pipes = np.zeros_like(pipes)
    pipes = np.where(network.outer, 0.0, pipes)
    stations = np.where(network.point, float(assumed.station_radius_m.value), 0.0)
    return np.asarray(np.where(network.station, stations, pipes), dtype=np.float64)


def answer(table: Table, lonlat: Floats, covariances: Floats | None) -> Answers:
    """Answer points of shape (n, 2), lon/lat in degrees WGS-84, all finite.

    Args:
        table: network and rules.
        lonlat: the points.
        covariances: (n, 3) east-east, east-north, north-north in square metres without the map's error; None means
            plain distances and no probabilities.
    """
    n = lonlat.shape[0]
    out = Answers(
        edge=np.full(n, np.inf),
        near=np.full(n, -1, dtype=np.int32),
        zone=np.zeros(n, dtype=np.int32),
        giver=np.full(n, -1, dtype=np.int32),
        chance=None if covariances is None else np.zeros((n, 2)),
    )
    for f, frame in enumerate(table.network.frames):
        mine = (lonlat[:, 0] >= frame.west) & (lonlat[:, 0] < frame.east)
        if len(table.network.frames) == 1:
            mine = np.ones(n, dtype=np.bool_)
        if mine.any():
            _answer_frame(table, f, lonlat, covariances, np.flatnonzero(mine), out)
    _look_beyond(table, lonlat, out)
    np.maximum(out.edge, 0.0, out=out.edge)
    return out


def _answer_frame(  # noqa: PLR0917  one frame's share of the arrays
    table: Table, f: int, lonlat: Floats, covariances: Floats | None, mine: Longs, out: Answers
) -> None:
    from pipewarden.network.rules import kernel  # noqa: PLC0415  numba costs half a second, only who asks pays

    frame = table.network.frames[f]
    if frame.lines.shape[0] == 0:
        return
    metres = np.ascontiguousarray(frame.local.to_metres(lonlat[mine]))
    seg = table.packed[f] if covariances is None else table.widened[f]
    if covariances is None and mine.size > _FEW:
        reach, start, items = candidates(table, f)
        edge, near, zone, giver = kernel.sweep(
            seg, frame.cells, frame.shape, frame.start, frame.items, start, items, metres, reach - table.widest,
            table.widest, RINGS,
        )  # fmt: skip
    else:
        slack = np.zeros(mine.size) if covariances is None else worst_sigma(covariances[mine])
        reach = table.reach if covariances is None else table.reach_widened
        edge, near, zone, giver = kernel.few(
            seg, frame.start, frame.items, frame.cells, frame.shape, metres, slack, table.widest, reach, RINGS
        )
    _search_tree(frame, seg, metres, edge, near, table.widest)
    to_pipe = np.append(frame.pipe, np.int32(-1))
    out.edge[mine], out.near[mine], out.zone[mine], out.giver[mine] = edge, to_pipe[near], zone, to_pipe[giver]
    beyond = _inside(table, frame, metres, mine, out)
    if covariances is not None and out.chance is not None:
        out.chance[mine] = _chance(table, f, metres, covariances[mine], table.reach + beyond)


def beyond(table: Table, lonlat: Floats, edge: Floats) -> NDArray[np.bool_]:
    """Tell which points of shape (n, 2) lie more than 5 km outside the network's extent.

    ``edge``, the metres to the nearest pipe as answered, spares all points near one the geodesic.
    """
    out = np.zeros(lonlat.shape[0], dtype=np.bool_)
    far = np.flatnonzero(edge > COVERED_M - table.widest)
    west, south, east, north = table.network.extent
    lon, lat = lonlat[far, 0], lonlat[far, 1]
    out[far] = _GEOD.inv(lon, lat, np.clip(lon, west, east), np.clip(lat, south, north))[2] > COVERED_M
    return out


def worst_sigma(covariances: Floats) -> Floats:
    """Return the one-sigma error along the worst direction for covariances of shape (n, 3)."""
    half = (covariances[:, 0] + covariances[:, 2]) / 2
    return np.asarray(np.sqrt(half + np.hypot((covariances[:, 0] - covariances[:, 2]) / 2, covariances[:, 1])))


def candidates(table: Table, f: int) -> tuple[float, Longs, Ints]:
    """Return reach, start and items of a frame's candidate lists, made when many points first ask."""
    from pipewarden.network.rules import kernel  # noqa: PLC0415  numba costs half a second, only who asks pays

    if f not in table.batch:
        frame = table.network.frames[f]
        reach = max(table.reach, float(frame.cells[2])) + table.widest
        table.batch[f] = (reach, *kernel.cell_lists(table.packed[f], frame.cells, frame.shape, reach))
    return table.batch[f]


def _search_tree(  # noqa: PLR0917  one frame's share of the arrays
    frame: Frame, seg: Floats, metres: Floats, edge: Floats, near: Ints, widest: float
) -> None:
    """Find the nearest pipe of points that are far from every pipe."""
    far = np.flatnonzero((near < 0) & np.isfinite(metres).all(axis=1))
    if far.size == 0:
        return
    points = shapely.points(metres[far])
    tree = frame.tree()
    bound = np.empty(far.size)
    (asks, _), bound[:] = tree.query_nearest(points, all_matches=False, return_distance=True)
    asks, hits = tree.query(points, predicate="dwithin", distance=bound + 2 * widest + 1e-9)
    own = shapely.distance(points[asks], tree.geometries[hits]) - seg[hits, 5]
    order = np.lexsort((hits, own, asks))
    asks, hits, own = asks[order], hits[order], own[order]
    first = np.flatnonzero(np.append(True, asks[1:] != asks[:-1]))
    edge[far[asks[first]]], near[far[asks[first]]] = own[first], hits[first]


def _inside(table: Table, frame: Frame, metres: Floats, mine: Longs, out: Answers) -> Floats:
    """Give points inside a station's area the distance 0; return how far its rim may be, 0 for points outside."""
    beyond = np.zeros(metres.shape[0])
    if len(frame.areas) == 0:
        return beyond
    sizes = np.hypot(*np.diff(shapely.bounds(frame.areas.geometries).reshape(-1, 2, 2), axis=1)[:, 0].T)
    asks, hits = frame.areas.query(shapely.points(metres), predicate="intersects")
    for ask, hit in zip(asks, hits, strict=True):
        beyond[ask] = max(beyond[ask], sizes[hit])
        at, pipe = mine[ask], int(frame.area_pipes[hit])
        if out.edge[at] > 0:
            out.edge[at], out.near[at] = 0.0, pipe
        entry = _range_of(table, pipe)
        code = 2 if entry.protect is not None else int(entry.control is not None)
        if code > out.zone[at]:
            out.zone[at], out.giver[at] = code, pipe
    return beyond


def _chance(table: Table, f: int, metres: Floats, covariances: Floats, reach: Floats) -> Floats:
    from pipewarden.network.rules import chance  # noqa: PLC0415  numba costs half a second, only who asks pays

    frame = table.network.frames[f]
    return chance.chances(
        table.packed[f], table.sigma[frame.pipe], frame.group, frame.start, frame.items, frame.cells, frame.shape,
        metres, np.ascontiguousarray(covariances), reach, chance.line_nodes(),
    )  # fmt: skip


def _look_beyond(table: Table, lonlat: Floats, out: Answers) -> None:
    """Give points far from every pipe their geodesic distance, and look for a nearer pipe in the other strips.

    Which pipe of a strip is nearest is judged in that strip's plane, distorted so far out (good to about 1 %); where
    the plane ends, half the globe away, the nearest vertex counts. No range reaches there.
    """
    far = np.flatnonzero(~(out.edge <= _SURE_M))
    if far.size == 0:
        return
    out.edge[far] = np.inf
    for frame in table.network.frames:
        if frame.lines.shape[0] == 0:
            continue
        metres = frame.local.to_metres(lonlat[far])
        known = np.asarray(np.isfinite(metres).all(axis=1), dtype=np.bool_)
        hits = np.empty(far.size, dtype=np.int64)
        hits[known] = frame.tree().query_nearest(shapely.points(metres[known]), all_matches=False)[1]
        hits[~known] = _nearest_vertex(frame, lonlat[far[~known]])
        line, q = frame.lines[hits], np.where(known[:, None], metres, frame.lines[hits, :2])
        t = np.clip(((q - line[:, :2]) * line[:, 2:4]).sum(axis=1) * line[:, 4], 0.0, 1.0)
        foot = frame.local.to_lonlat(line[:, :2] + t[:, None] * line[:, 2:4])
        true = _GEOD.inv(lonlat[far, 0], lonlat[far, 1], foot[:, 0], foot[:, 1])[2] - table.radius[frame.pipe[hits]]
        nearer = true < out.edge[far]
        out.edge[far[nearer]], out.near[far[nearer]] = true[nearer], frame.pipe[hits[nearer]]


def _nearest_vertex(frame: Frame, lonlat: Floats) -> Longs:
    """Return the segment whose first vertex is nearest on a sphere, one point at a time."""
    vertices = _on_sphere(frame.local.to_lonlat(frame.lines[:, :2]))
    return np.array([int(np.argmax(vertices @ point)) for point in _on_sphere(lonlat)], dtype=np.int64)


def _on_sphere(lonlat: Floats) -> Floats:
    lon, lat = np.radians(lonlat[:, 0]), np.radians(lonlat[:, 1])
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _range_of(table: Table, pipe: int) -> Range:
    kind = Kind.STATION if table.network.station[pipe] else Kind.PIPE
    return table.ranges.table[kind, _ALL_CLASSES[int(table.network.classes[pipe])]]


def clause_of(table: Table, pipe: int, code: int) -> str | None:
    """Return the clause behind the zone that ``pipe`` gives; None outside."""
    entry = _range_of(table, pipe)
    value = (None, entry.control or entry.protect, entry.protect)[code]
    return None if value is None else value.clause


def zone_of(code: int) -> Zone:
    """Return the zone of a kernel code."""
    return _CODES[code]


def assumptions_of(table: Table, pipe: int, *, with_error: bool) -> str | None:
    """Say what was assumed for this pipe, None if nothing."""
    net, assumed = table.network, table.assumed
    said: list[str] = []
    measured = table.ranges.datum is Datum.OUTER_EDGE
    if measured and _ALL_CLASSES[int(net.classes[pipe])] is PressureClass.UNKNOWN:
        said.append(f"pressure unknown, taken as {assumed.pressure_class.value} (strictest)")
    if net.station[pipe]:
        if net.point[pipe]:
            said.append(f"station drawn as a point, fence taken {assumed.station_radius_m.value:g} m around it")
    elif measured and not net.outer[pipe] and math.isnan(net.diameter_mm[pipe]):
        said.append(f"diameter unknown, taken as {assumed.diameter_mm.value:g} mm")
    if with_error and math.isnan(net.sigma_m[pipe]):
        said.append(f"map accuracy unknown, taken as {assumed.sigma_m.value:g} m")
    return "; ".join(said) or None
