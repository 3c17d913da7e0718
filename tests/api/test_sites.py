"""Sites over HTTP: what people see and do; every refusal says field, reason, clause, fix and how it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import filing_api
import pytest
from site_api import SIGNED, File

from pipewarden.casework.facts import FACTORS


@pytest.fixture
def file(town: Any, spot: Any) -> File:
    return File(town, spot())


def test_a_site_is_led_from_its_discovery_to_the_archive(file: File) -> None:
    assert file.get()["state"] == "verifying"
    assert file.look(true=True)["verified"] is True
    for to in ("notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby"):
        assert file.step(to)["state"] == to
    shown = {"pictures": [file.picture("standby_supervisor")]}
    file.done("standby", "standby_supervisor", proof=shown, record=file.records()["standby_check"])
    file.step("completed")
    done = file.done("advance", to="closed")
    assert (done["state"], done["open"], done["headline"]) == ("closed", False, "closed")
    assert done["ended_at"] is not None
    told = file.get("/events?limit=200")["items"]
    assert [one["version"] for one in told] == list(range(1, file.version + 1))
    assert {one["kind"] for one in told} >= {"discovered", "owner_given", "arrived", "verified", "advanced"}
    assert next(one for one in told if one["kind"] == "arrived")["actor_name"]


def test_events_come_in_pages(file: File) -> None:
    for words in ("a", "b", "c"):
        file.done("note", "patroller", words=words)
    first = file.get("/events?limit=2")
    rest = file.get(f"/events?limit=200&cursor={first['next']}")
    assert [one["version"] for one in first["items"] + rest["items"]] == list(range(1, file.version + 1))
    assert rest["next"] is None


def test_two_at_once_the_second_is_told_how_it_stands(file: File) -> None:
    before = file.version
    file.done("note", words="first")
    late = file.post("note", version=before, words="second")
    assert late.status_code == 409
    body = late.json()
    assert (body["field"], body["code"]) == ("version", "stale")
    assert body["present"]["version"] == file.version
    assert body["present"]["state"] == file.get()["state"]
    assert late.headers["content-type"] == "application/problem+json"


def test_a_phone_that_was_offline_names_no_version_and_is_judged_by_the_site_as_it_stands(file: File) -> None:
    file.done("note", words="meanwhile")
    asked = {"act": {"kind": "note", "words": "seen without a line"}}
    answer = file.town.client.as_(file.town.who("dispatcher"), "POST", f"/v1/sites/{file.id}/events", json=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == file.version + 1
    early = {"act": {"kind": "resume", "stop_id": str(file.id), "proof": SIGNED}}
    refused = file.town.client.as_(file.town.who("dispatcher"), "POST", f"/v1/sites/{file.id}/events", json=early)
    assert refused.status_code in {403, 409, 422}  # no version is no licence
    assert file.get()["version"] == answer.json()["version"]


def test_a_refused_step_says_reason_clause_and_fix_and_leaves_nothing(file: File) -> None:
    file.look(true=True)
    refused = file.post("advance", to="under_standby", proof=SIGNED)
    body = refused.json()
    assert refused.status_code == 409
    assert (body["field"], body["code"]) == ("state", "not_next")
    assert body["clause"] == "城镇燃气管理条例 第三十七条"
    assert "notified" in body["fix"]
    assert file.get()["version"] == file.version
    lacks = file.post("advance", to="notified", proof={}).json()
    assert (lacks["field"], lacks["code"]) == ("proof.signed_by", "lacks_signed_by")


def test_no_works_on_the_spot_end_the_site_and_the_judge_hears_it(file: File) -> None:
    done = file.look(true=False)
    assert (done["state"], done["open"]) == ("false", False)
    verdict = file.town.client.as_(file.town.who("dispatcher"), "GET", f"/v1/alarms/{done['alarm_id']}/verdict").json()
    assert verdict["verdict"] == "rejected"
    assert file.post("note", words="still").status_code == 200
    assert file.post("stop", reason="danger").json()["code"] == "ended"
    assert file.post("reopen", reason="it came back").status_code == 200


def test_works_on_the_spot_confirm_the_alarm(file: File) -> None:
    done = file.look(true=True)
    verdict = file.town.client.as_(file.town.who("dispatcher"), "GET", f"/v1/alarms/{done['alarm_id']}/verdict").json()
    assert verdict["verdict"] == "confirmed"


def test_only_its_owner_accepts_and_only_where_they_stand(file: File) -> None:
    file.done("assign", person_id=str(file.town.who("standby_supervisor").id), why="change of shift")
    mine = file.post("accept", "patroller").json()
    assert (mine["code"], mine["field"]) == ("not_owner", "state")
    far = file.post("arrive", "standby_supervisor", proof={"lon": file.place[0] + 0.1, "lat": file.place[1]}).json()
    assert (far["code"], far["field"]) == ("too_far", "proof.position")
    file.done("decline", "standby_supervisor", reason="ill")


def test_who_is_assigned_must_be_able_to_work_there(file: File) -> None:
    for who in ("auditor", "resident"):
        answer = file.post("assign", person_id=str(file.town.who(who).id), why="x")
        assert (answer.status_code, answer.json()["field"]) == (422, "person_id")
    assert file.post("assign", "patroller", person_id=str(file.town.who("patroller").id), why="x").status_code == 403


def test_stop_refusal_report_answer_and_resumption(file: File) -> None:
    file.look(true=True)
    stopped = file.done("stop", "patroller", reason="no plan")
    assert stopped["headline"] == "stopped"
    stop = stopped["stops"][0]["id"]
    file.done("refuse_stop", "patroller", stop_id=stop, proof={"words": "they dig on"})
    reported = file.done("report", to="城管", reason="refused to stop")
    file.done("answer", report_id=reported["reports"][0]["id"], answer="on the way")
    assert file.post("resume", "patroller", stop_id=stop, proof=SIGNED).status_code == 403
    assert file.post("resume", stop_id=stop, proof={"words": "gone"}).json()["code"] == "lacks_signed_by"
    resumed = file.done("resume", stop_id=stop, proof=SIGNED)
    assert resumed["headline"] == "verifying"
    assert resumed["reports"][0]["answer"] == "on the way"


def test_violations_repair_and_strike_hang_on_the_site(file: File) -> None:
    file.look(true=True)
    assert file.post("violate", code="V-NOPE", reason="x").status_code == 422
    broken = file.done("violate", "patroller", code="V-SIGNS", reason="the post is gone")
    one = broken["violations"][0]
    assert (broken["headline"], one["severity"], one["due_at"] is not None) == ("violation", "minor", True)
    file.done("fix", "patroller", violation_id=one["id"], proof={"pictures": [file.picture()]})
    assert file.done("repair", "patroller", utility="water")["headline"] == "repair"
    file.done("repair_papers", "patroller", proof={"words": "No. 3"})
    assert file.done("strike", "patroller", words="gas smells")["headline"] == "struck"
    assert file.done("report_strike", to="住建局")["strike"]["reported_at"] is not None
    for to in ("notified", "filed", "located"):
        file.step(to)
    assert file.done("change", reason="deeper")["state"] == "filed"


def test_an_exempt_site_has_an_end(file: File) -> None:
    file.look(true=True)
    told = {"to": "exempt", "code": "no_digging", "reason": "lamp posts"}
    assert file.post("end", **told).json()["field"] == "until"
    assert file.post("end", **told, until="2027-12-01T00:00:00Z").json()["field"] == "until"
    assert file.post("end", to="false", code="digging", reason="x").status_code == 422
    assert file.post("end", to="closed", code="x", reason="x").status_code == 422


def test_next_says_what_each_step_needs_and_what_the_reader_may(file: File) -> None:
    file.look(true=True)
    told = file.get("/next", "patroller")
    notify = next(one for one in told["steps"] if one["act"] == "notify")
    assert (notify["needs"]["document"], notify["needs"]["refusal"], notify["refused"]) == ("告知函", True, [])
    ended = next(one for one in told["steps"] if one["act"] == "end_false")
    assert ended["refused"][0]["code"] == "verified_true"
    assert (told["may_work"], told["may_decide"]) == (True, False)
    assert {one["code"] for one in told["kinds"]} >= {"V-UNBRIEFED", "V-PLAN"}
    auditor = file.get("/next", "auditor")
    assert (auditor["may_work"], auditor["may_decide"]) == (False, False)


def test_pictures_prove_nothing_until_named_and_are_shown_drawn_anew(file: File) -> None:
    sha = file.picture()
    town = file.town
    path = f"/v1/sites/{file.id}/pictures/{sha}"
    assert town.client.as_(town.who("patroller"), "GET", path).status_code == 404
    unknown = file.post("note", "patroller", shown=["A" * 22])
    assert (unknown.status_code, unknown.json()["field"]) == (422, "proof.pictures")
    file.done("note", "patroller", shown=[sha])
    shown = town.client.as_(town.who("patroller"), "GET", path)
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.content[:2] == b"\xff\xd8"
    assert town.client.as_(town.who("grid_worker"), "GET", path).status_code == 403
    bad = {"picture": ("p.png", b"no picture", "image/png")}
    assert town.client.as_(town.who("patroller"), "POST", f"/v1/sites/{file.id}/pictures", files=bad).status_code == 422


def test_lists_are_narrowed_by_state_owner_place_and_area(file: File, town: Any) -> None:
    file.done("assign", person_id=str(town.who("patroller").id), why="nearest")

    def ids(query: str, who: str = "patroller") -> set[str]:
        answer = town.client.as_(town.who(who), "GET", f"/v1/sites?limit=200&{query}")
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["items"]}

    lon, lat = file.place
    here = f"bbox={lon - 0.0005},{lat - 0.0005},{lon + 0.0005},{lat + 0.0005}"
    assert ids(here) == {file.id}
    assert ids(f"{here}&state=verifying&open=true&zone=unknown&level=1&mine=true") == {file.id}
    assert ids(f"{here}&owner={town.who('patroller').id}") == {file.id}
    assert ids(f"{here}&area={town.east}") == {file.id}
    assert ids(f"{here}&area={town.west}") == set()
    for other in ("state=closed", "open=false", "zone=control", "level=2"):
        assert ids(f"{here}&{other}") == set()
    assert file.id not in ids("mine=true", "dispatcher")
    for wrong in ("state=lost", "bbox=1,2,3", "bbox=4,3,2,1", "level=5"):
        assert town.client.as_(town.who("patroller"), "GET", f"/v1/sites?{wrong}").status_code == 422


def test_lists_come_in_pages(town: Any, spot: Any) -> None:
    made = {File(town, spot()).id for _ in range(3)}
    found: list[str] = []
    cursor = ""
    while True:
        page = town.client.as_(town.who("dispatcher"), "GET", f"/v1/sites?limit=2{cursor}").json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert made <= set(found)
    assert len(found) == len(set(found))


def test_the_same_key_does_it_once(file: File) -> None:
    body = {"version": file.version, "act": {"kind": "note", "words": "once"}}
    told = [
        file.town.client.as_(
            file.town.who("patroller"),
            "POST",
            f"/v1/sites/{file.id}/events",
            json=body,
            headers={"Idempotency-Key": f"k-{file.id}"},
        )
        for _ in range(2)
    ]
    assert [one.status_code for one in told] == [200, 200]
    assert told[0].json() == told[1].json()
    assert file.get()["version"] == file.version + 1


def test_the_risk_of_a_site_is_told_factor_by_factor_and_never_milder_than_its_zone(file: File) -> None:
    told, site = file.get("/risk"), file.get()
    factors = {one["factor"]: one for one in told["factors"]}
    assert list(factors) == list(FACTORS)
    assert sum(one["points"] for one in factors.values()) == pytest.approx(told["score"])
    assert all(one["source"] for one in factors.values())
    assert factors["papers"]["value"] == "unfiled"
    assert told["level"] <= told["floor"] <= site["level"]
    assert file.get()["version"] == site["version"]


def test_what_the_rules_say_of_a_site_is_told_with_every_fact_that_they_read(file: File) -> None:
    file.look(true=True)
    told = file.get("/rules")
    assert told["version"] == "CN@1"
    rules = {one["code"]: one for one in told["rules"]}
    assert {one["result"] for one in rules.values()} <= {"compliant", "violated", "unknown"}
    unbriefed = rules["V-UNBRIEFED"]
    assert (unbriefed["clause"], unbriefed["by_h"]) == ("城镇燃气管理条例 第三十四条、第三十七条", 2.0)
    facts = {one["name"]: one for one in unbriefed["facts"]}
    assert facts["works.confirmed"]["value"] == "true"
    verified = next(one for one in file.get("/events")["items"] if one["kind"] == "verified")
    assert facts["works.confirmed"]["events"] == [verified["id"]]
    area = next(one for one in rules["V-AREA"]["facts"] if one["name"] == "permit.in_area")
    assert (area["value"], area["events"]) == (None, [])


def test_a_site_says_whether_it_is_filed_and_why(file: File) -> None:
    told = file.get()["filing"]
    assert (told["status"], told["filing_id"], told["parts"]) == ("unfiled", None, [])
    assert told["reason"].startswith("unfiled: ")
    town = file.town
    kept = filing_api.filed(town, town.who("dispatcher"), file.place, valid_from=filing_api.day(-1))
    told = file.get(who="patroller")["filing"]
    assert (told["status"], told["filing_id"], told["nearest_id"]) == ("filed", kept, kept)
    assert told["score"] >= told["threshold"]
    assert [one["name"] for one in told["parts"]] == ["prior", "space", "time", "method"]
    assert all(one["words"] for one in told["parts"])
    seen = town.client.as_(town.who("patroller"), "GET", f"/v1/filings/{kept}")
    assert seen.status_code == 200, "who reads the site opens its filing"
    cancel = {"version": 2, "act": {"kind": "cancel", "reason": "not this year"}}
    assert town.client.as_(town.who("dispatcher"), "POST", f"/v1/filings/{kept}/events", json=cancel).status_code == 200
    told = file.get()["filing"]
    assert told["status"] == "unfiled"
    assert "was cancelled on" in told["reason"]
    listed = town.client.as_(town.who("safety_manager"), "GET", "/v1/sites").json()["items"]
    assert all(one["filing"] is None for one in listed)


def test_an_act_that_waited_on_a_phone_says_when_it_was_done(town: Any, spot: Any) -> None:
    file = File(town, spot())
    who, path = town.who("patroller"), f"/v1/sites/{file.id}/events"
    with town.at(town.a) as work:
        now = work.now()
    told = {
        "kept": (now - timedelta(hours=3), None),
        "old": (now - timedelta(days=3), "old"),
        "ahead": (now + timedelta(days=400), "ahead"),
        "lost": (datetime(1970, 1, 1, tzinfo=UTC), "old"),
    }
    for words, (made, _) in told.items():
        body = {"made_at": made.isoformat(), "act": {"kind": "note", "words": words}}
        assert town.client.as_(who, "POST", path, json=body).status_code == 200, words
    plain = {"act": {"kind": "note", "words": "now"}}
    assert town.client.as_(who, "POST", path, json=plain).status_code == 200
    events = file.get("/events?limit=200")["items"]
    notes = {one["body"]["words"]: one for one in events if one["kind"] == "noted"}
    assert (notes["now"]["made_at"], notes["now"]["made_odd"]) == (None, None)
    for words, (made, odd) in told.items():
        assert notes[words]["made_odd"] == odd, words
        if words != "lost":
            assert datetime.fromisoformat(notes[words]["made_at"]) == made
        assert abs(datetime.fromisoformat(notes[words]["at"]) - now) < timedelta(minutes=5), "when it came"
    naive = {"made_at": "2026-11-20T10:00:00", "act": {"kind": "note", "words": "x"}}
    assert town.client.as_(who, "POST", path, json=naive).status_code == 422
