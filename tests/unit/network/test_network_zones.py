"""Zones against brute force: the kernels, the strips, stations, the outer edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.kit.geo import LocalFrame, distance_m
from pipewarden.network.facts import Datum, Kind, PressureClass, Zone
from pipewarden.network.rules import index, kernel, zones

if TYPE_CHECKING:
    from tests.unit.network.conftest import Town

CLASSES = ["low", "medium", "sub_high", "high", "unknown"]
CODE = {Zone.OUTSIDE: 0, Zone.CONTROL: 1, Zone.PROTECTION: 2}


def random_town(town: Town, seed: int, count: int, side: float = 1500.0) -> tuple[zones.Table, list[shapely.Geometry]]:
    """Crooked pipes of every class, some stations as areas and points, some attributes missing."""
    rng = np.random.default_rng(seed)
    shapes: list[shapely.Geometry] = []
    pipes = []
    for row in range(1, count + 1):
        start = rng.uniform(-side, side, 2)
        kind = row % 10
        if kind == 0:
            shape = shapely.box(*start, *(start + rng.uniform(5, 60, 2)))
        elif kind == 5:
            shape = shapely.Point(*start)
        else:
            legs = np.cumsum(rng.normal(0, 60, (int(rng.integers(2, 6)), 2)), axis=0)
            shape = shapely.LineString(start + legs)
        diameter = None if rng.random() < 0.2 else float(rng.choice([63, 200, 500, 1000]))
        sigma = None if rng.random() < 0.3 else float(rng.choice([0.2, 1.5, 4.0]))
        cls = CLASSES[int(rng.integers(0, 5))]
        datum = Datum.OUTER_EDGE if rng.random() < 0.1 else Datum.CENTRE_LINE
        pipes.append(town.pipe(row, shape, cls, diameter_mm=diameter, sigma_m=sigma, datum=datum))
        shapes.append(shape)
    return town.table(pipes, "CN-SD-qingdao"), shapes


def brute(
    table: zones.Table, shapes: list[shapely.Geometry], metres: np.ndarray, slack: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edge distances (n, pipes), zone codes (n, pipes) by shapely, every pair."""
    far = shapely.distance(shapely.points(metres)[:, None], np.array(shapes, dtype=object)[None, :])
    edge = far - table.radius[None, :]
    areas = np.array([s.geom_type == "Polygon" for s in shapes])
    edge[:, areas] = far[:, areas]
    kinds = [Kind.STATION if station else Kind.PIPE for station in table.network.station]
    classes = [list(PressureClass)[c] for c in table.network.classes]
    entries = [table.ranges.table[k, c] for k, c in zip(kinds, classes, strict=True)]
    protect = np.array([np.nan if e.protect is None else e.protect.value for e in entries])
    control = np.array([np.nan if e.control is None else e.control.value for e in entries])
    reduced = edge if slack is None else edge - table.sigma[None, :] - slack[:, None]
    code = np.where(reduced <= protect, 2, np.where(reduced <= control, 1, 0))
    return edge, code.max(axis=1), code


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_points_agree_with_brute_force(town: Town, seed: int) -> None:
    table, shapes = random_town(town, seed, 120)
    rng = np.random.default_rng(seed)
    metres = rng.uniform(-1800, 1800, (2500, 2))
    got = zones.answer(table, town.frame.to_lonlat(metres), None)
    edge, zone, code = brute(table, shapes, metres)
    assert np.abs(got.edge - np.maximum(edge.min(axis=1), 0)).max() < 5e-4  # two frames, 2 km from their centres
    sure = np.abs(code - zone[:, None]).min(axis=1) == 0
    assert sure.all()
    differ = np.flatnonzero(got.zone != zone)
    assert differ.size <= 1  # a point within the frames' 0.1 mm of a range's rim may fall either way
    inside = got.zone > 0
    assert (code[np.flatnonzero(inside), got.giver[inside]] >= got.zone[inside] - (differ.size > 0)).all()
    assert (got.giver[~inside] == -1).all()
    nearest = np.take_along_axis(edge, got.near[:, None].astype(np.int64), axis=1)[:, 0]
    assert np.abs(np.maximum(nearest, 0) - np.maximum(edge.min(axis=1), 0)).max() < 5e-4


