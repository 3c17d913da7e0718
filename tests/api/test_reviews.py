from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from sqlalchemy import text

if TYPE_CHECKING:
    import pytest

NOTHING = "00000000-0000-7000-8000-000000000000"


def get(town: Any, who: str, path: str) -> Any:
    return town.client.as_(town.who(who), "GET", f"/v1{path}")


def post(town: Any, who: str, path: str, body: Any = None) -> Any:
    return town.client.as_(town.who(who), "POST", f"/v1{path}", **({} if body is None else {"json": body}))


def put(town: Any, who: str, path: str, body: Any) -> Any:
    return town.client.as_(town.who(who), "PUT", f"/v1{path}", json=body)


def queued(town: Any, who: str) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = get(town, who, f"/reviews?limit=7{cursor}").json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_a_report_waits_for_a_person_and_its_verdict_says_why(town: Any, spot: Any) -> None:
    one = town.alarm_at(town.who("patroller"), spot())
    assert one in queued(town, "dispatcher")
    review = get(town, "dispatcher", f"/reviews/{one}").json()
    assert (review["waits"], review["zone"], review["rank"], review["audit"]) == (True, "unknown", 0, False)
    assert (review["what"], review["has_picture"], review["rendered"]) == ("report", False, False)
    assert (review["distance_m"], review["pipe_id"], review["pressure_class"]) == (None, None, None)
    verdict = get(town, "standby_supervisor", f"/alarms/{one}/verdict").json()
    assert verdict == review["verdict"]
    assert (verdict["verdict"], verdict["by"], verdict["opinion"]) == ("person", "house", None)
    [reason] = verdict["reasons"]
    assert (reason["code"], reason["zh"], reason["en"]) == ("words", "有人上报", "somebody reported it")
    assert [rule["rule"] for rule in verdict["rules"]][:3] == ["filed", "open_site", "yard"]


def test_a_decision_confirms_or_silences_and_is_on_record(town: Any, spot: Any) -> None:
    true, false = (town.alarm_at(town.who("patroller"), spot()) for _ in range(2))
    done = post(town, "dispatcher", f"/reviews/{true}/decide", {"code": "digging", "words": "挖机在挖"})
    assert done.status_code == 200, done.text
    verdict = done.json()["verdict"]
    assert (verdict["verdict"], verdict["by"], verdict["decided_code"]) == ("confirmed", "person", "digging")
    assert verdict["decided_words"] == "挖机在挖"
    quiet = post(town, "patroller", f"/reviews/{false}/decide", {"code": "farm_machine", "silence_h": 3})
    verdict = quiet.json()["verdict"]
    assert verdict["verdict"] == "rejected"
    until = datetime.fromisoformat(verdict["until"])
    assert abs(until - datetime.fromisoformat(verdict["since"]) - timedelta(hours=3)) < timedelta(seconds=5)
    assert not {true, false} & set(queued(town, "dispatcher"))
    with town.home.work() as work:
        rows = work.session.execute(
            text("SELECT act, details FROM people_audit WHERE object_id = :id ORDER BY seq"), {"id": false}
        ).all()
    assert [row.act for row in rows] == ["review.decided"]
    assert "farm_machine" in rows[0].details


def test_the_queue_pages_without_gaps_or_doubles(town: Any, spot: Any) -> None:
    made = {town.alarm_at(town.who("patroller"), spot()) for _ in range(9)}
    seen = queued(town, "dispatcher")
    assert len(seen) == len(set(seen))
    assert made <= set(seen)
    whole = [one["id"] for one in get(town, "dispatcher", "/reviews?limit=200").json()["items"]]
    # as time passes others come to wait and cease to; those of this test do neither
    assert [one for one in whole if one in made] == [one for one in seen if one in made]
    assert get(town, "dispatcher", "/reviews?cursor=made-up").status_code == 422


