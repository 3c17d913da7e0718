"""Standing by, please-check tasks and notices over HTTP: what a phone sends, and who may ask for what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import cv2
import numpy as np
from standby_town import PATH, WHOLE

from pipewarden.casework import service as casework
from pipewarden.casework import store
from pipewarden.casework.facts import Advanced, Arrived, Discovered, OwnerGiven, Proof, SiteState, Verified
from pipewarden.field.service import captures
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

NO_PICTURE = "A" * 22
NOTHING = "00000000-0000-7000-8000-000000000000"
EAST, WEST = (116.6502, 39.4702), (116.3502, 39.4702)
MULTIPART = "multipart/form-data"


def place(at: tuple[float, float], accuracy_m: float = 8.0, **more: Any) -> dict[str, Any]:
    return {"lon": at[0], "lat": at[1], "crs": "wgs84", "accuracy_m": accuracy_m, "source": "device"} | more


def stood_by(
    town: Any, tenant: UUID, at: tuple[float, float], *, zone: Zone = Zone.CONTROL, to: SiteState = PATH[-1]
) -> str:
    """Open a site and take it along the main path until somebody must stand by; return its id."""
    there = Proof(pictures=("b" * 64,), lon=at[0], lat=at[1], accuracy_m=5.0)
    steps = PATH[: PATH.index(to) + 1]
    owner = town.who("safety_manager" if tenant == town.a else "safety_manager_b").id
    with town.at(tenant) as work:
        site = casework.open_site(work, Discovered(None, zone, 2, at[0], at[1], "an excavator"))
        held = store.sites.lock(work, [site.id])[site.id]
        given = [] if held.owner_id is not None else [OwnerGiven(owner, "safety_manager", "nobody is on duty here")]
        seen = (Arrived(there), Verified(true=True, code="digging", proof=there))
        casework.append(work, held, [*given, *seen, *(Advanced(one, WHOLE) for one in steps)])
        return str(site.id)


def nonce(town: Any, who: Any) -> str:
    """Return a nonce, as the phone gets one: its door is another test's."""
    with town.at(who.tenant_id) as work:
        return captures.issue(work, str(who.id)).nonce


def begin(town: Any, who: Any, site: str, at: tuple[float, float], **more: Any) -> Any:
    body = {"draft": str(uuid4()), "place": place(at)} | more
    return town.client.as_(who, "POST", f"/v1/standby/{site}/begin", json=body)


def end(town: Any, who: Any, site: str, at: tuple[float, float]) -> Any:
    body = {"draft": str(uuid4()), "place": place(at)}
    return town.client.as_(who, "POST", f"/v1/standby/{site}/end", json=body)


def stop(town: Any, who: Any, site: str, at: tuple[float, float], violation: str = "V-HAND-DIG") -> Any:
    body = {"draft": str(uuid4()), "place": place(at), "violation": violation}
    return town.client.as_(who, "POST", f"/v1/standby/{site}/stop", json=body)


def check(town: Any, who: Any, site: str, at: tuple[float, float], picture: bytes | None, **more: Any) -> Any:
    said = {"draft": str(uuid4()), "place": place(at), "checklist": {}} | more
    files: dict[str, Any] = {"check": (None, json.dumps(said))}
    if picture is not None:
        files["picture"] = ("p.jpg", picture, "image/jpeg")
    return town.client.as_(who, "POST", f"/v1/standby/{site}/checks", files=files)


def task(town: Any, who: Any, at: tuple[float, float], **more: Any) -> Any:
    return town.client.as_(who, "POST", "/v1/tasks", json={"words": "请看一下", "place": place(at)} | more)


def answer(town: Any, who: Any, task_id: str, at: tuple[float, float], picture: bytes | None, **more: Any) -> Any:
    said = {"draft": str(uuid4()), "place": place(at), "seen": "works"} | more
    files: dict[str, Any] = {"answer": (None, json.dumps(said))}
    if picture is not None:
        files["picture"] = ("p.jpg", picture, "image/jpeg")
    return town.client.as_(who, "POST", f"/v1/tasks/{task_id}/answer", files=files)


