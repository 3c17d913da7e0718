"""Sessions, CSRF, headers, guessing, second factors, step-up over HTTP: safety test Z3; docs/sign-in.md lists all."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewMembership, NewPerson, Role, SignedIn
from pipewarden.people.http import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
NOTHING = "00000000-0000-7000-8000-000000000000"
HALF_OPEN = {
    "GET /v1/session",
    "DELETE /v1/session",
    "POST /v1/session/factor",
    "GET /v1/me",
    "GET /v1/factor",
    "POST /v1/strikes",
}
ASK_NOBODY = {
    "POST /v1/payouts/wechat/notify",
    "POST /v1/session",
    "GET /v1/experts/invitations/{token}",
    "POST /v1/experts/invitations/{token}",
    "GET /v1/ack/{token}",
    "POST /v1/ack/{token}",
    "GET /v1/osmand",
    "POST /v1/osmand",
    "GET /v1/signing-key",
    "GET /v1/sign-in/ways",
    "POST /v1/sign-in/code",
    "POST /v1/sign-in/code/{challenge}",
    "POST /v1/sign-in/oidc",
}


@pytest.fixture(autouse=True)
def nobody_waits(town: Any) -> Iterator[None]:
    """All tests come from one address: what one guesses keeps no other waiting."""
    yield
    with town.at(PLATFORM) as work:
        work.session.execute(text("DELETE FROM people_attempts"))


@pytest.fixture
def manager(town: Any) -> Any:
    """A safety manager with a second factor, in a session of their own."""
    return town.person(Role.SAFETY_MANAGER, area=town.east)


def login_of(town: Any, who: Any) -> str:
    with town.at(PLATFORM) as work:
        return str(work.session.scalar(text("SELECT login FROM people_persons WHERE id = :id"), {"id": who.id}))


def age(town: Any, who: Any, hours: int = 13) -> None:
    """Let the second factor of every session of a person grow old."""
    with town.at(PLATFORM) as work:
        then = work.now() - timedelta(hours=hours)
        work.session.execute(
            text("UPDATE people_sessions SET factor_at = :then WHERE person_id = :id"), {"then": then, "id": who.id}
        )


def forget_step(town: Any, who: Any) -> None:
    """Let the code of this half minute count once more: a test cannot wait for the next one."""
    with town.at(PLATFORM) as work:
        work.session.execute(text("UPDATE people_factors SET last_step = 0 WHERE person_id = :id"), {"id": who.id})


def password_only(town: Any, who: Any) -> Any:
    """Sign the person in by the password alone, over HTTP."""
    body = {"login": login_of(town, who), "password": PASSWORD}
    answer = town.client.request("POST", "/v1/session", json=body)
    town.client.cookies.clear()
    assert answer.status_code == 201, answer.text
    return signed(who, answer)


def signed(who: Any, answer: Any) -> Any:
    cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    return replace(who, token=cookie, csrf=answer.json()["csrf"])


def code_now(town: Any, who: Any, steps: int = 0) -> str:
    return str(who.device.code(town.home.factory.clock.now(), steps=steps))


def give(town: Any, who: Any, code: str) -> Any:
    return town.client.as_(who, "POST", "/v1/session/factor", json={"code": code})


# --- the session ---


def test_a_token_counts_in_the_cookie_and_nowhere_else(town: Any, manager: Any) -> None:
    for more in (
        {"params": {COOKIE: manager.token}},
        {"headers": {"Authorization": f"Bearer {manager.token}"}},
        {"headers": {"X-Session": manager.token}},
        {"headers": {"Cookie": f"other={manager.token}"}},
        {"headers": {"Cookie": f"{COOKIE}={manager.token}x"}},
    ):
        assert town.client.as_(None, "GET", "/v1/me", **more).status_code in {401, 422}
    assert town.client.as_(manager, "GET", "/v1/me").status_code == 200


def test_ones_own_sessions_are_listed_and_another_browser_is_thrown_out(town: Any, manager: Any) -> None:
    other = password_only(town, manager)
    forget_step(town, manager)
    answer = give(town, other, code_now(town, manager))
    assert answer.status_code == 200, answer.text
    other = signed(manager, answer)
    listed = town.client.as_(manager, "GET", "/v1/sessions").json()["items"]
    assert [one["current"] for one in listed] == [False, True]
    assert {one["login"] for one in listed} == {login_of(town, manager)}
    assert all(one["source"] and one["factor_at"] and one["how"] == "password" for one in listed)
    assert manager.token not in str(listed)
    assert town.client.as_(manager, "DELETE", f"/v1/sessions/{listed[0]['id']}").status_code == 204
    assert town.client.as_(other, "GET", "/v1/me").status_code == 401
    assert town.client.as_(manager, "DELETE", f"/v1/sessions/{listed[0]['id']}").status_code == 403
    assert town.client.as_(manager, "GET", "/v1/me").status_code == 200


def test_a_security_administrator_sees_and_ends_the_sessions_of_the_tenant(town: Any, manager: Any) -> None:
    guard = town.who("security_admin")
    listed = town.client.as_(guard, "GET", "/v1/sessions?everybody=true").json()["items"]
    mine = next(one for one in listed if one["person_id"] == str(manager.id))
    assert str(town.who("dispatcher_b").id) not in {one["person_id"] for one in listed}
    stranger = town.who("security_admin_b")
    assert town.client.as_(stranger, "DELETE", f"/v1/sessions/{mine['id']}").status_code == 404
    assert town.client.as_(town.who("tenant_admin"), "DELETE", f"/v1/sessions/{mine['id']}").status_code == 403
    assert town.client.as_(guard, "DELETE", f"/v1/sessions/{mine['id']}").status_code == 204
    assert town.client.as_(manager, "GET", "/v1/me").status_code == 401


def test_a_new_role_ends_the_session_that_had_fewer_rights(town: Any, manager: Any) -> None:
    asked = {"login": login_of(town, manager), "role": "patroller", "area_id": str(town.east)}
    assert town.client.as_(town.who("security_admin"), "POST", "/v1/memberships", json=asked).status_code == 201
    assert town.client.as_(manager, "GET", "/v1/me").status_code == 401


def test_nobody_gets_two_of_the_three_administrations(town: Any) -> None:
    person = town.person(Role.AUDITOR)
    asked = {"login": login_of(town, person), "role": "tenant_admin"}
    answer = town.client.as_(town.who("security_admin"), "POST", "/v1/memberships", json=asked)
    assert answer.status_code == 409
    assert "must not meet in one person" in answer.json()["detail"]


# --- CSRF and headers ---


def test_the_token_of_before_a_rotation_is_worth_nothing(town: Any, manager: Any) -> None:
    answer = town.client.as_(manager, "POST", "/v1/session/proof", json={"password": PASSWORD})
    assert answer.status_code == 200
    fresh = signed(manager, answer)
    assert (fresh.token != manager.token, fresh.csrf != manager.csrf) == (True, True)
    mixed = replace(fresh, csrf=manager.csrf)
    assert town.client.as_(mixed, "DELETE", "/v1/session").json()["field"] == "X-CSRF-Token"
    assert town.client.as_(manager, "GET", "/v1/me").status_code == 401
    assert town.client.as_(fresh, "GET", "/v1/me").status_code == 200


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_foreign_page_cannot_sign_its_visitor_in(town: Any, manager: Any, media: str) -> None:
    """A form of another site can send these without asking the browser first; our JSON it cannot."""
    body = json.dumps({"login": login_of(town, manager), "password": PASSWORD})
    answer = town.client.as_(None, "POST", "/v1/session", content=body, headers={"Content-Type": media})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/session", "/v1/session/factor", "/v1/keys", "/v1/memberships"])
def test_no_other_origin_is_ever_let_in(town: Any, manager: Any, path: str) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answers = [
        town.client.as_(None, "OPTIONS", path, headers=headers | {"Access-Control-Request-Headers": "x-csrf-token"}),
        town.client.as_(manager, "GET", "/v1/me", headers=headers),
    ]
    for answer in answers:
        assert not any(name.lower().startswith("access-control-") for name in answer.headers)
    assert answers[0].status_code == 405


@pytest.mark.parametrize("path", ["/v1/session", "/v1/sessions", "/v1/factor", "/v1/factors", "/sign-ins", "/"])
def test_no_page_is_framed_and_no_answer_is_kept(town: Any, manager: Any, path: str) -> None:
    answer = town.client.as_(manager, "GET", path)
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    if path.startswith("/v1/"):
        assert answer.headers["cache-control"] == "no-store"
    else:
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in answer.headers["content-security-policy"], "no script of anybody else's, and none inline"


# --- guessing ---


def test_a_forwarded_address_is_not_believed(town: Any, manager: Any) -> None:
    """Else every guess would come from an address of its own."""
    login = login_of(town, manager)
    for number in range(6):
        headers = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        body = {"login": login, "password": f"guess number {number}"}
        answer = town.client.as_(None, "POST", "/v1/session", json=body, headers=headers)
    assert answer.status_code == 429


def test_one_address_that_tries_many_logins_has_to_wait(town: Any) -> None:
    answers = [
        town.client.as_(None, "POST", "/v1/session", json={"login": f"somebody-{n}", "password": PASSWORD}).status_code
        for n in range(21)
    ]
    assert answers[:19] == [401] * 19
    assert answers[-1] == 429


def test_a_guesser_of_codes_has_to_wait_and_the_wait_is_said(town: Any, manager: Any) -> None:
    half = password_only(town, manager)
    wrong = code_now(town, manager, steps=50)
    answers = [give(town, half, wrong) for _ in range(6)]
    assert [one.status_code for one in answers] == [401, 401, 401, 401, 429, 429]
    assert answers[0].json()["field"] == "code"
    assert int(answers[-1].headers["retry-after"]) > 800
    assert give(town, half, code_now(town, manager, steps=1)).status_code == 429, "nor the right one, while it lasts"
    body = {"login": login_of(town, manager), "password": PASSWORD}
    assert town.client.as_(None, "POST", "/v1/session", json=body).status_code == 429, "the password waits too"


# --- the second factor ---


def test_a_password_alone_opens_no_operation_of_the_document(town: Any, manager: Any) -> None:
    """Asked of every operation there is, so that a new one cannot be forgotten."""
    half = password_only(town, manager)
    asked = 0
    for path, found in town.app.openapi()["paths"].items():
        for method in found:
            operation = f"{method.upper()} {path}"
            if path.startswith("/v1/public/") or not path.startswith("/v1/") or operation in HALF_OPEN | ASK_NOBODY:
                continue
            url = path
            for name in ("tenant", "name", "key", "platform", "number", "version", "kind", "z", "x", "y", "picture_id"):
                url = url.replace(f"{{{name}}}", "1")
            while "{" in url:
                url = url.replace(url[url.index("{") : url.index("}") + 1], NOTHING, 1)
            answer = town.client.as_(half, method.upper(), url)
            assert answer.status_code == 403, (operation, answer.text)
            assert answer.json()["code"] == "lacks_factor", operation
            asked += 1
    assert asked > 140
    assert town.client.as_(half, "GET", "/v1/me").json()["permissions"] == []


def test_a_strike_is_reported_without_waiting_for_a_code(town: Any, manager: Any) -> None:
    half = password_only(town, manager)
    said = {"lon": 116.71, "lat": 39.51, "words": "挖断了"}
    assert town.client.as_(half, "POST", "/v1/strikes", json=said).status_code == 201


def test_the_answer_of_a_sign_in_says_what_is_lacking(town: Any, manager: Any) -> None:
    half = password_only(town, manager)
    now = town.client.as_(half, "GET", "/v1/session").json()
    assert (now["lacks"], now["must_change"], now["enrol_by"]) == ("factor", False, None)
    whole = give(town, half, manager.device.recovery[0])
    assert whole.status_code == 200
    assert whole.json()["lacks"] is None
    assert town.client.as_(half, "GET", "/v1/me").status_code == 401, "the half-open session is over"
    assert town.client.as_(signed(manager, whole), "GET", "/v1/alarms").status_code == 200


def test_a_code_and_a_recovery_code_are_good_once(town: Any, manager: Any) -> None:
    forget_step(town, manager)
    for code in (code_now(town, manager), manager.device.recovery[1]):
        assert give(town, password_only(town, manager), code).status_code == 200
        assert give(town, password_only(town, manager), code).status_code == 401


def test_of_two_that_give_one_code_at_once_one_comes_in(town: Any, manager: Any) -> None:
    forget_step(town, manager)
    halves = [password_only(town, manager) for _ in range(4)]
    code, start, found = code_now(town, manager), threading.Barrier(4), []

    def race(one: Any) -> None:
        start.wait(10)
        with town.at(PLATFORM) as work:
            actor = people.actor_by_token(work.session, one.token, work.now(), town.gate.limits)
            assert actor is not None
            found.append(people.give_factor(work, town.gate, actor, code, source="10.3.3.3"))

    threads = [threading.Thread(target=race, args=(one,)) for one in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4
    assert sum(isinstance(one, SignedIn) for one in found) == 1


def test_a_secret_answer_is_not_given_again_under_a_key(town: Any, manager: Any) -> None:
    """Who finds the page's Idempotency-Key must not get the recovery codes by it."""
    headers = {"Idempotency-Key": "codes-once"}
    first = town.client.as_(manager, "POST", "/v1/factor/codes", headers=headers)
    assert first.status_code == 201
    assert len(first.json()["codes"]) == 10
    again = town.client.as_(manager, "POST", "/v1/factor/codes", headers=headers)
    assert "idempotent-replayed" not in again.headers
    assert not set(first.json()["codes"]) & set(again.json().get("codes", []))


