"""Who may do what to whose: every operation of the OpenAPI document, every role, four kinds of object.

``matrix.yaml`` holds the reviewed rows; an operation without a row, or a row that does not speak of every role, fails.
Each cell is asked for real. Set PIPEWARDEN_WRITE_MATRIX=1 to write what was found, then review the difference by hand.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import act_api
import admin_api
import clue_api
import contractor_api
import cv2
import document_api
import ended_site
import expert_asks
import filing_api
import foundry_api
import gis_api
import insight_api
import intake_api
import label_api
import market_api
import measured_api
import numpy as np
import open311_api
import owed_api
import patrol_api
import pay_api
import pytest
import report_api
import standby_api
import strike_api
import yaml
from pmtiles.reader import MemorySource, Reader
from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewArea, Role
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = Path(__file__).with_name("matrix.yaml")
NOTHING = "00000000-0000-7000-8000-000000000000"
EAST, WEST = (116.6502, 39.4702), (116.3502, 39.4702)
PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
ROLES = [*(role.value for role in Role if role is not Role.DEVICE), "device", "nobody"]
CELLS = ("own", "other area", "other tenant", "deleted")


@dataclass(slots=True)
class Objects:
    """Four of each kind: in the asker's area, elsewhere in the tenant, in another tenant, and gone."""

    alarms: tuple[str, str, str, str]
    reports: tuple[str, str, str, str]
    frames: tuple[str, str, str, str]
    persons: tuple[str, str, str, str]
    cameras: tuple[str, str, str, str]
    devices: tuple[str, str, str, str]
    areas: tuple[str, str, str, str]
    keys: tuple[str, str, str, str]
    trips: tuple[str, str, str, str]
    sites: tuple[str, str, str, str]
    proofs: tuple[str, str, str, str]  # a picture on each, as its path
    filings: tuple[str, str, str, str]
    proposals: tuple[str, str, str, str]  # decided already
    contractors: tuple[str, str, str, str]  # one that the contractor speaks for, another, another tenant's, none
    appealed: tuple[str, str]  # an entry of the first, and its appeal, which is decided
    plots: tuple[str, str, str, str]  # sites without an alarm, which owe the duties
    duties: tuple[str, str, str, str]
    calls: tuple[str, str, str, str]  # to two of the tenant's managers, to another tenant's, none
    rosters: tuple[str, str, str, str]
    checks: tuple[str, str, str, str]  # a resident's, a colleague's of the same tenant, another tenant's, none
    strikes: tuple[str, str, str, str]  # drills: they open no site
    outcomes: tuple[str, str, str, str]
    patrols: tuple[str, str, str, str]  # the patroller's own, another's elsewhere, another tenant's, none
    login: str
    webhooks: tuple[str, str, str, str] = ("",) * 4
    messages: tuple[str, str, str, str] = ("",) * 4
    deliveries: tuple[str, str, str, str] = ("",) * 4
    networks: tuple[str, str, str] = ("",) * 3
    drafts: tuple[str, str, str, str] = ("",) * 4  # of maps that are in already: no act on one does anything


def picture(level: int = 77) -> bytes:
    done, encoded = cv2.imencode(".jpg", np.full((60, 80, 3), level, np.uint8))
    assert done
    return bytes(encoded)


def frame(town: Any, who: Any, camera: str) -> Any:
    town.made += 1
    data = {"camera": camera, "picture": base64.b64encode(picture()).decode()}
    event = {"specversion": "1.0", "id": f"m{town.made}", "source": "box", "type": "pipewarden.frame", "data": data}
    headers = {"content-type": "application/cloudevents+json"}
    return town.client.as_(who, "POST", "/v1/observations", content=json.dumps(event), headers=headers)


def check(town: Any, who: Any, level: int) -> Any:
    files = {"picture": ("p.png", picture(level), "image/png")}
    return town.client.as_(who, "POST", "/v1/indoor/checks", files=files)


def taken(answer: Any) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["items"][0]["observation_id"])


DEVICES = ("mx-east", "mx-west", "mx-of-b", "mx-never")


def devices(town: Any, *, suffix: str = "") -> list[str]:
    """A device in each area, the first with the asker's key, and another tenant's, beside the first."""
    sender = asker(town, "device").id
    made = []
    for key, place, tenant in zip(DEVICES, (EAST, WEST, EAST), (town.a, town.a, town.b), strict=False):
        senders = (sender,) if key == "mx-east" else ()
        new = NewDevice(key + suffix, key, "das", lon=place[0], lat=place[1], senders=senders)
        with town.at(tenant) as work:
            made.append(str(sense.register_device(work, new).id))
    return made


def ride(town: Any, who: Any, name: str = "matrix") -> Any:
    """Begin a trip; a person agrees to be recorded first, a device has nothing to agree to."""
    town.client.as_(who, "POST", "/v1/me/consents", json={"purpose": "location", "version": 1, "given": True})
    return town.client.as_(who, "POST", "/v1/trips", json={"vehicle": "bus", "name": name})


def board(town: Any, who: Any, trip: str) -> str:
    """Add one picture to a trip, the same every time."""
    fix = {"lon": EAST[0], "lat": EAST[1], "accuracy_m": 8, "source": "track", "course_deg": 90}
    frames = json.dumps([{"name": "1.jpg", "at": "2026-11-20T00:00:00Z", "fix": fix}])
    files = {"frames": (None, frames), "pictures": ("1.jpg", picture(), "image/jpeg")}
    return str(town.client.as_(who, "POST", f"/v1/trips/{trip}/frames", files=files).status_code)


@pytest.fixture(scope="module")
def pipes(town: Any) -> Iterator[None]:
    """A pipe in each area of tenant A, one of tenant B beside the first, and one that an import took up."""
    east, west = (((lon - 0.002, lat), (lon + 0.002, lat)) for lon, lat in (EAST, WEST))
    with town.network(town.a, {"pipe-gone": east}):
        pass
    with (
        town.network(town.a, {"pipe-east": east, "pipe-west": west}),
        town.network(town.b, {"pipe-of-b": east}),
    ):
        yield