def pixel() -> bytes:
    """A picture that can be shown."""
    done, encoded = cv2.imencode(".jpg", np.full((40, 60, 3), 120, np.uint8))
    assert done
    return bytes(encoded)


def tasks(town: Any) -> list[str]:
    """Return a task in the asker's area, elsewhere in the tenant, in another tenant, and none."""
    askers = (town.who("safety_manager"), town.who("safety_manager"), town.who("safety_manager_b"))
    made = [task(town, who, at).json()["id"] for who, at in zip(askers, (EAST, WEST, EAST), strict=True)]
    return [*map(str, made), NOTHING]


def _of_sites(send: Any) -> Any:
    return lambda town, who, things: [str(send(town, who, one).status_code) for one in things.plots]


def _of_tasks(send: Any) -> Any:
    return lambda town, who, _things: [str(send(town, who, one).status_code) for one in tasks(town)]


def _seen(town: Any, who: Any, _things: Any) -> list[str]:
    made = tasks(town)
    got = town.client.as_(who, "GET", "/v1/tasks?limit=200")
    if got.status_code != 200:
        return [str(got.status_code)] * 4
    ids = {one["id"] for one in got.json()["items"]}
    return ["in" if one in ids else "out" for one in made]


def _once(path: str) -> Any:
    return lambda town, who, _things: [str(town.client.as_(who, "GET", path).status_code)]


def _withdrawn(town: Any, who: Any, one: str) -> Any:
    return town.client.as_(who, "POST", f"/v1/tasks/{one}/withdraw", json={"reason": "the matrix asks"})


def judgement(town: Any, who: Any, task_id: str, answer_id: str, *, accept: bool, reason: str = "看清了") -> Any:
    body = {"accept": accept, "reason": reason}
    return town.client.as_(who, "POST", f"/v1/tasks/{task_id}/answers/{answer_id}/judgement", json=body)


def answered(town: Any, picture: bytes | None = None) -> list[tuple[str, str, str]]:
    """Return tasks as ``tasks`` does, each with its unverified answer and that one's picture."""
    found = []
    for one, asker in zip(tasks(town)[:3], ("safety_manager", "safety_manager", "safety_manager_b"), strict=True):
        who = town.who(asker)
        name = f"answers to {who.tenant_id}"
        if name not in town.people:
            town.people[name] = town.person(Role.GRID_WORKER, tenant=who.tenant_id, area=town.city)
        made = answer(town, town.people[name], one, EAST, picture)
        assert made.status_code == 201, made.text
        (told,) = town.client.as_(who, "GET", f"/v1/tasks/{one}/answers").json()["items"]
        found.append((one, told["id"], told["picture"] or NO_PICTURE))
    return [*found, (NOTHING, NOTHING, NO_PICTURE)]


def _of_answers(send: Any) -> Any:
    return lambda town, who, _things: [str(send(town, who, *one).status_code) for one in answered(town, pixel())]


NOTICES = f"/v1/public/notices?lon={EAST[0]}&lat={EAST[1]}&crs=wgs84&accuracy_m=20"
# nobody stands by at the matrix's sites: who may is refused (409, or 422 for a violation that there is not)
ASKS: dict[str, Any] = {
    "GET /v1/standby": _once("/v1/standby"),
    "POST /v1/standby/{site_id}/begin": _of_sites(lambda town, who, one: begin(town, who, one, EAST)),
    "POST /v1/standby/{site_id}/checks": _of_sites(lambda town, who, one: check(town, who, one, EAST, None)),
    "POST /v1/standby/{site_id}/end": _of_sites(lambda town, who, one: end(town, who, one, EAST)),
    "POST /v1/standby/{site_id}/stop": _of_sites(lambda town, who, one: stop(town, who, one, EAST, "V-NONE")),
    "GET /v1/tasks": _seen,
    "POST /v1/tasks": lambda town, who, _things: [str(task(town, who, at).status_code) for at in (EAST, WEST)],
    "POST /v1/tasks/{task_id}/withdraw": _of_tasks(_withdrawn),
    "GET /v1/tasks/{task_id}/answers": _of_tasks(
        lambda town, who, one: town.client.as_(who, "GET", f"/v1/tasks/{one}/answers")
    ),
    "GET /v1/tasks/{task_id}/pictures/{picture_id}": _of_answers(
        lambda town, who, one, _answer, picture: town.client.as_(who, "GET", f"/v1/tasks/{one}/pictures/{picture}")
    ),
    "POST /v1/tasks/{task_id}/answers/{answer_id}/judgement": _of_answers(
        lambda town, who, one, answer, _picture: judgement(town, who, one, answer, accept=False)
    ),
    "POST /v1/tasks/{task_id}/answer": _of_tasks(lambda town, who, one: answer(town, who, one, EAST, None)),
    "GET /v1/me/points": _once("/v1/me/points"),
    "GET /v1/public/notices": _once(NOTICES),
}


