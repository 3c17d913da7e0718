from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pipewarden.people.facts import Role
from pipewarden.people.http import COOKIE

PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
NEW = "Elf Reiher am Eis 12"


def sign_in(town: Any, login: str, password: str = PASSWORD, **more: Any) -> Any:
    answer = town.client.request("POST", "/v1/session", json={"login": login, "password": password} | more)
    town.client.cookies.clear()
    return answer


def cookie_of(answer: Any) -> str:
    said = str(answer.headers["set-cookie"])
    assert said.startswith(f"{COOKIE}=")
    return said.partition("=")[2].partition(";")[0]


def headers_of(answer: Any) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={cookie_of(answer)}", "X-CSRF-Token": answer.json()["csrf"]}


@pytest.fixture
def newcomer(town: Any) -> tuple[str, dict[str, Any]]:
    """A person whom an administrator has just added over HTTP."""
    town.made += 1
    login = f"newcomer-{town.made}"
    body = {"login": login, "name": "新人", "password": PASSWORD}
    answer = town.client.as_(town.who("tenant_admin"), "POST", "/v1/people", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["login"] == login
    asked = {"login": login, "role": "dispatcher", "area_id": str(town.east)}
    answer = town.client.as_(town.who("security_admin"), "POST", "/v1/memberships", json=asked)
    assert answer.status_code == 201, answer.text
    return login, answer.json()


def test_a_newcomer_changes_the_password_first(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    login, made = newcomer
    assert made["membership"]["role"] == "dispatcher"
    first = sign_in(town, login)
    assert first.status_code == 201
    assert first.json()["must_change"] is True
    assert first.json()["tenant_id"] == str(town.a)
    headers = headers_of(first)
    assert town.client.request("GET", "/v1/alarms", headers=headers).status_code == 403
    body = {"old": PASSWORD, "new": NEW}
    changed = town.client.request("POST", "/v1/session/password", json=body, headers=headers)
    town.client.cookies.clear()
    assert changed.status_code == 200, changed.text
    assert changed.json()["must_change"] is False
    assert town.client.request("GET", "/v1/alarms", headers=headers_of(changed)).status_code == 200
    assert town.client.request("GET", "/v1/me", headers=headers).status_code == 401
    assert sign_in(town, login).status_code == 401
    assert sign_in(town, login, NEW).status_code == 201


def test_the_cookie_is_locked_away(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    answer = sign_in(town, newcomer[0])
    said = answer.headers["set-cookie"].lower()
    for word in ("httponly", "secure", "samesite=lax", "path=/"):
        assert word in said
    assert cookie_of(answer) not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_wrong_password_and_an_unknown_login_read_the_same(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    wrong, unknown = sign_in(town, newcomer[0], "not it at all 1"), sign_in(town, "nobody-at-all", "not it at all 1")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in wrong.headers


def test_a_guesser_has_to_wait_and_the_count_is_kept(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    login = newcomer[0]
    statuses = [sign_in(town, login, f"guess number {n}").status_code for n in range(12)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    refused = sign_in(town, login)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    # the source is one address for every test here: let it come in again
    with town.at(town.a) as work:
        work.session.execute(text("DELETE FROM people_attempts"))


def test_signing_out_ends_it_on_the_server(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    headers = headers_of(sign_in(town, newcomer[0]))
    assert town.client.request("GET", "/v1/me", headers=headers).status_code == 200
    out = town.client.request("DELETE", "/v1/session", headers=headers)
    assert out.status_code == 204
    assert town.client.request("GET", "/v1/me", headers=headers).status_code == 401


def test_a_planted_session_ends_when_its_browser_signs_in(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    planted = headers_of(sign_in(town, newcomer[0]))
    body = {"login": newcomer[0], "password": PASSWORD}
    again = town.client.request("POST", "/v1/session", json=body, headers={"Cookie": planted["Cookie"]})
    town.client.cookies.clear()
    assert again.status_code == 201
    assert town.client.request("GET", "/v1/me", headers=planted).status_code == 401
    assert town.client.request("GET", "/v1/me", headers=headers_of(again)).status_code == 200


def test_me_says_who_and_what_for(town: Any) -> None:
    me = town.client.as_(town.who("dispatcher"), "GET", "/v1/me").json()
    assert me["kind"] == "person"
    assert me["tenant_id"] == str(town.a)
    assert [one["role"] for one in me["memberships"]] == ["dispatcher"]
    assert me["memberships"][0]["area_id"] == str(town.east)
    assert "alarm:acknowledge" in me["permissions"]
    assert "membership:grant" not in me["permissions"]


def test_an_administrator_sees_their_own_tenant_only(town: Any) -> None:
    town.who("dispatcher")
    town.who("dispatcher_b")
    listed = town.client.as_(town.who("tenant_admin"), "GET", "/v1/people?role=dispatcher").json()["items"]
    ids = {one["id"] for one in listed}
    assert str(town.who("dispatcher").id) in ids
    assert str(town.who("dispatcher_b").id) not in ids
    assert {one["membership"]["role"] for one in listed} == {"dispatcher"}


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"password": "short"}, 422, "password"),
        ({"tenant_id": "x"}, 422, "tenant_id"),
        ({"role": "dispatcher"}, 422, "role"),
        ({"login": "x"}, 422, "login"),
    ],
)
def test_a_person_that_cannot_be_added_is_not(town: Any, change: dict[str, Any], status: int, field: str) -> None:
    town.made += 1
    login = f"never-{town.made}"
    body = {"login": login, "name": "N", "password": PASSWORD}
    answer = town.client.as_(town.who("tenant_admin"), "POST", "/v1/people", json=body | change)
    assert answer.status_code == status, answer.text
    assert answer.json()["field"] == field
    asked = {"login": login, "role": "grid_worker", "area_id": str(town.east)}
    assert town.client.as_(town.who("security_admin"), "POST", "/v1/memberships", json=asked).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"role": "king"}, 422, "role"),
        ({"area_id": None}, 422, "area_id"),
        ({"tenant_id": "x"}, 422, "tenant_id"),
        ({"area_id": "00000000-0000-7000-8000-000000000000"}, 404, "area"),
        ({"role": "regulator"}, 403, "membership:grant of regulator"),
        ({"role": "device"}, 422, "role"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, 422, "ends_at"),
    ],
)
def test_a_role_that_cannot_be_given_is_not(
    town: Any, newcomer: tuple[str, dict[str, Any]], change: dict[str, Any], status: int, field: str
) -> None:
    asked = {"login": newcomer[0], "role": "patroller", "area_id": str(town.east)} | change
    answer = town.client.as_(town.who("security_admin"), "POST", "/v1/memberships", json=asked)
    assert answer.status_code == status, answer.text
    assert answer.json()["field"] == field


