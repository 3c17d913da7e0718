"""What the message centre, the links and the subscriptions refuse over HTTP, with which words, and to whom."""

from __future__ import annotations

from typing import Any

import pytest
from act_api import ME, URL, link, send, ways, webhook
from owed_api import call as called
from owed_api import site

from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, PersonState, Role

NEVER = "01930000-0000-7000-8000-000000000009"


@pytest.fixture
def person(town: Any) -> Any:
    return town.person(Role.PATROLLER, area=town.east)  # a manager may be told of other suites' filings, too


@pytest.fixture
def admin(town: Any) -> Any:
    return town.who("tenant_admin")


def refused(answer: Any, status: int, *names: str) -> dict[str, Any]:
    """Return the problem document, which names the field and the fix (RFC 9457)."""
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    for name in names:
        assert said[name], said
    return said


@pytest.mark.parametrize(
    "url",
    ["https://[", "https://hook.example.org:99999/", "https://hook.example.org/a b", "https://用户@hook.example.org/"],
)
def test_an_address_that_nothing_can_be_posted_to_is_no_fault_of_ours(town: Any, admin: Any, url: str) -> None:
    said = refused(town.client.as_(admin, "POST", "/v1/webhooks", json={"name": "x", "url": url}), 422, "field", "fix")
    assert said["field"] == "url.address"
    items = [{"kind": "webhook", "address": url, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}]
    said = refused(town.client.as_(admin, "PUT", "/v1/me/contacts", json={"items": items}), 422, "field", "fix")
    assert said["field"] == "items.0.address"
    assert url not in str(said), "an address is never repeated"


def test_a_robots_address_that_breaks_the_reading_is_refused_too(town: Any, person: Any) -> None:
    items = [ME, {"kind": "feishu", "address": "https://[::"}]
    said = refused(town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": items}), 422, "fix")
    assert said["field"] == "items.1.address"
    assert town.client.as_(person, "GET", "/v1/me/contacts").json() == {"items": []}, "nothing of it was kept"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"quiet": {"begins": "25:00", "ends": "07:00"}}, "quiet"),
        ({"quiet": {"begins": "22:00"}}, "ends"),
        ({"language": "tlh"}, "language"),
        ({"kind": "pigeon"}, "kind"),
        ({"name": "x" * 61}, "name"),
        ({"id": NEVER}, "id"),
        ({"position": 3}, "position"),
    ],
)
def test_what_a_contact_cannot_be_is_named(town: Any, person: Any, more: dict[str, Any], field: str) -> None:
    answer = town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": [ME | more]})
    assert field in refused(answer, 422)["field"]


def test_a_box_with_a_key_has_no_messages_and_no_contacts(town: Any) -> None:
    box = town.who("device")
    for method, path, body in (
        ("GET", "/v1/me/messages", None),
        ("POST", "/v1/me/messages/read", {"up_to": NEVER}),
        ("GET", "/v1/me/contacts", None),
        ("PUT", "/v1/me/contacts", {"items": []}),
    ):
        refused(town.client.as_(box, method, path, json=body), 403, "fix")


def test_reading_up_to_what_never_was_reads_only_what_came_before(town: Any, person: Any) -> None:
    for _ in range(2):
        called(town, person, "x")
    town.drain()
    said = town.client.as_(person, "POST", "/v1/me/messages/read", json={"up_to": NEVER})
    assert said.json() == {"unread": 2}, "an id of long ago"
    last = f"ffffffff{NEVER[8:]}"
    assert town.client.as_(person, "POST", "/v1/me/messages/read", json={"up_to": last}).json() == {"unread": 0}
    refused(town.client.as_(person, "POST", "/v1/me/messages/read", json={"up_to": "x"}), 422)


def test_a_cursor_is_for_the_list_that_gave_it(town: Any, person: Any, admin: Any) -> None:
    town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": [ME]})
    with ways(town):
        for _ in range(2):
            called(town, person, "x")
            send(town)
    cursor = town.client.as_(person, "GET", "/v1/me/messages?limit=1").json()["next"]
    assert cursor
    refused(town.client.as_(admin, "GET", "/v1/deliveries", params={"cursor": cursor}), 422, "field", "fix")
    hooks = [webhook(town, town.a) for _ in range(2)]
    with ways(town):
        for _ in range(2):
            town.client.as_(admin, "POST", f"/v1/webhooks/{hooks[0]}/test")
        send(town)
    mine = town.client.as_(admin, "GET", f"/v1/webhooks/{hooks[0]}/deliveries?limit=1").json()["next"]
    assert mine
    for one, status in zip(hooks, (200, 422), strict=True):
        path = f"/v1/webhooks/{one}/deliveries"
        assert town.client.as_(admin, "GET", path, params={"cursor": mine}).status_code == status