def test_what_somebody_has_taken_is_theirs_until_they_give_it_back(town: Any, spot: Any) -> None:
    one = town.alarm_at(town.who("patroller"), spot())
    taken = post(town, "dispatcher", f"/reviews/{one}/take")
    assert taken.status_code == 200
    assert taken.json()["taken_by"] == str(town.who("dispatcher").id)
    assert taken.json()["taken_by_name"] == get(town, "dispatcher", "/me").json()["name"]
    held = datetime.fromisoformat(taken.json()["held_until"]) - datetime.fromisoformat(taken.json()["taken_at"])
    assert held == timedelta(minutes=15)
    assert get(town, "patroller", f"/reviews/{one}").json()["held_until"] == taken.json()["held_until"]
    for path, body in (("take", None), ("decide", {"code": "digging"})):
        refused = post(town, "patroller", f"/reviews/{one}/{path}", body)
        assert (refused.status_code, refused.json()["field"]) == (409, "review")
    assert post(town, "patroller", f"/reviews/{one}/release").json()["taken_by"] == str(town.who("dispatcher").id)
    assert post(town, "dispatcher", f"/reviews/{one}/release").json()["held_until"] is None
    assert post(town, "patroller", f"/reviews/{one}/take").status_code == 200
    assert post(town, "patroller", f"/reviews/{one}/decide", {"code": "digging"}).status_code == 200
    assert post(town, "dispatcher", f"/reviews/{one}/take").status_code == 409
    assert post(town, "dispatcher", f"/reviews/{one}/decide", {"code": "other"}).status_code == 200


def test_decisions_that_make_no_sense_are_refused_with_the_field(town: Any, spot: Any) -> None:
    one = town.alarm_at(town.who("patroller"), spot())
    for body, field in (
        ({"code": "nothing"}, "code"),
        ({"code": "digging", "silence_h": 2}, "silence_h"),
        ({"code": "other", "silence_h": 0}, "silence_h"),
        ({"code": "other", "silence_h": 169}, "silence_h"),  # a week is the longest where the zone is unknown
        ({"code": "other", "verdict": "closed"}, "verdict"),
        ({"code": "other", "words": "a\x07"}, "words"),
        ({}, "code"),
    ):
        answer = post(town, "dispatcher", f"/reviews/{one}/decide", body)
        assert (answer.status_code, answer.json()["field"]) == (422, field), body
    assert one in queued(town, "dispatcher")
    assert post(town, "dispatcher", f"/reviews/{one}/decide", {"code": "other", "silence_h": 168}).status_code == 200


def test_a_merged_alarm_leads_to_what_took_it_over(town: Any, spot: Any) -> None:
    kept, gone = (town.alarm_at(town.who("patroller"), spot()) for _ in range(2))
    assert post(town, "dispatcher", f"/alarms/{kept}/merge", {"other_id": gone, "reason": "one"}).status_code == 200
    town.drain()
    assert get(town, "dispatcher", f"/reviews/{gone}").json()["id"] == kept
    assert get(town, "dispatcher", f"/alarms/{gone}/verdict").json()["alarm_id"] == kept
    assert gone not in queued(town, "dispatcher")
    done = post(town, "dispatcher", f"/reviews/{gone}/decide", {"code": "preparing"})
    assert done.json()["id"] == kept
    assert get(town, "dispatcher", f"/alarms/{kept}/verdict").json()["verdict"] == "confirmed"


def test_where_the_judge_is_down_people_see_the_alarm_and_may_decide_it(
    town: Any, spot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_told: Any) -> None:
        raise SystemError

    monkeypatch.setattr("pipewarden.judge.service.consider", dead)
    one = town.alarm_at(town.who("patroller"), spot())
    with town.home.work() as work:
        assert work.session.scalar(text("SELECT count(*) FROM judge_cases WHERE alarm_id = :id"), {"id": one}) == 0
    assert one not in queued(town, "dispatcher")  # a minute's patience
    monkeypatch.setattr(import_module("pipewarden.judge.service.reviews"), "_UNJUDGED_AFTER", timedelta())
    first = get(town, "dispatcher", "/reviews?limit=200").json()["items"]
    [item] = [each for each in first if each["id"] == one]
    assert [reason["code"] for reason in item["verdict"]["reasons"]] == ["late", "words"]
    assert get(town, "dispatcher", f"/alarms/{one}/verdict").json()["verdict"] == "person"
    assert post(town, "dispatcher", f"/reviews/{one}/take").status_code == 200
    assert post(town, "dispatcher", f"/reviews/{one}/decide", {"code": "digging"}).status_code == 200
    assert get(town, "dispatcher", f"/alarms/{one}/verdict").json()["verdict"] == "confirmed"