def test_a_factor_is_set_up_over_http(town: Any) -> None:
    town.made += 1
    login = f"fresh-{town.made}"
    with town.at(PLATFORM) as work:
        root = people.operator()
        person = people.add_person(work, town.gate, root, NewPerson(login, "N", PASSWORD, must_change=False))
    with town.at(town.a) as work:
        people.grant(work, root, NewMembership(person.id, town.a, Role.SAFETY_MANAGER, work.now()))
    opened = town.client.request("POST", "/v1/session", json={"login": login, "password": PASSWORD})
    town.client.cookies.clear()
    assert (opened.json()["lacks"], bool(opened.json()["enrol_by"])) == (None, True)
    who = signed(town.who("safety_manager"), opened)
    grave = town.client.as_(who, "POST", f"/v1/sites/{NOTHING}/evidence-pack")
    assert (grave.status_code, grave.json()["code"], grave.json()["needs"]) == (403, "step_up", "enrolment")
    begun = town.client.as_(who, "POST", "/v1/factor").json()
    assert begun["picture"].startswith("<svg")
    assert begun["secret"] in begun["uri"]
    device = type(who.device)(begun["secret"])
    wrong = town.client.as_(who, "POST", "/v1/factor/confirmation", json={"code": "000000"})
    assert (wrong.status_code, wrong.json()["field"]) == (401, "code")
    code = device.code(town.home.factory.clock.now())
    done = town.client.as_(who, "POST", "/v1/factor/confirmation", json={"code": code})
    assert done.status_code == 200, done.text
    assert len(done.json()["codes"]) == 10
    fresh = signed(who, done)
    mine = town.client.as_(fresh, "GET", "/v1/factor").json()
    assert (mine["owed"], mine["codes_left"], mine["enrol_by"]) == (True, 10, None)
    assert mine["confirmed_at"]
    assert mine["given_at"]


