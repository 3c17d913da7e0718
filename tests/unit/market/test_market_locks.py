"""Rewards, budgets and months before the book: whoever holds a row may wait for the book, never the other way round."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from label_town import NO, YES, LabelTown
from market_town import YUAN, MarketTown, decided_case
from sqlalchemy import text

from pipewarden.casework.facts import MergedInto
from pipewarden.judge.facts import ReviewCode
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.labels import AnswerState, Verdict
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.rules.labels_drawing import Candidate
from pipewarden.market.service import (
    booking,
    budgets,
    deciding,
    demands,
    holding,
    labelling,
    labelling_items,
    labelling_settling,
    metering,
    refuting,
    settling,
    wishes,
)
from pipewarden.market.store import budgets as budget_store
from pipewarden.market.store import labels
from pipewarden.market.store import metering as meter_store
from pipewarden.market.store import rewards as store
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from market_house import House

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward

Held, Made = TypeVar("Held"), TypeVar("Made")
_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def side_by_side(
    house: House,
    tenant: UUID,
    hold: Callable[[Work], Held],
    go_on: Callable[[Work, Held], object],
    other: Callable[[Work], Made],
) -> Made:
    """Hold something, let the other come and wait for it, then go on to the book and commit; return what it made."""

    def own() -> Made:
        with house.factory.begin(tenant) as work:
            return other(work)

    with ThreadPoolExecutor(1) as pool:
        with house.factory.begin(tenant) as work:
            held = hold(work)
            made = pool.submit(own)
            assert _waits(house, made), "the other one never came to wait"
            go_on(work, held)
        found = made.result()
    with house.factory.begin(tenant) as work:
        assert ledger.check(work).whole
    return found


def _waits(house: House, other: Future[Made]) -> bool:
    while not other.done():
        with house.factory.sessions() as session:
            if session.scalar(text(_WAITS)):
                return True
        time.sleep(0.05)
    return False


def refuse(work: Work, held: list[Reward]) -> None:
    for one in held:
        refuting.refuse_one(work, one, "by hand", None)


def test_a_review_is_overruled_while_its_reward_is_refused_by_hand(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock)
        first, second = (f"person:{town.person(Role.PATROLLER).id}" for _ in range(2))
        alarm = decided_case(work, [(first, ReviewCode.DIGGING)])
        assert len(wishes.reviews_judged(work, [alarm])) == 1
        decided_case(work, [(second, ReviewCode.PASSING)], alarm)
        fresh = decided_case(work, [(first, ReviewCode.DIGGING)])
    made = side_by_side(
        house,
        tenant,
        lambda work: store.of_cases(work, {f"alarm:{alarm}"}),
        refuse,
        lambda work: wishes.reviews_judged(work, [alarm, fresh]),
    )
    assert [(one.case, one.state) for one in made] == [(f"alarm:{fresh}", RewardState.HELD)]


def test_money_comes_while_a_case_is_refused_that_waits_for_some_of_it(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock, cash=5 * YUAN, points=10)
        _, first = town.clue(town.person(Role.RESIDENT).id)
        _, second = town.clue(town.person(Role.RESIDENT).id)
        assert {one.asset: one.state for one in first}[Asset.PTS] is RewardState.UNFUNDED
        assert {one.asset: one.state for one in second}[Asset.CNY] is RewardState.UNFUNDED
        town.deposit(100 * YUAN)
        town.fund(100 * YUAN)
    side_by_side(house, tenant, lambda work: store.of_cases(work, {first[0].case}), refuse, holding.fund_waiting)
    with house.factory.begin(tenant) as work:
        assert store.sums(work, RewardState.HELD)[Asset.CNY] == 5 * YUAN


def bonus(house: House, tenant: UUID) -> tuple[MarketTown, Reward, list[Reward]]:
    """Let somebody be paid for ten clues, so that a bonus is on hold; an eleventh clue is due a little before it."""
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock)
        person = town.person(Role.RESIDENT).id
        made = [town.clue(person)[1] for _ in range(10)]
        town.clock.advance(timedelta(hours=72))
        town.clue(person)
        town.pay(hours=1)
        (found,) = store.bonuses(work, person, f"{made[0][0].earned_at:%Y-%m}")
        assert found.state is RewardState.HELD
    return town, found, made[0]


def held_alone(reward: Reward) -> Callable[[Work], list[Reward]]:
    return lambda work: store.of_cases(work, {reward.case})


def test_a_clue_is_taken_back_while_a_bonus_is_refused_by_hand(house: House) -> None:
    tenant = house.tenant()
    town, found, clues = bonus(house, tenant)
    made = side_by_side(
        house,
        tenant,
        held_alone(found),
        refuse,
        lambda work: deciding.claw_back(work, town.manager, clues[0].id, "copied"),
    )
    assert made.state is RewardState.CLAWED_BACK


def test_clues_are_paid_while_a_bonus_is_refused_by_hand(house: House) -> None:
    tenant = house.tenant()
    _, found, _ = bonus(house, tenant)
    house.clock.advance(timedelta(hours=71, minutes=30))
    assert side_by_side(house, tenant, held_alone(found), refuse, settling.pay_due) == 2


def test_a_claim_waits_for_no_bonus_that_is_being_settled(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock)
        town.clue(None, report=house.report(work).id)
        resident = town.actor_of(Role.RESIDENT)
    with house.factory.begin(tenant) as work:
        store.lock(work, {holding.day_lock(resident.id, "bonus")})
        with house.factory.begin(tenant) as other:
            other.session.execute(text("SET LOCAL lock_timeout = '3s'"))
            made = deciding.claim(other, resident, house.token)
    assert {one.state for one in made} == {RewardState.HELD}


def test_a_merged_clue_is_refused_without_waiting_for_the_one_that_pays(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock)
        root, paying = town.clue(town.person(Role.RESIDENT).id)
        site, made = town.clue(town.person(Role.RESIDENT).id)
        town.happen(site.id, MergedInto(root.id, "one site"))
    house.clock.advance(timedelta(hours=73))
    with house.factory.begin(tenant) as work:
        assert len(store.of_cases(work, {paying[0].case})) == 2, "somebody holds them"
        with house.factory.begin(tenant) as other:
            other.session.execute(text("SET LOCAL lock_timeout = '3s'"))
            assert settling.pay_due(other) == 0
    with house.factory.begin(tenant) as work:
        assert {one.state for one in store.by_ids(work, {one.id for one in made}).values()} == {RewardState.REFUSED}
        assert settling.pay_due(work) == 2


def test_an_answer_found_wrong_while_a_round_pays_is_not_paid(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = LabelTown(work, house.clock)
        commission = town.kept(overlap=2)
        who, part = town.labeller(commission, volume=30)
        turns = [
            labelling._drawn(work, who, part, Candidate(one.id, gold=one.gold is not None))
            for one in (*town.items(commission, 10, gold=YES), *town.items(commission, 1))
        ]
        *_, given = [labelling.answer(work, who, turn.answer.id, YES) for turn in turns]
        manager = town.manager
    house.clock.advance(timedelta(days=3))
    paid = side_by_side(
        house,
        tenant,
        lambda work: labelling_items.review(work, manager, given.item_id, Verdict.FIX, said=NO),
        lambda *_: None,
        labelling_settling.charge_due,
    )
    assert paid == 10, "gold alone"
    with house.factory.begin(tenant) as work:
        found = labels.answer(work, labels.of_tenant(work), given.id)
        assert found is not None
        assert (found.state, found.charged_at) == (AnswerState.WRONG, None)


def test_an_answer_given_while_its_item_is_settled_is_judged(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = LabelTown(work, house.clock)
        commission = town.kept(overlap=2)
        who, part = town.labeller(commission)
        (item,) = town.items(commission, 1)
        drawn = labelling._drawn(work, who, part, Candidate(item.id)).answer
        manager = town.manager
    given = side_by_side(
        house,
        tenant,
        lambda work: labelling_items.review(work, manager, item.id, Verdict.FIX, said=YES),
        lambda *_: None,
        lambda work: labelling.answer(work, who, drawn.id, NO),
    )
    assert given.state is AnswerState.WRONG


def test_what_a_client_settles_while_a_round_weighs_the_answers_stays(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = LabelTown(work, house.clock)
        commission = town.kept(overlap=2)
        (item,) = town.items(commission, 1)
        for _ in range(2):
            assert town.does(*town.labeller(commission, volume=3), NO)
        manager = town.manager
    side_by_side(
        house,
        tenant,
        lambda work: labelling_items.review(work, manager, item.id, Verdict.FIX, said=YES),
        lambda *_: None,
        lambda work: labelling_settling.settle(work, commission.id),
    )
    with house.factory.begin(tenant) as work:
        found = labels.item(work, item.id)
        assert found is not None
        assert found.settled == YES


def test_calls_are_booked_while_money_leaves_the_budget_of_another_demand(house: House) -> None:
    tenant = house.tenant()
    with house.factory.begin(tenant) as work:
        town = MarketTown(work, house.clock)
        town.deposit(100 * YUAN)
        expert = town.person(Role.EXPERT).id
        made = demands.add_capability(work, town.admin, slug="see", version="1", expert_id=expert, price=1300)
        older, newer = (
            demands.open_demand(work, town.admin, made.id, name, wanted=99, units=10 * YUAN) for name in ("old", "new")
        )
        metering.meter(work, newer.id, ["one", "two"])

    def unhindered() -> None:
        """Another demand is booked meanwhile."""
        with house.factory.begin(tenant) as other:
            other.session.execute(text("SET LOCAL lock_timeout = '3s'"))
            booking.settle_one(other, newer.id)
            assert len(meter_store.batches(other)) == 1

    ended = side_by_side(
        house,
        tenant,
        lambda work: budget_store.held(work, older.budget_id),
        lambda work, _: (unhindered(), budgets.release(work, town.admin, older.budget_id, YUAN, "back")),
        lambda work: booking.settle_one(work, older.id),
    )
    assert not ended
    with house.factory.begin(tenant) as work:
        assert booking.check_meters(work).problems == ()
