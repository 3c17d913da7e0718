from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

from pipewarden.kit.geo import LocalFrame
from pipewarden.locate.rules import FARTHEST_M, Calibrated, Pose, fits, read, solve, stand
from pipewarden.perceive.facts import Box

SIZE = (1280, 720)
HERE = (116.7, 39.5)
FRAME = LocalFrame(*HERE)
POSE = {"height_m": 8, "heading_deg": 0, "tilt_deg": 20, "hfov_deg": 60}


def camera(**changed: float) -> Calibrated:
    return solve(read({"pose": POSE | changed}, SIZE, HERE), HERE)


def test_the_foot_is_the_middle_of_the_lower_edge():
    made = camera()
    one = stand(made, SIZE, [Box(600, 400, 80, 100)], [False])[0]
    assert one.ground is not None
    truth = made.model.ground(np.array([[640.0, 500.0]]))
    assert np.allclose(FRAME.to_metres(np.array([[one.ground.lon, one.ground.lat]])), truth, atol=1e-3)
    assert one.why is None


def test_a_machine_stands_half_its_depth_behind_its_foot_and_is_less_sure_for_it():
    made = camera()
    thing, machine = stand(made, SIZE, [Box(600, 400, 80, 100)] * 2, [False, True])
    assert thing.ground is not None
    assert machine.ground is not None
    near, middle = FRAME.to_metres(np.array([[one.lon, one.lat] for one in (thing.ground, machine.ground)]))
    assert np.hypot(*(middle - near)) == pytest.approx(1.5, abs=0.01)
    assert middle[1] > near[1]
    width = np.hypot(*np.diff(made.model.ground(np.array([[600.0, 500.0], [680.0, 500.0]])), axis=0)[0])
    assert machine.ground.covariance[0] - thing.ground.covariance[0] == pytest.approx((0.12 * width) ** 2, rel=0.02)
    assert machine.ground.covariance[2] - thing.ground.covariance[2] == pytest.approx(0.75**2, rel=0.02)


@given(st.floats(0.25, 3))
def test_a_picture_of_another_size_is_scaled(scale: float):
    made, box = camera(), Box(600, 400, 80, 100)
    other = Box(box.x * scale, box.y * scale, box.w * scale, box.h * scale)
    a = stand(made, SIZE, [box], [True])[0].ground
    b = stand(made, (round(1280 * scale), round(720 * scale)), [other], [True])[0].ground
    assert a is not None
    assert b is not None
    assert np.allclose(
        FRAME.to_metres(np.array([[a.lon, a.lat]])), FRAME.to_metres(np.array([[b.lon, b.lat]])), atol=0.3
    )


def test_a_picture_of_another_shape_is_not_placed_and_says_why():
    made = camera()
    assert fits(made, (1920, 1080)) is None
    one = stand(made, (1024, 768), [Box(600, 400, 80, 100)], [True])[0]
    assert one.ground is None
    assert one.why is not None
    assert "1024 x 768" in one.why


def test_above_the_horizon_there_is_no_ground():
    one = stand(camera(tilt_deg=5), SIZE, [Box(600, 10, 80, 60)], [True])[0]
    assert (one.ground, one.own_covariance, one.footprint) == (None, None, ())
    assert one.why == "the foot of the box is above the horizon"


def test_near_the_horizon_the_place_is_refused_as_too_uncertain_or_too_far():
    made = camera(tilt_deg=10)
    whys = [stand(made, SIZE, [Box(600, row, 40, 20)], [True])[0].why for row in (150, 160, 175, 240)]
    assert whys[-1] is None
    assert any(why is not None and "too uncertain" in why for why in whys)
    exact = replace(made, model=replace_sigma(made.model), pixel_sigma=0.001)
    far = stand(exact, SIZE, [Box(640, 140.0, 0.0, 0.1)], [False])[0].why
    assert far is None or "away" in far or "uncertain" in far or "horizon" in far
    assert FARTHEST_M == 2000


def replace_sigma(model: object) -> Pose:
    assert isinstance(model, Pose)
    return replace(model, sigma=(0.0,) * 7)


def test_the_covariance_is_own_plus_common_and_own_grows_with_the_box():
    made = camera()
    small, large = stand(made, SIZE, [Box(620, 480, 40, 20), Box(540, 300, 200, 200)], [False, False])
    assert small.ground is not None
    assert small.own_covariance is not None
    assert large.own_covariance is not None
    assert small.ground.covariance[0] > small.own_covariance[0]
    assert large.own_covariance[2] > 2 * small.own_covariance[2]
    assert small.ground.sigma_m > 0


def test_a_box_cut_by_the_lower_edge_is_less_sure_of_its_foot():
    made = camera(tilt_deg=30)
    whole, cut = stand(made, SIZE, [Box(600, 500, 100, 200), Box(600, 520, 100, 200)], [False, False])
    assert whole.own_covariance is not None
    assert cut.own_covariance is not None
    assert cut.own_covariance[2] > 9 * whole.own_covariance[2]


def test_a_machines_footprint_reaches_behind_its_foot_with_its_ground_in_the_middle():
    made = camera()
    one, person = stand(made, SIZE, [Box(560, 400, 160, 100), Box(600, 400, 20, 60)], [True, False])
    assert one.ground is not None
    ring = Polygon(FRAME.to_metres(np.array(one.footprint)))
    middle = Point(*FRAME.to_metres(np.array([[one.ground.lon, one.ground.lat]]))[0])
    assert ring.is_valid
    assert ring.centroid.distance(middle) < 0.1
    left, right = (Point(*p) for p in FRAME.to_metres(np.array(one.footprint[:2])))
    depth = ring.area / left.distance(right)
    assert depth == pytest.approx(min(max(left.distance(right) / 2, 3), 6), abs=0.1)
    assert middle.y > left.y
    assert Polygon(FRAME.to_metres(np.array(person.footprint))).area < ring.area / 5


def test_no_boxes_no_places():
    assert stand(camera(), SIZE, [], []) == ()


def test_the_stated_error_holds_for_jittered_boxes():
    """Monte Carlo: the box's edges jittered by what the rule assumes, the camera exact."""
    made, box, rng = camera(), Box(560, 380, 160, 120), np.random.default_rng(3)
    exact = replace(made, model=replace_sigma(made.model))
    told = stand(exact, SIZE, [box], [False])[0]
    assert told.ground is not None
    across, along = np.hypot(2, 0.03 * box.w), np.hypot(2, 0.03 * box.h)
    feet = np.array([640.0, 500.0]) + rng.normal(size=(20_000, 2)) * (across, along)
    shown = np.cov(exact.model.ground(feet).T)
    assert told.ground.covariance[0] == pytest.approx(shown[0, 0], rel=0.06)
    assert told.ground.covariance[2] == pytest.approx(shown[1, 1], rel=0.06)
