"""Contact points over HTTP: an administrator's hand, two hands at once, and group robots of one tenant only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewContact, Role

if TYPE_CHECKING:
    from pipewarden.people.facts import Contact

WHY = {"X-Reason": "reaching"}
KEY = "key-of-a-group-0001"
ROBOT = {"kind": "feishu", "address": KEY, "secret": "SECfedcba98765"}


def test_an_administrator_says_how_somebody_is_reached(town: Any) -> None:
    admin, person = town.who("tenant_admin"), town.person(Role.PATROLLER, area=town.east)
    path = f"/v1/people/{person.id}/contacts"
    items = [{"kind": "sms", "address": "138 0000 1234"}, {"kind": "email", "address": "li@example.org"}]
    made = town.client.as_(admin, "PUT", path, json={"items": items})
    assert made.status_code == 200, made.text
    seen = town.client.as_(town.who("safety_manager"), "GET", path, headers=WHY).json()["items"]
    mine = town.client.as_(person, "GET", "/v1/me/contacts").json()["items"]
    assert seen == mine == made.json()["items"]
    assert [(one["kind"], one["shown"]) for one in mine] == [("sms", "138…34"), ("email", "l…@example.org")]
    turned = [{"kind": one["kind"], "id": one["id"]} for one in reversed(mine)]
    assert town.client.as_(person, "PUT", "/v1/me/contacts", json={"items": turned}).status_code == 200
    after = town.client.as_(admin, "GET", path, headers=WHY).json()["items"]
    assert [one["id"] for one in after] == [mine[1]["id"], mine[0]["id"]]


def test_group_robots_stay_with_their_tenant(town: Any) -> None:
    admin = town.who("tenant_admin")
    made = town.client.as_(admin, "PUT", "/v1/robots", json={"items": [ROBOT]})
    assert made.status_code == 200
    assert KEY not in made.text
    assert ROBOT["secret"] not in made.text
    assert town.client.as_(town.who("tenant_admin_b"), "GET", "/v1/robots").json() == {"items": []}
    mail = {"kind": "email", "address": "all@example.org"}
    refused = town.client.as_(admin, "PUT", "/v1/robots", json={"items": [mail]})
    assert (refused.status_code, refused.json()["field"]) == (422, "items.0.kind")
    assert len(town.client.as_(admin, "GET", "/v1/robots").json()["items"]) == 1, "nothing was changed"
    town.client.as_(admin, "PUT", "/v1/robots", json={"items": []})


@pytest.mark.parametrize("hands", [8])
def test_two_hands_at_once_leave_one_whole_list(town: Any, hands: int) -> None:
    """Each writes a list of two; what stands in the end is one of the lists, and no address of another is left."""
    person = town.person(Role.PATROLLER, area=town.east)

    def put(number: int) -> list[Contact]:
        with town.at(town.a) as work:
            root = people.operator(town.a)
            wanted = [NewContact(ContactKind.WECOM, f"hand-{number}-key-{each}") for each in (1, 2)]
            return people.set_contacts(work, root, person.id, wanted)

    with ThreadPoolExecutor(hands) as pool:
        lists = [[one.id for one in found] for found in pool.map(put, range(hands))]
    with town.at(town.a) as work:
        stands = [one.id for one in people.contacts_of(work, [person.id])[person.id]]
        kept = [people.address_of(work, one) for found in lists for one in found]
    assert stands in lists
    assert sum(one is not None for one in kept) == 2
