"""The ground a camera sees: before it, near it, and only where its picture shows ground."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import LocalFrame
from pipewarden.locate import service
from pipewarden.locate.rules.seen import SEEN_TO_M
from pipewarden.sense.facts import Camera

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

ONE = UUID("01990000-0000-7000-8000-000000000001")
PLACE = (116.7, 39.53)
HEIGHT_M = 6.0


def pose(heading: float = 90.0, tilt: float = 15.0) -> dict[str, object]:
    return {
        "pose": {
            "lon": PLACE[0], "lat": PLACE[1], "height_m": HEIGHT_M,
            "heading_deg": heading, "tilt_deg": tilt, "roll_deg": 0.0, "hfov_deg": 60.0,
        },
        "pose_sigma": {"position_m": 0.5, "height_m": 0.1, "heading_deg": 0.5, "tilt_deg": 0.3, "hfov_deg": 0.5},
        "pixel_sigma": 2.0,
    }  # fmt: skip


def camera(calibration: dict[str, object] | None) -> Camera:
    return Camera(ONE, ONE, "c", "c", *PLACE, (1280, 720), calibration, 600.0)


def metres(calibration: dict[str, object]) -> np.ndarray:
    return LocalFrame(*PLACE).to_metres(np.array(service.seen_ground(camera(calibration))))


def test_the_seen_ground_lies_before_the_camera_and_near() -> None:
    ring = service.seen_ground(camera(pose()))
    assert ring[0] == ring[-1]
    seen = metres(pose())
    assert (seen[:, 0] > 0).all()  # heading 90 degrees: everything lies east
    assert abs(float(seen[:, 1].mean())) < 5
    assert 5 < float(np.hypot(*seen.T).min()) < 20
    assert float(np.hypot(*seen.T).max()) < 100


@given(heading=st.floats(0, 360), tilt=st.floats(12, 45))
def test_it_turns_with_the_camera_and_is_a_plain_ring(heading: float, tilt: float) -> None:
    seen = metres(pose(heading, tilt))
    east, north = np.sin(np.radians(heading)), np.cos(np.radians(heading))
    assert (seen @ np.array([east, north]) > 0).all()
    assert shapely.Polygon(seen).is_valid
    # the lower edge of the picture is where it begins; nothing there is farther than the bound
    assert float(np.hypot(*(seen - seen[0]).T).max()) <= 2 * SEEN_TO_M


def test_a_flat_look_sees_no_farther_than_what_is_large_enough() -> None:
    seen = metres(pose(tilt=12.0))
    first = seen[: len(seen) // 2]
    last = seen[len(seen) // 2 : -1][::-1]
    assert float(np.hypot(*(last - first).T).max()) <= SEEN_TO_M + 1e-6


def test_a_camera_without_calibration_sees_no_ground() -> None:
    assert service.seen_ground(camera(None)) == ()


def test_a_camera_that_looks_at_the_sky_is_refused() -> None:
    with pytest.raises(InputError, match="tilt"):
        service.seen_ground(camera(pose(tilt=-40.0)))


def test_coverage_ends_where_a_machine_is_no_longer_sure(work: Work) -> None:
    one = replace(camera(pose(tilt=12.0)), tenant_id=work.tenant_id)
    whole, sure = service.coverage(work, one), service.coverage(work, one, sigma_m=1.0)
    assert whole is not None
    assert sure is not None
    assert whole.ring == service.seen_ground(one)  # within 60 m this camera is surer than 15 m
    assert whole.camera_id == ONE
    assert whole.ring[0] == whole.ring[-1]
    assert 5 < sure.far_m < whole.far_m <= SEEN_TO_M
    frame = LocalFrame(*PLACE)
    assert (
        shapely.Polygon(frame.to_metres(np.array(whole.ring)))
        .buffer(0.01)
        .contains(shapely.Polygon(frame.to_metres(np.array(sure.ring))))
    )


def test_the_sigma_at_the_rim_of_the_coverage_is_the_one_a_finding_there_gets(work: Work) -> None:
    """With the heading off by a degree and everything else exact, sigma is distance x pi / 180."""
    exact = {"position_m": 0, "height_m": 0, "heading_deg": 6.0, "tilt_deg": 0, "roll_deg": 0, "hfov_deg": 0}
    given_pose = pose(tilt=12.0) | {"pose_sigma": exact, "pixel_sigma": 0.05}
    found = service.coverage(work, replace(camera(given_pose), tenant_id=work.tenant_id), sigma_m=4.0)
    assert found is not None
    reach = np.hypot(*LocalFrame(*PLACE).to_metres(np.array(found.ring)).T)
    assert 30 < float(reach.max()) <= 4.0 / np.radians(6.0) + 0.5


def test_coverage_is_none_where_nobody_can_say(work: Work) -> None:
    for calibration in (None, pose(tilt=-30.0), {"pose": {"height_m": "tall"}}):
        assert service.coverage(work, replace(camera(calibration), tenant_id=work.tenant_id)) is None


def test_coverage_of_another_tenants_camera_is_refused(work: Work) -> None:
    with pytest.raises(RuntimeError, match="another tenant"):
        service.coverage(work, camera(pose()))
