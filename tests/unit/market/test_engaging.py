"""A part of a commission: begun with a share of volume and budget, charged once per item, and what is left returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from expert_town import PRICE, ExpertTown
from market_town import YUAN, settle_all

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.commissions import EngagementState
from pipewarden.market.facts.experts import Skill
from pipewarden.market.facts.metering import Meter
from pipewarden.market.service import booking, engaging, experts
from pipewarden.market.store import commissions as store
from pipewarden.market.store import metering as meters
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


@pytest.fixture
def town(work: Work, clock: SetClock) -> Iterator[ExpertTown]:
    made = ExpertTown(work, clock)
    yield made
    assert made.whole()
    found = booking.check_meters(work)
    assert (found.difference, found.problems) == (0, ())


def charged(answers: list[engaging.Answered]) -> int:
    return sum(isinstance(one, Meter) for one in answers)


def test_a_part_gets_its_share_and_the_rest_stays(town: ExpertTown) -> None:
    commission = town.kept(volume=100, budget=13 * YUAN)
    anna, ben = town.expert(), town.expert()
    first = town.begun(commission, anna, volume=60)
    second = town.begun(commission, ben, volume=60)
    assert (first.state, first.volume, second.volume) == (EngagementState.BEGUN, 60, 40)
    assert engaging.free(town.work, commission) == 13 * YUAN - 100 * PRICE == 0
    assert [one.person_id for one in engaging.engaged(town.work, commission.id)] == [anna.person_id, ben.person_id]
    third = town.part(commission, town.expert())
    with pytest.raises(RefusedError, match="shared out"):
        engaging.begin(town.work, town.manager, commission, third)


def test_an_item_is_charged_once_whoever_says_it_again(town: ExpertTown) -> None:
    commission = town.kept()
    anna = town.expert()
    part = town.begun(commission, anna)
    assert charged(engaging.charge(town.work, part.id, ["a", "b", "a"])) == 3
    assert charged(engaging.charge(town.work, part.id, ["b", "c"])) == 2
    assert engaging.calls_of(town.work, [part]) == {str(part.id): 3}
    settle_all(town.work)
    assert town.wallet(anna.person_id) == 3 * PRICE


def test_two_experts_are_paid_for_one_item_each_of_their_own(town: ExpertTown) -> None:
    commission = town.kept(volume=10, overlap=2)
    parts = [town.begun(commission, town.expert(), volume=5) for _ in range(2)]
    for part in parts:
        assert charged(engaging.charge(town.work, part.id, ["picture 1"])) == 1
    settle_all(town.work)
    assert [town.wallet(one.person_id) for one in parts] == [PRICE, PRICE]


def test_the_decks_budget_pays_the_calls_that_fit_it_and_no_more(town: ExpertTown) -> None:
    """19,468 元 at 0.13 is 149,753 calls and 0.11 元 (domain.md 0, row 9); here a thousandth of it."""
    units = 194_680
    commission = town.kept(volume=150, budget=units)
    anna = town.expert()
    part = town.begun(commission, anna)
    assert part.volume == 150, "the volume is not cut: what fits is decided call by call"
    answers = engaging.charge(town.work, part.id, [f"p{one}" for one in range(150)])
    assert charged(answers) == units // PRICE == 149
    assert isinstance(answers[-1], RefusedError)
    settle_all(town.work)
    assert town.wallet(anna.person_id) == 149 * PRICE
    demand = meters.demand(town.work, part.demand_id) if part.demand_id else None
    assert demand is not None
    assert demand.state == "closed"
    assert town.in_budget(commission.budget_id) == units - 149 * PRICE, "what is left lies in the commission's budget"


def test_what_has_not_begun_earns_nothing(town: ExpertTown) -> None:
    commission = town.kept()
    part = town.part(commission, town.expert())
    with pytest.raises(RefusedError, match="applied"):
        engaging.charge(town.work, part.id, ["a"])
    assert engaging.engaged(town.work, commission.id) == []
    with pytest.raises(NotFoundError):
        engaging.charge(town.work, town.work.ids.new(), ["a"])


def test_a_draft_begins_with_nobody(town: ExpertTown) -> None:
    commission = town.draft()
    with pytest.raises(RefusedError, match="has no budget"):
        engaging.begin(town.work, town.manager, commission, town.part(commission, town.expert()))
    assert engaging.free(town.work, commission) == 0


def test_a_part_that_ran_does_not_begin_twice(town: ExpertTown) -> None:
    commission = town.kept()
    part = town.begun(commission, town.expert())
    with pytest.raises(RefusedError, match="is begun"):
        engaging.begin(town.work, town.manager, commission, part)
    assert store.engagement(town.work, store.of_tenant(town.work), part.id) == part


def test_money_that_is_left_pays_less_than_all_calls_of_a_part(town: ExpertTown) -> None:
    commission = town.kept(volume=100, budget=5 * PRICE + 7)
    first = town.begun(commission, town.expert(), volume=3)
    second = town.begun(commission, town.expert(), volume=50)
    assert charged(engaging.charge(town.work, first.id, list("abcd"))) == 3, "no more than the part's volume"
    assert charged(engaging.charge(town.work, second.id, list("abcd"))) == 2, "no more than the part's money"
    third = town.part(commission, town.expert())
    with pytest.raises(RefusedError, match="budget"):
        engaging.begin(town.work, town.manager, commission, third)


def test_what_is_proved_adds_up(town: ExpertTown) -> None:
    anna = town.expert()
    nobody: UUID = town.work.ids.new()
    assert experts.expert(town.work, anna.person_id) == anna
    assert experts.expert(town.work, nobody) is None
    experts.prove(town.work, anna.person_id, "hose", right=3, wrong=1)
    experts.prove(town.work, anna.person_id, "hose", right=1, wrong=0)
    experts.prove(town.work, anna.person_id, "corrosion", right=0, wrong=0)
    assert experts.skills(town.work, [anna.person_id, nobody]) == {
        anna.person_id: [Skill(anna.person_id, "hose", 4, 1)],
        nobody: [],
    }


@pytest.mark.parametrize(("topic", "right", "wrong"), [("hose", -1, 0), ("hose", 0, -1), ("", 1, 0), ("x" * 101, 1, 0)])
def test_a_proof_that_is_none_is_refused(town: ExpertTown, topic: str, right: int, wrong: int) -> None:
    with pytest.raises(InputError):
        experts.prove(town.work, town.expert().person_id, topic, right=right, wrong=wrong)
