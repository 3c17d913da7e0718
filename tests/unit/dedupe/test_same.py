from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.dedupe.facts import Policy
from pipewarden.dedupe.rules import comparable, gate, same_place

POLICY = Policy()
EAST, NORTH = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def test_the_gate_of_exact_cameras_is_the_machine_itself():
    assert gate(EAST, np.zeros((2, 2)), POLICY) == pytest.approx(4.0)


def test_the_gate_is_wide_where_the_error_is():
    covariance = np.diag([25.0, 0.25])
    assert gate(EAST, covariance, POLICY) == pytest.approx(np.sqrt(9.2103 * 25 + 16), rel=1e-3)
    assert gate(NORTH, covariance, POLICY) == pytest.approx(np.sqrt(9.2103 * 0.25 + 16), rel=1e-3)
    assert gate(np.zeros(2), covariance, POLICY) == pytest.approx(gate(EAST, covariance, POLICY))


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(-0.99, 0.99), st.floats(0, 6.28))
def test_the_gate_stays_between_the_machine_and_the_cap(ee: float, nn: float, rho: float, angle: float):
    en = rho * float(np.sqrt(ee * nn))
    reach = gate(np.array([np.cos(angle), np.sin(angle)]), np.array([[ee, en], [en, nn]]), POLICY)
    assert POLICY.machine_m - 1e-6 <= reach <= POLICY.widest_gate_m


def test_the_gate_holds_99_of_100_sightings_of_a_standing_machine():
    """Monte Carlo, fixed seed: errors drawn from the stated covariances and the machine's own."""
    rng = np.random.default_rng(99)
    covariance = np.array([[6.0, 2.0], [2.0, 3.0]])
    own = POLICY.machine_m**2 / 9.2103 * np.eye(2)
    steps = rng.multivariate_normal(np.zeros(2), covariance + own, 20_000)
    inside = [float(np.hypot(*step)) <= gate(step, covariance, POLICY) for step in steps]
    assert np.mean(inside) == pytest.approx(0.99, abs=0.003)


def test_the_reason_says_how_far_of_how_far_and_how_much_later(stage: Any, looks: Any):
    a = stage.see((0, 20), look=looks(1))
    b = stage.see((1.8, 20), seconds=60, look=looks(1))
    found = same_place(a, b, POLICY)
    assert found is not None
    assert found.reason == "same place 1.8 m of 4.2 m, 60 s apart, look 1.00/1.00"
    later = same_place(a, replace(b, seen_s=a.seen_s + 3 * 3600), POLICY)
    assert later is not None
    assert "3.0 h apart" in later.reason


def test_within_a_stream_the_common_error_does_not_widen_the_gate(stage: Any):
    a, b = (stage.see((east, 20), sigma=8, own=0.1, box=(600, 300, 120, 80)) for east in (0, 7))
    # the same box in the picture is the same place whatever the foot says; a box beside it is not
    assert same_place(a, b, POLICY) is not None
    beside = replace(b, box=replace(b.box, x=700))
    assert same_place(a, beside, POLICY) is None
    other = replace(beside, stream="cam-b")
    assert same_place(a, other, POLICY) is not None


def test_boxes_that_do_not_touch_are_not_one_place_for_one_camera(stage: Any):
    a = stage.see((0, 90), own=4)
    b = stage.see((10, 90), own=4)
    assert same_place(a, b, POLICY) is None
    assert same_place(a, replace(b, stream="cam-b"), POLICY) is None
    wide = replace(b, stream="cam-b", ground=replace(b.ground, covariance=(16, 0, 16)))
    assert same_place(replace(a, ground=replace(a.ground, covariance=(16, 0, 16))), wide, POLICY) is not None


def test_only_a_machine_of_an_alarm_may_have_moved(stage: Any, looks: Any):
    a, b = (stage.see((east, 20), look=looks(1)) for east in (0, 7))
    assert same_place(a, b, POLICY) is None
    found = same_place(a, b, POLICY, settled=True)
    assert found is not None
    assert found.reason.startswith("moved, looks the same")
    assert same_place(a, replace(b, look=looks(2)), POLICY, settled=True) is None
    assert same_place(a, stage.see((9, 20), look=looks(1)), POLICY, settled=True) is None


def test_far_apart_is_never_one_place_however_unsure(stage: Any):
    a = stage.see((0, 20), sigma=40)
    assert same_place(a, stage.see((31, 20), sigma=40, stream="cam-b"), POLICY) is None
    assert same_place(a, stage.see((29, 20), sigma=40, stream="cam-b"), POLICY) is not None


@pytest.mark.parametrize(
    ("a", "b", "meet"),
    [
        ({}, {"seconds": 86_399}, True),
        ({}, {"seconds": 86_401}, False),
        ({"timed": False}, {"timed": False, "seconds": 5}, True),
        ({"timed": False}, {"timed": False, "stream": "cam-b"}, False),
        ({"timed": False}, {}, False),
        ({}, {"stream": "cam-b"}, True),
    ],
)
def test_times_must_be_known_against_each_other(stage: Any, a: dict[str, Any], b: dict[str, Any], *, meet: bool):
    one, two = stage.see((0, 20), **a), stage.see((0, 20), **b)
    assert comparable(one, two, POLICY) is meet
    assert (same_place(one, two, POLICY) is not None) is meet


@given(east=st.floats(-12, 12), north=st.floats(8, 32), sigma=st.floats(0.1, 6), other=st.booleans())
def test_same_place_is_symmetric(new_stage: Any, east: float, north: float, sigma: float, *, other: bool):
    stage = new_stage()
    a = stage.see((0, 20), sigma=sigma)
    b = stage.see((east, north), sigma=1.0, stream="cam-b" if other else "cam-a")
    there, back = same_place(a, b, POLICY), same_place(b, a, POLICY)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert there.cost == pytest.approx(back.cost, abs=1e-6)


def test_pictures_of_two_sizes_are_compared_by_parts(stage: Any):
    a = stage.see(box=(128, 72, 256, 144))
    b = replace(a, size=(640, 360), box=replace(a.box, x=64, y=36, w=128, h=72))
    found = same_place(a, b, POLICY)
    assert found is not None
    assert "overlap 1.00" in found.reason
