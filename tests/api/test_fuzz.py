"""Schemathesis over every operation: no server error, no answer beside the document, each reached with a success."""

from __future__ import annotations

import base64
import json
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import act_api
import admin_api
import blind_streams as streams
import calibrated_api
import clue_api
import contractor_api
import document_api
import expert_api
import filer_api
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
import outside_api
import owed_api
import own_rules
import patrol_api
import pay_api
import permit_rows
import pytest
import report_api
import schemathesis
import standby_api
import strike_api
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from id_provider import id_provider
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from second_factor import Authenticator
from site_api import File
from sqlalchemy import text

from pipewarden.network.facts import Regime
from pipewarden.network.facts.draft import DraftState
from pipewarden.network.store import activate
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Screened
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewDevice, NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

EXAMPLES = [10, pytest.param(25, marks=pytest.mark.release)]  # an operation, on top of the one that is right
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
PLACE = (116.7303, 39.4403)
DAY = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
FRAMES = '[{"name": "1.png", "at": "2026-11-20T01:00:00Z"}]'
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PNG = base64.b64decode(PIXEL)
LIST = json.dumps([permit_rows.taipei()]).encode()
STREAM = "GET /v1/alarms/stream"
ONCE = ("leaver", "changer", "coder", "prover", "phone", "wisher")  # who ask for what can be asked once


@dataclass(slots=True)
class Aim:
    """A request that must succeed: who asks (nobody, where a cookie would end its session), and each part."""

    who: str = "safety_manager"
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    media: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def report(number: int) -> dict[str, Any]:
    data = {"words": "挖机", "lon": PLACE[0], "lat": PLACE[1], "accuracy_m": 7}
    return {"specversion": "1.0", "id": f"f{number}", "source": "fuzz", "type": "pipewarden.report", "data": data}


def private(town: Any) -> tuple[str, str]:
    """Set a hold and let somebody ask to be forgotten; return both ids."""
    held = {"kind": "hold", "subject": "picture:none", "reason": "fuzz"}
    hold = town.client.as_(town.who("tenant_admin"), "POST", "/v1/holds", json=held).json()["id"]
    wish = town.client.as_(town.person(Role.RESIDENT), "POST", "/v1/me/erasure", json={}).json()["id"]
    return hold, wish


@pytest.fixture(scope="module")
def outside(town: Any) -> Iterator[dict[str, Aim]]:
    """A provider that answers and a phone that gets codes."""
    with outside_api.opened(town) as box, id_provider(town.home.factory.clock.now) as there:
        yield {name: Aim(**one) for name, one in outside_api.fuzzed(town, box, there).items()}


@pytest.fixture(scope="module", autouse=True)
def base_map(town: Any) -> Iterator[None]:
    with gis_api.based(town):
        yield


def maps(town: Any) -> tuple[str, str, str]:
    """Return two versions of a network, and a draft of another."""
    with town.network(town.a, {"fz": [PLACE, (PLACE[0] + 0.001, PLACE[1])]}):
        earlier = intake_api.compared(town, town.a)
    with town.network(town.a, {"fz": [PLACE, (PLACE[0] + 0.002, PLACE[1])]}):
        return earlier, intake_api.compared(town, town.a), intake_api.draft(town, town.a)


