"""Faults from their beginning to their end: one open one of a kind and tenant, those that ended kept as history."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, Integer, Text, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.operation.facts import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work
    from pipewarden.operation.facts import Sighting


class FaultRow(Base):
    """One fault."""

    __tablename__ = "operation_faults"
    __table_args__ = (
        Index("uq_operation_faults_open", "tenant_id", "kind", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_operation_faults_list", "tenant_id", "since", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(Integer)
    names: Mapped[list[object]]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


def lock(work: Work) -> None:
    """Let nobody else write the tenant's faults until the transaction ends: two watchers look side by side."""
    key = func.hashtextextended(f"operation_faults:{work.tenant_id}", 0)
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def see(work: Work, seen: Sequence[Sighting]) -> None:
    """Begin the faults that were not there and renew the others; hold the lock."""
    now = work.now()
    for one in seen:
        values = {"count": one.count, "names": list(one.names), "seen_at": now}
        first = {"id": work.ids.new(), "tenant_id": work.tenant_id, "kind": one.kind.value, "since": now}
        work.session.execute(
            insert(FaultRow)
            .values(**first, **values)
            .on_conflict_do_update(
                index_elements=["tenant_id", "kind"], index_where=text("ended_at IS NULL"), set_=values
            )
        )


def settle(work: Work, kinds: Collection[FaultKind]) -> list[Fault]:
    """End the tenant's open faults that are none of ``kinds`` any more, and return them."""
    now = work.now()
    rows = work.session.scalars(
        update(FaultRow)
        .where(
            FaultRow.tenant_id == work.tenant_id,
            FaultRow.ended_at.is_(None),
            FaultRow.kind.not_in([one.value for one in kinds]),
        )
        .values(ended_at=now)
        .returning(FaultRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return [_fault(row) for row in rows]


def told(work: Work, ids: Collection[UUID]) -> None:
    """Write that people were told."""
    work.session.execute(
        update(FaultRow)
        .where(FaultRow.id.in_(ids))
        .values(told_at=work.now())
        .execution_options(synchronize_session=False)
    )


def open_faults(work: Work, *conditions: ColumnElement[bool]) -> list[Fault]:
    """Return the faults that last and that conditions pick, the oldest first."""
    return faults(work, FaultRow.ended_at.is_(None), *conditions, limit=1000)[::-1]


def faults(work: Work, *conditions: ColumnElement[bool], limit: int) -> list[Fault]:
    """Return up to ``limit`` faults that conditions pick, those that began last first."""
    rows = work.session.scalars(
        select(FaultRow)
        .where(*conditions)
        .order_by(FaultRow.since.desc(), FaultRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_fault(row) for row in rows]


def _fault(row: FaultRow) -> Fault:
    return Fault(
        id=row.id,
        tenant_id=row.tenant_id,
        kind=FaultKind(row.kind),
        count=row.count,
        names=tuple(str(one) for one in row.names),
        since=row.since,
        seen_at=row.seen_at,
        told_at=row.told_at,
        ended_at=row.ended_at,
    )
