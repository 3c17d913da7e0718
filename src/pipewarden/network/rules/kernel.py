"""The compiled inner loops of the geofence: nearest pipe and highest zone for millions of points.

Why not a tree: for points in random order the cost is cache misses, not arithmetic. Sorting the points by grid cell and
then reading each cell's candidates once, in order, is the one big win (docs/adr/0004).

Importing this module imports numba and compiles on first call; results are cached on disk where that is writable.
Coordinates are metres of one local frame. A segment is one row of eight doubles, one cache line:
ax, ay, dx, dy, 1/length² (0 for a point), radius, r1, r2 with r1, r2 = protection, control range + radius
(-1 where there is none). Zone codes: 0 outside, 1 control, 2 protection. ``cells`` is (x0, y0, size) and ``shape``
(columns, rows) of the grid; ``start``/``items`` list segments per cell, row by row.
"""

# ruff: noqa: PLR0917  compiled functions take their arrays one by one, by position

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar, cast

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]

_F = TypeVar("_F", bound="Callable[..., object]")


def _jit(function: _F) -> _F:
    """Compile on first call; without a writable cache folder each process compiles anew, which only costs time."""
    try:
        return cast("_F", numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba: no locator available, neither beside the source nor in the user's cache folder
        return cast("_F", numba.njit(nogil=True)(function))


@_jit
def _squared(seg: Floats, k: int, px: float, py: float) -> float:
    """Return the squared distance of a point to the centre line of segment ``k``."""
    qx, qy = px - seg[k, 0], py - seg[k, 1]
    t = (qx * seg[k, 2] + qy * seg[k, 3]) * seg[k, 4]
    t = min(1.0, max(0.0, t))
    qx -= t * seg[k, 2]
    qy -= t * seg[k, 3]
    squared: float = qx * qx + qy * qy
    return squared


@_jit
def cell_lists(seg: Floats, cells: Floats, shape: Longs, reach: float) -> tuple[Longs, Ints]:
    """Return ``start``, ``items``: per cell the segments whose centre line may come within ``reach`` of it."""
    size, columns, rows = cells[2], shape[0], shape[1]
    far = reach + size * math.sqrt(0.5)
    start = np.zeros(columns * rows + 1, dtype=np.int64)
    items = np.empty(0, dtype=np.int32)
    for phase in range(2):
        if phase == 1:
            total = 0
            for c in range(columns * rows + 1):
                here = start[c]
                start[c] = total
                total += here
            items = np.empty(total, dtype=np.int32)
        for k in range(seg.shape[0]):
            x1, x2 = seg[k, 0], seg[k, 0] + seg[k, 2]
            y1, y2 = seg[k, 1], seg[k, 1] + seg[k, 3]
            i1 = max(0, int((min(x1, x2) - reach - cells[0]) / size))
            i2 = min(columns - 1, int((max(x1, x2) + reach - cells[0]) / size))
            j1 = max(0, int((min(y1, y2) - reach - cells[1]) / size))
            j2 = min(rows - 1, int((max(y1, y2) + reach - cells[1]) / size))
            for j in range(j1, j2 + 1):
                for i in range(i1, i2 + 1):
                    cx, cy = cells[0] + (i + 0.5) * size, cells[1] + (j + 0.5) * size
                    if _squared(seg, k, cx, cy) <= far * far:
                        if phase == 1:
                            items[start[j * columns + i]] = k
                        start[j * columns + i] += 1
    for c in range(columns * rows, 0, -1):
        start[c] = start[c - 1]
    start[0] = 0
    return start, items


@_jit
def _scan_near(
    seg: Floats, items: Ints, first: int, last: int, px: float, py: float, best: float, found: int
) -> tuple[float, int]:
    """Return the least signed edge distance (centre distance - radius) and its segment, ties the lower."""
    for at in range(first, last):
        k = items[at]
        limit = best + seg[k, 5]
        d2 = _squared(seg, k, px, py)
        if limit >= 0 and d2 <= limit * limit:
            edge = math.sqrt(d2) - seg[k, 5]
            if edge < best or (edge == best and k < found):
                best, found = edge, k
    return best, found


@_jit
def _ring(
    seg: Floats, start: Longs, items: Ints, shape: Longs, cx: int, cy: int, ring: int, px: float, py: float,
    best: float, found: int,
) -> tuple[float, int]:  # fmt: skip
    """Scan the cells at Chebyshev distance ``ring`` of cell (cx, cy) that lie in the grid."""
    columns, rows = shape[0], shape[1]
    for j in range(max(0, cy - ring), min(rows - 1, cy + ring) + 1):
        step = 1 if abs(j - cy) == ring else max(1, 2 * ring)
        for i in range(cx - ring, cx + ring + 1, step):
            if 0 <= i < columns:
                c = j * columns + i
                best, found = _scan_near(seg, items, start[c], start[c + 1], px, py, best, found)
    return best, found


@_jit
def near_one(
    seg: Floats, start: Longs, items: Ints, cells: Floats, shape: Longs, px: float, py: float, widest: float, rings: int
) -> tuple[float, int]:
    """Return signed edge distance and segment nearest to a point; segment -1 when not certain within ``rings`` rings.

    ``start``/``items`` must list each cell's own segments (reach 0); ``widest`` is the largest radius.
    """
    cx, cy = math.floor((px - cells[0]) / cells[2]), math.floor((py - cells[1]) / cells[2])
    inner = min(px - (cells[0] + cx * cells[2]), py - (cells[1] + cy * cells[2]))
    inner = min(inner, cells[0] + (cx + 1) * cells[2] - px, cells[1] + (cy + 1) * cells[2] - py)
    best, found = np.inf, -1
    for ring in range(rings + 1):
        best, found = _ring(seg, start, items, shape, cx, cy, ring, px, py, best, found)
        if found >= 0 and best <= ring * cells[2] + inner - widest:
            return best, found
    return best, -1


@_jit
def _zone_of(seg: Floats, k: int, d2: float, slack: float) -> int:
    r1, r2 = seg[k, 6], seg[k, 7]
    if r1 >= 0 and d2 <= (r1 + slack) * (r1 + slack):
        return 2
    if r2 >= 0 and d2 <= (r2 + slack) * (r2 + slack):
        return 1
    return 0


@_jit
def zone_one(
    seg: Floats,
    start: Longs,
    items: Ints,
    cells: Floats,
    shape: Longs,
    px: float,
    py: float,
    slack: float,
    reach: float,
) -> tuple[int, int]:
    """Return the highest zone over all segments within ``reach + slack`` and the segment that gives it (-1: none).

    Of several segments that give it, the one with the nearest edge counts, then the lower segment.
    """
    far = reach + slack
    i1 = max(0, math.floor((px - far - cells[0]) / cells[2]))
    i2 = min(shape[0] - 1, math.floor((px + far - cells[0]) / cells[2]))
    j1 = max(0, math.floor((py - far - cells[1]) / cells[2]))
    j2 = min(shape[1] - 1, math.floor((py + far - cells[1]) / cells[2]))
    zone, giver, edge = 0, -1, np.inf
    for j in range(j1, j2 + 1):
        for i in range(i1, i2 + 1):
            c = j * shape[0] + i
            for at in range(start[c], start[c + 1]):
                k = items[at]
                d2 = _squared(seg, k, px, py)
                code = _zone_of(seg, k, d2, slack)
                if code > 0 and code >= zone:
                    own = math.sqrt(d2) - seg[k, 5]
                    if code > zone or own < edge or (own == edge and k < giver):
                        zone, giver, edge = code, k, own
    return zone, giver


@_jit
def few(
    seg: Floats, start: Longs, items: Ints, cells: Floats, shape: Longs, points: Floats, slack: Floats, widest: float,
    reach: float, rings: int,
) -> tuple[Floats, Ints, Ints, Ints]:  # fmt: skip
    """Answer points (n, 2) one by one: signed edge distance, segment (-1 uncertain), zone code, its segment."""
    n = points.shape[0]
    edge, near = np.empty(n, dtype=np.float64), np.empty(n, dtype=np.int32)
    zone, giver = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    for p in range(n):
        x, y = points[p, 0], points[p, 1]
        edge[p], near[p] = near_one(seg, start, items, cells, shape, x, y, widest, rings)
        zone[p], giver[p] = zone_one(seg, start, items, cells, shape, x, y, slack[p], reach)
    return edge, near, zone, giver


@_jit
def sort_points(points: Floats, cells: Floats, shape: Longs) -> tuple[Longs, Ints, Floats]:
    """Counting sort by cell: ``first`` point per cell (last: outside the grid), ``order``, sorted coordinates."""
    n, outside = points.shape[0], shape[0] * shape[1]
    keys = np.empty(n, dtype=np.int32)
    first = np.zeros(outside + 2, dtype=np.int64)
    for p in range(n):
        i = math.floor((points[p, 0] - cells[0]) / cells[2])
        j = math.floor((points[p, 1] - cells[1]) / cells[2])
        inside = 0 <= i < shape[0] and 0 <= j < shape[1]
        keys[p] = j * shape[0] + i if inside else outside
        first[keys[p] + 1] += 1
    for c in range(outside + 1):
        first[c + 1] += first[c]
    order = np.empty(n, dtype=np.int32)
    place = first.copy()
    sorted_points = np.empty((n, 2), dtype=np.float64)
    for p in range(n):
        to = place[keys[p]]
        place[keys[p]] = to + 1
        order[to] = p
        sorted_points[to, 0] = points[p, 0]
        sorted_points[to, 1] = points[p, 1]
    return first, order, sorted_points


@_jit
def _scan_both(seg: Floats, items: Ints, first: int, last: int, px: float, py: float) -> tuple[float, int, int, int]:
    """Return nearest edge, its segment, highest zone and its segment over one candidate list, in one pass."""
    best, found, zone, giver, edge = np.inf, -1, 0, -1, np.inf
    for at in range(first, last):
        k = items[at]
        d2 = _squared(seg, k, px, py)
        limit = max(best + seg[k, 5], seg[k, 7], seg[k, 6])
        if limit < 0 or d2 > limit * limit:
            continue
        own = math.sqrt(d2) - seg[k, 5]
        if own < best or (own == best and k < found):
            best, found = own, k
        code = _zone_of(seg, k, d2, 0.0)
        if code > zone or (code == zone and code > 0 and (own < edge or (own == edge and k < giver))):
            zone, giver, edge = code, k, own
    return best, found, zone, giver


@_jit
def sweep(
    seg: Floats, cells: Floats, shape: Longs, base_start: Longs, base_items: Ints, start: Longs, items: Ints,
    points: Floats, certain: float, widest: float, rings: int,
) -> tuple[Floats, Ints, Ints, Ints]:  # fmt: skip
    """Answer many unsorted points of shape (n, 2) with plain distances; results are in the order of ``points``.

    ``start``/``items`` are ``cell_lists`` of a reach that covers every range; a nearest edge up to ``certain`` (that
    reach less the largest radius) is final, farther ones are searched by rings in ``base_start``/``base_items``.
    """
    n = points.shape[0]
    edge, near = np.empty(n, dtype=np.float64), np.empty(n, dtype=np.int32)
    zone, giver = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    first, order, at = sort_points(points, cells, shape)
    count = shape[0] * shape[1]
    for c in range(count + 1):
        low, high = (start[c], start[c + 1]) if c < count else (0, 0)
        for s in range(first[c], first[c + 1]):
            x, y, p = at[s, 0], at[s, 1], order[s]
            best, found, code, by = _scan_both(seg, items, low, high, x, y)
            if found < 0 or best > certain:
                best, found = near_one(seg, base_start, base_items, cells, shape, x, y, widest, rings)
            edge[p], near[p], zone[p], giver[p] = best, found, code, by
    return edge, near, zone, giver
