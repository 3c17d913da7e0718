"""Probabilities against Monte Carlo with fixed seeds, and against the normal distribution where it is exact."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from pipewarden.network.rules import chance, zones

if TYPE_CHECKING:
    from tests.unit.network.conftest import Town

NORMAL = NormalDist()
DRAWS = 40_000


def chances(table: zones.Table, town: Town, metres: list[tuple[float, float]], covariance: list[float]) -> np.ndarray:
    covariances = np.tile(np.array(covariance), (len(metres), 1))
    got = zones.answer(table, town.lonlat(metres), covariances).chance
    assert got is not None
    return got


def drawn(at: tuple[float, float], covariance: list[float], sigma_map: float, seed: int) -> np.ndarray:
    ee, en, nn = covariance
    whole = np.array([[ee, en], [en, nn]]) + sigma_map**2 * np.eye(2)
    return np.random.default_rng(seed).multivariate_normal(at, whole, DRAWS)


@pytest.mark.parametrize("north", [-30.0, -6.0, -1.0, 0.0, 0.4, 2.0, 5.5, 12.0])
def test_one_straight_pipe_is_exact(town: Town, north: float) -> None:
    """Short, so that its curve in the plane (0.2 mm) does not show."""
    table = town.table([town.pipe(1, "LINESTRING (-60 0, 60 0)", "low", diameter_mm=200.0, sigma_m=0.5)])
    (p1, p2) = chances(table, town, [(0, north)], [4.0, 0.0, 9.0])[0]
    sigma = (9.0 + 0.25) ** 0.5
    for p, reach in ((p1, 0.6), (p2, 5.1)):
        true = NORMAL.cdf((reach - north) / sigma) - NORMAL.cdf((-reach - north) / sigma)
        assert p == pytest.approx(true, abs=2e-5)


def test_the_direction_of_the_error_matters(town: Town) -> None:
    table = town.table([town.pipe(1, "LINESTRING (-60 0, 60 0)", "low", sigma_m=0.1)])
    along = chances(table, town, [(0, 3.0)], [64.0, 0.0, 0.04])[0]
    across = chances(table, town, [(0, 3.0)], [0.04, 0.0, 100.0])[0]
    assert along[1] == pytest.approx(1.0, abs=1e-6)
    assert across[1] < 0.5


SCENES = {
    "a corner": ["LINESTRING (-80 0, 0 0, 0 -80)"],
    "a crossing": ["LINESTRING (-80 0, 80 0)", "LINESTRING (3 -80, 3 80)"],
    "an end": ["LINESTRING (0 0, 80 10)"],
    "a comb": [f"LINESTRING ({x} -40, {x} 40)" for x in range(-12, 13, 6)],
    "a station": ["POLYGON ((2 -5, 22 -5, 22 15, 2 15, 2 -5))"],
    "a station and a pipe": ["POLYGON ((4 0, 14 0, 14 10, 4 10, 4 0))", "LINESTRING (-50 -3, 50 -3)"],
    "a point": ["POINT (4 4)"],
}


@pytest.mark.parametrize("scene", sorted(SCENES))
@pytest.mark.parametrize("covariance", [[9.0, 4.0, 4.0], [0.5, 0.0, 0.5], [60.0, -20.0, 30.0]])
def test_shapes_agree_with_monte_carlo(town: Town, scene: str, covariance: list[float]) -> None:
    shapes = [shapely.from_wkt(text) for text in SCENES[scene]]
    sigma_map = 0.7
    pipes = [town.pipe(row, shape, "sub_high", sigma_m=sigma_map) for row, shape in enumerate(shapes, start=1)]
    table = town.table(pipes, "CN-SD-qingdao")
    protect = np.array([3.0 for _ in shapes])
    control = np.array([50.0 if shape.geom_type in {"Polygon", "Point"} else 30.0 for shape in shapes])
    for seed, at in enumerate([(0.0, 1.0), (-4.0, 5.0), (2.0, -7.0), (9.0, 6.0), (-30.0, -25.0)]):
        p = chances(table, town, [at], covariance)[0]
        cloud = shapely.points(drawn(at, covariance, sigma_map, seed))
        edges = np.stack([shapely.distance(cloud, s) - table.radius[i] for i, s in enumerate(shapes)], axis=1)
        assert p[0] == pytest.approx((edges <= protect).any(axis=1).mean(), abs=0.015), at
        assert p[1] == pytest.approx((edges <= control).any(axis=1).mean(), abs=0.015), at


def test_pipes_of_different_map_errors_give_the_larger_chance(town: Town) -> None:
    sharp = town.pipe(1, "LINESTRING (-900 4, 900 4)", "low", sigma_m=0.2)
    fuzzy = town.pipe(2, "LINESTRING (-900 -9, 900 -9)", "low", sigma_m=6.0)
    both = chances(town.table([sharp, fuzzy]), town, [(0, 0)], [1.0, 0.0, 1.0])[0]
    alone = [chances(town.table([pipe]), town, [(0, 0)], [1.0, 0.0, 1.0])[0] for pipe in (sharp, fuzzy)]
    assert both == pytest.approx(np.maximum(*alone), abs=1e-9)


def test_a_point_without_any_error_is_in_or_out(town: Town) -> None:
    table = town.table([town.pipe(1, "LINESTRING (-900 0, 900 0)", "low", sigma_m=1e-9)])
    inside, outside = chances(table, town, [(0, 0.3), (0, 0.9)], [0.0, 0.0, 0.0])
    assert inside == pytest.approx([1.0, 1.0])
    assert outside == pytest.approx([0.0, 1.0])


def test_protection_is_never_likelier_than_control_or_protection(town: Town) -> None:
    rng = np.random.default_rng(5)
    pipes = [
        town.pipe(row, shapely.LineString(rng.uniform(-60, 60, (3, 2))), ["low", "high", "unknown"][row % 3])
        for row in range(1, 12)
    ]
    table = town.table(pipes)
    metres = [tuple(p) for p in rng.uniform(-120, 120, (60, 2))]
    got = chances(table, town, metres, [25.0, 6.0, 9.0])
    assert (got >= 0).all()
    assert (got <= 1 + 1e-12).all()
    assert (got[:, 0] <= got[:, 1]).all()


def test_in_the_middle_of_a_large_station_one_is_surely_inside(town: Town) -> None:
    table = town.table([town.pipe(1, "POLYGON ((-400 -400, 400 -400, 400 400, -400 400, -400 -400))", "low")])
    assert chances(table, town, [(10, -20)], [4.0, 0.0, 4.0])[0] == pytest.approx([1.0, 1.0], abs=1e-9)


def test_far_from_everything_the_chance_is_zero(town: Town) -> None:
    table = town.table([town.pipe(1, "LINESTRING (0 0, 10 0)")])
    assert chances(table, town, [(4000, 0)], [4.0, 0.0, 4.0])[0].tolist() == [0.0, 0.0]


def test_the_lines_are_midpoints_of_equal_slices() -> None:
    nodes = chance.line_nodes(4)
    assert [round(NORMAL.cdf(z), 6) for z in nodes] == [0.125, 0.375, 0.625, 0.875]
    assert chance.line_nodes().shape == (chance.LINES,)
