"""The market's round, really committed: every tenant, whatever another breaks; two workers at once pay once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from market_town import YUAN, MarketTown

from pipewarden.kit.emit import Registry
from pipewarden.ledger import service as ledger
from pipewarden.main import market
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.jobs import rounds
from pipewarden.market.service import booking, demands, metering, settling, wishes
from pipewarden.market.store import metering as meters
from pipewarden.market.store import rewards as store
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from market_house import House

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.metering import Demand

CLUE = 5 * YUAN


def test_a_round_pays_every_tenant_and_a_second_one_nothing(house: House) -> None:
    both = [(tenant, *house.clue(tenant)) for tenant in (house.tenant(), house.tenant())]
    for tenant, _, wish in both:
        house.take(tenant, wish)
    rounds.settle_rewards(house.factory.begin)
    assert [house.wallet(tenant, person) for tenant, person, _ in both] == [0, 0]
    house.clock.advance(timedelta(hours=73))
    assert rounds.settle_rewards(house.factory.begin) >= 4
    assert [house.wallet(tenant, person) for tenant, person, _ in both] == [CLUE, CLUE]
    assert rounds.settle_rewards(house.factory.begin) == 0


def test_a_tenant_whose_turn_breaks_keeps_nobody_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = house.tenant(), house.tenant()
    people_ = {tenant: house.clue(tenant) for tenant in (broken, whole)}
    for tenant, (_, wish) in people_.items():
        house.take(tenant, wish)
    house.clock.advance(timedelta(hours=73))
    real = settling.pay_due

    def pay_due(work: Work) -> int:
        if work.tenant_id == broken:
            raise ValueError("a test breaks it")
        return real(work)

    monkeypatch.setattr(settling, "pay_due", pay_due)
    with pytest.raises(ValueError, match="a test breaks it"):
        rounds.settle_rewards(house.factory.begin)
    assert house.wallet(whole, people_[whole][0]) == CLUE
    assert house.wallet(broken, people_[broken][0]) == 0
    monkeypatch.undo()
    rounds.settle_rewards(house.factory.begin)
    assert house.wallet(broken, people_[broken][0]) == CLUE


def test_two_workers_at_once_make_one_reward_and_pay_it_once(house: House) -> None:
    tenant = house.tenant()
    person, wish = house.clue(tenant)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: house.take(tenant, wish), range(4)))
    with house.factory.begin(tenant) as work:
        assert store.counts(work) == {RewardState.HELD: 2}
    house.clock.advance(timedelta(hours=73))
    with ThreadPoolExecutor(4) as pool:
        paid = list(pool.map(lambda _: rounds.settle_rewards(house.factory.begin), range(4)))
    assert sum(paid) >= 2
    assert house.wallet(tenant, person) == CLUE
    with house.factory.begin(tenant) as work:
        assert ledger.check(work).whole


def test_a_cap_holds_against_workers_side_by_side(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock)
        person = town.person(Role.RESIDENT).id
        wished = [town.wished(town.confirmed().id, person).id for _ in range(16)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: house.take(tenant, one), wished))
    with house.factory.begin(tenant) as work:
        assert store.counts(work) == {RewardState.HELD: 20, RewardState.CAPPED: 12}, "10 of each rule"


def test_a_worker_that_dies_before_the_commit_has_done_nothing(house: House) -> None:
    tenant = house.tenant()
    person, wish = house.clue(tenant)

    def dies(work: Work) -> None:
        wishes.clues_wanted(work, [wish])
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"), house.factory.begin(tenant) as work:
        dies(work)
    with house.factory.begin(tenant) as work:
        assert store.counts(work) == {}
    house.take(tenant, wish)
    house.clock.advance(timedelta(hours=73))
    rounds.settle_rewards(house.factory.begin)
    assert house.wallet(tenant, person) == CLUE


def test_calls_are_booked_by_the_round_and_a_demand_that_is_over_ends(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock, cash=0, points=0)
        expert = town.person(Role.EXPERT).id
        town.deposit(1000)
        made = demands.add_capability(work, town.admin, slug="r", version="1", expert_id=expert, price=300)
        demand = demands.open_demand(work, town.admin, made.id, "r", wanted=10, units=1000)
        metering.meter(work, demand.id, ["a", "b", "c", "d"])
    assert rounds.settle_meters(house.factory.begin) >= 1
    assert house.wallet(tenant, expert) == 900
    with house.factory.begin(tenant) as work:
        assert [one.state.value for one in meters.demands(work)] == ["closed"]


def test_a_demand_that_breaks_keeps_no_other_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each demand has a transaction of its own: what is booked stays booked, and holds no other's budget."""
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock, cash=0, points=0)
        expert = town.person(Role.EXPERT).id
        town.deposit(2000)
        made = demands.add_capability(work, town.admin, slug="r", version="1", expert_id=expert, price=300)
        one, other = (
            demands.open_demand(work, town.admin, made.id, name, wanted=10, units=1000).id for name in ("a", "b")
        )
        for demand in (one, other):
            metering.meter(work, demand, [f"call of {demand}"])
    real = booking.settle_demand

    def breaks(work: Work, demand: Demand) -> bool:
        if demand.id == other:
            raise ValueError("a test breaks it")
        return real(work, demand)

    monkeypatch.setattr(booking, "settle_demand", breaks)
    with pytest.raises(ValueError, match="a test breaks it"):
        rounds.settle_meters(house.factory.begin)
    assert house.wallet(tenant, expert) == 300
    monkeypatch.undo()
    rounds.settle_meters(house.factory.begin)
    assert house.wallet(tenant, expert) == 600


def test_a_round_without_an_end_is_cut_off(house: House) -> None:
    tenant, turns = house.tenant(), list[int]()

    @contextmanager
    def begin(_tenant: UUID) -> Iterator[Any]:
        yield None

    def step(_work: Any) -> int:
        turns.append(1)
        return 1

    assert rounds._until_done(begin, tenant, step) == 1000
    assert len(turns) == 1000


def test_whoever_drains_in_another_process_is_known_here() -> None:
    registry = Registry(defer=lambda *_args, **_more: None)  # type: ignore[arg-type]
    for consumer in market.consumers(None):  # type: ignore[arg-type]
        registry.add(consumer)
    assert set(registry.kinds().items()) == set(market.ELSEWHERE)
