from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.locate.rules import Homography, Pose, fit, pixel_errors

EXACT = (0.0,) * 7
PIXELS = np.array([[150, 380], [1100, 400], [250, 680], [1000, 650], [640, 450], [500, 560], [820, 520]], dtype=float)


def seen_by(pose: Pose, count: int = len(PIXELS)) -> tuple[np.ndarray, np.ndarray]:
    pixels = PIXELS[:count]
    return pixels, pose.ground(pixels)


def camera(**changed: float) -> Pose:
    told = {"height": 8.0, "heading": 30.0, "tilt": 25.0, "roll": 2.0, "fov": 70.0} | changed
    return Pose(east=0, north=0, sigma=EXACT, image_size=(1280, 720), **told)


def fitted(pixels: np.ndarray, ground: np.ndarray, pixel_sigma: float = 2.0, point_sigma: float = 0.2) -> Homography:
    made = fit(pixels, ground, pixel_sigma=pixel_sigma, point_sigma=np.full(len(pixels), point_sigma))
    assert made is not None
    return made


@pytest.mark.parametrize("count", [4, 5, 7])
def test_exact_points_are_met_exactly_and_so_is_the_rest_of_the_plane(count: int):
    pose = camera()
    found = fitted(*seen_by(pose, count))
    others = np.array([[300.0, 420.0], [900.0, 600.0]])
    assert np.allclose(found.ground(others), pose.ground(others), atol=1e-6)
    assert found.chi is None if count == 4 else found.chi == pytest.approx(0, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    height=st.floats(3, 40),
    heading=st.floats(0, 360),
    tilt=st.floats(20, 80),
    roll=st.floats(-8, 8),
    fov=st.floats(30, 90),
)
def test_any_camera_is_recovered_from_points_it_sees(
    height: float, heading: float, tilt: float, roll: float, fov: float
):
    pose = camera(height=height, heading=heading, tilt=tilt, roll=roll, fov=fov)
    pixels, ground = seen_by(pose)
    if not np.isfinite(ground).all() or np.abs(ground).max() > 500:
        return
    found = fitted(pixels, ground)
    middle = np.array([[640.0, 600.0]])
    assert np.allclose(found.ground(middle), pose.ground(middle), atol=1e-4)
    assert np.allclose(pixel_errors(found, pixels, ground), 0, atol=1e-4)


def test_a_pixel_above_the_horizon_has_no_ground():
    found = fitted(*seen_by(camera(tilt=10)))
    assert np.isnan(found.ground(np.array([[640.0, 20.0]]))).all()


def test_the_derivatives_are_those_of_the_map():
    found = fitted(*seen_by(camera()))
    pixels = np.array([[333.0, 444.0], [900.0, 700.0]])
    _, by_pixel, by_h = found.derivatives(pixels)
    step = 1e-4
    for axis in range(2):
        move = np.eye(2)[axis] * step
        numeric = (found.ground(pixels + move) - found.ground(pixels - move)) / (2 * step)
        assert np.allclose(by_pixel[:, :, axis], numeric, rtol=1e-5, atol=1e-9)
    for k in range(8):
        up, down = (
            Homography(
                found.h + sign * 1e-7 * np.eye(8)[k],
                found.covariance,
                found.pixel_centre,
                found.pixel_scale,
                found.ground_centre,
                found.ground_scale,
                found.chi,
            )
            for sign in (1, -1)
        )
        numeric = (up.ground(pixels) - down.ground(pixels)) / 2e-7
        assert np.allclose(by_h[:, :, k], numeric, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("count", [4, 7])
def test_the_stated_error_is_the_one_that_repeated_surveys_show(count: int):
    """Monte Carlo with a fixed seed: clicks 1.5 px and survey 0.15 m off, 1,500 times."""
    pose, rng = camera(), np.random.default_rng(20261122)
    pixels, ground = seen_by(pose, count)
    asked = np.array([[600.0, 500.0], [300.0, 620.0]])
    stated = fitted(pixels, ground, 1.5, 0.15).covariances(asked, np.zeros((2, 2, 2)))[2]
    places = []
    for _ in range(1500):
        found = fit(
            pixels + rng.normal(0, 1.5, pixels.shape),
            ground + rng.normal(0, 0.15, ground.shape),
            pixel_sigma=1.5,
            point_sigma=np.full(count, 0.15),
        )
        assert found is not None
        places.append(found.ground(asked))
    measured = np.array([np.cov(np.array(places)[:, n].T) for n in range(2)])
    for told, shown in zip(stated, measured, strict=True):
        assert np.sqrt(np.trace(told)) == pytest.approx(np.sqrt(np.trace(shown)), rel=0.12)
        assert np.sqrt(np.linalg.eigvalsh(told)[-1]) == pytest.approx(np.sqrt(np.linalg.eigvalsh(shown)[-1]), rel=0.12)


def test_the_error_grows_away_from_the_points():
    pose = camera(tilt=15)
    near = np.array([[500, 500], [700, 500], [500, 600], [700, 600], [600, 550]], dtype=float)
    found = fitted(near, pose.ground(near))
    sigmas = [
        float(np.sqrt(np.trace(found.covariances(np.array([[600.0, row]]), np.zeros((1, 2, 2)))[2][0])))
        for row in (550, 450, 350, 280)
    ]
    assert sigmas == sorted(sigmas)
    assert sigmas[-1] > 5 * sigmas[0]


def test_points_that_fit_worse_than_stated_make_the_error_larger():
    pixels, ground = seen_by(camera())
    honest = fitted(pixels, ground)
    ground = ground + np.random.default_rng(5).normal(0, 2.0, ground.shape)
    worse = fitted(pixels, ground)
    assert worse.chi is not None
    assert worse.chi > 3
    ratio = np.sqrt(np.trace(worse.covariance) / np.trace(honest.covariance))
    assert ratio > 2


def test_points_no_camera_can_see_so_have_no_fit():
    ground = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], dtype=float)
    crossed = np.array([[100, 100], [900, 600], [900, 100], [100, 600]], dtype=float)
    made = fit(crossed[[0, 2, 1, 3]], ground, pixel_sigma=1, point_sigma=np.full(4, 0.1))
    assert made is None
