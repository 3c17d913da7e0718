"""Messages over HTTP: what I was told, the link that acknowledges without signing in, subscriptions, who is reached."""

from __future__ import annotations

import re
from typing import Any

import pytest
from act_api import ME, URL, link, send, ways, webhook
from act_office import DEAD, HOOK_KEY, Way
from owed_api import call as called
from sqlalchemy import text

from pipewarden.casework import store as casework
from pipewarden.people.facts import Role

KEY = "key-of-a-robot-0001"


@pytest.fixture
def person(town: Any) -> Any:
    return town.person(Role.PATROLLER, area=town.east)  # a manager may be told of other suites' filings, too


def answered(town: Any, call: str) -> Any:
    with town.home.work() as work:
        return next(one for one in casework.calls.read(work, [call]).values())


def test_what_i_was_told_is_mine_and_is_counted(town: Any, person: Any) -> None:
    for _ in range(3):
        called(town, person, "x")
    town.drain()
    page = town.client.as_(person, "GET", "/v1/me/messages?limit=2").json()
    assert (len(page["items"]), page["unread"]) == (2, 3)
    newest = page["items"][0]
    assert newest["title"].startswith("【请办】")
    assert (newest["state"], newest["read_at"]) == ("unreachable", None)
    rest = town.client.as_(person, "GET", "/v1/me/messages", params={"limit": 2, "cursor": page["next"]}).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    read = town.client.as_(person, "POST", "/v1/me/messages/read", json={"up_to": rest["items"][0]["id"]})
    assert read.json() == {"unread": 2}
    stranger = town.person(Role.SAFETY_MANAGER)
    assert town.client.as_(stranger, "GET", "/v1/me/messages").json() == {"items": [], "next": None, "unread": 0}
    assert town.client.as_(stranger, "GET", "/v1/me/messages?cursor=made-up").status_code == 422


def test_a_link_from_a_mail_acknowledges_for_its_person(town: Any, person: Any) -> None:
    call, path = link(town, person)
    shown = town.client.get(path)
    assert shown.status_code == 200
    assert shown.headers["content-type"].startswith("text/html")
    assert 'method="post"' in shown.text
    assert "收到，我来处理" in shown.text
    assert answered(town, call).acked_at is None, "a preview acknowledges nothing"
    done = town.client.post(path)
    assert done.status_code == 200
    assert "已确认收到" in done.text
    assert "<form" not in done.text
    found = answered(town, call)
    assert found.acked_by == person.id
    assert town.client.post(path).status_code == 200, "twice is once"
    assert answered(town, call) == found
    (message,) = town.client.as_(person, "GET", "/v1/me/messages").json()["items"]
    assert message["state"] == "acknowledged"
    (contact,) = town.client.as_(person, "GET", "/v1/me/contacts").json()["items"]
    assert contact["verified_at"] is not None, "the address is proved by the way"


def test_the_page_of_a_link_can_do_nothing_else(town: Any, person: Any) -> None:
    _, path = link(town, person)
    headers = town.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'self'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 100, "%00", "..%2f..%2fetc", "%F0%9F%9A%A7" * 8])
def test_a_link_that_is_none_says_so(town: Any, token: str) -> None:
    for method in ("GET", "POST"):
        answer = town.client.request(method, f"/v1/ack/{token}")
        assert answer.status_code == 404
        assert "<form" not in answer.text


def test_a_link_of_yesterday_has_ended(town: Any, person: Any) -> None:
    call, path = link(town, person)
    with town.home.work() as work:
        work.session.execute(
            text("UPDATE act_deliveries SET created_at = created_at - interval '25 hours' WHERE subject_id = :id"),
            {"id": call},
        )
    for answer in (town.client.get(path), town.client.post(path)):
        assert answer.status_code == 410
        assert "已过期" in answer.text
    assert answered(town, call).acked_at is None


def test_what_somebody_typed_is_not_html(town: Any, person: Any) -> None:
    call, path = link(town, person)
    with town.home.work() as work:
        work.session.execute(
            text("UPDATE act_deliveries SET title = '<script>x</script>' WHERE subject_id = :id"), {"id": call}
        )
    assert "<script>" not in town.client.get(path).text


def test_who_cannot_be_reached_is_told_to_casework_and_the_deliveries_say_why(town: Any, person: Any) -> None:
    robot = {"kind": "wecom", "address": KEY}
    assert town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": [robot]}).status_code == 200
    with ways(town, wecom=Way(DEAD)) as made:
        call = called(town, person, "x")
        send(town)
        with town.home.work() as work:  # the clock of the town runs: let the pauses be over
            work.session.execute(text("UPDATE act_deliveries SET attempts = 3 WHERE subject_id = :id"), {"id": call})
            work.session.execute(text("UPDATE act_deliveries SET due_at = now() WHERE subject_id = :id"), {"id": call})
        send(town)
        assert len(made["wecom"].sent) == 2
    assert answered(town, call).unreachable_why == "every channel failed, the last was wecom: no answer within 8 s"
    manager = town.who("tenant_admin")
    page = town.client.as_(manager, "GET", "/v1/deliveries?limit=200").json()
    (row,) = [one for one in page["items"] if one["subject_id"] == call]
    assert (row["state"], row["problem"]) == ("failed", "no answer within 8 s")
    assert [one["outcome"] for one in row["attempts"]] == ["begun", "failed"] * 2
    assert KEY not in str(page)
    other = town.client.as_(town.who("tenant_admin_b"), "GET", "/v1/deliveries?limit=200").json()
    assert call not in {one["subject_id"] for one in other["items"]}


