"""A trip's pictures through locate: placed by their own fix, or held by the view's radius, or nowhere with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.geo import distance_m
from pipewarden.locate import service as locate
from pipewarden.locate.facts import CalibrationKind
from pipewarden.people import service as people
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Box, Finding, FindingClass, Screened
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Fix, FixSource, NewCamera, NewFrame

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import Placement

SIZE = (1280, 720)
BUS = NewCamera(
    key="bus-7", name="7", image_size=SIZE, calibration={"moving": {"height_m": 2.6, "tilt_deg": 8, "hfov_deg": 70}}
)
FIX = Fix(lon=116.7, lat=39.5, accuracy_m=8.0, source=FixSource.TRACK, course_deg=0.0, sigma_deg=4.0)


def place(work: Work, folder: Path, fix: Fix | None, box: Box) -> Placement:
    camera = sense.register_camera(work, BUS)
    actor = people.operator(work.tenant_id)
    trip = sense.begin_trip(work, actor, camera.key, "monday")
    picture = bytes(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
    at = work.now() - timedelta(minutes=5)
    ((frame, _),) = sense.add_frames(work, BlobStore(folder), actor, trip, [NewFrame(picture, "a", at, fix)])
    finding = Finding(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        observation_id=frame.observation_id,
        cls=FindingClass.MACHINE,
        type="excavator",
        score=0.8,
        raises=True,
        box=box,
        look=None,
        model="test-1",
    )
    perceive_store.add(work, [Screened(frame.observation_id, *SIZE, (finding,), None)])
    locate.place(work, [frame.observation_id])
    return locate.placements(work, [frame.observation_id])[frame.observation_id][0]


def test_a_finding_from_a_bus_stands_ahead_of_the_bus_with_an_honest_error(work: Work, tmp_path: Path) -> None:
    found = place(work, tmp_path, FIX, Box(600, 300, 80, 90))
    assert found.ground is not None
    away = distance_m((FIX.lon, FIX.lat), (found.ground.lon, found.ground.lat))
    assert 12 < away < 40
    assert found.ground.lat > FIX.lat
    assert 4.0 < found.ground.sigma_m < 25.0


def test_without_a_heading_it_stands_about_the_fix(work: Work, tmp_path: Path) -> None:
    found = place(work, tmp_path, replace(FIX, course_deg=None), Box(600, 300, 80, 90))
    assert found.ground is not None
    assert (found.ground.lon, found.ground.lat) == (FIX.lon, FIX.lat)
    assert found.ground.sigma_m > 30.0


def test_without_a_fix_it_stands_nowhere(work: Work, tmp_path: Path) -> None:
    found = place(work, tmp_path, None, Box(600, 300, 80, 90))
    assert found.ground is None
    assert found.why == "no position came with the picture"
    assert found.answer.zone == "unknown"


def test_a_vehicles_camera_is_judged_before_it_drives_and_sees_no_ground_of_its_own(work: Work) -> None:
    camera = sense.register_camera(work, BUS)
    report = locate.check_camera(camera)
    assert report.kind is CalibrationKind.MOVING
    assert report.centre_sigma_m == pytest.approx(4.2, abs=0.5)
    assert locate.seen_ground(camera) == ()
    assert np.isnan(locate.ground_points(camera, np.array([(0.5, 0.9)]))).all()
