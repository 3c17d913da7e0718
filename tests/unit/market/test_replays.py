"""M4 (safety.md) on the market's side: 200 clues, each said ten times in other words, times and names: one payment."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from market_town import YUAN, MarketTown

from pipewarden.kit.errors import PipewardenError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, Kind, Order, Posting
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import RewardState, Wish
from pipewarden.market.rules import addresses
from pipewarden.market.service import deciding, taking
from pipewarden.market.store import rewards as store
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from market_house import House

ORIGINALS, VARIANTS, SEED = 200, 10, 20_261_127


def test_two_hundred_clues_replayed_ten_times_are_paid_once_each(town: MarketTown) -> None:
    chance = random.Random(SEED)  # noqa: S311  a test's dice
    town.deposit(10_000 * YUAN)
    town.fund(10_000 * YUAN)
    town.deposit(100_000, Asset.PTS)
    town.fund(100_000, Asset.PTS)
    reporters = [town.person(Role.RESIDENT).id for _ in range(25)]
    originals = [
        Wish(PayKind.CLUE, f"site:replayed-{n}", reporters[n % 25], town.work.now() + timedelta(days=n // 100))
        for n in range(ORIGINALS)
    ]
    made = town.take(*originals)
    replays = [
        replace(
            one,
            person_id=chance.choice(reporters),
            at=one.at + timedelta(minutes=chance.randint(0, 100_000)),
            verified=chance.random() < 0.9,
            level=chance.choice([None, 2, 3]),
        )
        for one in originals
        for _ in range(VARIANTS)
    ]
    chance.shuffle(replays)
    assert taking.take(town.work, [(one, None) for one in replays]) == []
    assert {one.state for one in made} == {RewardState.HELD}
    while town.pay(days=10):
        pass
    assert sum(town.wallet(one) for one in reporters) == ORIGINALS * 5 * YUAN
    bonus = 25 * (ORIGINALS // 25 // 10) * 200
    assert sum(town.wallet(one, Asset.PTS) for one in reporters) == ORIGINALS * 50 + bonus


def test_two_who_claim_at_once_one_has_it(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock)
        both = [town.actor_of(Role.RESIDENT) for _ in range(4)]
        report = house.report(work)
        town.take(town.wish(None, claim_key=report.id))

    def claim(number: int) -> str:
        try:
            with house.factory.begin(tenant) as work:
                deciding.claim(work, both[number], house.token)
        except PipewardenError as error:
            return error.problem
        return "mine"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(claim, range(4)))
    assert said.count("mine") == 1
    assert set(said) == {"mine", "was claimed by somebody else"}
    with house.factory.begin(tenant) as work:
        assert store.counts(work) == {RewardState.HELD: 2}
        assert ledger.check(work).whole


def test_a_claw_back_and_a_withdrawal_at_once_leave_nobody_below_nothing(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock)
        manager, resident = town.manager, town.person(Role.RESIDENT).id
        ids = [one.id for _ in range(6) for one in town.take(town.wish(resident)) if one.asset is Asset.CNY]
    house.pay(hours=73)
    wallet = addresses.person(resident, Asset.CNY)

    def act(number: int) -> None:
        with house.factory.begin(tenant) as work:
            if number % 2:
                deciding.claw_back(work, manager, ids[number // 2], "at once")
            else:
                withdraw(house, work, wallet, 4 * YUAN, number)

    with ThreadPoolExecutor(4) as pool:
        outcomes = [pool.submit(act, number) for number in range(12)]
    failed = [one.exception() for one in outcomes if one.exception() is not None]
    assert all(isinstance(one, PipewardenError) for one in failed), failed
    with house.factory.begin(tenant) as work:
        assert store.counts(work)[RewardState.CLAWED_BACK] == 6
        balances = ledger.balances(work, [wallet, addresses.owed(resident, Asset.CNY)])
        assert balances[wallet].posted >= 0
        assert ledger.check(work).whole


def withdraw(house: House, work: object, wallet: str, units: int, number: int) -> None:
    world = "outside:wechat"
    ledger.open_accounts(work, (world, Asset.CNY))  # type: ignore[arg-type]
    line = Posting(wallet, world, Asset.CNY, units)
    key = f"out:{house.name}/{number}"
    ledger.post(work, Order(key, Kind.POSTED, "test.out", (line,)))  # type: ignore[arg-type]


def test_a_debt_to_one_tenant_is_paid_by_what_is_earned_at_another(house: House) -> None:
    one, other = house.tenant(), house.tenant()
    with house.factory.begin(one) as work:
        town = MarketTown(work, house.clock)
        manager, resident = town.manager, town.person(Role.RESIDENT).id
        (reward,) = [r for r in town.take(town.wish(resident)) if r.asset is Asset.CNY]
    house.pay(hours=73)
    with house.factory.begin(one) as work:
        withdraw(house, work, addresses.person(resident, Asset.CNY), 5 * YUAN, 0)
    with house.factory.begin(one) as work:
        assert deciding.claw_back(work, manager, reward.id, "copied").owed == 5 * YUAN
    with house.factory.begin(other) as work:
        town = MarketTown(work, house.clock)
        town.take(town.wish(resident, level=1))
    house.pay(hours=73)
    with house.factory.begin(one) as work:
        purse = addresses.purse(one, Asset.CNY)
        found = ledger.balances(work, [purse, addresses.person(resident, Asset.CNY)])
        assert found[purse].posted == 5 * YUAN, "back with whom it was taken from"
        assert found[addresses.person(resident, Asset.CNY)].posted == 10 * YUAN
        assert ledger.check(work).whole
