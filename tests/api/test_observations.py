from __future__ import annotations

import base64
import hashlib
import json
import threading
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import text

from pipewarden.locate.rules import UNSAID_ACCURACY_M
from pipewarden.people.facts import Role
from pipewarden.sense.facts import OBSERVED
from pipewarden.sense.rules import MAX_BYTES

ONE = "application/cloudevents+json"
MANY = "application/cloudevents-batch+json"
HERE = (116.81, 39.61)


def picture(shade: int = 90) -> bytes:
    done, encoded = cv2.imencode(".jpg", np.full((90, 160, 3), shade, np.uint8))
    assert done
    return bytes(encoded)


def event(town: Any, kind: str = "report", **data: Any) -> dict[str, Any]:
    town.made += 1
    said: dict[str, Any] = {"words": "挖机在管线旁", "lon": HERE[0], "lat": HERE[1]} if kind == "report" else {}
    return {
        "specversion": "1.0",
        "id": f"e{town.made}",
        "source": "urn:box:7",
        "type": f"pipewarden.{kind}",
        "time": "2026-11-22T10:00:00+08:00",
        "data": said | data,
    }


def send(town: Any, who: Any, body: Any, media: str = ONE) -> Any:
    headers = {"content-type": media}
    return town.client.as_(who, "POST", "/v1/observations", content=json.dumps(body), headers=headers)


def send_parts(town: Any, who: Any, body: Any, content: bytes, name: str = "p.jpg") -> Any:
    files = {"picture": (name, content, "image/jpeg")}
    return town.client.as_(who, "POST", "/v1/observations", data={"event": json.dumps(body)}, files=files)


def facts_of(town: Any, observation_id: str) -> int:
    with town.home.work() as work:
        statement = text("SELECT count(*) FROM kit_facts WHERE kind = :kind AND fact_id = :id")
        return int(work.session.scalar(statement, {"kind": OBSERVED, "id": observation_id}) or 0)


def test_a_report_is_kept_with_its_words_place_and_extensions(town: Any) -> None:
    who = town.who("patroller")
    body = event(town, accuracy_m=6.5, phone="old one") | {"traceparent": "00-ab-cd-01"}
    answer = send(town, who, body)
    assert answer.status_code == 201, answer.text
    (item,) = answer.json()["items"]
    assert (item["id"], item["source"], item["duplicate"]) == (body["id"], "urn:box:7", False)
    got = town.client.as_(who, "GET", f"/v1/observations/{item['observation_id']}").json()
    assert got["kind"] == "report"
    assert got["words"] == "挖机在管线旁"
    assert (got["lon"], got["lat"], got["accuracy_m"]) == (*HERE, 6.5)
    assert got["at"] == "2026-11-22T02:00:00Z"
    assert got["has_picture"] is False
    with town.home.work() as work:
        extra = work.session.scalar(
            text("SELECT extra FROM sense_told WHERE observation_id = :id"), {"id": item["observation_id"]}
        )
    assert extra == {"traceparent": "00-ab-cd-01", "data": {"phone": "old one"}}


def test_the_same_event_again_does_nothing_twice(town: Any) -> None:
    who, body = town.who("patroller"), event(town)
    first, again = send(town, who, body), send(town, who, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["items"][0]["duplicate"] is True
    one, two = (answer.json()["items"][0]["observation_id"] for answer in (first, again))
    assert one == two
    assert facts_of(town, one) == 1


def test_another_event_under_a_used_name_is_refused(town: Any) -> None:
    who, body = town.who("patroller"), event(town)
    assert send(town, who, body).status_code == 201
    body["data"]["words"] = "something else"
    answer = send(town, who, body)
    assert (answer.status_code, answer.json()["field"]) == (422, "id")


def test_names_of_two_senders_never_meet(town: Any) -> None:
    body = event(town)
    first, second = send(town, town.who("patroller"), body), send(town, town.who("grid_worker"), body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["items"][0]["observation_id"] != second.json()["items"][0]["observation_id"]


def test_a_name_cannot_be_shifted_between_source_and_id(town: Any) -> None:
    who, one = town.who("device"), event(town, "picture", picture=base64.b64encode(picture()).decode())
    a = one | {"source": "box", "id": "1#2"}
    b = one | {"source": "box#1", "id": "2"}
    answers = [send(town, who, body) for body in (a, b)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["items"][0]["observation_id"] for answer in answers}) == 2


def test_many_at_once_make_one(town: Any) -> None:
    who, body = town.who("patroller"), event(town)
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(send(town, who, body))) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {answer.status_code for answer in got} <= {200, 201}
    assert [answer.status_code for answer in got].count(201) == 1
    assert len({answer.json()["items"][0]["observation_id"] for answer in got}) == 1