def test_few_points_answer_as_many_do(town: Town) -> None:
    table, _ = random_town(town, 7, 80)
    lonlat = town.frame.to_lonlat(np.random.default_rng(8).uniform(-1800, 1800, (600, 2)))
    many = zones.answer(table, lonlat, None)
    few = [zones.answer(table, lonlat[i : i + 50], None) for i in range(0, 600, 50)]
    for name in ("edge", "near", "zone", "giver"):
        assert (np.concatenate([getattr(part, name) for part in few]) == getattr(many, name)).all(), name


def test_errors_are_subtracted_as_the_rule_says(town: Town) -> None:
    table, shapes = random_town(town, 11, 60)
    rng = np.random.default_rng(12)
    metres = rng.uniform(-1700, 1700, (400, 2))
    sigma = rng.uniform(0.1, 15.0, 400)
    covariances = np.column_stack([sigma**2, np.zeros(400), (sigma / 3) ** 2])
    got = zones.answer(table, town.frame.to_lonlat(metres), covariances)
    _, zone, _ = brute(table, shapes, metres, slack=sigma)
    inside_area = np.array([any(s.contains(shapely.Point(m)) for s in shapes if s.area > 0) for m in metres])
    differ = (got.zone != zone) & ~inside_area
    assert differ.sum() <= 1


def test_worst_sigma_is_the_larger_half_axis() -> None:
    turned = np.array([[2.0, 1.0, 2.0], [9.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    assert zones.worst_sigma(turned) == pytest.approx([np.sqrt(3.0), 3.0, 0.0])


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 80), st.floats(0, 80), st.sampled_from(CLASSES))
def test_farther_away_is_never_stricter(town: Town, a: float, b: float, cls: str) -> None:
    near, far = sorted((a, b))
    table = town.table([town.pipe(1, "LINESTRING (-400 0, 400 0)", cls)])
    got = zones.answer(table, town.lonlat([(0, near), (0, far)]), None)
    assert got.zone[0] >= got.zone[1]
    assert got.edge[0] <= got.edge[1] + 1e-9


@settings(max_examples=60, deadline=None)
@given(st.floats(-60, 60), st.floats(0, 20), st.floats(0, 20))
def test_a_larger_error_is_never_milder(town: Town, north: float, a: float, b: float) -> None:
    small, large = sorted((a, b))
    table = town.table([town.pipe(1, "LINESTRING (-400 0, 400 0)", "sub_high")])
    where = town.lonlat([(0, north), (0, north)])
    got = zones.answer(table, where, np.array([[small**2, 0, small**2], [large**2, 0, large**2]]))
    assert got.zone[1] >= got.zone[0]
    plain = zones.answer(table, where[:1], None)
    assert got.zone[0] >= plain.zone[0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-70, 70), st.sampled_from(CLASSES)), min_size=1, max_size=6))
def test_the_zone_is_the_highest_over_all_pipes(town: Town, streets: list[tuple[float, str]]) -> None:
    pipes = [
        town.pipe(row, f"LINESTRING (-300 {north}, 300 {north})", cls)
        for row, (north, cls) in enumerate(streets, start=1)
    ]
    point = town.lonlat([(3.0, 1.0)])
    together = zones.answer(town.table(pipes), point, None).zone[0]
    alone = max(zones.answer(town.table([pipe]), point, None).zone[0] for pipe in pipes)
    assert together == alone


def test_each_range_counts_from_the_outer_edge(town: Town) -> None:
    thick = town.table([town.pipe(1, "LINESTRING (-100 0, 100 0)", "low", diameter_mm=1000.0)])
    drawn_edge = town.table(
        [town.pipe(1, "LINESTRING (-100 0, 100 0)", "low", diameter_mm=1000.0, datum=Datum.OUTER_EDGE)]
    )
    at = town.lonlat([(0, 0.99), (0, 1.01), (0, 5.49), (0, 5.51)])
    assert zones.answer(thick, at, None).zone.tolist() == [2, 1, 1, 0]
    assert zones.answer(drawn_edge, at, None).zone.tolist() == [1, 1, 0, 0]
    assert zones.answer(thick, town.lonlat([(0, 0.2)]), None).edge[0] == 0.0


def test_the_long_distance_law_counts_from_the_centre_line(town: Town) -> None:
    table = town.table([town.pipe(1, "LINESTRING (-100 0, 100 0)", "high", diameter_mm=1400.0)], "CN-LONGDISTANCE")
    got = zones.answer(table, town.lonlat([(0, 4.99), (0, 5.01), (0, 49.99), (0, 50.01)]), None)
    assert got.zone.tolist() == [2, 1, 1, 0]
    assert got.edge[0] == pytest.approx(4.99, abs=1e-4)