@pytest.fixture(scope="module")
def things(town: Any, pipes: None) -> Objects:
    _ = pipes
    sha = town.home.blobs.put(picture())
    askers = (town.who("safety_manager"), town.who("safety_manager"), town.who("safety_manager_b"))
    alarms = [town.alarm_at(who, place) for who, place in zip(askers, (EAST, WEST, EAST), strict=True)]
    with town.home.work() as work:
        work.session.execute(
            text("UPDATE dedupe_alarms SET evidence = :sha, evidence_box = '[9, 9, 30, 20]' WHERE id = ANY(:ids)"),
            {"sha": sha, "ids": alarms},
        )
    clue_api.with_pictures(town, alarms, sha)
    with town.home.work() as work:
        site_of = dict(work.session.execute(text("SELECT alarm_id::text, id::text FROM casework_sites")).all())
    sites = [site_of[alarm] for alarm in alarms]
    proofs = [prove(town, who, one) for who, one in zip(askers, sites, strict=True)]
    filings = [filing_api.filed(town, who, at) for who, at in zip(askers, (EAST, WEST, EAST), strict=True)]
    grounds = zip((town.a, town.a, town.b), (EAST, WEST, EAST), strict=True)
    measured = [measured_api.proposal(town, tenant, place, decided=True) for tenant, place in grounds]
    reports = [taken(town.report(who, place)) for who, place in zip(askers, (EAST, WEST, EAST), strict=True)]
    boxes = (town.who("device"), town.who("device"), town.device(tenant=town.b))
    frames = [
        taken(frame(town, who, key)) for who, key in zip(boxes, ("cam-east", "cam-west", "cam-east"), strict=True)
    ]
    leaver, west = (town.person(Role.DISPATCHER, area=area) for area in (town.east, town.west))
    with town.at(town.a) as work:
        root = people.operator(town.a)
        held = next(one for _, one in people.memberships(work, root) if one.person_id == leaver.id)
        people.end_membership(work, root, held.id)
    with town.at(town.b) as work:
        foreign = people.add_area(work, people.operator(), NewArea(f"beat-{town.made}", "b's own")).id
    homes = [
        str(check(town, who, 50).json()["id"])
        for who in (town.who("resident"), town.who("safety_manager"), town.who("safety_manager_b"))
    ]
    keys = [town.device(area=town.east), town.device(area=town.west), town.device(tenant=town.b), town.device()]
    with town.at(town.a) as work:
        people.revoke_key(work, people.operator(town.a), keys[3].id)
        town.bus(town.a)
        town.bus(town.b)
        cameras = dict(work.session.execute(text("SELECT tenant_id::text || key, id::text FROM sense_cameras")).all())
        login = work.session.scalar(text("SELECT login FROM people_persons WHERE id = :id"), {"id": west.id})
    riders = (town.who("device"), town.device(), town.device(tenant=town.b))
    trips = [str(ride(town, who, f"of {who.id}").json()["id"]) for who in riders]
    places = list(zip((town.a, town.a, town.b), (EAST, WEST, EAST), (town.east, town.west, town.west), strict=True))
    plots = [owed_api.site(town, tenant, place) for tenant, place, _ in places]
    owed = [owed_api.duty(town, tenant, one) for (tenant, _, _), one in zip(places, plots, strict=True)]
    other = town.person(Role.SAFETY_MANAGER, area=town.east)
    callees = (town.who("safety_manager"), other, town.who("safety_manager_b"))
    calls = [owed_api.call(town, who, one) for who, one in zip(callees, plots, strict=True)]
    rosters = [owed_api.on_duty(town, tenant, area)[0] for tenant, _, area in places]
    firms = [contractor_api.late(town, who, at, "first firm") for who, at in [(askers[0], EAST)]]
    firms += [contractor_api.named(town, tenant, "second firm") for tenant in (town.a, town.b)]
    drills = [
        strike_api.struck(town, who, place, drill=True)["id"]
        for who, place in zip(askers, (EAST, WEST, EAST), strict=True)
    ]
    ended = [ended_site.ended_at(town, tenant, place) for tenant, place, _ in places]
    return Objects(
        contractors=(*firms, NOTHING),  # type: ignore[arg-type]  # three and one
        appealed=contractor_api.decided(town, firms[0]),
        plots=(*plots, NOTHING),  # type: ignore[arg-type]  # three and one
        duties=(*owed, NOTHING),  # type: ignore[arg-type]  # three and one
        calls=(*calls, NOTHING),  # type: ignore[arg-type]  # three and one
        rosters=(*rosters, NOTHING),  # type: ignore[arg-type]  # three and one
        proposals=(*measured, NOTHING),  # type: ignore[arg-type]  # three and one
        filings=(*filings, NOTHING),  # type: ignore[arg-type]  # three and one
        trips=(*trips, NOTHING),  # type: ignore[arg-type]  # three and one
        proofs=(*proofs, f"{NOTHING}/{proofs[0].partition('/')[2]}"),  # type: ignore[arg-type]  # three and one
        sites=(*sites, NOTHING),  # type: ignore[arg-type]  # three and one
        alarms=(*alarms, NOTHING),  # type: ignore[arg-type]  # three and one
        reports=(*reports, NOTHING),  # type: ignore[arg-type]  # three and one
        frames=(*frames, NOTHING),  # type: ignore[arg-type]  # three and one
        persons=(str(town.who("dispatcher").id), str(west.id), str(town.who("dispatcher_b").id), str(leaver.id)),
        cameras=(cameras[f"{town.a}cam-east"], cameras[f"{town.a}cam-west"], cameras[f"{town.b}cam-east"], NOTHING),
        devices=(*devices(town), NOTHING),  # type: ignore[arg-type]  # three and one
        areas=(str(town.east), str(town.west), str(foreign), NOTHING),
        keys=tuple(str(one.id) for one in keys),  # type: ignore[arg-type]  # four
        checks=(*homes, NOTHING),  # type: ignore[arg-type]  # three and one
        strikes=(*drills, NOTHING),  # type: ignore[arg-type]  # three and one
        outcomes=(*ended, NOTHING),  # type: ignore[arg-type]  # three and one
        patrols=(*patrol_api.four(town, (EAST, WEST)), NOTHING),
        login=str(login),
        webhooks=act_api.webhooks(town),
        messages=intake_api.settled(town),
        deliveries=intake_api.deliveries(town),
        drafts=intake_api.drafts(town),
        networks=(intake_api.compared(town, town.a), intake_api.compared(town, town.b), NOTHING),
    )


ASKS: dict[str, Any] = {}


def asks(operation: str) -> Callable[[Any], Any]:
    def note(function: Any) -> Any:
        ASKS[operation] = function
        return function

    return note


def status(town: Any, who: Any, method: str, path: str, **more: Any) -> str:
    return str(town.client.as_(who, method, path, **more).status_code)


def each(kind: str, method: str, path: str, body: Callable[[str], Any] | None = None) -> Any:
    """Ask about each of four objects; ``{}`` in the path is its id."""

    def ask(town: Any, who: Any, things: Objects) -> list[str]:
        return [
            status(town, who, method, path.format(one), **({} if body is None else {"json": body(one)}))
            for one in getattr(things, kind)
        ]

    return ask


def listed(kind: str, path: str) -> Any:
    """Ask for a list once and say which of the four objects are in it."""

    def ask(town: Any, who: Any, things: Objects) -> list[str]:
        answer = town.client.as_(who, "GET", path)
        if answer.status_code != 200:
            return [str(answer.status_code)] * 4
        ids = {one["id"] for one in answer.json()["items"]}
        return ["in" if one in ids else "out" for one in getattr(things, kind)]

    return ask


def once(method: str, path: str, **more: Any) -> Any:
    return lambda town, who, _things: [status(town, who, method, path, **more)]


def renewed(town: Any, who: Any) -> Any:
    """Return the same role as a fresh person: what is asked ends the session."""
    role = next((name for name, known in town.people.items() if known is who), "")
    if who is None or who.key:
        return who
    tenant = PLATFORM if role == "platform_admin" else town.a
    return town.person(Role(role), tenant=tenant, area=None if tenant == PLATFORM else town.east)


def see_rosters(town: Any, who: Any, things: Objects) -> list[str]:
    with town.at(town.a) as work:
        span = {"since": work.now().isoformat(), "until": (work.now() + timedelta(days=9)).isoformat()}
    answer = town.client.as_(who, "GET", "/v1/roster", params=span)
    if answer.status_code != 200:
        return [str(answer.status_code)] * 4
    return ["in" if one in {found["id"] for found in answer.json()["items"]} else "out" for one in things.rosters]


def see_contacts(town: Any, who: Any, things: Objects) -> list[str]:
    why = {"X-Reason": "reaching"}
    return [status(town, who, "GET", f"/v1/people/{one}/contacts", headers=why) for one in things.persons]