def test_a_batch_is_taken_whole(town: Any) -> None:
    who = town.who("patroller")
    bodies = [event(town) for _ in range(5)]
    answer = send(town, who, bodies, MANY)
    assert answer.status_code == 201, answer.text
    assert [one["id"] for one in answer.json()["items"]] == [one["id"] for one in bodies]
    again = send(town, who, [*bodies, event(town)], MANY)
    assert again.status_code == 201
    assert [one["duplicate"] for one in again.json()["items"]] == [True] * 5 + [False]


def test_a_batch_with_one_bad_event_is_refused_whole_and_names_it(town: Any) -> None:
    who = town.who("patroller")
    bodies = [event(town), event(town) | {"time": "soon"}, event(town)]
    answer = send(town, who, bodies, MANY)
    assert answer.status_code == 422
    assert answer.json()["field"] == "1.time"
    listed = town.client.as_(who, "GET", "/v1/observations?limit=200").json()["items"]
    assert not {one["id"] for one in bodies} & {one["event_id"] for one in listed}


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_bounds(town: Any, count: int) -> None:
    assert send(town, town.who("patroller"), [event(town)] * count, MANY).status_code == 422


def test_a_picture_travels_beside_its_event(town: Any) -> None:
    who, body = town.who("device"), event(town, "frame", camera="cam-east")
    answer = send_parts(town, who, body, picture(30))
    assert answer.status_code == 201, answer.text
    one = answer.json()["items"][0]["observation_id"]
    got = town.client.as_(who, "GET", f"/v1/observations/{one}").json()
    assert got["stream"] == "cam-east"
    assert got["camera_id"] is not None
    assert got["has_picture"] is True
    sha256 = hashlib.sha256(picture(30)).hexdigest()
    assert town.home.blobs.get(sha256) == picture(30)
    assert sha256 not in json.dumps(got), "who has a picture must not learn that it is here"
    again = send_parts(town, who, body, picture(30))
    assert (again.status_code, again.json()["items"][0]["duplicate"]) == (200, True)
    other = send_parts(town, who, body, picture(31))
    assert (other.status_code, other.json()["field"]) == (422, "source_id")


def test_a_picture_travels_inside_its_event(town: Any) -> None:
    who = town.who("device")
    body = event(town, "frame", camera="cam-west", picture=base64.b64encode(picture(44)).decode())
    answer = send(town, who, body)
    assert answer.status_code == 201
    one = answer.json()["items"][0]["observation_id"]
    assert town.client.as_(who, "GET", f"/v1/observations/{one}").json()["has_picture"] is True
    assert town.home.blobs.get(hashlib.sha256(picture(44)).hexdigest()) == picture(44)


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("frame", {"camera": "cam-east"}, "picture"),
        ("frame", {"picture": "aGk="}, "data.camera"),
        ("picture", {"picture": "not base64!"}, "picture"),
        ("report", {"words": None}, "words"),
        ("report", {"words": "   \n"}, "words"),
        ("report", {"lat": None}, "lon"),
        ("report", {"lon": 181}, "data.lon"),
        ("report", {"accuracy_m": -1}, "data.accuracy_m"),
        ("report", {"words": "a\u0000b"}, "data.words"),
        ("report", {"pad": "x" * 20_000}, "data"),
    ],
)
def test_what_cannot_be_kept_is_named(town: Any, kind: str, data: dict[str, Any], field: str) -> None:
    answer = send(town, town.who("device"), event(town, kind, **data))
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field


