"""Other people's devices at the door: registered, heard once, counted, placed, and put before a person."""

from __future__ import annotations

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HIK = """<EventNotificationAlert version="2.0"><ipAddress>10.0.0.9</ipAddress><macAddress>aa:bb</macAddress>
<channelID>1</channelID><dateTime>{at}</dateTime><activePostCount>1</activePostCount><eventType>{kind}</eventType>
<eventState>{state}</eventState><eventDescription>{kind} alarm</eventDescription></EventNotificationAlert>"""


def hik(at: datetime, *, kind: str = "fielddetection", state: str = "active") -> bytes:
    return HIK.format(at=at.isoformat(), kind=kind, state=state).encode()


def das(**more: Any) -> dict[str, Any]:
    return {"fibre": "f1", "class": "mechanical_digging", "state": "start", "confidence": 0.8} | more


@pytest.fixture
def box(town: Any) -> Callable[..., tuple[str, Any]]:
    """Register a device with a key of its own and return both."""

    def make(dialect: str, **more: Any) -> tuple[str, Any]:
        town.made += 1
        key, sender = f"dev-{town.made}", town.device()
        asked = {"name": key, "dialect": dialect, "senders": [str(sender.id)]} | more
        answer = town.client.as_(town.who("tenant_admin"), "PUT", f"/v1/devices/{key}", json=asked)
        assert answer.status_code == 200, answer.text
        return key, sender

    return make


