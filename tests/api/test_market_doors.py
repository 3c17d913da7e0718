"""Pay rules, rewards, finances and metering over HTTP: what is said, to whom, page by page, and what is refused how."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from market_api import NOTHING, YUAN, later, linked, metered, money, own_text, rewarded

from pipewarden.ledger.facts import Asset
from pipewarden.market.service import metering
from pipewarden.people import service as people
from pipewarden.people.facts import Role

DECIDERS = ("resident", "expert", "grid_worker", "dispatcher")


@pytest.fixture(scope="module", autouse=True)
def funds(town: Any) -> None:
    money(town, town.a)


def get(town: Any, who: Any, path: str) -> Any:
    answer = town.client.as_(who, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("role", DECIDERS)
def test_everybody_who_earns_reads_what_is_paid(town: Any, role: str) -> None:
    told = get(town, town.who(role), "/v1/pay-rules")
    rules = {one["key"]: one for one in told["now"]["rules"]}
    assert told["now"]["hold_h"] == 72.0
    assert (rules["clue_cash"]["value"]["amount"], rules["clue_cash"]["value"]["units"]) == ("5.0000", 50_000)
    assert rules["task"]["value"] is None, "the task itself says how many"
    assert (rules["priority_cash"]["levels"], rules["bonus"]["every"]) == ([1], 10)
    assert "dispatcher" in rules["clue"]["barred"]
    assert rules["indoor_review"]["earners"] == ["expert"]


def test_a_tenant_writes_rules_of_its_own(town: Any) -> None:
    admin = town.who("tenant_admin_b")
    before = get(town, admin, "/v1/pay-rules")
    text = own_text(town)
    made = town.client.as_(admin, "POST", "/v1/pay-rules", json={"text": text, "why": "次年标准"})
    assert made.status_code == 201, made.text
    assert (made.json()["own"], made.json()["why"]) == (True, "次年标准")
    after = get(town, admin, "/v1/pay-rules")
    assert after["now"]["version"] == before["now"]["version"], "it begins tomorrow"
    assert after["own"][0]["version"] == made.json()["version"]
    here = {one["version"] for one in get(town, town.who("tenant_admin"), "/v1/pay-rules")["own"]}
    assert made.json()["version"] not in here, "another tenant's is none of ours"
    again = town.client.as_(admin, "POST", "/v1/pay-rules", json={"text": text, "why": "again"})
    assert (again.status_code, again.json()["field"]) == (422, "text: version")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("hold: ", "hald: "), "hold"),
        (("asset: PTS", "asset: GOLD"), "asset"),
        (("per_day: 10", "per_day: 0"), "per_day"),
        (("since: ", "since: yesterday #"), "since"),
    ],
)
def test_a_slip_in_own_rules_is_named_and_nothing_is_kept(town: Any, change: tuple[str, str], field: str) -> None:
    admin = town.who("tenant_admin")
    before = get(town, admin, "/v1/pay-rules")["own"]
    body = {"text": own_text(town).replace(*change), "why": "a slip"}
    answer = town.client.as_(admin, "POST", "/v1/pay-rules", json=body)
    assert answer.status_code == 422
    assert field in answer.json()["field"]
    assert get(town, admin, "/v1/pay-rules")["own"] == before


def test_rewards_are_read_page_by_page_and_by_state(town: Any) -> None:
    manager, person = town.who("safety_manager"), town.person(Role.RESIDENT)
    made = [rewarded(town, town.a, person.id) for _ in range(3)]
    seen: list[str] = []
    path = "/v1/rewards?state=held&limit=2"
    page = get(town, manager, path)
    while True:
        assert {one["state"] for one in page["items"]} == {"held"}
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None or set(made) <= set(seen):
            break
        page = get(town, manager, f"{path}&cursor={page['next']}")
    assert set(made) <= set(seen)
    assert len(seen) == len(set(seen)), "none twice"
    one = get(town, manager, f"/v1/rewards/{made[0]}")
    assert one["person"], "by name, for who manages"
    assert [each["kind"] for each in one["events"]] == ["wanted", "held"]
    assert one["owed"]["units"] == 0


def test_ones_own_rewards_are_ones_own(town: Any) -> None:
    person, other = town.person(Role.RESIDENT), town.person(Role.RESIDENT)
    for _ in range(2):
        rewarded(town, town.a, person.id)
    first = get(town, person, "/v1/me/rewards?limit=3")
    assert len(first["items"]) == 3
    rest = get(town, person, f"/v1/me/rewards?limit=3&cursor={first['next']}")
    assert (len(rest["items"]), rest["next"]) == (1, None)
    assert {one["zh"] for one in first["items"]} == {"线索属实"}
    assert "person" not in first["items"][0]
    assert get(town, other, "/v1/me/rewards") == {"items": [], "next": None}


def test_a_reward_of_two_tenants_is_in_one_list(town: Any) -> None:
    money(town, town.b)
    person = town.person(Role.RESIDENT)
    rewarded(town, town.a, person.id)
    rewarded(town, town.b, person.id)
    assert len(get(town, person, "/v1/me/rewards")["items"]) == 4


def test_a_cursor_of_another_list_is_refused(town: Any) -> None:
    person = town.person(Role.RESIDENT)
    rewarded(town, town.a, person.id)
    mine = get(town, person, "/v1/me/rewards?limit=1")["next"]
    answer = town.client.as_(town.who("safety_manager"), "GET", f"/v1/rewards?cursor={mine}")
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


def test_nobody_refuses_twice_or_the_own(town: Any) -> None:
    manager = town.person(Role.SAFETY_MANAGER, area=town.east)
    held = rewarded(town, town.a, town.person(Role.RESIDENT).id)
    path = f"/v1/rewards/{held}/refuse"
    assert town.client.as_(manager, "POST", path, json={"reason": "copied"}).status_code == 200
    again = town.client.as_(manager, "POST", path, json={"reason": "copied"})
    assert (again.status_code, again.json()["field"]) == (409, "reward")
    back = town.client.as_(manager, "POST", f"/v1/rewards/{held}/claw-back", json={"reason": "copied"})
    assert back.status_code == 409
    for body in ({}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "x", "amount": "1"}):
        assert town.client.as_(manager, "POST", path, json=body).status_code == 422


def test_what_was_decided_stands_on_the_chain(town: Any) -> None:
    manager = town.who("safety_manager")
    held = rewarded(town, town.a, town.person(Role.RESIDENT).id)
    town.client.as_(manager, "POST", f"/v1/rewards/{held}/refuse", json={"reason": "不是现场"})
    with town.at(town.a) as work:
        (entry,) = people.entries_of(work, "reward", UUID(held))
    assert entry.act == "reward.refused"
    assert json.loads(entry.details)["reason"] == "不是现场"


def test_a_link_is_claimed_once_and_never_by_a_device(town: Any) -> None:
    token = linked(town)
    path = f"/v1/reports/links/{token}/claim"
    assert town.client.as_(town.who("device"), "POST", path).status_code == 403
    assert town.client.request("POST", path).status_code == 401
    assert town.client.as_(town.who("dispatcher"), "POST", path).status_code == 409, "who rules earns nothing"
    resident = town.person(Role.RESIDENT)
    for _ in range(2):
        claimed = town.client.as_(resident, "POST", path)
        assert {one["state"] for one in claimed.json()["items"]} == {"held"}
    assert town.client.as_(town.who("expert"), "POST", path).status_code == 409


@pytest.mark.parametrize("token", ["0" * 32, "f" * 32])
def test_a_link_that_leads_nowhere_is_nothing(town: Any, token: str) -> None:
    answer = town.client.as_(town.who("resident"), "POST", f"/v1/reports/links/{token}/claim")
    assert answer.status_code == 404
    assert token not in answer.text


@pytest.mark.parametrize("token", ["short", "0" * 31 + "G", "0" * 33])
def test_a_word_that_is_no_link_is_named(town: Any, token: str) -> None:
    assert town.client.as_(town.who("resident"), "POST", f"/v1/reports/links/{token}/claim").status_code == 422


def test_deposits_are_listed_newest_first(town: Any) -> None:
    admin = town.who("tenant_admin")
    day = town.home.factory.clock.now().date().isoformat()
    numbers = [f"N-{uuid4().hex[:8]}" for _ in range(3)]
    for number in numbers:
        body = {"asset": "PTS", "amount": "7", "number": number, "value_date": day}
        assert town.client.as_(admin, "POST", "/v1/finance/deposits", json=body).status_code == 201
    first = get(town, admin, "/v1/finance/deposits?limit=2")
    assert [one["number"] for one in first["items"]] == numbers[:0:-1]
    rest = get(town, admin, f"/v1/finance/deposits?limit=2&cursor={first['next']}")
    assert rest["items"][0]["number"] == numbers[0]
    assert first["items"][0]["value"] == {"asset": "PTS", "amount": "7", "units": 7}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"asset": "USD"}, "asset"),
        ({"amount": "1.5", "asset": "PTS"}, "amount"),
        ({"number": ""}, "number"),
        ({"number": "a\u0000b"}, "number"),
        ({"value_date": "2099-01-01"}, "value_date"),
        ({"value_date": "yesterday"}, "value_date"),
        ({"to": "me"}, "to"),
    ],
)
def test_a_receipt_that_is_wrong_is_named(town: Any, change: dict[str, Any], field: str) -> None:
    day = town.home.factory.clock.now().date().isoformat()
    body = {"asset": "CNY", "amount": "1", "number": "never booked", "value_date": day} | change
    answer = town.client.as_(town.who("tenant_admin"), "POST", "/v1/finance/deposits", json=body)
    assert answer.status_code == 422
    assert field in answer.text


def test_a_budget_of_another_tenant_is_none(town: Any) -> None:
    theirs = money(town, town.b)[Asset.CNY]
    move = {"key": str(uuid4()), "amount": "1"}
    admin = town.who("tenant_admin")
    for one in (theirs, NOTHING):
        for verb in ("fund", "release"):
            answer = town.client.as_(admin, "POST", f"/v1/finance/budgets/{one}/{verb}", json=move)
            assert answer.status_code == 404
    assert theirs not in {one["id"] for one in get(town, admin, "/v1/finance/budgets")["items"]}


def test_more_than_a_purse_has_is_refused_with_what_it_has(town: Any) -> None:
    admin = town.who("tenant_admin")
    named = {"name": f"big {uuid4()}", "asset": "CNY", "cap": "900000000"}
    budget = town.client.as_(admin, "POST", "/v1/finance/budgets", json=named).json()["id"]
    move = {"key": str(uuid4()), "amount": "800000000"}
    answer = town.client.as_(admin, "POST", f"/v1/finance/budgets/{budget}/fund", json=move)
    said = answer.json()
    assert (answer.status_code, said["code"]) == (409, "funds")
    assert str(town.a) not in answer.text, "accounts are named without ids"
    again = town.client.as_(admin, "POST", "/v1/finance/budgets", json=named)
    assert (again.status_code, again.json()["field"]) == (422, "name")


def test_metered_calls_are_shown_beside_the_book(town: Any) -> None:
    demand = metered(town, town.a)
    admin = town.who("tenant_admin")
    told = get(town, admin, "/v1/metering")
    one = next(each for each in told["items"] if each["id"] == demand)
    assert (one["wanted"], one["taken"], one["state"]) == (7, 2, "open")
    assert one["calls"]["charged"] == {"calls": 2, "value": {"asset": "CNY", "amount": "0.2600", "units": 2600}}
    assert told["difference"]["units"] == 0
    assert get(town, admin, "/v1/finance")["unbooked"]["cash"]["units"] >= 2600
    with town.at(town.a) as work:
        metering.admit(work, UUID(one["id"]), ["c"])
    assert get(town, admin, "/v1/metering")["items"][0]["calls"]["admitted"]["calls"] == 1


def test_another_tenants_calls_and_money_are_not_shown(town: Any) -> None:
    demand = metered(town, town.b)
    assert demand not in {one["id"] for one in get(town, town.who("tenant_admin"), "/v1/metering")["items"]}
    assert demand in {one["id"] for one in get(town, town.who("tenant_admin_b"), "/v1/metering")["items"]}


def test_a_reporter_hears_of_it_in_their_message_centre(town: Any) -> None:
    person = town.person(Role.RESIDENT)
    rewarded(town, town.a, person.id)
    town.drain()
    (one,) = get(town, person, "/v1/me/messages")["items"]
    assert "线索属实" in one["title"]
    assert f"{5 * YUAN / 10_000:.4f} 元" in one["title"]
    later(town)
    town.drain()
    titles = [each["title"] for each in get(town, person, "/v1/me/messages")["items"]]
    assert any("已到账" in each for each in titles)
