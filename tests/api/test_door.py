from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pipewarden.kit.web import Cursors
from pipewarden.main.web.guard import JSON_LIMIT, PICTURE_LIMIT
from pipewarden.people.http import COOKIE
from pipewarden.people.service import answers

PLACE = (116.71, 39.51)


def problem(answer: Any, status: int) -> dict[str, Any]:
    """Every error is an RFC 9457 document that says its own status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["status"] == status
    assert said["type"] == "about:blank"
    assert said["title"]
    assert said["detail"]
    return said


def test_nobody_is_asked_to_sign_in(town: Any) -> None:
    answer = town.client.as_(None, "GET", "/v1/alarms")
    said = problem(answer, 401)
    assert said["field"] == "session"
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("word", ["Bearer nothing", "Bearer pw_aaaa_bbbb", "Basic YTpi", "Bearer ", "x"])
def test_a_key_that_does_not_hold_opens_nothing_even_beside_a_session(town: Any, word: str) -> None:
    who = town.who("dispatcher")
    answer = town.client.as_(who, "GET", "/v1/alarms", headers={"Authorization": word})
    assert problem(answer, 401)["field"] == "Authorization"


def test_a_cookie_alone_changes_nothing(town: Any) -> None:
    who = town.who("dispatcher")
    only_cookie = {"Cookie": f"{COOKIE}={who.token}"}
    assert town.client.request("GET", "/v1/me", headers=only_cookie).status_code == 200
    for csrf in ({}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": town.who("safety_manager").csrf}):
        answer = town.client.request("DELETE", "/v1/session", headers=only_cookie | csrf)
        assert problem(answer, 403)["field"] == "X-CSRF-Token"
    assert town.client.as_(who, "GET", "/v1/me").status_code == 200


def test_a_device_needs_no_csrf_and_cannot_see_alarms(town: Any) -> None:
    assert town.client.as_(town.who("device"), "GET", "/v1/me").json()["kind"] == "device"
    assert problem(town.client.as_(town.who("device"), "GET", "/v1/alarms"), 403)["field"] == "alarm:read"


def test_unknown_fields_are_named(town: Any) -> None:
    body = {"reason": "seen", "status": "closed", "tenant_id": str(town.b)}
    path = "/v1/alarms/00000000-0000-7000-8000-000000000000/acknowledge"
    said = problem(town.client.as_(town.who("dispatcher"), "POST", path, json=body), 422)
    assert {one["field"] for one in said["errors"]} == {"status", "tenant_id"}
    assert said["fix"]
    said = problem(town.client.as_(town.who("dispatcher"), "GET", "/v1/alarms?sort=score"), 422)
    assert said["field"] == "query.sort"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("zone=red", "zone"),
        ("since=yesterday", "since"),
        ("since=2026-11-22T10:00:00", "since"),
        ("since=9999-12-31T23:59:59-23:59", "since"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=nan,1,2,3", "bbox"),
        ("bbox=117,39,116,40", "bbox"),
        ("area=city", "area"),
        ("cursor=abc", "cursor"),
        ("cursor=%F0%9F%92%A9", "cursor"),
    ],
)
def test_a_bad_filter_is_named(town: Any, query: str, field: str) -> None:
    said = problem(town.client.as_(town.who("dispatcher"), "GET", f"/v1/alarms?{query}"), 422)
    assert said["field"].removeprefix("query.") == field


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_what_is_not_there_is_a_problem_too(town: Any, method: str) -> None:
    problem(town.client.as_(town.who("dispatcher"), method, "/v1/nothing"), 404)


def test_a_wrong_method_is_a_problem_too(town: Any) -> None:
    problem(town.client.as_(town.who("dispatcher"), "PUT", "/v1/alarms"), 405)


@pytest.mark.parametrize("path", ["/v1/me", "/v1/nothing", "/healthz", "/openapi.json"])
def test_every_answer_carries_its_headers(town: Any, path: str) -> None:
    headers = town.client.as_(town.who("dispatcher"), "GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    if path != "/healthz":
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_request_that_is_too_large_is_refused_before_and_while_it_is_read(town: Any) -> None:
    who = town.who("dispatcher")
    problem(town.client.as_(who, "POST", "/v1/session", content=b"x" * (JSON_LIMIT + 1)), 413)

    def lying() -> Any:
        for _ in range(3):
            yield b"x" * (JSON_LIMIT // 2)

    problem(town.client.as_(who, "POST", "/v1/session", content=lying()), 413)
    assert PICTURE_LIMIT > JSON_LIMIT
    large = town.client.as_(
        who, "POST", "/v1/observations", content=b" " * (JSON_LIMIT + 1), headers={"content-type": "application/json"}
    )
    problem(large, 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b"\xff\xfe", 422),
        (b'{"reason": "\\u0000"}', 422),
        (b'{"reason": "\\ud800"}', 422),
        (b'{"reason": "  "}', 422),
        (b'{"reason": 7}', 422),
        (b'{"reason": "' + b"x" * 2001 + b'"}', 422),
        (b'{"reason": "fine"}', 404),
    ],
)
def test_hostile_bodies_are_no_server_errors(town: Any, body: bytes, status: int) -> None:
    path = "/v1/alarms/00000000-0000-7000-8000-000000000000/acknowledge"
    headers = {"content-type": "application/json"}
    problem(town.client.as_(town.who("dispatcher"), "POST", path, content=body, headers=headers), status)


def reports_of(town: Any, words: str) -> int:
    with town.home.work() as work:
        found = work.session.scalar(text("SELECT count(*) FROM sense_told WHERE words = :words"), {"words": words})
        return int(found or 0)


def test_a_commit_that_fails_is_never_acknowledged(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = town.app.state.door.factory.sessions.class_

    def broken(_self: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    who = town.who("patroller")
    monkeypatch.setattr(sessions, "commit", broken, raising=False)
    answer = town.report(who, PLACE, words="the disk is full")
    monkeypatch.undo()
    said = problem(answer, 503)
    assert said["field"] == "database"
    assert answer.headers["retry-after"] == "5"
    assert reports_of(town, "the disk is full") == 0


def test_a_bug_is_a_problem_and_rolls_back(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_all: Any, **_named: Any) -> None:
        raise ZeroDivisionError

    who = town.who("patroller")
    monkeypatch.setattr("pipewarden.sense.http.events._out", broken)
    answer = town.report(who, PLACE, words="a bug after the write")
    monkeypatch.undo()
    said = problem(answer, 500)
    assert "ZeroDivision" not in answer.text
    assert said["fix"]
    assert reports_of(town, "a bug after the write") == 0


def event(town: Any, words: str) -> dict[str, Any]:
    town.made += 1
    data = {"words": words, "lon": PLACE[0], "lat": PLACE[1]}
    return {"specversion": "1.0", "id": f"i{town.made}", "source": "key", "type": "pipewarden.report", "data": data}


def send(town: Any, who: Any, body: dict[str, Any], key: str) -> Any:
    headers = {"content-type": "application/cloudevents+json", "Idempotency-Key": key}
    return town.client.as_(who, "POST", "/v1/observations", content=json.dumps(body), headers=headers)


def test_the_same_key_and_body_get_the_same_answer(town: Any) -> None:
    who, body = town.who("patroller"), event(town, "twice under one key")
    first, second = send(town, who, body, "k-1"), send(town, who, body, "k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert reports_of(town, "twice under one key") == 1


def test_the_same_key_with_another_body_is_refused(town: Any) -> None:
    who = town.who("patroller")
    assert send(town, who, event(town, "one"), "k-2").status_code == 201
    assert problem(send(town, who, event(town, "two"), "k-2"), 422)["field"] == "Idempotency-Key"
    assert reports_of(town, "two") == 0


def test_a_key_is_its_owners_alone(town: Any) -> None:
    body = event(town, "two people, one key")
    assert send(town, town.who("patroller"), body, "k-3").status_code == 201
    other = send(town, town.who("dispatcher"), body, "k-3")
    assert other.status_code == 201
    assert "idempotent-replayed" not in other.headers


def test_a_refusal_is_not_kept_under_the_key(town: Any) -> None:
    who, body = town.who("patroller"), event(town, "first wrong, then right")
    wrong = body | {"data": {"lon": 1.0}}
    problem(send(town, who, wrong, "k-4"), 422)
    assert send(town, who, body, "k-4").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9"])
def test_a_bad_key_is_named(town: Any, key: str) -> None:
    who = town.who("patroller")
    answer = town.client.request(
        "POST",
        "/v1/observations",
        content=json.dumps(event(town, "bad key")),
        headers=[
            *who.headers().items(),
            ("content-type", "application/cloudevents+json"),
            ("Idempotency-Key", key.encode("latin-1")),
        ],
    )
    assert problem(answer, 422)["field"] == "Idempotency-Key"


def test_a_key_that_is_under_way_is_busy(town: Any) -> None:
    who = town.who("patroller")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with town.at(who.tenant_id) as work:
            name = answers.AnswerKey(who.tenant_id, who.id, "k-5")
            assert answers.store.try_lock(work.session, name)
            held.set()
            done.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    try:
        answer = send(town, who, event(town, "while another runs"), "k-5")
    finally:
        done.set()
        holder.join()
    assert problem(answer, 409)["field"] == "Idempotency-Key"
    assert answer.headers["retry-after"] == "1"
    assert send(town, who, event(town, "after the other"), "k-5").status_code == 201


def test_many_at_once_under_one_key_act_once(town: Any) -> None:
    who, body = town.who("patroller"), event(town, "ten at once")
    answered: list[int] = []
    threads = [
        threading.Thread(target=lambda: answered.append(send(town, who, body, "k-6").status_code)) for _ in range(10)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert set(answered) <= {201, 409}
    assert answered.count(201) >= 1
    assert reports_of(town, "ten at once") == 1


def test_word_of_danger_waits_behind_nobodys_pages(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty pages hang and hold every connection that pages may have; a report is taken meanwhile."""
    hang, begun = threading.Event(), threading.Semaphore(0)

    def hanging(*_: Any, **__: Any) -> list[Any]:
        begun.release()
        assert hang.wait(60)
        return []

    monkeypatch.setattr("pipewarden.casework.http.service.sites", hanging)
    who, teller = town.who("dispatcher"), town.who("grid_worker")
    with ThreadPoolExecutor(41) as pool:
        pages = [pool.submit(town.client.as_, who, "GET", "/v1/sites") for _ in range(40)]
        try:
            for _ in range(6):
                assert begun.acquire(timeout=60)
            told = pool.submit(town.report, teller, (116.72, 39.52), "所有页面都卡住时").result(timeout=60)
            assert told.status_code == 201
            assert not any(one.done() for one in pages)
        finally:
            hang.set()
        assert {one.result(timeout=60).status_code for one in pages} == {200}


