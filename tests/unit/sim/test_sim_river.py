"""The demo against the product's own services: its files are taken, and both sides agree where the sites lie."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest
from shapely import transform
from shapely.geometry import Point, shape

from pipewarden.kit.geo import LocalFrame
from pipewarden.locate import service as locate
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Zone
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Camera
from pipewarden.sim.rules import ORIGIN, network_geojson, true_zone
from pipewarden.sim.rules.zones import class_of
from pipewarden.sim.service import demo_cameras, demo_root, demo_truth

if TYPE_CHECKING:
    from pipewarden.sim.facts import DemoCamera

NOON = datetime.fromisoformat("2026-11-20T12:00:00+08:00")
TRUTH = demo_truth()
DRAWN: dict[str, Any] = network_geojson()
RANGES = {"low": (0.5, 5.0), "medium": (0.5, 5.0), "sub_high": (1.5, 15.0), "high": (5.0, 50.0)}  # GB 55009-2021
SPOT = ((1e-6, 1e-6), (-1e-6, 1e-6), (-1e-6, -1e-6), (1e-6, -1e-6))
LAID_OUT = LocalFrame(*ORIGIN)
SHAPES = [transform(shape(row["geometry"]), LAID_OUT.to_metres) for row in DRAWN["features"]]
CAMERAS = {camera.key: camera for camera in TRUTH.cameras}


def take(name: str, jurisdiction: str) -> network.FileNetwork:
    return network.open_file(
        FileReader(), demo_root() / name, crs="EPSG:4326", jurisdiction=jurisdiction, mapping="demo"
    )


def test_the_network_is_taken_whole():
    report = take("network.geojson", "CN-HE-langfang").report
    assert report.rejected == ()
    assert report.accepted == len(DRAWN["features"])
    assert report.unknown


def test_the_long_distance_line_falls_under_its_own_law():
    report = take("longdistance.geojson", "CN-LONGDISTANCE").report
    assert report.regime.value == "long_distance"
    assert report.accepted == 4


def test_both_sides_agree_on_every_site_s_zone_pipe_and_distance():
    held = take("network.geojson", "CN-HE-langfang")
    places = np.array([[site.lon, site.lat] for site in TRUTH.sites])
    for site, answer in zip(TRUTH.sites, network.answer_file(held, places, at=NOON), strict=True):
        assert answer.zone.value == site.zone, site.key
        assert (answer.zone_pipe_id or answer.pipe_id) == site.nearest_pipe
        assert answer.distance_m == pytest.approx(site.distance_m, abs=0.02)
        assert (answer.clause is None) == (answer.zone is Zone.OUTSIDE)


def clear_of_borders_m(place: tuple[float, float]) -> float:
    """How far a place is from the nearest border of any range; not at all near a station drawn as a point.

    The product gives such a station a fence of 5 m (policy/assumptions.yaml), the truth knows none.
    """
    gaps = [np.inf]
    here = Point(LAID_OUT.to_metres(np.array([place]))[0])
    for shaped, row in zip(SHAPES, DRAWN["features"], strict=True):
        told = row["properties"]
        away = shaped.distance(here) - (told["diameter_mm"] or 0) / 2000
        protect, control = RANGES[class_of(told)]
        if row["geometry"]["type"] == "Point":
            gaps.append(away - control - 5)
        else:
            gaps += [abs(away - protect), abs(away - control)]
    return min(gaps)


def test_both_sides_agree_on_the_day_s_works_and_on_places_all_over_the_city():
    """Wherever the true distance is clear of a border by half a metre."""
    held = take("network.geojson", "CN-HE-langfang")
    rng = np.random.default_rng(5)
    pipes = [row for row in DRAWN["features"] if row["properties"]["kind"] == "pipe"]
    somewhere = [pipes[int(n)]["geometry"]["coordinates"][0] for n in rng.integers(len(pipes), size=25)]
    places = [(work.lon, work.lat) for work in TRUTH.works]
    places += [
        (lon + e, lat + n) for (lon, lat), (e, n) in zip(somewhere, rng.normal(0, 1e-4, (25, 2)).tolist(), strict=True)
    ]
    compared: Counter[str] = Counter()
    for place, answer in zip(places, network.answer_file(held, np.array(places), at=NOON), strict=True):
        if clear_of_borders_m(place) > 0.5:
            true = true_zone(DRAWN, place, [(place[0] + e, place[1] + n) for e, n in SPOT])
            assert answer.zone.value == true.zone, (place, true, answer)
            compared[true.zone] += 1
    assert compared.total() >= 30
    assert min(compared[zone] for zone in ("protection", "control", "outside")) >= 3


def test_no_site_lies_near_the_long_distance_line():
    held = take("longdistance.geojson", "CN-LONGDISTANCE")
    places = np.array([[site.lon, site.lat] for site in TRUTH.sites])
    for answer in network.answer_file(held, places, at=NOON):
        assert answer.zone is Zone.OUTSIDE
        assert answer.distance_m is not None
        assert answer.distance_m > 500


@pytest.mark.parametrize("folder", demo_cameras(), ids=lambda folder: folder.key)
def test_every_calibration_is_usable_and_as_good_as_it_says(folder: DemoCamera):
    told = sense.load_camera_file(folder.camera_file).camera
    nobody = UUID(int=0)
    camera = Camera(
        id=nobody,
        tenant_id=nobody,
        key=told.key,
        name=told.name,
        lon=told.lon,
        lat=told.lat,
        image_size=told.image_size,
        calibration=told.calibration,
        interval_s=told.interval_s,
    )
    report = locate.check_camera(camera)
    assert told.key == folder.key
    assert CAMERAS[told.key].pose.image_size == told.image_size
    assert report.centre_sigma_m is not None
    assert report.centre_sigma_m < 2
    if report.points:
        assert report.points >= 8
        assert report.chi is not None
        assert 0.5 < report.chi < 1.6, "the noise in the file is not the noise it states"
