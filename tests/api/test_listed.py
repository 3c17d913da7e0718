"""Every door that answers with somebody's name or number leaves a look on record, or stands here with its reason."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import market_api
import patrol_api
import pytest
import standby_api

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = Path(__file__).resolve().parents[2] / "web" / "src" / "words"
LOGGED = {  # lists: path, the list's name in the look, and whether it is asked for below
    "/v1/people": "people",
    "/v1/sessions": "sessions",
    "/v1/factors": "factors",
    "/v1/roster": "roster",
    "/v1/duties": "duties",
    "/v1/reach": "reach",
    "/v1/filings": "filings",
    "/v1/sites": "sites",
    "/v1/sites/board": "sites",
    "/v1/reviews": "reviews",
    "/v1/alarms": "alarms",
    "/v1/now": "now",
    "/v1/strikes": "strikes",
    "/v1/outcomes": "outcomes",
    "/v1/contractors/{contractor_id}": "contractors",
    "/v1/patrols": "patrols",
    "/v1/tasks/{task_id}/answers": "task answers",
    "/v1/rewards": "rewards",
    "/v1/rewards/{reward_id}": "rewards",
}
OTHERWISE = {  # a look of another kind, tested in tests/api/test_audit.py
    "/v1/filings/{filing_id}",
    "/v1/people/{person_id}/contacts",
    "/v1/people/{person_id}/outside",
    "/v1/patrols/{patrol_id}",
    "/v1/reports/{report_id}/contact",
}
_OWN = "one's own data"
_RECORD = "who did an official act stands in its record (PIPL art. 13 (3)); the record is read by role and area"
_AT_HAND = "one object at hand: who has it, so that the reader can work with them; its list left the look"
_HOUSE = "who made a rule, a template or a measurement of the house: an official act"
_NO_PERSON = "no natural person's: a thing, an organisation, a code or words of the house"
_FOUND = "experts register to be found: this card is what they show, and looks at it would be each client's list"
_BOTH = "the two sides of one piece of work, shown to one another alone"
EXCEPTIONS = {
    "/v1/me": _OWN,
    "/v1/me/expert": _OWN,
    "/v1/me/engagements": _OWN,
    "/v1/experts": _FOUND,
    "/v1/experts/{person_id}": _FOUND,
    "/v1/commissions/{commission_id}/matches": _FOUND,
    "/v1/cameras/{camera_id}/calibration": _HOUSE,
    "/v1/insight": _NO_PERSON,
    "/v1/insight/areas": _NO_PERSON,
    "/v1/insight/reports": _HOUSE,
    "/v1/commissions/{commission_id}": _BOTH,
    "/v1/commissions/{commission_id}/talks": _BOTH,
    "/v1/commissions/{commission_id}/agreement": _BOTH,
    "/v1/labelling/items/{item_id}": _BOTH,
    "/v1/commissions/{commission_id}/talks/{person_id}": _BOTH,
    "/v1/engagements/{engagement_id}/deliveries": _BOTH,
    "/v1/hall": _BOTH,
    "/v1/hall/{commission_id}": _BOTH,
    "/v1/hall/{commission_id}/talk": _BOTH,
    "/v1/me/contacts": _OWN,
    "/v1/channels/tests": _OWN,
    "/v1/roles": _HOUSE,
    "/v1/switches": _HOUSE,
    "/v1/me/data": _OWN,
    "/v1/me/views": _OWN,
    "/v1/session": _OWN,
    "/v1/wallet": _OWN,
    "/v1/alarms/{alarm_id}": _AT_HAND,
    "/v1/sites/{site_id}": _AT_HAND,
    "/v1/reviews/{alarm_id}": _AT_HAND,
    "/v1/strikes/{strike_id}": _AT_HAND,
    "/v1/alarms/{alarm_id}/events": _RECORD,
    "/v1/sites/{site_id}/events": _RECORD,
    "/v1/sites/{site_id}/documents": _RECORD,
    "/v1/strikes/{strike_id}/events": _RECORD,
    "/v1/filings/{filing_id}/events": _RECORD,
    "/v1/filings/{filing_id}/documents": _RECORD,
    "/v1/alarms/{alarm_id}/verdict": _RECORD,
    "/v1/audit": "the record itself: an auditor's reading it is their office, and would grow it by what it shows",
    "/v1/views": "the record itself",
    "/v1/operation": "who is paged for a fault, by role and duty; read by who runs the house",
    "/v1/finance/reconciliations": _HOUSE,
    "/v1/cameras/{camera_id}/reference": _HOUSE,
    "/v1/document-templates": _HOUSE,
    "/v1/policies/{kind}": _HOUSE,
    "/v1/questions/versions": _HOUSE,
    "/v1/models": _HOUSE,
    "/v1/network/proposals": _HOUSE,
    "/v1/networks": _HOUSE,
    "/v1/networks/drafts": _HOUSE,
    "/v1/networks/drafts/{draft_id}": _HOUSE,
    "/v1/calls": "ids alone, of who is called now",
    "/v1/deliveries": "ids alone",
    "/v1/webhooks/{webhook_id}/deliveries": "ids alone",
    "/v1/holds": "ids alone",
    "/v1/shelves": "ids alone",
    "/v1/erasures": "ids alone",
    "/v1/robots": "a robot of a group chat is no person",
    "/v1/strike-contacts": "numbers of offices that are called when a pipe is hit",
    "/v1/webhooks": "addresses of machines",
    **dict.fromkeys(
        (
            "/readyz",
            "/v1/areas",
            "/v1/cameras",
            "/v1/cameras/blind",
            "/v1/capabilities/{slug}/calls/{call_id}",
            "/v1/cameras/{camera_id}",
            "/v1/contractors",
            "/v1/coverage/ground",
            "/v1/devices",
            "/v1/devices/{key}",
            "/v1/factor",
            "/v1/finance",
            "/v1/finance/budgets",
            "/v1/government/figures",
            "/v1/government/reports",
            "/v1/indoor/checks",
            "/v1/basemaps",
            "/v1/indoor/checks/{check_id}",
            "/v1/keys",
            "/v1/networks/drafts/{draft_id}/changes",
            "/v1/me/keys",
            "/v1/networks/syncs/{sync_id}",
            "/v1/rule-packs",
            "/v1/networks/{version_id}/diff",
            "/v1/privacy",
            "/v1/providers",
            "/v1/public/notices",
            "/v1/reports",
            "/v1/rules",
            "/v1/standby",
            "/v1/sign-in/ways",
            "/v1/sites/{site_id}/next",
            "/v1/sites/{site_id}/rules",
            "/v1/trips",
            "/v1/trips/{trip_id}",
        ),
        _NO_PERSON,
    ),
}
_SOUNDS = re.compile(
    r"(^|_)(name|names|phone|phones|login|person|contact|contacts|actor|issuer|by|called|shown|witness|reporter|mobile|who)($|_)"
)


def fields(doc: dict[str, Any], schema: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield every field of an answer that sounds like somebody's name or number."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in seen:
            return
        for field, below in doc["components"]["schemas"][name].get("properties", {}).items():
            kinds = {below.get("type")} | {one.get("type") for one in below.get("anyOf", ())}
            if _SOUNDS.search(field) and not kinds <= {"integer", "boolean", "number", "null"}:
                yield f"{name}.{field}"
            yield from fields(doc, below, seen | {name})
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from fields(doc, schema[key], seen)
    for key in ("anyOf", "allOf", "oneOf"):
        for one in schema.get(key, ()):
            yield from fields(doc, one, seen)


def answering(doc: dict[str, Any]) -> dict[str, set[str]]:
    """Return the GET routes whose answers hold such a field, with the fields."""
    found: dict[str, set[str]] = {}
    for path, ways in doc["paths"].items():
        answers = ways.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).values()
        held = {one for answer in answers for one in fields(doc, answer.get("schema", {}))}
        if held:
            found[path] = held
    return found


def test_every_answer_with_a_name_is_on_record_or_says_why_not(town: Any) -> None:
    found = set(answering(town.app.openapi()))
    known = set(LOGGED) | OTHERWISE | set(EXCEPTIONS)
    assert found - known == set(), "log the look (people.listed), or say here why there is none"
    assert not set(LOGGED) & set(EXCEPTIONS)
    assert all(EXCEPTIONS.values())
    assert known - set(town.app.openapi()["paths"]) == set(), "what is gone needs no reason"


def test_a_new_field_with_a_name_is_found() -> None:
    whom = {"properties": {"n": {"type": "integer"}, "owner_name": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}
    page = {"properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}
    answer = {"responses": {"200": {"content": content}}}
    doc = {"components": {"schemas": {"Row": whom, "Page": page}}, "paths": {"/v1/rows": {"get": answer}}}
    assert answering(doc) == {"/v1/rows": {"Row.owner_name"}}
    whom["properties"]["owner_name"] = {"type": "integer"}
    assert answering(doc) == {}


def told(town: Any, who: Any, name: str) -> list[dict[str, Any]]:
    """Return what is on record of a reader's looks at a list, as the auditor reads it."""
    params = {"what": "list", "actor_id": str(who.id), "limit": 200}
    answer = town.client.as_(town.who("auditor"), "GET", "/v1/views", params=params)
    assert answer.status_code == 200, answer.text
    return [json.loads(one["subject_id"]) for one in answer.json()["items"] if one["subject_kind"] == name]


