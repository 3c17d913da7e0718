"""One's own data, the wish to be forgotten, holds; and what the public and citizens are never shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
import standby_api
from sqlalchemy import text

from pipewarden.people.facts import Role

WORDS = "我家楼下有人挖管子 CANARY-WORDS"
PLACES = {"lon", "lat", "place", "geometry", "coordinates", "ring", "area", "position", "pipe_id", "pipes"}


def ask(town: Any, who: Any, method: str, path: str, **more: Any) -> Any:
    return town.client.as_(who, method, f"/v1{path}", **more)


def everything(town: Any, needle: str) -> dict[str, int]:
    """Return in which tables of the whole database a text is found, and how often."""
    found = {}
    with town.home.factory.sessions() as session:
        names = session.execute(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).scalars()
        for name in names.all():
            counted = text(f'SELECT count(*) FROM "{name}" AS t WHERE t::text LIKE :it')  # noqa: S608  the catalogue's names
            if count := session.execute(counted, {"it": f"%{needle}%"}).scalar_one():
                found[name] = count
    return found


def phone_of(town: Any, before: int = 0) -> str:
    """Return the telephone of whoever came last, or before that many others and reports."""
    return f"138{town.made - before:04d}5123"


def living(town: Any) -> tuple[Any, str]:
    """Let a resident with a telephone report works with a picture."""
    who = town.person(Role.RESIDENT)
    contact = {"items": [{"kind": "sms", "address": phone_of(town)}]}
    assert ask(town, who, "PUT", "/me/contacts", json=contact).status_code == 200
    sent = town.report(who, (116.7511, 39.5511), WORDS, data={"words": WORDS, "lon": 116.7511, "lat": 39.5511})
    assert sent.status_code == 201, sent.text
    return who, sent.json()["items"][0]["observation_id"]


def test_somebody_sees_what_is_held_of_them_and_nobody_elses(town: Any) -> None:
    who, sent = living(town)
    mine = ask(town, who, "GET", "/me/data").json()
    assert [one["observation_id"] for one in mine["sent"]] == [sent]
    assert mine["sent"][0]["words"] == WORDS
    assert mine["roles"] == ["resident"]
    assert [one["kind"] for one in mine["contacts"]] == ["sms"]
    other = ask(town, town.person(Role.RESIDENT), "GET", "/me/data").json()
    assert (other["sent"], other["contacts"]) == ([], [])


def test_what_somebody_answered_is_theirs_to_see_and_goes_with_them(town: Any, spot: Any) -> None:
    place, worker = spot(), town.person(Role.GRID_WORKER, area=town.east)
    task = standby_api.task(town, town.who("safety_manager"), place).json()["id"]
    said = {"seen": "nothing", "words": "四号楼下没有人"}
    assert standby_api.answer(town, worker, task, place, standby_api.pixel(), **said).status_code == 201
    mine = ask(town, worker, "GET", "/me/data").json()
    (answer,) = mine["answers"]
    assert (answer["task_id"], answer["words"], answer["seen"]) == (task, "四号楼下没有人", "nothing")
    assert (answer["lon"], answer["lat"], answer["picture"]) == (place[0], place[1], True)
    assert mine["checks"] == []
    assert mine["kept"]["reports"] == 1
    assert ask(town, town.person(Role.RESIDENT), "GET", "/me/data").json()["answers"] == []
    wish = ask(town, worker, "POST", "/me/erasure", json={}).json()
    grant = {"grant": True, "reason": "本人申请注销"}
    done = ask(town, town.who("tenant_admin"), "POST", f"/erasures/{wish['id']}/end", json=grant)
    assert (done.status_code, done.json()["deleted"]) == (200, 1), done.text
    asked = text("SELECT words, picture, lon, seen FROM field_answers WHERE task_id = :id")
    with town.home.factory.sessions() as session:
        assert tuple(session.execute(asked, {"id": task}).one()) == ("", "", None, "nothing")


def test_consents_are_given_to_a_version_and_taken_back(town: Any) -> None:
    who = town.person(Role.PATROLLER, area=town.east)
    shown = ask(town, who, "GET", "/me/consents").json()
    version = {one["purpose"]: one["version"] for one in shown["purposes"]}["location"]
    wrong = ask(town, who, "POST", "/me/consents", json={"purpose": "location", "version": version + 1, "given": True})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "version")
    for given in (True, False):
        said = {"purpose": "location", "version": version, "given": given}
        assert ask(town, who, "POST", "/me/consents", json=said).status_code == 201
    items = ask(town, who, "GET", "/me/consents").json()["items"]
    assert [(one["purpose"], one["given"]) for one in items] == [("location", True), ("location", False)]


def test_an_erased_person_is_found_nowhere(town: Any) -> None:
    who, _ = living(town)
    phone = phone_of(town, before=1)
    with town.home.factory.sessions() as session:
        login, name = session.execute(
            text("SELECT login, name FROM people_persons WHERE id = :id"), {"id": who.id}
        ).one()
    assert everything(town, phone)
    wish = ask(town, who, "POST", "/me/erasure", json={"words": "please"}).json()
    assert ask(town, who, "POST", "/me/erasure", json={}).status_code == 409
    listed = ask(town, town.who("tenant_admin"), "GET", "/erasures").json()["items"]
    assert wish["id"] in {one["id"] for one in listed}
    answer = {"grant": True, "reason": "本人申请注销"}
    done = ask(town, town.who("tenant_admin"), "POST", f"/erasures/{wish['id']}/end", json=answer)
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["held"]) == ("done", 0)
    for needle in (phone, name):
        assert everything(town, needle) == {}, needle
    assert set(everything(town, login)) <= {"people_audit"}, "the chain cannot be rewritten: docs/privacy.md says so"
    with town.home.factory.sessions() as session:
        left = session.execute(
            text("SELECT count(*) FROM sense_told WHERE owner_id = :id AND words IS NOT NULL"), {"id": who.id}
        ).scalar_one()
    assert left == 0
    assert ask(town, who, "GET", "/me/data").status_code == 401, "signed out for good"


def test_a_hold_keeps_a_person_s_words_and_only_the_administrator_sets_it(town: Any) -> None:
    who, _ = living(town)
    held = {"kind": "hold", "subject": f"person:{who.id}", "reason": "公安要求保全"}
    assert ask(town, town.who("safety_manager"), "POST", "/holds", json=held).status_code == 403
    hold = ask(town, town.who("tenant_admin"), "POST", "/holds", json=held).json()
    wish = ask(town, who, "POST", "/me/erasure", json={}).json()
    answer = {"grant": True, "reason": "本人申请注销"}
    assert ask(town, town.who("tenant_admin"), "POST", f"/erasures/{wish['id']}/end", json=answer).status_code == 200
    with town.home.factory.sessions() as session:
        kept = session.execute(text("SELECT words FROM sense_told WHERE owner_id = :id"), {"id": who.id}).scalars()
        assert list(kept) == [WORDS]
    lifted = ask(town, town.who("tenant_admin"), "POST", f"/holds/{hold['id']}/lift", json={"reason": "案件已结"})
    assert lifted.json()["lifted_at"] is not None


def test_nobody_outside_grants_a_wish(town: Any) -> None:
    who, _ = living(town)
    wish = ask(town, who, "POST", "/me/erasure", json={}).json()
    for role in ("safety_manager", "dispatcher", "auditor"):
        answer = ask(town, town.who(role), "POST", f"/erasures/{wish['id']}/end", json={"grant": True, "reason": "xx"})
        assert answer.status_code == 403
    refused = {"grant": False, "reason": "合同尚未履行完毕"}
    ended = ask(town, town.who("tenant_admin"), "POST", f"/erasures/{wish['id']}/end", json=refused)
    assert ended.json()["state"] == "refused"
    assert ask(town, town.who("tenant_admin"), "POST", f"/erasures/{wish['id']}/end", json=refused).status_code == 404


def fields_of(document: dict[str, Any], schema: Any, seen: set[str]) -> set[str]:
    """Return every name of a field that a schema can answer with."""
    if isinstance(schema, list):
        return set().union(*(fields_of(document, one, seen) for one in schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    if reference := schema.get("$ref"):
        if reference in seen:
            return set()
        seen.add(reference)
        return fields_of(document, document["components"]["schemas"][reference.rpartition("/")[2]], seen)
    names = set(schema.get("properties", {}))
    for part in schema.values():
        names |= fields_of(document, part, seen) if isinstance(part, dict | list) else set()
    return names


def test_no_door_without_sign_in_gives_a_place(town: Any) -> None:
    """What stands near is rounded by ``people.on_grid``; the tests of reports, notices and Open311 look at each."""
    document = json.loads(json.dumps(town.app.openapi()))
    open_doors = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation.get("security"):
                continue
            open_doors.append(f"{method} {path}")
            if path in {"/v1/public/near", "/v1/public/notices"} or path.startswith("/open311/v2/requests"):
                continue
            answers = [one.get("content", {}) for status, one in operation["responses"].items() if status[0] == "2"]
            assert not fields_of(document, answers, set()) & PLACES, f"{method} {path}"
    assert {"get /v1/ack/{token}", "get /v1/signing-key", "post /v1/session"} <= set(open_doors)
    assert len(open_doors) < 40


CITIZENS = ("property_manager", "owner", "contractor", "supervising_engineer", "commercial_user", "resident", "expert")


@pytest.mark.parametrize("who", CITIZENS)
def test_citizens_see_no_pipe(town: Any, who: str) -> None:
    for path in ("/networks", "/networks/tiles/14/13520/6200.mvt", "/network/proposals"):
        answer = ask(town, town.who(who), "GET", path)
        assert answer.status_code in {403, 404}, (path, answer.status_code)
        assert "coordinates" not in answer.text
    assert ask(town, town.who(who), "GET", "/privacy").json()["originals"] is False


def test_the_rules_in_force_say_who_sees_originals(town: Any) -> None:
    told = {
        who: ask(town, town.who(who), "GET", "/privacy").json()["originals"] for who in ("safety_manager", "auditor")
    }
    assert told == {"safety_manager": True, "auditor": False}
    assert ask(town, town.who("resident"), "GET", "/privacy").json()["originals_by"] == ["safety_manager"]
    classes = {one["cls"]: one for one in ask(town, town.who("auditor"), "GET", "/privacy").json()["classes"]}
    assert (classes["looks"]["days"], classes["looks"]["key_days"], classes["logs"]["least"]) == (30, 90, 184)
