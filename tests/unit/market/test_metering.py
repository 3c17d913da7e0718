"""Metering: one row a call, charged once when delivered, never past the budget, and the book says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from market_town import YUAN, MarketTown, settle_all
from sqlalchemy import text

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger.facts import Asset, FundsError
from pipewarden.market.facts.metering import DemandState, Meter, MeterState, Price
from pipewarden.market.rules import addresses
from pipewarden.market.rules import metering as rules
from pipewarden.market.rules.amounts import units
from pipewarden.market.rules.metering import ExhaustedError, WantedError
from pipewarden.market.service import booking, budgets, demands, finance, metering
from pipewarden.market.service.pay_rules import edit_pay
from pipewarden.market.store import metering as store
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.market.facts.metering import Capability, Demand

PRICE = 1300  # 0.13 yuan, the deck's


@dataclass(slots=True)
class Stall:
    """A capability of an expert and a demand for it."""

    town: MarketTown
    capability: Capability
    demand: Demand

    @property
    def expert(self) -> UUID:
        return self.capability.expert_id

    def admit(self, *ids: str) -> list[metering.Answered]:
        return metering.admit(self.town.work, self.demand.id, ids)

    def meter(self, *ids: str) -> list[metering.Answered]:
        return metering.meter(self.town.work, self.demand.id, ids)

    def delivered(self, *ids: str) -> list[metering.Answered]:
        return metering.delivered(self.town.work, self.demand.id, ids)

    def failed(self, *ids: str) -> list[Meter]:
        return metering.failed(self.town.work, self.demand.id, ids)

    def book(self) -> int:
        made = booking.book(self.town.work, self.demand.id)
        return 0 if made is None else made.calls

    def now(self) -> Demand:
        found = store.demand(self.town.work, self.demand.id)
        assert found is not None
        return found

    def sound(self) -> int:
        """Check the meters against the book, and return what was charged."""
        found = booking.check_meters(self.town.work)
        assert (found.difference, found.problems) == (0, ())
        return found.charged


def stall(town: MarketTown, *, budget: int = 10 * YUAN, wanted: int = 1000, price: int = PRICE) -> Stall:
    expert = town.person(Role.EXPERT)
    town.deposit(budget)
    town.made += 1
    capability = demands.add_capability(
        town.work, town.admin, slug=f"hazard-{town.made}", version="1", expert_id=expert.id, price=price
    )
    demand = demands.open_demand(
        town.work, town.admin, capability.id, f"隐患图片标注 {town.made}", wanted=wanted, units=budget
    )
    return Stall(town, capability, demand)


def states(answers: list[metering.Answered]) -> list[str]:
    return [one.state.value if isinstance(one, Meter) else one.problem for one in answers]


def test_a_call_is_charged_when_it_was_delivered_and_booked_with_others(town: MarketTown) -> None:
    here = stall(town)
    assert states(here.admit("a", "b")) == ["admitted", "admitted"]
    assert here.book() == 0, "nothing was delivered"
    assert states(here.delivered("a")) == ["charged"]
    assert here.book() == 1
    assert town.wallet(here.expert) == PRICE
    assert here.sound() == PRICE
    here.delivered("b")
    assert (here.book(), town.wallet(here.expert), here.sound()) == (1, 2 * PRICE, 2 * PRICE)


def test_a_retry_is_no_second_charge(town: MarketTown) -> None:
    here = stall(town)
    here.admit("a", "a")
    assert states(here.admit("a")) == ["admitted"]
    here.delivered("a", "a")
    assert states(here.delivered("a")) == ["charged"]
    assert states(here.admit("a")) == ["charged"], "the result is there: it is not to be made again"
    assert states(here.meter("a", "a")) == ["charged", "charged"]
    assert here.sound() == PRICE
    assert (here.now().taken, here.book(), town.wallet(here.expert)) == (1, 1, PRICE)


def test_what_failed_costs_nothing_and_may_be_tried_again(town: MarketTown) -> None:
    here = stall(town, budget=PRICE)
    here.admit("a")
    assert states(here.admit("b")) == ["budget exhausted"]
    assert [one.state for one in here.failed("a")] == [MeterState.RELEASED]
    assert here.now().taken == 0
    (again,) = here.admit("a")
    assert isinstance(again, Meter)
    assert (again.state, again.tries) == (MeterState.ADMITTED, 2)
    here.delivered("a")
    assert [one.state for one in here.failed("a")] == [MeterState.CHARGED], "a late word of failure undoes nothing"
    assert here.sound() == PRICE


def test_a_worker_that_dies_lets_the_money_go_in_time(town: MarketTown) -> None:
    here = stall(town, budget=PRICE)
    here.admit("a")
    town.clock.advance(timedelta(minutes=14))
    assert metering.release_late(town.work, here.demand.id) == 0
    town.clock.advance(timedelta(minutes=2))
    assert metering.release_late(town.work, here.demand.id) == 1
    assert states(here.admit("b")) == ["admitted"]
    assert states(here.delivered("a")) == ["budget exhausted"], "it came too late, and the money is another's"
    here.failed("b")
    assert states(here.delivered("a")) == ["charged"], "now it fits"
    assert here.sound() == PRICE


def test_a_late_call_is_admitted_anew_by_its_own_retry(town: MarketTown) -> None:
    here = stall(town, budget=PRICE)
    here.admit("a")
    town.clock.advance(timedelta(minutes=16))
    (again,) = here.admit("a")
    assert isinstance(again, Meter)
    assert (again.state, again.tries, here.now().taken) == (MeterState.ADMITTED, 2, 1)


def test_more_than_was_wanted_is_refused_though_the_budget_would_pay(town: MarketTown) -> None:
    here = stall(town, wanted=2)
    answers = here.meter("a", "b", "c")
    assert isinstance(answers[2], WantedError)
    assert here.now().taken == 2
    assert states(here.meter("a")) == ["charged"]


def test_each_call_has_the_price_of_its_moment(town: MarketTown) -> None:
    here = stall(town)
    demands.set_price(
        town.work, town.admin, here.capability.id, town.work.now() + timedelta(hours=1), units("0.18", Asset.CNY)
    )
    here.admit("early")
    town.clock.advance(timedelta(hours=1))
    here.delivered("early")
    here.meter("late")
    assert here.sound() == 1300 + 1800
    with pytest.raises(InputError, match="past"):
        demands.set_price(town.work, town.admin, here.capability.id, town.work.now() - timedelta(hours=1), 1)


def test_the_decks_demand_pays_exactly_what_fits_and_releases_the_rest(town: MarketTown) -> None:
    """Budget 19,468 yuan, 0.13 a call, 150,000 wanted (safety.md T9): the deck itself shows 150,002 calls."""
    here = stall(town, budget=units("19468", Asset.CNY), wanted=150_000)
    purse = addresses.purse(town.work.tenant_id, Asset.CNY)
    before, answers = town.has(purse), list[metering.Answered]()
    for first in range(0, 150_002, 10_000):
        answers += here.meter(*(f"call-{n}" for n in range(first, min(first + 10_000, 150_002))))
    refused = list(metering.refused(answers))
    assert sum(isinstance(one, Meter) for one in answers) == 149_753
    assert answers[149_753] is refused[0], "the next one"
    assert len(refused) == 150_002 - 149_753
    assert {(type(one), one.problem) for one in refused} == {(ExhaustedError, "budget exhausted")}
    assert here.now().state is DemandState.EXHAUSTED
    assert booking.settle_demand(town.work, here.now())
    assert town.wallet(here.expert) == 149_753 * PRICE == units("19467.89", Asset.CNY)
    assert town.has(purse) - before == units("0.11", Asset.CNY)
    assert town.has(addresses.budget(here.demand.budget_id, Asset.CNY)) == 0
    assert here.sound() == 149_753 * PRICE
    assert here.now().state is DemandState.CLOSED
    with pytest.raises(RefusedError, match="closed"):
        here.meter("one more")


def test_a_demand_ends_only_when_every_call_was_answered(town: MarketTown) -> None:
    here = stall(town, budget=2 * PRICE + 700)
    here.admit("a")
    here.meter("b", "c")
    assert here.now().state is DemandState.EXHAUSTED
    assert not booking.settle_demand(town.work, here.now()), "one is on its way"
    here.delivered("a")
    purse = addresses.purse(town.work.tenant_id, Asset.CNY)
    before = town.has(purse)
    assert settle_all(town.work) == 1
    assert town.has(purse) - before == 700
    assert settle_all(town.work) == 0


def test_the_house_takes_its_share_by_rule_and_the_rest_has_a_name(town: MarketTown) -> None:
    own_share(town, 333)
    here = stall(town)
    fees, rounding = town.has(addresses.FEES), town.has(addresses.ROUNDING)
    here.meter("a", "b", "c")
    assert here.book() == 3
    assert town.wallet(here.expert) == 3 * 1256  # 1300 * 9667 / 10000 = 1256.71
    assert town.has(addresses.FEES) - fees == 3 * 43  # 43.29
    assert town.has(addresses.ROUNDING) - rounding == 3 * 1
    assert here.sound() == 3 * PRICE


def own_share(town: MarketTown, share: int) -> None:
    """Let the tenant pay by rules of its own, in which the house has a share."""
    words = (
        f"version: own@1\nsince: {town.work.now().isoformat()}\nhold: PT72H\nclaim: P30D\nclaw_back: P180D\n"
        f"metering: {{house_share: {share}, admitted: PT15M}}\n"
        "rules:\n  - {key: clue, kind: clue, asset: PTS, amount: 1, per_day: 1, zh: 线索, en: a clue}\n"
    )
    edit_pay(town.work, town.admin, words, "a share for the house")


@given(price=st.integers(1, 10**6), share=st.integers(0, 5000))
def test_the_parts_of_a_price_sum_to_it(price: int, share: int) -> None:
    parts = rules.split(price, share)
    assert parts.expert + parts.house + parts.rounding == price
    assert 0 <= parts.rounding <= 1
    assert min(parts.expert, parts.house) >= 0


def test_the_decks_figures_by_rule() -> None:
    assert rules.calls_within(units("19468", Asset.CNY), units("0.13", Asset.CNY)) == (149_753, 1_100)
    assert units("19468", Asset.CNY) < 150_002 * 1_300, "what the deck shows does not fit its own budget"


def test_nothing_is_called_before_it_has_a_price(town: MarketTown) -> None:
    later = Price(town.work.ids.new(), town.work.now() + timedelta(seconds=1), PRICE)
    with pytest.raises(RefusedError, match="no price"):
        rules.price_at([later], town.work.now())
    assert rules.price_at([later], later.since) == PRICE


@pytest.mark.parametrize("ids", [[""], ["x" * 201], ["a\x00b"]])
def test_an_id_that_is_none_is_refused(town: MarketTown, ids: list[str]) -> None:
    with pytest.raises(InputError, match="no id"):
        stall(town).meter(*ids)


def test_too_many_at_once_are_refused(town: MarketTown) -> None:
    with pytest.raises(InputError, match="10000"):
        stall(town, wanted=20_000).meter(*(str(n) for n in range(10_001)))


def test_what_was_never_admitted_cannot_be_delivered(town: MarketTown) -> None:
    here = stall(town)
    with pytest.raises(NotFoundError):
        here.delivered("ghost")
    with pytest.raises(NotFoundError):
        here.failed("ghost")
    with pytest.raises(NotFoundError):
        metering.admit(town.work, town.work.ids.new(), ["a"])


def test_a_call_belongs_to_one_demand(town: MarketTown) -> None:
    here = stall(town)
    town.deposit(10 * YUAN)
    other = demands.open_demand(town.work, town.admin, here.capability.id, "another", wanted=9, units=10 * YUAN)
    here.meter("a")
    with pytest.raises(InputError, match="another demand"):
        metering.meter(town.work, other.id, ["a"])
    here.admit("b")
    for tell in (metering.delivered, metering.failed):
        with pytest.raises(NotFoundError, match="call"):
            tell(town.work, other.id, ["b"])
    assert [one.state for one in here.failed("b")] == [MeterState.RELEASED]
    here.book()
    assert here.sound() == PRICE


def test_money_that_calls_took_is_not_released_by_a_person(town: MarketTown) -> None:
    here = stall(town, budget=10 * PRICE)
    here.admit("a", "b")
    here.delivered("a")
    found = store.demand(town.work, here.demand.id)
    assert found is not None
    with pytest.raises(RefusedError, match="free"):
        budgets.release(town.work, town.admin, found.budget_id, 9 * PRICE, "all")
    now = budgets.release(town.work, town.admin, found.budget_id, None, "rest")
    assert now.left == 0
    assert states(here.admit("c")) == ["budget exhausted"]
    here.delivered("b")
    assert here.book() == 2
    assert here.sound() == 2 * PRICE


def test_a_demand_is_opened_by_who_manages_money_that_is_there(town: MarketTown) -> None:
    here = stall(town)
    with pytest.raises(ForbiddenError):
        demands.open_demand(town.work, town.manager, here.capability.id, "x", wanted=1, units=1)
    with pytest.raises(FundsError):
        demands.open_demand(town.work, town.admin, here.capability.id, "x", wanted=1, units=10**12)
    with pytest.raises(InputError, match="nobody"):
        demands.add_capability(town.work, town.admin, slug="s", version="1", expert_id=town.work.ids.new(), price=PRICE)
    with pytest.raises(InputError, match="is there"):
        demands.add_capability(
            town.work, town.admin, slug=here.capability.slug, version="1", expert_id=here.expert, price=PRICE
        )


def test_the_check_sees_a_meter_that_was_forged(town: MarketTown) -> None:
    here = stall(town)
    here.meter("a", "b")
    here.book()
    town.work.session.execute(text("UPDATE market_meters SET units = units + 1 WHERE request_id = 'a'"))
    found = booking.check_meters(town.work)
    assert found.difference == 1
    assert any("the book moved" in one for one in found.problems)
    town.work.session.execute(text("UPDATE market_meters SET units = units - 1 WHERE request_id = 'a'"))
    town.work.session.execute(text("UPDATE market_budgets SET committed = committed + 5"))
    assert any("budgets keep" in one for one in booking.check_meters(town.work).problems)


def test_the_finance_view_knows_what_experts_earned_and_what_is_not_booked(town: MarketTown) -> None:
    here = stall(town)
    here.meter("a", "b")
    assert finance.finance(town.work, town.admin).unbooked[Asset.CNY] == 2 * PRICE
    here.book()
    found = finance.finance(town.work, town.admin)
    assert (found.unbooked[Asset.CNY], found.in_wallets[Asset.CNY]) == (0, 2 * PRICE)
    assert [(one.month, one.metered) for one in found.months if one.asset is Asset.CNY] == [("2026-11", 2 * PRICE)]
    (listed,) = demands.metered(town.work, town.admin)
    assert (listed[0].id, listed[1]) == (here.demand.id, {MeterState.CHARGED: (2, 2 * PRICE)})
