"""Camera files carry an installer's errors, no more and no less, the same from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from pipewarden.kit.geo import LocalFrame
from pipewarden.sense.service import load_camera_file
from pipewarden.sim.facts import CameraPose
from pipewarden.sim.rules import camera_file, control_points, project
from pipewarden.sim.rules.camera_files import PIXEL_SIGMA, POINT_SIGMA_M, POSE_SIGMA
from pipewarden.sim.service import demo_cameras

POSE = CameraPose(
    lon=116.7,
    lat=39.53,
    height_m=7.0,
    heading_deg=20.0,
    tilt_deg=13.0,
    roll_deg=0.0,
    hfov_deg=64.0,
    image_size=(960, 540),
)
FRAME = LocalFrame(116.7, 39.53)
SPOTS = [
    tuple(FRAME.to_lonlat(np.array([[a * np.sin(0.35) + b, a * np.cos(0.35)]]))[0].tolist())
    for a in (14, 20, 28, 40)
    for b in (-4, -1, 2, 5)
]


def test_points_are_seeded():
    assert control_points(POSE, SPOTS, 1) == control_points(POSE, SPOTS, 1)
    assert control_points(POSE, SPOTS, 1) != control_points(POSE, SPOTS, 2)


def test_points_outside_the_picture_are_left_out():
    behind = [tuple(FRAME.to_lonlat(np.array([[0.0, -30.0]]))[0].tolist())]
    assert control_points(POSE, behind, 1) == []
    assert len(control_points(POSE, [*SPOTS, *behind], 1)) == len(control_points(POSE, SPOTS, 1))


def test_the_noise_is_what_the_file_says():
    pixel, ground = [], []
    frames = [LocalFrame(*spot) for spot in SPOTS]  # making one is slow
    for seed in range(60):
        for point, spot, frame in zip(control_points(POSE, SPOTS, seed), SPOTS, frames, strict=True):
            pixel.append(np.array(point["pixel"]) - project(POSE, np.array([spot]))[0])
            ground.append(frame.to_metres(np.array([[point["lon"], point["lat"]]]))[0])
    assert np.std(pixel) == pytest.approx(PIXEL_SIGMA, rel=0.1)
    assert np.std(ground) == pytest.approx(POINT_SIGMA_M, rel=0.1)


def test_a_pose_file_is_off_by_its_sigmas():
    off = []
    for seed in range(200):
        told = camera_file("c", "n", POSE, spots=None, seed=seed)["calibration"]["pose"]
        off.append([told[k] - getattr(POSE, k) for k in ("height_m", "heading_deg", "tilt_deg", "hfov_deg")])
    want = [POSE_SIGMA[k] for k in ("height_m", "heading_deg", "tilt_deg", "hfov_deg")]
    assert np.std(off, axis=0) == pytest.approx(want, rel=0.2)
    assert abs(np.mean(off, axis=0)) == pytest.approx(np.zeros(4), abs=0.1)


def test_every_camera_of_the_demo_says_that_it_is_rendered():
    assert camera_file("c", "n", POSE, spots=SPOTS, seed=1)["rendered"] is True
    assert all(load_camera_file(one.camera_file).camera.rendered for one in demo_cameras())


def test_exactly_one_kind_of_calibration():
    points = camera_file("c", "n", POSE, spots=SPOTS, seed=1)["calibration"]
    pose = camera_file("c", "n", POSE, spots=None, seed=1)["calibration"]
    assert "control_points" in points
    assert "pose" not in points
    assert "pose" in pose
    assert "control_points" not in pose
