"""Every query on calls of capabilities: once for each request, the picture only while one waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.foundry import Call, CallState
from pipewarden.market.store.foundry_tables import CallRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work


def add(work: Work, one: Call, picture: bytes | None = None) -> bool:
    """Write a call; return whether its request was new."""
    values = _values(one) | {"picture": picture}
    made = insert(CallRow).values(**values).on_conflict_do_nothing().returning(CallRow.id)
    return work.session.scalar(made) is not None


def change(work: Work, one: Call, picture: bytes | None = None) -> None:
    """Write how a call stands."""
    work.session.execute(update(CallRow).where(CallRow.id == one.id).values(**_values(one), picture=picture))


def by_request(work: Work, line_id: UUID, request_id: str) -> Call | None:
    """Return the tenant's call of a request."""
    mine = (CallRow.tenant_id == work.tenant_id, CallRow.line_id == line_id, CallRow.request_id == request_id)
    row = work.session.scalar(select(CallRow).where(*mine).execution_options(populate_existing=True))
    return None if row is None else _call(row)


def one(work: Work, line_id: UUID, call_id: UUID) -> Call | None:
    """Return a call of the tenant by its id."""
    mine = (CallRow.tenant_id == work.tenant_id, CallRow.line_id == line_id, CallRow.id == call_id)
    row = work.session.scalar(select(CallRow).where(*mine).execution_options(populate_existing=True))
    return None if row is None else _call(row)


def waiting(work: Work, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Return tenant and id of calls that wait, of every tenant, the oldest first."""
    asked = select(CallRow.tenant_id, CallRow.id).where(CallRow.state == CallState.WAITING.value)
    return [(row[0], row[1]) for row in work.session.execute(asked.order_by(CallRow.asked_at).limit(limit))]


def held(work: Work, call_id: UUID) -> tuple[Call, bytes | None] | None:
    """Return a waiting call of the tenant with its picture, locked; None where it waits no more."""
    mine = (CallRow.id == call_id, CallRow.tenant_id == work.tenant_id, CallRow.state == CallState.WAITING.value)
    row = work.session.scalar(select(CallRow).where(*mine).with_for_update().execution_options(populate_existing=True))
    return None if row is None else (_call(row), row.picture)


def tried(work: Work, line_id: UUID, caller: str, since: datetime) -> int:
    """Return how many unpaid tries somebody made of a line since a moment."""
    mine = (CallRow.line_id == line_id, CallRow.caller == caller, CallRow.request_id.is_(None))
    return work.session.scalar(select(func.count()).where(*mine, CallRow.asked_at >= since)) or 0


def counts(work: Work, version_id: UUID) -> dict[CallState, int]:
    """Return how many paid calls of a version, of every tenant, stand where."""
    mine = (CallRow.version_id == version_id, CallRow.demand_id.is_not(None))
    asked = select(CallRow.state, func.count()).where(*mine).group_by(CallRow.state)
    return {CallState(state): number for state, number in work.session.execute(asked)}


def answered(work: Work, line_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many paid calls of lines were answered, of every tenant."""
    mine = (CallRow.line_id.in_(line_ids), CallRow.state == CallState.ANSWERED.value, CallRow.demand_id.is_not(None))
    asked = select(CallRow.line_id, func.count()).where(*mine).group_by(CallRow.line_id)
    return {row[0]: row[1] for row in work.session.execute(asked)} if line_ids else {}


def forget(work: Work, before: datetime) -> int:
    """Forget what was asked and answered of every tenant before a moment; that it was asked stays. Return how many."""
    old = (CallRow.said, CallRow.asked_at < before, CallRow.state != CallState.WAITING.value)
    gone = update(CallRow).where(*old).values(given={}, answer={}, problem="", said=False).returning(CallRow.id)
    return len(work.session.scalars(gone).all())


def _values(one: Call) -> dict[str, object]:
    values = {name: getattr(one, name) for name in Call.__slots__}
    return values | {"state": one.state.value, "said": bool(one.given or one.answer or one.problem)}


def _call(row: CallRow) -> Call:
    values = {name: getattr(row, name) for name in Call.__slots__}
    return Call(**values | {"state": CallState(row.state)})