def test_stations_have_their_own_ranges(town: Town) -> None:
    plant = town.pipe(1, "POLYGON ((0 0, 40 0, 40 30, 0 30, 0 0))", "medium")
    box = town.pipe(2, "POINT (500 0)", "medium")
    table = town.table([plant, box], "CN-SD-qingdao")
    at = town.lonlat([(20, 15), (40.9, 10), (41.1, 10), (89.9, 10), (90.1, 10), (505.9, 0), (506.1, 0), (555.1, 0)])
    got = zones.answer(table, at, None)
    assert got.zone.tolist() == [2, 2, 1, 1, 0, 2, 1, 0]
    assert got.edge[0] == 0.0
    assert got.edge[1] == pytest.approx(0.9, abs=1e-3)
    assert got.edge[5] == pytest.approx(0.9, abs=1e-3)  # 5 m are taken for the fence of a station drawn as a point
    assert "fence taken 5 m" in (zones.assumptions_of(table, 1, with_error=False) or "")
    assert zones.assumptions_of(table, 0, with_error=False) is None


def test_a_station_with_a_yard_in_it_is_solid_only_where_drawn(town: Town) -> None:
    ring = shapely.Polygon([(0, 0), (200, 0), (200, 200), (0, 200)], [[(20, 20), (180, 20), (180, 180), (20, 180)]])
    table = town.table([town.pipe(1, ring, "low")])
    got = zones.answer(table, town.lonlat([(100, 100), (10, 100), (21.5, 100)]), None)
    assert got.edge == pytest.approx([80.0, 0.0, 1.5], abs=1e-3)
    assert got.zone.tolist() == [0, 2, 0]


def test_a_national_station_has_no_control_range(town: Town) -> None:
    table = town.table([town.pipe(1, "POLYGON ((0 0, 40 0, 40 30, 0 30, 0 0))", "low")])
    got = zones.answer(table, town.lonlat([(40.9, 10), (41.1, 10)]), None)
    assert got.zone.tolist() == [2, 0]
    assert zones.clause_of(table, 0, 2) == "GB 55009-2021 5.2 (via 交城县通告; clause number not checked)"
    assert zones.clause_of(table, 0, 0) is None


def test_of_equal_zones_the_nearer_pipe_is_named(town: Town) -> None:
    table = town.table([town.pipe(1, "LINESTRING (-99 3, 99 3)"), town.pipe(2, "LINESTRING (-99 -2, 99 -2)")])
    got = zones.answer(table, town.lonlat([(0, 0)]), None)
    assert (got.near[0], got.giver[0]) == (1, 1)


def test_points_far_from_everything_still_find_the_nearest(town: Town) -> None:
    pipes = [
        town.pipe(1, "LINESTRING (0 0, 100 0)", diameter_mm=200.0),
        town.pipe(2, "LINESTRING (90000 0, 90100 0)", diameter_mm=1000.0),
    ]
    table = town.table(pipes)
    lonlat = np.vstack([town.lonlat([(30000, 0), (70000, 0), (45050, 0), (-50000, 20)]), [[-70.0, -30.0]]])
    got = zones.answer(table, lonlat, None)
    assert got.near.tolist()[:4] == [0, 1, 1, 0]  # half way the thicker pipe has the nearer edge
    assert got.edge[0] == pytest.approx(29899.9, rel=1e-4)
    assert got.zone.tolist() == [0] * 5
    many = zones.answer(table, np.vstack([lonlat] * 100), None)
    assert (many.near.reshape(-1, 5) == got.near).all()


def test_the_other_side_of_the_globe_is_far_away_but_not_a_crash(town: Town) -> None:
    table = town.table([town.pipe(1, "LINESTRING (0 0, 100 0)"), town.pipe(2, "LINESTRING (9000 0, 9100 0)")])
    lonlat = np.array([[-63.3, -39.5], [-63.3, 39.5], [26.7, 0.0], [116.7, -89.9], [0.0, 90.0], [-180.0, 10.0]])
    got = zones.answer(table, lonlat, None)
    true = [distance_m((lon, lat), (town.lon, town.lat)) for lon, lat in lonlat]
    assert got.edge == pytest.approx(true, rel=2e-3)
    assert (got.near >= 0).all()
    assert got.zone.tolist() == [0] * 6
    fuzzy = zones.answer(table, lonlat, np.tile([25.0, 0.0, 25.0], (6, 1)))
    assert fuzzy.zone.tolist() == [0] * 6
    assert fuzzy.chance is not None
    assert fuzzy.chance.max() == 0.0


