"""Questions under way, shared between workers through the database: taken under a lease, gone once answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from pipewarden.judge.store.tables import AskRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that waits for its answer."""

    tenant_id: UUID
    ask_id: UUID
    alarm_id: UUID


def add(work: Work, ask_id: UUID, alarm_id: UUID, due_at: datetime) -> None:
    """Note that a question is to be put."""
    work.session.execute(
        insert(AskRow).values(
            id=ask_id, tenant_id=work.tenant_id, alarm_id=alarm_id, asked_at=work.now(), due_at=due_at
        )
    )


def claim(work: Work, *, lease: UUID, lease_s: float) -> Waiting | None:
    """Take the oldest question, of any tenant, that nobody is asking; None when there is none.

    Of two tenants the one with fewer questions under way comes first, so that a flood of one does not keep the other's
    waiting. A lease that ran out belonged to a worker that died or hung; its question is free again until it is late.
    """
    now, other = work.now(), aliased(AskRow)
    under_way = select(func.count()).where(other.tenant_id == AskRow.tenant_id, other.leased_until > now)
    free = or_(AskRow.leased_until.is_(None), AskRow.leased_until <= now)
    found = work.session.execute(
        select(AskRow.tenant_id, AskRow.id, AskRow.alarm_id)
        .where(AskRow.due_at > now, free)
        .order_by(under_way.scalar_subquery(), AskRow.asked_at, AskRow.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=AskRow)
    ).first()
    if found is None:
        return None
    until = now + timedelta(seconds=lease_s)
    work.session.execute(update(AskRow).where(AskRow.id == found.id).values(lease=lease, leased_until=until))
    return Waiting(tenant_id=found.tenant_id, ask_id=found.id, alarm_id=found.alarm_id)


def late(work: Work, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (question, alarm) of questions whose time is over, the oldest first."""
    rows = work.session.execute(
        select(AskRow.id, AskRow.alarm_id)
        .where(AskRow.tenant_id == work.tenant_id, AskRow.due_at <= work.now())
        .order_by(AskRow.due_at, AskRow.id)
        .limit(limit)
    )
    return [(ask_id, alarm_id) for ask_id, alarm_id in rows]


def drop(work: Work, ask_id: UUID) -> bool:
    """Forget a question and return whether it was under way."""
    gone = delete(AskRow).where(AskRow.tenant_id == work.tenant_id, AskRow.id == ask_id)
    return work.session.scalar(gone.returning(AskRow.id)) is not None
