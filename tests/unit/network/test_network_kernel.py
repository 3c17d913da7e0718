"""The compiled loops one by one, against a plain reading of what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.network.rules import chance, kernel

coordinate = st.floats(-400, 400).map(lambda v: round(v, 3))
segment = st.tuples(
    coordinate, coordinate, coordinate, coordinate, st.sampled_from([0.0, 0.1, 0.5, 5.0]), st.integers(0, 4)
)
RANGES = [(0.5, 5.0), (1.5, 15.0), (5.0, 50.0), (3.0, 3.0), (-1.0, -1.0)]
CELLS = np.array([-450.0, -450.0, 64.0])
SHAPE = np.array([15, 15], dtype=np.int64)


def pack(rows: list[tuple[float, float, float, float, float, int]]) -> np.ndarray:
    out = np.empty((len(rows), 8))
    for i, (ax, ay, bx, by, radius, cls) in enumerate(rows):
        dx, dy = bx - ax, by - ay
        squared = dx * dx + dy * dy
        r1, r2 = RANGES[cls]
        out[i] = (
            ax, ay, dx, dy, 1 / squared if squared > 1e-12 else 0.0, radius,
            -1 if r1 < 0 else r1 + radius, -1 if r2 < 0 else r2 + radius,
        )  # fmt: skip
    return out


def centre_distances(seg: np.ndarray, x: float, y: float) -> np.ndarray:
    a, d = seg[:, :2], seg[:, 2:4]
    t = np.clip(((np.array([x, y]) - a) * d).sum(axis=1) * seg[:, 4], 0, 1)
    return np.hypot(*(np.array([x, y]) - a - t[:, None] * d).T)


def plain_zone(seg: np.ndarray, x: float, y: float, slack: float = 0.0) -> int:
    far = centre_distances(seg, x, y)
    codes = np.where(
        (seg[:, 6] >= 0) & (far <= seg[:, 6] + slack), 2, np.where((seg[:, 7] >= 0) & (far <= seg[:, 7] + slack), 1, 0)
    )
    return int(codes.max())


def rim(seg: np.ndarray, x: float, y: float, slack: float = 0.0) -> bool:
    """A point on a range's rim may fall either way by rounding."""
    far = centre_distances(seg, x, y)
    return bool((np.abs(far - seg[:, 6] - slack) < 1e-9).any() or (np.abs(far - seg[:, 7] - slack) < 1e-9).any())