FAR = {"begins_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-02T00:00:00Z", "reason": "no part of any duty"}
LATE = {"reason": "storm", "until": "2030-01-01T00:00:00Z"}  # who may pause is told that it is too long (422)
ASKS |= standby_api.ASKS
ASKS |= market_api.ASKS
ASKS |= expert_asks.ASKS
ASKS |= label_api.ASKS
ASKS |= foundry_api.ASKS
ASKS |= gis_api.ASKS
ASKS |= insight_api.ASKS
ASKS |= admin_api.ASKS
ASKS |= clue_api.ASKS
ASKS |= {
    "GET /v1/roster": see_rosters,
    "POST /v1/roster/{duty_id}/substitutions": each("rosters", "POST", "/v1/roster/{}/substitutions", lambda _one: FAR),
    "GET /v1/duties": listed("duties", "/v1/duties?limit=200&kind=arrive"),
    "POST /v1/duties/{duty_id}/pause": each("duties", "POST", "/v1/duties/{}/pause", lambda _one: LATE),
    "POST /v1/duties/{duty_id}/resume": each("duties", "POST", "/v1/duties/{}/resume"),
    "GET /v1/flood": once("GET", "/v1/flood"),
    "GET /v1/privacy": once("GET", "/v1/privacy"),
    "GET /v1/me/data": once("GET", "/v1/me/data"),
    "GET /v1/me/consents": once("GET", "/v1/me/consents"),
    "POST /v1/me/consents": once("POST", "/v1/me/consents", json={"purpose": "contact", "version": 1, "given": False}),
    "POST /v1/me/erasure": once("POST", "/v1/me/erasure", json={}),
    "GET /v1/holds": once("GET", "/v1/holds"),
    "POST /v1/holds": once(
        "POST", "/v1/holds", json={"kind": "hold", "subject": "picture:none", "reason": "the matrix asks"}
    ),
    "POST /v1/holds/{hold_id}/lift": once("POST", f"/v1/holds/{NOTHING}/lift", json={"reason": "the matrix asks"}),
    "GET /v1/erasures": once("GET", "/v1/erasures"),
    "POST /v1/erasures/{erasure_id}/end": once(
        "POST", f"/v1/erasures/{NOTHING}/end", json={"grant": False, "reason": "the matrix asks"}
    ),
    "GET /v1/calls": listed("calls", "/v1/calls?everybody=true&limit=200"),
    "POST /v1/calls/{call_id}/acknowledge": each("calls", "POST", "/v1/calls/{}/acknowledge"),
    "POST /v1/shelves": each(
        "plots", "POST", "/v1/shelves", lambda one: {"site_id": one, "reason": "x", "until": "2030-01-01T00:00:00Z"}
    ),
    "GET /v1/sites/{site_id}/documents": each("plots", "GET", "/v1/sites/{}/documents"),
    "POST /v1/sites/{site_id}/documents/draft": each(
        "plots", "POST", "/v1/sites/{}/documents/draft", lambda _one: document_api.notice()
    ),
    "POST /v1/sites/{site_id}/documents/draft.pdf": each(
        "plots", "POST", "/v1/sites/{}/documents/draft.pdf", lambda _one: document_api.notice()
    ),
    # not the draft that was seen: who may issue is told (409)
    "POST /v1/sites/{site_id}/documents": each(
        "plots", "POST", "/v1/sites/{}/documents", lambda _one: document_api.notice() | {"seen": "0" * 64}
    ),
    "GET /v1/document-kinds": once("GET", "/v1/document-kinds"),
    "GET /v1/document-templates": once("GET", "/v1/document-templates"),
    "POST /v1/document-templates": once(
        "POST", "/v1/document-templates", json={"kind": "plan", "template": None, "note": "matrix"}
    ),
    "POST /v1/document-templates/preview": once("POST", "/v1/document-templates/preview", json={"kind": "plan"}),
    "GET /verify/{token}": once("GET", f"/verify/{'A' * 22}"),
    **open311_api.asked(once, NOTHING),
    "GET /healthz": once("GET", "/healthz"),
    "GET /livez": once("GET", "/livez"),
    "GET /readyz": once("GET", "/readyz"),
    "GET /v1/me": once("GET", "/v1/me"),
    "GET /v1/factor": once("GET", "/v1/factor"),
    "GET /v1/factors": listed("persons", "/v1/factors"),
    "GET /v1/session": once("GET", "/v1/session"),
    "GET /v1/areas": listed("areas", "/v1/areas"),
    "GET /v1/people": listed("persons", "/v1/people"),
    "GET /v1/me/messages": once("GET", "/v1/me/messages"),
    "POST /v1/me/messages/read": once("POST", "/v1/me/messages/read", json={"up_to": NOTHING}),
    "GET /v1/deliveries": once("GET", "/v1/deliveries"),
    "GET /v1/channels": once("GET", "/v1/channels"),
    "GET /v1/reach": once("GET", "/v1/reach"),
    "GET /v1/ack/{token}": once("GET", f"/v1/ack/{'A' * 43}"),
    "POST /v1/ack/{token}": once("POST", f"/v1/ack/{'A' * 43}"),
    "GET /v1/webhooks": listed("webhooks", "/v1/webhooks"),
    # an event that no site has: who may subscribe is told (422)
    "POST /v1/webhooks": once(
        "POST", "/v1/webhooks", json={"name": "mx", "url": "https://x.example.org", "kinds": ["none"]}
    ),
    "PUT /v1/webhooks/{webhook_id}": each(
        "webhooks", "PUT", "/v1/webhooks/{}", lambda _one: {"name": "mx", "active": True}
    ),
    "POST /v1/webhooks/{webhook_id}/test": each("webhooks", "POST", "/v1/webhooks/{}/test"),
    "GET /v1/webhooks/{webhook_id}/deliveries": each("webhooks", "GET", "/v1/webhooks/{}/deliveries"),
    "GET /v1/me/contacts": once("GET", "/v1/me/contacts"),
    "PUT /v1/me/contacts": once("PUT", "/v1/me/contacts", json={"items": []}),
    "GET /v1/people/{person_id}/contacts": see_contacts,
    "GET /v1/audit": once("GET", "/v1/audit"),
    "GET /v1/views": once("GET", "/v1/views"),
    "GET /v1/me/views": once("GET", "/v1/me/views"),
    "PUT /v1/people/{person_id}/contacts": each("persons", "PUT", "/v1/people/{}/contacts", lambda _one: {"items": []}),
    "GET /v1/sign-in/ways": once("GET", "/v1/sign-in/ways"),
    # no provider, no number, no code: asked by everybody before anybody is known
    "POST /v1/sign-in/oidc": once("POST", "/v1/sign-in/oidc", json={"provider_id": NOTHING}),
    "POST /v1/sign-in/code": once("POST", "/v1/sign-in/code", json={"phone": ""}),
    "POST /v1/sign-in/code/{challenge}": once("POST", f"/v1/sign-in/code/{NOTHING}", json={"code": ""}),
    "GET /v1/providers": once("GET", "/v1/providers"),
    # no issuer: who may add one is told (422)
    "POST /v1/providers": once("POST", "/v1/providers", json={"name": "mx", "issuer": "none", "client_id": "mx"}),
    "DELETE /v1/providers/{provider_id}": once("DELETE", f"/v1/providers/{NOTHING}"),
    "GET /v1/people/{person_id}/outside": each("persons", "GET", "/v1/people/{}/outside"),
    # no such provider: who may bind is told (404)
    "POST /v1/people/{person_id}/bindings": each(
        "persons", "POST", "/v1/people/{}/bindings", lambda _one: {"provider_id": NOTHING, "subject": "mx"}
    ),
    "DELETE /v1/bindings/{binding_id}": once("DELETE", f"/v1/bindings/{NOTHING}"),
    # no number: who may is told (422)
    "POST /v1/people/{person_id}/handles": each(
        "persons", "POST", "/v1/people/{}/handles", lambda _one: {"kind": "phone", "address": "mx"}
    ),
    "DELETE /v1/handles/{handle_id}": once("DELETE", f"/v1/handles/{NOTHING}"),
    "GET /v1/robots": once("GET", "/v1/robots"),
    "PUT /v1/robots": once("PUT", "/v1/robots", json={"items": []}),
    "GET /v1/keys": listed("keys", "/v1/keys"),
    "GET /v1/networks": once("GET", "/v1/networks"),
    "GET /v1/rule-packs": once("GET", "/v1/rule-packs"),
    "GET /v1/network/proposals": listed("proposals", "/v1/network/proposals?limit=200"),
    # whoever may is told that it was decided before (409)
    "POST /v1/network/proposals/{proposal_id}/decision": each(
        "proposals", "POST", "/v1/network/proposals/{}/decision", lambda _one: {"accept": True, "why": "matrix"}
    ),
    "GET /v1/networks/drafts": listed("drafts", "/v1/networks/drafts?limit=200"),
    # no file: who may bring one is told (422)
    "POST /v1/networks/drafts": once("POST", "/v1/networks/drafts", params={"name": "x"}),
    "POST /v1/networks/comparisons": once(
        "POST", "/v1/networks/comparisons", json={"base": NOTHING, "version": NOTHING}
    ),
    "GET /v1/networks/drafts/{draft_id}": each("drafts", "GET", "/v1/networks/drafts/{}"),
    "GET /v1/networks/drafts/{draft_id}/changes": each("drafts", "GET", "/v1/networks/drafts/{}/changes"),
    "GET /v1/tiles/drafts/{draft_id}/{z}/{x}/{y}": each("drafts", "GET", "/v1/tiles/drafts/{}/14/13503/6232"),
    "POST /v1/networks/drafts/{draft_id}/place": each(
        "drafts", "POST", "/v1/networks/drafts/{}/place", lambda _one: {"crs": "EPSG:4326"}
    ),
    "POST /v1/networks/drafts/{draft_id}/fields": each(
        "drafts", "POST", "/v1/networks/drafts/{}/fields", lambda _one: {}
    ),
    "PUT /v1/networks/drafts/{draft_id}/choice": each(
        "drafts", "PUT", "/v1/networks/drafts/{}/choice", lambda _one: {"crs": "EPSG:4326", "jurisdiction": "CN-HE"}
    ),
    "POST /v1/networks/drafts/{draft_id}/activation": each(
        "drafts", "POST", "/v1/networks/drafts/{}/activation", lambda _one: {"why": "matrix"}
    ),
    "POST /v1/networks/drafts/{draft_id}/discard": each("drafts", "POST", "/v1/networks/drafts/{}/discard"),
    # nobody saw what is active: who may is told (409)
    "POST /v1/networks/{version_id}/activation": each(
        "networks", "POST", "/v1/networks/{}/activation", lambda _one: {"seen": None, "why": "matrix"}
    ),
    "GET /v1/networks/{version_id}/diff": each("networks", "GET", "/v1/networks/{}/diff"),
    "GET /v1/networks/syncs/{sync_id}": each("deliveries", "GET", "/v1/networks/syncs/{}"),
    # no file: who may deliver is told (422)
    "POST /v1/networks/sync": once("POST", "/v1/networks/sync", params={"crs": "EPSG:4326", "name": "x"}),
    "GET /v1/intake": listed("messages", "/v1/intake?limit=200"),
    # no such type: who may bring messages is told (422)
    "POST /v1/intake/{platform}": once(
        "POST", "/v1/intake/work-orders", json=intake_api.event("mx", {}, "none"), headers=intake_api.EVENT
    ),
    "PUT /v1/intake/{platform}/secret": once("PUT", "/v1/intake/mx/secret"),
    "DELETE /v1/intake/{platform}/secret": once("DELETE", "/v1/intake/mx/secret"),
    # set aside before: who may place is told that it waits for nobody (409)
    "POST /v1/intake/items/{item_id}/place": each(
        "messages", "POST", "/v1/intake/items/{}/place", lambda _one: {"lon": 116.7, "lat": 39.5, "accuracy_m": 50}
    ),
    "POST /v1/intake/items/{item_id}/aside": each(
        "messages", "POST", "/v1/intake/items/{}/aside", lambda _one: {"reason": "mx"}
    ),
    "GET /v1/cameras": listed("cameras", "/v1/cameras?limit=200"),
    "GET /v1/cameras/blind": once("GET", "/v1/cameras/blind"),
    "GET /v1/health/chain": once("GET", "/v1/health/chain"),
    "GET /v1/operation": once("GET", "/v1/operation"),
    "GET /v1/cameras/{camera_id}": each("cameras", "GET", "/v1/cameras/{}"),
    "GET /v1/cameras/{camera_id}/calibration": each("cameras", "GET", "/v1/cameras/{}/calibration"),
    # of another calibration than is in force: who may change it is told (409)
    "PUT /v1/cameras/{camera_id}/calibration": each(
        "cameras",
        "PUT",
        "/v1/cameras/{}/calibration",
        lambda _one: {"image_size": [64, 64], "points": [], "seen": "0" * 16},
    ),
    "PUT /v1/cameras/{camera_id}/calibration/draft": each(
        "cameras", "PUT", "/v1/cameras/{}/calibration/draft", lambda _one: {"seen": 9, "draft": {"points": []}}
    ),
    "DELETE /v1/cameras/{camera_id}/calibration/draft": each("cameras", "DELETE", "/v1/cameras/{}/calibration/draft"),
    "POST /v1/cameras/{camera_id}/calibration/restore": each(
        "cameras", "POST", "/v1/cameras/{}/calibration/restore", lambda _one: {"version": 1, "seen": "0" * 16}
    ),
    "POST /v1/cameras/{camera_id}/calibration/try": each(
        "cameras", "POST", "/v1/cameras/{}/calibration/try", lambda _one: {"image_size": [64, 64], "points": []}
    ),
    # a time in which no camera took a picture, as for an empty scene
    "POST /v1/cameras/{camera_id}/commissioning": each(
        "cameras",
        "POST",
        "/v1/cameras/{}/commissioning",
        lambda _one: {"band": "near", "since": "2020-01-01T00:00:00Z", "until": "2020-01-01T01:00:00Z"},
    ),
    "GET /v1/cameras/{camera_id}/commissioning": each("cameras", "GET", "/v1/cameras/{}/commissioning"),
    "GET /v1/cameras/{camera_id}/events": each("cameras", "GET", "/v1/cameras/{}/events"),
    "GET /v1/devices": listed("devices", "/v1/devices?limit=200"),
    "PUT /v1/devices/{key}": once("PUT", "/v1/devices/mx-put", json={"name": "mx", "dialect": "das"}),
    "GET /v1/observations #reports": listed("reports", "/v1/observations?limit=200"),
    "GET /v1/observations #frames": listed("frames", "/v1/observations?limit=200"),
    "GET /v1/observations/{observation_id} #reports": each("reports", "GET", "/v1/observations/{}"),
    "GET /v1/observations/{observation_id} #frames": each("frames", "GET", "/v1/observations/{}"),
    "GET /v1/alarms": listed("alarms", "/v1/alarms?limit=200"),
    "GET /v1/alarms/{alarm_id}": each("alarms", "GET", "/v1/alarms/{}"),
    "GET /v1/alarms/{alarm_id}/events": each("alarms", "GET", "/v1/alarms/{}/events"),
    "GET /v1/alarms/{alarm_id}/evidence": each("alarms", "GET", "/v1/alarms/{}/evidence"),
    "GET /v1/alarms/{alarm_id}/verdict": each("alarms", "GET", "/v1/alarms/{}/verdict"),
    "GET /v1/reviews/{alarm_id}/evidence": each("alarms", "GET", "/v1/reviews/{}/evidence"),
    "GET /v1/cameras/{camera_id}/reference": each("cameras", "GET", "/v1/cameras/{}/reference"),
    # a picture that never came: who may say so is told (409)
    "POST /v1/cameras/{camera_id}/reference": each(
        "cameras", "POST", "/v1/cameras/{}/reference", lambda _one: {"observation_id": NOTHING}
    ),
    "GET /v1/cameras/{camera_id}/rules": each("cameras", "GET", "/v1/cameras/{}/rules"),
    "PUT /v1/cameras/{camera_id}/rules": each("cameras", "PUT", "/v1/cameras/{}/rules", lambda _one: {"off": []}),
    "PUT /v1/cameras/{camera_id}/mask": each("cameras", "PUT", "/v1/cameras/{}/mask", lambda _one: {"ring": []}),
    # a time in which no camera took a picture: who may say so is told (422)
    "PUT /v1/cameras/{camera_id}/background": each(
        "cameras",
        "PUT",
        "/v1/cameras/{}/background",
        lambda _one: {"since": "2026-01-01T00:00:00Z", "until": "2026-01-01T01:00:00Z", "reason": "matrix"},
    ),
    "GET /v1/policies/{kind}": once("GET", "/v1/policies/supervision"),
    # a text that is no policy, a version that nobody proposed, nothing to take back: who may edit is told
    "POST /v1/policies/{kind}": once(
        "POST", "/v1/policies/supervision", json={"text": "version: matrix@1\nrules: []", "why": "matrix"}
    ),
    "POST /v1/policies/{kind}/edit": once("POST", "/v1/policies/risk/edit", json={"text": "x: [\n" + "# a text" * 4}),
    "POST /v1/policies/{kind}/preview": once("POST", "/v1/policies/supervision/preview", json={"version": "none@1"}),
    "POST /v1/policies/{kind}/activate": once("POST", "/v1/policies/supervision/activate", json={"version": "none@1"}),
    "POST /v1/policies/{kind}/rollback": once("POST", "/v1/policies/supervision/rollback", json={"why": "matrix"}),
    "GET /v1/rules": once("GET", "/v1/rules"),
    "GET /v1/weights": once("GET", "/v1/weights"),
    "GET /v1/questions": once("GET", "/v1/questions"),
    # a list that could never confirm anything: who may edit is told (422)
    "PUT /v1/questions": once(
        "PUT",
        "/v1/questions",
        json={
            "version": "matrix@1",
            "task": "look at the picture",
            "questions": [{"id": "passing", "side": "against", "zh": "路过？", "en": "passing?"}],
        },
    ),
    "GET /v1/questions/versions": once("GET", "/v1/questions/versions"),
    "DELETE /v1/questions": once("DELETE", "/v1/questions"),
    "GET /v1/cameras/{camera_id}/picture": each("cameras", "GET", "/v1/cameras/{}/picture"),
    "GET /v1/trips": listed("trips", "/v1/trips?limit=200"),
    "GET /v1/trips/{trip_id}": each("trips", "GET", "/v1/trips/{}"),
    "GET /v1/trips/{trip_id}/frames": each("trips", "GET", "/v1/trips/{}/frames"),
    "GET /v1/coverage/ground": once("GET", "/v1/coverage/ground?since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z"),
    "GET /v1/figures": once("GET", "/v1/figures"),
    "GET /v1/figures/cost": once("GET", "/v1/figures/cost"),
    "GET /v1/models": once("GET", "/v1/models"),
    "GET /v1/indoor/hazards": once("GET", "/v1/indoor/hazards"),
    "GET /v1/indoor/figures": once("GET", "/v1/indoor/figures"),
    "GET /v1/indoor/checks": listed("checks", "/v1/indoor/checks?limit=200"),
    "GET /v1/indoor/checks/{check_id}": each("checks", "GET", "/v1/indoor/checks/{}"),
    "GET /v1/indoor/checks/{check_id}/picture": each("checks", "GET", "/v1/indoor/checks/{}/picture"),
    "POST /v1/indoor/checks/{check_id}/review": each(
        "checks", "POST", "/v1/indoor/checks/{}/review", lambda _one: {"matches": True, "hazards": []}
    ),
    "GET /v1/sites": listed("sites", "/v1/sites?limit=200"),
    "GET /v1/sites/{site_id}": each("sites", "GET", "/v1/sites/{}"),
    "GET /v1/sites/{site_id}/events": each("sites", "GET", "/v1/sites/{}/events"),
    "GET /v1/sites/{site_id}/next": each("sites", "GET", "/v1/sites/{}/next"),
    "POST /v1/sites/{site_id}/evidence-pack": each("sites", "POST", "/v1/sites/{}/evidence-pack"),
    "POST /v1/sites/{site_id}/evidence-pack.pdf": each("sites", "POST", "/v1/sites/{}/evidence-pack.pdf"),
    "GET /v1/government/reports": once("GET", "/v1/government/reports"),
    "GET /v1/government/figures": once(
        "GET", "/v1/government/figures?since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z"
    ),
    # no such report: who may answer is told that none is open there (409)
    "POST /v1/government/reports/{site_id}/{report_id}/acknowledge": each(
        "sites", "POST", f"/v1/government/reports/{{}}/{NOTHING}/acknowledge"
    ),
    "POST /v1/government/reports/{site_id}/{report_id}/answer": each(
        "sites", "POST", f"/v1/government/reports/{{}}/{NOTHING}/answer", lambda _one: {"answer": "looked"}
    ),
    "GET /v1/signing-key": once("GET", "/v1/signing-key"),
    "POST /v1/captures": once("POST", "/v1/captures"),
    "GET /v1/patrols": listed("patrols", "/v1/patrols?limit=200"),
    "GET /v1/patrols/{patrol_id}": each("patrols", "GET", "/v1/patrols/{}"),
    "POST /v1/patrols": lambda town, who, _things: [
        status(town, who, "POST", "/v1/patrols", json=patrol_api.new_patrol())
    ],
    "POST /v1/patrols/{patrol_id}/points": each(
        "patrols", "POST", "/v1/patrols/{}/points", lambda _one: {"points": [patrol_api.POINT]}
    ),
    "POST /v1/patrols/{patrol_id}/end": each("patrols", "POST", "/v1/patrols/{}/end", lambda _one: patrol_api.END),
    "POST /v1/patrol-phones": once("POST", "/v1/patrol-phones", json={"key": "none"}),
    "GET /v1/patrol-coverage": once("GET", "/v1/patrol-coverage"),
    "GET /v1/patrol-coverage/missed": once("GET", "/v1/patrol-coverage/missed"),
    # the key is in what a phone sends; a sign-in changes nothing
    "GET /v1/osmand": once("GET", "/v1/osmand?id=none"),
    "POST /v1/osmand": once("POST", "/v1/osmand?id=none"),
    "GET /v1/sites/{site_id}/risk": each("sites", "GET", "/v1/sites/{}/risk"),
    "GET /v1/sites/{site_id}/rules": each("sites", "GET", "/v1/sites/{}/rules"),
    "GET /v1/sites/{site_id}/pictures/{picture_id}": each("proofs", "GET", "/v1/sites/{}"),
    "GET /v1/contractors": listed("contractors", "/v1/contractors?limit=200"),
    "GET /v1/contractors/{contractor_id}": each("contractors", "GET", "/v1/contractors/{}"),
    # whoever may is told that it is merged into none (409), or that there is no such person (422)
    "POST /v1/contractors/{contractor_id}/merge": each(
        "contractors", "POST", "/v1/contractors/{}/merge", lambda _one: {"reason": "matrix"}
    ),
    "PUT /v1/contractors/{contractor_id}/speaker": each(
        "contractors", "PUT", "/v1/contractors/{}/speaker", lambda _one: {"person_id": NOTHING}
    ),
    # the first one's entry was appealed against and decided (409); it is none of the others' (404)
    "POST /v1/contractors/{contractor_id}/appeals": lambda town, who, things: [
        str(contractor_api.appeal(town, who, one, things.appealed[0]).status_code) for one in things.contractors
    ],
    "POST /v1/contractors/{contractor_id}/appeals/{appeal_id}/decision": lambda town, who, things: [
        status(
            town,
            who,
            "POST",
            f"/v1/contractors/{one}/appeals/{things.appealed[1]}/decision",
            json={"struck_out": True, "reason": "matrix"},
        )
        for one in things.contractors
    ],
    "GET /v1/filings": listed("filings", "/v1/filings?limit=200"),
    "GET /v1/filings/{filing_id}": each("filings", "GET", "/v1/filings/{}"),
    "GET /v1/filings/{filing_id}/events": each("filings", "GET", "/v1/filings/{}/events"),
    # whoever may is told that the version is an old one (409): nothing is changed while the matrix runs
    "POST /v1/filings/{filing_id}/events #renew": each(
        "filings",
        "POST",
        "/v1/filings/{}/events",
        lambda _one: {"version": 99999, "act": {"kind": "renew", "valid_until": "2027-01-31", "reason": "rain"}},
    ),
    "POST /v1/filings/{filing_id}/events #answer": each(
        "filings",
        "POST",
        "/v1/filings/{}/events",
        lambda _one: {"version": 99999, "act": {"kind": "answer", "words": "one pipe"}},
    ),
    # in the east, then in the west; what is filed here no other question of the matrix asks about
    "POST /v1/filings": lambda town, who, _things: [
        status(town, who, "POST", "/v1/filings", json=filing_api.works(one)) for one in (EAST, WEST)
    ],
    "GET /v1/filings/audit": once("GET", "/v1/filings/audit"),
    # whoever may is told that the list was never imported, that a row of it is refused: nothing is changed
    "POST /v1/filings/audit/lists": once("POST", "/v1/filings/audit/lists", json={"source": "none", "every_h": 24}),
    "POST /v1/filings/imports": once(
        "POST", "/v1/filings/imports?mapping=taipei-dig", files={"file": ("dig.json", b'[{"AC_NO": "1"}]')}
    ),
    "GET /v1/filings/{filing_id}/handover": each("filings", "GET", "/v1/filings/{}/handover"),
    "GET /v1/filings/{filing_id}/sites": each("filings", "GET", "/v1/filings/{}/sites"),
    "GET /v1/filings/{filing_id}/documents": each("filings", "GET", "/v1/filings/{}/documents"),
    # of what lies under them nobody here knows the name (404): nothing is said or signed while the matrix runs
    "GET /v1/filings/{filing_id}/documents/{number}.pdf": each("filings", "GET", "/v1/filings/{}/documents/none.pdf"),
    "POST /v1/filings/{filing_id}/documents/{number}/signature": lambda town, who, things: [
        status(
            town,
            who,
            "POST",
            f"/v1/filings/{one}/documents/none/signature",
            data={"signature": '{"name": "n"}'},
            files={"picture": ("s.png", b"x")},
        )
        for one in things.filings
    ],
    "POST /v1/filings/{filing_id}/sites/{site_id}/answer": each(
        "filings",
        "POST",
        f"/v1/filings/{{}}/sites/{NOTHING}/answer",
        lambda _one: {"violation_id": NOTHING, "words": "matrix"},
    ),
    "GET /v1/strikes": listed("strikes", "/v1/strikes?limit=200"),
    "GET /v1/strikes/{strike_id}": each("strikes", "GET", "/v1/strikes/{}"),
    "GET /v1/strikes/{strike_id}/events": each("strikes", "GET", "/v1/strikes/{}/events"),
    "GET /v1/strikes/{strike_id}/damage": each("strikes", "GET", "/v1/strikes/{}/damage"),
    # one place for all: whoever comes second adds to the first one's report
    "POST /v1/strikes": once("POST", "/v1/strikes", json={"lon": EAST[0] + 0.009, "lat": EAST[1]}),
    # whoever may is told that no such line or person is there (422): nothing is changed while the matrix runs
    "POST /v1/strikes/{strike_id}/events #work": each(
        "strikes", "POST", "/v1/strikes/{}/events", lambda _one: {"act": {"kind": "called", "key": "none"}}
    ),
    "POST /v1/strikes/{strike_id}/events #decide": each(
        "strikes",
        "POST",
        "/v1/strikes/{}/events",
        lambda _one: {"act": {"kind": "give", "key": "none", "person_id": NOTHING}},
    ),
    "GET /v1/strikes/figures": once("GET", f"/v1/strikes/figures?{strike_api.CENTURY}"),
    "GET /v1/strikes/damages.csv": once("GET", f"/v1/strikes/damages.csv?{strike_api.CENTURY}"),
    "GET /v1/outcomes": listed("outcomes", "/v1/outcomes?limit=200"),
    "GET /v1/outcomes/figures": once("GET", f"/v1/outcomes/figures?{strike_api.CENTURY}"),
    "GET /v1/strike-contacts": once("GET", "/v1/strike-contacts"),
    # from a day far ahead: it holds for nobody yet
    "POST /v1/strike-contacts": once(
        "POST",
        "/v1/strike-contacts",
        json={"kind": "hospital", "name": "H", "number": "0316-1", "since": "2090-01-01"},
    ),
    "GET /v1/reviews": listed("alarms", "/v1/reviews?limit=200"),
    "GET /v1/reviews/{alarm_id}": each("alarms", "GET", "/v1/reviews/{}"),
    "POST /v1/alarms/{alarm_id}/acknowledge": each(
        "alarms", "POST", "/v1/alarms/{}/acknowledge", lambda _one: {"reason": "matrix"}
    ),
    # with itself: who may merge is told that it is one already (422), so that no row changes another's ground
    "POST /v1/alarms/{alarm_id}/merge": each(
        "alarms", "POST", "/v1/alarms/{}/merge", lambda one: {"other_id": one, "reason": "matrix"}
    ),
    "POST /v1/alarms/{alarm_id}/split": each(
        "alarms", "POST", "/v1/alarms/{}/split", lambda _one: {"finding_ids": [NOTHING], "reason": "matrix"}
    ),
}
ASKS |= report_api.ASKS
ASKS |= pay_api.ASKS


