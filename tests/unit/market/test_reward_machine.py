"""A random walk over rewards, budgets and claw-backs, checked after each step against a model and the whole book."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from market_town import YUAN, MarketTown

from pipewarden.kit.errors import RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, FundsError, Kind, Order, Posting
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.rules import addresses
from pipewarden.market.service import budgets, deciding, finance, holding, refuting, settling
from pipewarden.market.store import debts
from pipewarden.market.store import rewards as store
from pipewarden.market.store.tables import RewardRow
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward, Wish

STEPS = 120


@dataclass(slots=True)
class Walk:
    """One walk: what was done, and what must be true of it whatever was done."""

    town: MarketTown
    chance: random.Random
    people: list[UUID] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    brought: Counter[Asset] = field(default_factory=Counter)
    spent: Counter[Asset] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    def step(self) -> None:
        name = self.chance.choice(
            ["wish", "wish", "wish", "again", "pay", "fund", "release", "refuse", "claw_back", "spend", "deposit"]
        )
        try:
            getattr(self, name)()
            self.done[name] += 1
        except (RefusedError, FundsError):
            self.done[f"{name} refused"] += 1

    def wish(self) -> None:
        self.wishes.append(self.town.wish(self.chance.choice(self.people), level=self.chance.choice([1, 2, None])))
        self.town.take(self.wishes[-1])

    def again(self) -> None:
        if self.wishes:
            assert self.town.take(self.chance.choice(self.wishes)) == [], "a replay makes nothing"

    def pay(self) -> None:
        self.town.clock.advance(timedelta(hours=self.chance.choice([1, 30, 80])))
        holding.fund_waiting(self.town.work)
        settling.pay_due(self.town.work)

    def fund(self) -> None:
        asset = self.chance.choice(list(Asset))
        self.town.fund(self.chance.randint(1, 40 * YUAN if asset is Asset.CNY else 400), asset)

    def release(self) -> None:
        asset = self.chance.choice(list(Asset))
        units = self.chance.randint(1, 20 * YUAN)
        budgets.release(self.town.work, self.town.admin, self.town.budgets[asset].id, units, str(uuid4()))

    def refuse(self) -> None:
        one = self.some()
        if one is not None:
            deciding.refuse(self.town.work, self.town.manager, one.id, "by chance")

    def claw_back(self) -> None:
        one = self.some(RewardState.PAID)
        if one is not None:
            deciding.claw_back(self.town.work, self.town.manager, one.id, "by chance")

    def spend(self) -> None:
        """Let somebody take out all that they have."""
        person = self.chance.choice(self.people)
        wallet, world = addresses.person(person, Asset.CNY), "outside:wechat"
        left = self.town.has(wallet)
        if left:
            ledger.open_accounts(self.town.work, (world, Asset.CNY))
            line = Posting(wallet, world, Asset.CNY, left)
            ledger.post(self.town.work, Order(f"out:{uuid4()}", Kind.POSTED, "test.out", (line,)))
            self.spent[Asset.CNY] += left

    def deposit(self) -> None:
        asset = self.chance.choice(list(Asset))
        units = self.chance.randint(1, 50 * YUAN)
        self.town.deposit(units, asset)
        self.brought[asset] += units

    def some(self, state: RewardState | None = None) -> Reward | None:
        mine = RewardRow.tenant_id == self.town.work.tenant_id
        found = store.page(self.town.work, mine, state, limit=200)
        return self.chance.choice(found) if found else None

    def check(self) -> None:
        """What came in is what there is; nobody but who owes is below nothing; no reward is paid twice."""
        town = self.town
        found = finance.finance(town.work, town.admin)
        for asset in Asset:
            budget = next(one for one in found.budgets if one.budget.asset is asset)
            wallets = sum(town.has(addresses.person(one, asset)) for one in self.people)
            owed = sum(town.has(addresses.owed(one, asset)) for one in self.people)
            claims = town.has(addresses.claims(town.work.tenant_id, asset))
            there = found.purse[asset] + budget.left + budget.held + wallets
            assert there == self.brought[asset] - self.spent[asset], asset
            assert budget.held == found.on_hold[asset], "what is promised is what is held"
            assert claims == -owed == found.owed[asset]
            assert owed <= 0
            assert sum(one.left for p in self.people for one in debts.of_person(town.work, p, asset)) == -owed
            assert budget.budget.funded <= budget.budget.cap
        mine = RewardRow.tenant_id == town.work.tenant_id
        for one in store.page(town.work, mine, None, limit=1000):
            kinds = Counter(event.body.kind for event in store.history(town.work, one.id))
            assert kinds["paid"] <= 1
            assert kinds["clawed_back"] <= kinds["paid"]
            assert not (kinds["paid"] and kinds["refused"])
            assert one.version == sum(kinds.values())


def walk(work: Work, clock: SetClock, seed: int) -> Walk:
    town = MarketTown(work, clock, cash=0, points=0)
    made = Walk(town, random.Random(seed))  # noqa: S311  a test's dice
    made.people = [town.person(Role.RESIDENT).id for _ in range(3)]
    return made


@pytest.mark.parametrize("seed", [7, 11, 2026, 20_261_127])
def test_money_sums_whatever_happens(work: Work, clock: SetClock, seed: int) -> None:
    one = walk(work, clock, seed)
    for number in range(STEPS):
        one.step()
        if number % 10 == 9:
            one.check()
    assert ledger.check(work).whole
    assert {"wish", "pay", "again"} <= set(one.done), f"seed {seed}: {one.done}"


def test_a_walk_with_money_reaches_every_end(work: Work, clock: SetClock) -> None:
    one = walk(work, clock, 3)
    for asset, units in ((Asset.CNY, 200 * YUAN), (Asset.PTS, 4000)):
        one.town.deposit(units, asset)
        one.town.fund(units // 2, asset)
        one.brought[asset] += units
    for _ in range(2 * STEPS):
        one.step()
    one.check()
    reached = set(store.counts(work))
    assert {RewardState.PAID, RewardState.REFUSED, RewardState.CLAWED_BACK} <= reached, one.done
    assert one.done["spend"], "somebody took money out"


def test_the_check_finds_a_hold_that_is_gone(work: Work, clock: SetClock) -> None:
    """The walk's own check must be able to fail: it is shown a hold that was let go behind its back."""
    one = walk(work, clock, 1)
    one.town.deposit(100 * YUAN)
    one.town.deposit(1000, Asset.PTS)
    one.brought += Counter({Asset.CNY: 100 * YUAN, Asset.PTS: 1000})
    one.town.fund(50 * YUAN)
    one.town.fund(500, Asset.PTS)
    one.wish()
    one.check()
    mine = RewardRow.tenant_id == work.tenant_id
    (held,) = [r for r in store.page(work, mine, RewardState.HELD, limit=9) if r.rule == "clue_cash"]
    ledger.post(work, refuting.void_order(held))
    with pytest.raises(AssertionError, match="what is promised"):
        one.check()
