"""What administrators do over HTTP: roles, kill switches, a channel tried, keys turned, tenants, accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import admin_api
import pytest
from act_api import ME, send, ways
from act_office import DEAD, Way
from sqlalchemy import text

from pipewarden.operation import service as operation
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator


def login_of(town: Any, who: Any) -> str:
    with town.home.work() as work:
        held = people.memberships(work, people.operator(town.a))
    return str(next(one.login for one, membership in held if membership.person_id == who.id))


def last(town: Any, act: str) -> dict[str, Any]:
    """Return the newest entry of the chain with an act, as the auditor reads it."""
    page = town.client.as_(town.who("auditor"), "GET", "/v1/audit", params={"act": act, "limit": 1}).json()
    return dict(page["items"][0])


@pytest.fixture
def regular(town: Any) -> Iterator[dict[str, Any]]:
    """The role of commercial users, given back as it was."""
    found = admin_api.role(town, "security_admin", Role.COMMERCIAL_USER)
    yield found
    with town.at(town.a) as work:
        before = people.shipped_roles().roles[Role.COMMERCIAL_USER]
        people.edit_role(work, people.operator(town.a), Role.COMMERCIAL_USER, before, reason="back")


def test_a_role_is_read_tried_and_edited_on_record(town: Any, regular: dict[str, Any]) -> None:
    guard, user = town.who("security_admin"), town.person(Role.COMMERCIAL_USER)
    wanted = regular["permissions"] | {"strike:read": "tenant", "alarm:export": "area"}
    del wanted["indoor:check"]
    path = "/v1/roles/commercial_user"
    tried = town.client.as_(guard, "POST", f"{path}/preview", json={"permissions": wanted}).json()
    assert tried["added"] == [{"name": "alarm:export", "scope": "area"}, {"name": "strike:read", "scope": "tenant"}]
    assert tried["removed"] == [{"name": "indoor:check", "scope": "own"}, {"name": "strike:read", "scope": "own"}]
    assert str(user.id) in {one["person_id"] for one in tried["holders"]}
    assert tried["count"] >= len(tried["holders"]) >= 1
    assert (tried["owed"], tried["owes"]) == (False, True), "who takes files out owes a second factor"
    assert admin_api.role(town, "auditor", Role.COMMERCIAL_USER) == regular, "nothing was changed"

    asked = {"permissions": wanted, "reason": "试点", "seen": regular["seen"]}
    made = town.client.as_(guard, "PUT", path, json=asked)
    assert made.status_code == 200, made.text
    shown = admin_api.role(town, "auditor", Role.COMMERCIAL_USER)
    assert shown == made.json()
    assert (shown["own"], shown["permissions"]) == (True, wanted)
    assert shown["shipped"] == regular["shipped"]
    assert shown["by"]
    entry = last(town, "role.edited")
    assert entry["object_id"] == "commercial_user"
    assert "试点" in str(entry["details"])
    assert "alarm:export@area" in str(entry["details"])
    late = town.client.as_(guard, "PUT", path, json=asked)
    assert (late.status_code, late.json()["field"]) == (409, "seen"), "somebody else was first"


def test_an_edit_waits_for_a_fresh_code_and_keeps_the_house_apart(town: Any) -> None:
    guard = town.person(Role.SECURITY_ADMIN)
    known = admin_api.role(town, "security_admin", Role.DISPATCHER)
    for more, field in (
        ({"audit:read": "tenant"}, "permissions"),
        ({"membership:grant": "tenant"}, "permissions"),
        ({"alarm:read": "platform"}, "permissions"),
    ):
        asked = {"permissions": known["permissions"] | more}
        refused = town.client.as_(guard, "POST", "/v1/roles/dispatcher/preview", json=asked)
        assert (refused.status_code, refused.json()["field"]) == (409, field)
        made = asked | {"reason": "x", "seen": known["seen"]}
        assert town.client.as_(guard, "PUT", "/v1/roles/dispatcher", json=made).status_code == 409
    own = town.client.as_(guard, "POST", "/v1/roles/security_admin/preview", json={"permissions": {}})
    assert (own.status_code, own.json()["field"]) == (409, "role")
    page = town.client.as_(guard, "GET", "/v1/roles").json()
    known_here = {one["name"]: one for one in page["known"]}
    assert known_here["network:export"]["fresh"]
    assert not known_here["alarm:read"]["fresh"]
    assert {name for name, one in known_here.items() if one["kept"]} >= {"audit:read", "role:edit"}
    assert len(page["items"]) == len(Role)
    with town.home.work() as work:
        aged = text("UPDATE people_sessions SET factor_at = factor_at - interval '1 day' WHERE person_id = :id")
        work.session.execute(aged, {"id": guard.id})
    asked = {"permissions": known["permissions"], "reason": "x", "seen": known["seen"]}
    late = town.client.as_(guard, "PUT", "/v1/roles/dispatcher", json=asked)
    assert late.status_code == 403, "the code was given too long ago"
    assert town.client.as_(guard, "GET", "/v1/roles").status_code == 200, "looking needs none"


def test_a_part_is_switched_off_and_on_again_by_who_may(town: Any) -> None:
    manager = town.who("safety_manager")
    path = "/v1/switches/model:admin-door"
    off = town.client.as_(manager, "PUT", path, json={"on": False, "reason": "答非所问"})
    assert off.status_code == 200, off.text
    items = {one["what"]: one for one in town.client.as_(town.who("auditor"), "GET", "/v1/switches").json()["items"]}
    assert {one.said for one in operation.DOORS} <= set(items)
    assert all(one["off"] for one in items.values())
    shut = items["model:admin-door"]
    assert shut == off.json()
    assert (shut["on"], shut["everywhere"], shut["reason"]) == (False, False, "答非所问")
    assert shut["by"]
    assert last(town, "switch.set")["object_id"] == "model:admin-door"
    wide = town.client.as_(manager, "PUT", path, json={"on": False, "reason": "x", "everywhere": True})
    assert wide.status_code == 404, "the whole house is not theirs"
    assert town.client.as_(manager, "PUT", path, json={"on": True, "reason": " "}).status_code == 422
    assert town.client.as_(manager, "PUT", path, json={"on": True, "reason": "好了"}).json()["on"] is True


def test_a_channel_is_tried_on_oneself_and_the_answer_is_shown(town: Any) -> None:
    manager = town.person(Role.SAFETY_MANAGER)
    path = "/v1/channels/email/test"
    with ways(town, email=Way(DEAD)):
        bare = town.client.as_(manager, "POST", path)
        assert (bare.status_code, bare.json()["field"]) == (409, "contacts")
        assert town.client.as_(manager, "PUT", "/v1/me/contacts", json={"items": [ME]}).status_code == 200
        begun = town.client.as_(manager, "POST", path)
        assert begun.status_code == 202, begun.text
        (sent,) = begun.json()["items"]
        assert (sent["channel"], sent["state"], sent["attempts"]) == ("email", "waiting", [])
        again = town.client.as_(manager, "POST", path)
        assert again.status_code == 429
        assert 0 < int(again.headers["Retry-After"]) <= 61
        send(town)
        (came,) = town.client.as_(manager, "GET", "/v1/channels/tests").json()["items"]
        assert came["id"] == sent["id"]
        assert came["attempts"], "what the channel said"
        assert last(town, "channel.tried")["object_id"] == "email"
        shut = town.client.as_(manager, "POST", "/v1/channels/inapp/test")
        assert (shut.status_code, shut.json()["field"]) == (409, "kind")
    other = town.person(Role.SAFETY_MANAGER)
    assert town.client.as_(other, "GET", "/v1/channels/tests").json()["items"] == []


def test_a_devices_key_is_followed_by_another(town: Any) -> None:
    admin, device = town.who("tenant_admin"), town.device(area=town.east)
    until = "2027-06-01T00:00:00Z"
    made = town.client.as_(admin, "POST", f"/v1/keys/{device.id}/rotation", json={"expires_at": until, "overlap_h": 0})
    assert made.status_code == 201, made.text
    shown = town.client.as_(admin, "GET", "/v1/keys")
    assert made.json()["text"] not in shown.text
    assert made.json()["permissions"] == ["observation:create", "observation:read"]
    assert set(made.json()["permissions"]) <= set(shown.json()["permits"])
    assert town.client.as_(device, "GET", "/v1/observations/none").status_code == 401, "the old one is over"
    gone = town.client.as_(admin, "POST", f"/v1/keys/{device.id}/rotation", json={"expires_at": until})
    assert gone.status_code == 404


def test_the_house_makes_a_tenant_with_who_gives_roles_there(town: Any) -> None:
    root, guard = town.who("platform_admin"), town.person(Role.GRID_WORKER, area=town.east)
    asked = {"key": f"admin-{guard.id.hex[-6:]}", "name": "固安燃气", "guard": login_of(town, guard)}
    lost = town.client.as_(root, "POST", "/v1/tenants", json=asked | {"guard": "nobody-here"})
    assert lost.status_code == 404
    assert asked["key"] not in town.client.as_(root, "GET", "/v1/tenants").text, "nothing of it was kept"
    made = town.client.as_(root, "POST", "/v1/tenants", json=asked)
    assert made.status_code == 201, made.text
    taken = town.client.as_(root, "POST", "/v1/tenants", json=asked)
    assert (taken.status_code, taken.json()["field"]) == (409, "key")
    path = f"/v1/tenants/{made.json()['id']}"
    assert town.client.as_(root, "PUT", path, json={"name": "固安县燃气"}).json()["title"] == "固安县燃气"
    titles = {one["id"]: one["title"] for one in town.client.as_(root, "GET", "/v1/tenants").json()["items"]}
    assert titles[made.json()["id"]] == "固安县燃气"
    mine = town.client.as_(town.who("tenant_admin"), "GET", "/v1/tenants").json()["items"]
    assert [(one["id"], one["here"]) for one in mine] == [(str(town.a), True)]
    with town.at(made.json()["id"]) as work:
        held = people.memberships(work, people.operator(work.tenant_id))
    assert [one.role for _, one in held if one.person_id == guard.id and str(one.tenant_id) == made.json()["id"]] == [
        Role.SECURITY_ADMIN
    ]


def test_who_left_is_out_at_once_and_a_password_is_shown_once(town: Any) -> None:
    admin, leaver = town.who("tenant_admin"), town.person(Role.DISPATCHER, area=town.east)
    path = f"/v1/people/{leaver.id}"
    assert town.client.as_(leaver, "GET", "/v1/me").status_code == 200
    assert town.client.as_(admin, "PUT", f"{path}/state", json={"active": False}).status_code == 204
    assert town.client.as_(leaver, "GET", "/v1/me").status_code == 401
    assert town.client.as_(admin, "PUT", f"{path}/state", json={"active": True}).status_code == 204
    made = town.client.as_(admin, "POST", f"{path}/password")
    assert made.status_code == 201
    body = {"login": login_of(town, leaver), "password": made.json()["password"]}
    signed = town.client.post("/v1/session", json=body)
    assert signed.status_code == 201, signed.text
    assert signed.json()["must_change"]
    town.client.cookies.clear()
    own = town.client.as_(admin, "PUT", f"/v1/people/{admin.id}/state", json={"active": False})
    assert (own.status_code, own.json()["field"]) == (409, "person")


def test_the_platforms_say_which_must_sign(town: Any) -> None:
    admin, path = town.who("tenant_admin"), "/v1/intake/12345-hotline/secret"
    assert town.client.as_(admin, "PUT", path).status_code == 200

    def signed() -> dict[str, bool]:
        page = town.client.as_(admin, "GET", "/v1/intake/platforms").json()
        return {one["platform"]: one["signed"] for one in page["items"]}

    assert {"12345-hotline", "city-lifeline", "work-orders"} <= set(signed())
    assert signed()["12345-hotline"]
    assert town.client.as_(admin, "DELETE", path).status_code == 204
    assert not signed()["12345-hotline"]
