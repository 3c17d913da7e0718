"""What duties, shelves, shifts and rosters refuse over HTTP: each with the field and the fix, and nothing written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import owed_api
import pytest
from sqlalchemy import text

from pipewarden.people.facts import Role

NOTHING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def here(town: Any, spot: Any) -> str:
    """A site in the east."""
    return owed_api.site(town, town.a, spot())


def ask(town: Any, who: str, method: str, path: str, **more: Any) -> Any:
    return town.client.as_(town.who(who), method, path, **more)


def soon(town: Any, **time: float) -> str:
    with town.home.work() as work:
        return (work.now() + timedelta(**time)).isoformat()


def rows(town: Any, table: str) -> int:
    with town.home.work() as work:
        return int(work.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  our own names


def told(answer: Any) -> tuple[int, str]:
    body = answer.json()
    assert body["fix"]
    return answer.status_code, body["field"]


def test_a_site_that_is_critical_or_over_is_not_shelved(town: Any, here: str) -> None:
    before = rows(town, "casework_shelves")
    body = {"site_id": here, "reason": "known", "until": soon(town, hours=1)}
    with town.home.work() as work:
        work.session.execute(
            text("UPDATE casework_sites SET level = 1, sum = jsonb_set(sum, '{level}', '1') WHERE id = :id"),
            {"id": here},
        )
    assert told(ask(town, "dispatcher", "POST", "/v1/shelves", json=body)) == (409, "site")
    assert rows(town, "casework_shelves") == before


@pytest.mark.parametrize("time", [{"hours": 9}, {"hours": -1}])
def test_a_shelf_has_an_end_within_eight_hours(town: Any, here: str, time: dict[str, float]) -> None:
    body = {"site_id": here, "reason": "known", "until": soon(town, **time)}
    assert told(ask(town, "dispatcher", "POST", "/v1/shelves", json=body)) == (422, "until")


def test_what_is_not_there_is_not_found(town: Any) -> None:
    until = soon(town, hours=1)
    body = {"reason": "storm", "until": until}
    for method, path, json in (
        ("POST", f"/v1/duties/{NOTHING}/pause", body),
        ("POST", f"/v1/duties/{NOTHING}/resume", None),
        ("POST", f"/v1/calls/{NOTHING}/acknowledge", None),
        ("DELETE", f"/v1/shelves/{NOTHING}", None),
        ("POST", "/v1/shelves", {"site_id": NOTHING, "reason": "x", "until": until}),
        ("POST", f"/v1/shifts/log/{NOTHING}/acknowledge", None),
    ):
        answer = ask(town, "dispatcher", method, path, **({} if json is None else {"json": json}))
        assert answer.status_code == 404, path


def test_a_pause_twice_and_a_resume_twice(town: Any, here: str) -> None:
    path = f"/v1/duties/{owed_api.duty(town, town.a, here)}"
    body = {"reason": "storm", "until": soon(town, hours=1)}
    assert ask(town, "dispatcher", "POST", f"{path}/pause", json=body).status_code == 200
    assert told(ask(town, "dispatcher", "POST", f"{path}/pause", json=body)) == (422, "duty")
    first = ask(town, "dispatcher", "POST", f"{path}/resume").json()
    assert ask(town, "dispatcher", "POST", f"{path}/resume").json() == first


def test_the_same_key_shelves_once(town: Any, here: str) -> None:
    body = {"site_id": here, "reason": "known", "until": soon(town, hours=1)}
    before = rows(town, "casework_shelves")
    key = {"Idempotency-Key": f"shelf-{here}"}
    first = ask(town, "dispatcher", "POST", "/v1/shelves", json=body, headers=key)
    again = ask(town, "dispatcher", "POST", "/v1/shelves", json=body, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert rows(town, "casework_shelves") == before + 1


def test_nobody_hands_a_shift_to_themselves(town: Any) -> None:
    body = {"words": "quiet", "to_id": str(town.who("dispatcher").id)}
    assert told(ask(town, "dispatcher", "POST", "/v1/shifts/log", json=body)) == (422, "to_id")
    assert ask(town, "dispatcher", "POST", "/v1/shifts/log", json={"words": ""}).status_code == 422
    assert ask(town, "dispatcher", "POST", "/v1/shifts/log", json={"words": "x", "who": "y"}).status_code == 422


def test_who_does_not_hold_the_role_stands_in_for_nobody(town: Any) -> None:
    duty_id, person_id = owed_api.on_duty(town, town.a, town.east, day=5)
    span = {"begins_at": soon(town, days=5, hours=1), "ends_at": soon(town, days=5, hours=2), "reason": "ill"}
    path = f"/v1/roster/{duty_id}/substitutions"
    stranger = town.person(Role.DISPATCHER, area=town.east)
    other = span | {"person_id": str(stranger.id)}
    assert told(ask(town, "safety_manager", "POST", path, json=other)) == (409, "person_id")
    same = span | {"person_id": person_id}
    assert told(ask(town, "safety_manager", "POST", path, json=same)) == (409, "person_id")
    past = span | {"begins_at": soon(town, days=-2), "ends_at": soon(town, days=-1)}
    assert told(ask(town, "safety_manager", "POST", path, json=past)) == (422, "ends_at")
