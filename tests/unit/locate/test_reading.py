from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import distance_m
from pipewarden.locate.rules import read
from pipewarden.locate.rules.reading import PIXEL_SIGMA, POINT_SIGMA_M

SIZE = (1920, 1080)
HERE = (116.7, 39.5)
PIXELS = ([100, 500], [1800, 520], [300, 1000], [1500, 900])
CORNERS = ((116.7, 39.5), (116.7005, 39.5), (116.7001, 39.4997), (116.7004, 39.4997))
POSE = {"lon": 116.7, "lat": 39.5, "height_m": 8, "heading_deg": 30, "tilt_deg": 25, "hfov_deg": 70}


def points(**changed: object) -> dict[str, object]:
    listed = [{"pixel": p, "lon": lon, "lat": lat} for p, (lon, lat) in zip(PIXELS, CORNERS, strict=True)]
    return {"control_points": listed} | changed


def refused(calibration: dict[str, Any], size: tuple[int, int] | None = SIZE, at: Any = HERE) -> InputError:
    with pytest.raises(InputError) as caught:
        read(calibration, size, at)
    assert caught.value.fix
    return caught.value


def test_points_are_read_with_the_usual_sigmas():
    made = read(points(crs="EPSG:4326"), SIZE, None)
    assert made.pose is None
    assert [point.lonlat for point in made.points] == list(CORNERS)
    assert made.pixel_sigma == PIXEL_SIGMA
    assert {point.sigma_m for point in made.points} == {POINT_SIGMA_M}


def test_sigmas_may_be_stated_for_all_and_for_one():
    calibration = points(point_sigma_m=0.1, pixel_sigma=1.0)
    calibration["control_points"][2]["sigma_m"] = 2.0  # type: ignore[index]
    made = read(calibration, SIZE, None)
    assert [point.sigma_m for point in made.points] == [0.1, 0.1, 2.0, 0.1]
    assert made.pixel_sigma == 1.0


def test_points_on_a_projected_grid_become_degrees():
    there = Transformer.from_crs("OGC:CRS84", "EPSG:4547", always_xy=True)
    listed = [
        {"pixel": p, **dict(zip("xy", there.transform(*corner), strict=True))}
        for p, corner in zip(PIXELS, CORNERS, strict=True)
    ]
    made = read({"control_points": listed, "crs": "EPSG:4547"}, SIZE, None)
    assert max(distance_m(a.lonlat, b) for a, b in zip(made.points, CORNERS, strict=True)) < 0.01


def test_degrees_of_another_datum_are_degrees_still():
    made = read(points(crs="EPSG:4490"), SIZE, None)
    assert max(distance_m(a.lonlat, b) for a, b in zip(made.points, CORNERS, strict=True)) < 0.01
    mixed = refused(points(crs="EPSG:4547"))
    assert mixed.field == "calibration.control_points[0].lat"
    assert "x" in mixed.fix


def test_local_points_are_metres_east_and_north_of_the_camera():
    listed = [
        {"pixel": p, "x": x, "y": y} for p, (x, y) in zip(PIXELS, ((0, 30), (40, 0), (0, 10), (9, 9)), strict=True)
    ]
    made = read({"control_points": listed, "crs": "local"}, SIZE, HERE)
    assert distance_m(made.points[0].lonlat, HERE) == pytest.approx(30, abs=1e-3)
    assert made.points[1].lonlat[0] > HERE[0]
    assert refused({"control_points": listed, "crs": "local"}, at=None).field == "calibration.crs"


