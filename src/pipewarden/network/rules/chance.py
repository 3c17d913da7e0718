"""How likely a point with an error lies in a range of some pipe: an exact integral along lines, compiled.

The true point is Gaussian around the measured one; the pipes' map error is added as a common shift (2-D, isotropic).
The region is a union of capsules (segments widened by their range). After whitening, parallel lines are laid through it
along the normal to the nearest pipe; on each line every capsule is one interval, because it is convex, so the inner
integral is exact (normal distribution function). Across the lines the midpoint rule in probability is used: for one
straight pipe the outer integrand is constant and the result exact; corners cost below 1 / (2 * lines).
Pipes with different map errors shift differently: the union is taken per error, then the largest counts (a lower
bound).
A station drawn as an area counts as convex: its edges' intervals on a line are joined.
"""

# ruff: noqa: PLR0917  compiled functions take their arrays one by one, by position

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.network.rules.kernel import _jit, _squared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]

LINES = 48
_LEAST_VARIANCE = 1e-8  # m²: a point without any error is still a point
_SPREADS = 6.0  # candidates farther than the range and 6 sigma add less than 1e-9


def line_nodes(lines: int = LINES) -> Floats:
    """Return the lines' offsets: midpoints of equal slices of the standard normal distribution."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((i + 0.5) / lines) for i in range(lines)], dtype=np.float64)


@_jit
def _phi(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


@_jit
def _disc(qx: float, qy: float, wx: float, wy: float, r: float) -> tuple[float, float]:
    """Return the interval of t with |q + t w| <= r; empty as (inf, -inf)."""
    a, b, c = wx * wx + wy * wy, qx * wx + qy * wy, qx * qx + qy * qy - r * r
    root = b * b - a * c
    if root < 0:
        return np.inf, -np.inf
    root = math.sqrt(root)
    return (-b - root) / a, (-b + root) / a


@_jit
def _band(value: float, slope: float, low: float, high: float) -> tuple[float, float]:
    """Return the interval of t with low <= value + t slope <= high; empty as (inf, -inf)."""
    if abs(slope) < 1e-12:  # noqa: PLR2004  parallel to the band
        return (-np.inf, np.inf) if low <= value <= high else (np.inf, -np.inf)
    t1, t2 = (low - value) / slope, (high - value) / slope
    return min(t1, t2), max(t1, t2)


@_jit
def _capsule(seg: Floats, k: int, r: float, qx: float, qy: float, wx: float, wy: float) -> tuple[float, float]:
    """Return the interval of t in which q + t w is within r of segment ``k``."""
    ax, ay, dx, dy = seg[k, 0], seg[k, 1], seg[k, 2], seg[k, 3]
    low, high = _disc(qx - ax, qy - ay, wx, wy, r)
    if seg[k, 4] > 0:
        low2, high2 = _disc(qx - ax - dx, qy - ay - dy, wx, wy, r)
        low, high = min(low, low2), max(high, high2)
        length = math.sqrt(dx * dx + dy * dy)
        ux, uy = dx / length, dy / length
        along1, along2 = _band((qx - ax) * ux + (qy - ay) * uy, wx * ux + wy * uy, 0.0, length)
        side1, side2 = _band((qy - ay) * ux - (qx - ax) * uy, wy * ux - wx * uy, -r, r)
        if max(along1, side1) <= min(along2, side2):
            low, high = min(low, max(along1, side1)), max(high, min(along2, side2))
    return low, high


@_jit
def _covered(low: Floats, high: Floats, count: int) -> float:
    """Return the standard normal mass of a union of intervals."""
    for i in range(1, count):
        l, h, j = low[i], high[i], i - 1  # noqa: E741  insertion sort of few intervals
        while j >= 0 and low[j] > l:
            low[j + 1], high[j + 1] = low[j], high[j]
            j -= 1
        low[j + 1], high[j + 1] = l, h
    mass, end = 0.0, -np.inf
    for i in range(count):
        begin = max(low[i], end)
        if high[i] > begin:
            mass += _phi(high[i]) - _phi(begin)
            end = high[i]
    return mass


@_jit
def _direction(seg: Floats, near: int, px: float, py: float) -> tuple[float, float]:
    """Return the unit vector from the point to the nearest pipe, or across the pipe when the point is on it."""
    qx, qy, dx, dy = px - seg[near, 0], py - seg[near, 1], seg[near, 2], seg[near, 3]
    t = min(1.0, max(0.0, (qx * dx + qy * dy) * seg[near, 4]))
    nx, ny = qx - t * dx, qy - t * dy
    if nx * nx + ny * ny < 1e-12:  # noqa: PLR2004  on the line
        nx, ny = -dy, dx
    length = math.sqrt(nx * nx + ny * ny)
    return (nx / length, ny / length) if length > 0 else (1.0, 0.0)


@_jit
def _union(
    seg: Floats, group: Ints, picked: Ints, column: int, px: float, py: float, variance: tuple[float, float, float],
    nodes: Floats,
) -> float:  # fmt: skip
    """Return the probability of lying in the union of the picked capsules of range ``seg[:, column]``."""
    ee, en, nn = variance
    toward = _direction(seg, picked[0], px, py)
    l11 = math.sqrt(ee)
    l21 = en / l11
    l22 = math.sqrt(max(nn - l21 * l21, _LEAST_VARIANCE))
    ux, uy = l11 * toward[0] + l21 * toward[1], l22 * toward[1]
    norm = math.sqrt(ux * ux + uy * uy)
    ux, uy = ux / norm, uy / norm
    wx, wy = l11 * ux, l21 * ux + l22 * uy
    vx, vy = -l11 * uy, -l21 * uy + l22 * ux
    low, high = np.empty(picked.shape[0], dtype=np.float64), np.empty(picked.shape[0], dtype=np.float64)
    owner = np.empty(picked.shape[0], dtype=np.int32)
    total = 0.0
    for s in nodes:
        count = 0
        for k in picked:
            t1, t2 = _capsule(seg, k, seg[k, column], px + s * vx, py + s * vy, wx, wy)
            if t1 > t2:
                continue
            joined = False
            if group[k] >= 0:
                for i in range(count):
                    if owner[i] == group[k]:
                        low[i], high[i], joined = min(low[i], t1), max(high[i], t2), True
            if not joined:
                low[count], high[count], owner[count] = t1, t2, group[k]
                count += 1
        total += _covered(low, high, count)
    return total / len(nodes)


@_jit
def _pick(
    seg: Floats, start: Longs, items: Ints, cells: Floats, shape: Longs, px: float, py: float, far: float
) -> Ints:
    """Return the distinct segments whose centre line is within ``far`` of the point."""
    i1 = max(0, math.floor((px - far - cells[0]) / cells[2]))
    i2 = min(shape[0] - 1, math.floor((px + far - cells[0]) / cells[2]))
    j1 = max(0, math.floor((py - far - cells[1]) / cells[2]))
    j2 = min(shape[1] - 1, math.floor((py + far - cells[1]) / cells[2]))
    total = 0
    for j in range(j1, j2 + 1):
        if i2 >= i1:
            total += start[j * shape[0] + i2 + 1] - start[j * shape[0] + i1]
    out = np.empty(total, dtype=np.int32)
    count = 0
    for j in range(j1, j2 + 1):
        if i2 >= i1:
            for at in range(start[j * shape[0] + i1], start[j * shape[0] + i2 + 1]):
                if _squared(seg, items[at], px, py) <= far * far:
                    out[count] = items[at]
                    count += 1
    return out[:count]


@_jit
def _touching(
    seg: Floats, sigma: Floats, group: Ints, picked: Ints, s: float, column: int, px: float, py: float, spread: float
) -> Ints:
    """Return the picked segments of map error ``s`` whose range may be met, each once, the nearest first."""
    out = np.empty(picked.shape[0], dtype=np.int32)
    count, nearest = 0, np.inf
    for k in picked:
        limit = seg[k, column] + spread
        if sigma[k] != s or seg[k, column] < 0:
            continue
        d2 = _squared(seg, k, px, py)
        if d2 > limit * limit and group[k] < 0:
            continue
        seen = False
        for i in range(count):
            seen = seen or out[i] == k
        if not seen:
            out[count] = k
            if d2 < nearest:
                nearest = d2
                out[count], out[0] = out[0], k
            count += 1
    return out[:count]


@_jit
def chances(
    seg: Floats, sigma: Floats, group: Ints, start: Longs, items: Ints, cells: Floats, shape: Longs, points: Floats,
    covariances: Floats, reach: Floats, nodes: Floats,
) -> Floats:  # fmt: skip
    """Return p_protection, p_control of shape (n, 2).

    Args:
        seg: segments as ``kernel`` packs them, ranges without any error.
        sigma: map error of each segment's pipe, metres.
        group: number of the area a segment bounds, -1 for a line.
        start: cell lists of reach 0, with ``items``.
        items: the same.
        cells: grid.
        shape: grid.
        points: (n, 2) metres.
        covariances: (n, 3) east-east, east-north, north-north in square metres, without the map's error.
        reach: (n,) largest range of any pipe; larger for points inside an area.
        nodes: of ``line_nodes``.
    """
    n = points.shape[0]
    out = np.zeros((n, 2), dtype=np.float64)
    worst_map = sigma.max() if sigma.shape[0] else 0.0
    for p in range(n):
        px, py = points[p, 0], points[p, 1]
        spread = covariances[p, 0] + covariances[p, 2] + worst_map * worst_map
        spread = _SPREADS * math.sqrt(spread)
        picked = _pick(seg, start, items, cells, shape, px, py, reach[p] + spread)
        done = -1.0
        while True:
            s = np.inf
            for k in picked:
                if done < sigma[k] < s:
                    s = sigma[k]
            if not s < np.inf:
                break
            done = s
            variance = (
                covariances[p, 0] + s * s + _LEAST_VARIANCE,
                covariances[p, 1],
                covariances[p, 2] + s * s + _LEAST_VARIANCE,
            )
            for column in range(6, 8):
                these = _touching(seg, sigma, group, picked, s, column, px, py, spread)
                if these.shape[0] > 0:
                    mass = _union(seg, group, these, column, px, py, variance, nodes)
                    out[p, column - 6] = max(out[p, column - 6], mass)
        out[p, 1] = max(out[p, 0], out[p, 1])
    return out
