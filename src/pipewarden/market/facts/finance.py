"""A tenant's money in the house: its purse, deposits with their bank receipts, budgets, what it has promised."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from pipewarden.ledger.facts import Asset
    from pipewarden.market.facts.rewards import RewardState


class BudgetFor(StrEnum):
    """What a budget pays."""

    REWARDS = "rewards"
    DEMAND = "demand"  # the calls of one demand
    COMMISSION = "commission"  # the demands of one commission


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money that arrived in the bank; ``number`` is the bank's own and counts once in a tenant."""

    id: UUID
    tenant_id: UUID
    asset: Asset
    units: int
    number: str
    value_date: date
    booked_by: str
    at: datetime
    transfer_id: UUID


@dataclass(frozen=True, slots=True)
class Budget:
    """Part of a purse, set aside.

    Attributes:
        cap: units that may lie in it in all, whatever was spent of them.
        funded: units brought in, less what was released.
        committed: units that admitted or delivered calls took and that are not booked yet.
        parent_id: the budget that fed it and takes back what is left; None: the purse.
    """

    id: UUID
    tenant_id: UUID
    name: str
    purpose: BudgetFor
    asset: Asset
    cap: int
    funded: int
    committed: int
    made_by: str
    made_at: datetime
    closed_at: datetime | None = None
    parent_id: UUID | None = None

    @property
    def by_hand(self) -> bool:
        """Whether people fill and release it; a commission's, and what it feeds, moves with the commission's life."""
        return self.purpose is not BudgetFor.COMMISSION and self.parent_id is None


@dataclass(frozen=True, slots=True)
class BudgetNow:
    """A budget with what the book says of it: ``left`` is free, ``held`` is promised."""

    budget: Budget
    left: int
    held: int


@dataclass(frozen=True, slots=True)
class Month:
    """What happened in one calendar month, in China, of one asset."""

    month: str
    asset: Asset
    deposited: int = 0
    rewarded: int = 0
    clawed_back: int = 0
    metered: int = 0


@dataclass(frozen=True, slots=True)
class Finance:
    """A tenant's money at one moment, by asset.

    Attributes:
        purse: free, in no budget.
        on_hold: promised and held, or reserved for a link.
        unfunded: promised by the rules; no budget had enough.
        in_wallets: earned here, and at most so much of it still lies in wallets.
        owed: by persons, after claw-backs.
        unbooked: of delivered calls, not booked yet.
    """

    purse: Mapping[Asset, int]
    budgets: tuple[BudgetNow, ...]
    on_hold: Mapping[Asset, int]
    unfunded: Mapping[Asset, int]
    in_wallets: Mapping[Asset, int]
    owed: Mapping[Asset, int]
    unbooked: Mapping[Asset, int]
    counts: Mapping[RewardState, int] = field(default_factory=dict)
    months: tuple[Month, ...] = ()