def test_old_answers_are_forgotten(town: Any) -> None:
    send(town, town.who("patroller"), event(town, "to be forgotten"), "k-7")
    with town.home.work() as work:
        assert answers.forget(work, work.now()) >= 1
        assert answers.forget(work, work.now()) == 0


def test_a_secret_is_never_kept_under_a_key(town: Any) -> None:
    who = town.who("tenant_admin")
    body = {"name": "gate", "permissions": ["observation:create"], "expires_at": "2027-06-01T00:00:00Z"}
    first = town.client.as_(who, "POST", "/v1/keys", json=body, headers={"Idempotency-Key": "k-8"})
    assert first.status_code == 201, first.text
    with town.home.work() as work:
        kept = work.session.scalar(text("SELECT count(*) FROM people_answers WHERE key = 'k-8'"))
        assert kept == 0
        said = work.session.scalars(text("SELECT body FROM people_answers")).all()
    assert not any(first.json()["text"].encode() in bytes(one) for one in said)


def test_a_cursor_cannot_be_made_up_or_carried_over(town: Any) -> None:
    other = Cursors(b"another house's secret, as long as ours")
    who = town.who("dispatcher")
    for word in (
        other.write("alarms", "00000000-0000-7000-8000-000000000000"),
        town.app.state.cursors.write("observations", "x"),
    ):
        assert problem(town.client.as_(who, "GET", f"/v1/alarms?cursor={word}"), 422)["field"] == "cursor"


def test_health_asks_nobody(town: Any) -> None:
    assert town.client.get("/healthz").json() == {"status": "alive"}
    assert town.client.get("/readyz").json()["status"] == "ready"
    town.app.state.live.stopping.set()
    answer = town.client.get("/readyz")
    town.app.state.live.stopping.clear()
    assert (answer.status_code, answer.json()["status"]) == (503, "stopping")
