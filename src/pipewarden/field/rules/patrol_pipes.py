"""Pipes laid out by metres, and which of those metres a way passes near enough: leg × pipe, never point × pipe.

Every drawn line has its own metres from its first vertex on; laid end to end all lines make one axis, so that questions
about a whole network are questions about intervals on it. What is within a distance of a leg is a capsule, which is
convex, so a straight piece of pipe lies in it with one interval at most, in closed form.

Lengths are those of one metric frame around the network's middle: right to 1e-4 within 90 km of it east and west.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.geo import LocalFrame
from pipewarden.network.facts import Kind, PressureClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

    from pipewarden.field.facts.patrols import Pace
    from pipewarden.field.rules.patrol_track import Legs
    from pipewarden.kit.geo import LocalFrame as Frame
    from pipewarden.network.facts import Pipe

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

CLASSES = tuple(PressureClass)
_LINES = (1, 5)  # LineString, MultiLineString
_LONGEST_DEG = 0.005  # straight in degrees and straight in metres are one within a centimetre up to 500 m
_KEY_BYTES = 8  # among a hundred thousand lines two are alike with a chance of 3e-10
_FLAT = 1e-9


@dataclass(frozen=True, slots=True)
class Mains:
    """The lines of a network by metres.

    Attributes:
        keys: by line: the number that names it through versions of the map; ``pipes`` its pipe's id.
        classes: by line: place of its pressure class in ``CLASSES``.
        start: by line: where it begins on the one axis; one more at the end, the length of all.
        a: by segment (m, 2): one end in metres, ``b`` the other.
        line: by segment: its line; ``at`` where it begins on the axis, ``size`` its length.
    """

    frame: Frame
    keys: NDArray[np.uint64]
    pipes: tuple[str, ...]
    classes: Longs
    start: Floats
    a: Floats
    b: Floats
    line: Longs
    at: Floats
    size: Floats
    tree: shapely.STRtree

    @property
    def metres(self) -> float:
        """Return the length of all lines."""
        return float(self.start[-1])

    def places(self, keys: NDArray[np.uint64]) -> Longs:
        """Return which lines keys name; -1 for those of other networks."""
        order = np.argsort(self.keys)
        found = np.minimum(np.searchsorted(self.keys[order], keys), len(order) - 1)
        place = order[found]
        return np.where(self.keys[place] == keys, place, -1)


@dataclass(frozen=True, slots=True)
class Near:
    """Where legs come near pipes: one row a pair of leg and segment.

    Attributes:
        leg, segment: their places.
        low, high: on the axis, what of the segment is seen; ``high`` below ``low`` where the leg is near but not near
            enough (the band by which a pipe is left later than it is met).
    """

    leg: Longs
    segment: Longs
    low: Floats
    high: Floats


def key_of(pipe: Pipe) -> int:
    """Return what names a drawn line: the same id with the same course is the same line in another version."""
    digest = hashlib.sha256(pipe.pipe_id.encode() + b"\0" + pipe.geometry).digest()
    return int.from_bytes(digest[:_KEY_BYTES], "big")


def lay_out(pipes: Sequence[Pipe]) -> Mains | None:
    """Return the lines among pipes by metres; None where there is none. Stations and valves have no length."""
    kept = [one for one in pipes if one.kind is Kind.PIPE]
    shapes = shapely.from_wkb([one.geometry for one in kept]) if kept else np.empty(0, dtype=object)
    wanted = np.flatnonzero(np.isin(shapely.get_type_id(shapes), _LINES))
    keys: dict[int, int] = {}
    for place in wanted.tolist():  # the same line drawn twice is one line
        keys.setdefault(key_of(kept[place]), place)
    if not keys:
        return None
    order = list(keys.values())
    parts, owner = shapely.get_parts(shapely.segmentize(shapes[order], _LONGEST_DEG), return_index=True)
    lonlat, part = shapely.get_coordinates(parts, return_index=True)
    west, south, east, north = shapely.total_bounds(shapes[order]).tolist()
    frame = LocalFrame((west + east) / 2, (south + north) / 2)
    xy = frame.to_metres(lonlat)
    joined = part[1:] == part[:-1]
    a, b, line = xy[:-1][joined], xy[1:][joined], owner[part[1:][joined]]
    size = np.hypot(*(b - a).T)
    at = np.concatenate([[0.0], np.cumsum(size)])
    first = np.searchsorted(line, np.arange(len(order) + 1))
    codes = {cls: code for code, cls in enumerate(CLASSES)}
    return Mains(
        frame=frame,
        keys=np.array(list(keys), dtype=np.uint64),
        pipes=tuple(kept[place].pipe_id for place in order),
        classes=np.array([codes[kept[place].pressure_class] for place in order], dtype=np.int64),
        start=at[first],
        a=a,
        b=b,
        line=line.astype(np.int64),
        at=at[:-1],
        size=size,
        tree=shapely.STRtree(shapely.linestrings(np.stack([a, b], axis=1))),
    )


def reach_of(legs: Legs, paces: Sequence[Pace]) -> Floats:
    """Return for each leg how far the ground is seen from it, metres; 0 where it is too fast to see anything."""
    fits = np.searchsorted([one.up_to_mps for one in paces], legs.speed)
    return np.array([*(one.metres for one in paces), 0.0])[fits]


def near(mains: Mains, a: Floats, b: Floats, reach: Floats, beyond: float = 0.0) -> Near:
    """Return every pair of leg and segment within reach, or ``beyond`` more, with what of the segment is in reach.

    Args:
        mains: the pipes.
        a: (m, 2) one end of each leg, metres of the pipes' frame.
        b: the other.
        reach: metres, by leg; legs of no reach see nothing.
        beyond: metres.
    """
    able = np.flatnonzero(reach > 0)
    ways = shapely.linestrings(np.stack([a[able], b[able]], axis=1))
    found = mains.tree.query(ways, predicate="dwithin", distance=reach[able] + beyond)
    leg, segment = able[found[0]], found[1]
    low, high = _within(mains.a[segment], mains.b[segment], a[leg], b[leg], reach[leg])
    return Near(leg, segment, mains.at[segment] + low, mains.at[segment] + high)


def _within(a: Floats, b: Floats, p: Floats, q: Floats, r: Floats) -> tuple[Floats, Floats]:
    """Return from and to, metres along a-b, of what lies within ``r`` of the leg p-q; to < from where nothing does."""
    size = np.hypot(*(b - a).T)
    d = np.divide(b - a, size[:, None], out=np.zeros_like(a), where=size[:, None] > 0)
    low, high = np.full(len(a), np.inf), np.full(len(a), -np.inf)
    for centre in (p, q):
        along = ((centre - a) * d).sum(axis=1)
        aside = ((centre - a) ** 2).sum(axis=1) - along**2
        half = np.sqrt(np.maximum(r**2 - aside, 0.0))
        hit = aside <= r**2
        low = np.where(hit, np.minimum(low, along - half), low)
        high = np.where(hit, np.maximum(high, along + half), high)
    way = np.hypot(*(q - p).T)
    e = np.divide(q - p, way[:, None], out=np.zeros_like(p), where=way[:, None] > 0)
    normal = np.column_stack([-e[:, 1], e[:, 0]])
    first, last = _between((d * e).sum(axis=1), ((a - p) * e).sum(axis=1), np.zeros(len(a)), way)
    left, right = _between((d * normal).sum(axis=1), ((a - p) * normal).sum(axis=1), -r, r)
    inner, outer = np.maximum(first, left), np.minimum(last, right)
    hit = (way > 0) & (inner <= outer)
    low = np.where(hit, np.minimum(low, inner), low)
    high = np.where(hit, np.maximum(high, outer), high)
    low, high = np.maximum(low, 0.0), np.minimum(high, size)
    return np.where(high >= low, low, 0.0), np.where(high >= low, high, -1.0)


def _between(slope: Floats, offset: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return where ``offset + slope * u`` lies between low and high; everywhere or nowhere where it does not change."""
    flat = np.abs(slope) < _FLAT
    safe = np.where(flat, 1.0, slope)
    one, other = (low - offset) / safe, (high - offset) / safe
    inside = (offset >= low) & (offset <= high)
    first = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(one, other))
    last = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(one, other))
    return first, last