@pytest.mark.parametrize("change", [{"specversion": "0.3"}, {"type": "x"}, {"id": ""}, {"source": None}])
def test_what_is_no_event_is_refused(town: Any, change: dict[str, Any]) -> None:
    answer = send(town, town.who("patroller"), event(town) | change)
    assert (answer.status_code, answer.json()["field"]) == (422, next(iter(change)))


@pytest.mark.parametrize("media", ["text/plain", "application/xml", ""])
def test_other_media_are_refused(town: Any, media: str) -> None:
    answer = send(town, town.who("patroller"), event(town), media)
    assert (answer.status_code, answer.json()["field"]) == (422, "Content-Type")


def test_multipart_without_an_event_is_refused(town: Any) -> None:
    files = {"picture": ("p.jpg", picture(), "image/jpeg")}
    answer = town.client.as_(town.who("patroller"), "POST", "/v1/observations", files=files)
    assert answer.status_code == 422
    broken = {"content-type": "multipart/form-data; boundary=x"}
    answer = town.client.as_(town.who("patroller"), "POST", "/v1/observations", content=b"--y\r\n", headers=broken)
    assert answer.status_code == 400


def alarm_of(town: Any, observation_id: str, reader: str = "safety_manager") -> dict[str, Any]:
    who = town.who(reader)
    for one in town.client.as_(who, "GET", "/v1/alarms?limit=200").json()["items"]:
        full: dict[str, Any] = town.client.as_(who, "GET", f"/v1/alarms/{one['id']}").json()
        if observation_id in {member["observation_id"] for member in full["members"]}:
            return full
    raise AssertionError(f"no alarm of {observation_id}")


def test_words_and_a_place_become_an_alarm_without_any_model(town: Any) -> None:
    answer = send(town, town.who("patroller"), event(town, lon=116.82, lat=39.62, accuracy_m=12.0))
    town.drain()
    alarm = alarm_of(town, answer.json()["items"][0]["observation_id"])
    assert alarm["what"] == "report"
    assert alarm["score"] is None
    assert alarm["place"]["lon"] == pytest.approx(116.82, abs=1e-7)
    assert alarm["place"]["lat"] == pytest.approx(39.62, abs=1e-7)
    assert alarm["place"]["sigma_m"] == pytest.approx(12.0 / 2.4477, rel=0.01)
    assert alarm["has_picture"] is False


def test_two_reports_of_one_place_are_one_alarm(town: Any) -> None:
    first = send(town, town.who("patroller"), event(town, lon=116.83, lat=39.63, accuracy_m=8.0))
    town.drain()
    second = send(town, town.who("grid_worker"), event(town, lon=116.83005, lat=39.63, accuracy_m=8.0))
    town.drain()
    one, two = (alarm_of(town, answer.json()["items"][0]["observation_id"]) for answer in (first, second))
    assert one["id"] == two["id"]
    assert len(one["members"]) == 2
    assert len(one["streams"]) == 2


def test_a_report_without_a_place_is_an_alarm_without_one(town: Any) -> None:
    answer = send(town, town.who("patroller"), event(town, lon=None, lat=None))
    town.drain()
    alarm = alarm_of(town, answer.json()["items"][0]["observation_id"])
    assert alarm["place"] is None
    assert alarm["network"]["zone"] == "unknown"