def test_another_area_and_another_tenant_are_absent(town: Any, spot: Any) -> None:
    west = town.alarm_at(town.who("safety_manager"), spot(west=True))
    theirs = town.alarm_at(town.who("safety_manager_b"), spot())
    absent = get(town, "dispatcher", f"/reviews/{NOTHING}").json()
    for foreign in (west, theirs):
        assert get(town, "dispatcher", f"/reviews/{foreign}").json() == absent
        for path, body in (("take", None), ("release", None), ("decide", {"code": "other"})):
            assert post(town, "dispatcher", f"/reviews/{foreign}/{path}", body).status_code == 404
    assert {west} <= set(queued(town, "safety_manager"))
    assert theirs not in set(queued(town, "safety_manager"))
    assert get(town, "safety_manager_b", f"/reviews/{theirs}").json()["waits"]


def test_a_cameras_rules_corridor_and_note(town: Any) -> None:
    cameras = get(town, "safety_manager", "/cameras?limit=200").json()["items"]
    camera = next(one["id"] for one in cameras if one["key"] == "cam-east")
    put(town, "safety_manager", f"/cameras/{camera}/rules", {"off": [], "note": ""})
    told = get(town, "dispatcher", f"/cameras/{camera}/rules").json()
    assert all(rule["on"] for rule in told["rules"])
    assert len(told["rules"]) == 9
    made = put(town, "tenant_admin", f"/cameras/{camera}/rules", {"off": ["parked"], "note": "看学校路"})
    assert [rule["rule"] for rule in made.json()["rules"] if not rule["on"]] == ["parked"]
    assert made.json()["note"] == "看学校路"
    ring = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]
    drawn = put(town, "safety_manager", f"/cameras/{camera}/mask", {"ring": ring}).json()
    assert (drawn["ring"], drawn["ground"]) == (ring, None)  # this camera has no calibration
    for bad in (
        [[0, 0], [1, 1]],
        [[0, 0], [1, 1], [1, 0], [0, 1]],
        [[0, 0], [0.01, 0], [0, 0.01]],
        [[0, 0], [2, 0], [0, 1]],
    ):
        refused = put(town, "safety_manager", f"/cameras/{camera}/mask", {"ring": bad})
        assert refused.status_code == 422
        assert refused.json()["field"].startswith("ring")
    assert put(town, "safety_manager", f"/cameras/{camera}/mask", {"ring": []}).json()["ring"] is None
    assert put(town, "dispatcher", f"/cameras/{camera}/mask", {"ring": ring}).status_code == 403
    assert put(town, "safety_manager", f"/cameras/{camera}/rules", {"off": ["everything"]}).status_code == 422


def test_a_tenants_own_questions_are_a_row_and_nobody_elses(town: Any) -> None:
    shipped = get(town, "safety_manager_b", "/questions").json()
    assert shipped["version"] == "site-check@1"
    assert [one["id"] for one in shipped["questions"] if one["rule"] is None][:3] == ["machine", "ground", "works"]
    own = {name: shipped[name] for name in ("task", "questions")} | {"version": f"own@{town.made}"}
    own["questions"] = [one for one in own["questions"] if one["id"] != "service"]
    made = put(town, "safety_manager", "/questions", own)
    assert made.status_code == 200, made.text
    assert get(town, "dispatcher", "/questions").json() == own
    assert get(town, "safety_manager_b", "/questions").json() == shipped
    assert put(town, "safety_manager", "/questions", own).json()["field"] == "version"
    twice = own | {"version": "own@x", "questions": own["questions"][:1] * 2}
    assert put(town, "safety_manager", "/questions", twice).status_code == 422