def test_the_twenty_first_subscription_is_a_conflict_that_says_what_to_do(town: Any, admin: Any) -> None:
    for one in town.client.as_(admin, "GET", "/v1/webhooks").json()["items"]:
        assert town.client.as_(admin, "DELETE", f"/v1/webhooks/{one['id']}").status_code == 204
    asked = {"name": "x", "url": URL}
    made = [town.client.as_(admin, "POST", "/v1/webhooks", json=asked).json()["id"] for _ in range(20)]
    said = refused(town.client.as_(admin, "POST", "/v1/webhooks", json=asked), 409, "field", "fix")
    assert said["field"] == "webhooks"
    assert town.client.as_(admin, "DELETE", f"/v1/webhooks/{made[0]}").status_code == 204
    assert town.client.as_(admin, "POST", "/v1/webhooks", json=asked).status_code == 201, "a removed one makes room"
    for one in town.client.as_(admin, "GET", "/v1/webhooks").json()["items"]:
        town.client.as_(admin, "DELETE", f"/v1/webhooks/{one['id']}")


def test_what_is_another_tenants_is_not_there(town: Any, admin: Any) -> None:
    theirs = webhook(town, town.b)
    change = {"name": "mine now", "kinds": [], "active": False}
    for method, path, body in (
        ("PUT", f"/v1/webhooks/{theirs}", change),
        ("POST", f"/v1/webhooks/{theirs}/test", None),
        ("GET", f"/v1/webhooks/{theirs}/deliveries", None),
        ("DELETE", f"/v1/webhooks/{theirs}", None),
    ):
        refused(town.client.as_(admin, method, path, json=body), 404)
    items = town.client.as_(town.who("tenant_admin_b"), "GET", "/v1/webhooks").json()["items"]
    assert [one["name"] for one in items if one["id"] == theirs] == ["x"]


def test_deleting_twice_is_not_found_and_deleting_stops_what_waits(town: Any, admin: Any) -> None:
    made = webhook(town, town.a)
    town.client.as_(admin, "POST", f"/v1/webhooks/{made}/test")
    assert town.client.as_(admin, "DELETE", f"/v1/webhooks/{made}").status_code == 204
    refused(town.client.as_(admin, "DELETE", f"/v1/webhooks/{made}"), 404)
    with ways(town) as channels:
        send(town)
    assert not [one for one in channels["cloudevents"].sent if "org.pipewarden.test.v1" in one.body]


def test_a_link_is_no_key_to_anything_else(town: Any, person: Any) -> None:
    _, path = link(town, person)
    token = path.rpartition("/")[2]
    for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"pipewarden={token}"}):
        assert town.client.get("/v1/me/messages", headers=headers).status_code == 401
    assert town.client.put(path).status_code == 405
    assert town.client.delete(path).status_code == 405


def test_a_link_of_somebody_who_was_disabled_shows_no_button(town: Any, person: Any) -> None:
    _, path = link(town, person)
    with town.at(PLATFORM) as work:
        people.set_person_state(work, people.operator(), person.id, PersonState.DISABLED)
    for answer in (town.client.get(path), town.client.post(path)):
        assert answer.status_code == 404
        assert "<form" not in answer.text


def test_a_subscription_gets_no_site_of_the_other_tenant(town: Any, admin: Any) -> None:
    mine, theirs = webhook(town, town.a), webhook(town, town.b)
    with ways(town):
        made = site(town, town.a, (116.655, 39.475))
        send(town)
    rows = town.client.as_(admin, "GET", f"/v1/webhooks/{mine}/deliveries").json()["items"]
    assert {one["channel"] for one in rows} == {"cloudevents"}, f"{made} was told to nobody"
    other = town.client.as_(town.who("tenant_admin_b"), "GET", f"/v1/webhooks/{theirs}/deliveries").json()
    assert other["items"] == []