@settings(max_examples=60, deadline=None)
@given(st.lists(segment, min_size=1, max_size=25), st.floats(0, 60))
def test_cell_lists_miss_no_segment(rows: list[tuple[float, float, float, float, float, int]], reach: float) -> None:
    seg = pack(rows)
    start, items = kernel.cell_lists(seg, CELLS, SHAPE, reach)
    assert start[0] == 0
    assert start[-1] == items.size
    lines = [shapely.LineString([(r[0], r[1]), (r[2], r[3])]) for r in rows]
    for c in range(0, SHAPE[0] * SHAPE[1], 7):
        x, y = CELLS[0] + (c % SHAPE[0]) * 64, CELLS[1] + (c // SHAPE[0]) * 64
        cell = shapely.box(x, y, x + 64, y + 64)
        listed = set(items[start[c] : start[c + 1]].tolist())
        assert len(listed) == start[c + 1] - start[c]
        for k, line in enumerate(lines):
            if cell.distance(line) < reach - 1e-6 or (reach == 0 and cell.intersects(line)):
                assert k in listed


@settings(max_examples=120, deadline=None)
@given(st.lists(segment, min_size=1, max_size=20), st.floats(-700, 700), st.floats(-700, 700))
def test_near_one_finds_the_nearest_edge_from_anywhere(
    rows: list[tuple[float, float, float, float, float, int]], x: float, y: float
) -> None:
    seg = pack(rows)
    start, items = kernel.cell_lists(seg, CELLS, SHAPE, 0.0)
    widest = float(seg[:, 5].max())
    edge, found = kernel.near_one(seg, start, items, CELLS, SHAPE, x, y, widest, 40)
    edges = centre_distances(seg, x, y) - seg[:, 5]
    assert found >= 0
    assert edge == pytest.approx(edges.min(), abs=1e-9)
    assert edges[found] == pytest.approx(edges.min(), abs=1e-9)


def test_near_one_gives_up_when_told_to() -> None:
    seg = pack([(400.0, 400.0, 401.0, 401.0, 0.1, 0)])
    start, items = kernel.cell_lists(seg, CELLS, SHAPE, 0.0)
    assert kernel.near_one(seg, start, items, CELLS, SHAPE, -440.0, -440.0, 0.1, 2)[1] == -1
    assert kernel.near_one(seg, start, items, CELLS, SHAPE, -440.0, -440.0, 0.1, 20)[1] == 0


@settings(max_examples=150, deadline=None)
@given(
    st.lists(segment, min_size=1, max_size=20),
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.sampled_from([0.0, 3.0, 80.0]),
)
def test_zone_one_is_the_highest_of_all(
    rows: list[tuple[float, float, float, float, float, int]], x: float, y: float, slack: float
) -> None:
    seg = pack(rows)
    start, items = kernel.cell_lists(seg, CELLS, SHAPE, 0.0)
    reach = float(max(seg[:, 7].max(), seg[:, 6].max(), 0.0))
    zone, giver = kernel.zone_one(seg, start, items, CELLS, SHAPE, x, y, slack, reach)
    if rim(seg, x, y, slack):
        return
    assert zone == plain_zone(seg, x, y, slack)
    assert (giver >= 0) == (zone > 0)
    if zone > 0:
        assert plain_zone(seg[giver : giver + 1], x, y, slack) == zone
        far = centre_distances(seg, x, y)
        same = [k for k in range(len(rows)) if plain_zone(seg[k : k + 1], x, y, slack) == zone]
        assert far[giver] - seg[giver, 5] <= min(far[k] - seg[k, 5] for k in same) + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(segment, min_size=1, max_size=25), st.integers(0, 10_000))
def test_many_answer_as_few(rows: list[tuple[float, float, float, float, float, int]], seed: int) -> None:
    seg = pack(rows)
    points = np.random.default_rng(seed).uniform(-520, 520, (300, 2))
    base = kernel.cell_lists(seg, CELLS, SHAPE, 0.0)
    widest, reach = float(seg[:, 5].max()), 60.0
    lists = kernel.cell_lists(seg, CELLS, SHAPE, reach)
    many = kernel.sweep(seg, CELLS, SHAPE, *base, *lists, points, reach - widest, widest, 40)
    few = kernel.few(seg, *base, CELLS, SHAPE, points, np.zeros(300), widest, reach, 40)
    for name, a, b in zip(("edge", "near", "zone", "giver"), many, few, strict=True):
        assert (a == b).all(), name


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-600, 600), st.floats(-600, 600)), max_size=200))
def test_sorting_keeps_every_point_once_and_in_its_cell(places: list[tuple[float, float]]) -> None:
    points = np.array(places, dtype=np.float64).reshape(-1, 2)
    first, order, at = kernel.sort_points(points, CELLS, SHAPE)
    assert sorted(order.tolist()) == list(range(len(places)))
    assert (at == points[order]).all()
    assert first[-1] == len(places)
    assert (np.diff(first) >= 0).all()
    for c in np.flatnonzero(np.diff(first[:-1]) > 0):
        inside = at[first[c] : first[c + 1]]
        cell = np.floor((inside - CELLS[:2]) / CELLS[2]).astype(int)
        assert (cell[:, 1] * SHAPE[0] + cell[:, 0] == c).all()
    beyond = at[first[-2] : first[-1]]
    assert ((beyond < CELLS[:2]) | (beyond >= CELLS[:2] + 64 * SHAPE)).any(axis=1).all()


def test_points_of_no_length_are_segments_too() -> None:
    seg = pack([(10.0, 10.0, 10.0, 10.0, 5.0, 0)])
    start, items = kernel.cell_lists(seg, CELLS, SHAPE, 0.0)
    edge, found = kernel.near_one(seg, start, items, CELLS, SHAPE, 13.0, 14.0, 5.0, 3)
    assert (edge, found) == (pytest.approx(0.0), 0)
    assert kernel.near_one(seg, start, items, CELLS, SHAPE, 10.0, 10.0, 5.0, 3)[0] == pytest.approx(-5.0)


