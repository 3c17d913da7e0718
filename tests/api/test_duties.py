"""Duties, calls, shelves, shifts and rosters as a dispatcher and a patroller see them over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import owed_api
import pytest
from owed_api import ask, soon
from sqlalchemy import text

from pipewarden.casework import jobs, service, store
from pipewarden.people.facts import Role


@pytest.fixture
def here(town: Any, spot: Any) -> str:
    """A site in the east."""
    return owed_api.site(town, town.a, spot())


def test_what_is_owed_is_listed_by_when_it_is_due(town: Any, here: str) -> None:
    found = ask(town, "dispatcher", "GET", "/v1/duties", params={"site_id": here}).json()["items"]
    assert "arrive" in {one["kind"] for one in found}
    assert [one["due_at"] for one in found] == sorted(one["due_at"] for one in found)
    one = next(one for one in found if one["kind"] == "arrive")
    assert one["clause"].startswith("product default")
    assert (one["overdue"], one["state"], one["about"]) == (False, "open", None)
    only = ask(town, "dispatcher", "GET", "/v1/duties", params={"site_id": here, "kind": "brief"}).json()
    assert only == {"items": [], "next": None}
    late = ask(town, "dispatcher", "GET", "/v1/duties", params={"site_id": here, "overdue": True}).json()["items"]
    assert late == []


def test_the_list_goes_on_where_it_ended(town: Any, here: str) -> None:
    _ = here
    owed_api.site(town, town.a, (116.7, 39.45))
    whole = ask(town, "dispatcher", "GET", "/v1/duties?limit=200").json()["items"]
    seen, cursor = [], None
    for _number in range(len(whole)):
        params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = ask(town, "dispatcher", "GET", "/v1/duties", params=params).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [one["id"] for one in whole]
    assert ask(town, "dispatcher", "GET", "/v1/duties?cursor=made-up").status_code == 422


def test_a_pause_takes_its_time_out_of_the_deadline_and_names_what_it_allows(town: Any, here: str) -> None:
    path = f"/v1/duties/{owed_api.duty(town, town.a, here)}"
    wrong = ask(town, "dispatcher", "POST", f"{path}/pause", json={"reason": "lunch", "until": soon(town, hours=1)})
    assert wrong.status_code == 422
    assert wrong.json()["field"] == "reason"
    assert "road_closed, storm" in wrong.json()["fix"]
    paused = ask(town, "dispatcher", "POST", f"{path}/pause", json={"reason": "storm", "until": soon(town, hours=1)})
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert (paused.json()["zh"], paused.json()["en"]) == ("到场", "be on site")
    back = ask(town, "dispatcher", "POST", f"{path}/resume").json()
    assert back["state"] == "open"
    assert back["due_at"] > paused.json()["due_at"]


def test_a_call_is_answered_once_and_read_by_whom_it_was_for(town: Any, here: str) -> None:
    who = town.who("patroller")
    call = owed_api.call(town, who, here)
    mine = ask(town, "patroller", "GET", "/v1/calls?waits=true").json()["items"]
    assert call in {one["id"] for one in mine}
    first = ask(town, "patroller", "POST", f"/v1/calls/{call}/acknowledge").json()
    again = ask(town, "patroller", "POST", f"/v1/calls/{call}/acknowledge").json()
    assert first == again
    assert first["acked_by"] == str(who.id)
    assert call not in {one["id"] for one in ask(town, "patroller", "GET", "/v1/calls?waits=true").json()["items"]}
    assert call in {one["id"] for one in ask(town, "patroller", "GET", "/v1/calls?waits=false").json()["items"]}
    assert ask(town, "dispatcher", "POST", f"/v1/calls/{call}/acknowledge").status_code == 404
    over = ask(town, "safety_manager", "GET", "/v1/calls?everybody=true&limit=200").json()["items"]
    assert call in {one["id"] for one in over}


def test_the_calls_go_on_where_they_ended(town: Any, here: str) -> None:
    made = {owed_api.call(town, town.who("locator"), here) for _ in range(3)}
    whole = [one["id"] for one in ask(town, "locator", "GET", "/v1/calls?limit=200").json()["items"]]
    assert made <= set(whole)
    seen, cursor = [], None
    for _number in range(len(whole)):
        params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = ask(town, "locator", "GET", "/v1/calls", params=params).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole


def test_a_shelf_is_listed_with_who_answers_for_it_and_taken_off(town: Any, here: str) -> None:
    body = {"site_id": here, "reason": "the crew is known", "until": soon(town, hours=2)}
    made = ask(town, "dispatcher", "POST", "/v1/shelves", json=body)
    assert made.status_code == 201
    assert made.json()["person_id"] == str(town.who("dispatcher").id)
    path = f"/v1/shelves/{made.json()['id']}"
    assert made.json() in ask(town, "patroller", "GET", "/v1/shelves").json()["items"]
    assert ask(town, "dispatcher", "DELETE", path).status_code == 204
    assert ask(town, "dispatcher", "DELETE", path).status_code == 404
    assert ask(town, "dispatcher", "POST", "/v1/shelves", json=body | {"until": soon(town, hours=9)}).status_code == 422


def test_a_shift_is_handed_over_with_what_is_open(town: Any, here: str) -> None:
    boss = town.who("safety_manager")
    body = {"words": "quiet", "to_id": str(boss.id)}
    made = ask(town, "dispatcher", "POST", "/v1/shifts/log", json=body).json()
    assert here in {one["site_id"] for one in made["items"]}
    assert (made["kind"], made["acked_at"]) == ("handover", None)
    taken = ask(town, "safety_manager", "POST", f"/v1/shifts/log/{made['id']}/acknowledge").json()
    assert taken["acked_at"] is not None
    assert ask(town, "dispatcher", "POST", f"/v1/shifts/log/{made['id']}/acknowledge").status_code == 409
    first = ask(town, "safety_manager", "GET", "/v1/shifts/log?limit=1").json()
    assert len(first["items"]) == 1
    assert first["next"] is not None or first["items"][0]["id"] == made["id"]


def test_no_flood_on_a_quiet_day_and_what_waits_is_in_reach_only(town: Any, here: str) -> None:
    _ = here
    # of the other company: what tests of danger call for is this one's
    found = ask(town, "safety_manager_b", "GET", "/v1/flood").json()
    assert found["full"] == 0
    assert set(found) == {"on", "waiting", "critical", "full", "site_ids"}


def test_a_roster_shows_who_stands_in(town: Any) -> None:
    duty_id, person_id = owed_api.on_duty(town, town.a, town.east, day=4)
    span = {"since": soon(town), "until": soon(town, days=9)}
    (mine,) = [
        one for one in ask(town, "dispatcher", "GET", "/v1/roster", params=span).json()["items"] if one["id"] == duty_id
    ]
    assert (mine["person_id"], mine["substitutions"]) == (person_id, [])
    body = {"begins_at": mine["begins_at"], "ends_at": mine["ends_at"], "reason": "on holiday"}
    made = ask(town, "safety_manager", "POST", f"/v1/roster/{duty_id}/substitutions", json=body)
    assert (made.status_code, made.json()["person_id"]) == (201, None)
    again = ask(town, "dispatcher", "GET", "/v1/roster", params=span).json()["items"]
    assert [one["substitutions"] for one in again if one["id"] == duty_id] == [[made.json()]]
    path = f"/v1/substitutions/{made.json()['id']}"
    assert ask(town, "safety_manager", "DELETE", path).status_code == 204
    long = ask(town, "dispatcher", "GET", "/v1/roster", params={"since": soon(town), "until": soon(town, days=99)})
    assert (long.status_code, long.json()["field"]) == (422, "until")


def test_a_roster_is_written_ended_and_written_once_more(town: Any) -> None:
    who = town.person(Role.LOCATOR, area=town.east)
    body = owed_api.roster_entry(town, who.id, town.east)
    made = ask(town, "safety_manager", "POST", "/v1/roster", json=body)
    assert made.status_code == 201, made.text
    assert (made.json()["person_id"], made.json()["person"], made.json()["rank"]) == (
        str(who.id),
        f"locator {town.made - 1}",
        1,
    )
    twice = ask(town, "safety_manager", "POST", "/v1/roster", json=body)
    assert (twice.status_code, twice.json()["field"]) == (409, "begins_at")
    wrong = ask(town, "safety_manager", "POST", "/v1/roster", json=body | {"role": "dispatcher"})
    assert (wrong.status_code, wrong.json()["field"]) == (409, "person_id")
    copy = {"since": body["begins_at"], "until": body["ends_at"], "onto": body["ends_at"]}
    copied = ask(town, "safety_manager", "POST", "/v1/roster/copies", json=copy).json()
    assert [one["begins_at"] for one in copied["made"]] == [made.json()["ends_at"]]
    assert copied["left"] == []
    again = ask(town, "safety_manager", "POST", "/v1/roster/copies", json=copy).json()
    assert again["made"] == []
    assert [one["duty"]["id"] for one in again["left"]] == [made.json()["id"]]
    assert "somebody is on duty" in again["left"][0]["problem"]
    path = f"/v1/roster/{made.json()['id']}"
    assert ask(town, "dispatcher", "DELETE", path).status_code == 403
    assert ask(town, "safety_manager", "DELETE", path).status_code == 204
    assert ask(town, "safety_manager", "DELETE", path).status_code == 404


def test_a_roster_pages(town: Any) -> None:
    for day in (31, 32, 33):  # far from where the others of this town put somebody
        owed_api.on_duty(town, town.a, town.east, day=day)
    span = {"since": soon(town, days=30), "until": soon(town, days=34)}
    whole = ask(town, "dispatcher", "GET", "/v1/roster", params=span).json()
    assert (len(whole["items"]) >= 3, whole["next"]) == (True, None)
    seen, cursor = [], {}
    while True:
        page = ask(town, "dispatcher", "GET", "/v1/roster", params=span | {"limit": 1} | cursor).json()
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == whole["items"]


def test_a_dispatcher_elsewhere_sees_nothing_of_it(town: Any, here: str) -> None:
    west = town.person(Role.DISPATCHER, area=town.west)
    found = town.client.as_(west, "GET", "/v1/duties", params={"site_id": here}).json()
    assert found["items"] == []
    duty_id = owed_api.duty(town, town.a, here)
    body = {"reason": "storm", "until": soon(town, hours=1)}
    assert town.client.as_(west, "POST", f"/v1/duties/{duty_id}/pause", json=body).status_code == 404


def test_the_sweep_of_the_house_calls_who_is_on_duty(town: Any, here: str) -> None:
    """What the worker does every two seconds, on the town's own database."""
    jobs.sweep(town.home.factory.begin)
    with town.home.work() as work:
        kept = [one for one in store.owed.running(work, UUID(here)) if one.duty.kind == "accept"]
        told = {call.person_id for call in service.calls(work, _all_calls(work))}
    assert kept
    assert all(one.duty.person_id is None or one.duty.person_id in told for one in kept)


def _all_calls(work: Any) -> list[UUID]:
    return list(work.session.scalars(text("SELECT id FROM casework_calls")))
