"""The audit over HTTP: pages without holes, filters, one tenant only; looks at personal data with their reasons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import filing_api
import pytest
import strike_api
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipewarden.act.adapters.signing import SigningKey
from pipewarden.people import service as people
from pipewarden.people.facts import Role, Viewed

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WHY = {"X-Reason": quote("夜里抢修，要联系他")}


def get(town: Any, who: Any, path: str, **params: Any) -> Any:
    answer = town.client.as_(who, "GET", path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def everything(town: Any, who: Any, path: str, **params: Any) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        page = get(town, who, path, **params, **({} if cursor is None else {"cursor": cursor}))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


def look(town: Any, who: Any, person: Any, **headers: str) -> Any:
    return town.client.as_(who, "GET", f"/v1/people/{person.id}/contacts", headers=headers or WHY)


def test_the_chain_is_paged_without_holes_newest_first(town: Any) -> None:
    auditor = town.who("auditor")
    for number in range(5):
        with town.at(town.a) as work:
            people.record(work, people.operator(town.a), "thing.done", ("thing", number), {"n": number})
    whole = everything(town, auditor, "/v1/audit", limit=7)
    assert [one["seq"] for one in whole] == list(range(len(whole), 0, -1))
    page = get(town, auditor, "/v1/audit", limit=2)
    assert page["length"] == len(whole)
    assert page["items"][0] | {"hash": "", "at": "", "actor_id": ""} == {
        "seq": len(whole),
        "at": "",
        "actor_kind": "operator",
        "actor_id": "",
        "actor": None,
        "act": "thing.done",
        "object_kind": "thing",
        "object_id": "4",
        "details": {"n": 4},
        "hash": "",
    }


def test_filters_narrow_the_chain(town: Any) -> None:
    auditor, admin = town.who("auditor"), town.who("tenant_admin")
    made = town.person(Role.PATROLLER, area=town.east)
    items = {"items": [{"kind": "sms", "address": "13800005678"}]}
    assert town.client.as_(admin, "PUT", f"/v1/people/{made.id}/contacts", json=items).status_code == 200
    (entry,) = everything(town, auditor, "/v1/audit", act="contacts.set", object_id=str(made.id))
    assert (entry["actor_id"], entry["actor"]) == (str(admin.id), get(town, admin, "/v1/me")["name"])
    assert entry["details"]["kinds"] == ["sms"]
    assert "5678" not in str(entry), "no address is on the chain"
    assert entry in everything(town, auditor, "/v1/audit", act="contacts", actor_id=str(admin.id))
    assert everything(town, auditor, "/v1/audit", act="contact") == [], "a resource is a whole word"
    with town.at(town.a) as work:
        now = work.now()
    assert entry in everything(town, auditor, "/v1/audit", since=(now - timedelta(hours=1)).isoformat())
    assert entry not in everything(town, auditor, "/v1/audit", until=(now - timedelta(hours=1)).isoformat())


def test_another_tenants_chain_and_looks_are_not_there(town: Any) -> None:
    with town.at(town.b) as work:
        people.record(work, people.operator(town.b), "only.b", ("thing", 1))
        people.viewed(work, people.operator(town.b), Viewed.EXPORT, ("sites", town.b), "只有乙")
    assert everything(town, town.who("auditor"), "/v1/audit", act="only.b") == []
    assert not [one for one in everything(town, town.who("auditor"), "/v1/views") if one["reason"] == "只有乙"]
    foreign = town.person(Role.AUDITOR, tenant=town.b)
    assert len(everything(town, foreign, "/v1/audit", act="only.b")) == 1
    assert [one["reason"] for one in everything(town, foreign, "/v1/views")].count("只有乙") == 1


def test_the_page_says_until_where_the_chain_was_found_whole(town: Any) -> None:
    auditor = town.who("auditor")
    with town.at(town.a) as work:
        people.record(work, people.operator(town.a), "thing.done", ("thing", 9))
    with town.at(town.a) as work:
        anchored = people.anchor_chain(work, KEY).anchor
    assert anchored is not None
    told = get(town, auditor, "/v1/audit", limit=1)
    assert told["verified"]["seq"] == anchored.seq <= told["length"]


def test_whoever_opens_contacts_says_why_and_the_person_sees_it(town: Any) -> None:
    manager, person = town.who("safety_manager"), town.person(Role.PATROLLER, area=town.east)
    refused = look(town, manager, person, Accept="application/json")
    assert (refused.status_code, refused.json()["field"]) == (422, "X-Reason")
    assert look(town, manager, person).status_code == 200
    (mine,) = everything(town, person, "/v1/me/views")
    assert (mine["what"], mine["reason"], mine["actor_id"]) == ("contact", "夜里抢修，要联系他", str(manager.id))
    assert mine["actor"] == get(town, manager, "/v1/me")["name"]
    (seen,) = everything(town, town.who("auditor"), "/v1/views", about=str(person.id))
    assert seen == mine
    assert everything(town, town.who("auditor"), "/v1/views", about=str(person.id), what="track") == []
    assert everything(town, person, "/v1/me/views", limit=1) == [mine]


@pytest.mark.parametrize("reason", ["", "%20", "x", quote("字" * 201), "%ff%fe", quote("a\u2066b")])
def test_a_reason_that_is_none_opens_nothing(town: Any, reason: str) -> None:
    manager, person = town.who("safety_manager"), town.person(Role.PATROLLER, area=town.east)
    refused = look(town, manager, person, **{"X-Reason": reason})
    assert (refused.status_code, refused.json()["field"]) == (422, "X-Reason")
    assert everything(town, person, "/v1/me/views") == []


def test_ones_own_contacts_need_no_reason_and_leave_no_look(town: Any) -> None:
    manager = town.who("safety_manager")
    assert look(town, manager, manager, Accept="application/json").status_code == 200
    assert [one for one in everything(town, manager, "/v1/me/views") if one["actor_id"] == str(manager.id)] == []


def test_a_refused_look_is_none(town: Any) -> None:
    person = town.person(Role.PATROLLER, tenant=town.b, area=town.east)
    assert look(town, town.who("safety_manager"), person).status_code == 404
    assert everything(town, person, "/v1/me/views") == []


def test_an_export_is_a_look(town: Any) -> None:
    manager, auditor = town.who("safety_manager"), town.who("auditor")
    before = len(everything(town, auditor, "/v1/views", what="export"))
    path = f"/v1/strikes/damages.csv?{strike_api.CENTURY}"
    assert town.client.as_(manager, "GET", path, headers={"X-Reason": "evidence"}).status_code == 200
    told = everything(town, auditor, "/v1/views", what="export", actor_id=str(manager.id))
    assert len(everything(town, auditor, "/v1/views", what="export")) == before + 1
    assert (told[0]["subject_kind"], told[0]["reason"]) == ("damages", "evidence")


def test_a_track_is_a_look_once_and_none_for_its_own_rider(town: Any) -> None:
    town.bus(town.a)
    rider, auditor = town.who("device"), town.who("auditor")
    begun = town.client.as_(rider, "POST", "/v1/trips", json={"vehicle": "bus", "name": "audited"}).json()["id"]
    path = f"/v1/trips/{begun}/frames"
    assert town.client.as_(rider, "GET", path).status_code == 200
    assert [one for one in everything(town, auditor, "/v1/views", what="track") if one["subject_id"] == begun] == []
    assert town.client.as_(town.who("safety_manager"), "GET", path).status_code == 200
    (told,) = [one for one in everything(town, auditor, "/v1/views", what="track") if one["subject_id"] == begun]
    assert (told["about"], told["reason"]) == (str(rider.id), "")


def test_who_filed_sees_who_opened_the_filing_and_the_filer_looks_at_nobody(town: Any) -> None:
    filer, manager = town.person(Role.CONTRACTOR), town.who("safety_manager")
    filing = filing_api.filed(town, filer, (116.7512, 39.5512))
    for who in (filer, manager):
        assert town.client.as_(who, "GET", f"/v1/filings/{filing}").status_code == 200
    (look_,) = everything(town, filer, "/v1/me/views")
    assert (look_["what"], look_["subject_id"], look_["actor_id"]) == ("reporter", filing, str(manager.id))
