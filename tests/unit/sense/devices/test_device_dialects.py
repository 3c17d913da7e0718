"""Each maker's messages in its own words, and what of them is never kept."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.sense.rules.devices import DeviceKind, DeviceSaid, Phase, read

HEAD = '<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">'


def hikvision(**fields: str) -> bytes:
    told = {
        "ipAddress": "192.168.1.151",
        "portNo": "443",
        "macAddress": "4f:e4:2f:81:cd:1b",
        "channelID": "1",
        "dateTime": "2026-11-19T16:53:28+08:00",
        "eventType": "fielddetection",
        "eventState": "active",
        "eventDescription": "field",
    } | fields
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in told.items() if value)
    return f"{HEAD}{inside}</EventNotificationAlert>".encode()


def gb(command: str = "Alarm", **fields: str) -> bytes:
    told = {"CmdType": command, "SN": "1", "DeviceID": "34020000001340000001"} | fields
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in told.items() if value)
    return f"<Notify>{inside}</Notify>".encode()


def onvif(topic: str, operation: str = "Changed", **data: str) -> bytes:
    items = "".join(f'<tt:SimpleItem Name="{name}" Value="{value}"/>' for name, value in data.items())
    return (
        '<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:w="urn:w"><tt:Event>'
        f"<w:NotificationMessage><w:Topic>{topic}</w:Topic>"
        "<w:ProducerReference><w:Address>uri://cam-7/ProducerReference</w:Address></w:ProducerReference>"
        f'<w:Message><tt:Message UtcTime="2026-11-20T01:00:00Z" PropertyOperation="{operation}">'
        f'<tt:Source><tt:SimpleItem Name="Source" Value="0"/></tt:Source><tt:Data>{items}</tt:Data></tt:Message>'
        "</w:Message></w:NotificationMessage></tt:Event></tt:MetadataStream>"
    ).encode()


def frigate(kind: str = "new", **after: Any) -> bytes:
    base = {"id": "1.2-ab", "camera": "gate", "label": "truck", "top_score": 0.9, "frame_time": 1763600000.5}
    return json.dumps({"type": kind, "before": {}, "after": base | after}).encode()


def only(dialect: str, body: bytes) -> DeviceSaid:
    (said,) = read(dialect, body, {})
    return said


def test_hikvision_says_what_where_and_when_but_not_its_addresses() -> None:
    said = only("hikvision", hikvision())
    assert (said.originator, said.kind, said.phase) == ("4f:e4:2f:81:cd:1b/1", DeviceKind.INTRUSION, Phase.GOES_ON)
    assert said.at == datetime(2026, 11, 19, 8, 53, 28, tzinfo=UTC)
    assert "192.168" not in repr(said)


@pytest.mark.parametrize(
    ("event", "target", "kind"),
    [
        ("VMD", "", DeviceKind.MOTION),
        ("IO", "", DeviceKind.INPUT),
        ("shelteralarm", "", DeviceKind.TAMPER),
        ("videoloss", "", DeviceKind.STATE),
        ("fielddetection", "human", DeviceKind.PERSON),
        ("brandnewthing", "", DeviceKind.OTHER),
    ],
)
def test_hikvision_kinds(event: str, target: str, kind: DeviceKind) -> None:
    assert only("hikvision", hikvision(eventType=event, detectionTarget=target)).kind is kind


def test_hikvision_inactive_is_an_end_and_any_other_state_none() -> None:
    assert only("hikvision", hikvision(eventState="inactive")).phase is Phase.ENDED
    with pytest.raises(InputError, match="eventState"):
        read("hikvision", hikvision(eventState="sleeping"), {})


@pytest.mark.parametrize("missing", ["eventType", "channelID", "eventState"])
def test_hikvision_without_what_names_it_is_refused(missing: str) -> None:
    with pytest.raises(InputError, match=missing):
        read("hikvision", hikvision(**{missing: ""}), {})


def test_gb28181_alarms_have_a_place_and_chinese_time() -> None:
    body = gb(Longitude="116.7", Latitude="39.5", AlarmTime="2026-07-13T14:31:00", AlarmMethod="5", AlarmType="6")
    said = only("gb28181", body)
    assert (said.lon, said.lat, said.kind) == (116.7, 39.5, DeviceKind.INTRUSION)
    assert said.at == datetime(2026, 7, 13, 6, 31, tzinfo=UTC)
    assert said.extra["AlarmMethod"] == "5"


@pytest.mark.parametrize(
    ("method", "kind_of", "kind"),
    [
        ("2", "2", DeviceKind.TAMPER),
        ("6", "", DeviceKind.STATE),
        ("5", "2", DeviceKind.MOTION),
        ("7", "", DeviceKind.OTHER),
    ],
)
def test_gb28181_kinds(method: str, kind_of: str, kind: DeviceKind) -> None:
    assert only("gb28181", gb(AlarmMethod=method, AlarmType=kind_of)).kind is kind


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"DeviceID": ""}, "DeviceID"),
        ({"Longitude": "116.7"}, "one of the two"),
        ({"Longitude": "216.7", "Latitude": "1"}, "longitude"),
        ({"AlarmTime": "yesterday"}, "AlarmTime"),
        ({"AlarmTime": "1970-01-01T00:00:00"}, "1970"),
    ],
)
def test_gb28181_wrong_fields_are_named(fields: dict[str, str], why: str) -> None:
    with pytest.raises(InputError, match=why):
        read("gb28181", gb(**fields), {})


def test_a_gateway_may_name_the_carrier_target() -> None:
    body = gb("MobilePosition", TargetID="DIGGER-3", Longitude="116.4", Latitude="39.9", Speed="12.5")
    said = only("gb28181", body)
    assert (said.originator, said.kind, said.value, said.unit) == ("DIGGER-3", DeviceKind.MACHINERY_AT, 12.5, "km/h")
    with pytest.raises(InputError, match="without a place"):
        read("gb28181", gb("MobilePosition"), {})


def test_zero_zero_is_a_device_that_does_not_know() -> None:
    assert only("gb28181", gb(Longitude="0", Latitude="0.0")).lon is None


def test_frigate_new_update_and_end_are_one_thread_and_nobody_is_named() -> None:
    private = {"sub_label": ["John", 0.8], "recognized_license_plate": "ABC123", "speed": 3}
    said = [only("frigate", frigate(kind, **private)) for kind in ("new", "update", "end")]
    assert [one.phase for one in said] == [Phase.BEGAN, Phase.GOES_ON, Phase.ENDED]
    assert {one.thread for one in said} == {"1.2-ab"}
    assert said[0].kind is DeviceKind.MACHINERY
    assert said[0].extra == {"speed": 3}
    assert "John" not in repr(said)
    assert "ABC123" not in repr(said)


def test_frigate_reviews_and_what_it_dropped_itself() -> None:
    review = {
        "id": "r1",
        "camera": "gate",
        "severity": "alert",
        "start_time": 1763600000,
        "data": {"objects": ["car", "person"]},
    }
    said = only("frigate", json.dumps({"type": "update", "after": review}).encode())
    assert (said.kind, said.label, said.score) == (DeviceKind.PERSON, "car, person", None)
    for body, why in (
        (frigate(false_positive=True), "false_positive"),
        (frigate("face"), "type"),
        (b'{"type": "new"}', "after"),
        (frigate(label=None), "label"),
        (frigate(top_score=7), "score"),
        (json.dumps({"type": "new", "after": {**review, "data": {}}}).encode(), "objects"),
    ):
        with pytest.raises(InputError, match=why):
            read("frigate", body, {})


def test_onvif_tells_changes_and_no_resting_state() -> None:
    began = only("onvif", onvif("tnsaxis:App/VMD/Camera1ProfileANY", active="1"))
    assert (began.originator, began.kind, began.phase) == ("cam-7", DeviceKind.MOTION, Phase.BEGAN)
    ended = only("onvif", onvif("tnsaxis:App/VMD/Camera1ProfileANY", active="0"))
    assert ended.phase is Phase.ENDED
    assert ended.thread == began.thread
    assert read("onvif", onvif("tns1:A/VMD/B", "Initialized", active="0"), {}) == []
    assert only("onvif", onvif("tns1:A/VMD/B", "Initialized", active="1")).phase is Phase.BEGAN
    assert only("onvif", onvif("tns1:VideoSource/GlobalSceneChange/X", State="1")).kind is DeviceKind.TAMPER
    assert only("onvif", onvif("a:ObjectAnalytics/D1", active="1", classTypes="human")).kind is DeviceKind.PERSON
    assert read("onvif", b"<MetadataStream/>", {}) == []
    with pytest.raises(InputError, match="no ONVIF"):
        read("onvif", b"<html/>", {})


def test_an_unknown_dialect_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="gb28181, hikvision, onvif, frigate"):
        read("morse", b"...", {})
