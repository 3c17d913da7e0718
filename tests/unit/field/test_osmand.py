"""The OsmAnd protocol: every real request of the collection, and what no phone should send."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.field.rules import osmand
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
SAID: dict[str, Any] = {"id": "1", "lat": "39.5", "lon": "116.7", "timestamp": "1377177267"}


def told_of(request: dict[str, Any]) -> dict[str, Any]:
    return dict(request["body"]) if "body" in request else dict(parse_qsl(urlsplit(request["uri"]).query))


def test_every_real_request_is_read(shared_data: Path) -> None:
    path = shared_data / "geo" / "payloads" / "traccar_osmand" / "requests.json"
    read = [osmand.point_of(told_of(one), NOW) for one in json.loads(path.read_text())]
    found = [None if one is None else (one.lon, one.lat, one.at.isoformat()) for one in read]
    assert found == [
        (-122.084, 37.4219983, "2025-06-15T13:45:12.862000+00:00"),
        (-122.406417, 37.785834, "2025-05-09T04:11:30.579000+00:00"),
        None,  # cells and wifi alone
        (-88.23412, 42.06288, "2016-01-27T18:55:47+00:00"),
        (6.15788, 49.60688, "2014-06-04T09:10:11+00:00"),
        (30.0, 60.0, "2013-08-22T13:14:27+00:00"),
        (-0.883333, 41.666667, NOW.isoformat()),  # no time: the server's
        (-74.0061408571, 40.7232948571, "2017-09-07T05:56:50+00:00"),
    ]
    json_one, mocked, _, dilution, _, _, _, car = read
    assert json_one is not None and mocked is not None and dilution is not None and car is not None  # noqa: PT018
    assert (json_one.accuracy_m, json_one.speed_mps, json_one.activity) == (5.0, 0.0, "still")
    assert (mocked.mock, mocked.speed_mps, mocked.course_deg) == (True, None, None)  # -1 is nothing
    assert dilution.accuracy_m == 30.0
    assert car.speed_mps == pytest.approx(20.58, abs=0.01)  # knots
    assert car.course_deg == pytest.approx(7.199, abs=0.001)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"id": "a"}, "a"),
        ({"deviceid": "b"}, "b"),
        ({"device_id": "c"}, "c"),
        ({"device_id": 5}, "5"),
        ({}, ""),
    ],
)
def test_a_phone_names_itself(said: dict[str, Any], name: str) -> None:
    assert osmand.device_of(said) == name


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"timestamp": "1377177267"}, "2013-08-22T13:14:27+00:00"),
        ({"timestamp": "1377177267500"}, "2013-08-22T13:14:27.500000+00:00"),
        ({"timestamp": "2014-06-04 09:10:11"}, "2014-06-04T09:10:11+00:00"),
        ({"timestamp": "2014-06-04T17:10:11+08:00"}, "2014-06-04T09:10:11+00:00"),
        ({"timestamp": ""}, NOW.isoformat()),
    ],
)
def test_times_are_seconds_milliseconds_or_words(more: dict[str, str], at: str) -> None:
    point = osmand.point_of(SAID | more, NOW)
    assert point is not None
    assert point.at.isoformat() == at
    assert point.n == round(point.at.timestamp() * 1000)


def test_the_place_may_come_as_one_word() -> None:
    point = osmand.point_of({"id": "1", "location": "39.5,116.7"}, NOW)
    assert point is not None
    assert (point.lon, point.lat, point.accuracy_m) == (116.7, 39.5, 15.0)


def test_words_hold_nothing_that_a_database_refuses() -> None:
    point = osmand.point_of(SAID | {"activity": "walk\0ing\ud800\n"}, NOW)
    assert point is not None
    assert point.activity == "walking"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"lat": "91"}, "lat"),
        ({"lon": "181"}, "lon"),
        ({"lat": "north"}, "lat"),
        ({"lat": "nan"}, "lat"),
        ({"lon": "inf"}, "lon"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "1"}, "timestamp"),
        ({"timestamp": "1e300"}, "timestamp"),
        ({"speed": "fast"}, "speed"),
        ({"accuracy": "[]"}, "accuracy"),
    ],
)
def test_what_cannot_be_is_told_by_its_word(more: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as told:
        osmand.point_of(SAID | more, NOW)
    assert told.value.field == field


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["location", "coords", "latitude", "longitude", "timestamp", "lat", "lon", "activity", "speed"]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=8,
    )
)
def test_anything_is_a_point_nothing_or_a_named_error(body: Any) -> None:
    found = None
    with suppress(InputError):  # any other error fails
        found = osmand.point_of(body if isinstance(body, dict) else {"location": body}, NOW)
    assert found is None or (abs(found.lat) <= 85 and abs(found.lon) <= 180)
