from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.locate.rules import LEAST_ACCURACY_M, NO_PLACE, UNSAID_ACCURACY_M, said_place
from pipewarden.sense.facts import Told

ONE = UUID(int=1)


def told(lon: float | None, lat: float | None, accuracy_m: float | None) -> Told:
    return Told(
        observation_id=ONE,
        tenant_id=ONE,
        owner_id=ONE,
        source="phone",
        event_id="1",
        words="挖机",
        lon=lon,
        lat=lat,
        accuracy_m=accuracy_m,
        picture_problem=None,
        extra={},
        content_sha256=b"",
    )


@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    accuracy=st.none() | st.floats(0, 20_000),
)
def test_a_place_is_where_it_is_said_and_as_sure_as_it_is_said(lon: float, lat: float, accuracy: float | None) -> None:
    stood = said_place(told(lon, lat, accuracy))
    assert stood.why is None
    assert stood.ground is not None
    assert (stood.ground.lon, stood.ground.lat) == (lon, lat)
    assert stood.own_covariance == stood.ground.covariance
    ee, en, nn = stood.ground.covariance
    assert ee == nn > 0
    assert en == 0.0
    said = UNSAID_ACCURACY_M if accuracy is None else accuracy
    assert stood.ground.sigma_m * 2.4477 == pytest.approx(max(said, LEAST_ACCURACY_M), rel=1e-6)


def test_the_radius_holds_ninety_five_of_a_hundred() -> None:
    stood = said_place(told(116.7, 39.5, 30.0))
    assert stood.ground is not None
    errors = np.random.default_rng(95).normal(scale=stood.ground.sigma_m, size=(200_000, 2))
    inside = float((np.hypot(*errors.T) <= 30.0).mean())
    assert inside == pytest.approx(0.95, abs=0.003)


@pytest.mark.parametrize("nothing", [None, told(None, None, 5.0), told(1.0, None, None), told(None, 1.0, None)])
def test_no_place_is_no_place(nothing: Told | None) -> None:
    stood = said_place(nothing)
    assert (stood.ground, stood.own_covariance, stood.footprint, stood.why) == (None, None, (), NO_PLACE)
