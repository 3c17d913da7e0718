"""A reward without an account: reserved, claimed by the report's link, or back in the budget when its time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from market_house import report_of
from market_town import YUAN

from pipewarden.kit.errors import RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.service import deciding, holding, refuting, settling, wishes
from pipewarden.market.store import rewards as store
from pipewarden.people.facts import ActorKind, ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from market_town import MarketTown

    from pipewarden.market.facts.rewards import Reward

TOKEN, CLUE = "a" * 32, 5 * YUAN


def promised(town: MarketTown) -> list[Reward]:
    _, made = town.clue(None, report=report_of(town.work, TOKEN).id)
    return made


def test_it_is_reserved_and_becomes_whose_link_it_is(town: MarketTown) -> None:
    made = promised(town)
    assert {one.state for one in made} == {RewardState.UNCLAIMED}
    assert town.left() == 995 * YUAN, "it is kept for whoever comes"
    resident = town.actor_of(Role.RESIDENT)
    claimed = deciding.claim(town.work, resident, TOKEN)
    assert {(one.state, one.person_id) for one in claimed} == {(RewardState.HELD, resident.id)}
    assert town.left() == 995 * YUAN, "not twice"
    assert town.pay() == 2
    assert town.wallet(resident.id) == CLUE


def test_a_second_time_changes_nothing_and_somebody_else_is_too_late(town: MarketTown) -> None:
    promised(town)
    resident, other = town.actor_of(Role.RESIDENT), town.actor_of(Role.RESIDENT)
    deciding.claim(town.work, resident, TOKEN)
    again = deciding.claim(town.work, resident, TOKEN)
    assert {one.state for one in again} == {RewardState.HELD}
    with pytest.raises(RefusedError, match="somebody else"):
        deciding.claim(town.work, other, TOKEN)


def test_the_hold_runs_from_when_it_was_earned(town: MarketTown) -> None:
    promised(town)
    town.clock.advance(timedelta(days=4))
    resident = town.actor_of(Role.RESIDENT)
    deciding.claim(town.work, resident, TOKEN)
    assert settling.pay_due(town.work) == 2, "four days were enough for anybody to refute it"


def test_nobody_claims_and_it_lapses_into_the_budget(town: MarketTown) -> None:
    made = promised(town)
    town.clock.advance(timedelta(days=29))
    assert settling.lapse_due(town.work) == 0
    town.clock.advance(timedelta(days=2))
    assert settling.lapse_due(town.work) == 2
    assert (town.left(), town.left(Asset.PTS)) == (town.cash, town.points)
    assert {town.again(one).state for one in made} == {RewardState.LAPSED}
    resident = town.actor_of(Role.RESIDENT)
    assert {one.state for one in deciding.claim(town.work, resident, TOKEN)} == {RewardState.LAPSED}
    assert town.pay() == 0


def test_what_was_refuted_meanwhile_is_claimed_by_nobody(town: MarketTown) -> None:
    site, made = town.clue(None, report=report_of(town.work, TOKEN).id)
    town.clock.advance(timedelta(hours=1))
    town.refute(site)
    against = refuting.refusals(town.work, made)
    for one in made:
        refuting.refuse_one(town.work, town.again(one), against[one.id], None)
    resident = town.actor_of(Role.RESIDENT)
    assert {one.state for one in deciding.claim(town.work, resident, TOKEN)} == {RewardState.REFUSED}
    assert town.left() == town.cash


def test_a_link_that_leads_nowhere_and_one_without_a_reward_read_the_same(town: MarketTown) -> None:
    report_of(town.work, TOKEN)
    resident = town.actor_of(Role.RESIDENT)
    for token in ("b" * 32, TOKEN):
        with pytest.raises(NotFoundError):
            deciding.claim(town.work, resident, token)


def test_a_device_claims_nothing_and_who_is_barred_neither(town: MarketTown) -> None:
    promised(town)
    device = replace(town.actor_of(Role.RESIDENT), kind=ActorKind.DEVICE)
    with pytest.raises(ForbiddenError):
        deciding.claim(town.work, device, TOKEN)
    with pytest.raises(RefusedError, match="not paid for it"):
        deciding.claim(town.work, town.actor_of(Role.DISPATCHER), TOKEN)
    assert town.left() == 995 * YUAN


def test_whoever_confirmed_the_works_does_not_claim_the_report_of_them(town: MarketTown) -> None:
    patroller, resident = town.person(Role.PATROLLER), town.actor_of(Role.RESIDENT)
    site = town.confirmed(by=patroller)
    made = wishes.clues_wanted(town.work, [town.wished(site.id, None, report_of(town.work, TOKEN).id).id])
    with pytest.raises(RefusedError, match="nobody but the reporter"):
        deciding.claim(town.work, town.proved(patroller), TOKEN)
    assert {town.again(one).state for one in made} == {RewardState.UNCLAIMED}
    assert {one.state for one in deciding.claim(town.work, resident, TOKEN)} == {RewardState.HELD}


def test_claims_count_towards_the_cap_of_the_day(town: MarketTown) -> None:
    resident = town.actor_of(Role.RESIDENT)
    town.take(*(town.wish(resident.id) for _ in range(10)))
    promised(town)
    before = town.left()
    claimed = deciding.claim(town.work, resident, TOKEN)
    assert {one.state for one in claimed} == {RewardState.CAPPED}
    assert town.left() == before + CLUE, "back in the budget"


def test_what_waits_for_money_can_be_claimed_and_is_held_in_its_turn(town: MarketTown) -> None:
    resident = town.actor_of(Role.RESIDENT)
    from_budget = town.left() - 1
    line = holding.addresses.budget(town.budgets[Asset.CNY].id, Asset.CNY)
    ledger.post(
        town.work,
        ledger_order(town, line, holding.addresses.purse(town.work.tenant_id, Asset.CNY), from_budget),
    )
    made = promised(town)
    assert {one.asset: one.state for one in made} == {
        Asset.CNY: RewardState.UNFUNDED,
        Asset.PTS: RewardState.UNCLAIMED,
    }
    claimed = {one.asset: one for one in deciding.claim(town.work, resident, TOKEN)}
    assert (claimed[Asset.CNY].state, claimed[Asset.CNY].person_id) == (RewardState.UNFUNDED, resident.id)
    town.fund(CLUE)
    assert holding.fund_waiting(town.work) == 1
    (cash,) = [one for one in store.of_report(town.work, made[0].claim_key or UUID(int=0)) if one.asset is Asset.CNY]
    assert (cash.state, cash.person_id) == (RewardState.HELD, resident.id)


def ledger_order(town: MarketTown, source: str, target: str, units: int) -> holding.Order:
    line = holding.Posting(source, target, Asset.CNY, units)
    return holding.Order(f"test:{town.work.ids.new()}", holding.Kind.POSTED, "test", (line,))
