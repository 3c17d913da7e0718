"""What duties, shelves, calls, shifts and rosters refuse over HTTP: the status, the field, the fix, nothing written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import owed_api
import pytest
from owed_api import ask, soon
from sqlalchemy import text

from pipewarden.casework import store
from pipewarden.casework.facts import Ended, SiteState, Struck
from pipewarden.casework.service import append
from pipewarden.people.facts import Role

UNKNOWN = "00000000-0000-7000-8000-00000000dead"


@pytest.fixture
def here(town: Any, spot: Any) -> str:
    """A site in the east that is not critical."""
    return owed_api.site(town, town.a, spot())


def told(answer: Any, status: int, field: str) -> Any:
    """Return a refusal, which says what is wrong, where, and what to do."""
    body = answer.json()
    assert (answer.status_code, body.get("field")) == (status, field), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["fix"]
    return body


def rows(town: Any, table: str) -> int:
    with town.home.work() as work:
        return int(work.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  our own names


def happen(town: Any, site_id: str, *bodies: Any) -> None:
    with town.at(town.a) as work:
        append(work, store.sites.lock(work, [UUID(site_id)])[UUID(site_id)], bodies)


def test_a_pause_is_refused_by_field_and_leaves_the_duty_running(town: Any, here: str) -> None:
    path = f"/v1/duties/{owed_api.duty(town, town.a, here)}/pause"
    good = {"reason": "storm", "until": soon(town, hours=1)}
    for wrong, field in (
        ({"until": soon(town, hours=-1)}, "until"),
        ({"until": soon(town, days=8)}, "until"),
        ({"reason": "road_works"}, "reason"),
    ):
        told(ask(town, "dispatcher", "POST", path, json=good | wrong), 422, field)
    for wrong in ({"until": "2026-11-26T10:00:00"}, {"until": "tomorrow"}, {"reason": ""}, {"because": "x"}):
        assert ask(town, "dispatcher", "POST", path, json=good | wrong).status_code == 422
    for who, status in (("patroller", 403), ("auditor", 403), ("safety_manager_b", 404)):
        assert ask(town, who, "POST", path, json=good).status_code == status
    assert ask(town, "dispatcher", "POST", f"/v1/duties/{UNKNOWN}/pause", json=good).status_code == 404
    (one,) = ask(town, "dispatcher", "GET", "/v1/duties", params={"site_id": here, "kind": "arrive"}).json()["items"]
    assert (one["state"], one["pause_reason"], one["pause_until"]) == ("open", None, None)


def test_a_pause_twice_and_a_resume_twice(town: Any, here: str) -> None:
    path = f"/v1/duties/{owed_api.duty(town, town.a, here)}"
    body = {"reason": "storm", "until": soon(town, hours=1)}
    assert ask(town, "dispatcher", "POST", f"{path}/pause", json=body).status_code == 200
    told(ask(town, "dispatcher", "POST", f"{path}/pause", json=body), 422, "duty")
    first = ask(town, "dispatcher", "POST", f"{path}/resume").json()
    assert ask(town, "dispatcher", "POST", f"{path}/resume").json() == first


def test_accepting_cannot_be_paused_and_the_fix_says_what_to_do_instead(town: Any, spot: Any) -> None:
    town.who("safety_manager")  # somebody gets the site
    duty_id = owed_api.duty(town, town.a, owed_api.site(town, town.a, spot()), "accept")
    body = {"reason": "storm", "until": soon(town, hours=1)}
    refused = ask(town, "dispatcher", "POST", f"/v1/duties/{duty_id}/pause", json=body)
    assert "hand it over" in told(refused, 422, "reason")["fix"]


def test_a_paused_duty_says_until_when_and_is_not_listed_as_late(town: Any, here: str) -> None:
    duty_id = owed_api.duty(town, town.a, here)
    until = soon(town, hours=2)
    paused = ask(town, "dispatcher", "POST", f"/v1/duties/{duty_id}/pause", json={"reason": "storm", "until": until})
    assert paused.json()["pause_reason"] == "storm"
    with town.at(town.a) as work:
        past = text("UPDATE casework_duties SET due_at = due_at - interval '3 hours' WHERE id = :one")
        work.session.execute(past, {"one": duty_id})
    params = {"site_id": here, "overdue": True}
    late = ask(town, "dispatcher", "GET", "/v1/duties", params=params).json()["items"]
    assert duty_id not in {one["id"] for one in late}
    ask(town, "dispatcher", "POST", f"/v1/duties/{duty_id}/resume")
    late = ask(town, "dispatcher", "GET", "/v1/duties", params=params).json()["items"]
    assert {one["id"]: one["overdue"] for one in late}[duty_id] is True


def test_a_list_takes_no_cursor_of_another_list_and_no_strange_question(town: Any, here: str) -> None:
    owed_api.duty(town, town.a, here)
    owed_api.site(town, town.a, (116.7, 39.46))
    more = ask(town, "safety_manager", "GET", "/v1/duties?limit=1").json()["next"]
    assert more is not None
    for path in ("/v1/sites", "/v1/calls", "/v1/shifts/log"):
        assert ask(town, "safety_manager", "GET", f"{path}?cursor={more}").status_code == 422
    for query in ("limit=0", "limit=201", "site_id=7", "mine=perhaps", "colour=red"):
        assert ask(town, "dispatcher", "GET", f"/v1/duties?{query}").status_code == 422


def test_one_sees_as_mine_only_what_one_owes(town: Any, here: str) -> None:
    mine = ask(town, "patroller", "GET", "/v1/duties?mine=true&limit=200").json()["items"]
    assert {one["person_id"] for one in mine} <= {str(town.who("patroller").id)}
    theirs = ask(town, "patroller", "GET", f"/v1/duties?site_id={here}").json()["items"]
    assert {one["site_id"] for one in theirs} == {here}
    assert ask(town, "safety_manager_b", "GET", f"/v1/duties?site_id={here}").json()["items"] == []


def test_what_cannot_be_silent_is_not_shelved(town: Any, here: str) -> None:
    body = {"site_id": here, "reason": "known", "until": soon(town, hours=1)}
    for hours in (-1, 9):
        late = body | {"until": soon(town, hours=hours)}
        told(ask(town, "dispatcher", "POST", "/v1/shelves", json=late), 422, "until")
    for wrong in ({"reason": " "}, {"reason": ""}, {"until": "2026-11-26T10:00:00"}, {"forever": True}):
        assert ask(town, "dispatcher", "POST", "/v1/shelves", json=body | wrong).status_code == 422
    for who, status in (("patroller", 403), ("auditor", 403), ("safety_manager_b", 404)):
        assert ask(town, who, "POST", "/v1/shelves", json=body).status_code == status
    assert ask(town, "dispatcher", "POST", "/v1/shelves", json=body | {"site_id": UNKNOWN}).status_code == 404
    happen(town, here, Struck("gas"))
    told(ask(town, "dispatcher", "POST", "/v1/shelves", json=body), 409, "site")
    held = ask(town, "safety_manager", "GET", "/v1/shelves").json()["items"]
    assert here not in {one["site_id"] for one in held}


def test_a_site_that_is_critical_is_not_shelved(town: Any, here: str) -> None:
    before = rows(town, "casework_shelves")
    body = {"site_id": here, "reason": "known", "until": soon(town, hours=1)}
    with town.home.work() as work:
        work.session.execute(
            text("UPDATE casework_sites SET level = 1, sum = jsonb_set(sum, '{level}', '1') WHERE id = :id"),
            {"id": here},
        )
    told(ask(town, "dispatcher", "POST", "/v1/shelves", json=body), 409, "site")
    assert rows(town, "casework_shelves") == before


def test_an_ended_site_is_not_shelved(town: Any, here: str) -> None:
    happen(town, here, Ended(SiteState.FALSE, "no_works", "nothing"))
    body = {"site_id": here, "reason": "known", "until": soon(town, hours=1)}
    assert "false" in told(ask(town, "dispatcher", "POST", "/v1/shelves", json=body), 409, "site")["detail"]


def test_the_same_key_shelves_once(town: Any, here: str) -> None:
    body = {"site_id": here, "reason": "known", "until": soon(town, hours=1)}
    before = rows(town, "casework_shelves")
    key = {"Idempotency-Key": f"shelf-{here}"}
    first = ask(town, "dispatcher", "POST", "/v1/shelves", json=body, headers=key)
    again = ask(town, "dispatcher", "POST", "/v1/shelves", json=body, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert rows(town, "casework_shelves") == before + 1


def test_a_second_shelf_stands_for_the_first(town: Any, here: str) -> None:
    body = {"site_id": here, "reason": "known", "until": soon(town, hours=2)}
    first = ask(town, "dispatcher", "POST", "/v1/shelves", json=body).json()
    second = ask(town, "safety_manager", "POST", "/v1/shelves", json=body | {"until": soon(town, hours=1)}).json()
    held = [one for one in ask(town, "patroller", "GET", "/v1/shelves").json()["items"] if one["site_id"] == here]
    assert held == [second]
    assert ask(town, "dispatcher", "DELETE", f"/v1/shelves/{first['id']}").status_code == 404
    assert ask(town, "patroller", "DELETE", f"/v1/shelves/{second['id']}").status_code == 403
    assert ask(town, "safety_manager_b", "DELETE", f"/v1/shelves/{second['id']}").status_code == 404
    assert ask(town, "dispatcher", "DELETE", f"/v1/shelves/{second['id']}").status_code == 204


def test_nobody_answers_for_another(town: Any, here: str) -> None:
    call = owed_api.call(town, town.who("patroller"), here)
    for who, status in (("dispatcher", 404), ("auditor", 403), ("patroller_b", 404)):
        assert ask(town, who, "POST", f"/v1/calls/{call}/acknowledge").status_code == status
    assert ask(town, "patroller", "POST", f"/v1/calls/{UNKNOWN}/acknowledge").status_code == 404
    (one,) = [one for one in ask(town, "patroller", "GET", "/v1/calls?limit=200").json()["items"] if one["id"] == call]
    assert (one["acked_at"], one["acked_by"]) == (None, None)


def test_a_shift_is_handed_to_somebody_who_can_take_it(town: Any) -> None:
    """A hand-over to nobody would wait for ever, and everybody would think that somebody has it."""
    me = str(town.who("dispatcher").id)
    assert (
        "yourself"
        in told(ask(town, "dispatcher", "POST", "/v1/shifts/log", json={"words": "x", "to_id": me}), 422, "to_id")[
            "detail"
        ]
    )
    for who in (UNKNOWN, str(town.who("resident").id), str(town.who("dispatcher_b").id)):
        told(ask(town, "dispatcher", "POST", "/v1/shifts/log", json={"words": "x", "to_id": who}), 422, "to_id")
    for wrong in ({}, {"words": ""}, {"words": "x", "to": me}):
        assert ask(town, "dispatcher", "POST", "/v1/shifts/log", json=wrong).status_code == 422
    assert ask(town, "patroller", "POST", "/v1/shifts/log", json={"words": "x"}).status_code == 403


def test_who_is_handed_a_shift_of_another_district_reads_it_and_takes_it(town: Any) -> None:
    west = town.person(Role.DISPATCHER, area=town.west)
    made = ask(town, "dispatcher", "POST", "/v1/shifts/log", json={"words": "all yours", "to_id": str(west.id)}).json()
    log = town.client.as_(west, "GET", "/v1/shifts/log?limit=200").json()["items"]
    assert made["id"] in {one["id"] for one in log}
    taken = town.client.as_(west, "POST", f"/v1/shifts/log/{made['id']}/acknowledge")
    assert taken.status_code == 200, taken.text
    assert taken.json()["acked_at"] is not None
    beside = town.person(Role.DISPATCHER, area=town.west)
    assert town.client.as_(beside, "POST", f"/v1/shifts/log/{made['id']}/acknowledge").status_code == 404


def test_a_note_is_taken_over_by_nobody(town: Any) -> None:
    note = ask(town, "dispatcher", "POST", "/v1/shifts/log", json={"words": "rain"}).json()
    assert (note["kind"], note["to_id"], note["items"]) == ("note", None, [])
    told(ask(town, "safety_manager", "POST", f"/v1/shifts/log/{note['id']}/acknowledge"), 409, "entry")
    assert ask(town, "safety_manager", "POST", f"/v1/shifts/log/{UNKNOWN}/acknowledge").status_code == 404
    assert ask(town, "safety_manager_b", "POST", f"/v1/shifts/log/{note['id']}/acknowledge").status_code == 404


def test_a_roster_is_asked_for_thirty_five_days_to_the_second(town: Any) -> None:
    since = soon(town)
    with town.home.work() as work:
        start = work.now()
    whole = {"since": start.isoformat(), "until": (start + timedelta(days=35)).isoformat()}
    assert ask(town, "dispatcher", "GET", "/v1/roster", params=whole).status_code == 200
    longer = whole | {"until": (start + timedelta(days=35, seconds=1)).isoformat()}
    told(ask(town, "dispatcher", "GET", "/v1/roster", params=longer), 422, "until")
    for wrong in ({"since": since}, {"since": "2026-11-26T10:00:00", "until": since}):
        assert ask(town, "dispatcher", "GET", "/v1/roster", params=wrong).status_code == 422


def test_substitutions_are_refused_by_field_and_leave_the_roster_as_it_was(town: Any) -> None:
    duty_id, person_id = owed_api.on_duty(town, town.a, town.east, day=6)
    span = {"since": soon(town), "until": soon(town, days=9)}

    def mine() -> Any:
        found = ask(town, "dispatcher", "GET", "/v1/roster", params=span).json()["items"]
        return next(one for one in found if one["id"] == duty_id)

    one, path = mine(), f"/v1/roster/{duty_id}/substitutions"
    good = {"begins_at": one["begins_at"], "ends_at": one["ends_at"], "reason": "ill"}
    told(ask(town, "safety_manager", "POST", path, json=good | {"person_id": person_id}), 409, "person_id")
    for stranger in (town.who("resident"), town.person(Role.DISPATCHER, area=town.east)):
        told(ask(town, "safety_manager", "POST", path, json=good | {"person_id": str(stranger.id)}), 409, "person_id")
    past = {"begins_at": soon(town, days=-2), "ends_at": soon(town, days=-1)}
    for wrong in ({"begins_at": soon(town)}, {"ends_at": soon(town, days=20)}, {"ends_at": one["begins_at"]}, past):
        told(ask(town, "safety_manager", "POST", path, json=good | wrong), 422, "ends_at")
    assert ask(town, "safety_manager", "POST", path, json=good | {"reason": ""}).status_code == 422
    assert ask(town, "dispatcher", "POST", path, json=good).status_code == 403
    assert ask(town, "safety_manager_b", "POST", path, json=good).status_code == 404
    assert ask(town, "safety_manager", "POST", path.replace(duty_id, UNKNOWN), json=good).status_code == 404
    assert mine() == one
    made = ask(town, "safety_manager", "POST", path, json=good).json()
    gone = f"/v1/substitutions/{made['id']}"
    assert ask(town, "safety_manager_b", "DELETE", gone).status_code == 404
    assert [ask(town, "safety_manager", "DELETE", gone).status_code for _ in range(2)] == [204, 404]


def test_what_is_not_there_is_not_found(town: Any) -> None:
    until = soon(town, hours=1)
    body = {"reason": "storm", "until": until}
    for method, path, json in (
        ("POST", f"/v1/duties/{UNKNOWN}/pause", body),
        ("POST", f"/v1/duties/{UNKNOWN}/resume", None),
        ("POST", f"/v1/calls/{UNKNOWN}/acknowledge", None),
        ("DELETE", f"/v1/shelves/{UNKNOWN}", None),
        ("POST", "/v1/shelves", {"site_id": UNKNOWN, "reason": "x", "until": until}),
        ("POST", f"/v1/shifts/log/{UNKNOWN}/acknowledge", None),
    ):
        answer = ask(town, "dispatcher", method, path, **({} if json is None else {"json": json}))
        assert answer.status_code == 404, path