def say(town: Any, key: str, sender: Any, body: Any, **more: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return town.client.as_(sender, "POST", f"/v1/devices/{key}/alarms", content=content, **more)


def alarm_of(town: Any, observation: str) -> dict[str, Any]:
    reader = town.who("safety_manager")
    for alarm in town.client.as_(reader, "GET", "/v1/alarms?limit=200").json()["items"]:
        full = town.client.as_(reader, "GET", f"/v1/alarms/{alarm['id']}").json()
        if observation in {one["observation_id"] for one in full["members"]}:
            return dict(full)
    raise AssertionError("no alarm")


def test_a_fibre_that_feels_digging_puts_an_alarm_on_the_desk_that_a_person_must_see(
    town: Any, box: Any, spot: Any
) -> None:
    lon, lat = spot()
    key, sender = box("das")
    first = say(town, key, sender, das(lon=lon, lat=lat, accuracy_m=20, vendor_temperature=21.5))
    assert first.status_code == 202, first.text
    [heard] = first.json()["items"]
    assert heard["alarm"]["kind"] == "machinery"
    assert heard["alarm"]["extra"] == {"vendor_temperature": 21.5}
    town.drain()
    alarm = alarm_of(town, heard["observation_id"])
    assert (alarm["what"], alarm["type"], alarm["score"]) == ("device", "machinery", None)
    assert alarm["place"]["sigma_m"] == pytest.approx(20 / 2.4477, rel=1e-3)
    verdict = town.client.as_(town.who("safety_manager"), "GET", f"/v1/alarms/{alarm['id']}/verdict").json()
    assert verdict["verdict"] == "person"
    assert [one["code"] for one in verdict["reasons"]] == ["device"]


def test_repeats_are_counted_and_go_no_farther(town: Any, box: Any, spot: Any) -> None:
    lon, lat = spot()
    key, sender = box("hikvision", lon=lon, lat=lat)
    at = datetime.now(UTC) - timedelta(minutes=1)
    answers = [say(town, key, sender, hik(at + timedelta(seconds=second))) for second in range(20)]
    assert [one.status_code for one in answers] == [202] + [200] * 19
    alarms = town.client.as_(town.who("tenant_admin"), "GET", f"/v1/devices/{key}").json()["alarms"]
    assert [(one["count"], one["ended_at"]) for one in alarms] == [(20, None)]


def test_a_crossed_line_makes_no_alarm_by_itself(town: Any, box: Any, spot: Any) -> None:
    lon, lat = spot()
    key, sender = box("hikvision", lon=lon, lat=lat)
    seen = say(town, key, sender, hik(datetime.now(UTC))).json()["items"][0]["observation_id"]
    town.drain()
    with pytest.raises(AssertionError, match="no alarm"):
        alarm_of(town, seen)


def test_what_cannot_be_read_is_refused_with_field_and_fix(town: Any, box: Any) -> None:
    key, sender = box("das")
    answer = say(town, key, sender, das(lon=200, lat=3))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == "longitude"
    assert answer.json()["fix"]


def test_only_its_own_key_speaks_for_a_device_and_none_of_another_tenant(town: Any, box: Any) -> None:
    key, sender = box("das")
    assert say(town, key, town.device(), das()).status_code == 409
    assert say(town, key, town.device(tenant=town.b), das()).status_code == 404
    assert say(town, key, sender, das()).status_code == 202


def test_a_retired_device_is_heard_no_more(town: Any, box: Any) -> None:
    key, sender = box("das")
    say(town, key, sender, das())
    gone = town.client.as_(town.who("tenant_admin"), "DELETE", f"/v1/devices/{key}").json()
    assert [one["ended_by"] for one in gone["alarms"]] == ["retired"]
    assert say(town, key, sender, das()).status_code == 404


def test_gas_in_the_air_is_an_alarm_of_its_own_beside_works(town: Any, box: Any, spot: Any) -> None:
    place = spot()
    digging = town.alarm_at(town.who("safety_manager"), place)
    key, sender = box("methane")
    told = {"sensor": "m1", "alarm": "high", "state": "active", "lon": place[0], "lat": place[1], "ppm": 3000}
    seen = say(town, key, sender, told).json()["items"][0]["observation_id"]
    town.drain()
    alarm = alarm_of(town, seen)
    assert alarm["what"] == "gas_leak"
    assert alarm["id"] != digging
    verdict = town.client.as_(town.who("safety_manager"), "GET", f"/v1/alarms/{alarm['id']}/verdict").json()
    assert [one["code"] for one in verdict["reasons"]] == ["gas_leak"]


def test_a_fibre_that_feels_where_a_person_saw_joins_the_same_alarm(town: Any, box: Any, spot: Any) -> None:
    place = spot()
    digging = town.alarm_at(town.who("safety_manager"), place)
    key, sender = box("das", line=[[0, place[0], place[1] - 0.001], [222, place[0], place[1] + 0.001]])
    seen = say(town, key, sender, das(chainage_m=111)).json()["items"][0]["observation_id"]
    town.drain()
    assert alarm_of(town, seen)["id"] == digging


def test_a_polygon_from_above_keeps_its_outline(town: Any, box: Any, spot: Any) -> None:
    lon, lat = spot()
    ring = [[lon, lat], [lon + 0.0004, lat], [lon + 0.0004, lat + 0.0004], [lon, lat + 0.0004], [lon, lat]]
    key, sender = box("satellite")
    told = {"provider": "sat", "class": "excavation", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    seen = say(town, key, sender, told).json()["items"][0]["observation_id"]
    town.drain()
    alarm = alarm_of(town, seen)
    assert alarm["place"]["lon"] == pytest.approx(lon + 0.0002, abs=1e-6)
    west, east = min(one[0] for one in alarm["work_area"]), max(one[0] for one in alarm["work_area"])
    assert (west, east) == (pytest.approx(lon, abs=1e-6), pytest.approx(lon + 0.0004, abs=1e-6))


def test_a_message_with_its_picture_keeps_it_as_evidence(town: Any, box: Any, spot: Any) -> None:
    lon, lat = spot()
    key, sender = box("hikvision", lon=lon, lat=lat)
    picture = base64.b64decode(PIXEL)
    files = {
        "MoveDetection.xml": ("m.xml", hik(datetime.now(UTC)), "application/xml"),
        "MoveDetection_0.png": ("m.png", picture, "image/png"),
    }
    answer = town.client.as_(sender, "POST", f"/v1/devices/{key}/alarms", files=files)
    assert answer.status_code == 202, answer.text
    seen = answer.json()["items"][0]["observation_id"]
    got = town.client.as_(town.who("safety_manager"), "GET", f"/v1/observations/{seen}").json()
    assert (got["kind"], got["picture_problem"], got["has_picture"]) == ("device", None, True)
    assert town.home.blobs.get(hashlib.sha256(picture).hexdigest()) == picture


def test_devices_page_and_each_tells_what_goes_on(town: Any, box: Any) -> None:
    made = [box("das")[0] for _ in range(3)]
    reader = town.who("tenant_admin")
    seen: list[str] = []
    after = ""
    while True:
        page = town.client.as_(reader, "GET", f"/v1/devices?limit=2{after}").json()
        seen += [one["key"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&cursor={page['next']}"
    assert set(made) <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_device_is_changed_by_put_and_a_wrong_one_refused(town: Any, box: Any) -> None:
    key, _ = box("das")
    admin = town.who("tenant_admin")
    asked = {"name": "Fibre", "dialect": "das", "silence_s": 60}
    changed = town.client.as_(admin, "PUT", f"/v1/devices/{key}", json=asked).json()
    assert (changed["name"], changed["silence_s"], changed["senders"]) == ("Fibre", 60, [])
    for wrong, field in (({"dialect": "morse"}, "dialect"), ({"camera": "no-such"}, "camera"), ({"lon": 1}, "lon")):
        answer = town.client.as_(admin, "PUT", f"/v1/devices/{key}", json=asked | wrong)
        assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_signs_that_no_database_keeps_lose_no_alarm(town: Any, box: Any) -> None:
    key, sender = box("das")
    nasty = {"text": "a\x00\ud800", "x\x00": ["\ud800"], "huge": 10**400, "class": "\ud800"}
    answer = say(town, key, sender, das(**nasty))
    assert answer.status_code == 202, answer.text
    assert answer.json()["items"][0]["alarm"]["words"] == "a\ufffd\ufffd"


def test_two_messages_at_once_are_one_alarm(town: Any, box: Any) -> None:
    key, sender = box("das")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: say(town, key, sender, das()).status_code, range(8)))
    assert sorted(answers) == [200] * 7 + [202]