@asks("DELETE /v1/webhooks/{webhook_id}")
def end_webhook(town: Any, who: Any, things: Objects) -> list[str]:
    fresh = act_api.webhook(town, town.a)
    found = [status(town, who, "DELETE", f"/v1/webhooks/{one}") for one in (fresh, *things.webhooks[2:])]
    if found[0] != "204":  # else twenty of them would be too many
        town.client.as_(town.who("tenant_admin"), "DELETE", f"/v1/webhooks/{fresh}")
    return found


@asks("POST /v1/session")
def sign_in(town: Any, who: Any, things: Objects) -> list[str]:
    # without their cookie: it would end the session of whoever asks, so that none can be planted
    headers = who.headers() if who is not None and who.key else {}
    body = {"login": things.login, "password": PASSWORD}
    return [status(town, None, "POST", "/v1/session", json=body, headers=headers)]


@asks("DELETE /v1/session")
def sign_out(town: Any, who: Any, _things: Objects) -> list[str]:
    return [status(town, renewed(town, who), "DELETE", "/v1/session")]


@asks("POST /v1/session/password")
def password(town: Any, who: Any, _things: Objects) -> list[str]:
    body = {"old": PASSWORD, "new": "Elf Reiher am Eis 12"}
    return [status(town, renewed(town, who), "POST", "/v1/session/password", json=body)]