def test_equal_edges_go_to_the_lower_segment() -> None:
    seg = pack([(-50.0, 0.0, 50.0, 0.0, 0.1, 0), (-50.0, 0.0, 50.0, 0.0, 0.1, 0)])
    start, items = kernel.cell_lists(seg, CELLS, SHAPE, 0.0)
    assert kernel.near_one(seg, start, items, CELLS, SHAPE, 0.0, 3.0, 0.1, 3)[1] == 0
    assert kernel.zone_one(seg, start, items, CELLS, SHAPE, 0.0, 3.0, 0.0, 60.0) == (1, 0)


# --- the parts of the integral -------------------------------------------------------------------------------------

number = st.floats(-20, 20).map(lambda v: round(v, 3))


@settings(max_examples=200, deadline=None)
@given(number, number, number, number, st.floats(0.05, 15), number, number, st.floats(0.0, 2 * math.pi))
def test_a_line_meets_a_capsule_in_one_interval(  # noqa: PLR0917  one drawn number each
    ax: float, ay: float, bx: float, by: float, r: float, qx: float, qy: float, angle: float
) -> None:
    seg = pack([(ax, ay, bx, by, 0.0, 0)])
    wx, wy = math.cos(angle), math.sin(angle)
    low, high = chance._capsule(seg, 0, r, qx, qy, wx, wy)
    line = shapely.LineString([(ax, ay), (bx, by)])
    t = np.linspace(-80, 80, 1601)
    far = shapely.distance(shapely.points(qx + t * wx, qy + t * wy), line)
    inside = (t >= low) & (t <= high)
    doubtful = np.abs(far - r) < 1e-6
    assert ((far <= r) == inside)[~doubtful].all()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(-4, 4), st.floats(0, 3)), min_size=1, max_size=8))
def test_the_mass_of_a_union_counts_nothing_twice(parts: list[tuple[float, float]]) -> None:
    low = np.array([a for a, _ in parts])
    high = np.array([a + w for a, w in parts])
    grid = np.linspace(-8, 8, 20_001)
    covered = ((grid[:, None] >= low) & (grid[:, None] <= high)).any(axis=1)
    density = np.exp(-grid * grid / 2) / math.sqrt(2 * math.pi)
    expected = float((density * covered).sum() * (grid[1] - grid[0]))
    assert chance._covered(low.copy(), high.copy(), len(parts)) == pytest.approx(expected, abs=6e-3)


def test_bands_and_discs_at_their_limits() -> None:
    assert chance._band(0.0, 0.0, -1.0, 1.0) == (-math.inf, math.inf)
    assert chance._band(5.0, 0.0, -1.0, 1.0) == (math.inf, -math.inf)
    assert chance._band(0.0, -2.0, -1.0, 1.0) == (-0.5, 0.5)
    assert chance._disc(0.0, 0.0, 1.0, 0.0, 2.0) == (-2.0, 2.0)
    assert chance._disc(0.0, 3.0, 1.0, 0.0, 2.0) == (math.inf, -math.inf)
    assert chance._phi(0.0) == 0.5


@settings(max_examples=60, deadline=None)
@given(st.floats(0.1, 30), st.floats(0.1, 30), st.floats(-40, 40), st.floats(0.05, 10))
def test_a_wider_range_is_never_less_likely(a: float, b: float, north: float, sigma: float) -> None:
    small, large = sorted((a, b))
    rows = pack([(-300.0, 0.0, 0.0, 4.0, 0.0, 0), (0.0, 4.0, 20.0, 300.0, 0.0, 0)])
    rows[:, 6], rows[:, 7] = small, large
    start, items = kernel.cell_lists(rows, CELLS, SHAPE, 0.0)
    p = chance.chances(
        rows, np.full(2, 0.3), np.full(2, -1, dtype=np.int32), start, items, CELLS, SHAPE, np.array([[3.0, north]]),
        np.array([[sigma**2, 0.0, sigma**2]]), np.array([large]), chance.line_nodes(),
    )[0]  # fmt: skip
    assert 0 <= p[0] <= p[1] <= 1 + 1e-12
