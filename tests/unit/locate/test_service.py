from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import func, select

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import distance_m
from pipewarden.kit.work import FactRef
from pipewarden.locate import jobs, service
from pipewarden.locate.facts import PLACED, CalibrationKind
from pipewarden.locate.service import placing
from pipewarden.locate.store import PlacementRow
from pipewarden.network.facts import UNKNOWN, Zone, ZoneAnswer
from pipewarden.perceive.facts import Box, FindingClass

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

BOXES = [Box(600, 400, 80, 100), Box(200, 300, 60, 80)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stand in for the network: every point is in the control zone, and the questions are kept."""
    calls: list[dict[str, Any]] = []

    def answer_many(_work: Work, lonlat: Any, *, covariances: Any, at: datetime, version_id: Any = None) -> list[Any]:
        calls.append({"lonlat": lonlat, "covariances": covariances, "at": at, "version": version_id})
        known = ZoneAnswer("p1", 3.0, Zone.CONTROL, "p1", "CN", "CN-GB55009", "5.1.4", 0.1, 0.7, None, None)
        return [known] * len(lonlat)

    monkeypatch.setattr("pipewarden.network.service.answer_many", answer_many)
    return calls


def test_findings_of_a_calibrated_camera_are_placed_and_answered(work: Work, upstream: Any, asked: list[Any]):
    camera = upstream.camera()
    one = upstream.observe("cam-a", BOXES, camera_id=camera.id)
    assert service.place(work, [one.id]) == [one.id]
    placed = service.placements(work, [one.id])[one.id]
    assert len(placed) == 2
    for placement in placed:
        assert placement.ground is not None
        assert placement.why is None
        assert placement.answer.zone is Zone.CONTROL
        assert 5 < distance_m((placement.ground.lon, placement.ground.lat), (116.7, 39.5)) < 80
        assert len(placement.footprint) == 4
        assert placement.own_covariance is not None
        assert placement.ground.covariance[0] > placement.own_covariance[0]
    assert len(asked) == 1
    assert asked[0]["lonlat"].shape == (2, 2)
    assert asked[0]["covariances"].shape == (2, 3)
    assert asked[0]["at"] == datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


def test_a_fact_drained_twice_changes_nothing(work: Work, upstream: Any, asked: list[Any]):
    camera = upstream.camera()
    one = upstream.observe("cam-a", BOXES, camera_id=camera.id)
    work.take_facts()
    drain = jobs.make_drain()
    fact = FactRef("perceive.screened", "cam-a", work.tenant_id, one.id)
    drain(work, [fact, fact])
    drain(work, [fact])
    emitted = [(told.kind, told.partition, told.fact_id) for told in work.take_facts()]
    assert emitted == [(PLACED, work.own("cam-a"), one.id)]
    assert len(service.placements(work, [one.id])[one.id]) == 2
    rows = select(func.count()).select_from(PlacementRow).where(PlacementRow.tenant_id == work.tenant_id)
    assert work.session.scalar(rows) == 2
    assert len(asked) == 1


def test_nothing_found_is_placed_too(work: Work, upstream: Any, asked: list[Any]):
    one = upstream.observe("cam-a", [], camera_id=upstream.camera().id)
    assert service.place(work, [one.id]) == [one.id]
    assert service.placements(work, [one.id]) == {one.id: ()}
    assert asked == []


@pytest.mark.parametrize(
    ("calibration", "size", "why"),
    [
        (None, (1280, 720), "the camera has no calibration"),
        ({"control_points": []}, (1280, 720), "the calibration cannot be used"),
        ({"pose": {"height_m": 8, "heading_deg": 0, "tilt_deg": 20, "hfov_deg": 60}}, (1024, 768), "1024 x 768"),
        (
            {"pose": {"height_m": 8, "heading_deg": 0, "tilt_deg": -30, "hfov_deg": 20}},
            (1280, 720),
            "above the horizon",
        ),
    ],
)
def test_without_ground_the_zone_is_unknown_and_says_why(
    work: Work, upstream: Any, asked: list[Any], *, calibration: Any, size: Any, why: str
):
    camera = upstream.camera(calibration=calibration)
    one = upstream.observe("cam-a", BOXES, camera_id=camera.id, size=size)
    service.place(work, [one.id])
    for placement in service.placements(work, [one.id])[one.id]:
        assert placement.ground is None
        assert placement.footprint == ()
        assert placement.answer == UNKNOWN
        assert placement.why is not None
        assert why in placement.why
    assert asked == []


def test_a_picture_of_no_camera_has_no_place(work: Work, upstream: Any, asked: list[Any]):
    one = upstream.observe("folder", BOXES)
    service.place(work, [one.id])
    assert {placement.why for placement in service.placements(work, [one.id])[one.id]} == {service.NO_CAMERA}
    assert asked == []


def test_a_batch_is_a_few_statements(work: Work, upstream: Any, asked: list[Any], count_statements: list[str]):
    camera = upstream.camera()
    ids = [upstream.observe("cam-a", BOXES, camera_id=camera.id, seconds=60.0 * n).id for n in range(16)]
    del count_statements[:]
    service.place(work, ids)
    assert len(count_statements) <= 8
    assert len(asked) == 1


def test_each_hour_is_asked_by_its_own_rules(work: Work, upstream: Any, asked: list[Any]):
    camera = upstream.camera()
    ids = [upstream.observe("cam-a", BOXES, camera_id=camera.id, seconds=3600.0 * n).id for n in range(3)]
    service.place(work, ids)
    assert [call["at"].hour for call in asked] == [0, 1, 2]


def test_people_have_small_footprints(work: Work, upstream: Any, asked: list[Any]):
    camera = upstream.camera()
    one = upstream.observe(
        "cam-a", [BOXES[0], BOXES[0]], camera_id=camera.id, classes=[FindingClass.MACHINE, FindingClass.PERSON]
    )
    service.place(work, [one.id])
    machine, person = service.placements(work, [one.id])[one.id]
    depth = [distance_m(placed.footprint[0], placed.footprint[3]) for placed in (machine, person)]
    assert max(depth) >= 3 - 1e-6
    assert min(depth) == pytest.approx(0.5, abs=0.01)
    assert len(asked) == 1


def test_the_real_network_answers_unknown_when_there_is_none(work: Work, upstream: Any):
    one = upstream.observe("cam-a", BOXES, camera_id=upstream.camera().id)
    service.place(work, [one.id])
    for placement in service.placements(work, [one.id])[one.id]:
        assert placement.ground is not None
        assert placement.answer.zone is Zone.UNKNOWN
        assert placement.answer.network_version_id is None


def test_an_observation_nobody_screened_is_an_error(work: Work):
    with pytest.raises(RuntimeError, match="not in the database"):
        service.place(work, [work.ids.new()])


def test_a_camera_is_judged_before_it_is_used(upstream: Any):
    camera = upstream.camera()
    report = service.check_camera(camera)
    assert report.kind is CalibrationKind.POSE
    assert report.centre_sigma_m is not None
    assert report.centre_sigma_m < 2
    with pytest.raises(InputError) as caught:
        service.check_camera(replace(camera, calibration=None))
    assert caught.value.field == "calibration"
    line = [{"pixel": [100 * n, 500], "lon": 116.7 + n * 1e-4, "lat": 39.5} for n in range(1, 5)]
    with pytest.raises(InputError, match="one line"):
        service.check_camera(replace(camera, calibration={"control_points": line, "crs": "EPSG:4326"}))


def test_an_edited_calibration_is_solved_anew(upstream: Any):
    first = placing.solved(upstream.camera())
    assert placing.solved(upstream.camera()) is first
    turned = upstream.camera(calibration={"pose": {"height_m": 9, "heading_deg": 5, "tilt_deg": 20, "hfov_deg": 60}})
    other = placing.solved(turned)
    assert not np.allclose(
        other.model.ground(np.array([[640.0, 600.0]])), first.model.ground(np.array([[640.0, 600.0]]))
    )