@asks("POST /v1/people")
def add_person(town: Any, who: Any, _things: Objects) -> list[str]:
    town.made += 1
    return [
        status(town, who, "POST", "/v1/people", json={"login": f"mx-{town.made}", "name": "M", "password": PASSWORD})
    ]


@asks("POST /v1/memberships")
def give_role(town: Any, who: Any, things: Objects) -> list[str]:
    asked = {"login": things.login, "role": "grid_worker"}
    return [status(town, who, "POST", "/v1/memberships", json=asked | {"area_id": area}) for area in things.areas]


def held_by(town: Any, tenant: Any, area: Any) -> tuple[Any, str]:
    """Return somebody new with their one membership."""
    person = town.person(Role.GRID_WORKER, tenant=tenant, area=area)
    with town.at(tenant) as work:
        held = next(one for _, one in people.memberships(work, people.operator(tenant)) if one.person_id == person.id)
    return person, str(held.id)


@asks("DELETE /v1/memberships/{membership_id}")
def end_role(town: Any, who: Any, _things: Objects) -> list[str]:
    three = [held_by(town, *one)[1] for one in ((town.a, town.east), (town.a, town.west), (town.b, town.west))]
    return [status(town, who, "DELETE", f"/v1/memberships/{one}") for one in (*three, NOTHING)]