def union(low: Floats, high: Floats, t: Floats, line: Longs) -> tuple[Floats, Floats, Floats, Longs]:
    """Return intervals of the axis joined where they touch on one line, by place, each with the earliest time."""
    if not len(low):
        return low, high, t, line
    order = np.lexsort((low, line))
    low, high, t, line = low[order], high[order], t[order], line[order]
    reached = np.maximum.accumulate(high)
    fresh = np.concatenate([[True], (low[1:] > reached[:-1] + _FLAT) | (line[1:] != line[:-1])])
    first = np.flatnonzero(fresh)
    return low[first], np.maximum.reduceat(high, first), np.minimum.reduceat(t, first), line[first]


def stretch_line(mains: Mains, low: float, high: float) -> tuple[tuple[float, float], ...]:
    """Return (lon, lat) of what lies between two places of one line on the axis."""
    first = int(np.searchsorted(mains.at + mains.size, low, side="right"))
    last = int(np.searchsorted(mains.at, high, side="left"))
    held = slice(first, max(last, first + 1))
    a, b, at, size = mains.a[held], mains.b[held], mains.at[held], np.maximum(mains.size[held], _FLAT)
    from_part = np.clip((low - at) / size, 0, 1)[:, None]
    to_part = np.clip((high - at) / size, 0, 1)[:, None]
    ends = np.vstack([a[:1] + from_part[:1] * (b - a)[:1], a + to_part * (b - a)])
    return tuple((float(lon), float(lat)) for lon, lat in mains.frame.to_lonlat(ends))


def inside(mains: Mains, ground: Geometry) -> tuple[Floats, Floats]:
    """Return the intervals of the axis that lie on a piece of ground (polygons, degrees WGS-84), joined."""
    metric = shapely.transform(ground, mains.frame.to_metres)
    shapely.prepare(metric)
    whole = mains.tree.query(metric, predicate="contains_properly")
    touched = np.setdiff1d(mains.tree.query(metric, predicate="intersects"), whole)
    low, high = [mains.at[whole]], [mains.at[whole] + mains.size[whole]]
    cut = shapely.intersection(mains.tree.geometries[touched], metric)
    parts, owner = shapely.get_parts(cut, return_index=True)
    lines = shapely.get_type_id(parts) == 1
    parts, segment = parts[lines], touched[owner[lines]]
    for place, side in ((0, low), (1, high)):
        ends = shapely.get_coordinates(shapely.get_point(parts, -place))
        side.append(mains.at[segment] + np.hypot(*(ends - mains.a[segment]).T))
    one, other = np.concatenate(low), np.concatenate(high)
    line = mains.line[np.concatenate([whole, segment])]
    joined = union(np.minimum(one, other), np.maximum(one, other), np.zeros(len(one)), line)
    return joined[0], joined[1]
