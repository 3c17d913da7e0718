"""Taking back: by reversal, by what is left in the wallet, by debts that later earnings pay, and bonuses that fall."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from market_town import YUAN

from pipewarden.kit.errors import RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, Kind, Order, Posting
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import ClawedBack, RewardState
from pipewarden.market.rules import addresses
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.service import deciding, finance
from pipewarden.market.store import debts
from pipewarden.market.store import rewards as store
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from market_town import MarketTown

    from pipewarden.market.facts.rewards import Reward

CLUE = 5 * YUAN


def paid_cash(town: MarketTown, person_id: UUID) -> Reward:
    _, made = town.clue(person_id)
    town.pay()
    (cash,) = [one for one in made if one.asset is Asset.CNY]
    return town.again(cash)


def spend(town: MarketTown, person_id: UUID, units: int) -> None:
    """Let money leave a wallet, as a withdrawal does."""
    wallet, world = addresses.person(person_id, Asset.CNY), "outside:wechat"
    ledger.open_accounts(town.work, (world, Asset.CNY))
    line = Posting(wallet, world, Asset.CNY, units)
    ledger.post(town.work, Order(f"spent:{town.work.ids.new()}", Kind.POSTED, "test.spent", (line,)))


def owes(town: MarketTown, person_id: UUID) -> int:
    return town.has(addresses.owed(person_id, Asset.CNY))


def test_what_is_still_there_is_reversed(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    reward = paid_cash(town, resident.id)
    made = deciding.claw_back(town.work, town.manager, reward.id, "the picture was from elsewhere")
    assert (made.state, made.owed, made.reason) == (RewardState.CLAWED_BACK, 0, "the picture was from elsewhere")
    assert (town.wallet(resident.id), town.left()) == (0, town.cash)
    event = store.history(town.work, reward.id)[-1]
    assert isinstance(event.body, ClawedBack)
    booked = ledger.transfer(town.work, event.body.transfer_id)
    assert booked is not None
    assert (booked.kind, booked.of) == (Kind.REVERSE, reward.paid_id)
    assert event.actor == f"person:{town.manager.id}"


def test_it_is_taken_back_once(town: MarketTown) -> None:
    reward = paid_cash(town, town.person(Role.RESIDENT).id)
    deciding.claw_back(town.work, town.manager, reward.id, "copied")
    with pytest.raises(RefusedError, match="clawed_back"):
        deciding.claw_back(town.work, town.manager, reward.id, "copied")
    assert town.left() == town.cash


def test_what_is_gone_is_owed_and_nobody_can_spend_it_meanwhile(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    reward = paid_cash(town, resident.id)
    spend(town, resident.id, 3 * YUAN)
    made = deciding.claw_back(town.work, town.manager, reward.id, "copied")
    assert made.owed == 3 * YUAN
    assert (town.wallet(resident.id), owes(town, resident.id)) == (0, -3 * YUAN)
    assert town.left() == town.cash - 3 * YUAN, "what is owed is no money yet"
    assert town.has(addresses.claims(town.work.tenant_id, Asset.CNY)) == 3 * YUAN
    assert finance.finance(town.work, town.admin).owed == {Asset.CNY: 3 * YUAN, Asset.PTS: 0}


def test_later_earnings_pay_what_is_owed_first(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    first, second = paid_cash(town, resident.id), paid_cash(town, resident.id)
    spend(town, resident.id, 10 * YUAN)
    for one in (first, second):
        deciding.claw_back(town.work, town.manager, one.id, "copied")
    assert owes(town, resident.id) == -10 * YUAN
    third = paid_cash(town, resident.id)
    assert (town.wallet(resident.id), owes(town, resident.id)) == (0, -5 * YUAN)
    last = store.history(town.work, third.id)[-1].body
    assert getattr(last, "settled", None) == 5 * YUAN, "the person is told why nothing came"
    purse = addresses.purse(town.work.tenant_id, Asset.CNY)
    assert town.has(purse) == 5 * YUAN, "back in the purse of whoever it is owed to"
    assert [one.left for one in debts.of_person(town.work, resident.id, Asset.CNY)] == [5 * YUAN]
    paid_cash(town, resident.id)
    paid_cash(town, resident.id)
    assert (town.wallet(resident.id), owes(town, resident.id)) == (CLUE, 0)
    assert debts.of_person(town.work, resident.id, Asset.CNY) == []


def test_after_the_time_of_the_rules_it_stays(town: MarketTown) -> None:
    reward = paid_cash(town, town.person(Role.RESIDENT).id)
    town.clock.advance(timedelta(days=181))
    with pytest.raises(RefusedError, match="180 days"):
        deciding.claw_back(town.work, town.manager, reward.id, "too late")


def test_what_is_on_hold_is_refused_not_taken_back(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    _, made = town.clue(resident.id)
    with pytest.raises(RefusedError, match="is held"):
        deciding.claw_back(town.work, town.manager, made[0].id, "wrong")
    for one in made:
        refused = deciding.refuse(town.work, town.manager, one.id, "not by the rules")
        assert (refused.state, refused.reason) == (RewardState.REFUSED, "not by the rules")
    assert (town.left(), town.left(Asset.PTS)) == (town.cash, town.points)
    with pytest.raises(RefusedError, match="is refused"):
        deciding.refuse(town.work, town.manager, made[0].id, "again")


def test_nobody_decides_about_the_own_reward_and_only_who_may(town: MarketTown) -> None:
    worker = town.person(Role.GRID_WORKER)
    (made,) = town.take(town.wish(worker.id, PayKind.TASK, points=10))
    with pytest.raises(ForbiddenError):
        deciding.refuse(town.work, town.proved(worker), made.id, "mine")
    with pytest.raises(ForbiddenError):
        deciding.refuse(town.work, town.admin, made.id, "who pays does not decide")
    with pytest.raises(NotFoundError):
        deciding.refuse(town.work, town.manager, town.work.ids.new(), "none")
    both = town.person(Role.GRID_WORKER)
    town.hold(both, Role.SAFETY_MANAGER)
    (own,) = town.take(town.wish(both.id, PayKind.TASK, points=10))
    with pytest.raises(RefusedError, match="own"):
        deciding.refuse(town.work, town.proved(both), own.id, "mine")


def test_every_tenth_paid_clue_of_a_month_earns_a_bonus_once(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    for _ in range(9):
        town.clue(resident.id)
    town.pay()
    assert bonuses(town, resident.id) == []
    town.clue(resident.id)
    town.pay()
    (bonus,) = bonuses(town, resident.id)
    assert (bonus.state, bonus.units, bonus.asset) == (RewardState.HELD, 200, Asset.PTS)
    town.pay()
    assert town.wallet(resident.id, Asset.PTS) == 10 * 50 + 200
    town.pay()
    assert len(bonuses(town, resident.id)) == 1


def test_a_bonus_goes_with_the_clue_on_which_it_rests(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    made = [town.clue(resident.id)[1] for _ in range(10)]
    town.pay()
    town.pay()
    assert [one.state for one in bonuses(town, resident.id)] == [RewardState.PAID]
    for one in made[0]:
        deciding.claw_back(town.work, town.manager, one.id, "copied")
    (bonus,) = bonuses(town, resident.id)
    assert (bonus.state, bonus.reason) == (
        RewardState.CLAWED_BACK,
        rules.FEWER,
    )
    assert town.wallet(resident.id, Asset.PTS) == 9 * 50


def bonuses(town: MarketTown, person_id: UUID) -> list[Reward]:
    return store.bonuses(town.work, person_id, "2026-11")


def test_a_person_sees_the_own_rewards_and_what_is_on_hold(town: MarketTown) -> None:
    resident, other = town.person(Role.RESIDENT), town.person(Role.RESIDENT)
    town.clue(resident.id)
    assert len(deciding.my_rewards(town.work, town.proved(resident), limit=9)) == 2
    assert deciding.my_rewards(town.work, town.proved(other), limit=9) == []
    assert store.promised(town.work, resident.id) == {Asset.CNY: CLUE, Asset.PTS: 50}
    town.pay()
    assert store.promised(town.work, resident.id) == {Asset.CNY: 0, Asset.PTS: 0}


def test_lists_are_for_who_reads_rewards(town: MarketTown) -> None:
    _, made = town.clue(town.person(Role.RESIDENT).id)
    found = deciding.rewards(town.work, town.manager, RewardState.HELD, limit=9)
    assert {one.id for one in found} == {one.id for one in made}
    assert deciding.rewards(town.work, town.manager, RewardState.PAID, limit=9) == []
    with pytest.raises(ForbiddenError):
        deciding.rewards(town.work, town.actor_of(Role.PATROLLER), None, limit=9)
    reward, past = deciding.history(town.work, town.manager, made[0].id)
    assert (reward.id, [one.body.kind for one in past]) == (made[0].id, ["wanted", "held"])
    with pytest.raises(NotFoundError):
        deciding.history(town.work, town.manager, town.work.ids.new())