@asks("DELETE /v1/sessions/{session_id}")
def end_session(town: Any, who: Any, _things: Objects) -> list[str]:
    """A session of four persons: in the area, elsewhere, of another tenant, and one that has ended."""
    found = []
    for tenant, area in ((town.a, town.east), (town.a, town.west), (town.b, town.west), (None, None)):
        session_id = NOTHING
        if tenant is not None:
            person, _ = held_by(town, tenant, area)
            with town.at(PLATFORM) as work:
                picked = text("SELECT id::text FROM people_sessions WHERE person_id = :id AND ended_at IS NULL")
                session_id = work.session.scalar(picked, {"id": person.id})
        found.append(status(town, who, "DELETE", f"/v1/sessions/{session_id}"))
    return found


@asks("GET /v1/sessions")
def see_sessions(town: Any, who: Any, things: Objects) -> list[str]:
    for name in ("dispatcher", "dispatcher_b"):
        town.who(name)
    answer = town.client.as_(who, "GET", "/v1/sessions?everybody=true")
    if answer.status_code != 200:
        return [str(answer.status_code)] * 4
    seen = {one["person_id"] for one in answer.json()["items"]}
    return ["in" if one in seen else "out" for one in things.persons]


@asks("DELETE /v1/people/{person_id}/factor")
def take_factor(town: Any, who: Any, _things: Objects) -> list[str]:
    grounds = ((town.a, town.east), (town.a, town.west), (town.b, town.west))
    three = [town.person(Role.DISPATCHER, tenant=tenant, area=area).id for tenant, area in grounds]
    return [status(town, who, "DELETE", f"/v1/people/{one}/factor") for one in (*three, NOTHING)]


@asks("POST /v1/session/proof")
def prove_again(town: Any, who: Any, _things: Objects) -> list[str]:
    return [status(town, renewed(town, who), "POST", "/v1/session/proof", json={"password": PASSWORD})]


@asks("POST /v1/session/factor")
def give_code(town: Any, who: Any, _things: Objects) -> list[str]:
    """By a recovery code; 404 for whom none was asked of, and who has none."""
    fresh = renewed(town, who)
    device = None if fresh is None else fresh.device
    code = "123456" if device is None else device.recovery[0]
    return [status(town, fresh, "POST", "/v1/session/factor", json={"code": code})]


@asks("POST /v1/factor/confirmation")
def confirm_code(town: Any, who: Any, _things: Objects) -> list[str]:
    """Nothing was begun: who may is told (422)."""
    return [status(town, renewed(town, who), "POST", "/v1/factor/confirmation", json={"code": "123456"})]


@asks("POST /v1/factor")
def begin_factor(town: Any, who: Any, _things: Objects) -> list[str]:
    return [status(town, renewed(town, who), "POST", "/v1/factor")]


@asks("POST /v1/factor/codes")
def new_codes(town: Any, who: Any, _things: Objects) -> list[str]:
    return [status(town, renewed(town, who), "POST", "/v1/factor/codes")]


@asks("POST /v1/keys")
def add_key(town: Any, who: Any, things: Objects) -> list[str]:
    body = {"name": "mx", "permissions": ["observation:create"], "expires_at": "2027-06-01T00:00:00Z"}
    return [status(town, who, "POST", "/v1/keys", json=body | {"area_id": area}) for area in things.areas]


@asks("DELETE /v1/keys/{key_id}")
def drop_key(town: Any, who: Any, things: Objects) -> list[str]:
    fresh = [town.device(area=town.east), town.device(area=town.west), town.device(tenant=town.b)]
    return [status(town, who, "DELETE", f"/v1/keys/{one}") for one in (*(key.id for key in fresh), things.keys[3])]


