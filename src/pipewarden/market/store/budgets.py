"""Every query on deposits and budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.finance import Budget, BudgetFor, Deposit
from pipewarden.market.store.tables import BudgetRow, DepositRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work


def add_deposit(work: Work, one: Deposit) -> bool:
    """Write a deposit; return whether its receipt was new."""
    values = {name: getattr(one, name) for name in Deposit.__slots__} | {"asset": one.asset.value}
    made = insert(DepositRow).values(**values)
    free = made.on_conflict_do_nothing(index_elements=["tenant_id", "asset", "number"]).returning(DepositRow.id)
    return work.session.scalar(free) is not None


def deposit(work: Work, asset: Asset, number: str) -> Deposit | None:
    """Return the tenant's deposit of a receipt's number."""
    mine = (DepositRow.tenant_id == work.tenant_id, DepositRow.asset == asset.value, DepositRow.number == number)
    row = work.session.scalar(select(DepositRow).where(*mine))
    return None if row is None else _deposit(row)


def deposits(work: Work, *, limit: int, before: UUID | None = None) -> list[Deposit]:
    """Return the tenant's deposits, the newest first."""
    older = [] if before is None else [DepositRow.id < before]
    asked = select(DepositRow).where(DepositRow.tenant_id == work.tenant_id, *older)
    return [_deposit(row) for row in work.session.scalars(asked.order_by(DepositRow.id.desc()).limit(limit))]


def all_deposits(work: Work) -> list[Deposit]:
    """Return every deposit of the tenant, oldest first."""
    asked = select(DepositRow).where(DepositRow.tenant_id == work.tenant_id).order_by(DepositRow.id)
    return [_deposit(row) for row in work.session.scalars(asked)]


def add(work: Work, one: Budget) -> bool:
    """Write a budget; return whether its name was free in the tenant."""
    values = {name: getattr(one, name) for name in Budget.__slots__}
    values |= {"purpose": one.purpose.value, "asset": one.asset.value}
    made = insert(BudgetRow).values(**values).on_conflict_do_nothing(index_elements=["tenant_id", "name"])
    return work.session.scalar(made.returning(BudgetRow.id)) is not None


def held(work: Work, budget_id: UUID) -> Budget | None:
    """Return a budget of the tenant, locked."""
    mine = (BudgetRow.tenant_id == work.tenant_id, BudgetRow.id == budget_id)
    row = work.session.scalar(
        select(BudgetRow).where(*mine).with_for_update().execution_options(populate_existing=True)
    )
    return None if row is None else _budget(row)


def hold(work: Work, ids: Collection[UUID]) -> None:
    """Lock budgets of the tenant, in one order."""
    mine = (BudgetRow.tenant_id == work.tenant_id, BudgetRow.id.in_(set(ids)))
    work.session.execute(select(BudgetRow.id).where(*mine).order_by(BudgetRow.id).with_for_update())


def of_tenant(work: Work) -> list[Budget]:
    """Return the tenant's budgets, the oldest first."""
    asked = select(BudgetRow).where(BudgetRow.tenant_id == work.tenant_id).order_by(BudgetRow.id)
    return [_budget(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def by_ids(work: Work, ids: Collection[UUID]) -> dict[UUID, Budget]:
    """Return budgets of the tenant by id."""
    mine = (BudgetRow.tenant_id == work.tenant_id, BudgetRow.id.in_(set(ids)))
    rows = work.session.scalars(select(BudgetRow).where(*mine).execution_options(populate_existing=True))
    return {row.id: _budget(row) for row in rows} if ids else {}


def paying(work: Work, purpose: BudgetFor, asset: Asset) -> list[Budget]:
    """Return the tenant's open budgets that pay something in an asset, the oldest first."""
    mine = (BudgetRow.tenant_id == work.tenant_id, BudgetRow.purpose == purpose.value, BudgetRow.asset == asset.value)
    asked = select(BudgetRow).where(*mine, BudgetRow.closed_at.is_(None)).order_by(BudgetRow.id)
    return [_budget(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def move(work: Work, budget_id: UUID, *, funded: int = 0, committed: int = 0) -> None:
    """Add to what was brought in, or what calls took; the database refuses more than the cap and less than nothing."""
    values = {"funded": BudgetRow.funded + funded, "committed": BudgetRow.committed + committed}
    work.session.execute(update(BudgetRow).where(BudgetRow.id == budget_id).values(**values))


def close(work: Work, ids: Collection[UUID]) -> None:
    """Write that budgets pay nothing any more."""
    work.session.execute(update(BudgetRow).where(BudgetRow.id.in_(set(ids))).values(closed_at=work.now()))


def _budget(row: BudgetRow) -> Budget:
    values = {name: getattr(row, name) for name in Budget.__slots__}
    return Budget(**values | {"purpose": BudgetFor(row.purpose), "asset": Asset(row.asset)})


def _deposit(row: DepositRow) -> Deposit:
    return Deposit(**{name: getattr(row, name) for name in Deposit.__slots__} | {"asset": Asset(row.asset)})
