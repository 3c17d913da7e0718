"""Reports without an account, as a phone sends them: kept once, placed, answered, followed by a link."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from copies import drawing, jpeg_of
from report_api import HERE, jpeg, minded, near, no_model, place, send, status, taken
from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    """The operator whose pipe lies there."""
    line = [(HERE[0] - 0.05, HERE[1]), (HERE[0] + 0.05, HERE[1])]
    with town.network(town.a, {"pipe-report": line}), no_model(town):
        yield


def test_a_report_is_kept_once_goes_through_the_river_and_is_followed_by_its_link(town: Any) -> None:
    draft = str(uuid4())
    first = send(town, draft=draft, device=None)
    said = taken(first)
    assert said["state"] == "received"
    assert said["link"] == f"/m/r/{said['token']}"
    assert said["hotline"] is None
    again = send(town, draft=draft, device=None)
    assert (again.status_code, again.json()["token"], again.json()["id"]) == (200, said["token"], said["id"])
    other = send(town, draft=draft, words="something else")
    assert (other.status_code, other.json()["field"]) == (422, "draft")
    town.drain()
    now = status(town, said["token"])
    assert [one["key"] for one in now["steps"]][:2] == ["received", "placed"]
    assert now["state"] in {"person", "in_hand", "confirmed"}, "a person's word never has to pass the detector"
    assert now["answer"]["zh"]
    assert now["merged_with"] is None


def test_a_link_is_stored_as_a_hash_and_leads_nobody_else_anywhere(town: Any) -> None:
    said = taken(send(town))
    assert len(said["token"]) == 32, "128 bits"
    with town.home.work() as work:
        row = work.session.execute(
            text("SELECT row_to_json(r)::text FROM field_reports r WHERE id = :id"), {"id": said["id"]}
        ).scalar_one()
    assert said["token"] not in row
    unknown = [town.client.get(f"/v1/public/reports/{token}") for token in ("0" * 32, "f" * 32)]
    assert {one.status_code for one in unknown} == {404}
    assert unknown[0].content == unknown[1].content
    assert town.client.get("/v1/public/reports/short").status_code == 422
    assert town.client.get(f"/v1/public/reports/{said['token']}/pictures/1").status_code == 404


def test_a_place_needs_its_system_and_its_error(town: Any) -> None:
    for field in ("crs", "accuracy_m"):
        where = place()
        del where[field]
        answer = send(town, place=where)
        assert (answer.status_code, answer.json()["field"]) == (422, f"place.{field}")
    assert send(town, kind="flying_saucer").json()["field"] == "kind"


def test_a_place_of_a_chinese_map_is_where_the_same_place_of_a_satellite_is(town: Any) -> None:
    manager = town.who("safety_manager")
    at = near_pipe(town, manager, taken(send(town, place=place(dx=0.02)))["id"])
    # the same spot as AMap says it: 0.0064 degrees east, 0.0015 north there (measured with network.rules.gcj)
    shifted = taken(send(town, place=place(dx=0.02 + 0.00606, dy=0.00130, crs="gcj02")))
    there = near_pipe(town, manager, shifted["id"])
    assert abs(at[0] - there[0]) < 0.001
    assert abs(at[1] - there[1]) < 0.001
    assert abs(there[0] - (HERE[0] + 0.02606)) > 0.004, "it was moved"


def near_pipe(town: Any, who: Any, report_id: str) -> tuple[float, float]:
    found = minded(town, report_id, who)
    return found["lon"], found["lat"]


def test_no_place_and_five_kilometres_wait_for_a_person_who_places_them(town: Any) -> None:
    dispatcher = town.who("dispatcher")
    picture = jpeg_of(drawing(20261127))  # of shapes: a plain one would be another test's, sent again
    rough = taken(send(town, (picture,), place=place(accuracy_m=5000)))
    assert rough["state"] == "waiting"
    assert "人员" in rough["answer"]["zh"]
    found = minded(town, rough["id"], dispatcher)
    assert found["why"] == "its place may be off by 5000 m"
    assert found["pictures"] == 1
    assert (found["alarm_id"], found["site_id"]) == (None, None)
    door = f"/v1/reports/{rough['id']}/pictures/"
    seen = town.client.as_(dispatcher, "GET", f"{door}1")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert seen.content != picture, "drawn anew: nothing that the file carried beside the picture"
    assert town.client.as_(dispatcher, "GET", f"{door}2").status_code == 404
    assert town.client.as_(town.who("dispatcher_b"), "GET", f"{door}1").status_code == 404, "another operator's"
    shown = town.client.get(f"/v1/public/reports/{rough['token']}/pictures/1")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    spot = {"lon": HERE[0] + 0.03, "lat": HERE[1], "accuracy_m": 20}
    placed = town.client.as_(dispatcher, "POST", f"/v1/reports/{rough['id']}/place", json=spot)
    assert (placed.status_code, placed.json()["state"]) == (200, "taken"), placed.text
    again = town.client.as_(dispatcher, "POST", f"/v1/reports/{rough['id']}/place", json=spot)
    assert (again.status_code, again.json()["field"]) == (409, "state")
    town.drain()
    assert [one["key"] for one in status(town, rough["token"])["steps"]][:2] == ["received", "placed"]
    after = minded(town, rough["id"], dispatcher)
    alarm_id = after["alarm_id"]
    assert alarm_id is not None, "where it went is told"
    assert after["pictures"] == 1
    bare = taken(send(town, place=place(0.03)))
    assert minded(town, bare["id"], dispatcher)["pictures"] == 0, "words alone are no picture"
    assert town.client.as_(town.who("safety_manager"), "GET", f"/v1/alarms/{alarm_id}").status_code == 200
    assert town.client.as_(dispatcher, "GET", f"{door}1").status_code == 200, "the river's own picture now"
    assert town.client.get(f"/v1/public/reports/{rough['token']}/pictures/1").status_code == 200


def test_what_lies_on_nobodys_ground_waits_for_whoever_takes_it(town: Any) -> None:
    lost = taken(send(town, place=None, place_words="学院路与成府路口", kind="drilling"))
    assert lost["state"] == "waiting"
    mine, theirs = town.who("dispatcher"), town.who("dispatcher_b")
    for who in (mine, theirs):
        found = minded(town, lost["id"], who)
        assert (found["unclaimed"], found["place_words"]) == (True, "学院路与成府路口")
    assert town.client.as_(mine, "GET", f"/v1/reports/{lost['id']}/contact").status_code == 404
    spot = {"lon": HERE[0], "lat": HERE[1] + 0.01}
    assert town.client.as_(theirs, "POST", f"/v1/reports/{lost['id']}/place", json=spot).status_code == 200
    assert minded(town, lost["id"], theirs)["unclaimed"] is False
    gone = town.client.as_(mine, "GET", "/v1/reports?limit=200").json()["items"]
    assert lost["id"] not in {one["id"] for one in gone}
    town.drain()
    assert status(town, lost["token"])["state"] != "waiting"


def test_none_of_ours_stays_on_record_with_its_reason_and_the_reporter_is_told(town: Any) -> None:
    dispatcher = town.who("dispatcher")
    odd = taken(send(town, place=place(accuracy_m=9000), words="<script>alert(1)</script> http://x.example 骂人"))
    aside = town.client.as_(dispatcher, "POST", f"/v1/reports/{odd['id']}/aside", json={"reason": "not about digging"})
    assert (aside.status_code, aside.json()["state"]) == (200, "aside")
    assert aside.json()["words"].startswith("<script>"), "kept as it was said: text, never markup"
    now = status(town, odd["token"])
    assert now["state"] == "aside"
    assert "not about digging" not in str(now), "the reason is the house's own"


def test_a_phone_that_is_set_aside_waits_and_nothing_of_it_is_thrown_away(town: Any) -> None:
    dispatcher, phone = town.who("dispatcher"), str(uuid4())
    first = taken(send(town, device=phone, words="骂人的话"))
    body = {"hours": 24, "reason": "abuse"}
    done = town.client.as_(dispatcher, "POST", f"/v1/reports/{first['id']}/phone", json=body)
    assert done.json()["phone_aside_until"] is not None, done.text
    second = taken(send(town, device=phone))
    assert second["state"] == "waiting"
    assert minded(town, second["id"], dispatcher)["why"] == "its phone was set aside: abuse"
    body = {"hours": None, "reason": "enough"}
    ended = town.client.as_(dispatcher, "POST", f"/v1/reports/{first['id']}/phone", json=body)
    assert ended.json()["phone_aside_until"] is None
    assert taken(send(town, device=phone))["state"] == "received"


def test_a_clock_that_is_a_year_off_counts_for_nothing(town: Any) -> None:
    dispatcher = town.who("dispatcher")
    with town.home.work() as work:
        now = work.now()
    for taken_at, odd in (
        (now + timedelta(days=365), True),
        (now - timedelta(days=365), True),
        (now - timedelta(days=2), False),
    ):
        said = taken(send(town, taken_at=taken_at.isoformat()))
        found = minded(town, said["id"], dispatcher)
        assert any("clock" in one or "time" in one for one in found["notes"]) is odd
        assert (found["at"] == found["received_at"]) is odd


def test_a_bad_picture_is_a_note_and_never_costs_the_report(town: Any) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * (30 << 20)
    said = taken(send(town, (b"<html>", heic, jpeg(44))))
    assert len(said["notes"]) == 2
    assert "larger" in said["notes"][1] or "MB" in said["notes"][1]
    town.drain()
    now = status(town, said["token"])
    assert len(now["pictures"]) == 1
    shown = town.client.get(now["pictures"][0])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.content != jpeg(44), "drawn anew"
    assert town.client.get(f"/v1/public/reports/{said['token']}/pictures/2").status_code == 404


def test_three_pictures_are_one_voice(town: Any) -> None:
    said = taken(send(town, (jpeg(50), jpeg(51), jpeg(52)), place=place(dx=0.012)))
    town.drain()
    assert len(status(town, said["token"])["pictures"]) == 3
    (found,) = [one for one in near(town, dx=0.012)["items"] if one["distance_m"] == 0]
    assert found["reports"] == 1
    picture = town.client.get(found["picture"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")


def test_words_are_added_once(town: Any) -> None:
    said, draft = taken(send(town)), str(uuid4())
    path = f"/v1/public/reports/{said['token']}/words"
    for _ in range(2):
        answer = town.client.post(path, json={"draft": draft, "words": "还在挖"})
        assert answer.status_code == 201, answer.text
    assert [one["key"] for one in answer.json()["steps"]].count("said") == 1
    other = town.client.post(path, json={"draft": draft, "words": "不挖了"})
    assert (other.status_code, other.json()["field"]) == (422, "draft")
    assert minded(town, said["id"], town.who("dispatcher"))["added"] == ["还在挖"]
    assert (
        town.client.post(f"/v1/public/reports/{'0' * 32}/words", json={"draft": draft, "words": "x"}).status_code == 404
    )


def test_one_tap_confirms_what_stands_there(town: Any) -> None:
    first = taken(send(town, place=place(dx=-0.02)))
    town.drain()
    there = near(town, "digging", dx=-0.0202)
    assert there["covered"] is True
    (one,) = there["items"]
    assert (one["reports"], one["kind"], one["same_kind"]) == (1, "digging", True)
    assert one["state"] in {"checking", "in_hand"}
    assert (one["lon"], one["lat"]) == people.on_grid(HERE[0] - 0.02, HERE[1]), "the middle of a square of 100 m"
    assert one["distance_m"] == 20
    draft = str(uuid4())
    body = {"draft": draft, "place": place(dx=-0.0202), "words": "我也看到"}
    said = taken(town.client.post(f"/v1/public/near/{one['id']}/confirm", json=body))
    again = town.client.post(f"/v1/public/near/{one['id']}/confirm", json=body)
    assert (again.status_code, again.json()["id"]) == (200, said["id"])
    town.drain()
    (same,) = near(town, "digging", dx=-0.0202)["items"]
    assert (same["id"], same["reports"]) == (one["id"], 2), "another voice for the same alarm"
    now = status(town, said["token"])
    assert "confirmed_by_you" in [each["key"] for each in now["steps"]]
    assert now["merged_with"] == one["id"]
    assert first["id"] not in str(now), "no other reporter is named"
    never = town.client.post(f"/v1/public/near/{uuid4()}/confirm", json={"draft": str(uuid4())})
    assert never.status_code == 404


def test_nothing_is_near_where_nobody_has_spoken(town: Any) -> None:
    assert near(town, dx=0.045, dy=0.004) == {"items": [], "covered": True}
    far = town.client.get("/v1/public/near?lon=2.35&lat=48.85&crs=wgs84&accuracy_m=10").json()
    assert far == {"items": [], "covered": False}


def test_who_is_signed_in_reports_in_their_name_and_finds_it_again(town: Any) -> None:
    resident = town.person(Role.RESIDENT)
    said = taken(send(town, path="/v1/reports", who=resident))
    town.drain()
    mine = town.client.as_(resident, "GET", "/v1/me/reports").json()
    assert [one["id"] for one in mine["items"]] == [said["id"]]
    assert mine["items"][0]["link"] == said["link"]
    assert town.client.as_(town.person(Role.RESIDENT), "GET", "/v1/me/reports").json()["items"] == []
    assert minded(town, said["id"], town.who("dispatcher"))["signed_in"] is True
    assert send(town, path="/v1/reports", who=None).status_code == 401


def test_contacts_are_opened_one_by_one_with_a_reason_and_on_record(town: Any) -> None:
    dispatcher = town.who("dispatcher")
    said = taken(send(town, contact="138 0000 1111"))
    found = minded(town, said["id"], dispatcher)
    assert found["contact"] is True
    assert "138" not in str(found)
    path = f"/v1/reports/{said['id']}/contact"
    opened = town.client.as_(dispatcher, "GET", path, headers={"X-Reason": "reaching"})
    assert opened.json()["contact"] == "138 0000 1111", opened.text
    assert town.client.as_(town.who("dispatcher_b"), "GET", path, headers={"X-Reason": "reaching"}).status_code == 404
    assert town.client.as_(town.who("patroller"), "GET", path, headers={"X-Reason": "reaching"}).status_code == 403
    assert "138" not in str(status(town, said["token"]))
    with town.home.work() as work:
        looked = work.session.scalar(
            text("SELECT count(*) FROM people_views WHERE subject_id = :id AND what = 'reporter'"), {"id": said["id"]}
        )
    assert looked == 1


def test_a_nonce_proves_that_a_picture_is_of_now_and_only_once(town: Any) -> None:
    dispatcher = town.who("dispatcher")
    nonce = town.client.post("/v1/public/captures").json()["nonce"]
    marks = [
        minded(town, taken(send(town, (jpeg(60 + n),), nonce=one))["id"], dispatcher)["fresh"]
        for n, one in enumerate((nonce, nonce, None, "made-up"))
    ]
    assert marks == ["fresh", "used", "none", "wrong"]


def forget(town: Any, token: str) -> Any:
    return town.client.post(f"/v1/public/reports/{token}/forget")


def test_whoever_has_the_link_has_a_report_forgotten_and_the_link_says_so_afterwards(town: Any) -> None:
    said = taken(send(town, (jpeg(31),), contact="138 0000 1111", words="我家楼下有挖机", place=place(0.004)))
    other = taken(send(town, (jpeg(32),), contact="139 0000 2222", words="别动这条", place=place(0.008)))
    town.drain()
    assert len(status(town, said["token"])["pictures"]) == 1
    done = forget(town, said["token"])
    assert done.status_code == 200, done.text
    told = done.json()["forgotten"]
    assert (told["left"], told["evidence_days"]) == ("", 1095)
    now = status(town, said["token"])
    assert (now["words"], now["pictures"], now["kind"]) == ("", [], "digging")
    assert now["forgotten"] == told
    assert now["steps"], "what became of it is told as before"
    assert forget(town, said["token"]).json()["forgotten"]["asked_at"] == told["asked_at"]
    more = {"draft": str(uuid4()), "words": "x"}
    refused = town.client.post(f"/v1/public/reports/{said['token']}/words", json=more)
    assert (refused.status_code, refused.json()["field"]) == (409, "token")
    assert town.client.get(f"/v1/public/reports/{said['token']}/pictures/1").status_code == 404
    with town.home.work() as work:
        rows = work.session.execute(
            text("SELECT row_to_json(r)::text FROM field_reports r WHERE id = :id"), {"id": said["id"]}
        ).scalar_one()
    assert "138 0000 1111" not in rows
    assert "我家楼下" not in rows
    left = status(town, other["token"])
    assert (left["words"], left["forgotten"], len(left["pictures"])) == ("别动这条", None, 1)


def test_a_place_that_only_words_tell_stays_until_a_person_has_found_it(town: Any) -> None:
    said = taken(send(town, place=None, place_words="爱民道 12 号院北门外", contact="138 0000 3333", kind="gas_smell"))
    told = forget(town, said["token"]).json()
    assert told["forgotten"]["left"] == "waiting"
    with town.home.work() as work:
        row = work.session.execute(
            text("SELECT words, place_words, contact FROM field_reports WHERE id = :id"), {"id": said["id"]}
        ).one()
    assert (row.place_words, row.contact) == ("爱民道 12 号院北门外", "")


def test_a_link_to_a_report_in_somebodys_name_forgets_nothing(town: Any) -> None:
    manager = town.who(Role.SAFETY_MANAGER.value)
    said = taken(send(town, path="/v1/reports", who=manager, place=place(0.012), words="我自己报的"))
    refused = forget(town, said["token"])
    assert (refused.status_code, refused.json()["field"]) == (409, "token")
    assert "/v1/me/erasure" in refused.json()["fix"]
    assert status(town, said["token"])["words"] == "我自己报的"
    unknown = [forget(town, token) for token in ("0" * 32, "f" * 32)]
    assert {one.status_code for one in unknown} == {404}
    assert unknown[0].content == unknown[1].content
    assert forget(town, "short").status_code == 422


def waiting(town: Any, who: Any, **asked: Any) -> dict[str, Any]:
    answer = town.client.as_(who, "GET", "/v1/reports", params={"state": "waiting", "order": "grave", **asked})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_what_waits_comes_danger_first_then_the_oldest_page_by_page(town: Any) -> None:
    manager = town.who(Role.SAFETY_MANAGER.value)
    made = [
        taken(send(town, place=None, words=f"grave {kind}", kind=kind))["id"]
        for kind in ("digging", "gas_smell", "piling", "pipe_hit")
    ]
    first = waiting(town, manager, limit=2)
    items, following, pages = list(first["items"]), first["next"], 1
    while following is not None:
        page = waiting(town, manager, limit=2, cursor=following)
        assert page["total"] is None
        items, following, pages = items + page["items"], page["next"], pages + 1
    ids = [one["id"] for one in items]
    assert len(ids) == len(set(ids)) == first["total"], "nothing is left out and nothing comes twice"
    assert pages == -(-len(ids) // 2)
    assert [one["danger"] for one in items] == sorted((one["danger"] for one in items), reverse=True)
    for danger in (True, False):
        received = [one["received_at"] for one in items if one["danger"] is danger]
        assert received == sorted(received)
    ours = [one for one in ids if one in made]
    assert ours == [made[1], made[3], made[0], made[2]]


def test_the_grave_order_asks_for_a_state_and_keeps_its_cursors_and_its_reach(town: Any) -> None:
    manager = town.who(Role.SAFETY_MANAGER.value)
    refused = town.client.as_(manager, "GET", "/v1/reports", params={"order": "grave"})
    assert (refused.status_code, refused.json()["field"]) == (422, "state")
    for _ in range(2):
        taken(send(town, place=None, words="cursor"))
    newest = town.client.as_(manager, "GET", "/v1/reports?limit=1").json()
    assert newest["total"] is None
    mixed = {"state": "waiting", "order": "grave", "cursor": newest["next"]}
    assert town.client.as_(manager, "GET", "/v1/reports", params=mixed).status_code == 422
    resident = town.client.as_(
        town.who("resident"), "GET", "/v1/reports", params={"state": "waiting", "order": "grave"}
    )
    assert resident.status_code == 403
    placed = taken(send(town, words="not theirs", place=place(0.016)))["id"]
    assert placed not in {one["id"] for one in waiting(town, town.who("safety_manager_b"), limit=200)["items"]}
