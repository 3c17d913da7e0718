"""The demo against the product's own services: its files are taken, and both sides agree where the sites lie."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest

from pipewarden.locate import service as locate
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Zone
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Camera
from pipewarden.sim.service import demo_cameras, demo_root, demo_truth

if TYPE_CHECKING:
    from pipewarden.sim.facts import DemoCamera

NOON = datetime.fromisoformat("2026-11-20T12:00:00+08:00")
TRUTH = demo_truth()
CAMERAS = {camera.key: camera for camera in TRUTH.cameras}


def take(name: str, jurisdiction: str) -> network.FileNetwork:
    return network.open_file(
        FileReader(), demo_root() / name, crs="EPSG:4326", jurisdiction=jurisdiction, mapping="demo"
    )


def test_the_network_is_taken_whole():
    report = take("network.geojson", "CN-HE-langfang").report
    assert report.rejected == ()
    assert report.accepted == 102
    assert 12 < report.length_km < 30
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
