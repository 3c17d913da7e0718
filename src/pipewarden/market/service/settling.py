"""Settling: a hold is posted when its time has come, debts are paid first, what nobody claimed goes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import ClosedError, Kind, Order, Posting, Transfer
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import Lapsed, Paid, Refused, RewardState
from pipewarden.market.rules import addresses
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.service.bonuses import lock_months, settle_month
from pipewarden.market.service.holding import details
from pipewarden.market.service.journal import Journal
from pipewarden.market.service.refuting import refusals, void_order
from pipewarden.market.store import debts
from pipewarden.market.store import rewards as store

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import LedgerError
    from pipewarden.market.facts.rewards import Reward

_MOST = 100


def pay_due(work: Work) -> int:
    """Pay the tenant's rewards whose hold has run out, and return how many were paid.

    What was refuted meanwhile is refused instead, also where nobody has said so to this slice yet.
    """
    lock_months(work)
    due = [Journal(work, one) for one in store.due(work, RewardState.HELD, limit=_MOST)]
    against = refusals(work, [one.reward for one in due])
    clues = (one.reward.person_id for one in due if one.reward.kind is PayKind.CLUE)
    store.hold_bonuses(work, {one for one in clues if one is not None})
    orders: list[tuple[Journal, Order]] = []
    for journal in due:
        why = against.get(journal.reward.id)
        orders.append((journal, _post(work, journal.reward) if why is None else void_order(journal.reward)))
    done = ledger.try_write(work, [order for _, order in orders])
    paid = [
        journal
        for (journal, _), made in zip(orders, done, strict=True)
        if _settle(work, journal, made, against.get(journal.reward.id))
    ]
    for journal in due:
        journal.close()
    months = {
        (one.reward.person_id, rules.month_of(one.reward.earned_at))
        for one in paid
        if one.reward.kind is PayKind.CLUE and one.reward.person_id is not None
    }
    for person_id, month in sorted(months):
        settle_month(work, person_id, month)
    return len(paid)


def _post(work: Work, reward: Reward) -> Order:
    return Order(
        key=f"{reward.key}/pay",
        kind=Kind.POST,
        what=f"reward.{reward.kind.value}",
        of=reward.hold_id,
        details=details(work, reward),
    )


def _settle(work: Work, journal: Journal, made: Transfer | LedgerError, why: str | None) -> bool:
    """Write what the book answered; return whether the reward was paid."""
    if isinstance(made, ClosedError):
        journal.add(Refused("冻结已在账上解除 its hold was closed in the book"))
        return False
    if not isinstance(made, Transfer):
        raise made
    if why is not None:
        journal.add(Refused(why))
        return False
    journal.add(Paid(made.id, _settle_debts(work, journal.reward)))
    return True


def _settle_debts(work: Work, reward: Reward) -> int:
    """Pay what the person owes out of what was just earned, the oldest debt first; return how much it was."""
    if reward.person_id is None:
        raise RuntimeError("what nobody has claimed is not paid")
    wallet, minus = (made(reward.person_id, reward.asset) for made in (addresses.person, addresses.owed))
    left = ledger.balances(work, [wallet])[wallet].available
    left = min(left, reward.units)
    paid = 0
    for debt in debts.of_person(work, reward.person_id, reward.asset):
        units = min(debt.left, left - paid)
        if units <= 0:
            break
        there = replace(work, tenant_id=debt.tenant_id)
        claims, purse = (made(debt.tenant_id, debt.asset) for made in (addresses.claims, addresses.purse))
        ledger.open_accounts(there, (purse, debt.asset))
        lines = (Posting(wallet, minus, debt.asset, units), Posting(claims, purse, debt.asset, units))
        order = Order(
            key=f"debt:{debt.id}/{reward.id}",
            kind=Kind.POSTED,
            what="debt.paid",
            postings=lines,
            details={"reward": str(debt.reward_id), "zh": "抵扣追回款", "en": "paid towards what was taken back"},
        )
        ledger.post(there, order)
        debts.pay(work, debt.id, units)
        paid += units
    return paid


def lapse_due(work: Work) -> int:
    """Give back to their budgets what nobody has claimed in time; return how many rewards that were."""
    over = [Journal(work, one) for one in store.due(work, RewardState.UNCLAIMED, limit=_MOST)]
    done = ledger.try_write(work, [void_order(one.reward) for one in over])
    for journal, made in zip(over, done, strict=True):
        if not isinstance(made, Transfer | ClosedError):
            raise made
        journal.add(Lapsed())
        journal.close()
    return len(over)


def tenants_due(work: Work) -> list[UUID]:
    """Return the tenants that have rewards on hold, to be claimed, or waiting for money."""
    return store.tenants_with(work, RewardState.HELD, RewardState.UNCLAIMED, RewardState.UNFUNDED)
