"""A camera that rides on something: pose per picture, errors claimed and errors drawn.

Everything here is synthetic: poses and errors are drawn from the distributions that the claim states, no real drive.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import near_frame
from pipewarden.locate.facts import CalibrationKind
from pipewarden.locate.rules import about, pose_at, read, solve, stand, widened
from pipewarden.locate.rules.pose import Pose, axes
from pipewarden.perceive.facts import Box
from pipewarden.sense.facts import Fix, FixSource

SIZE = (1920, 1080)
BUS = {"moving": {"height_m": 2.6, "tilt_deg": 8, "hfov_deg": 70}}
FIX = Fix(lon=116.7, lat=39.5, accuracy_m=10.0, source=FixSource.TRACK, course_deg=30.0, sigma_deg=4.0)
CHI2_68, CHI2_95 = 2.2789, 5.9915  # of a chi-square with two degrees of freedom


def reading(**more: object) -> object:
    return read(BUS | more, SIZE, None)


def test_a_moving_camera_stands_where_its_fix_says_and_looks_along_its_course() -> None:
    solved = pose_at(reading(), FIX)
    assert solved is not None
    assert solved.report.kind is CalibrationKind.MOVING
    middle = Box(950, 500, 20, 60)  # its foot at (960, 560): 20 px below the axis
    (one,) = (widened(solved, each) for each in stand(solved, SIZE, [middle], [False]))
    assert one.ground is not None
    frame = near_frame(FIX.lon, FIX.lat)
    camera, place = frame.to_metres(np.array([(FIX.lon, FIX.lat), (one.ground.lon, one.ground.lat)]))
    focal = 960 / np.tan(np.radians(35))
    assert float(np.hypot(*(place - camera))) == pytest.approx(
        2.6 / np.tan(np.radians(8) + np.arctan(20 / focal)), rel=1e-3
    )
    east, north = place - camera
    assert np.degrees(np.arctan2(east, north)) == pytest.approx(30.0, abs=0.1)


def test_the_mounting_turns_a_course_and_not_a_heading() -> None:
    left = reading(moving=BUS["moving"] | {"yaw_deg": -90})
    by_course, by_heading = pose_at(left, FIX), pose_at(left, replace(FIX, heading_deg=30.0))
    assert by_course is not None
    assert by_heading is not None
    assert isinstance(by_course.model, Pose)
    assert isinstance(by_heading.model, Pose)
    assert by_course.model.heading == pytest.approx(-60.0)
    assert by_heading.model.heading == pytest.approx(30.0)
    assert by_course.model.sigma[3] == pytest.approx(np.hypot(4.0, 2.0))  # the mounting's own error comes on top


def test_a_drone_says_its_own_height_tilt_and_view() -> None:
    solved = pose_at(reading(), replace(FIX, heading_deg=10.0, height_m=80.0, tilt_deg=60.0, hfov_deg=50.0))
    assert solved is not None
    assert isinstance(solved.model, Pose)
    assert (solved.model.height, solved.model.tilt, solved.model.fov) == (80.0, 60.0, 50.0)


def test_without_a_heading_the_place_is_the_fix_with_a_radius_that_holds_the_view() -> None:
    assert pose_at(reading(), replace(FIX, course_deg=None)) is None
    stood = about(replace(FIX, course_deg=None))
    assert stood.ground is not None
    assert (stood.ground.lon, stood.ground.lat) == (FIX.lon, FIX.lat)
    assert stood.ground.sigma_m * np.sqrt(CHI2_95) > 60.0
    rng = np.random.default_rng(5)
    turns, away = rng.uniform(0, 2 * np.pi, 20_000), 60.0 * np.sqrt(rng.uniform(0, 1, 20_000))
    seen = np.column_stack([away * np.cos(turns), away * np.sin(turns)])
    off = seen - rng.normal(0, FIX.accuracy_m / 2.4477, (20_000, 2))
    inside = (off**2).sum(axis=1) / stood.ground.sigma_m**2
    assert np.mean(inside <= CHI2_95) >= 0.95
    assert np.mean(inside <= CHI2_68) >= 0.66


def test_without_a_fix_there_is_no_place_and_it_says_why() -> None:
    assert about(None).ground is None
    assert about(None).why == "no position came with the picture"


def test_a_camera_that_moves_stands_nowhere_by_itself_and_one_that_stands_takes_no_fix() -> None:
    with pytest.raises(InputError, match="stands nowhere"):
        solve(reading(), None)
    fixed = read(
        {"pose": {"lon": 1, "lat": 1, "height_m": 8, "heading_deg": 0, "tilt_deg": 9, "hfov_deg": 60}}, SIZE, None
    )
    with pytest.raises(InputError, match="is missing"):
        pose_at(fixed, FIX)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"moving": {"tilt_deg": 8, "hfov_deg": 70}}, "calibration.moving.height_m"),
        ({"moving": BUS["moving"] | {"heading_deg": 3}}, "calibration.moving.heading_deg"),
        ({"moving_sigma": {"sway_deg": 1}}, "calibration.moving_sigma.sway_deg"),
        ({"pose": {}}, "calibration"),
    ],
)
def test_a_wrong_mounting_is_refused_by_its_field(more: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as refused:
        reading(**more)
    assert refused.value.field == field


def draw(rng: np.random.Generator, distance: float, aside: float, mounted: tuple[float, float]) -> tuple[float, bool]:
    """Place a point that truly lies ``distance`` ahead and ``aside`` to the right, with one draw of every error.

    Returns:
        The squared Mahalanobis distance of the truth under the claim, and whether a place was claimed at all.
    """
    height, tilt = mounted
    heading = float(rng.uniform(0, 360))
    spread = (0.15, 4.0, 2.0, 1.0, 1.0, 1.0)  # height, course, yaw, tilt, roll, view
    error = rng.normal(0, spread)
    gps = rng.normal(0, FIX.accuracy_m / 2.4477, 2)
    ahead = np.array([np.sin(np.radians(heading)), np.cos(np.radians(heading))])
    right = np.array([ahead[1], -ahead[0]])
    truth = distance * ahead + aside * right
    real = Pose(
        0, 0, height + error[0], heading + error[1] + error[2], tilt + error[3], error[4], 70 + error[5], (0,) * 7, SIZE
    )
    pixel = _pixel(real, truth)
    if pixel is None or not (0 <= pixel[0] <= SIZE[0] and 0 <= pixel[1] <= SIZE[1] * 0.99):
        return np.nan, False
    lonlat = near_frame(FIX.lon, FIX.lat)
    base = lonlat.to_metres(np.array([(FIX.lon, FIX.lat)]))[0]
    lon, lat = lonlat.to_lonlat((base + gps).reshape(1, 2))[0]
    solved = pose_at(
        read({"moving": {"height_m": height, "tilt_deg": tilt, "hfov_deg": 70}}, SIZE, None),
        replace(FIX, lon=float(lon), lat=float(lat), course_deg=heading),
    )
    assert solved is not None
    wobble = rng.normal(0, 2.0, 2)  # a click's
    (one,) = stand(solved, SIZE, [Box(pixel[0] + wobble[0] - 1, pixel[1] + wobble[1] - 1, 2, 1)], [False])
    one = widened(solved, one)
    if one.ground is None:
        return np.nan, False
    place = lonlat.to_metres(np.array([(one.ground.lon, one.ground.lat)]))[0] - base
    ee, en, nn = one.ground.covariance
    off = place - truth
    return float(off @ np.linalg.solve(np.array([[ee, en], [en, nn]]), off)), True


def _pixel(camera: Pose, ground: np.ndarray) -> tuple[float, float] | None:
    forward, right, down = axes(camera.heading, camera.tilt, camera.roll)
    ray = np.array([*ground, -camera.height])
    depth = float(ray @ forward)
    if depth <= 0:
        return None
    focal = camera.image_size[0] / 2 / np.tan(np.radians(camera.fov) / 2)
    return camera.image_size[0] / 2 + focal * float(ray @ right) / depth, camera.image_size[1] / 2 + focal * float(
        ray @ down
    ) / depth


@pytest.mark.parametrize("mounted", [(2.6, 8.0), (1.5, 5.0), (60.0, 35.0)], ids=["bus", "phone", "drone"])
def test_claimed_errors_hold_what_they_claim(mounted: tuple[float, float]) -> None:
    """Of drawn errors at least 68 and 95 in 100 lie within the claim (Monte Carlo, 3,000 draws, synthetic)."""
    rng = np.random.default_rng(11)
    near = mounted[0] < 10
    drawn = [
        draw(rng, float(rng.uniform(8, 50) if near else rng.uniform(60, 110)), float(rng.uniform(-4, 4)), mounted)
        for _ in range(3000)
    ]
    worth = np.array([value for value, claimed in drawn if claimed])
    assert len(worth) > 1500
    held68, held95 = float(np.mean(worth <= CHI2_68)), float(np.mean(worth <= CHI2_95))
    shown = f"{mounted}: {len(worth)} of 3000 placed, 68 % holds {held68:.3f}, 95 % holds {held95:.3f}"
    print(shown)  # noqa: T201  the figures of docs/cameras.md
    assert held68 >= 0.66
    assert held95 >= 0.94


def sigma_at(distance: float, fix: Fix) -> float | None:
    solved = pose_at(reading(), fix)
    assert solved is not None
    assert isinstance(solved.model, Pose)
    ahead = np.array([np.sin(np.radians(30.0)), np.cos(np.radians(30.0))])
    pixel = _pixel(replace(solved.model, east=0.0, north=0.0), distance * ahead)
    assert pixel is not None
    (one,) = stand(solved, SIZE, [Box(pixel[0] - 1, pixel[1] - 1, 2, 1)], [False])
    one = widened(solved, one)
    return None if one.ground is None else one.ground.sigma_m


@given(near=st.floats(12, 24), more=st.floats(1, 8), accuracy=st.floats(5, 30))
def test_the_error_grows_with_the_distance_and_with_the_receivers_error(
    near: float, more: float, accuracy: float
) -> None:
    fix = replace(FIX, accuracy_m=accuracy)
    here, there, worse = (
        sigma_at(near, fix),
        sigma_at(near + more, fix),
        sigma_at(near, replace(fix, accuracy_m=accuracy + 5)),
    )
    assert here is not None
    assert there is not None
    assert worse is not None
    assert there > here
    assert worse > here


def test_what_is_too_far_for_a_swaying_camera_is_refused_and_says_why() -> None:
    solved = pose_at(reading(), FIX)
    assert solved is not None
    assert isinstance(solved.model, Pose)
    ahead = np.array([np.sin(np.radians(30.0)), np.cos(np.radians(30.0))])
    pixel = _pixel(replace(solved.model, east=0.0, north=0.0), 95.0 * ahead)
    assert pixel is not None
    steady = pose_at(reading(moving_sigma={"tilt_deg": 0.05, "roll_deg": 0.05, "height_m": 0.01}), FIX)
    assert steady is not None
    (one,) = stand(steady, SIZE, [Box(pixel[0] - 1, pixel[1] - 0.5, 2, 0.5)], [False])
    one = widened(steady, one)
    assert one.ground is None
    assert one.why is not None
    assert "too" in one.why