def test_a_lost_factor_is_reset_by_the_security_administrator_only(town: Any, manager: Any) -> None:
    path = f"/v1/people/{manager.id}/factor"
    assert town.client.as_(town.who("tenant_admin"), "DELETE", path).status_code == 403
    assert town.client.as_(town.who("security_admin_b"), "DELETE", path).status_code == 404
    listed = town.client.as_(town.who("security_admin"), "GET", "/v1/factors").json()["items"]
    assert next(one for one in listed if one["id"] == str(manager.id))["codes_left"] == 10
    assert town.client.as_(town.who("security_admin"), "DELETE", path).status_code == 204
    assert town.client.as_(manager, "GET", "/v1/me").status_code == 401
    after = password_only(town, manager)
    assert town.client.as_(after, "GET", "/v1/session").json()["lacks"] == "enrolment"
    refused = town.client.as_(after, "GET", "/v1/alarms")
    assert (refused.status_code, refused.json()["code"]) == (403, "lacks_enrolment")
    assert town.client.as_(after, "POST", "/v1/factor").status_code == 201


# --- step-up ---


GRAVE = [
    ("tenant_admin", "POST", "/v1/keys", {"name": "x", "permissions": ["observation:create"]}),
    ("tenant_admin", "DELETE", f"/v1/keys/{NOTHING}", None),
    ("tenant_admin", "POST", "/v1/people", {"login": "never-made", "name": "N", "password": PASSWORD}),
    ("security_admin", "POST", "/v1/memberships", {"login": "nobody-here", "role": "tenant_admin"}),
    ("security_admin", "DELETE", f"/v1/memberships/{NOTHING}", None),
    ("security_admin", "DELETE", f"/v1/people/{NOTHING}/factor", None),
    ("tenant_admin", "POST", f"/v1/finance/budgets/{NOTHING}/fund", {"key": NOTHING, "amount": "1"}),
    ("tenant_admin", "POST", f"/v1/finance/budgets/{NOTHING}/release", {"key": NOTHING, "amount": "1"}),
    ("tenant_admin", "POST", "/v1/capabilities/never-there/versions/1/live", None),
    ("safety_manager", "POST", f"/v1/rewards/{NOTHING}/refuse", {"reason": "x"}),
    ("safety_manager", "POST", f"/v1/rewards/{NOTHING}/claw-back", {"reason": "x"}),
    ("safety_manager", "POST", f"/v1/sites/{NOTHING}/evidence-pack", None),
    ("safety_manager", "POST", f"/v1/sites/{NOTHING}/evidence-pack.pdf", None),
]


