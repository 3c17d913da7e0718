"""A tenant's money: receipts once, budgets under their cap, money that is promised stays, the finance view sums."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from market_town import YUAN

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger.facts import Asset, FundsError
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.rules import addresses
from pipewarden.market.rules.amounts import shown, units
from pipewarden.market.service import budgets, deciding, finance
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from market_town import MarketTown

    from pipewarden.market.facts.finance import Budget


def purse(town: MarketTown, asset: Asset = Asset.CNY) -> int:
    return town.has(addresses.purse(town.work.tenant_id, asset))


def made(town: MarketTown, cap: int = 100 * YUAN, name: str = "extra") -> Budget:
    return budgets.add_budget(town.work, town.admin, name, purpose=BudgetFor.REWARDS, asset=Asset.CNY, cap=cap)


def test_a_receipt_is_booked_once(town: MarketTown) -> None:
    day, before = town.today(), purse(town)
    first, fresh = budgets.deposit(town.work, town.admin, Asset.CNY, 7 * YUAN, number="ICBC-1", value_date=day)
    again, second = budgets.deposit(town.work, town.admin, Asset.CNY, 7 * YUAN, number="ICBC-1", value_date=day)
    assert (fresh, second, again.id) == (True, False, first.id)
    assert purse(town) - before == 7 * YUAN
    with pytest.raises(InputError, match="another amount"):
        budgets.deposit(town.work, town.admin, Asset.CNY, 8 * YUAN, number="ICBC-1", value_date=day)
    points, _ = budgets.deposit(town.work, town.admin, Asset.PTS, 7, number="ICBC-1", value_date=day)
    assert points.asset is Asset.PTS, "another asset's papers have numbers of their own"


def test_money_that_is_not_there_yet_is_not_booked(town: MarketTown) -> None:
    tomorrow = town.today() + timedelta(days=1)
    with pytest.raises(InputError, match="lies ahead"):
        budgets.deposit(town.work, town.admin, Asset.CNY, YUAN, number="X", value_date=tomorrow)


def test_deposits_are_listed_for_who_reads_finances(town: MarketTown) -> None:
    town.deposit(YUAN, number="the last")
    assert budgets.deposits(town.work, town.manager, limit=1)[0].number == "the last"
    assert budgets.deposits(town.work, town.actor_of(Role.AUDITOR), limit=9)
    with pytest.raises(ForbiddenError):
        budgets.deposits(town.work, town.actor_of(Role.DISPATCHER), limit=9)


@pytest.mark.parametrize("role", [Role.SAFETY_MANAGER, Role.AUDITOR, Role.RESIDENT, Role.SECURITY_ADMIN])
def test_only_who_manages_money_moves_it(town: MarketTown, role: Role) -> None:
    who, budget = town.actor_of(role), made(town)
    with pytest.raises(ForbiddenError):
        budgets.deposit(town.work, who, Asset.CNY, YUAN, number="X", value_date=town.today())
    with pytest.raises(ForbiddenError):
        budgets.add_budget(town.work, who, "mine", purpose=BudgetFor.REWARDS, asset=Asset.CNY, cap=1)
    with pytest.raises(ForbiddenError):
        budgets.fund(town.work, who, budget.id, 1, "k")
    with pytest.raises(ForbiddenError):
        budgets.release(town.work, who, budget.id, 1, "k")


def test_a_budget_takes_no_more_than_its_cap(town: MarketTown) -> None:
    town.deposit(200 * YUAN)
    budget = made(town)
    now = budgets.fund(town.work, town.admin, budget.id, 60 * YUAN, "one")
    assert (now.left, now.budget.funded) == (60 * YUAN, 60 * YUAN)
    with pytest.raises(RefusedError, match=r"40\.0000 more"):
        budgets.fund(town.work, town.admin, budget.id, 41 * YUAN, "two")
    assert budgets.fund(town.work, town.admin, budget.id, 40 * YUAN, "two").left == 100 * YUAN


def test_the_same_act_again_moves_nothing_again(town: MarketTown) -> None:
    town.deposit(200 * YUAN)
    budget = made(town)
    for _ in range(2):
        budgets.fund(town.work, town.admin, budget.id, 30 * YUAN, "once")
    assert budgets.fund(town.work, town.admin, budget.id, 30 * YUAN, "once").left == 30 * YUAN
    for _ in range(2):
        now = budgets.release(town.work, town.admin, budget.id, 10 * YUAN, "back")
    assert now.left == 20 * YUAN
    for _ in range(2):
        now = budgets.release(town.work, town.admin, budget.id, None, "rest")
    assert (now.left, now.budget.funded) == (0, 0)


def test_a_purse_is_not_overdrawn(town: MarketTown) -> None:
    budget = made(town)
    with pytest.raises(FundsError):
        budgets.fund(town.work, town.admin, budget.id, purse(town) + 1, "too much")


def test_what_is_on_hold_is_not_released(town: MarketTown) -> None:
    town.clue(town.person(Role.RESIDENT).id)
    budget = town.budgets[Asset.CNY]
    with pytest.raises(RefusedError, match=r"995\.0000 free"):
        budgets.release(town.work, town.admin, budget.id, town.cash, "all")
    assert budgets.release(town.work, town.admin, budget.id, None, "free").held == 5 * YUAN
    assert town.pay() == 2, "and is paid"


def test_a_name_is_used_once_and_a_foreign_budget_is_none(town: MarketTown) -> None:
    made(town)
    with pytest.raises(InputError, match="taken"):
        made(town)
    with pytest.raises(NotFoundError):
        budgets.fund(town.work, town.admin, town.work.ids.new(), 1, "k")


def test_the_oldest_budget_that_has_enough_pays(town: MarketTown) -> None:
    town.deposit(200 * YUAN)
    second = made(town)
    budgets.fund(town.work, town.admin, second.id, 50 * YUAN, "k")
    resident = town.person(Role.RESIDENT)
    budgets.release(town.work, town.admin, town.budgets[Asset.CNY].id, town.cash - 7 * YUAN, "k")
    got = [one.budget_id for _ in range(2) for one in town.take(town.wish(resident.id)) if one.asset is Asset.CNY]
    assert got == [town.budgets[Asset.CNY].id, second.id]


def test_the_finance_view_sums_to_what_came_in(town: MarketTown) -> None:
    one, two = town.person(Role.RESIDENT), town.person(Role.RESIDENT)
    _, paid = town.clue(one.id)
    town.pay()
    town.clue(two.id)
    deciding.claw_back(town.work, town.manager, next(r.id for r in paid if r.asset is Asset.PTS), "copied")
    found = finance.finance(town.work, town.admin)
    left = sum(now.left for now in found.budgets if now.budget.asset is Asset.CNY)
    parts = (found.purse[Asset.CNY], left, found.on_hold[Asset.CNY], found.in_wallets[Asset.CNY])
    assert sum(parts) == town.cash
    assert (found.on_hold, found.in_wallets) == (
        {Asset.CNY: 5 * YUAN, Asset.PTS: 50},
        {Asset.CNY: 5 * YUAN, Asset.PTS: 0},
    )
    assert found.counts == {RewardState.PAID: 1, RewardState.CLAWED_BACK: 1, RewardState.HELD: 2}
    november = {month.asset: month for month in found.months if month.month == "2026-11"}
    assert (november[Asset.CNY].deposited, november[Asset.CNY].rewarded) == (town.cash, 5 * YUAN)
    assert (november[Asset.PTS].rewarded, november[Asset.PTS].clawed_back) == (50, 50)


def test_a_finance_view_of_nothing_is_all_zero(town: MarketTown) -> None:
    found = finance.finance(town.work, town.admin)
    assert set(found.on_hold.values()) == set(found.owed.values()) == set(found.in_wallets.values()) == {0}
    with pytest.raises(ForbiddenError):
        finance.finance(town.work, town.actor_of(Role.DISPATCHER))


@given(st.integers(1, 10**12))
def test_yuan_are_shown_with_four_decimals(amount: int) -> None:
    text = shown(amount, Asset.CNY)
    assert text.partition(".")[2].isdigit()
    assert len(text.partition(".")[2]) == 4
    assert units(text, Asset.CNY) == amount
