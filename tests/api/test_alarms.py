from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.people.facts import Role

NOTHING = "00000000-0000-7000-8000-000000000000"


def get(town: Any, who: str, path: str) -> Any:
    return town.client.as_(town.who(who), "GET", f"/v1/alarms{path}")


def post(town: Any, who: str, path: str, body: dict[str, Any]) -> Any:
    return town.client.as_(town.who(who), "POST", f"/v1/alarms{path}", json=body)


def test_an_alarm_says_where_what_and_why(town: Any, spot: Any) -> None:
    place = spot()
    one = town.alarm_at(town.who("patroller"), place)
    alarm = get(town, "dispatcher", f"/{one}").json()
    assert alarm["what"] == "report"
    assert (alarm["place"]["lon"], alarm["place"]["lat"]) == pytest.approx(place, abs=1e-6)
    assert alarm["network"]["zone"] == "unknown"
    assert alarm["work_area"][0] == alarm["work_area"][-1]
    assert [member["reason"] for member in alarm["members"]] == ["first seen here"]
    events = get(town, "dispatcher", f"/{one}/events").json()["items"]
    assert [(event["kind"], event["actor"]) for event in events] == [("made", None)]
    assert events[0]["findings"] == [alarm["members"][0]["finding_id"]]


def test_lists_are_newest_first_and_page_without_gaps(town: Any, spot: Any) -> None:
    made = [town.alarm_at(town.who("patroller"), spot()) for _ in range(3)]
    whole = [one["id"] for one in get(town, "dispatcher", "?limit=200").json()["items"]]
    assert whole[:3] == made[::-1]
    seen: list[str] = []
    cursor = ""
    while True:
        page = get(town, "dispatcher", f"?limit=2{cursor}").json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == whole


def test_filters_narrow_and_never_widen(town: Any, spot: Any) -> None:
    here, there = spot(), spot(west=True)
    east, west = town.alarm_at(town.who("patroller"), here), town.alarm_at(town.who("safety_manager"), there)
    box = f"{here[0] - 1e-4},{here[1] - 1e-4},{here[0] + 1e-4},{here[1] + 1e-4}"

    def ids(who: str, query: str) -> set[str]:
        answer = get(town, who, f"?limit=200&{query}")
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["items"]}

    assert ids("safety_manager", f"bbox={box}") == {east}
    assert {east, west} <= ids("safety_manager", "zone=unknown")
    assert not {east, west} & ids("safety_manager", "zone=protection")
    assert west in ids("safety_manager", f"area={town.west}")
    assert east not in ids("safety_manager", f"area={town.west}")
    assert {east, west} <= ids("safety_manager", f"area={town.city}")
    assert ids("dispatcher", f"area={town.west}") == set()
    assert west not in ids("dispatcher", f"area={town.city}")
    assert ids("safety_manager", "since=2099-01-01T00:00:00Z") == set()
    assert {east, west} <= ids("safety_manager", "since=2026-01-01T00:00:00%2B08:00")
    assert get(town, "safety_manager", f"?area={NOTHING}").status_code == 404


def test_an_alarm_carries_its_verdict_wherever_it_is_shown(town: Any, spot: Any) -> None:
    person, true, false = (town.alarm_at(town.who("patroller"), spot()) for _ in range(3))
    for one, said in ((true, {"code": "digging"}), (false, {"code": "farm_machine", "silence_h": 5})):
        done = town.client.as_(town.who("dispatcher"), "POST", f"/v1/reviews/{one}/decide", json=said)
        assert done.status_code == 200
    listed = {one["id"]: one for one in get(town, "dispatcher", "?limit=200").json()["items"]}
    for one, verdict in ((person, "person"), (true, "confirmed"), (false, "rejected")):
        judged = get(town, "dispatcher", f"/{one}/verdict").json()
        taken = post(town, "dispatcher", f"/{one}/acknowledge", {"reason": "seen"}).json()
        for shown in (listed[one], get(town, "dispatcher", f"/{one}").json(), taken):
            assert (shown["verdict"], shown["silent_until"]) == (verdict, judged["until"])
    assert listed[false]["silent_until"] is not None


