"""The ground a camera sees: before it, near it, and only where its picture shows ground."""

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