def test_a_role_is_given_inside_a_tenant_and_ended_there(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    asked = {"login": newcomer[0], "role": "patroller", "area_id": str(town.east)}
    platform = town.client.as_(town.who("platform_admin"), "POST", "/v1/memberships", json=asked)
    assert (platform.status_code, platform.json()["field"]) == (409, "tenant")
    signed = headers_of(sign_in(town, newcomer[0]))
    path = f"/v1/memberships/{newcomer[1]['membership']['id']}"
    assert town.client.as_(town.who("tenant_admin"), "DELETE", path).status_code == 403
    assert town.client.as_(town.who("security_admin_b"), "DELETE", path).status_code == 404
    assert town.client.as_(town.who("security_admin"), "DELETE", path).status_code == 204
    assert town.client.request("GET", "/v1/me", headers=signed).status_code == 401, "the role is lost, the session over"


def test_a_devices_key_lives_and_dies(town: Any) -> None:
    admin = town.who("tenant_admin")
    until = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    body = {"name": "gate camera", "permissions": ["observation:create"], "expires_at": until}
    made = town.client.as_(admin, "POST", "/v1/keys", json=body)
    assert made.status_code == 201, made.text
    key = made.json()
    bearer = {"Authorization": f"Bearer {key['text']}"}
    assert town.client.request("GET", "/v1/me", headers=bearer).json()["permissions"] == ["observation:create"]
    listed = town.client.as_(admin, "GET", "/v1/keys").json()["items"]
    assert key["id"] in {one["id"] for one in listed}
    assert key["text"] not in str(listed)
    assert town.client.as_(admin, "DELETE", f"/v1/keys/{key['id']}").status_code == 204
    assert town.client.request("GET", "/v1/me", headers=bearer).status_code == 401
    assert town.client.as_(admin, "DELETE", f"/v1/keys/{key['id']}").status_code == 404


def test_a_key_never_gets_more_than_a_device_may(town: Any) -> None:
    body = {"name": "greedy", "permissions": ["alarm:merge"], "expires_at": "2027-06-01T00:00:00Z"}
    answer = town.client.as_(town.who("tenant_admin"), "POST", "/v1/keys", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == "permissions"


def test_areas_are_listed_parents_first(town: Any) -> None:
    items = town.client.as_(town.who("dispatcher"), "GET", "/v1/areas").json()["items"]
    seen: set[str] = set()
    for one in items:
        assert one["parent_id"] is None or one["parent_id"] in seen
        seen.add(one["id"])
    assert {str(town.city), str(town.east), str(town.west)} <= seen


def test_the_network_answers_inside_ones_own_area(town: Any) -> None:
    who = town.who("dispatcher")
    assert town.client.as_(who, "GET", "/v1/zone?lon=116.75&lat=39.55").json()["zone"] == "unknown"
    assert town.client.as_(who, "GET", "/v1/zone?lon=116.45&lat=39.55").status_code == 404
    assert town.client.as_(who, "GET", "/v1/zone?lon=200&lat=39.55").json()["field"] == "query.lon"
    listed = town.client.as_(who, "GET", "/v1/networks")
    assert listed.status_code == 200
    assert list(listed.json()) == ["items"]
    assert town.client.as_(town.person(Role.RESIDENT), "GET", "/v1/networks").status_code == 403


def test_a_page_loaded_anew_gets_its_token_again(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    opened = sign_in(town, newcomer[0])
    cookie = {"Cookie": f"{COOKIE}={cookie_of(opened)}"}
    now = town.client.request("GET", "/v1/session", headers=cookie)
    town.client.cookies.clear()
    assert now.status_code == 200
    assert now.json() == {
        "csrf": opened.json()["csrf"],
        "person_id": opened.json()["person_id"],
        "tenant_id": str(town.a),
        "tenant_name": "default",
        "must_change": True,
        "lacks": "password",
        "enrol_by": opened.json()["enrol_by"],
    }
    assert opened.json()["enrol_by"] is not None, "a dispatcher decides, so a second factor is owed"
    assert now.headers["cache-control"] == "no-store"
    assert "set-cookie" not in now.headers


def test_a_session_that_ended_has_no_token(town: Any, newcomer: tuple[str, dict[str, Any]]) -> None:
    headers = headers_of(sign_in(town, newcomer[0]))
    town.client.request("DELETE", "/v1/session", headers=headers)
    town.client.cookies.clear()
    assert town.client.request("GET", "/v1/session", headers=headers).status_code == 401
    assert town.client.as_(town.who("device"), "GET", "/v1/session").status_code == 404
    platform = town.client.as_(town.who("platform_admin"), "GET", "/v1/session").json()
    assert platform["tenant_name"] is None
