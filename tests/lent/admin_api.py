"""Roles, switches, channels, keys, tenants and accounts: who is asked what, and a request that is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pipewarden.people import service as people
from pipewarden.people.facts import Role

NOTHING = "00000000-0000-7000-8000-000000000000"
LATE = "2020-01-01T00:00:00Z"
ROBOT = {"kind": "wecom", "address": "admin-key-1"}


def _once(method: str, path: str, body: Any = None) -> Any:
    more = {} if body is None else {"json": body}
    return lambda town, who, _things: [str(town.client.as_(who, method, path, **more).status_code)]


def _keys(town: Any, who: Any, things: Any) -> list[str]:
    """Ask for a successor that has ended already: who may is told (422)."""
    paths = [f"/v1/keys/{one}/rotation" for one in things.keys]
    return [str(town.client.as_(who, "POST", path, json={"expires_at": LATE}).status_code) for path in paths]


def _states(town: Any, who: Any, things: Any) -> list[str]:
    paths = [f"/v1/people/{one}/state" for one in things.persons]
    return [str(town.client.as_(who, "PUT", path, json={"active": True}).status_code) for path in paths]


ASKS: dict[str, Any] = {
    "GET /v1/roles": _once("GET", "/v1/roles"),
    # what does not exist, and what is of another day: who may edit is told (422, 409)
    "POST /v1/roles/{role}/preview": _once("POST", "/v1/roles/resident/preview", {"permissions": {"alarm:fly": "own"}}),
    "PUT /v1/roles/{role}": _once("PUT", "/v1/roles/resident", {"permissions": {}, "reason": "mx", "seen": "0" * 16}),
    "GET /v1/switches": _once("GET", "/v1/switches"),
    "PUT /v1/switches/{what}": _once("PUT", "/v1/switches/none", {"on": True, "reason": "mx"}),
    # no channel at all: who may try one is told (409)
    "POST /v1/channels/{kind}/test": _once("POST", "/v1/channels/inapp/test"),
    "GET /v1/channels/tests": _once("GET", "/v1/channels/tests"),
    "POST /v1/keys/{key_id}/rotation": _keys,
    "GET /v1/intake/platforms": _once("GET", "/v1/intake/platforms"),
    "GET /v1/tenants": _once("GET", "/v1/tenants"),
    "POST /v1/tenants": _once("POST", "/v1/tenants", {"key": "no key", "name": "mx", "guard": "nobody"}),
    "PUT /v1/tenants/{tenant_id}": _once("PUT", f"/v1/tenants/{NOTHING}", {"name": "mx"}),
    "PUT /v1/people/{person_id}/state": _states,
    "POST /v1/people/{person_id}/password": _once("POST", f"/v1/people/{NOTHING}/password"),
}


def role(town: Any, who: str, name: Role) -> dict[str, Any]:
    """Return a role as somebody reads it."""
    page = town.client.as_(town.who(who), "GET", "/v1/roles").json()
    return dict(next(one for one in page["items"] if one["role"] == name))


def fuzzed(town: Any) -> dict[str, dict[str, Any]]:
    """Return a request that is right for each operation; what is changed is made for it."""
    trier = town.people["trier"] = town.person(Role.SAFETY_MANAGER)
    assert town.client.as_(trier, "PUT", "/v1/me/contacts", json={"items": [ROBOT]}).status_code == 200
    known = role(town, "security_admin", Role.COMMERCIAL_USER)
    permissions = known["permissions"]
    with town.home.work() as work:
        until = (work.now() + timedelta(days=30)).isoformat()
        named = people.ensure_tenant(work.session, town.home.factory.clock, work.ids, "fuzz-named").id
    guard, leaver = town.person(Role.GRID_WORKER, area=town.east), town.person(Role.GRID_WORKER, area=town.east)
    with town.home.work() as work:
        held = people.memberships(work, people.operator(town.a))
        login = next(one.login for one, membership in held if membership.person_id == guard.id)
    somebody = {"person_id": str(leaver.id)}
    path = {"role": "commercial_user"}
    return {
        "GET /v1/roles": {"who": "auditor"},
        "POST /v1/roles/{role}/preview": {"who": "security_admin", "path": path, "body": {"permissions": {}}},
        "PUT /v1/roles/{role}": {
            "who": "security_admin",
            "path": path,
            "body": {"permissions": permissions, "reason": "fuzz", "seen": known["seen"]},
        },
        "GET /v1/switches": {},
        "PUT /v1/switches/{what}": {"path": {"what": "model:fuzz"}, "body": {"on": True, "reason": "fuzz"}},
        "POST /v1/channels/{kind}/test": {"who": "trier", "path": {"kind": "wecom"}},
        "GET /v1/channels/tests": {"who": "trier"},
        "POST /v1/keys/{key_id}/rotation": {
            "who": "tenant_admin",
            "path": {"key_id": str(town.device().id)},
            "body": {"expires_at": until},
        },
        "GET /v1/intake/platforms": {},
        "GET /v1/tenants": {"who": "platform_admin"},
        "POST /v1/tenants": {"who": "platform_admin", "body": {"key": "fuzz-made", "name": "fuzz", "guard": login}},
        "PUT /v1/tenants/{tenant_id}": {
            "who": "platform_admin",
            "path": {"tenant_id": str(named)},
            "body": {"name": "fuzz"},
        },
        "PUT /v1/people/{person_id}/state": {"who": "tenant_admin", "path": somebody, "body": {"active": True}},
        "POST /v1/people/{person_id}/password": {"who": "tenant_admin", "path": somebody},
    }