def test_the_shipped_questions_are_put_back_and_every_list_stays_on_record(town: Any) -> None:
    def versions(who: str) -> list[Any]:
        return [one["version"] for one in get(town, who, "/questions/versions").json()["items"]]

    shipped = get(town, "safety_manager_b", "/questions").json()
    before = versions("dispatcher")
    town.made += 1
    name = f"own@back-{town.made}"
    own = shipped | {"version": name, "questions": shipped["questions"][:-1]}
    assert put(town, "safety_manager", "/questions", own).status_code == 200
    drop = town.client.as_(town.who("dispatcher"), "DELETE", "/v1/questions")
    assert drop.status_code == 403
    for _ in range(2):  # the second time there is nothing to put back, and nothing is noted
        back = town.client.as_(town.who("safety_manager"), "DELETE", "/v1/questions")
        assert (back.status_code, back.json()) == (200, shipped)
    assert get(town, "dispatcher", "/questions").json() == shipped
    assert versions("dispatcher") == [None, name, *before]
    newest = get(town, "dispatcher", "/questions/versions").json()["items"][0]
    assert newest["by_name"] == get(town, "safety_manager", "/me").json()["name"]
    assert versions("safety_manager_b") == []
    assert put(town, "safety_manager", "/questions", own | {"version": f"{name}-2"}).status_code == 200
    assert town.client.as_(town.who("safety_manager"), "DELETE", "/v1/questions").status_code == 200
    with town.home.work() as work:
        acts = work.session.scalars(
            text("SELECT act FROM people_audit WHERE act LIKE 'policy.questions%' ORDER BY seq")
        )
        assert acts.all()[-2:] == ["policy.questions_edited", "policy.questions_restored"]


def test_the_picture_that_a_camera_sent_last_is_drawn_anew(town: Any) -> None:
    cameras = get(town, "safety_manager", "/cameras?limit=200").json()["items"]
    east, west = (next(one["id"] for one in cameras if one["key"] == key) for key in ("cam-east", "cam-west"))
    box = town.who("device")

    def send(shade: int) -> None:
        town.made += 1
        _, jpeg = cv2.imencode(".jpg", np.full((40, 60, 3), shade, np.uint8))
        data = {"camera": "cam-east", "picture": base64.b64encode(jpeg.tobytes()).decode()}
        event = {"specversion": "1.0", "id": f"lp{town.made}", "source": "lp", "type": "pipewarden.frame", "data": data}
        headers = {"content-type": "application/cloudevents+json"}
        sent = town.client.as_(box, "POST", "/v1/observations", content=json.dumps(event), headers=headers)
        assert sent.status_code == 201

    for shade in (40, 200):
        send(shade)
        shown = get(town, "dispatcher", f"/cameras/{east}/picture")
        assert shown.headers["content-type"] == "image/jpeg"
        pixels = cv2.imdecode(np.frombuffer(shown.content, np.uint8), cv2.IMREAD_COLOR)
        assert pixels.shape == (40, 60, 3)
        assert abs(float(pixels.mean()) - shade) < 4
    assert get(town, "dispatcher", f"/cameras/{east}/rules").json()["pictured_at"] is not None
    sent = get(town, "safety_manager", f"/cameras/{west}/rules").json()["pictured_at"]  # by tests before this one
    assert get(town, "safety_manager", f"/cameras/{west}/picture").status_code == (404 if sent is None else 200)
    assert get(town, "dispatcher", f"/cameras/{west}/picture").status_code == 404
    assert get(town, "locator", f"/cameras/{east}/picture").status_code == 403
    assert get(town, "tenant_admin", f"/cameras/{east}/picture").status_code == 403  # sees cameras, and no evidence


def test_figures_carry_their_denominators_and_stay_in_reach(town: Any, spot: Any) -> None:
    since = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    east = [town.alarm_at(town.who("patroller"), spot()) for _ in range(3)]
    west = town.alarm_at(town.who("safety_manager"), spot(west=True))
    post(town, "dispatcher", f"/reviews/{east[0]}/decide", {"code": "digging"})
    post(town, "dispatcher", f"/reviews/{east[1]}/decide", {"code": "farm_machine"})
    post(town, "safety_manager", f"/reviews/{west}/decide", {"code": "digging"})
    mine = get(town, "dispatcher", f"/figures?since={since}").json()
    assert (mine["alarms"], mine["waiting"], mine["confirmed"], mine["rejected"]) == (3, 1, 1, 1)
    assert (mine["precision"]["hits"], mine["precision"]["of"], mine["precision"]["value"]) == (1, 2, 0.5)
    assert mine["recall"]["value"] is None
    assert (mine["recall"]["found"], mine["recall"]["rejected"]) == (1, 0)
    assert [rule["code"] for rule in mine["rules"]][:2] == ["filed", "open_site"]
    assert get(town, "safety_manager", f"/figures?since={since}").json()["alarms"] == 4
    assert get(town, "safety_manager_b", f"/figures?since={since}").json()["alarms"] == 0
    assert get(town, "dispatcher", "/figures?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z").status_code == 422