@asks("GET /v1/devices/{key}")
def read_device(town: Any, who: Any, _things: Objects) -> list[str]:
    return [status(town, who, "GET", f"/v1/devices/{key}") for key in DEVICES]


@asks("DELETE /v1/devices/{key}")
def drop_device(town: Any, who: Any, _things: Objects) -> list[str]:
    devices(town, suffix="-old")
    return [status(town, who, "DELETE", f"/v1/devices/{key}-old") for key in DEVICES]


@asks("POST /v1/devices/{key}/alarms")
def speak(town: Any, who: Any, _things: Objects) -> list[str]:
    town.made += 1  # 409: a device's key that is not among the senders of that device
    said = {"fibre": f"f{town.made}", "class": "train"}
    return [status(town, who, "POST", f"/v1/devices/{key}/alarms", json=said) for key in DEVICES]


@asks("POST /v1/indoor/checks")
def send_check(town: Any, who: Any, _things: Objects) -> list[str]:
    town.made += 1
    return [str(check(town, who, town.made % 250).status_code)]


def prove(town: Any, who: Any, site: str) -> str:
    """Bring a picture to a site, name it in a note, and return the path behind ``/v1/sites/``."""
    files = {"picture": ("p.jpg", picture(91), "image/jpeg")}
    brought = town.client.as_(who, "POST", f"/v1/sites/{site}/pictures", files=files)
    shown = brought.json()["id"]
    version = town.client.as_(who, "GET", f"/v1/sites/{site}").json()["version"]
    body = {"version": version, "act": {"kind": "note", "shown": [shown]}}
    done = town.client.as_(who, "POST", f"/v1/sites/{site}/events", json=body)
    assert done.status_code == 200, done.text
    return f"{site}/pictures/{shown}"


@asks("POST /v1/sites/{site_id}/pictures")
def bring_picture(town: Any, who: Any, things: Objects) -> list[str]:
    files = {"picture": ("p.jpg", picture(91), "image/jpeg")}
    return [status(town, who, "POST", f"/v1/sites/{one}/pictures", files=files) for one in things.sites]


@asks("POST /v1/sites/{site_id}/events #work")
def note_site(town: Any, who: Any, things: Objects) -> list[str]:
    """Whoever may is told that the version is an old one: nothing is changed while the matrix runs."""
    body = {"version": 99999, "act": {"kind": "note", "words": "seen"}}
    return [status(town, who, "POST", f"/v1/sites/{one}/events", json=body) for one in things.sites]


@asks("POST /v1/sites/{site_id}/events #decide")
def report_site(town: Any, who: Any, things: Objects) -> list[str]:
    body = {"version": 99999, "act": {"kind": "report", "to": "城管", "reason": "refused"}}
    return [status(town, who, "POST", f"/v1/sites/{one}/events", json=body) for one in things.sites]


@asks("POST /v1/reviews/{alarm_id}/take")
def take_review(town: Any, who: Any, things: Objects) -> list[str]:
    found = []
    for one in things.alarms:
        found.append(status(town, who, "POST", f"/v1/reviews/{one}/take"))
        if found[-1] == "200":  # else it stays theirs, and nobody else may take it
            town.client.as_(who, "POST", f"/v1/reviews/{one}/release")
    return found


@asks("POST /v1/reviews/{alarm_id}/release")
def release_review(town: Any, who: Any, things: Objects) -> list[str]:
    return [status(town, who, "POST", f"/v1/reviews/{one}/release") for one in things.alarms]


@asks("POST /v1/reviews/{alarm_id}/decide")
def decide_review(town: Any, who: Any, things: Objects) -> list[str]:
    # longer than anybody may silence: who may decide is told so (422), and the review goes on waiting for the others
    body = {"code": "other", "silence_h": 720}
    return [status(town, who, "POST", f"/v1/reviews/{one}/decide", json=body) for one in things.alarms]


@asks("POST /v1/trips")
def begin_trip(town: Any, who: Any, _things: Objects) -> list[str]:
    return [str(ride(town, who, f"of {who and who.id}").status_code)]


@asks("POST /v1/trips/{trip_id}/frames")
def add_trip_frames(town: Any, who: Any, things: Objects) -> list[str]:
    return [board(town, who, one) for one in things.trips]


def day(path: str) -> str:
    return f"{path}?since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z"


@asks("GET /v1/coverage")
def coverage(town: Any, who: Any, things: Objects) -> list[str]:
    """Whose pipe counts: in the area, elsewhere in the tenant, another tenant's in the area, one that was taken up."""
    found = []
    for area in (things.areas[0], things.areas[1]):
        answer = town.client.as_(who, "GET", f"{day('/v1/coverage')}&area={area}")
        if answer.status_code != 200:
            return [str(answer.status_code)] * 2
        found.append(f"{sum(one['metres'] for one in answer.json()['items']):.0f}m")
    return found


@asks("GET /v1/zone")
def zone(town: Any, who: Any, _things: Objects) -> list[str]:
    return [status(town, who, "GET", f"/v1/zone?lon={lon}&lat={lat}") for lon, lat in (EAST, WEST)]


@asks("GET /v1/tiles/network/{z}/{x}/{y}")
def network_tile(town: Any, who: Any, _things: Objects) -> list[str]:
    answers = [town.client.as_(who, "GET", f"/v1/tiles/network/{tile_of(place)}") for place in (EAST, WEST)]
    refused = {str(one.status_code) for one in answers if one.status_code > 204}
    if refused:
        return sorted(refused) * 4
    drawn = b"".join(one.content for one in answers)
    return ["in" if name in drawn else "out" for name in (b"pipe-east", b"pipe-west", b"pipe-of-b", b"pipe-gone")]


@asks("GET /v1/offline-map")
def offline_map(town: Any, who: Any, _things: Objects) -> list[str]:
    answer = town.client.as_(who, "GET", "/v1/offline-map")
    if answer.status_code not in {200, 404}:
        return [str(answer.status_code)] * 4
    file = Reader(MemorySource(answer.content)) if answer.status_code == 200 else None
    squares = [file.get(*map(int, tile_of(place).split("/"))) for place in (EAST, WEST)] if file else []
    drawn = b"".join(gzip.decompress(one) for one in squares if one)
    return ["in" if name in drawn else "out" for name in (b"pipe-east", b"pipe-west", b"pipe-of-b", b"pipe-gone")]


def tile_of(place: tuple[float, float], z: int = 15) -> str:
    down = 0.5 - np.arctanh(np.sin(np.radians(place[1]))) / (2 * np.pi)
    return f"{z}/{int((place[0] / 360 + 0.5) * 2**z)}/{int(down * 2**z)}"


@asks("POST /v1/observations #report")
def send_report(town: Any, who: Any, _things: Objects) -> list[str]:
    return [str(town.report(who, place).status_code) for place in (EAST, WEST)]


@asks("POST /v1/observations #frame")
def send_frame(town: Any, who: Any, _things: Objects) -> list[str]:
    return [str(frame(town, who, key).status_code) for key in ("cam-east", "cam-west")]


@asks("GET /v1/observations/{observation_id} #mine")
def read_mine(town: Any, who: Any, _things: Objects) -> list[str]:
    sent = town.report(who, EAST)
    if sent.status_code != 201:
        return ["not sent"]
    return [status(town, who, "GET", f"/v1/observations/{taken(sent)}")]


@asks("POST /v1/calls/{call_id}/acknowledge #mine")
def answer_mine(town: Any, who: Any, things: Objects) -> list[str]:
    if who is None or who.key:
        return ["nobody is called"]
    return [status(town, who, "POST", f"/v1/calls/{owed_api.call(town, who, things.plots[0])}/acknowledge")]


@asks("GET /v1/sites/{site_id}/documents/{number}.pdf")
def read_papers(town: Any, who: Any, things: Objects) -> list[str]:
    return [status(town, who, "GET", f"{one}.pdf") for one in _papers(town, things)]


@asks("GET /v1/sites/{site_id}/documents/{number}.docx")
def edit_papers(town: Any, who: Any, things: Objects) -> list[str]:
    return [status(town, who, "GET", f"{one}.docx") for one in _papers(town, things)]


@asks("POST /v1/sites/{site_id}/documents/{number}/void")
def void_papers(town: Any, who: Any, things: Objects) -> list[str]:
    made = document_api.papers(town, things.plots)
    return [status(town, who, "POST", f"{one}/void", json={"reason": "x"}) for one in made]


