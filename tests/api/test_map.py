"""What a map needs over HTTP: cameras with what they see, outlines of areas, ellipses, classes and names of alarms."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import cv2
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.geo import LocalFrame
from pipewarden.sense import jobs
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Frame, NewCamera

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.sense.facts import Watch

EAST = (116.6702, 39.4802)
NOTHING = "00000000-0000-7000-8000-000000000000"
SECRET_ADDRESS = "rtsp://admin:hunter22@10.8.0.14/Streaming/101"  # noqa: S105  of no camera
POSE = {
    "pose": {
        "lon": EAST[0], "lat": EAST[1], "height_m": 6.0,
        "heading_deg": 90.0, "tilt_deg": 15.0, "roll_deg": 0.0, "hfov_deg": 60.0,
    },
    "pose_sigma": {"position_m": 0.5, "height_m": 0.1, "heading_deg": 0.5, "tilt_deg": 0.3, "hfov_deg": 0.5},
    "pixel_sigma": 2.0,
}  # fmt: skip


def line(place: tuple[float, float]) -> list[tuple[float, float]]:
    return [(place[0] - 0.002, place[1]), (place[0] + 0.002, place[1])]


def get(town: Any, who: str, path: str) -> Any:
    return town.client.as_(town.who(who), "GET", f"/v1{path}")


def picture(shade: int) -> bytes:
    done, encoded = cv2.imencode(".jpg", np.full((60, 80, 3), shade, np.uint8))
    assert done
    return bytes(encoded)


def alone(town: Any, camera: object) -> None:
    """Let no other camera be due."""
    later = text("UPDATE sense_watches SET due_at = '2099-01-01' WHERE camera_id <> :c")
    with town.at(town.a) as work:
        work.session.execute(later, {"c": camera})


class Scripted:
    """A grabber that brings what it was given, in turn."""

    def __init__(self, *turns: bytes | Exception) -> None:
        self.turns = list(turns)

    def grab(self, watch: Watch, now: datetime) -> Frame:
        _ = now
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        return Frame(turn, watch.key, 0.0, None, "x")


@pytest.fixture(scope="module")
def camera(town: Any) -> str:
    with town.at(town.a) as work:
        made = sense.register_camera(
            work,
            NewCamera(key="map-gate", name="北门", lon=EAST[0], lat=EAST[1], image_size=(1280, 720), calibration=POSE),
        )
        sense.watch(work, made.id, SECRET_ADDRESS, substream=SECRET_ADDRESS + "/sub")
    return str(made.id)


class TestCameras:
    """Cameras as a map shows them, and never how to reach them."""

    def look(self, town: Any, camera: str, *turns: bytes | Exception) -> None:
        """Let the house look at the camera, each time as long after the last as makes a state hold."""
        with town.at(town.a) as work:
            work.session.execute(
                text("UPDATE sense_watches SET due_at = '2099-01-01' WHERE camera_id <> :c"), {"c": camera}
            )
        for turn in turns:
            with town.at(town.a) as work:
                work.session.execute(
                    text(
                        "UPDATE sense_watches SET due_at = now() - interval '1 s', bad_since = bad_since - "
                        "interval '10 min', run_since = run_since - interval '10 min' WHERE camera_id = :c"
                    ),
                    {"c": camera},
                )
            eyes = jobs.Eyes(begin=town.home.factory.begin, blobs=town.home.blobs, grabber=Scripted(turn), hands=1)
            assert jobs.sweep(eyes) == 1

    def test_a_camera_nobody_looked_at_has_no_state(self, town: Any, camera: str) -> None:
        shown = get(town, "dispatcher", f"/cameras/{camera}").json()
        assert (shown["state"], shown["state_since"], shown["seen_at"], shown["problem"]) == (None, None, None, None)
        assert shown["name"] == "北门"
        unwatched = next(one for one in get(town, "dispatcher", "/cameras").json()["items"] if one["key"] == "cam-east")
        assert (unwatched["state"], unwatched["sees"]) == (None, None)

    def test_it_says_how_it_is_and_what_it_sees(self, town: Any, camera: str) -> None:
        self.look(town, camera, picture(10))
        shown = get(town, "dispatcher", f"/cameras/{camera}").json()
        assert shown["state"] == "online"
        assert shown["state_since"] is not None
        assert shown["seen_at"] is not None
        assert shown["problem"] is None
        assert shown["calibrated"]
        ring = LocalFrame(*EAST).to_metres(np.array(shown["sees"]))
        assert shown["sees"][0] == shown["sees"][-1]
        assert (ring[:, 0] > 0).all()
        assert shown in get(town, "dispatcher", "/cameras?limit=200").json()["items"]

    def test_a_lost_camera_says_why_and_no_word_of_its_address(self, town: Any, camera: str) -> None:
        lost = UnavailableError(field=SECRET_ADDRESS, problem=f"{SECRET_ADDRESS} at 10.8.0.14 is silent", fix="-")
        self.look(town, camera, lost, lost, lost)
        shown = get(town, "dispatcher", f"/cameras/{camera}").json()
        assert shown["state"] == "offline"
        assert shown["problem"] == "… at … is silent"
        events = get(town, "dispatcher", f"/cameras/{camera}/events").json()["items"]
        assert [one["state"] for one in events] == ["online", "offline"]
        assert events[-1]["since"] == shown["state_since"]
        assert events[-1]["since"] < events[-1]["at"]
        first = get(town, "dispatcher", f"/cameras/{camera}/events?limit=1").json()
        second = get(town, "dispatcher", f"/cameras/{camera}/events?limit=1&cursor={first['next']}").json()
        assert [*first["items"], *second["items"]] == events
        assert second["next"] is None
        for path in ("/cameras?limit=200", f"/cameras/{camera}", f"/cameras/{camera}/events"):
            for who in ("tenant_admin", "dispatcher", "regulator"):
                body = get(town, who, path).text
                for part in ("hunter22", "admin:", "10.8.0.14", "rtsp", "Streaming"):
                    assert part not in body

    def test_no_longer_watched_it_has_no_state_and_keeps_its_history(self, town: Any, camera: str) -> None:
        with town.at(town.a) as work:
            assert sense.unwatch(work, UUID(camera))
        assert get(town, "dispatcher", f"/cameras/{camera}").json()["state"] is None
        assert len(get(town, "dispatcher", f"/cameras/{camera}/events").json()["items"]) == 2

    def test_a_regulator_sees_the_state_of_every_tenants_cameras_in_the_area(self, town: Any) -> None:
        with town.at(town.b) as work:
            made = sense.register_camera(work, NewCamera(key="b-map", name="b", lon=EAST[0], lat=EAST[1]))
            sense.watch(work, made.id, SECRET_ADDRESS)
        eyes = jobs.Eyes(
            begin=town.home.factory.begin, blobs=town.home.blobs, grabber=Scripted(picture(20)), hands=1, most=1
        )
        with town.at(town.a) as work:
            work.session.execute(
                text("UPDATE sense_watches SET due_at = '2099-01-01' WHERE camera_id <> :c"), {"c": made.id}
            )
        assert jobs.sweep(eyes) == 1
        assert get(town, "regulator", f"/cameras/{made.id}").json()["state"] == "online"
        assert len(get(town, "regulator", f"/cameras/{made.id}/events").json()["items"]) == 1
        absent = get(town, "dispatcher", f"/cameras/{NOTHING}")
        for path in (f"/cameras/{made.id}", f"/cameras/{made.id}/events"):
            foreign = get(town, "dispatcher", path)
            assert foreign.status_code == 404
            assert foreign.json() == absent.json()
        with town.at(town.b) as work:
            assert sense.unwatch(work, made.id)

    def test_a_calibration_that_cannot_be_used_breaks_no_list(self, town: Any) -> None:
        sky = {**POSE, "pose": {**POSE["pose"], "tilt_deg": -40.0}}  # type: ignore[dict-item]  # the literal above is a dict
        with town.at(town.a) as work:
            made = sense.register_camera(
                work, NewCamera("sky", "sky", EAST[0], EAST[1], image_size=(1280, 720), calibration=sky)
            )
        assert get(town, "dispatcher", f"/cameras/{made.id}").json()["sees"] is None
        assert get(town, "dispatcher", "/cameras?limit=200").status_code == 200


def test_areas_have_outlines(town: Any) -> None:
    areas = {one["key"]: one for one in get(town, "dispatcher", "/areas").json()["items"]}
    (ring,) = areas["east"]["outline"]
    assert ring[0] == ring[-1]
    assert shapely.Polygon(ring).symmetric_difference(shapely.box(116.6, 39.4, 116.9, 39.7)).area < 1e-5


class TestAlarms:
    """An alarm as a card and a pin."""

    def alarm(self, town: Any, place: tuple[float, float], who: str = "patroller") -> dict[str, Any]:
        made = town.alarm_at(town.who(who), place)
        found: dict[str, Any] = get(town, "safety_manager", f"/alarms/{made}").json()
        return found

    def test_its_place_has_an_ellipse_of_95_per_cent(self, town: Any) -> None:
        place = self.alarm(town, (116.8802, 39.6802))["place"]
        assert len(place["ellipse"]) == 33
        assert place["ellipse"][0] == place["ellipse"][-1]
        reach = np.hypot(*LocalFrame(place["lon"], place["lat"]).to_metres(np.array(place["ellipse"])).T)
        # a report's error is a circle: 95 of 100 cases within the accuracy that the phone told, 8 m
        assert reach == pytest.approx(place["sigma_m"] * 2.4477, rel=1e-3)
        assert reach == pytest.approx(8.0, abs=0.1)

    def test_the_pressure_is_that_of_the_pipe_behind_the_zone(self, town: Any) -> None:
        here = (116.8702, 39.6602)
        assert self.alarm(town, here)["pressure_class"] is None  # no network, no pipe
        near, far = (116.8702, 39.6502), (116.8702, 39.6402)
        with town.network(town.a, {"m": line(near)}):
            close, away = self.alarm(town, near), self.alarm(town, far)
        assert close["network"]["zone"] == "protection"
        assert close["pressure_class"] == "medium"
        assert away["network"]["zone"] == "outside"
        assert away["pressure_class"] is None

    def test_who_took_it_is_named_in_card_and_history(self, town: Any) -> None:
        alarm = self.alarm(town, (116.8602, 39.6602))
        assert (alarm["acknowledged_by"], alarm["acknowledged_by_name"]) == (None, None)
        path = f"/v1/alarms/{alarm['id']}/acknowledge"
        taken = town.client.as_(town.who("patroller"), "POST", path, json={"reason": "我去看"}).json()
        with town.at(town.a) as work:
            name = work.session.scalar(
                text("SELECT name FROM people_persons WHERE id = :id"), {"id": town.who("patroller").id}
            )
        assert taken["acknowledged_by"] == f"person:{town.who('patroller').id}"
        assert taken["acknowledged_by_name"] == name
        events = get(town, "dispatcher", f"/alarms/{alarm['id']}/events").json()["items"]
        assert [(one["kind"], one["actor_name"]) for one in events] == [("made", None), ("acknowledged", name)]
        listed = get(town, "dispatcher", "/alarms?limit=200").json()["items"]
        assert next(one for one in listed if one["id"] == alarm["id"])["acknowledged_by_name"] == name

    def test_taken_and_not_taken_are_two_lists_that_make_the_whole(self, town: Any) -> None:
        one, other = (self.alarm(town, (lon, 39.6402))["id"] for lon in (116.8402, 116.8502))
        path = f"/v1/alarms/{one}/acknowledge"
        assert town.client.as_(town.who("dispatcher"), "POST", path, json={"reason": "x"}).status_code == 200

        def ids(query: str) -> list[str]:
            return [each["id"] for each in get(town, "safety_manager", f"/alarms?limit=200{query}").json()["items"]]

        taken, free = ids("&acknowledged=true"), ids("&acknowledged=false")
        assert one in taken
        assert other in free
        assert sorted(taken + free, reverse=True) == ids("")
        assert get(town, "safety_manager", "/alarms?acknowledged=perhaps").status_code == 422

    def test_a_rendered_picture_is_labelled_from_the_camera_on(self, town: Any) -> None:
        alarm = self.alarm(town, (116.8302, 39.6402))
        assert alarm["rendered"] is False
        with town.at(town.a) as work:
            sense.register_camera(work, NewCamera("drawn", "画", EAST[0], EAST[1], rendered=True))
        sent = self.send(town, "drawn", picture(90))
        assert sent["rendered"] is True
        self.show(town, alarm["id"], hashlib.sha256(picture(90)).hexdigest())
        assert get(town, "dispatcher", f"/alarms/{alarm['id']}").json()["rendered"] is True
        listed = get(town, "dispatcher", "/alarms?limit=200").json()["items"]
        assert [one["rendered"] for one in listed if one["id"] == alarm["id"]] == [True]
        cameras = {one["key"]: one for one in get(town, "dispatcher", "/cameras?limit=200").json()["items"]}
        assert cameras["drawn"]["rendered"] is True
        assert cameras["cam-east"]["rendered"] is False
        with town.at(town.a) as work:  # a real camera takes its place: what was drawn stays drawn
            sense.register_camera(work, NewCamera("drawn", "画", EAST[0], EAST[1]))
        assert get(town, "dispatcher", f"/alarms/{alarm['id']}").json()["rendered"] is True
        assert self.send(town, "drawn", picture(91))["rendered"] is False

    def test_a_photograph_is_not_rendered_because_another_tenant_sent_the_same_bytes(self, town: Any) -> None:
        alarm = self.alarm(town, (116.8202, 39.6402))
        photo = picture(93)
        self.send(town, "cam-east", photo)
        self.show(town, alarm["id"], hashlib.sha256(photo).hexdigest())
        with town.at(town.b) as work:
            sense.register_camera(work, NewCamera("drawn", "画", EAST[0], EAST[1], rendered=True))
        self.send(town, "drawn", photo, tenant=town.b)
        assert get(town, "dispatcher", f"/alarms/{alarm['id']}").json()["rendered"] is False

    def test_a_report_may_say_that_its_picture_is_rendered(self, town: Any) -> None:
        data = {"words": "挖机", "lon": 116.8102, "lat": 39.6402, "picture": base64.b64encode(picture(94)).decode()}
        event = {"specversion": "1.0", "id": "rr", "source": "phone", "type": "pipewarden.report"}
        for drawn, kept in ((True, True), (False, False)):
            body = json.dumps(event | {"id": f"rr-{drawn}", "data": data | {"rendered": drawn}})
            sent = town.client.as_(
                town.who("patroller"), "POST", "/v1/observations", content=body,
                headers={"content-type": "application/cloudevents+json"},
            )  # fmt: skip
            one = sent.json()["items"][0]["observation_id"]
            assert get(town, "dispatcher", f"/observations/{one}").json()["rendered"] is kept
        changed = json.dumps(event | {"id": "rr-True", "data": data | {"rendered": False}})
        again = town.client.as_(
            town.who("patroller"), "POST", "/v1/observations", content=changed,
            headers={"content-type": "application/cloudevents+json"},
        )  # fmt: skip
        assert again.status_code == 422  # the same event cannot say both

    def send(self, town: Any, camera: str, content: bytes, tenant: UUID | None = None) -> dict[str, Any]:
        town.made += 1
        data = {"camera": camera, "picture": base64.b64encode(content).decode()}
        event = {
            "specversion": "1.0",
            "id": f"map{town.made}",
            "source": "box",
            "type": "pipewarden.frame",
            "data": data,
        }
        box = town.device(tenant=tenant)
        sent = town.client.as_(
            box, "POST", "/v1/observations", content=json.dumps(event | {"data": data}),
            headers={"content-type": "application/cloudevents+json"},
        )  # fmt: skip
        assert sent.status_code == 201, sent.text
        found: dict[str, Any] = town.client.as_(
            box, "GET", f"/v1/observations/{sent.json()['items'][0]['observation_id']}"
        ).json()
        return found

    def show(self, town: Any, alarm: str, sha: str) -> None:
        with town.at(town.a) as work:
            work.session.execute(
                text("UPDATE dedupe_alarms SET evidence = :sha WHERE id = :id"), {"sha": sha, "id": alarm}
            )


def test_the_stream_tells_alarms_in_the_same_words(town: Any) -> None:
    schemas = town.app.openapi()["components"]["schemas"]
    said = {"acknowledged_by_name", "pressure_class", "rendered"}
    assert said <= set(schemas["AlarmOut"]["properties"])
    assert said <= set(schemas["AlarmFull"]["properties"])
    assert "ellipse" in schemas["Place"]["properties"]
