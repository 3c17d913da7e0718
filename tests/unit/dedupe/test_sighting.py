from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.dedupe.rules import apart, likeness, overlap
from pipewarden.dedupe.rules.sighting import matrix
from pipewarden.kit.geo import distance_m
from pipewarden.locate.facts import GroundPoint
from pipewarden.perceive.facts import Look

EXACT = (0.0, 0.0, 0.0)


def test_equal_looks_are_alike_and_others_are_not(looks: Any):
    same, other = likeness(looks(1), looks(1)), likeness(looks(1), looks(2))
    assert same is not None
    assert (same.cosine, same.dhash) == (pytest.approx(1), 1)
    assert same.near
    assert other is not None
    assert abs(other.dhash) < 0.35
    assert not other.near
    assert str(same) == "look 1.00/1.00"


def test_either_measure_may_find_two_looks_near(looks: Any):
    one = looks(1)
    turned = Look(dhash=one.dhash, features=looks(2).features)
    found = likeness(one, turned)
    assert found is not None
    assert found.near
    opposite = Look(dhash=bytes(255 - byte for byte in one.dhash), features=one.features)
    found = likeness(one, opposite)
    assert found is not None
    assert found.dhash == -1
    assert found.near


def test_looks_of_different_nets_cannot_be_compared(looks: Any):
    one = looks(1)
    assert likeness(one, None) is None
    assert likeness(one, replace(one, features=one.features[:10])) is None


@given(st.tuples(*[st.floats(1, 500)] * 4), st.tuples(*[st.floats(1, 500)] * 4))
def test_overlap_is_symmetric_and_one_only_for_equal_boxes(new_stage: Any, first: Any, second: Any):
    stage = new_stage()
    a, b = stage.see(box=first), stage.see(box=second)
    assert overlap(a, b) == pytest.approx(overlap(b, a))
    assert 0 <= overlap(a, b) <= 1 + 1e-9
    assert overlap(a, a) == pytest.approx(1)


def test_overlap_by_hand(stage: Any):
    a, b = stage.see(box=(0, 0, 100, 100)), stage.see(box=(50, 0, 100, 100))
    assert overlap(a, b) == pytest.approx(1 / 3)
    assert overlap(a, stage.see(box=(100, 0, 10, 10))) == 0


@given(st.floats(-170, 170), st.floats(-70, 70), st.floats(-0.001, 0.001), st.floats(-0.001, 0.001))
def test_apart_is_the_geodesic_distance(lon: float, lat: float, east: float, north: float):
    a, b = GroundPoint(lon, lat, EXACT), GroundPoint(lon + east, lat + north, EXACT)
    step = apart(a, b)
    assert float(np.hypot(*step)) == pytest.approx(distance_m((a.lon, a.lat), (b.lon, b.lat)), abs=0.01)
    assert np.sign(step[1]) == pytest.approx(np.sign(north)) or abs(step[1]) < 0.05


def test_a_covariance_is_a_symmetric_matrix() -> None:
    assert matrix((1, 2, 3)).tolist() == [[1, 2], [2, 3]]
