"""What slices up-river say becomes rewards: points of tasks, reviews that count, clues of sites that are one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from market_town import YUAN, decided_case

from pipewarden.casework.facts import MergedInto
from pipewarden.field.facts.tasks import Points
from pipewarden.field.store import tasks as field_tasks
from pipewarden.judge.facts import ReviewCode
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.service import wishes
from pipewarden.people.facts import Role
from pipewarden.perceive.facts import IndoorCheck, IndoorReview, IndoorState
from pipewarden.perceive.store import indoor

if TYPE_CHECKING:
    from uuid import UUID

    from market_town import MarketTown

    from pipewarden.market.facts.rewards import Reward


def earned(town: MarketTown, person_id: UUID, points: int = 10) -> UUID:
    """Write points for an answered task, as field does."""
    work = town.work
    made = Points(work.ids.new(), work.tenant_id, person_id, points, "task", work.ids.new(), work.now())
    field_tasks.add_points(town.work, made)
    return made.id


def test_points_of_a_task_become_points_of_the_book(town: MarketTown) -> None:
    worker = town.person(Role.GRID_WORKER)
    first, second = earned(town, worker.id), earned(town, worker.id, 5)
    made = wishes.points_earned(town.work, [first, second])
    assert [(one.units, one.state, one.case) for one in made] == [
        (10, RewardState.HELD, f"answer:{first}"),
        (5, RewardState.HELD, f"answer:{second}"),
    ]
    assert wishes.points_earned(town.work, [first]) == []
    town.pay()
    assert town.wallet(worker.id, Asset.PTS) == 15


def test_another_tenants_points_are_not_ours_to_pay(town: MarketTown) -> None:
    worker = town.person(Role.GRID_WORKER)
    one = earned(town, worker.id)
    elsewhere = replace(town.work, tenant_id=town.work.ids.new())
    assert wishes.points_earned(elsewhere, [one]) == []


def review(town: MarketTown, *words: tuple[UUID, ReviewCode]) -> UUID:
    return decided_case(town.work, [(f"person:{who}", code) for who, code in words])


def review_of(town: MarketTown, alarm: UUID) -> list[Reward]:
    return wishes.reviews_judged(town.work, [alarm])


def test_the_first_review_of_an_alarm_earns_and_no_later_one(town: MarketTown) -> None:
    first, second = town.person(Role.PATROLLER), town.person(Role.PATROLLER)
    alarm = review(town, (first.id, ReviewCode.DIGGING), (second.id, ReviewCode.OTHER_WORKS))
    (made,) = review_of(town, alarm)
    assert (made.person_id, made.units, made.state) == (first.id, 5, RewardState.HELD)
    assert review_of(town, alarm) == []
    assert town.pay() == 1


def test_who_is_overruled_within_the_hold_is_not_paid(town: MarketTown) -> None:
    first, second = town.person(Role.PATROLLER), town.person(Role.DISPATCHER)
    alarm = review(town, (first.id, ReviewCode.PASSING))
    (made,) = review_of(town, alarm)
    decided_case(town.work, [(f"person:{second.id}", ReviewCode.DIGGING)], alarm)
    assert review_of(town, alarm) == []
    assert (town.again(made).state, town.again(made).reason) == (RewardState.REFUSED, rules.OVERRULED)
    assert town.pay() == 0


def test_a_correction_of_ones_own_is_no_overruling(town: MarketTown) -> None:
    first, second = (f"person:{town.person(Role.PATROLLER).id}" for _ in range(2))
    alarm = decided_case(town.work, [(first, ReviewCode.PASSING), (first, ReviewCode.DIGGING)])
    review_of(town, alarm)
    decided_case(town.work, [(second, ReviewCode.WEATHER), (second, ReviewCode.PREPARING)], alarm)
    review_of(town, alarm)
    assert town.pay() == 1, "both say in the end that there are works"


def test_who_reviews_as_a_duty_of_ruling_earns_nothing(town: MarketTown) -> None:
    for role in (Role.DISPATCHER, Role.SAFETY_MANAGER):
        alarm = review(town, (town.person(role).id, ReviewCode.DIGGING))
        assert review_of(town, alarm) == []


def test_what_was_decided_before_there_was_a_market_earns_nothing(town: MarketTown) -> None:
    alarm = review(town, (town.person(Role.PATROLLER).id, ReviewCode.DIGGING))
    town.clock.advance(timedelta(days=8))
    assert review_of(town, alarm) == []


def test_a_clue_of_a_merged_site_is_paid_once(town: MarketTown) -> None:
    one, other = town.person(Role.RESIDENT), town.person(Role.RESIDENT)
    root, _ = town.clue(one.id)
    site, made = town.clue(other.id)
    town.happen(site.id, MergedInto(root.id, "one site"))
    assert town.pay() == 2
    assert {town.again(reward).reason for reward in made} == {rules.MERGED}
    assert (town.wallet(one.id), town.wallet(other.id)) == (5 * YUAN, 0)


def looked_at(town: MarketTown, *actors: str) -> UUID:
    """Keep a picture of gas at home that people have looked at, in order; return its check."""
    work = town.work
    check = IndoorCheck(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        owner_id=work.ids.new(),
        at=work.now(),
        picture=work.ids.new().hex * 2,
        words="",
        rendered=False,
        state=IndoorState.WAITING,
        list_version="hazards@1",
        answer=None,
        review=None,
    )
    assert indoor.add(work, check, f"person:{check.owner_id}")
    for actor in actors:
        indoor.review(work, check.id, IndoorReview(actor, work.now(), matches=True, hazards=()))
    return check.id


def test_an_expert_who_names_a_hazard_earns_what_the_deck_says(town: MarketTown) -> None:
    expert = town.person(Role.EXPERT)
    check = looked_at(town, f"person:{expert.id}")
    made = wishes.indoor_reviewed(town.work, [check])
    assert {(one.asset, one.units, one.state) for one in made} == {
        (Asset.PTS, 50, RewardState.HELD),
        (Asset.CNY, 5_000, RewardState.HELD),
    }
    assert wishes.indoor_reviewed(town.work, [check]) == []
    town.pay()
    assert (town.wallet(expert.id), town.wallet(expert.id, Asset.PTS)) == (5_000, 50), "积分 +50, 现金 +0.5"


def test_a_manager_or_the_machine_itself_earns_nothing_by_a_hazard(town: MarketTown) -> None:
    manager = town.person(Role.SAFETY_MANAGER)
    for actor in (f"person:{manager.id}", f"operator:{town.work.tenant_id}"):
        assert wishes.indoor_reviewed(town.work, [looked_at(town, actor)]) == []
    assert wishes.indoor_reviewed(town.work, [looked_at(town)]) == [], "nobody has looked"
