"""Every query on what persons owe after claw-backs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.rewards import Debt
from pipewarden.market.store.tables import DebtRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work


def add(work: Work, debt: Debt) -> None:
    """Write a new debt."""
    values = {name: getattr(debt, name) for name in Debt.__slots__ if name != "left"} | {"remaining": debt.left}
    work.session.execute(insert(DebtRow).values(**values | {"asset": debt.asset.value}))


def of_person(work: Work, person_id: UUID, asset: Asset) -> list[Debt]:
    """Return what a person owes, to whatever tenant, the oldest first, locked."""
    mine = (DebtRow.person_id == person_id, DebtRow.asset == asset.value, DebtRow.remaining > 0)
    rows = work.session.scalars(
        select(DebtRow).where(*mine).order_by(DebtRow.id).with_for_update().execution_options(populate_existing=True)
    )
    return [_debt(row) for row in rows]


def pay(work: Work, debt_id: UUID, units: int) -> None:
    """Write that so many units of a debt were paid."""
    work.session.execute(update(DebtRow).where(DebtRow.id == debt_id).values(remaining=DebtRow.remaining - units))


def sums(work: Work) -> dict[Asset, int]:
    """Return what persons owe the tenant, by asset."""
    rows = work.session.execute(
        select(DebtRow.asset, func.sum(DebtRow.remaining))
        .where(DebtRow.tenant_id == work.tenant_id)
        .group_by(DebtRow.asset)
    )
    return dict.fromkeys(Asset, 0) | {Asset(name): int(units) for name, units in rows}


def _debt(row: DebtRow) -> Debt:
    asset = Asset(row.asset)
    return Debt(row.id, row.tenant_id, row.reward_id, row.person_id, asset, row.units, row.remaining, row.at)
