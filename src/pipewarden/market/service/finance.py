"""A tenant's money at one moment: purse, budgets, what is promised, what lies in wallets, month by month."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.finance import Finance, Month
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.rules import addresses
from pipewarden.market.rules.rewarding import month_of
from pipewarden.market.service.budgets import now_of
from pipewarden.market.service.foundry_terms import reviewers
from pipewarden.market.service.rights import READ_FINANCE, require_here
from pipewarden.market.store import budgets, debts, months
from pipewarden.market.store import metering as meters
from pipewarden.market.store import rewards as store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


def finance(work: Work, actor: Actor) -> Finance:
    """Return how the tenant's money stands.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no finances, or not here.
    """
    require_here(work, actor, READ_FINANCE)
    purses = {asset: addresses.purse(work.tenant_id, asset) for asset in Asset}
    there = ledger.balances(work, purses.values())
    unbooked = {Asset.CNY: meters.unbooked(work)[1], Asset.PTS: 0}
    return Finance(
        purse={asset: there[one].available if one in there else 0 for asset, one in purses.items()},
        budgets=tuple(now_of(work, one) for one in budgets.of_tenant(work)),
        on_hold=store.sums(work, RewardState.HELD, RewardState.UNCLAIMED),
        unfunded=store.sums(work, RewardState.UNFUNDED),
        in_wallets=_in_wallets(work),
        owed=debts.sums(work),
        unbooked=unbooked,
        counts=store.counts(work),
        months=tuple(_months(work)),
    )


def _in_wallets(work: Work) -> dict[Asset, int]:
    """Return what persons earned here and, at most, still have: money has no colour, so the smaller of the two."""
    earned: dict[tuple[UUID, Asset], int] = defaultdict(int, store.earned_by_person(work))
    for expert_id, units in meters.earned_by_expert(work).items():
        earned[expert_id, Asset.CNY] += units
    for version_id, units in meters.earned_by_reviewers(work).items():
        there_were = reviewers(work, version_id)
        for person_id in there_were:
            earned[person_id, Asset.CNY] += units // len(there_were)
    names = {key: addresses.person(*key) for key in earned}
    there = ledger.balances(work, names.values())
    found = dict.fromkeys(Asset, 0)
    for key, units in earned.items():
        balance = there.get(names[key])
        found[key[1]] += min(units, balance.posted) if balance is not None else 0
    return found


def _months(work: Work) -> list[Month]:
    found: dict[tuple[str, Asset], Month] = {}

    def add(field: str, sums: Mapping[tuple[str, Asset], int]) -> None:
        for (month, asset), units in sums.items():
            before = found.get((month, asset), Month(month, asset))
            found[month, asset] = replace(before, **{field: getattr(before, field) + units})

    deposited: dict[tuple[str, Asset], int] = defaultdict(int)
    for one in budgets.all_deposits(work):
        deposited[month_of(one.at), one.asset] += one.units
    metered: dict[tuple[str, Asset], int] = defaultdict(int)
    for batch in meters.batches(work):
        metered[month_of(batch.at), Asset.CNY] += batch.units
    add("deposited", deposited)
    add("rewarded", months.rewarded(work, "paid"))
    add("clawed_back", months.rewarded(work, "clawed_back"))
    add("metered", metered)
    return [found[key] for key in sorted(found, reverse=True)]
