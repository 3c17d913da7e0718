"""A resident's clue, from the report to the wallet; and one that is refuted within 72 hours, which never gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from found_site import Found
from market_api import later, money
from report_api import HERE, no_model, place, send, taken

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.rules import addresses
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = 150_000  # five yuan for the clue, ten because it was a grave one
STREET = -0.075  # degrees: a street of its own


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    line = [(HERE[0] - 0.05, HERE[1] + STREET), (HERE[0] + 0.05, HERE[1] + STREET)]
    with town.network(town.a, {"pipe-story-reward": line}), no_model(town):
        money(town, town.a)
        yield


def spot(number: int) -> dict[str, Any]:
    return place(dx=-0.04 + 0.003 * number, dy=STREET)


def mine(town: Any, who: Any) -> dict[str, dict[str, Any]]:
    answer = town.client.as_(who, "GET", "/v1/me/rewards")
    assert answer.status_code == 200, answer.text
    return {f"{one['kind']} {one['value']['asset']}": one for one in answer.json()["items"]}


def wallet(town: Any, person: Any, asset: Asset = Asset.CNY) -> int:
    address = addresses.person(person.id, asset)
    with town.home.work() as work:
        return sum(one.posted for one in ledger.balances(work, [address]).values())


def promised(town: Any, who: Any) -> tuple[str, int]:
    """Return what their wallet says is on its way in; nothing is on its way out."""
    said = town.client.as_(who, "GET", "/v1/wallet").json()
    assert (said["on_hold"]["cash"]["units"], said["on_hold"]["points"]) == (0, 0)
    return said["promised"]["cash"]["amount"], said["promised"]["points"]


def test_a_clue_that_was_real_is_in_the_wallet_after_72_hours(town: Any) -> None:
    resident = town.person(Role.RESIDENT)
    said = taken(send(town, path="/v1/reports", who=resident, place=spot(0)))
    site = Found(town, said)
    assert mine(town, resident) == {}, "nobody has looked"
    site.verified()
    on_hold = mine(town, resident)
    assert {name: (one["state"], one["value"]["amount"]) for name, one in on_hold.items()} == {
        "clue CNY": ("held", "5.0000"),
        "clue PTS": ("held", "50"),
        "priority CNY": ("held", "10.0000"),  # it dug in the protection range
    }
    assert on_hold["clue CNY"]["pay_at"] is not None
    assert wallet(town, resident) == 0
    assert promised(town, resident) == ("15.0000", 50)
    messages = town.client.as_(resident, "GET", "/v1/me/messages").json()["items"]
    assert any("15.0000 元" in one["title"] for one in messages)
    later(town, hours=71)
    assert wallet(town, resident) == 0
    later(town, hours=73)
    assert {one["state"] for one in mine(town, resident).values()} == {"paid"}
    assert (wallet(town, resident), wallet(town, resident, Asset.PTS)) == (ALL, 50)
    assert promised(town, resident) == ("0.0000", 0)
    later(town, hours=90)
    assert wallet(town, resident) == ALL, "once"


def test_a_clue_that_is_refuted_within_the_hold_never_comes(town: Any) -> None:
    resident, manager = town.person(Role.RESIDENT), town.who("safety_manager")
    said = taken(send(town, path="/v1/reports", who=resident, place=spot(1)))
    site = Found(town, said)
    site.verified()
    assert {one["state"] for one in mine(town, resident).values()} == {"held"}
    site.version = site.get()["version"]
    site.done("arrive", "patroller", proof={"lon": site.place[0], "lat": site.place[1], "accuracy_m": 5})
    proof = {"pictures": [site.picture()], "words": "they only park here"}
    site.done("verify", "patroller", true=False, code="parked_machine", proof=proof)
    town.drain()
    refused = mine(town, resident)
    assert {(one["state"], one["reason"]) for one in refused.values()} == {
        ("refused", "现场核实没有施工 who looked on the spot found no works")
    }
    later(town, hours=90)
    assert wallet(town, resident) == 0
    listed = town.client.as_(manager, "GET", "/v1/rewards?state=refused").json()["items"]
    assert {one["id"] for one in refused.values()} <= {one["id"] for one in listed}


def test_a_report_without_an_account_is_claimed_by_its_link(town: Any) -> None:
    said = taken(send(town, place=spot(2), contact="138 0000 2222"))
    Found(town, said).verified()
    resident = town.person(Role.RESIDENT)
    claimed = town.client.as_(resident, "POST", f"/v1/reports/links/{said['token']}/claim")
    assert claimed.status_code == 200, claimed.text
    assert {one["state"] for one in claimed.json()["items"]} == {"held"}
    other = town.client.as_(town.person(Role.RESIDENT), "POST", f"/v1/reports/links/{said['token']}/claim")
    assert other.status_code == 409
    assert "somebody else" in other.json()["detail"]
    later(town, hours=73)
    assert wallet(town, resident) == ALL


def test_nobody_comes_for_it_and_it_goes_back(town: Any) -> None:
    said = taken(send(town, place=spot(3), contact="138 0000 2222"))
    Found(town, said).verified()
    later(town, days=31)
    late = town.client.as_(town.person(Role.RESIDENT), "POST", f"/v1/reports/links/{said['token']}/claim")
    assert {one["state"] for one in late.json()["items"]} == {"lapsed"}


def test_a_manager_refuses_and_takes_back_with_a_fresh_factor(town: Any) -> None:
    resident, manager = town.person(Role.RESIDENT), town.who("safety_manager")
    said = taken(send(town, path="/v1/reports", who=resident, place=spot(4)))
    Found(town, said).verified()
    held = mine(town, resident)
    path = f"/v1/rewards/{held['clue PTS']['id']}"
    refused = town.client.as_(manager, "POST", f"{path}/refuse", json={"reason": "照片不是现场"})
    assert refused.status_code == 200, refused.text
    again = town.client.as_(manager, "POST", f"{path}/refuse", json={"reason": "照片不是现场"})
    assert again.status_code == 409
    later(town, hours=73)
    paid = f"/v1/rewards/{held['clue CNY']['id']}"
    back = town.client.as_(manager, "POST", f"{paid}/claw-back", json={"reason": "查实为摆拍"})
    assert (back.status_code, back.json()["state"]) == (200, "clawed_back")
    assert wallet(town, resident) == ALL - 50_000
    past = town.client.as_(manager, "GET", paid).json()["events"]
    assert [one["kind"] for one in past] == ["wanted", "held", "paid", "clawed_back"]
    assert past[-1]["actor"], "who did it stands there by name"


def test_the_same_sums_on_the_finance_page(town: Any) -> None:
    admin = town.who("tenant_admin")
    found = town.client.as_(admin, "GET", "/v1/finance").json()
    budgets = town.client.as_(admin, "GET", "/v1/finance/budgets").json()["items"]
    assert found["budgets"] == budgets
    with town.home.work() as work:
        sums = ledger.check(work)
    assert sums.whole, sums.problems
    for name in ("purse", "on_hold", "unfunded", "in_wallets", "owed", "unbooked"):
        assert set(found[name]) == {"cash", "points"}
        assert found[name]["cash"]["amount"] == f"{found[name]['cash']['units'] / 10_000:.4f}"


def test_a_deposit_is_booked_once_and_a_budget_filled_once(town: Any) -> None:
    admin = town.who("tenant_admin")
    day = town.home.factory.clock.now().date().isoformat()
    said = {"asset": "CNY", "amount": "123.45", "number": f"ICBC-{said_at(town)}", "value_date": day}
    first = town.client.as_(admin, "POST", "/v1/finance/deposits", json=said)
    again = town.client.as_(admin, "POST", "/v1/finance/deposits", json=said)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = town.client.as_(admin, "POST", "/v1/finance/deposits", json=said | {"amount": "123.46"})
    assert (other.status_code, other.json()["field"]) == (422, "number")
    named = {"name": said["number"], "asset": "CNY", "cap": "100"}
    budget = town.client.as_(admin, "POST", "/v1/finance/budgets", json=named).json()
    move = {"key": "01990000-0000-7000-8000-0000000000aa", "amount": "60"}
    for _ in range(2):
        filled = town.client.as_(admin, "POST", f"/v1/finance/budgets/{budget['id']}/fund", json=move)
        assert filled.json()["left"]["amount"] == "60.0000"
    over = move | {"key": "01990000-0000-7000-8000-0000000000ab", "amount": "41"}
    refused = town.client.as_(admin, "POST", f"/v1/finance/budgets/{budget['id']}/fund", json=over)
    assert (refused.status_code, refused.json()["field"]) == (409, "budget")
    back = town.client.as_(admin, "POST", f"/v1/finance/budgets/{budget['id']}/release", json=move)
    assert back.json()["left"]["amount"] == "0.0000"


def said_at(town: Any) -> str:
    with town.home.work() as work:
        return work.ids.new().hex[-10:]


@pytest.mark.parametrize("amount", ["0", "-1", "1.00001", "1e3", "", "NaN", 5, 0.1, None])
def test_an_amount_that_is_none_is_named(town: Any, amount: Any) -> None:
    day = town.home.factory.clock.now().date().isoformat()
    said = {"asset": "CNY", "amount": amount, "number": "x", "value_date": day}
    answer = town.client.as_(town.who("tenant_admin"), "POST", "/v1/finance/deposits", json=said)
    assert answer.status_code == 422
    assert "amount" in answer.text
