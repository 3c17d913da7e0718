"""What the map is told agrees with the network, the cameras and the alarms."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pytest

from pipewarden.dedupe.facts import Alarm, Member
from pipewarden.kit.geo import distance_m
from pipewarden.locate.facts import GroundPoint
from pipewarden.main import map_data, scan
from pipewarden.main.demo.town import fresh
from pipewarden.main.river import River
from pipewarden.network.facts import Zone, ZoneAnswer
from pipewarden.perceive.facts import Box
from pipewarden.sim import service as sim

ONE = UUID("01990000-0000-7000-8000-000000000001")


def alarm(picture: str) -> Alarm:
    answer = ZoneAnswer("P", 2.0, Zone.CONTROL, "P", "CN-BJ", "CN-BJ", "5.1.7", 0.1, 0.9, ONE, None)
    return Alarm(
        id=ONE, tenant_id=ONE, cls="machine", type=None, score=0.6, ground=GroundPoint(116.7, 39.53, (1, 0, 1)),
        answer=answer, first_seen=None, last_seen=None, first_offset_s=3.0, last_offset_s=12.0, frames=3,
        streams=("cam-01",), evidence=picture, evidence_box=Box(0, 0, 1, 1), work_area=None,
        members=(Member(ONE, ONE, "same place 1.2 m"),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def gathered(river: River) -> map_data.MapData:
    home = fresh(river.home)
    root = sim.demo_root()
    scan.load_network(home, scan.NetworkFile(root / "network.geojson", "EPSG:4326", "CN-HE-langfang"))
    scan.load_network(home, scan.NetworkFile(root / "longdistance.geojson", "EPSG:4326", "CN-LONGDISTANCE"))
    for one in sim.demo_cameras()[:3]:
        scan.load_camera(home, one.camera_file)
    return map_data.gather(home, [], {"cam-01": 5}, rendered=True)


def test_pipes_carry_the_ranges_of_their_own_law(gathered: map_data.MapData) -> None:
    ranges = {
        (pipe.regime, pipe.pressure_class): (pipe.protect_m, pipe.control_m)
        for pipe in gathered.pipes
        if pipe.kind == "pipe"
    }
    assert ranges["city_gas", "low"] == (0.5, 5.0)
    assert ranges["city_gas", "medium"] == (0.5, 5.0)
    assert ranges["city_gas", "sub_high"] == (1.5, 15.0)
    assert ranges["city_gas", "high"] == (5.0, 50.0)
    assert {value for key, value in ranges.items() if key[0] == "long_distance"} == {(5.0, 50.0)}


def test_radii_are_drawn_from_the_centre_line_of_city_gas_only(gathered: map_data.MapData) -> None:
    assert all(pipe.radius_m == 0 for pipe in gathered.pipes if pipe.regime == "long_distance")
    assert any(pipe.radius_m > 0 for pipe in gathered.pipes if pipe.regime == "city_gas")
    assert all(pipe.radius_m < 1 for pipe in gathered.pipes)


def test_stations_are_drawn_too(gathered: map_data.MapData) -> None:
    assert any(pipe.kind == "station" for pipe in gathered.pipes)


def test_cameras_tell_frames_and_blindness(gathered: map_data.MapData) -> None:
    assert [one.key for one in gathered.cameras] == ["cam-01", "cam-02", "cam-03"]
    assert [one.frames for one in gathered.cameras] == [5, 0, 0]
    for one in gathered.cameras:
        assert one.lon is not None
        assert one.lat is not None
        assert len(one.seen) > 4
        assert min(distance_m((one.lon, one.lat), corner) for corner in one.seen) < 40


def test_the_page_speaks_local_time(gathered: map_data.MapData) -> None:
    offset = gathered.made_at.utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 8 * 3600


def test_an_alarm_is_told_with_its_reasons_and_a_small_picture(river: River, tmp_path: Path) -> None:
    path = tmp_path / "evidence.jpg"
    cv2.imwrite(str(path), np.full((540, 960, 3), 90, np.uint8))
    (shown,) = map_data.gather(fresh(river.home), [(alarm("00"), path)], {}, rendered=False).alarms
    assert (shown.zone, shown.pipe_id, shown.pipe_class) == ("control", "P", None)
    assert (shown.first_seen, shown.last_seen) == ("+3 s", "+12 s")
    assert shown.reasons == ("same place 1.2 m",)
    assert shown.picture is not None
    small = cv2.imdecode(np.frombuffer(shown.picture, np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert small.shape[:2] == (270, 480)


def test_an_alarm_without_a_place_has_none(river: River, tmp_path: Path) -> None:
    path = tmp_path / "evidence.jpg"
    cv2.imwrite(str(path), np.zeros((30, 40, 3), np.uint8))
    placeless = replace(alarm("00"), ground=None)
    (shown,) = map_data.gather(fresh(river.home), [(placeless, path)], {}, rendered=False).alarms
    assert (shown.lon, shown.lat, shown.covariance) == (None, None, None)