def fuzzed(town: Any, picture: bytes, at: tuple[float, float]) -> dict[str, dict[str, Any]]:
    """Return one request per operation that is right, on objects that are there; each part as the fuzz names it."""
    places = [(at[0], at[1] + 0.02 + n * 0.004) for n in range(4)]
    sites = [stood_by(town, town.a, one) for one in places]
    for n, name in ((1, "fuzz checker"), (2, "fuzz leaver")):
        town.people[name] = town.person(Role.STANDBY_SUPERVISOR, area=town.east)
        assert begin(town, town.people[name], sites[n], places[n]).status_code == 201
    made = [task(town, town.who("safety_manager"), at).json()["id"] for _ in range(3)]
    looked = answered(town, picture)[0]
    said = {"draft": str(uuid4()), "place": place(places[1]), "checklist": {"signs_up": True}}
    seen = {"draft": str(uuid4()), "place": place(at), "seen": "works"}

    def body(n: int, **more: Any) -> dict[str, Any]:
        return {"draft": str(uuid4()), "place": place(places[n])} | more

    return {
        "GET /v1/standby": {"who": "standby_supervisor"},
        "POST /v1/standby/{site_id}/begin": {
            "who": "standby_supervisor",
            "path": {"site_id": sites[0]},
            "body": body(0),
        },
        "POST /v1/standby/{site_id}/checks": {
            "who": "fuzz checker",
            "path": {"site_id": sites[1]},
            "body": {"check": json.dumps(said), "picture": picture},
            "media": MULTIPART,
        },
        "POST /v1/standby/{site_id}/end": {"who": "fuzz leaver", "path": {"site_id": sites[2]}, "body": body(2)},
        "POST /v1/standby/{site_id}/stop": {
            "who": "standby_supervisor",
            "path": {"site_id": sites[3]},
            "body": body(3, violation="V-SIGNS"),
        },
        "GET /v1/tasks": {"query": {"limit": 3, "state": "open"}},
        "POST /v1/tasks": {"body": {"words": "look", "place": place(at)}},
        "POST /v1/tasks/{task_id}/withdraw": {"path": {"task_id": made[0]}, "body": {"reason": "fuzz"}},
        "GET /v1/tasks/{task_id}/answers": {"path": {"task_id": made[1]}},
        "POST /v1/tasks/{task_id}/answer": {
            "who": "grid_worker",
            "path": {"task_id": made[2]},
            "body": {"answer": json.dumps(seen), "picture": picture},
            "media": MULTIPART,
        },
        "GET /v1/tasks/{task_id}/pictures/{picture_id}": {"path": {"task_id": looked[0], "picture_id": looked[2]}},
        "POST /v1/tasks/{task_id}/answers/{answer_id}/judgement": {
            "path": {"task_id": looked[0], "answer_id": looked[1]},
            "body": {"accept": True, "reason": "fuzz"},
        },
        "GET /v1/me/points": {"query": {"limit": 3}},
        "GET /v1/public/notices": {
            "who": "",
            "query": {"lon": at[0], "lat": at[1], "crs": "gcj02", "accuracy_m": 20},
        },
    }