def test_alarms_are_listed_by_verdict_and_one_that_nobody_judged_needs_a_person(
    town: Any, spot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, true, false = (town.alarm_at(town.who("patroller"), spot()) for _ in range(3))
    for one, code in ((true, "digging"), (false, "farm_machine")):
        town.client.as_(town.who("dispatcher"), "POST", f"/v1/reviews/{one}/decide", json={"code": code})
    with monkeypatch.context() as down:
        down.setattr("pipewarden.judge.service.consider", lambda *_told: None)
        unjudged = town.alarm_at(town.who("patroller"), spot())
    assert get(town, "dispatcher", f"/{unjudged}").json()["verdict"] == "person"
    wanted = {"person": {person, unjudged}, "confirmed": {true}, "rejected": {false}}
    for verdict, ids in wanted.items():
        items = get(town, "dispatcher", f"?limit=200&verdict={verdict}").json()["items"]
        assert {one["verdict"] for one in items} == {verdict}
        assert {one["id"] for one in items} & {person, true, false, unjudged} == ids
    for who in ("dispatcher_b", "safety_manager_b"):
        items = get(town, who, "?limit=200&verdict=rejected").json()["items"]
        assert false not in {one["id"] for one in items}
    refused = get(town, "dispatcher", "?verdict=silent")
    assert (refused.status_code, refused.json()["field"]) == (422, "query.verdict")


def test_another_area_and_another_tenant_are_absent(town: Any, spot: Any) -> None:
    west = town.alarm_at(town.who("safety_manager"), spot(west=True))
    east = town.alarm_at(town.who("patroller"), spot())
    absent = get(town, "dispatcher", f"/{NOTHING}")
    for path in (f"/{west}", f"/{west}/events", f"/{west}/evidence"):
        foreign = get(town, "dispatcher", path)
        assert foreign.status_code == 404
        if path == f"/{west}":
            assert foreign.json() == absent.json()
    for path in (f"/{east}", f"/{west}"):
        assert get(town, "safety_manager_b", path).json() == absent.json()
    assert not {east, west} & {one["id"] for one in get(town, "safety_manager_b", "?limit=200").json()["items"]}


def test_a_regulator_reads_across_tenants_inside_the_area_and_decides_nothing(town: Any, spot: Any) -> None:
    ours, theirs = (town.alarm_at(town.who(who), spot()) for who in ("patroller", "safety_manager_b"))
    west = town.alarm_at(town.who("safety_manager"), spot(west=True))
    listed = get(town, "regulator", "?limit=200").json()["items"]
    ids = {one["id"] for one in listed}
    assert {ours, theirs} <= ids
    assert west not in ids
    assert {one["tenant_id"] for one in listed} == {str(town.a), str(town.b)}
    assert get(town, "regulator", f"/{theirs}").json()["members"]
    assert get(town, "regulator", f"/{theirs}/events").json()["items"]
    assert post(town, "regulator", f"/{ours}/acknowledge", {"reason": "seen"}).status_code == 403


def test_taking_an_alarm_is_on_record(town: Any, spot: Any) -> None:
    one = town.alarm_at(town.who("patroller"), spot())
    assert get(town, "dispatcher", f"/{one}").json()["acknowledged_at"] is None
    taken = post(town, "dispatcher", f"/{one}/acknowledge", {"reason": "已派巡线员"})
    assert taken.status_code == 200, taken.text
    assert taken.json()["acknowledged_by"] == f"person:{town.who('dispatcher').id}"
    events = get(town, "dispatcher", f"/{one}/events").json()["items"]
    assert [(event["kind"], event["reason"]) for event in events][-1] == ("acknowledged", "已派巡线员")
    with town.home.work() as work:
        said = work.session.execute(
            text("SELECT act, details FROM people_audit WHERE object_id = :id"), {"id": one}
        ).all()
    assert [row.act for row in said] == ["alarm.acknowledged"]
    listed = get(town, "dispatcher", "?limit=1").json()["items"][0]
    assert listed["acknowledged_at"] is not None


def test_merge_leads_on_and_split_gives_back(town: Any, spot: Any) -> None:
    a, b = (town.alarm_at(town.who("patroller"), spot()) for _ in range(2))
    before = [member["finding_id"] for member in get(town, "dispatcher", f"/{b}").json()["members"]]
    merged = post(town, "dispatcher", f"/{a}/merge", {"other_id": b, "reason": "one yard"})
    assert merged.status_code == 200, merged.text
    assert merged.json()["id"] == a
    assert len(merged.json()["members"]) == 2
    assert get(town, "dispatcher", f"/{b}").json()["id"] == a
    assert b not in {one["id"] for one in get(town, "dispatcher", "?limit=200").json()["items"]}
    history = get(town, "dispatcher", f"/{b}/events").json()["items"]
    assert [(one["kind"], one["other_id"]) for one in history] == [("made", None), ("merged", a)]
    parted = post(town, "dispatcher", f"/{a}/split", {"finding_ids": before, "reason": "two yards"})
    assert parted.status_code == 200, parted.text
    assert parted.json()["id"] == b
    assert get(town, "dispatcher", f"/{b}").json()["id"] == b
    whole = get(town, "dispatcher", f"/{a}/events").json()
    assert [one["kind"] for one in whole["items"]] == ["made", "merged", "split"]
    assert whole["next"] is None
    first = get(town, "dispatcher", f"/{a}/events?limit=2").json()
    rest = get(town, "dispatcher", f"/{a}/events?limit=2&cursor={first['next']}").json()
    assert [*first["items"], *rest["items"]] == whole["items"]
    assert rest["next"] is None
    other = get(town, "dispatcher", "?limit=1").json()["next"]
    assert get(town, "dispatcher", f"/{a}/events?cursor={other}").status_code == 422


def test_decisions_that_make_no_sense_are_refused_with_the_field(town: Any, spot: Any) -> None:
    a = town.alarm_at(town.who("patroller"), spot())
    only = get(town, "dispatcher", f"/{a}").json()["members"][0]["finding_id"]
    for path, body, status, field in (
        ("merge", {"other_id": a, "reason": "itself"}, 422, "alarm"),
        ("merge", {"other_id": NOTHING, "reason": "nothing"}, 404, "alarm"),
        ("merge", {"other_id": a}, 422, "reason"),
        ("split", {"finding_ids": [only], "reason": "all of it"}, 422, "findings"),
        ("split", {"finding_ids": [NOTHING], "reason": "no member"}, 422, "findings"),
        ("split", {"finding_ids": [], "reason": "none"}, 422, "finding_ids"),
        ("acknowledge", {"reason": " "}, 422, "reason"),
    ):
        answer = post(town, "dispatcher", f"/{a}/{path}", body)
        assert (answer.status_code, answer.json()["field"]) == (status, field), path


def test_nothing_is_merged_across_an_area_or_a_tenant(town: Any, spot: Any) -> None:
    mine, west = (
        town.alarm_at(town.who("patroller"), spot()),
        town.alarm_at(town.who("safety_manager"), spot(west=True)),
    )
    theirs = town.alarm_at(town.who("safety_manager_b"), spot())
    for other in (west, theirs):
        for first, second in ((mine, other), (other, mine)):
            answer = post(town, "dispatcher", f"/{first}/merge", {"other_id": second, "reason": "take it"})
            assert answer.status_code == 404
    assert get(town, "safety_manager", f"/{west}").json()["id"] == west
    assert get(town, "safety_manager_b", f"/{theirs}").json()["id"] == theirs


def test_a_decision_sent_twice_under_one_key_is_made_once(town: Any, spot: Any) -> None:
    one = town.alarm_at(town.who("patroller"), spot())
    who, headers = town.who("dispatcher"), {"Idempotency-Key": f"ack-{one}"}
    answers = [
        town.client.as_(who, "POST", f"/v1/alarms/{one}/acknowledge", json={"reason": "seen"}, headers=headers)
        for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {200}
    kinds = [event["kind"] for event in get(town, "dispatcher", f"/{one}/events").json()["items"]]
    assert kinds == ["made", "acknowledged"]


def test_evidence_is_drawn_anew_and_never_the_original(town: Any, spot: Any) -> None:
    one = town.alarm_at(town.who("patroller"), spot())
    assert get(town, "dispatcher", f"/{one}/evidence").status_code == 404
    done, encoded = cv2.imencode(".png", np.full((90, 160, 3), 120, np.uint8))
    assert done
    original = bytes(encoded) + b"<script>alert(1)</script>"
    sha = town.home.blobs.put(original)
    with town.home.work() as work:
        work.session.execute(
            text("UPDATE dedupe_alarms SET evidence = :sha, evidence_box = '[10, 10, 40, 30]' WHERE id = :id"),
            {"sha": sha, "id": one},
        )
    answer = get(town, "dispatcher", f"/{one}/evidence")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("inline; filename=")
    assert answer.content[:2] == b"\xff\xd8"
    assert b"script" not in answer.content
    assert get(town, "grid_worker", f"/{one}/evidence").status_code == 403
    town.home.blobs.path(sha).write_bytes(b"broken on disk")
    assert get(town, "dispatcher", f"/{one}/evidence").status_code == 404


def test_rights_that_end_end_at_once(town: Any, spot: Any) -> None:
    one = town.alarm_at(town.who("patroller"), spot())
    leaver = town.person(Role.DISPATCHER, area=town.east)
    assert town.client.as_(leaver, "GET", f"/v1/alarms/{one}").status_code == 200
    with town.at(town.a) as work:
        held = [m for _, m in people.memberships(work, people.operator(town.a)) if m.person_id == leaver.id]
        people.end_membership(work, people.operator(town.a), held[0].id)
    assert town.client.as_(leaver, "GET", f"/v1/alarms/{one}").status_code == 401
