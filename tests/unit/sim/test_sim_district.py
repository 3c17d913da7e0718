"""The demo grid: where streets lie, which way they run, and what runs below them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.geo import LocalFrame, distance_m
from pipewarden.sim.facts import Axis, Street
from pipewarden.sim.rules import ORIGIN, STREETS, heading_of, on_street, street
from pipewarden.sim.rules.district import GRID_TURN_DEG, grid_of, to_lonlat

FRAME = LocalFrame(*ORIGIN)
streets = st.sampled_from(STREETS)
steps = st.floats(-800, 800)


def bearing(a: tuple[float, float], b: tuple[float, float]) -> float:
    there = FRAME.to_metres(np.array([a, b]))
    return float(np.degrees(np.arctan2(*(there[1] - there[0]))) % 360)


def test_the_grid_s_origin_is_the_district_s():
    lon, lat = to_lonlat(np.array([[0.0, 0.0]]))[0]
    assert distance_m((float(lon), float(lat)), ORIGIN) < 1e-3


def test_keys_and_pipes_are_unique():
    assert len({where.key for where in STREETS}) == len(STREETS)
    lines = [line.key for where in STREETS for line in where.lines]
    assert len(set(lines)) == len(lines)


@given(streets, steps, steps)
def test_metres_along_a_street_are_metres_on_the_ground(where: Street, a: float, b: float):
    assert distance_m(on_street(where, a, 0), on_street(where, b, 0)) == pytest.approx(abs(a - b), abs=0.01)


@given(streets, steps)
def test_a_street_runs_where_its_heading_says(where: Street, along: float):
    there = bearing(on_street(where, along, 0), on_street(where, along + 50, 0))
    assert there == pytest.approx(heading_of(where), abs=0.01)


@given(streets, steps, st.floats(1, 40))
def test_across_is_to_the_right(where: Street, along: float, across: float):
    there = bearing(on_street(where, along, 0), on_street(where, along, across))
    assert there == pytest.approx(heading_of(where) + 90, abs=0.05)
    assert distance_m(on_street(where, along, 0), on_street(where, along, across)) == pytest.approx(across, abs=0.01)


@pytest.mark.parametrize("where", STREETS, ids=lambda where: where.key)
def test_grid_points_lie_on_the_street_s_line(where: Street):
    x, y = grid_of(where, 30.0, 4.0)
    assert (x, y) == ((where.at + 4, 30.0) if where.axis is Axis.NORTH else (30.0, where.at - 4))


@pytest.mark.parametrize("where", STREETS, ids=lambda where: where.key)
def test_mains_lie_below_their_carriageway_or_its_edge(where: Street):
    assert where.lines
    assert where.lo < where.hi
    for line in where.lines:
        assert abs(line.across_m) < where.width_m / 2


def test_streets_cross_at_the_grid_s_turn():
    assert heading_of(street("ns-xinhua")) == GRID_TURN_DEG
    corner = on_street(street("ns-xinhua"), 200, 0)
    assert distance_m(corner, on_street(street("ew-guangming"), 0, 0)) < 0.01


def test_high_pressure_keeps_its_distance_from_quiet_streets():
    """Control of a high-pressure main reaches 50 m: no camera street beside it may lie within that by accident."""
    east = street("ns-east")
    for where in STREETS:
        if where.axis is Axis.NORTH and where.key != east.key:
            assert abs(where.at - east.at) > 200