@pytest.mark.parametrize(
    ("path", "name", "key"),
    [
        ("/v1/people", "people", "id"),
        ("/v1/factors", "factors", "id"),
        ("/v1/sessions?everybody=true", "sessions", "person_id"),
    ],
)
def test_a_list_of_persons_leaves_one_row_with_who_was_shown(town: Any, path: str, name: str, key: str) -> None:
    admin = town.person(Role.TENANT_ADMIN)
    assert told(town, admin, name) == []
    answer = town.client.as_(admin, "GET", path)
    assert answer.status_code in {200, 403}, answer.text
    if answer.status_code == 403:
        admin = town.person(Role.SECURITY_ADMIN)
        answer = town.client.as_(admin, "GET", path)
        assert answer.status_code == 200, answer.text
    shown = {one[key] for one in answer.json()["items"]} - {str(admin.id)}
    assert shown
    (look,) = told(town, admin, name)
    assert look.get("count", len(look.get("persons", ()))) == len(shown)
    assert town.client.as_(admin, "GET", path).status_code == 200
    if "persons" in look and name != "sessions":
        assert set(look["persons"]) == shown
        assert len(told(town, admin, name)) == 1, "a desk that asks again leaves no second row"


def test_sites_name_who_has_them_and_one_s_own_are_no_look(town: Any, spot: Any) -> None:
    manager = town.who("safety_manager")
    site = town.site_at(manager, spot())
    patroller = town.who("patroller")
    version = town.client.as_(manager, "GET", f"/v1/sites/{site}").json()["version"]
    act = {"kind": "assign", "person_id": str(patroller.id), "why": "nearest"}
    body = {"version": version, "act": act}
    assert town.client.as_(town.who("dispatcher"), "POST", f"/v1/sites/{site}/events", json=body).status_code == 200
    reader = town.person(Role.SAFETY_MANAGER, area=town.east)
    path = f"/v1/sites?owner={patroller.id}&limit=200"
    assert site in {one["id"] for one in town.client.as_(reader, "GET", path).json()["items"]}
    (look,) = told(town, reader, "sites")
    assert look["persons"] == [str(patroller.id)]
    assert look["asked"]["owner"] == str(patroller.id)
    before = len(told(town, patroller, "sites"))
    assert town.client.as_(patroller, "GET", "/v1/sites?mine=true").status_code == 200
    assert len(told(town, patroller, "sites")) == before


