"""Ground to pixel and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim.facts import CameraPose
from pipewarden.sim.rules import ground_at, project


def pose(**changes: float) -> CameraPose:
    values = {"height_m": 7.0, "heading_deg": 0.0, "tilt_deg": 12.0, "roll_deg": 0.0, "hfov_deg": 60.0} | changes
    return CameraPose(lon=116.7, lat=39.53, image_size=(960, 540), **values)


def metres(east: float, north: float) -> np.ndarray:
    return LocalFrame(116.7, 39.53).to_lonlat(np.array([[east, north]]))


def test_the_axis_meets_the_road_at_the_picture_s_middle():
    ahead = 7.0 / np.tan(np.radians(12.0))
    assert project(pose(), metres(0, ahead))[0] == pytest.approx([480, 270], abs=1e-6)


def test_right_is_right_and_near_is_low():
    middle, right, near = (project(pose(), metres(*at))[0] for at in ((0, 30), (4, 30), (0, 20)))
    assert right[0] > middle[0]
    assert right[1] == pytest.approx(middle[1], abs=1e-6)
    assert near[1] > middle[1]


def test_heading_is_clockwise_from_north():
    assert project(pose(heading_deg=90), metres(33, 0))[0][0] == pytest.approx(480, abs=1e-6)
    assert project(pose(heading_deg=10), metres(0, 30))[0][0] < 480


def test_the_field_of_view_spans_the_width():
    flat = pose(tilt_deg=0.0)
    edge = 30 * np.tan(np.radians(30))
    assert project(flat, metres(edge, 30), height_m=7.0)[0] == pytest.approx([960, 270], abs=1e-6)


def test_behind_the_camera_is_nowhere():
    assert np.isnan(project(pose(), metres(0, -5))).all()


def test_above_the_horizon_is_no_ground():
    assert np.isnan(ground_at(pose(), np.array([[480.0, 5.0]]))).all()


def test_a_rolled_camera_turns_the_picture():
    level, rolled = (project(pose(roll_deg=r), metres(6, 30))[0] for r in (0.0, 5.0))
    assert rolled[1] < level[1]


@given(
    st.tuples(st.floats(-180, 360), st.floats(5, 40), st.floats(-10, 10), st.floats(30, 90)),
    st.tuples(st.floats(0, 960), st.floats(400, 540)),
)
def test_pixel_to_ground_to_pixel(turned: tuple[float, float, float, float], pixel: tuple[float, float]):
    heading, tilt, roll, hfov = turned
    camera = pose(heading_deg=heading, tilt_deg=tilt, roll_deg=roll, hfov_deg=hfov)
    ground = ground_at(camera, np.array([pixel]))
    if np.isnan(ground).any() or np.abs(LocalFrame(116.7, 39.53).to_metres(ground)).max() > 3000:
        return
    assert project(camera, ground)[0] == pytest.approx(pixel, abs=0.05)
