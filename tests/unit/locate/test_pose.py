from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.locate.rules import Pose
from pipewarden.locate.rules.pose import axes

SIGMA = (0.5, 0.5, 0.1, 0.5, 0.3, 0.3, 0.5)
FIELDS = ("east", "north", "height", "heading", "tilt", "roll", "fov")


def camera(**changed: float) -> Pose:
    told = {"east": 0.0, "north": 0.0, "height": 8.0, "heading": 0.0, "tilt": 30.0, "roll": 0.0, "fov": 60.0} | changed
    return Pose(sigma=SIGMA, image_size=(1280, 720), **told)


@pytest.mark.parametrize(
    ("heading", "ahead"), [(0, (0, 1)), (90, (1, 0)), (180, (0, -1)), (270, (-1, 0)), (45, (0.7071, 0.7071))]
)
def test_the_middle_of_the_picture_lies_ahead(heading: float, ahead: tuple[float, float]):
    place = camera(heading=heading).ground(np.array([[640.0, 360.0]]))[0]
    distance = 8 / np.tan(np.radians(30))
    assert np.allclose(place, np.array(ahead) * distance, atol=1e-3)


def test_right_in_the_picture_is_right_of_the_heading_and_down_is_nearer():
    pose = camera(heading=90)
    middle, right, below = pose.ground(np.array([[640.0, 360.0], [900.0, 360.0], [640.0, 600.0]]))
    assert right[1] < middle[1]
    assert 0 < below[0] < middle[0]


def test_a_camera_turned_clockwise_sees_lower_ground_on_its_right():
    # turned clockwise, its right edge dips: the same pixel right of the middle meets nearer ground
    level, turned = (camera(roll=roll).ground(np.array([[1000.0, 360.0]]))[0] for roll in (0.0, 10.0))
    assert turned[1] < level[1]


def test_the_field_of_view_is_horizontal_and_full():
    pose = camera(tilt=90, heading=0, height=10, fov=90)
    left, right = pose.ground(np.array([[0.0, 360.0], [1280.0, 360.0]]))
    assert np.allclose(left, [-10, 0], atol=1e-6)
    assert np.allclose(right, [10, 0], atol=1e-6)


def test_at_and_above_the_horizon_there_is_no_ground():
    pose = camera(tilt=0)
    place, own, common = pose.covariances(np.array([[640.0, 360.0], [640.0, 100.0]]), np.tile(np.eye(2), (2, 1, 1)))
    assert np.isnan(place).all()
    assert np.isnan(own).all()
    assert not np.isfinite(common).any()


@given(st.floats(0, 360), st.floats(0, 89), st.floats(-45, 45))
def test_the_axes_are_orthonormal_and_right_handed(heading: float, tilt: float, roll: float):
    forward, right, down = axes(heading, tilt, roll)
    frame = np.array([right, down, forward])
    assert np.allclose(frame @ frame.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1)


@given(
    heading=st.floats(0, 360),
    tilt=st.floats(15, 85),
    roll=st.floats(-20, 20),
    fov=st.floats(20, 100),
    x=st.floats(0, 1280),
    y=st.floats(300, 720),
)
def test_every_derivative_is_that_of_the_map(
    *, heading: float, tilt: float, roll: float, fov: float, x: float, y: float
):
    pose, pixel = camera(heading=heading, tilt=tilt, roll=roll, fov=fov), np.array([[x, y]])
    place, by_pixel, by_pose = pose.derivatives(pixel)
    if not np.isfinite(place).all() or np.abs(place).max() > 300:
        return
    step = 1e-5
    for axis in range(2):
        move = np.eye(2)[axis] * step
        numeric = (pose.ground(pixel + move) - pose.ground(pixel - move)) / (2 * step)
        assert np.allclose(by_pixel[:, :, axis], numeric, rtol=1e-4, atol=1e-5)
    for k, name in enumerate(FIELDS):
        up, down = (replace(pose, **{name: getattr(pose, name) + sign * step}) for sign in (1, -1))
        numeric = (up.ground(pixel) - down.ground(pixel)) / (2 * step)
        assert np.allclose(by_pose[:, :, k], numeric, rtol=1e-4, atol=1e-4), name


def test_the_stated_error_is_the_one_that_repeated_surveys_show():
    """Monte Carlo with a fixed seed, 20,000 cameras drawn around the stated one."""
    pose, rng = camera(heading=40, roll=3), np.random.default_rng(7)
    pixel, spread = np.array([[500.0, 450.0]]), np.array([[[9.0, 0.0], [0.0, 4.0]]])
    _, own, common = pose.covariances(pixel, spread)
    places = []
    for draw in rng.normal(size=(20_000, 9)):
        changed = {name: getattr(pose, name) + draw[k] * SIGMA[k] for k, name in enumerate(FIELDS)}
        places.append(replace(pose, **changed).ground(pixel + draw[7:] * np.array([3.0, 2.0]))[0])
    shown, told = np.cov(np.array(places).T), (own + common)[0]
    assert np.allclose(told, shown, rtol=0.08, atol=0.02 * np.trace(shown))
