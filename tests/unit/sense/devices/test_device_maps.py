"""Any JSON by a field map: the shipped maps on their documented shape, and wrong values named as the sender does."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import pipewarden
from pipewarden.kit.errors import InputError
from pipewarden.sense.rules.devices import DeviceKind, DeviceSaid, FieldMap, Phase, field_map, read

FOLDER = Path(pipewarden.__file__).parent / "policy" / "devices"
MAPS = {path.stem: field_map(path.stem, yaml.safe_load(path.read_text("utf-8"))) for path in FOLDER.glob("*.yaml")}


def one(name: str, told: Any, maps: dict[str, FieldMap] | None = None) -> DeviceSaid:
    (said,) = read(name, json.dumps(told).encode(), maps or MAPS)
    return said


def test_every_promised_device_has_its_map() -> None:
    assert set(MAPS) == {"das", "machinery-gps", "methane", "satellite", "ai-box", "thingsboard"}


def test_fibre_says_excavator_with_its_place_and_error() -> None:
    told = {"fibre": "F-12", "class": "excavator", "state": "start", "event_id": 77, "confidence": 83,
            "time": "2026-11-20T09:00:00+08:00", "lon": 116.7, "lat": 39.5, "accuracy_m": 10,
            "channel": 4711}  # fmt: skip
    said = one("das", told)
    assert (said.originator, said.kind, said.phase, said.thread) == ("F-12", DeviceKind.MACHINERY, Phase.BEGAN, "77")
    assert (said.score, said.accuracy_m) == (0.83, 10)
    assert said.at == datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    assert said.extra == {"channel": 4711}
    assert one("das", told | {"class": "farm_machine"}).kind is DeviceKind.OTHER
    assert one("das", told | {"class": "something new"}).kind is DeviceKind.VIBRATION


def test_a_machine_says_where_it_is_and_when_it_stops() -> None:
    told = {"machine": "EX-9", "type": "excavator", "time": 1763600000000, "lon": 116.7, "lat": 39.5, "engine": "off"}
    said = one("machinery-gps", told)
    assert (said.kind, said.phase) == (DeviceKind.MACHINERY_AT, Phase.ENDED)
    assert said.at == datetime.fromtimestamp(1763600000, UTC)


def test_little_methane_is_an_end() -> None:
    told = {"sensor": "L1", "ppm": 250, "state": "active", "alarm_id": "a"}
    assert (one("methane", told).phase, one("methane", told).unit) == (Phase.GOES_ON, "ppm")
    assert one("methane", told | {"ppm": 3}).phase is Phase.ENDED


def test_a_satellite_sends_a_polygon() -> None:
    ring = [[116.7, 39.5], [116.71, 39.5], [116.71, 39.51], [116.7, 39.5]]
    told = {"provider": "sat", "class": "excavation", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    assert one("satellite", told).area == tuple((lon, lat) for lon, lat in ring)


def test_an_edge_box_nests_its_numbers() -> None:
    told = {"id": "x", "device": "box-1", "alg": {"name": "挖掘机"}, "source": "cam-3", "alert_time": 1763600000,
            "reserved_data": {"bbox": {"rectangles": [{"conf": 0.71}]}}}  # fmt: skip
    said = one("ai-box", told)
    assert (said.kind, said.score, said.camera) == (DeviceKind.MACHINERY, 0.71, "cam-3")


def test_thingsboard_telemetry() -> None:
    said = one(
        "thingsboard",
        {"device": "d", "ts": 1763600000000, "values": {"alarm": "Vibration", "longitude": 1, "latitude": 2}},
    )
    assert (said.kind, said.lon, said.lat) == (DeviceKind.VIBRATION, 1, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fibre": None}, "fibre"),
        ({"fibre": True}, "fibre"),
        ({"fibre": "x" * 300}, "fibre"),
        ({"lat": None}, "one of the two"),
        ({"lon": 400}, "longitude"),
        ({"lon": "east"}, "longitude"),
        ({"accuracy_m": -4}, "accuracy_m"),
        ({"confidence": 900}, "confidence"),
        ({"time": "2026-11-20T09:00:00"}, "time zone"),
        ({"time": 10**20}, "time"),
        ({"time": "1999-01-01T00:00:00Z"}, "1999"),
        ({"event_id": ""}, "event_id"),
    ],
)
def test_a_wrong_value_is_named_in_the_senders_own_words(change: dict[str, Any], field: str) -> None:
    told = {"fibre": "F", "lon": 116.7, "lat": 39.5, "accuracy_m": 5, "confidence": 0.5, "event_id": "e"}
    with pytest.raises(InputError, match=field):
        one("das", told | change)


@pytest.mark.parametrize(
    ("geometry", "why"),
    [
        ({"type": "Point", "coordinates": [1, 2]}, "no GeoJSON Polygon"),
        ([[1, 2], [3, 4]], "no ring"),
        ([[1, 2], [3, 4], [5, 6], 7], "corner"),
        ([[1, 2], [3, 4], [5, 6], [700, 1]], "longitude"),
    ],
)
def test_a_polygon_that_is_none_is_refused(geometry: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        one("satellite", {"provider": "s", "geometry": geometry})


def test_boxes_are_parts_of_the_picture() -> None:
    maps = {"own": field_map("own", {"fields": {"originator": "id", "box": "box"}})}
    assert one("own", {"id": 1, "box": [0.1, 0.2, 0.5, 0.6]}, maps).box == pytest.approx((0.1, 0.2, 0.4, 0.4))
    for wrong in ([0, 0, 0, 1], [0, 0, 2, 1], [1, 2], "box"):
        with pytest.raises(InputError, match="box"):
            one("own", {"id": 1, "box": wrong}, maps)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({}, "originator"),
        ({"fields": {"originator": "a", "colour": "b"}}, "colour"),
        ({"fields": {"originator": "a"}, "kind": "dragon"}, "dragon"),
        ({"fields": {"originator": "a"}, "phases": {"on": "maybe"}}, "maybe"),
        ({"fields": {"originator": "a"}, "phases": {True: "ended"}}, "in quotes"),
    ],
)
def test_a_map_that_cannot_be_used_is_refused(told: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        field_map("own", told)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"sensor": NaN}', b'"x"', b"[" * 100_000])
def test_bodies_that_are_no_object_are_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="body"):
        read("methane", body, MAPS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(name=st.sampled_from(sorted(MAPS)), data=st.data())
def test_whatever_stands_in_a_field_it_is_said_or_refused(name: str, data: st.DataObject) -> None:
    told = {path.split(".")[0]: data.draw(json_values) for path in MAPS[name].fields.values()}
    try:
        said = read(name, json.dumps(told).encode(), MAPS)
    except InputError:
        return
    assert all(one.originator.strip() for one in said)


def test_every_sample_is_read_or_refused_for_a_reason(shared_data: Path) -> None:
    folder = shared_data / "geo" / "payloads"
    refused = []
    for path in sorted(folder.glob("*/*.*ml")) + sorted(folder.glob("frigate/*.json")):
        dialect = path.parent.name.removesuffix("_axis")
        try:
            read(dialect, path.read_bytes(), MAPS)
        except InputError as error:
            refused.append((path.name, error.problem))
    assert {name for name, _ in refused} == {
        "catalog.xml", "deviceInfo.xml", "deviceStatus.xml", "face_recognition_update_1.json",
        "generative_ai_description_update_1.json",
    }  # fmt: skip
    assert all(len(why) > 10 for _, why in refused)


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_signs_that_no_database_keeps_lose_no_alarm(bad: str) -> None:
    told = {"fibre": "F", "class": bad, "text": bad, "deep": {bad: [bad, 1e400]}}
    body = json.dumps(told).replace("Infinity", "1e400").encode()
    (said,) = read("das", body, MAPS)
    assert (said.label, said.words) == ("a\ufffdb", "a\ufffdb")
    assert said.extra == {"deep": {"a\ufffdb": ["a\ufffdb", "inf"]}}


@pytest.mark.parametrize("field", ["time", "confidence", "strength", "lon"])
def test_a_number_too_large_for_any_machine_is_refused_by_its_field(field: str) -> None:
    with pytest.raises(InputError):
        one("das", {"fibre": "F", "lat": 1, field: 10**400})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kindz": {"digger": "machinery"}}, "own.kindz"),  # silently dropped, no digger would ever be an alarm
        ({"fields": "abc"}, "own.fields"),
        ({"fields": {"originator": {"b": 1}}}, "own.fields.originator"),
        ({"kinds": ["digger"]}, "own.kinds"),
        ({"phases": 3}, "own.phases"),
        ({"least": [1]}, "own.least"),
        ({"least": "nan"}, "own.least"),
        ({"unit": {"a": 1}}, "own.unit"),
        ({"kind": [1]}, "own"),
    ],
)
def test_a_map_that_is_wrong_is_refused_by_its_part(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refusal:
        field_map("own", {"fields": {"originator": "id"}} | wrong)
    assert refusal.value.field == field
