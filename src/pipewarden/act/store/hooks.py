"""Subscriptions and where they are posted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.act.facts import Hook, HookState
from pipewarden.act.store.tables import HookAddressRow, HookRow
from pipewarden.people.facts import Address

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


def add(work: Work, hook: Hook, address: Address, by: UUID) -> None:
    """Write a subscription."""
    work.session.execute(
        insert(HookRow).values(
            id=hook.id,
            tenant_id=hook.tenant_id,
            name=hook.name,
            shown=hook.shown,
            kinds=list(hook.kinds),
            batch=hook.batch,
            state=hook.state.value,
            failures=hook.failures,
            problem=hook.problem,
            created_at=hook.created_at,
            created_by=by,
        )
    )
    work.session.execute(
        insert(HookAddressRow).values(
            webhook_id=hook.id, tenant_id=hook.tenant_id, address=address.address, secret=address.secret
        )
    )


def lock_all(work: Work) -> None:
    """Let nobody else count the tenant's subscriptions until the transaction ends."""
    name = f"act.hooks:{work.tenant_id}"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def of(work: Work, *conditions: ColumnElement[bool]) -> list[Hook]:
    """Return the subscriptions that are not removed and that conditions pick, the oldest first."""
    rows = work.session.scalars(
        select(HookRow)
        .where(HookRow.state != HookState.REMOVED.value, *conditions)
        .order_by(HookRow.id)
        .execution_options(populate_existing=True)
    )
    return [
        Hook(
            id=row.id,
            tenant_id=row.tenant_id,
            name=row.name,
            shown=row.shown,
            kinds=tuple(row.kinds),
            state=HookState(row.state),
            failures=row.failures,
            problem=row.problem,
            created_at=row.created_at,
            batch=row.batch,
        )
        for row in rows
    ]


def change(work: Work, hook_id: UUID, **values: object) -> None:
    """Write a subscription's state, name, kinds or failures."""
    work.session.execute(
        update(HookRow).where(HookRow.id == hook_id, HookRow.tenant_id == work.tenant_id).values(**values)
    )


def failed(work: Work, hook_id: UUID, problem: str) -> int:
    """Count a failure and return how many there were in a row."""
    count = work.session.scalar(
        update(HookRow)
        .where(HookRow.id == hook_id, HookRow.tenant_id == work.tenant_id)
        .values(failures=HookRow.failures + 1, problem=problem)
        .returning(HookRow.failures)
    )
    return count or 0


def address(work: Work, hook_id: UUID) -> Address | None:
    """Return where a subscription is posted to, None once it is removed."""
    row = work.session.execute(
        select(HookAddressRow.address, HookAddressRow.secret).where(
            HookAddressRow.webhook_id == hook_id, HookAddressRow.tenant_id == work.tenant_id
        )
    ).first()
    return None if row is None else Address(hook_id, row.address, row.secret)


def forget(work: Work, hook_id: UUID) -> None:
    """Take a subscription out of use and forget its address."""
    work.session.execute(delete(HookAddressRow).where(HookAddressRow.webhook_id == hook_id))
    change(work, hook_id, state=HookState.REMOVED.value)
