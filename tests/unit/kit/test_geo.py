import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from pipewarden.kit.geo import LocalFrame, distance_m, near_frame

GEOD = Geod(ellps="WGS84")


@given(st.floats(-170, 170), st.floats(-75, 75), st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_round_trip_and_length(lon: float, lat: float, east: float, north: float) -> None:
    frame = LocalFrame(lon, lat)
    there = frame.to_lonlat(np.array([[east, north]]))
    back = frame.to_metres(there)
    assert np.allclose(back, [[east, north]], atol=1e-6)
    true = GEOD.inv(lon, lat, there[0, 0], there[0, 1])[2]
    assert np.hypot(east, north) == pytest.approx(true, rel=2e-6, abs=1e-6)


def test_centre_is_zero() -> None:
    assert np.allclose(LocalFrame(116.7, 39.5).to_metres(np.array([[116.7, 39.5]])), 0, atol=1e-9)


def test_distance_of_one_degree_of_latitude() -> None:
    assert distance_m((116.0, 39.0), (116.0, 40.0)) == pytest.approx(111_024, abs=30)


def test_frames_are_shared_and_near() -> None:
    assert near_frame(116.71, 39.52) is near_frame(116.69, 39.48)
    frame = near_frame(116.7449, 39.5449)
    assert distance_m((frame.lon, frame.lat), (116.7449, 39.5449)) < 8000