def test_a_wide_network_is_cut_into_strips_that_agree_with_the_globe(town: Town) -> None:
    """Every 0.7 degrees from the Atlantic to Kyiv a short pipe; distances near and far against geodesics."""
    pipes, places = [], []
    for row, lon in enumerate(np.arange(-9.0, 30.0, 0.7), start=1):
        local = LocalFrame(float(lon), 48.0)
        line = shapely.transform(shapely.LineString([(0, -50), (0, 50)]), local.to_lonlat)
        pipes.append(town.pipe(row, "LINESTRING (0 0, 1 1)", geometry=shapely.to_wkb(line)))
        places.append(local)
    table = town.table(pipes, "CN-LONGDISTANCE")
    assert len(table.network.frames) == 13
    for offset in (4.9, 5.1, 49.9, 50.1, 900.0, 12_000.0):
        lonlat = np.vstack([local.to_lonlat(np.array([[offset, 0.0]])) for local in places])
        got = zones.answer(table, lonlat, None)
        assert (got.near == np.arange(len(places))).all(), offset
        assert np.abs(got.edge - offset).max() <= 3e-4 * offset
        assert set(got.zone.tolist()) == {2 if offset < 5 else 1 if offset < 50 else 0}
    ocean = np.array([[-40.0, 48.0], [60.0, 48.0], [10.0, 20.0]])
    got = zones.answer(table, ocean, None)
    assert got.near.tolist()[:2] == [0, len(places) - 1]
    assert got.edge[0] == pytest.approx(distance_m((-40.0, 48.0), (-9.0, 48.0)), rel=0.01)
    assert got.zone.tolist() == [0, 0, 0]


def test_long_segments_are_straight_in_longitude_and_latitude(town: Town) -> None:
    long = shapely.LineString([(8.0, 50.0), (9.0, 50.0)])
    table = town.table([town.pipe(1, "LINESTRING (0 0, 1 1)", geometry=shapely.to_wkb(long))])
    assert table.network.segments >= 143
    on_parallel = zones.answer(table, np.array([[8.5, 50.0]]), None)
    assert on_parallel.edge[0] < 0.01  # the straight line of the plane would pass 190 m north of it


def test_the_index_keeps_every_metre(town: Town) -> None:
    shape = shapely.MultiLineString([[(0, 0), (1234, 0)], [(0, 50), (0, 90), (10, 90)]])
    network = index.build([town.pipe(1, shape)])
    lines = network.frames[0].lines
    assert np.hypot(lines[:, 2], lines[:, 3]).sum() == pytest.approx(1234 + 50, abs=0.01)
    assert np.hypot(lines[:, 2], lines[:, 3]).max() <= 500.0
    assert set(network.frames[0].pipe.tolist()) == {0}


def test_what_was_assumed_is_said(town: Town) -> None:
    bare = town.table([town.pipe(1, "LINESTRING (0 0, 9 9)", "unknown", diameter_mm=None, sigma_m=None)])
    assert zones.assumptions_of(bare, 0, with_error=False) == (
        "pressure unknown, taken as high (strictest); diameter unknown, taken as 1000 mm"
    )
    assert "map accuracy unknown, taken as 1 m" in (zones.assumptions_of(bare, 0, with_error=True) or "")
    full = town.table([town.pipe(1, "LINESTRING (0 0, 9 9)", "low")])
    assert zones.assumptions_of(full, 0, with_error=True) is None
    law = town.table([town.pipe(1, "LINESTRING (0 0, 9 9)", "unknown", diameter_mm=None)], "CN-LONGDISTANCE")
    assert zones.assumptions_of(law, 0, with_error=True) is None  # neither matters to the law


def test_no_points_no_answers(town: Town) -> None:
    table = town.table([town.pipe(1, "LINESTRING (0 0, 9 9)")])
    got = zones.answer(table, np.empty((0, 2)), None)
    assert got.edge.shape == (0,)


def test_without_a_writable_cache_the_kernel_still_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def njit(**options: object) -> object:
        asked.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(kernel.numba, "njit", njit)
    assert kernel._jit(len)([1, 2]) == 2
    assert [o.get("cache", False) for o in asked] == [True, False]
