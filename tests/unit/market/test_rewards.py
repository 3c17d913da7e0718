"""Rewards on a real book: once and for ever, capped, held, paid after 72 hours, in order where money is short."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from market_town import THERE, YUAN

from pipewarden.casework import service as casework
from pipewarden.casework.facts import Verified
from pipewarden.kit.errors import RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import REWARD_CHANGED, Paid, Refused, RewardState
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.service import budgets, holding, refuting, settling, wishes
from pipewarden.market.store import rewards as store
from pipewarden.market.store.tables import RewardRow
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from market_town import MarketTown

    from pipewarden.market.facts.rewards import Reward

CLUE = 5 * YUAN


def by_rule(found: list[Reward]) -> dict[str, Reward]:
    return {one.rule: one for one in found}


def test_a_confirmed_clue_is_on_hold_and_paid_after_72_hours(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    _, made = town.clue(resident.id)
    assert {one.rule: (one.state, one.asset, one.units) for one in made} == {
        "clue": (RewardState.HELD, Asset.PTS, 50),
        "clue_cash": (RewardState.HELD, Asset.CNY, CLUE),
    }
    assert (town.left(), town.left(Asset.PTS)) == (995 * YUAN, 9_950)
    assert town.wallet(resident.id) == 0, "held is not had"
    cash = by_rule(made)["clue_cash"]
    assert cash.pay_at == cash.earned_at + timedelta(hours=72)
    assert town.pay(hours=71, minutes=58) == 0
    assert town.pay(minutes=2) == 2
    assert (town.wallet(resident.id), town.wallet(resident.id, Asset.PTS)) == (CLUE, 50)
    assert town.again(cash).state is RewardState.PAID
    assert town.pay() == 0, "once"
    assert town.wallet(resident.id) == CLUE


def test_the_same_wish_again_pays_nothing_again(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    wish = town.wish(resident.id)
    assert len(town.take(wish)) == 2
    assert town.take(wish, wish) == []
    other = town.person(Role.RESIDENT)
    assert town.take(town.wish(other.id, case=wish.case)) == [], "one per case and rule, whoever comes second"
    assert (town.pay(), town.wallet(resident.id), town.wallet(other.id)) == (2, CLUE, 0)


def test_a_grave_clue_earns_the_priority_beside(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    _, made = town.clue(resident.id, level=1)
    assert by_rule(made)["priority_cash"].units == 10 * YUAN
    assert town.pay() == 3
    assert town.wallet(resident.id) == 15 * YUAN


def test_the_cap_of_a_day_counts_in_the_transaction_that_holds(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    day = [town.wish(resident.id) for _ in range(12)]
    made = [one for one in town.take(*day) if one.rule == "clue"]
    assert [one.state for one in made] == [RewardState.HELD] * 10 + [RewardState.CAPPED] * 2
    tomorrow = town.take(town.wish(resident.id, at=town.work.now() + timedelta(days=1)))
    assert {one.state for one in tomorrow} == {RewardState.HELD}
    assert town.left(Asset.PTS) == 10_000 - 11 * 50


def test_a_refused_one_makes_room_under_the_cap(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    made = by_rule_first(town.take(*(town.wish(resident.id) for _ in range(10))))
    refuting.refuse_one(town.work, town.again(made), "a test", None)
    again = town.take(town.wish(resident.id))
    assert by_rule(again)["clue"].state is RewardState.HELD


def by_rule_first(found: list[Reward]) -> Reward:
    return next(one for one in found if one.rule == "clue")


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.SAFETY_MANAGER, Role.TENANT_ADMIN])
def test_who_says_what_is_true_earns_nothing_by_it(town: MarketTown, role: Role) -> None:
    assert town.take(town.wish(town.person(role).id)) == []


def test_who_confirms_the_own_report_alone_earns_nothing(town: MarketTown) -> None:
    patroller = town.person(Role.PATROLLER)
    alone = town.confirmed(by=patroller)
    made = wishes.clues_wanted(town.work, [town.wished(alone.id, patroller.id).id])
    assert {(one.state, one.reason) for one in made} == {(RewardState.REFUSED, rules.OWN_WORD)}
    assert town.left() == town.cash
    other = town.confirmed()
    made = wishes.clues_wanted(town.work, [town.wished(other.id, patroller.id).id])
    assert {one.state for one in made} == {RewardState.HELD}


def test_what_is_not_verified_earns_nothing(town: MarketTown) -> None:
    made = town.take(town.wish(town.person(Role.RESIDENT).id, verified=False))
    assert {(one.state, one.reason) for one in made} == {(RewardState.REFUSED, rules.UNVERIFIED)}
    assert town.pay() == 0


def test_a_task_gives_the_points_that_its_policy_says(town: MarketTown) -> None:
    worker = town.person(Role.GRID_WORKER)
    (made,) = town.take(town.wish(worker.id, PayKind.TASK, points=10))
    assert (made.asset, made.units, made.rule) == (Asset.PTS, 10, "task")
    assert town.take(town.wish(worker.id, PayKind.TASK, points=0)) == []
    assert town.take(town.wish(town.person(Role.RESIDENT).id, PayKind.TASK, points=10)) == []


def test_a_clue_that_is_refuted_within_the_hold_is_never_paid(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    site, made = town.clue(resident.id)
    town.clock.advance(timedelta(hours=5))
    refuted = town.refute(site)
    events = [one.id for one in casework.happened(town.work, refuted.id)]
    assert refuting.sites_changed(town.work, events[-1:]) == 2
    assert {town.again(one).reason for one in made} == {rules.REFUTED}
    assert (town.left(), town.left(Asset.PTS)) == (town.cash, town.points), "back in the budget"
    assert (town.pay(), town.wallet(resident.id)) == (0, 0)
    assert refuting.sites_changed(town.work, events) == 0, "told again, nothing happens"


def test_the_job_asks_the_site_itself_before_it_pays(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    site, made = town.clue(resident.id)
    town.clock.advance(timedelta(hours=1))
    town.refute(site)
    assert town.pay() == 0, "nobody told the market, and it looked"
    assert {town.again(one).state for one in made} == {RewardState.REFUSED}


def test_what_was_said_first_and_confirmed_again_is_paid(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    site, _ = town.clue(resident.id)
    town.clock.advance(timedelta(hours=1))
    town.refute(site)
    town.clock.advance(timedelta(hours=1))
    town.happen(site.id, Verified(true=True, code="digging", proof=THERE), by=town.person(Role.PATROLLER))
    assert town.pay() == 2


def test_where_no_budget_has_enough_rewards_wait_in_their_order(town: MarketTown) -> None:
    people = [town.person(Role.RESIDENT) for _ in range(4)]
    budget = town.left()
    town.take(town.wish(people[0].id, PayKind.CLUE))
    spare = town.left()
    release(town, spare - 7 * YUAN)
    for one in people[1:]:
        town.clock.advance(timedelta(minutes=1))
        town.take(town.wish(one.id))
    here = RewardRow.tenant_id == town.work.tenant_id
    cash = [one for one in store.page(town.work, here, None, limit=50) if one.rule == "clue_cash"]
    states = {one.person_id: one.state for one in cash}
    assert [states[one.id] for one in people] == [
        RewardState.HELD,
        RewardState.HELD,
        RewardState.UNFUNDED,
        RewardState.UNFUNDED,
    ]
    town.fund(4 * YUAN)
    assert holding.fund_waiting(town.work) == 1, "2 + 4 yuan hold one of them"
    assert town.left() == 1 * YUAN
    late = town.take(town.wish(people[0].id, PayKind.CLUE))
    assert by_rule(late)["clue_cash"].state is RewardState.UNFUNDED, "behind those who waited"
    town.fund(20 * YUAN)
    assert holding.fund_waiting(town.work) == 2
    assert budget == town.cash
    assert town.pay() == 10


def release(town: MarketTown, units: int) -> None:
    budgets.release(town.work, town.admin, town.budgets[Asset.CNY].id, units, str(uuid4()))


def test_a_reward_that_waited_for_money_too_long_is_paid_at_once_when_it_is_held(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    release(town, town.left())
    (cash,) = [one for one in town.take(town.wish(resident.id)) if one.asset is Asset.CNY]
    assert cash.state is RewardState.UNFUNDED
    town.pay(days=5)
    town.fund(10 * YUAN)
    holding.fund_waiting(town.work)
    assert settling.pay_due(town.work) == 1, "agreement had its 72 hours"
    assert town.wallet(resident.id) == CLUE


def test_every_change_that_concerns_the_person_is_said(town: MarketTown) -> None:
    town.work.take_facts()
    _, made = town.clue(town.person(Role.RESIDENT).id)
    town.pay()
    said = [one.fact_id for one in town.work.take_facts() if one.kind == REWARD_CHANGED]
    told = store.events(town.work, said)
    assert sorted(one.body.kind for one in told) == ["held", "held", "paid", "paid"]
    assert {one.reward_id for one in told} == {one.id for one in made}


def test_the_state_is_what_the_events_add_up_to(town: MarketTown) -> None:
    _, made = town.clue(town.person(Role.RESIDENT).id)
    town.pay()
    for one in made:
        past = store.history(town.work, one.id)
        assert [event.seq for event in past] == [1, 2, 3]
        assert isinstance(past[-1].body, Paid)
        assert town.again(one).paid_id == past[-1].body.transfer_id


def test_what_is_paid_is_not_refused(town: MarketTown) -> None:
    _, made = town.clue(town.person(Role.RESIDENT).id)
    town.pay()
    with pytest.raises(RefusedError, match="is paid"):
        refuting.refuse_one(town.work, town.again(made[0]), "too late", None)


def test_a_hold_that_somebody_closed_in_the_book_is_not_paid(town: MarketTown) -> None:
    _, made = town.clue(town.person(Role.RESIDENT).id)
    ledger.post(town.work, refuting.void_order(made[0]))
    assert town.pay() == 1
    assert isinstance(store.history(town.work, made[0].id)[-1].body, Refused)
