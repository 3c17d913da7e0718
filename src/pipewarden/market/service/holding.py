"""Holds: money of a reward budget is reserved for a reward the moment it is earned; where none has enough, it waits.

What was earned first is held first: while a reward waits for money, later ones of its asset wait behind it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, Kind, Order, Posting, Transfer
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.facts.rewards import Capped, Held, Reserved, RewardState, Unfunded
from pipewarden.market.rules import addresses
from pipewarden.market.service.journal import Journal
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.store import budgets
from pipewarden.market.store import rewards as store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward

_FAR = timedelta(days=3650)  # a hold ends by what a person or the clock of this slice says, not by the book's sweep
_MOST = 200


def day_lock(person_id: UUID, rule: str) -> str:
    """Return the name under which one transaction at a time asks for a person's cap."""
    return f"cap:{person_id}:{rule}"


def over_cap(work: Work, reward: Reward, per_day: int) -> bool:
    """Return whether the person has had what the rule gives on that day; asked under ``day_lock``."""
    return (
        reward.person_id is not None and store.counted(work, reward.person_id, reward.rule, reward.earned_at) >= per_day
    )


def cap(journal: Journal, per_day: int) -> None:
    """Write that the day's cap was reached."""
    journal.add(Capped(per_day))


class _Purses:
    """What is free in the tenant's reward budgets, as this transaction spends it."""

    def __init__(self, work: Work) -> None:
        self._open: dict[Asset, list[tuple[UUID, int]]] = {}
        for asset in Asset:
            found = budgets.paying(work, BudgetFor.REWARDS, asset)
            names = {one.id: addresses.budget(one.id, asset) for one in found}
            now = ledger.balances(work, names.values())
            self._open[asset] = [(one, now[address].available) for one, address in names.items() if address in now]

    def take(self, asset: Asset, units: int) -> UUID | None:
        """Return the oldest budget that has enough, with that much less in it; None where none has."""
        for place, (budget_id, left) in enumerate(self._open[asset]):
            if left >= units:
                self._open[asset][place] = (budget_id, left - units)
                return budget_id
        return None


def hold(work: Work, journals: Sequence[Journal], *, waited: bool = False) -> None:
    """Ask the budgets for rewards, in order, and write what came of it; the book is locked from here on.

    Args:
        work: the transaction.
        journals: of rewards that are wanted, claimed or waiting for money.
        waited: they waited for money: it is their turn, and the first that does not fit ends it.
    """
    purses = _Purses(work)
    blocked = set() if waited else {asset for asset in Asset if store.waits_for_money(work, asset)}
    asked: list[tuple[Journal, UUID, Order]] = []
    for journal in journals:
        reward = journal.reward
        budget_id = None if reward.asset in blocked else purses.take(reward.asset, reward.units)
        if budget_id is None:
            blocked.add(reward.asset)
            _unfunded(journal)
            continue
        asked.append((journal, budget_id, hold_order(work, reward, budget_id)))
    for journal, budget_id, _ in asked:
        _open(work, journal.reward, budget_id)
    done = ledger.try_write(work, [order for _, _, order in asked])
    for (journal, budget_id, _), made in zip(asked, done, strict=True):
        if isinstance(made, Transfer):
            _held(work, journal, budget_id, made.id)
        else:
            _unfunded(journal)


def _unfunded(journal: Journal) -> None:
    if journal.reward.state is not RewardState.UNFUNDED:
        journal.add(Unfunded())


def _open(work: Work, reward: Reward, budget_id: UUID) -> None:
    ledger.open_accounts(
        work,
        (addresses.budget(budget_id, reward.asset), reward.asset),
        (_target(reward), reward.asset),
    )


def _target(reward: Reward) -> str:
    """Return whose it becomes: the person's, and while nobody knows whose, the tenant's own again."""
    if reward.person_id is None:
        return addresses.purse(reward.tenant_id, reward.asset)
    return addresses.person(reward.person_id, reward.asset)


def hold_order(work: Work, reward: Reward, budget_id: UUID) -> Order:
    """Return the order that holds a reward's money in a budget for whoever earned it."""
    line = Posting(addresses.budget(budget_id, reward.asset), _target(reward), reward.asset, reward.units)
    return Order(
        key=f"{reward.key}/hold/{reward.version}",
        kind=Kind.PENDING,
        what=f"reward.{reward.kind.value}",
        postings=(line,),
        details=details(work, reward),
        expires_at=reward.earned_at + _FAR,
    )


def details(work: Work, reward: Reward) -> dict[str, str | int]:
    """Return what a statement says of a reward: ids and the rule's words, nothing of the case itself."""
    rule = edition_at(work, reward.earned_at).rules.get(reward.rule)
    words: dict[str, str | int] = (
        {"zh": reward.kind.value, "en": reward.kind.value} if rule is None else {"zh": rule.zh, "en": rule.en}
    )
    return words | {"case": reward.case, "rule": reward.rule, "reward": str(reward.id), "edition": reward.edition}


def _held(work: Work, journal: Journal, budget_id: UUID, hold_id: UUID) -> None:
    edition, reward = edition_at(work, journal.reward.earned_at), journal.reward
    if reward.person_id is None:
        journal.add(Reserved(budget_id, hold_id, max(work.now(), reward.earned_at) + edition.claim))
    else:
        journal.add(Held(budget_id, hold_id, reward.earned_at + edition.hold))


def fund_waiting(work: Work) -> int:
    """Hold what waits for money, in the order in which it was earned, as far as it goes; return how many."""
    journals = [Journal(work, one) for one in store.unfunded(work, limit=_MOST)]
    hold(work, journals, waited=True)
    return sum(journal.close().state is not RewardState.UNFUNDED for journal in journals)