@pytest.mark.parametrize(("role", "method", "path", "body"), GRAVE)
def test_a_grave_act_asks_for_a_code_again(town: Any, role: str, method: str, path: str, body: Any) -> None:
    who = town.person(Role(role), area=town.east)
    if path == "/v1/keys":
        body = body | {"expires_at": "2027-06-01T00:00:00Z"}
    age(town, who)
    answer = town.client.as_(who, method, path, json=body)
    assert answer.status_code == 403, answer.text
    said = answer.json()
    assert (said["code"], said["needs"], said["status"]) == ("step_up", "factor", 403)
    forget_step(town, who)
    again = signed(who, give(town, who, code_now(town, who)))
    assert town.client.as_(who, "GET", "/v1/me").status_code == 401, "the token rotated"
    assert town.client.as_(again, method, path, json=body).status_code in {201, 204, 404}


def test_what_is_not_grave_goes_on_with_an_old_code(town: Any, manager: Any) -> None:
    age(town, manager)
    me = town.client.as_(manager, "GET", "/v1/me").json()
    assert "evidence:export" in me["permissions"], "the page goes on showing what it may ask for"
    assert town.client.as_(manager, "GET", "/v1/alarms").status_code == 200


def test_the_password_given_again_is_no_second_factor(town: Any, manager: Any) -> None:
    age(town, manager)
    answer = town.client.as_(manager, "POST", "/v1/session/proof", json={"password": PASSWORD})
    again = signed(manager, answer)
    refused = town.client.as_(again, "POST", f"/v1/sites/{NOTHING}/evidence-pack")
    assert refused.json()["code"] == "step_up"


def test_no_code_and_no_secret_is_ever_logged(town: Any, manager: Any, capsys: pytest.CaptureFixture[str]) -> None:
    half = password_only(town, manager)
    begun = town.client.as_(manager, "POST", "/v1/factor").json()
    give(town, half, "123123")
    give(town, half, manager.device.recovery[5])
    said = capsys.readouterr()
    for canary in (begun["secret"], manager.device.text, manager.device.recovery[5], "123123", half.token, PASSWORD):
        assert canary not in said.out + said.err