def test_deliveries_page_back_in_time(town: Any, person: Any) -> None:
    town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": [ME]})
    with ways(town):
        for _ in range(3):
            called(town, person, "x")
            send(town)
    admin = town.who("tenant_admin")
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        asked = {"limit": 1} | ({} if cursor is None else {"cursor": cursor})
        page = town.client.as_(admin, "GET", "/v1/deliveries", params=asked).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 3


def test_a_subscription_from_its_making_to_its_end(town: Any) -> None:
    admin = town.who("tenant_admin")
    made = town.client.as_(
        admin, "POST", "/v1/webhooks", json={"name": "城管", "url": f"{URL}/secret-path", "kinds": ["struck"]}
    ).json()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    assert made["shown"] == "https://hook.example.org/…"
    listed = town.client.as_(admin, "GET", "/v1/webhooks").json()
    assert "secret-path" not in str(listed)
    assert made["secret"] not in str(listed)
    path = f"/v1/webhooks/{made['id']}"
    assert town.client.as_(admin, "POST", f"{path}/test").status_code == 202
    with ways(town) as channels:
        send(town)
        (sent,) = [one for one in channels["cloudevents"].sent if "org.pipewarden.test.v1" in one.body]
    assert (sent.address, sent.secret) == (f"{URL}/secret-path", made["secret"])
    (row,) = town.client.as_(admin, "GET", f"{path}/deliveries").json()["items"]
    assert (row["state"], row["channel"]) == ("accepted", "cloudevents")
    paused = town.client.as_(admin, "PUT", path, json={"name": "城管", "kinds": [], "active": False})
    assert (paused.json()["state"], paused.json()["kinds"]) == ("paused", [])
    assert town.client.as_(admin, "POST", f"{path}/test").status_code == 409
    assert town.client.as_(admin, "DELETE", path).status_code == 204
    assert town.client.as_(admin, "GET", f"{path}/deliveries").status_code == 404


def test_a_key_is_not_in_an_answer_that_is_kept(town: Any) -> None:
    """An answer under an Idempotency-Key stays in the database; one with a secret must not."""
    admin = town.who("tenant_admin")
    headers = {"Idempotency-Key": "act-secret-1"}
    for _ in range(2):
        made = town.client.as_(admin, "POST", "/v1/webhooks", json={"name": "x", "url": URL}, headers=headers)
        assert made.status_code == 201
    with town.home.work() as work:
        kept = work.session.scalar(text("SELECT count(*) FROM people_answers WHERE key = 'act-secret-1'"))
    assert kept == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": "x", "url": "gopher://x"}, "url.address"),
        ({"name": "x", "url": URL, "kinds": ["exploded"]}, "kinds"),
        ({"name": "", "url": URL}, "body.name"),
        ({"name": "x", "url": URL, "secret": HOOK_KEY}, "body.secret"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(town: Any, asked: dict[str, Any], field: str) -> None:
    answer = town.client.as_(town.who("tenant_admin"), "POST", "/v1/webhooks", json=asked)
    assert answer.status_code == 422
    assert field.rpartition(".")[2] in answer.text


def test_events_of_sites_reach_a_subscription(town: Any) -> None:
    from owed_api import site  # noqa: PLC0415  only here

    webhook(town, town.a)
    with ways(town) as channels:
        made = site(town, town.a, (116.651, 39.471))
        send(town)
        told = [one.body for one in channels["cloudevents"].sent if made in one.body]
    assert any('"org.pipewarden.site.opened.v1"' in one for one in told)


def test_the_channels_and_the_nightly_answer_can_be_read(town: Any) -> None:
    manager = town.who("safety_manager")
    found = {one["kind"]: one for one in town.client.as_(manager, "GET", "/v1/channels").json()["items"]}
    assert found["sms"] == {"kind": "sms", "set_up": True, "real": False, "off": False}
    assert found["email"] == {"kind": "email", "set_up": False, "real": False, "off": False}
    assert found["wecom"]["real"]
    answer = town.client.as_(manager, "GET", "/v1/reach").json()
    assert set(answer) == {"at", "until", "persons", "missing"}


def test_quiet_hours_with_a_zone_are_those_hours_in_china(town: Any, person: Any) -> None:
    for asked, kept in (("14:00:00Z", "22:00:00"), ("22:00:00+08:00", "22:00:00"), ("18:30:00Z", "02:30:00")):
        one = {"kind": "wecom", "address": KEY, "quiet": {"begins": asked, "ends": "07:00"}}
        made = town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": [one]})
        assert made.json()["items"][0]["quiet"] == {"begins": kept, "ends": "07:00:00"}


def test_contacts_never_show_an_address_again(town: Any, person: Any) -> None:
    items = [{"kind": "wecom", "address": KEY, "quiet": {"begins": "22:00", "ends": "07:00"}, "language": "en"}]
    made = town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": items})
    assert made.status_code == 200
    assert KEY not in made.text
    (one,) = town.client.as_(person, "GET", "/v1/me/contacts").json()["items"]
    assert (one["shown"], one["quiet"], one["language"]) == ("…0001", {"begins": "22:00:00", "ends": "07:00:00"}, "en")
    kept = town.client.as_(
        person, "PUT", "/v1/me/contacts", json={"items": [{"kind": "wecom", "id": one["id"], "name": "群"}]}
    )
    assert kept.json()["items"][0]["shown"] == "…0001"
    bad = town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": [{"kind": "wecom", "address": "短"}]})
    assert bad.status_code == 422
    assert bad.json()["field"] == "items.0.address"
