"""A vehicle's trip over HTTP: begun, sent in pieces, gone on with, and what it adds to the pipe that is seen."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

import cv2
import numpy as np

from pipewarden.locate import service as locate
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Screened

LINE = [(116.70, 39.48), (116.704, 39.48)]  # 344 m along a street that the bus drives


def picture(number: int) -> bytes:
    return bytes(cv2.imencode(".png", np.full((60, 80, 3), number, np.uint8))[1].tobytes())


def frame(number: int, lon: float | None, **more: Any) -> dict[str, Any]:
    fix = None if lon is None else {"lon": lon, "lat": 39.48, "accuracy_m": 6, "source": "track", "course_deg": 90.0}
    told = {"name": f"{number}.png", "at": f"2026-11-20T00:00:{number:02d}Z", "fix": fix}
    return told | ({} if lon else {"why": "no fix within 10 s"}) | more


def send(town: Any, who: Any, trip: str, frames: list[dict[str, Any]], pictures: list[bytes]) -> Any:
    files: list[Any] = [("frames", (None, json.dumps(frames)))]
    files += [("pictures", (f"{n}.png", one, "image/png")) for n, one in enumerate(pictures)]
    return town.client.as_(who, "POST", f"/v1/trips/{trip}/frames", files=files)


def begin(town: Any, who: Any, name: str) -> str:
    town.bus(town.a)
    made = town.client.as_(who, "POST", "/v1/trips", json={"vehicle": "bus", "name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_a_trip_in_pieces_is_kept_once_and_can_be_gone_on_with(town: Any) -> None:
    device = town.device()
    trip = begin(town, device, "pieces")
    first = send(town, device, trip, [frame(1, 116.7), frame(2, None)], [picture(1), picture(2)])
    assert first.status_code == 201, first.text
    again = send(town, device, trip, [frame(2, None), frame(3, 116.701)], [picture(2), picture(3)])
    assert [one["duplicate"] for one in again.json()["items"]] == [True, False]
    assert send(town, device, trip, [frame(3, 116.701)], [picture(3)]).status_code == 200
    assert begin(town, device, "pieces") == trip
    listed = town.client.as_(device, "GET", f"/v1/trips/{trip}/frames?limit=2").json()
    more = town.client.as_(device, "GET", f"/v1/trips/{trip}/frames", params={"cursor": listed["next"]}).json()
    rows = listed["items"] + more["items"]
    assert [one["own_digest"] for one in rows] == [
        one["own_digest"] for one in first.json()["items"] + again.json()["items"][1:]
    ]
    sha256 = hashlib.sha256(picture(1)).hexdigest()
    assert rows[0]["own_digest"] == hashlib.sha256(f"{trip}{sha256}".encode()).hexdigest()
    manager = town.client.as_(town.who("safety_manager"), "GET", f"/v1/trips/{trip}/frames")
    assert {one["own_digest"] for one in manager.json()["items"]} == {None}, "whoever else reads learns no picture"
    assert sha256 not in manager.text + json.dumps(rows)
    assert rows[1]["why"] == "no fix within 10 s"
    told = town.client.as_(device, "GET", f"/v1/trips/{trip}").json()
    assert (told["frames"], told["unplaced"]) == (3, 1)


def test_what_cannot_be_kept_is_refused_whole_and_named(town: Any) -> None:
    device = town.device()
    trip = begin(town, device, "refused")
    short = send(town, device, trip, [frame(1, 116.7), frame(2, 116.7)], [picture(1)])
    assert (short.status_code, short.json()["field"]) == (422, "pictures")
    wrong = send(town, device, trip, [frame(1, 116.7, lens="wide")], [picture(1)])
    assert wrong.status_code == 422
    assert "frames" in wrong.json()["field"]
    moved = [frame(4, 116.7), frame(4, 116.9)]
    assert send(town, device, trip, moved, [picture(4), picture(4)]).status_code == 422
    assert town.client.as_(device, "GET", f"/v1/trips/{trip}").json()["frames"] == 0
    many = send(town, device, trip, [frame(n, 116.7) for n in range(1, 18)], [picture(n) for n in range(1, 18)])
    assert (many.status_code, many.json()["field"]) == (422, "frames")
    standing = town.client.as_(device, "POST", "/v1/trips", json={"vehicle": "cam-east", "name": "x"})
    assert (standing.status_code, standing.json()["field"]) == (422, "vehicle")


def test_a_bus_route_adds_pipe_metres_to_the_day_it_was_driven_and_to_no_other(town: Any) -> None:
    device, manager = town.device(), town.who("safety_manager")
    with town.network(town.a, {"street": LINE}):
        before = seen(town, manager)
        trip = begin(town, device, "route")
        pictures = [picture(100 + n) for n in range(8)]
        frames = [frame(10 + n, 116.6995 + 0.0006 * n) for n in range(8)]
        sent = send(town, device, trip, frames, pictures)
        screen(town, [UUID(one["observation_id"]) for one in sent.json()["items"]])
        after, other_day = seen(town, manager), seen(town, manager, day=21)
        assert before["seen_m"] == before["fixed_m"]
        assert after["metres"] == before["metres"]
        assert after["fixed_m"] == before["fixed_m"]
        assert after["seen_m"] > before["seen_m"] + 120  # a picture of 80 pixels says little of what is far
        assert other_day["seen_m"] == before["seen_m"]
        told = town.client.as_(device, "GET", f"/v1/trips/{trip}").json()
        assert told["pipe"][0]["pressure_class"] == "medium"
        assert abs(told["pipe"][0]["metres"] - (after["seen_m"] - before["seen_m"])) < 50
        ground = town.client.as_(manager, "GET", f"/v1/coverage/ground?{SPAN.format(20, 21)}").json()
        assert [one["properties"]["by"] for one in ground["features"]] == ["fixed", "trips", "both"]
        assert ground["features"][1]["geometry"]["coordinates"]


def test_a_span_is_a_span(town: Any) -> None:
    manager = town.who("safety_manager")
    backwards = town.client.as_(manager, "GET", f"/v1/coverage?{SPAN.format(21, 20)}")
    assert (backwards.status_code, backwards.json()["field"]) == (422, "until")


SPAN = "since=2026-11-{}T00:00:00Z&until=2026-11-{}T00:00:00Z"


def seen(town: Any, who: Any, day: int = 20) -> dict[str, float]:
    answer = town.client.as_(who, "GET", f"/v1/coverage?{SPAN.format(day, day + 1)}")
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json()["items"] if one["pressure_class"] == "medium")


def screen(town: Any, ids: list[UUID]) -> None:
    """Say for the model, which these tests do not load, that nothing was found."""
    with town.at(town.a) as work:
        perceive_store.add(work, [Screened(one, 80, 60, (), None) for one in ids])
        locate.place(work, ids)