def test_an_unsaid_accuracy_is_within_sight(town: Any) -> None:
    answer = send(town, town.who("patroller"), event(town, lon=116.84, lat=39.64))
    town.drain()
    alarm = alarm_of(town, answer.json()["items"][0]["observation_id"])
    assert alarm["place"]["sigma_m"] == pytest.approx(UNSAID_ACCURACY_M / 2.4477, rel=0.01)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"", None),
        (b"GIF89a....", None),
        (b"<svg onload=alert(1)>", None),
        (picture()[:200], None),
        (b"\xff\xd8" + b"\0" * MAX_BYTES, "is larger than 25 MB"),
    ],
    ids=["empty", "gif", "svg", "cut off", "25 MB"],
)
def test_a_bad_picture_never_loses_the_report(town: Any, bad: bytes, problem: str | None) -> None:
    n = town.made
    place = {"lon": 116.62 + n * 1e-4, "lat": 39.42 + n * 2e-4}
    answer = send_parts(town, town.who("patroller"), event(town, **place), bad)
    assert answer.status_code == 201, answer.text
    (item,) = answer.json()["items"]
    assert item["picture_problem"] == problem
    town.drain()
    assert alarm_of(town, item["observation_id"])["what"] == "report"


def test_broken_base64_never_loses_the_report(town: Any) -> None:
    answer = send(town, town.who("patroller"), event(town, picture="%%%"))
    assert answer.status_code == 201
    assert answer.json()["items"][0]["picture_problem"] == "is not base64"


def test_a_device_bound_to_an_area_sends_for_its_cameras_only(town: Any) -> None:
    bound = town.device(area=town.east)
    content = base64.b64encode(picture(51)).decode()
    assert send(town, bound, event(town, "frame", camera="cam-east", picture=content)).status_code == 201
    for key in ("cam-west", "cam-none"):
        answer = send(town, bound, event(town, "frame", camera=key, picture=content))
        assert (answer.status_code, answer.json()["field"]) == (404, "camera")


def test_people_send_reports_only(town: Any) -> None:
    content = base64.b64encode(picture()).decode()
    answer = send(town, town.who("patroller"), event(town, "picture", picture=content))
    assert (answer.status_code, answer.json()["field"]) == (403, "observation:create")
    assert send(town, town.who("auditor"), event(town)).status_code == 403


def test_a_resident_reads_back_their_own_words_only(town: Any) -> None:
    me, other = town.person(Role.RESIDENT), town.person(Role.RESIDENT)
    mine = send(town, me, event(town)).json()["items"][0]["observation_id"]
    listed = town.client.as_(me, "GET", "/v1/observations").json()["items"]
    assert [one["id"] for one in listed] == [mine]
    assert town.client.as_(other, "GET", "/v1/observations").json()["items"] == []
    assert town.client.as_(other, "GET", f"/v1/observations/{mine}").status_code == 404


def test_pages_join_up_without_gaps_or_doubles(town: Any) -> None:
    who = town.person(Role.RESIDENT)
    sent = [send(town, who, event(town)).json()["items"][0]["observation_id"] for _ in range(7)]
    seen: list[str] = []
    path = "/v1/observations?limit=3"
    while path:
        page = town.client.as_(who, "GET", path).json()
        assert len(page["items"]) <= 3
        seen += [one["id"] for one in page["items"]]
        path = f"/v1/observations?limit=3&cursor={page['next']}" if page["next"] else ""
    assert seen == sent[::-1]


def test_cameras_are_listed_by_area(town: Any) -> None:
    def keys(who: str) -> list[str]:
        found, path = [], "/v1/cameras?limit=2"
        while path:
            page = town.client.as_(town.who(who), "GET", path).json()
            assert len(page["items"]) <= 2
            found += [one["key"] for one in page["items"]]
            path = f"/v1/cameras?limit=2&cursor={page['next']}" if page["next"] else ""
        return found

    east, whole = keys("dispatcher"), keys("safety_manager")
    assert "cam-east" in east
    assert "cam-west" not in east
    assert {"cam-east", "cam-west"} <= set(whole)
    assert set(east) < set(whole)
    assert len(whole) == len(set(whole))
