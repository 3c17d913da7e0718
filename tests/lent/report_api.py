"""How a phone reports, for the tests of the doors."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import cv2
import numpy as np
from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.perceive.service import SCREEN_SWITCH

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = (116.8, 39.62)


def place(dx: float = 0.0, dy: float = 0.0, **more: Any) -> dict[str, Any]:
    """A place beside the pipe of these tests, as a phone says it."""
    return {"lon": HERE[0] + dx, "lat": HERE[1] + dy, "crs": "wgs84", "accuracy_m": 8, "source": "device"} | more


def jpeg(level: int = 77) -> bytes:
    """A picture of its own."""
    pixels = np.full((120, 160, 3), level, np.uint8)
    cv2.circle(pixels, (40 + level % 60, 60), 25, (10, 200, level), -1)
    done, encoded = cv2.imencode(".jpg", pixels)
    assert done
    return bytes(encoded)


def send(
    town: Any, pictures: tuple[bytes, ...] = (), path: str = "/v1/public/reports", who: Any = None, **said: Any
) -> Any:
    """Send a report with its pictures; what is not said is that an excavator digs beside the pipe."""
    body = {"draft": str(uuid4()), "kind": "digging", "words": "挖机", "place": place(), "device": str(uuid4())} | said
    files: list[Any] = [("report", (None, json.dumps(body)))]
    files += [("picture", (f"{n}.jpg", one, "image/jpeg")) for n, one in enumerate(pictures)]
    return town.client.as_(who, "POST", path, files=files)


def taken(answer: Any) -> dict[str, Any]:
    """The answer to a report that is new and on disk."""
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def status(town: Any, token: str) -> dict[str, Any]:
    """What a link shows."""
    answer = town.client.get(f"/v1/public/reports/{token}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@contextmanager
def no_model(town: Any) -> Iterator[None]:
    """The town has no model: its pictures are decoded and looked at by nobody while this lasts."""
    for on in (False, True):
        for tenant in (town.a, town.b):
            with town.at(tenant) as work:
                people.set_switch(work, people.operator(tenant), SCREEN_SWITCH, on=on, reason="no model here")
        if not on:
            yield


def near(town: Any, kind: str = "", **at: Any) -> dict[str, Any]:
    """What stands open near a place."""
    where = place(**at)
    del where["source"]
    answer = town.client.get("/v1/public/near", params=where | {"kind": kind})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def minded(town: Any, report_id: str, who: Any) -> dict[str, Any]:
    """A report as who places reports sees it."""
    found = town.client.as_(who, "GET", "/v1/reports?limit=200").json()["items"]
    return dict(next(one for one in found if one["id"] == report_id))


NOTHING = "00000000-0000-7000-8000-000000000000"
NO_LINK = "0" * 32


def in_river(town: Any) -> tuple[str, str, str, str]:
    """Reports of tenant A twice, of tenant B, and none; all of them are in the river, so that nobody may place them."""
    made = []
    for name in ("safety_manager", "safety_manager", "safety_manager_b"):
        sent = taken(send(town, path="/v1/reports", who=town.who(name), place=None, kind="hoarding"))
        spot = {"lon": HERE[0], "lat": HERE[1] + 0.05}
        done = town.client.as_(town.who(name), "POST", f"/v1/reports/{sent['id']}/place", json=spot)
        assert done.status_code == 200, done.text
        made.append(str(sent["id"]))
    return made[0], made[1], made[2], NOTHING


def _known(town: Any) -> tuple[str, ...]:
    if "reports in river" not in town.people:
        town.people["reports in river"] = in_river(town)
    return tuple(town.people["reports in river"])


def _each(method: str, what: str, body: dict[str, Any] | None = None) -> Any:
    """Ask about each of four reports; what is permitted is refused for its state, or changes nothing."""

    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        more: dict[str, Any] = {} if body is None else {"json": body}
        why = {"X-Reason": "reaching"}
        return [
            str(town.client.as_(who, method, f"/v1/reports/{one}/{what}", headers=why, **more).status_code)
            for one in _known(town)
        ]

    return ask


def _listed(town: Any, who: Any, _things: Any) -> list[str]:
    known = _known(town)
    answer = town.client.as_(who, "GET", "/v1/reports?limit=200")
    if answer.status_code != 200:
        return [str(answer.status_code)] * 4
    return ["in" if one in {each["id"] for each in answer.json()["items"]} else "out" for one in known]


def _once(method: str, path: str, **more: Any) -> Any:
    return lambda town, who, _things: [str(town.client.as_(who, method, path, **more).status_code)]


def _sent(path: str) -> Any:
    return lambda town, who, _things: [str(send(town, path=path, who=who, place=None, words="a test").status_code)]


ASKS: dict[str, Any] = {
    "GET /v1/public/report-kinds": _once("GET", "/v1/public/report-kinds"),
    "GET /v1/public/near": _once("GET", "/v1/public/near?lon=2&lat=48&crs=wgs84&accuracy_m=9"),
    "GET /v1/public/near/{item_id}/picture": _once("GET", f"/v1/public/near/{NOTHING}/picture"),
    "POST /v1/public/near/{item_id}/confirm": _once(
        "POST", f"/v1/public/near/{NOTHING}/confirm", json={"draft": NOTHING}
    ),
    "POST /v1/public/captures": _once("POST", "/v1/public/captures"),
    "POST /v1/public/reports": _sent("/v1/public/reports"),
    "GET /v1/public/reports/{token}": _once("GET", f"/v1/public/reports/{NO_LINK}"),
    "POST /v1/public/reports/{token}/words": _once(
        "POST", f"/v1/public/reports/{NO_LINK}/words", json={"draft": NOTHING, "words": "x"}
    ),
    "POST /v1/public/reports/{token}/forget": _once("POST", f"/v1/public/reports/{NO_LINK}/forget"),
    "GET /v1/public/reports/{token}/pictures/{number}": _once("GET", f"/v1/public/reports/{NO_LINK}/pictures/1"),
    "POST /v1/reports": _sent("/v1/reports"),
    "GET /v1/me/reports": _once("GET", "/v1/me/reports"),
    "GET /v1/reports": _listed,
    "POST /v1/reports/{report_id}/place": _each("POST", "place", {"lon": HERE[0], "lat": HERE[1]}),
    "POST /v1/reports/{report_id}/aside": _each("POST", "aside", {"reason": "x"}),
    "POST /v1/reports/{report_id}/phone": _each("POST", "phone", {"hours": None, "reason": "x"}),
    "GET /v1/reports/{report_id}/contact": _each("GET", "contact"),
    "GET /v1/reports/{report_id}/pictures/{number}": _each("GET", "pictures/1"),
}


def aimed(town: Any) -> dict[str, dict[str, Any]]:
    """One right request for every door of reports, as keywords of an aim: on reports that are there."""
    manager = town.who("safety_manager")
    with no_model(town):
        shown = taken(send(town, (jpeg(99),), path="/v1/reports", who=manager, place=None))
        spot = {"lon": HERE[0], "lat": HERE[1] + 0.06}
        path = f"/v1/reports/{shown['id']}/place"
        assert town.client.as_(manager, "POST", path, json=spot).status_code == 200
        town.drain()
    alarm = near_alarm(town, shown["id"])
    waits = [taken(send(town, path="/v1/reports", who=manager, place=None))["id"] for _ in range(2)]
    link, item = {"token": shown["token"]}, {"item_id": alarm}
    unwanted = {"token": taken(send(town, place=None))["token"]}
    body = {"draft": str(uuid4()), "kind": "digging", "words": "挖机"}
    return {
        "GET /v1/public/report-kinds": {"who": ""},
        "GET /v1/public/near": {"who": "", "query": {"lon": HERE[0], "lat": HERE[1], "crs": "gcj02", "accuracy_m": 9}},
        "GET /v1/public/near/{item_id}/picture": {"who": "", "path": item},
        "POST /v1/public/near/{item_id}/confirm": {"who": "", "path": item, "body": {"draft": str(uuid4())}},
        "POST /v1/public/captures": {"who": ""},
        "POST /v1/public/reports": {"who": "", "body": body},
        "GET /v1/public/reports/{token}": {"who": "", "path": link},
        "POST /v1/public/reports/{token}/words": {
            "who": "",
            "path": link,
            "body": {"draft": str(uuid4()), "words": "still there"},
        },
        "POST /v1/public/reports/{token}/forget": {"who": "", "path": unwanted},
        "GET /v1/public/reports/{token}/pictures/{number}": {"who": "", "path": link | {"number": "1"}},
        "POST /v1/reports": {"body": body | {"draft": str(uuid4())}},
        "GET /v1/me/reports": {"query": {"limit": 3}},
        "GET /v1/reports": {"query": {"state": "waiting", "limit": 3}},
        "POST /v1/reports/{report_id}/place": {"path": {"report_id": waits[0]}, "body": spot},
        "POST /v1/reports/{report_id}/aside": {"path": {"report_id": waits[1]}, "body": {"reason": "none of ours"}},
        "POST /v1/reports/{report_id}/phone": {
            "path": {"report_id": shown["id"]},
            "body": {"hours": None, "reason": "enough"},
        },
        "GET /v1/reports/{report_id}/pictures/{number}": {"path": {"report_id": shown["id"], "number": "1"}},
        "GET /v1/reports/{report_id}/contact": {
            "path": {"report_id": shown["id"]},
            "headers": {"X-Reason": "reaching"},
        },
    }


def near_alarm(town: Any, report_id: str) -> str:
    """The alarm that a report went into."""
    with town.at(town.a) as work:
        asked = text(
            "SELECT g.alarm_id::text FROM field_reports r JOIN dedupe_sightings g "
            "ON g.observation_id = ANY(r.observations) WHERE r.id = :id AND g.alarm_id IS NOT NULL LIMIT 1"
        )
        return str(work.session.execute(asked, {"id": report_id}).scalar_one())