@pytest.fixture(scope="module")
def aims(town: Any, outside: dict[str, Aim]) -> dict[str, Aim]:
    """One request per operation that is right, on objects that are there."""
    steps = (0.0, 0.004, 0.008)
    one, other, whole = (town.alarm_at(town.who("safety_manager"), (PLACE[0] + step, PLACE[1])) for step in steps)
    manager = town.who("safety_manager")
    brought = town.client.as_(manager, "GET", f"/v1/alarms/{one}").json()["members"][0]["finding_id"]
    merged = {"other_id": one, "reason": "one site"}
    assert town.client.as_(manager, "POST", f"/v1/alarms/{whole}/merge", json=merged).status_code == 200
    sha = town.home.blobs.put(base64.b64decode(PIXEL))
    with town.home.work() as work:
        work.session.execute(
            text("UPDATE dedupe_alarms SET evidence = :sha, evidence_box = '[0, 0, 1, 1]' WHERE id = :id"),
            {"sha": sha, "id": whole},
        )
        login = work.session.scalar(text("SELECT login FROM people_persons WHERE id = :id"), {"id": manager.id})
        camera = work.session.scalar(text("SELECT id FROM sense_cameras WHERE key = 'cam-east' LIMIT 1"))
    sent = town.report(manager, PLACE).json()["items"][0]["observation_id"]
    alarm = {"alarm_id": whole}
    town.bus(town.a)
    ride = {"vehicle": "bus", "name": "fuzz"}
    trip = town.client.as_(town.who("device"), "POST", "/v1/trips", json=ride).json()["id"]
    town.people |= {name: town.person(Role.DISPATCHER, area=town.east) for name in ONCE}
    phone = Authenticator(town.client.as_(town.who("phone"), "POST", "/v1/factor").json()["secret"])
    here, quiet, right = looked(town)
    with town.home.work() as work:
        for key in ("fz", "fz-old"):
            sense.register_device(work, NewDevice(key, key, "das", senders=(town.who("device").id,)))
    room = {"check_id": indoors(town)}
    hold, wish = private(town)
    works, (own, beneath, flaw, receipt) = filing_api.filed(town, manager, PLACE), under(town)
    firm, twin, entry, appealed = judged_firm(town, manager)
    drill = {"strike_id": strike_api.struck(town, manager, PLACE, drill=True)["id"]}
    century = {"since": "2020-01-01T00:00:00Z", "until": "2090-01-01T00:00:00Z"}
    site, version, shown = filed(town, manager, (PLACE[0], PLACE[1] + 0.004))
    questions = {
        "version": "fuzz@1",
        "task": "look at the picture",
        "questions": [
            {"id": "machine", "side": "needed", "zh": "机械？", "en": "a machine?"},
            {"id": "ground", "side": "for", "zh": "动土？", "en": "ground works?"},
        ],
    }
    told = File(town, (PLACE[0] + 0.02, PLACE[1]))
    first = told.reported()
    mine = previewed(town)
    plot, shelved = (owed_api.site(town, town.a, (PLACE[0] + step, PLACE[1])) for step in (0.012, 0.016))
    standing, serving = (owed_api.on_duty(town, town.a, town.east, day=day)[0] for day in (2, 3))
    with town.home.work() as work:
        span = {"begins_at": (work.now() + timedelta(days=3, hours=1)).isoformat()}
        span["ends_at"] = (work.now() + timedelta(days=3, hours=2)).isoformat()
        soon = (work.now() + timedelta(hours=1)).isoformat()
        days = {"since": work.now().isoformat(), "until": (work.now() + timedelta(days=9)).isoformat()}
    owed = {"duty_id": owed_api.duty(town, town.a, plot)}
    sent_on = {"words": "quiet", "to_id": str(manager.id)}
    handed = town.client.as_(town.who("dispatcher"), "POST", "/v1/shifts/log", json=sent_on).json()["id"]
    token = act_api.link(town, town.person(Role.SAFETY_MANAGER))[1].rpartition("/")[2]
    earlier, mapped, draft = maps(town)
    town.people["platform"] = intake_api.key(town)
    hook = {"webhook_id": act_api.webhook(town, town.a)}
    named, voided, issue, code = papers(town, site)
    admin = {"login": f"fz-{town.made}", "name": "F", "password": PASSWORD}
    return {
        "GET /healthz": Aim(),
        "GET /livez": Aim(),
        "GET /readyz": Aim(),
        **outside,
        **{name: Aim(**one) for name, one in standby_api.fuzzed(town, PNG, PLACE).items()},
        **{name: Aim(**one) for name, one in market_api.fuzzed(town).items()},
        **{name: Aim(**one) for name, one in insight_api.fuzzed(town).items()},
        **{name: Aim(**one) for name, one in admin_api.fuzzed(town).items()},
        **{name: Aim(**one) for name, one in expert_api.fuzzed(town).items()},
        **{name: Aim(**one) for name, one in label_api.fuzzed(town).items()},
        **{name: Aim(**one) for name, one in pay_api.fuzzed(town).items()},
        **{name: Aim(**one) for name, one in foundry_api.fuzzed(town, PNG).items()},
        **{name: Aim(**one) for name, one in gis_api.fuzzed(town, site).items()},
        "GET /v1/operation": Aim(),
        "POST /v1/session": Aim("", body={"login": login, "password": PASSWORD}),
        "DELETE /v1/session": Aim("leaver"),
        "POST /v1/session/password": Aim("changer", body={"old": PASSWORD, "new": "Elf Reiher am Eis 12"}),
        "GET /v1/me": Aim(),
        "GET /v1/session": Aim(),
        "GET /v1/people": Aim(query={"role": "dispatcher"}),
        "POST /v1/people": Aim("tenant_admin", body=admin),
        "POST /v1/memberships": Aim(
            "security_admin", body={"login": admin["login"], "role": "grid_worker", "area_id": str(town.east)}
        ),
        "DELETE /v1/memberships/{membership_id}": Aim(
            "security_admin", membership_of(town, town.person(Role.GRID_WORKER, area=town.east))
        ),
        "GET /v1/sessions": Aim(query={"everybody": False}),
        "DELETE /v1/sessions/{session_id}": Aim(
            "security_admin", {"session_id": session_of(town, town.person(Role.GRID_WORKER, area=town.east))}
        ),
        "GET /v1/factor": Aim(),
        "GET /v1/factors": Aim("security_admin"),
        "POST /v1/factor/confirmation": Aim("phone", body=lambda: {"code": phone.code(town.home.factory.clock.now())}),
        "POST /v1/factor": Aim(),
        "POST /v1/factor/codes": Aim(),
        "POST /v1/session/factor": Aim("coder", body={"code": town.who("coder").device.recovery[0]}),
        "POST /v1/session/proof": Aim("prover", body={"password": PASSWORD}),
        "DELETE /v1/people/{person_id}/factor": Aim(
            "security_admin", {"person_id": str(town.person(Role.DISPATCHER, area=town.east).id)}
        ),
        "GET /v1/me/messages": Aim(query={"limit": 3}),
        "POST /v1/me/messages/read": Aim(body={"up_to": owed_api.NOTHING}),
        "GET /v1/deliveries": Aim(query={"limit": 3}),
        "GET /v1/channels": Aim(),
        "GET /v1/reach": Aim(),
        "GET /v1/ack/{token}": Aim("", {"token": token}),
        "POST /v1/ack/{token}": Aim("", {"token": token}),
        "GET /v1/webhooks": Aim(),
        "POST /v1/webhooks": Aim("tenant_admin", body={"name": "fz", "url": "https://x.example.org"}),
        "POST /v1/webhooks/{webhook_id}/test": Aim("tenant_admin", hook),
        "GET /v1/webhooks/{webhook_id}/deliveries": Aim("tenant_admin", hook),
        "PUT /v1/webhooks/{webhook_id}": Aim("tenant_admin", hook, body={"name": "fz", "active": True}),
        "DELETE /v1/webhooks/{webhook_id}": Aim("tenant_admin", {"webhook_id": act_api.webhook(town, town.a)}),
        "GET /v1/me/contacts": Aim(),
        "PUT /v1/me/contacts": Aim(body={"items": [{"kind": "wecom", "address": "fuzz-key-1"}]}),
        "GET /v1/people/{person_id}/contacts": Aim(
            "tenant_admin", path={"person_id": str(manager.id)}, headers={"X-Reason": "reaching"}
        ),
        "GET /v1/audit": Aim("auditor", query={"limit": 3, "act": "person"}),
        "GET /v1/views": Aim("auditor", query={"limit": 3, "what": "contact"}),
        "GET /v1/me/views": Aim(query={"limit": 3}),
        "PUT /v1/people/{person_id}/contacts": Aim(
            "tenant_admin", {"person_id": str(manager.id)}, body={"items": [{"kind": "sms", "address": "13800001234"}]}
        ),
        "GET /v1/robots": Aim(),
        "PUT /v1/robots": Aim("tenant_admin", body={"items": [{"kind": "feishu", "address": "fuzz-key-1"}]}),
        "GET /v1/areas": Aim(),
        "GET /v1/privacy": Aim(),
        "GET /v1/me/data": Aim(),
        "GET /v1/me/consents": Aim(),
        "POST /v1/me/consents": Aim(body={"purpose": "contact", "version": 1, "given": True}),
        "POST /v1/me/erasure": Aim("wisher", body={"words": "please"}),
        "GET /v1/holds": Aim("tenant_admin"),
        "POST /v1/holds": Aim("tenant_admin", body={"kind": "hold", "subject": "picture:none", "reason": "fuzz"}),
        "POST /v1/holds/{hold_id}/lift": Aim("tenant_admin", {"hold_id": hold}, body={"reason": "fuzz"}),
        "GET /v1/erasures": Aim("tenant_admin"),
        "POST /v1/erasures/{erasure_id}/end": Aim(
            "tenant_admin", {"erasure_id": wish}, body={"grant": False, "reason": "fuzz"}
        ),
        "GET /v1/keys": Aim("tenant_admin"),
        "POST /v1/keys": Aim(
            "tenant_admin",
            body={"name": "fz", "permissions": ["observation:create"], "expires_at": "2027-06-01T00:00:00Z"},
        ),
        "DELETE /v1/keys/{key_id}": Aim("tenant_admin", {"key_id": str(town.device().id)}),
        "GET /v1/networks": Aim(),
        "GET /v1/rule-packs": Aim(query={"at": "2022-01-01T00:00:00Z"}),
        "GET /v1/network/proposals": Aim(query={"state": "open", "map_error": False, "limit": 3}),
        "POST /v1/network/proposals/{proposal_id}/decision": Aim(
            path={"proposal_id": measured_api.proposal(town, town.a, PLACE)}, body={"accept": True, "why": "dug"}
        ),
        "GET /v1/networks/drafts": Aim("tenant_admin", query={"limit": 3}),
        "GET /v1/networks/drafts/{draft_id}": Aim("tenant_admin", {"draft_id": draft}),
        "GET /v1/networks/drafts/{draft_id}/changes": Aim(
            "tenant_admin", {"draft_id": draft}, query={"kind": "moved", "limit": 3}
        ),
        "GET /v1/tiles/drafts/{draft_id}/{z}/{x}/{y}": Aim(
            "tenant_admin", {"draft_id": draft, "z": 14, "x": 13503, "y": 6232}
        ),
        "POST /v1/networks/drafts/{draft_id}/place": Aim(
            "tenant_admin", {"draft_id": draft}, body={"crs": "EPSG:4326"}
        ),
        "POST /v1/networks/drafts/{draft_id}/fields": Aim(
            "tenant_admin",
            {"draft_id": draft},
            body={"mapping": "generic", "fields": {"pressure": {"column": "id", "labels": {"a": "high"}}}},
        ),
        "PUT /v1/networks/drafts/{draft_id}/choice": Aim(
            "tenant_admin",
            {"draft_id": intake_api.draft(town, town.a, DraftState.READ)},
            body={
                "crs": "EPSG:4326",
                "jurisdiction": "CN-HE",
                "regime": "city_gas",
                "fields": {"id": {"column": "id"}},
            },
        ),
        "POST /v1/networks/drafts/{draft_id}/activation": Aim(
            "tenant_admin",
            {"draft_id": intake_api.draft(town, town.a, DraftState.COMPARED)},
            body={"why": "fuzz", "confirmed": ["shift"]},
        ),
        "POST /v1/networks/drafts/{draft_id}/discard": Aim(
            "tenant_admin", {"draft_id": intake_api.draft(town, town.a, DraftState.READ)}
        ),
        "POST /v1/networks/comparisons": Aim("tenant_admin", body={"base": earlier, "version": mapped}),
        "POST /v1/networks/drafts": Aim(
            "tenant_admin", query={"name": "fz.geojson"}, body=intake_api.MAP, media="application/octet-stream"
        ),
        "POST /v1/networks/{version_id}/activation": Aim(
            "tenant_admin", {"version_id": mapped}, body={"seen": None, "why": "fuzz"}
        ),
        "GET /v1/networks/{version_id}/diff": Aim(path={"version_id": mapped}),
        "GET /v1/networks/syncs/{sync_id}": Aim("tenant_admin", {"sync_id": intake_api.deliveries(town)[0]}),
        "POST /v1/networks/sync": Aim(
            "tenant_admin",
            query={"crs": "EPSG:4326", "name": "fz.geojson"},
            body=intake_api.MAP,
            media="application/octet-stream",
        ),
        "GET /v1/intake": Aim(query={"limit": 3, "state": "waiting"}),
        "POST /v1/intake/{platform}": Aim(
            "platform",
            {"platform": "12345-hotline"},
            body=intake_api.event("fz", {"words": "挖路"}),
            media="application/cloudevents+json",
        ),
        "PUT /v1/intake/{platform}/secret": Aim("tenant_admin_b", {"platform": "city-lifeline"}),
        "DELETE /v1/intake/{platform}/secret": Aim("tenant_admin_b", {"platform": "city-lifeline"}),
        "POST /v1/intake/items/{item_id}/place": Aim(
            path={"item_id": intake_api.waiting(town)}, body={"lon": PLACE[0], "lat": PLACE[1]}
        ),
        "POST /v1/intake/items/{item_id}/aside": Aim(
            path={"item_id": intake_api.waiting(town)}, body={"reason": "none of ours"}
        ),
        "GET /v1/offline-map": Aim(),
        "GET /v1/tiles/network/{z}/{x}/{y}": Aim(path={"z": "14", "x": "13504", "y": "6235"}),
        "GET /v1/zone": Aim(query={"lon": PLACE[0], "lat": PLACE[1]}),
        "POST /v1/observations": Aim(body=report(1), media="application/cloudevents+json"),
        "GET /v1/observations": Aim(query={"limit": 5}),
        "GET /v1/observations/{observation_id}": Aim(path={"observation_id": sent}),
        "GET /v1/cameras": Aim(),
        "GET /v1/cameras/blind": Aim(),
        "GET /v1/health/chain": Aim(),
        "GET /v1/cameras/{camera_id}": Aim(path={"camera_id": str(camera)}),
        "GET /v1/cameras/{camera_id}/events": Aim(path={"camera_id": str(camera)}),
        "GET /v1/devices": Aim(),
        "PUT /v1/devices/{key}": Aim("tenant_admin", {"key": "fz-new"}, body={"name": "fz", "dialect": "das"}),
        "GET /v1/devices/{key}": Aim(path={"key": "fz"}),
        "POST /v1/devices/{key}/alarms": Aim("device", {"key": "fz"}, body={"fibre": "f", "class": "digging"}),
        "DELETE /v1/devices/{key}": Aim("tenant_admin", {"key": "fz-old"}),
        STREAM: Aim(),
        "GET /v1/alarms": Aim(query={"zone": "unknown", "bbox": "116,39,117,40", "acknowledged": False, "limit": 3}),
        "GET /v1/alarms/{alarm_id}": Aim(path=alarm),
        **{name: Aim(**one) for name, one in clue_api.fuzzed(town, whole, sha).items()},
        "GET /v1/alarms/{alarm_id}/events": Aim(path=alarm),
        "GET /v1/alarms/{alarm_id}/evidence": Aim(path=alarm),
        "GET /v1/alarms/{alarm_id}/verdict": Aim(path=alarm),
        "GET /v1/cameras/{camera_id}/reference": Aim(path=here),
        "GET /v1/cameras/{camera_id}/commissioning": Aim(path=here),
        "POST /v1/cameras/{camera_id}/commissioning": Aim(
            "safety_manager", here, body={"band": "near"} | {one: quiet[one] for one in ("since", "until")}
        ),
        "GET /v1/cameras/{camera_id}/calibration": Aim("safety_manager", path=here),
        **calibrated_api.aims(Aim, town),
        "POST /v1/cameras/{camera_id}/reference": Aim("safety_manager", here, body={"observation_id": right}),
        "GET /v1/cameras/{camera_id}/rules": Aim(path=here),
        "PUT /v1/cameras/{camera_id}/rules": Aim(path=here, body={"off": ["parked"], "note": "the school road"}),
        "PUT /v1/cameras/{camera_id}/mask": Aim(path=here, body={"ring": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}),
        "PUT /v1/cameras/{camera_id}/background": Aim(path=here, body=quiet),
        "GET /v1/policies/{kind}": Aim(path=mine, query={"version": "fuzz@1"}),
        "POST /v1/policies/{kind}": Aim(path=mine, body={"text": own_rules.rules("fuzz@2"), "why": "fuzz"}),
        "POST /v1/policies/{kind}/edit": Aim(
            path=mine,
            body={"text": own_rules.rules("fuzz@3"), "edits": [{"path": ["rules", 0, "since"], "value": "2011-01-01"}]},
        ),
        "POST /v1/policies/{kind}/preview": Aim(path=mine, body={"version": "fuzz@1", "days": 7}),
        "POST /v1/policies/{kind}/activate": Aim(path=mine, body={"version": "fuzz@1"}),
        "POST /v1/policies/{kind}/rollback": Aim(path=mine, body={"why": "fuzz"}),
        "GET /v1/rules": Aim(),
        "GET /v1/weights": Aim(),
        "GET /v1/questions": Aim(),
        "PUT /v1/questions": Aim(body=questions),
        "GET /v1/questions/versions": Aim(),
        "DELETE /v1/questions": Aim(),
        "GET /v1/cameras/{camera_id}/picture": Aim(path=here),
        "POST /v1/trips": Aim("device", body={"vehicle": "bus", "name": "fuzz"}),
        "GET /v1/trips": Aim(query={"limit": 3}),
        "GET /v1/trips/{trip_id}": Aim(path={"trip_id": trip}),
        "GET /v1/trips/{trip_id}/frames": Aim(path={"trip_id": trip}),
        "POST /v1/trips/{trip_id}/frames": Aim(
            "device", {"trip_id": trip}, body={"frames": FRAMES, "pictures": [PNG]}, media="multipart/form-data"
        ),
        "GET /v1/coverage": Aim(query=DAY),
        "GET /v1/coverage/ground": Aim(query=DAY | {"area": str(town.east)}),
        "GET /v1/figures": Aim(query={"since": "2026-01-01T00:00:00Z"}),
        "GET /v1/figures/cost": Aim(query={"since": "2026-01-01T00:00:00Z"}),
        "GET /v1/models": Aim(),
        "GET /v1/reviews/{alarm_id}/evidence": Aim(path=alarm),
        "GET /v1/indoor/hazards": Aim("resident"),
        "GET /v1/indoor/figures": Aim(),
        "GET /v1/indoor/checks": Aim(query={"limit": 3, "waits": True}),
        "POST /v1/indoor/checks": Aim(body={"picture": base64.b64decode(PIXEL)}, media="multipart/form-data"),
        "GET /v1/indoor/checks/{check_id}": Aim(path=room),
        "GET /v1/indoor/checks/{check_id}/picture": Aim(path=room),
        "POST /v1/indoor/checks/{check_id}/review": Aim(path=room, body={"matches": True, "hazards": ["hose_old"]}),
        "GET /v1/duties": Aim(query={"limit": 3, "mine": False, "kind": "arrive"}),
        "POST /v1/duties/{duty_id}/pause": Aim(path=owed, body={"reason": "storm", "until": soon}),
        "POST /v1/duties/{duty_id}/resume": Aim(path=owed),
        "GET /v1/flood": Aim(),
        "GET /v1/now": Aim(query={"view": "now", "zone": "unknown", "limit": 3}),
        "GET /v1/shelves": Aim(),
        "POST /v1/shelves": Aim(body={"site_id": plot, "reason": "the crew is known", "until": soon}),
        "DELETE /v1/shelves/{shelf_id}": Aim(path={"shelf_id": owed_api.shelf(town, manager, shelved)}),
        "GET /v1/calls": Aim(query={"limit": 3, "waits": True}),
        "POST /v1/calls/{call_id}/acknowledge": Aim(path={"call_id": owed_api.call(town, manager, plot)}),
        "GET /v1/shifts/log": Aim(query={"limit": 3}),
        "POST /v1/shifts/log": Aim(body={"words": "quiet"}),
        "POST /v1/shifts/log/{entry_id}/acknowledge": Aim(path={"entry_id": handed}),
        "GET /v1/roster": Aim(query=days),
        "POST /v1/roster": Aim(
            body=owed_api.roster_entry(town, town.person(Role.LOCATOR, area=town.east).id, town.east)
        ),
        "POST /v1/roster/copies": Aim(body=days | {"onto": soon}),
        "DELETE /v1/roster/{duty_id}": Aim(path={"duty_id": owed_api.on_duty(town, town.a, town.east, day=40)[0]}),
        "POST /v1/roster/{duty_id}/substitutions": Aim(path={"duty_id": serving}, body=span | {"reason": "ill"}),
        "DELETE /v1/substitutions/{substitution_id}": Aim(
            path={"substitution_id": owed_api.substitution(town, town.a, standing)}
        ),
        "GET /v1/sites": Aim(query={"open": True, "zone": "unknown", "bbox": "116,39,117,40", "limit": 3}),
        "GET /v1/sites/{site_id}": Aim(path={"site_id": site}),
        "GET /v1/sites/{site_id}/events": Aim(path={"site_id": site}),
        "GET /v1/sites/{site_id}/next": Aim(path={"site_id": site}),
        "GET /v1/government/reports": Aim("regulator", query={"limit": 3}),
        "GET /v1/government/figures": Aim(
            "regulator", query={"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
        ),
        "POST /v1/government/reports/{site_id}/{report_id}/acknowledge": Aim(
            "regulator", {"site_id": told.id, "report_id": first}
        ),
        "POST /v1/government/reports/{site_id}/{report_id}/answer": Aim(
            "regulator", {"site_id": told.id, "report_id": told.reported()}, body={"answer": "we looked"}
        ),
        "POST /v1/sites/{site_id}/evidence-pack": Aim(path={"site_id": site}),
        "POST /v1/sites/{site_id}/evidence-pack.pdf": Aim(path={"site_id": site}),
        "GET /v1/signing-key": Aim(),
        **patrol_aims(town),
        "GET /v1/sites/{site_id}/risk": Aim(path={"site_id": site}),
        "GET /v1/sites/{site_id}/rules": Aim(path={"site_id": site}),
        "POST /v1/sites/{site_id}/events": Aim(
            path={"site_id": site}, body={"version": version, "act": {"kind": "note", "words": "seen"}}
        ),
        "POST /v1/sites/{site_id}/pictures": Aim(
            path={"site_id": site}, body={"picture": PNG}, media="multipart/form-data"
        ),
        "GET /v1/sites/{site_id}/pictures/{picture_id}": Aim(path={"site_id": site, "picture_id": shown}),
        "GET /v1/contractors": Aim(query={"name": "firm", "limit": 3}),
        "GET /v1/contractors/{contractor_id}": Aim(path=firm),
        "POST /v1/contractors/{contractor_id}/merge": Aim(
            path=twin, body={"into": firm["contractor_id"], "reason": "x"}
        ),
        "PUT /v1/contractors/{contractor_id}/speaker": Aim(path=firm, body={"person_id": str(manager.id)}),
        "POST /v1/contractors/{contractor_id}/appeals": Aim(
            path=firm, body=contractor_api.REASON | {"entry_id": entry}
        ),
        "POST /v1/contractors/{contractor_id}/appeals/{appeal_id}/decision": Aim(
            path=firm | {"appeal_id": appealed}, body={"struck_out": False, "reason": "it stays"}
        ),
        "GET /v1/sites/{site_id}/documents": Aim(path={"site_id": site}),
        "POST /v1/sites/{site_id}/documents/draft": Aim(path={"site_id": site}, body=document_api.notice()),
        "POST /v1/sites/{site_id}/documents/draft.pdf": Aim(path={"site_id": site}, body=document_api.notice()),
        "POST /v1/sites/{site_id}/documents": Aim(path={"site_id": site}, body=issue),
        "GET /v1/sites/{site_id}/documents/{number}.pdf": Aim(path=named),
        "GET /v1/sites/{site_id}/documents/{number}.docx": Aim(path=named),
        "POST /v1/sites/{site_id}/documents/{number}/void": Aim(
            path={"site_id": site, "number": voided}, body={"reason": "wrong"}
        ),
        "GET /v1/document-kinds": Aim(),
        "GET /v1/document-templates": Aim(query={"kind": "stop"}),
        "POST /v1/document-templates": Aim(body={"kind": "plan", "template": None, "note": "fuzz"}),
        "POST /v1/document-templates/preview": Aim(body={"kind": "plan"}),
        "GET /verify/{token}": Aim("", {"token": code}),
        **{name: Aim("", **one) for name, one in open311_api.fuzzed(town, PLACE).items()},
        "POST /v1/strikes": Aim(body={"lon": PLACE[0], "lat": PLACE[1], "words": "嘶嘶响", "drill": True}),
        "GET /v1/strikes": Aim(query={"over": False, "drill": True, "limit": 3}),
        "GET /v1/strikes/figures": Aim(query=century),
        "GET /v1/strikes/damages.csv": Aim(query=century),
        "GET /v1/strikes/{strike_id}": Aim(path=drill),
        "GET /v1/strikes/{strike_id}/events": Aim(path=drill),
        "GET /v1/strikes/{strike_id}/damage": Aim(path=drill),
        "POST /v1/strikes/{strike_id}/events": Aim(path=drill, body={"act": {"kind": "called", "key": "fire"}}),
        "GET /v1/outcomes": Aim(query={"true": False, "missed": False, "whole": True, "limit": 3}),
        "GET /v1/outcomes/figures": Aim(query=century),
        "GET /v1/strike-contacts": Aim(),
        "POST /v1/strike-contacts": Aim(
            body={"kind": "hotline", "name": "抢险", "number": "0316-100", "since": "2026-11-01"}
        ),
        "GET /v1/filings": Aim(query={"state": "filed", "bbox": "116,39,117,40", "limit": 3}),
        "POST /v1/filings": Aim(body=filing_api.works(PLACE)),
        "GET /v1/filings/audit": Aim(),
        "POST /v1/filings/audit/lists": Aim(body={"source": "taipei-dig", "every_h": 36}),
        "POST /v1/filings/imports": Aim(
            query={"mapping": "taipei-dig", "dry_run": True}, body={"file": LIST}, media="multipart/form-data"
        ),
        "GET /v1/filings/{filing_id}": Aim(path={"filing_id": works}),
        "GET /v1/filings/{filing_id}/handover": Aim(path={"filing_id": handed_over(town, manager)}),
        "GET /v1/filings/{filing_id}/events": Aim(path={"filing_id": works}),
        "GET /v1/filings/{filing_id}/sites": Aim(filer_api.DIGGER, {"filing_id": own}),
        "POST /v1/filings/{filing_id}/sites/{site_id}/answer": Aim(
            filer_api.DIGGER, {"filing_id": own, "site_id": beneath}, body={"violation_id": flaw, "words": "mended"}
        ),
        "GET /v1/filings/{filing_id}/documents": Aim(filer_api.DIGGER, {"filing_id": own}),
        "GET /v1/filings/{filing_id}/documents/{number}.pdf": Aim(filer_api.DIGGER, receipt),
        "POST /v1/filings/{filing_id}/documents/{number}/signature": Aim(
            filer_api.DIGGER,
            receipt,
            body={"signature": '{"name": "n"}', "picture": PNG},
            media="multipart/form-data",
        ),
        "POST /v1/filings/{filing_id}/events": Aim(
            path={"filing_id": works}, body={"version": 2, "act": {"kind": "answer", "words": "one pipe"}}
        ),
        "GET /v1/reviews": Aim(query={"limit": 3}),
        "GET /v1/reviews/{alarm_id}": Aim(path=alarm),
        "POST /v1/reviews/{alarm_id}/take": Aim(path=alarm),
        "POST /v1/reviews/{alarm_id}/release": Aim(path=alarm),
        "POST /v1/reviews/{alarm_id}/decide": Aim(path=alarm, body={"code": "digging", "words": "seen"}),
        "POST /v1/alarms/{alarm_id}/acknowledge": Aim(path=alarm, body={"reason": "seen"}),
        "POST /v1/alarms/{alarm_id}/split": Aim(path=alarm, body={"finding_ids": [brought], "reason": "two"}),
        "POST /v1/alarms/{alarm_id}/merge": Aim(path=alarm, body={"other_id": other, "reason": "one"}),
        **{name: Aim(**said) for name, said in report_api.aimed(town).items()},
    }


def membership_of(town: Any, who: Any) -> dict[str, str]:
    """Return the one membership of somebody new, as the path names it."""
    with town.at(who.tenant_id) as work:
        held = people.memberships(work, people.operator(who.tenant_id))
        return {"membership_id": str(next(one.id for _, one in held if one.person_id == who.id))}


def session_of(town: Any, who: Any) -> str:
    """Return the one open session of somebody new."""
    with town.at(PLATFORM) as work:
        picked = text("SELECT id::text FROM people_sessions WHERE person_id = :id AND ended_at IS NULL")
        return str(work.session.scalar(picked, {"id": who.id}))


def patrol_aims(town: Any) -> dict[str, Aim]:
    """Return requests about patrols: one that goes on, one that ends, phones that are bound and are to be bound."""
    walker = patrol_api.agreed(town, town.who("patroller"))
    goes_on, ends = ({"patrol_id": patrol_api.begun(town, walker)} for _ in range(2))
    text, other = patrol_api.bound(town, walker), patrol_api.key(town)
    said = {"id": text, "lat": "39.48", "lon": "116.70", "timestamp": "1795136400"}
    return {
        "POST /v1/captures": Aim(),
        "POST /v1/patrols": Aim("patroller", body=patrol_api.new_patrol()),
        "GET /v1/patrols": Aim("patroller", query={"limit": 3}),
        "GET /v1/patrols/{patrol_id}": Aim("patroller", goes_on),
        "POST /v1/patrols/{patrol_id}/points": Aim("patroller", goes_on, body={"points": [patrol_api.POINT]}),
        "POST /v1/patrols/{patrol_id}/end": Aim("patroller", ends, body=patrol_api.END),
        "POST /v1/patrol-phones": Aim("patroller", body={"key": other}),
        "GET /v1/patrol-coverage": Aim(),
        "GET /v1/patrol-coverage/missed": Aim(query={"limit": 3}),
        "GET /v1/osmand": Aim("", query=said),
        "POST /v1/osmand": Aim("", body=said, media="application/x-www-form-urlencoded"),
    }


def handed_over(town: Any, who: Any) -> str:
    """Return a filing that was handed over to an operator elsewhere; a list was imported before."""
    files = {"file": ("dig.json", LIST)}
    town.client.as_(who, "POST", "/v1/filings/imports?mapping=taipei-dig", files=files)
    made = filing_api.filed(town, who, PLACE)
    act = {"kind": "hand_over", "name": "elsewhere", "reason": "theirs"}
    town.client.as_(who, "POST", f"/v1/filings/{made}/events", json={"version": 2, "act": act})
    return made


def judged_firm(town: Any, who: Any) -> tuple[dict[str, Any], dict[str, Any], str, str]:
    """A contractor with two entries, one of them appealed against: it, its other name, the other entry, the appeal."""
    for _ in range(2):
        firm = {"contractor_id": contractor_api.late(town, who, PLACE, "fuzz firm")}
    twin = {"contractor_id": contractor_api.named(town, town.a, "fuzz firm, its other name")}
    entries = [one["id"] for one in contractor_api.record(town, who, firm["contractor_id"])["entries"]]
    lost = contractor_api.appeal(town, town.who("dispatcher"), firm["contractor_id"], entries[0]).json()
    appealed = next(one for one in lost["entries"] if one["id"] == entries[0])["appeals"][0]["id"]
    return firm, twin, entries[1], appealed


def papers(town: Any, site: str) -> tuple[dict[str, str], str, dict[str, Any], str]:
    """Two documents of a site, one to be voided, what issues a third, and the code on the first."""
    notice = document_api.notice()
    paper, voided = (document_api.issued(town, "safety_manager", site, notice).json() for _ in range(2))
    seen = document_api.draft(town, "safety_manager", site, notice).json()["seen"]
    named = {"site_id": site, "number": paper["number"]}
    return named, voided["number"], notice | {"seen": seen}, document_api.token_of(town, paper["id"])


def under(town: Any) -> tuple[str, str, str, dict[str, str]]:
    """Works that a contractor filed: the filing, a site under it, a violation there, a document to sign."""
    filing, site = filer_api.under(town, (PLACE[0] + 0.011, PLACE[1]))
    return filing, site, filer_api.broken(town, site), {"filing_id": filing, "number": filer_api.notice(town, site)}


def previewed(town: Any) -> dict[str, str]:
    """Propose and preview rules of the tenant's own, and return of which kind they are."""
    for asked in ({"text": own_rules.rules("fuzz@1"), "why": "fuzz"}, {"version": "fuzz@1", "days": 7}):
        path = "/v1/policies/supervision" + ("/preview" if "days" in asked else "")
        assert town.client.as_(town.who("tenant_admin"), "POST", path, json=asked).status_code < 300
    return {"kind": "supervision"}


def filed(town: Any, who: Any, place: tuple[float, float]) -> tuple[str, int, str]:
    """Return a site with its version, and a picture that a note on it names."""
    site = town.site_at(who, place)
    files = {"picture": ("p.png", PNG, "image/png")}
    shown = town.client.as_(who, "POST", f"/v1/sites/{site}/pictures", files=files).json()["id"]
    version = town.client.as_(who, "GET", f"/v1/sites/{site}").json()["version"]
    body = {"version": version, "act": {"kind": "note", "shown": [shown]}}
    return site, town.client.as_(who, "POST", f"/v1/sites/{site}/events", json=body).json()["version"], shown


def indoors(town: Any) -> str:
    """Return a picture of gas at home that a resident sent."""
    files = {"picture": ("p.png", base64.b64decode(PIXEL), "image/png")}
    return str(town.client.as_(town.who("resident"), "POST", "/v1/indoor/checks", files=files).json()["id"])


def looked(town: Any) -> tuple[dict[str, str], dict[str, str], str]:
    """Return a camera that took a picture yesterday, screened and empty, the time around it, and the picture."""
    with town.home.work() as work:
        camera = sense.camera_by_key(work, "cam-east")
        at = work.now() - timedelta(days=1)
        one = sense.observe(
            work,
            town.home.blobs,
            NewObservation(
                stream="cam-east",
                source_id=f"quiet-{town.made}",
                kind=ObservationKind.FRAME,
                picture=base64.b64decode(PIXEL),
                picture_name="quiet.png",
                at=at,
                camera_id=camera.id,
            ),
        )
        perceive_store.add(work, [Screened(one.id, 1, 1, (), None)])
        streams.note_look(
            work, one, np.kron((np.indices((9, 16)).sum(0) % 2)[..., None], np.ones((40, 40, 3))).astype(np.uint8) * 200
        )
    town.drain()
    span = {"since": (at - timedelta(hours=1)).isoformat(), "until": (at + timedelta(hours=1)).isoformat()}
    return {"camera_id": str(camera.id)}, span | {"reason": "Sunday"}, str(one.id)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("examples", EXAMPLES)
def test_every_operation_holds_under_fuzz_and_is_reached(
    town: Any, address: str, aims: dict[str, Aim], examples: int
) -> None:
    town.app.openapi()  # made once here: a machine at work needs longer for it than its reader waits
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {one.label for one in operations} == set(aims)
    successes: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    worst: list[str] = []

    def send(case: Case, who: str) -> int:
        headers = dict(case.headers or {}) | (town.who(who).headers() if who else {})
        if "/sign-in/" in case.operation.label:  # wrong codes count by address, together with wrong passwords
            headers["X-Forwarded-For"] = f"10.98.{answers.total() // 250}.{answers.total() % 250}"
        response = case.call(headers=headers, timeout=30.0)
        answers[f"{response.status_code // 100}xx"] += 1
        if response.status_code < 300:
            successes[case.operation.label] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup) as error:
            worst.append(f"{case.operation.label}: {error}"[:2000])
        return int(response.status_code)

    for operation in sorted(operations, key=lambda one: list(aims).index(one.label)):
        aim = aims[operation.label]
        if operation.label == STREAM:
            town.app.state.live.stopping.set()  # else a stream that is permitted never ends
        with town.at(PLATFORM) as work:  # what was guessed before keeps nobody waiting here
            work.session.execute(text("DELETE FROM people_attempts"))
        aimed = operation.Case(path_parameters=aim.path, query=aim.query, headers=aim.headers, **_body(aim))
        pipes = {"fz-map": [PLACE, (PLACE[0] + 0.002, PLACE[1])]}  # a map is of pipes
        with town.network(town.a, pipes) if operation.label == "GET /v1/offline-map" else nullcontext():
            status = send(aimed, aim.who)
        assert status < 300, f"{operation.label}: {status}"

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), real=_real(aim))
        def fuzz(case: Case, real: bool) -> None:
            if real and aim.path:  # noqa: B023  called at once
                case.path_parameters = dict(aim.path)  # noqa: B023  called at once
            # what ends the session of who asks is asked by nobody else's session
            send(case, "fuzzer" if aim.who in ONCE else aim.who)  # noqa: B023  called at once

        town.people["fuzzer"] = town.person(Role.DISPATCHER, area=town.east)
        fuzz()
        town.app.state.live.stopping.clear()
    with town.at(town.a) as work:  # what was activated lies beneath nobody else's questions
        activate(work.session, town.a, Regime.CITY_GAS, None)
    figures = f"answers {dict(answers)}, at least {min(successes.values())} successes each"
    print(f"fuzz: {len(operations)} operations, {figures}")  # noqa: T201  the figures of the report
    assert worst == [], "\n".join(worst)
    assert set(successes) == set(aims)
    assert answers["5xx"] == 0


def _body(aim: Aim) -> dict[str, Any]:
    body = aim.body() if callable(aim.body) else aim.body  # what is right for half a minute only is made at once
    return {} if body is None else {"body": body, "media_type": aim.media}


def _real(aim: Aim) -> Any:
    return st.booleans() if aim.path else st.just(value=False)


def test_the_document_is_what_the_server_says(town: Any) -> None:
    assert town.client.get("/openapi.json").json() == json.loads(json.dumps(town.app.openapi()))