def _papers(town: Any, things: Objects) -> list[str]:
    if "papers" not in town.people:
        town.people["papers"] = document_api.papers(town, things.plots)
    return list(town.people["papers"])


@asks("GET /v1/now")
def see_what_waits(town: Any, who: Any, things: Objects) -> list[str]:
    answer = town.client.as_(who, "GET", "/v1/now", params={"about": things.alarms})
    if answer.status_code != 200:
        return [str(answer.status_code)] * 4
    found = {one["id"] for one in answer.json()["items"]}
    return ["in" if one in found else "out" for one in things.alarms]


@asks("GET /v1/shelves")
def see_shelves(town: Any, who: Any, things: Objects) -> list[str]:
    askers = (town.who("safety_manager"), town.who("safety_manager"), town.who("safety_manager_b"))
    made = [owed_api.shelf(town, one, site) for one, site in zip(askers, things.plots, strict=False)]
    answer = town.client.as_(who, "GET", "/v1/shelves")
    if answer.status_code != 200:
        return [str(answer.status_code)] * 3
    return ["in" if one in {found["id"] for found in answer.json()["items"]} else "out" for one in made]


@asks("DELETE /v1/shelves/{shelf_id}")
def take_off(town: Any, who: Any, things: Objects) -> list[str]:
    askers = (town.who("safety_manager"), town.who("safety_manager"), town.who("safety_manager_b"))
    made = [owed_api.shelf(town, one, site) for one, site in zip(askers, things.plots, strict=False)]
    return [status(town, who, "DELETE", f"/v1/shelves/{one}") for one in (*made, NOTHING)]


@asks("POST /v1/roster")
def write_rosters(town: Any, who: Any, things: Objects) -> list[str]:
    found = []
    for area in things.areas:
        body = owed_api.roster_entry(town, town.person(Role.LOCATOR, area=town.east).id, area)
        found.append(status(town, who, "POST", "/v1/roster", json=body))
    return found


@asks("POST /v1/roster/copies")
def copy_rosters(town: Any, who: Any, _things: Objects) -> list[str]:
    with town.at(town.a) as work:
        span = [(work.now() + timedelta(days=days)).isoformat() for days in (0, 2, 200)]
    body = dict(zip(("since", "until", "onto"), span, strict=True))
    return [status(town, who, "POST", "/v1/roster/copies", json=body)]


@asks("DELETE /v1/roster/{duty_id}")
def end_rosters(town: Any, who: Any, _things: Objects) -> list[str]:
    places = ((town.a, town.east), (town.a, town.west), (town.b, town.east))
    made = [owed_api.on_duty(town, tenant, area, day=50_000 + town.made)[0] for tenant, area in places]
    return [status(town, who, "DELETE", f"/v1/roster/{one}") for one in (*made, NOTHING)]


@asks("DELETE /v1/substitutions/{substitution_id}")
def end_substitutions(town: Any, who: Any, things: Objects) -> list[str]:
    tenants = (town.a, town.a, town.b)
    made = [owed_api.substitution(town, one, duty) for one, duty in zip(tenants, things.rosters, strict=False)]
    return [status(town, who, "DELETE", f"/v1/substitutions/{one}") for one in (*made, NOTHING)]


@asks("POST /v1/shifts/log")
def write_shifts(town: Any, who: Any, _things: Objects) -> list[str]:
    return [status(town, who, "POST", "/v1/shifts/log", json={"words": "quiet"})]


def entries(town: Any) -> list[str]:
    """Return an entry of somebody in the asker's area, elsewhere in the tenant, in another tenant, and none."""
    if "west dispatcher" not in town.people:
        town.people["west dispatcher"] = town.person(Role.DISPATCHER, area=town.west)
    authors = (town.who("dispatcher"), town.people["west dispatcher"], town.who("dispatcher_b"))
    sent = [town.client.as_(one, "POST", "/v1/shifts/log", json={"words": "quiet"}) for one in authors]
    return [*(str(one.json()["id"]) for one in sent), NOTHING]


@asks("GET /v1/shifts/log")
def see_shifts(town: Any, who: Any, _things: Objects) -> list[str]:
    made = entries(town)
    answer = town.client.as_(who, "GET", "/v1/shifts/log?limit=200")
    if answer.status_code != 200:
        return [str(answer.status_code)] * 4
    return ["in" if one in {found["id"] for found in answer.json()["items"]} else "out" for one in made]


@asks("POST /v1/shifts/log/{entry_id}/acknowledge")
def take_shifts(town: Any, who: Any, _things: Objects) -> list[str]:
    return [status(town, who, "POST", f"/v1/shifts/log/{one}/acknowledge") for one in entries(town)]


@asks("GET /v1/alarms/stream")
def follow(town: Any, who: Any, _things: Objects) -> list[str]:
    town.app.state.live.stopping.set()  # else a stream that is permitted never ends
    found = status(town, who, "GET", "/v1/alarms/stream")
    town.app.state.live.stopping.clear()
    return [found]


def asker(town: Any, role: str) -> Any:
    if role == "nobody":
        return None
    if role == "device":
        if "device in east" not in town.people:
            town.people["device in east"] = town.device(area=town.east)
        return town.people["device in east"]
    return town.who(role)


def operations(town: Any) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, found in town.app.openapi()["paths"].items()
        for method in found
        if method in {"get", "post", "put", "patch", "delete"}
    }


def rows() -> dict[str, dict[str, str]]:
    """Return the reviewed answers by operation and role; the file groups roles that get the same."""
    said = yaml.safe_load(ROWS.read_text(encoding="utf-8"))
    return {
        operation: {role: str(answers) for answers, roles in groups.items() for role in roles}
        for operation, groups in said["operations"].items()
    }


def test_every_operation_has_a_reviewed_row_for_every_role(town: Any) -> None:
    known = rows()
    assert operations(town) == {operation.partition(" #")[0] for operation in known}
    assert set(known) == set(ASKS)
    for operation, row in known.items():
        assert set(row) == set(ROLES), operation


def test_a_role_stands_in_one_group_only() -> None:
    for operation, groups in yaml.safe_load(ROWS.read_text(encoding="utf-8"))["operations"].items():
        said = [role for roles in groups.values() for role in roles]
        assert len(said) == len(set(said)), operation


def write(found: dict[str, dict[str, str]]) -> None:
    lines = [
        line for line in (ROWS.read_text(encoding="utf-8") if ROWS.exists() else "").splitlines() if line[:1] == "#"
    ]
    lines.append("operations:")
    for operation, row in sorted(found.items(), key=lambda pair: (pair[0].split()[1], pair[0])):
        groups: dict[str, list[str]] = defaultdict(list)
        for role, answers in row.items():
            groups[answers].append(role)
        lines.append(f"  {json.dumps(operation)}:")
        lines += [f"    {json.dumps(answers)}: [{', '.join(roles)}]" for answers, roles in groups.items()]
    ROWS.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.timeout(1200)
def test_the_house_answers_as_the_matrix_says(town: Any, things: Objects) -> None:
    found: dict[str, dict[str, str]] = {operation: {} for operation in ASKS}
    calls = 0
    for operation, ask in ASKS.items():
        for role in ROLES:
            answers = ask(town, asker(town, role), things)
            calls += len(answers)
            found[operation][role] = " ".join(answers)
    if os.environ.get("PIPEWARDEN_WRITE_MATRIX"):
        write(found)
    expected = rows()
    wrong = {
        f"{operation} as {role}": f"{found[operation][role]}, reviewed: {expected[operation][role]}"
        for operation in ASKS
        for role in ROLES
        if found[operation][role] != expected[operation][role]
    }
    assert wrong == {}
    print(f"matrix: {len(operations(town))} operations, {len(ASKS)} rows, {len(ROLES)} askers, {calls} cells")  # noqa: T201
    assert not any(
        code.startswith("5") for row in found.values() for answers in row.values() for code in answers.split()
    )


def test_foreign_and_absent_read_the_same_to_the_letter(town: Any, things: Objects) -> None:
    for role in ROLES:
        who = asker(town, role)
        for path, four in (
            ("/v1/alarms/{}", things.alarms),
            ("/v1/alarms/{}/events", things.alarms),
            ("/v1/observations/{}", things.frames),
        ):
            said = [town.client.as_(who, "GET", path.format(one)) for one in four[2:]]
            if said[0].status_code == 404:
                assert said[0].content == said[1].content, (role, path)
                for one in said:
                    one.headers.pop("x-request-id")  # each answer's own, drawn by chance
                assert said[0].headers == said[1].headers, (role, path)