def test_a_pose_is_read_with_the_usual_sigmas_and_its_own_place():
    made = read({"pose": POSE | {"roll_deg": 3}, "pose_sigma": {"heading_deg": 2}}, SIZE, (0.0, 0.0))
    assert made.pose is not None
    assert made.pose.lonlat == HERE
    assert (made.pose.heading, made.pose.tilt, made.pose.roll, made.pose.fov) == (30, 25, 3, 70)
    assert made.pose.sigma == (0.5, 0.5, 0.1, 2.0, 0.3, 0.3, 0.5)
    nowhere = {key: value for key, value in POSE.items() if key not in {"lon", "lat"}}
    assert read({"pose": nowhere}, SIZE, HERE).pose == read({"pose": POSE}, SIZE, None).pose
    assert refused({"pose": nowhere}, at=None).field == "calibration.pose.lon"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"height_m": 0}, "calibration.pose.height_m"),
        ({"height_m": 900}, "calibration.pose.height_m"),
        ({"tilt_deg": 95}, "calibration.pose.tilt_deg"),
        ({"tilt_deg": -60}, "calibration.pose.tilt_deg"),
        ({"hfov_deg": 179}, "calibration.pose.hfov_deg"),
        ({"roll_deg": 90}, "calibration.pose.roll_deg"),
        ({"heading_deg": "north"}, "calibration.pose.heading_deg"),
        ({"heading_deg": True}, "calibration.pose.heading_deg"),
        ({"heading_deg": float("nan")}, "calibration.pose.heading_deg"),
        ({"lat": 91}, "calibration.pose.lat"),
        ({"zoom": 2}, "calibration.pose.zoom"),
    ],
)
def test_a_pose_out_of_range_is_refused_by_field(changed: dict[str, object], field: str):
    assert refused({"pose": POSE | changed}).field == field


def test_exactly_one_kind_is_needed():
    assert "control_points and pose" in refused(points(pose=POSE)).problem
    assert "none of" in refused({"pixel_sigma": 2}).problem
    assert refused({**points(), "lens": 1}).field == "calibration.lens"


def test_three_points_are_too_few():
    calibration = points()
    del calibration["control_points"][3]  # type: ignore[attr-defined]
    error = refused(calibration)
    assert error.field == "calibration.control_points"
    assert "3 points" in error.problem
    assert "4" in error.problem


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"pixel": [2000, 500], "lon": 116.7, "lat": 39.5}, "calibration.control_points[0].pixel"),
        ({"pixel": [100], "lon": 116.7, "lat": 39.5}, "calibration.control_points[0].pixel"),
        ({"lon": 116.7, "lat": 39.5}, "calibration.control_points[0].pixel"),
        ({"pixel": [1, 1], "lon": 116.7}, "calibration.control_points[0].lat"),
        ({"pixel": [1, 1], "lon": 216.7, "lat": 39.5}, "calibration.control_points[0].lon"),
        ({"pixel": [1, 1], "x": 3, "y": 4}, "calibration.control_points[0].x"),
        ({"pixel": [1, 1], "lon": 116.7, "lat": 39.5, "sigma_m": -1}, "calibration.control_points[0].sigma_m"),
        (7, "calibration.control_points[0]"),
    ],
)
def test_a_wrong_point_is_refused_by_field(entry: object, field: str):
    calibration = points()
    calibration["control_points"][0] = entry  # type: ignore[index]
    assert refused(calibration).field == field


@pytest.mark.parametrize("given", ["x", 4, None])
def test_points_must_be_a_list(given: object):
    assert refused({"control_points": given} if given is not None else {}).field.startswith("calibration")


def test_pixels_need_the_size_of_their_picture():
    assert refused(points(), size=None).field == "image_size"
    assert refused({"pose": POSE}, size=None).field == "image_size"


def test_an_unknown_grid_is_refused():
    error = refused(points(crs="EPSG:0"))
    assert error.field == "calibration.crs"
    assert "EPSG:4547" in error.fix


def test_a_point_outside_its_grid_is_refused():
    listed = [{"pixel": p, "x": 1e8, "y": -1e8} for p in PIXELS]
    assert "no place" in refused({"control_points": listed, "crs": "EPSG:4547"}).problem
    assert np.isfinite(read(points(), SIZE, None).points[0].lonlat).all()