def test_a_refused_list_is_no_look(town: Any) -> None:
    resident = town.person(Role.RESIDENT)
    assert town.client.as_(resident, "GET", "/v1/factors").status_code == 403
    assert told(town, resident, "factors") == []


def test_a_list_that_is_sealed_stays_true(town: Any) -> None:
    reader = town.person(Role.SAFETY_MANAGER, area=town.east)
    assert town.client.as_(reader, "GET", "/v1/people").status_code == 200
    (look,) = told(town, reader, "people")
    assert look["asked"] == {}


def test_the_ways_of_patrollers_are_a_look_once_a_page(town: Any) -> None:
    walker = patrol_api.patroller(town)
    patrol_api.begun(town, walker)
    reader = town.person(Role.SAFETY_MANAGER, area=town.east)
    answer = town.client.as_(reader, "GET", "/v1/patrols?limit=200")
    assert answer.status_code == 200, answer.text
    shown = {one["person_id"] for one in answer.json()["items"]}
    assert str(walker.id) in shown
    (look,) = told(town, reader, "patrols")
    assert look.get("count", len(look.get("persons", ()))) == len(shown)
    assert town.client.as_(reader, "GET", "/v1/patrols?limit=200").status_code == 200
    assert len(told(town, reader, "patrols")) == 1
    assert town.client.as_(walker, "GET", "/v1/patrols").status_code == 200
    assert told(town, walker, "patrols") == [], "one's own way is no look"


def test_who_answered_a_task_is_a_look(town: Any, spot: Any) -> None:
    place = spot()
    asker, who = town.person(Role.SAFETY_MANAGER, area=town.east), town.person(Role.PATROLLER, area=town.east)
    made = standby_api.task(town, asker, place)
    assert made.status_code == 201, made.text
    task = made.json()["id"]
    path = f"/v1/tasks/{task}/answers"
    assert town.client.as_(asker, "GET", path).json() == {"items": []}
    assert told(town, asker, "task answers") == [], "nobody was shown"
    assert standby_api.answer(town, who, task, place, None).status_code == 201
    (answer,) = town.client.as_(asker, "GET", path).json()["items"]
    assert answer["person_id"] == str(who.id)
    (look,) = told(town, asker, "task answers")
    assert look["persons"] == [str(who.id)]
    assert look["asked"] == {"task": task}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_list_has_a_name_on_the_page_of_looks(language: str) -> None:
    words = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))["audit"]
    assert {f"list_{one.replace(' ', '_')}" for one in LOGGED.values()} == {
        one for one in words if one.startswith("list_")
    }


def test_who_earned_what_is_a_look(town: Any) -> None:
    earner, reader = town.person(Role.RESIDENT), town.person(Role.SAFETY_MANAGER, area=town.east)
    market_api.money(town, town.a)
    made = market_api.rewarded(town, town.a, earner.id)
    assert town.client.as_(reader, "GET", f"/v1/rewards/{made}").status_code == 200
    (look,) = told(town, reader, "rewards")
    assert look["persons"] == [str(earner.id)]
    assert town.client.as_(reader, "GET", "/v1/rewards?state=held&limit=200").status_code == 200
    pages = [one for one in told(town, reader, "rewards") if one["asked"] == {"state": "held"}]
    assert len(pages) == 1
    assert town.client.as_(earner, "GET", "/v1/me/rewards").status_code == 200
    assert told(town, earner, "rewards") == [], "one's own is no look"
