"""GCJ-02 and BD-09: published values, round trips, identity outside China."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.kit.geo import distance_m
from pipewarden.network.rules import gcj

inside = st.tuples(st.floats(73.5, 134.5), st.floats(4.0, 53.0))
anywhere = st.tuples(st.floats(-180, 180), st.floats(-85, 85))


def test_forward_gives_the_published_values() -> None:
    tiananmen = np.array([[116.404, 39.915]])
    assert gcj.wgs84_to_gcj02(tiananmen)[0] == pytest.approx([116.41024449916938, 39.91640428150164], abs=1e-9)
    assert gcj.wgs84_to_bd09(tiananmen)[0] == pytest.approx([116.41662724378733, 39.922699552216216], abs=1e-9)


def test_the_shift_is_what_people_complain_of() -> None:
    for place in ((116.7, 39.5), (121.47, 31.23), (113.26, 23.13), (104.07, 30.67)):
        moved = gcj.wgs84_to_gcj02(np.array([place]))[0]
        assert 100 < distance_m(place, (moved[0], moved[1])) < 800


@settings(max_examples=300, deadline=None)
@given(inside)
def test_gcj02_there_and_back_is_below_a_tenth_of_a_millimetre(place: tuple[float, float]) -> None:
    point = np.array([place])
    back = gcj.gcj02_to_wgs84(gcj.wgs84_to_gcj02(point))
    assert np.abs(back - point).max() < 1e-9


@settings(max_examples=300, deadline=None)
@given(inside)
def test_bd09_there_and_back_is_below_a_tenth_of_a_millimetre(place: tuple[float, float]) -> None:
    point = np.array([place])
    back = gcj.bd09_to_wgs84(gcj.wgs84_to_bd09(point))
    assert np.abs(back - point).max() < 1e-9


@settings(max_examples=100, deadline=None)
@given(inside)
def test_the_other_way_round_also_closes(place: tuple[float, float]) -> None:
    shifted = np.array([place])
    again = gcj.wgs84_to_gcj02(gcj.gcj02_to_wgs84(shifted))
    assert np.abs(again - shifted).max() < 1e-7


@settings(max_examples=100, deadline=None)
@given(anywhere)
def test_outside_china_gcj02_is_the_identity(place: tuple[float, float]) -> None:
    point = np.array([place])
    if not gcj.inside_china(point)[0]:
        assert (gcj.wgs84_to_gcj02(point) == point).all()
        assert (gcj.gcj02_to_wgs84(point) == point).all()


def test_many_points_are_moved_as_each_alone() -> None:
    rng = np.random.default_rng(3)
    points = np.column_stack([rng.uniform(75, 130, 500), rng.uniform(10, 50, 500)])
    together = gcj.gcj02_to_wgs84(points)
    alone = np.vstack([gcj.gcj02_to_wgs84(p[None]) for p in points])
    assert np.abs(together - alone).max() < 1e-10
    assert gcj.gcj02_to_wgs84(np.empty((0, 2))).shape == (0, 2)


def test_mixed_places_keep_those_outside() -> None:
    points = np.array([[116.4, 39.9], [7.88, 48.45]])
    moved = gcj.wgs84_to_gcj02(points)
    assert abs(moved[0, 0] - 116.4) > 1e-3
    assert (moved[1] == points[1]).all()


def test_the_pages_are_tested_against_what_this_says_today() -> None:
    """web/tests/gcj-grid.json, by which web/src/rules/gcj.ts is held to a centimetre, is of this code."""
    kept = Path(__file__).parents[3] / "web" / "tests" / "gcj-grid.json"
    rows = np.array(json.loads(kept.read_text(encoding="utf-8")))
    assert len(rows) > 100
    assert np.abs(gcj.wgs84_to_gcj02(rows[:, :2]) - rows[:, 2:4]).max() < 1e-9
    assert np.abs(gcj.gcj02_to_wgs84(rows[:, :2]) - rows[:, 4:]).max() < 1e-9
