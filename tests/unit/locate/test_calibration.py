from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import LocalFrame
from pipewarden.locate.facts import CalibrationKind
from pipewarden.locate.rules import Calibrated, Pose, leave_one_out, read, solve
from pipewarden.locate.rules.calibration import flatness

SIZE = (1280, 720)
HERE = (116.7, 39.5)
FRAME = LocalFrame(*HERE)
TRUTH = Pose(0, 0, 8, 30, 25, 2, 70, (0.0,) * 7, SIZE)
PIXELS = [[150, 380], [1100, 400], [250, 680], [1000, 650], [640, 450], [500, 560]]


def entries(pixels: list[list[float]], shift: dict[int, tuple[float, float]] | None = None) -> list[dict[str, Any]]:
    """Control points that TRUTH sees; ``shift`` moves some on the ground, metres east and north."""
    metres = TRUTH.ground(np.array(pixels, dtype=float))
    for n, move in (shift or {}).items():
        metres[n] += move
    lonlat = FRAME.to_lonlat(metres)
    return [{"pixel": p, "lon": lon, "lat": lat} for p, (lon, lat) in zip(pixels, lonlat.tolist(), strict=True)]


def solved(points: list[dict[str, Any]], **extra: object) -> Calibrated:
    return solve(read({"control_points": points, **extra}, SIZE, HERE), HERE)


def refused(points: list[dict[str, Any]], **extra: object) -> InputError:
    with pytest.raises(InputError) as caught:
        solved(points, **extra)
    assert caught.value.field == "calibration.control_points"
    assert caught.value.fix
    return caught.value


def test_good_points_place_a_pixel_where_it_is():
    made = solved(entries(PIXELS))
    asked = np.array([[700.0, 500.0]])
    lonlat = made.frame.to_lonlat(made.model.ground(asked))
    assert np.allclose(FRAME.to_metres(lonlat), TRUTH.ground(asked), atol=0.01)
    report = made.report
    assert (report.kind, report.points) == (CalibrationKind.CONTROL_POINTS, 6)
    assert report.rms_m == pytest.approx(0, abs=0.01)
    assert report.rms_px == pytest.approx(0, abs=0.1)
    assert report.leave_one_out_m == pytest.approx(0, abs=0.05)
    assert report.centre_sigma_m is not None
    assert 0.05 < report.centre_sigma_m < 1


def test_four_points_have_nothing_left_to_check():
    report = solved(entries(PIXELS[:4])).report
    assert report.chi is None
    assert report.leave_one_out_m is None


def test_a_pose_has_a_report_too():
    pose = {"height_m": 8, "heading_deg": 30, "tilt_deg": 25, "hfov_deg": 70}
    made = solve(read({"pose": pose}, SIZE, HERE), HERE)
    assert made.report.kind is CalibrationKind.POSE
    assert made.report.points == 0
    assert made.report.rms_px is None
    assert made.report.centre_sigma_m is not None
    up = solve(read({"pose": pose | {"tilt_deg": -25}}, SIZE, HERE), HERE)
    assert up.report.centre_sigma_m is None


def test_repeated_points_are_refused_by_number():
    assert "1 and 3" in refused(entries([PIXELS[0], PIXELS[1], PIXELS[0], PIXELS[2], PIXELS[3]])).problem


@pytest.mark.parametrize("wobble", [0.0, 1.0])
def test_points_in_one_line_or_nearly_so_are_refused(wobble: float):
    line = [[200.0 + 150 * n, 500.0 + 20 * n + wobble * (-1) ** n] for n in range(5)]
    assert "one line" in refused(entries(line)).problem


def test_all_but_one_in_a_line_are_refused():
    line = [[200, 500], [500, 500], [800, 500], [600, 650]]
    assert "one line" in refused(entries(line)).problem


def test_a_mistyped_coordinate_is_found_and_named():
    error = refused(entries(PIXELS, {3: (6.0, 2.0)}))
    assert "reprojection error" in error.problem
    assert "point 4" in error.problem
    assert refused(entries(PIXELS, {3: (60_000.0, 0.0)})).problem.startswith("4 lies")


def test_the_same_slip_passes_when_the_survey_says_it_is_that_rough_and_is_then_unsure():
    made = solved(entries(PIXELS, {3: (6.0, 2.0)}), point_sigma_m=5.0)
    assert made.report.centre_sigma_m is not None
    assert made.report.centre_sigma_m > 2


def test_mirrored_ground_is_refused():
    points = entries(PIXELS)
    for point in points:
        point["lon"] = 2 * HERE[0] - point["lon"]
    assert "mirrored" in refused(points).problem


def test_exchanged_pixels_are_refused():
    points = entries(PIXELS[:4])
    points[0]["pixel"], points[1]["pixel"] = points[1]["pixel"], points[0]["pixel"]
    assert "horizon" in refused(points).problem


def test_lon_and_lat_exchanged_are_refused():
    points = [point | {"lon": point["lat"], "lat": 80.0} for point in entries(PIXELS)]
    assert "km away" in refused(points).problem


def test_leaving_one_out_shows_what_the_fit_hides():
    pixels = np.array(PIXELS, dtype=float)
    ground = TRUTH.ground(pixels)
    ground[5] += (1.0, 0.0)
    left = leave_one_out(pixels, ground, pixel_sigma=2, point_sigma=np.full(6, 0.3))
    assert left is not None
    assert left.chi.argmin() == 5, "without it the others agree"
    assert left.off_m[5] == pytest.approx(1.0, abs=0.05)
    assert leave_one_out(pixels[:4], ground[:4], pixel_sigma=2, point_sigma=np.full(4, 0.3)) is None


def test_flatness_is_zero_on_a_line_and_one_on_a_cross():
    assert flatness(np.array([[0, 0], [1, 1], [5, 5]], dtype=float)) == pytest.approx(0, abs=1e-9)
    assert flatness(np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], dtype=float)) == pytest.approx(1)
