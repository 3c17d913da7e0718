"""The log of facts: which fact exists, in commit order per partition, and how far each consumer has read.

Order matters because a reader keeps only a number. A number taken inside a transaction says nothing about when that
transaction commits, so writers of one partition take an advisory lock before they insert; then ``seq`` grows in commit
order and no reader can step over a fact that commits late. The lock also closes the lost-wakeup gap of coalesced jobs:
a drain passes the same lock once before it reads.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.kit.work import FactRef

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


class FactRow(Base):
    """One fact that was committed; append-only for the app role."""

    __tablename__ = "kit_facts"
    __table_args__ = (
        Index("ix_kit_facts_kind_partition_seq", "kind", "partition", "seq"),
        {"info": {"append_only": True}},
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    partition: Mapped[str] = mapped_column(Text)
    tenant_id: Mapped[UUID]
    fact_id: Mapped[UUID]
    emitted_at: Mapped[datetime]


class CursorRow(Base):
    """How far one consumer has drained one partition."""

    __tablename__ = "kit_cursors"

    consumer: Mapped[str] = mapped_column(Text, primary_key=True)
    partition: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


class StuckRow(Base):
    """A fact that a consumer could not take: kept for a person, never dropped silently."""

    __tablename__ = "kit_stuck"

    consumer: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    fact_id: Mapped[UUID]
    problem: Mapped[str] = mapped_column(Text)
    stuck_at: Mapped[datetime]


def lock_key(kind: str, partition: str) -> int:
    """Return the signed 64-bit advisory lock key of a partition."""
    digest = hashlib.sha256(f"{kind}\0{partition}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def append(work: Work, facts: list[FactRef]) -> None:
    """Insert ``facts`` under the locks of their partitions, taken in one order so that two writers cannot deadlock."""
    for key in sorted({lock_key(fact.kind, fact.partition) for fact in facts}):
        work.session.execute(select(func.pg_advisory_xact_lock(key)))
    now = work.now()
    work.session.add_all(
        FactRow(
            kind=fact.kind, partition=fact.partition, tenant_id=fact.tenant_id, fact_id=fact.fact_id, emitted_at=now
        )
        for fact in facts
    )
    work.session.flush()


def wait_for_writers(session: Session, kind: str, partition: str) -> None:
    """Return once every transaction that was appending to the partition has ended."""
    key = lock_key(kind, partition)
    session.execute(select(func.pg_advisory_lock(key)))
    session.execute(select(func.pg_advisory_unlock(key)))


def take_cursor(session: Session, consumer: str, partition: str) -> int:
    """Lock the consumer's cursor and return how far it has read; waits for a worker that holds it.

    Waiting, not skipping: a fact that commits after the holder's last read would otherwise wake nobody.

    Raises:
        OperationalError: the holder did not let go within a minute; the queue tries again.
    """
    session.execute(text("SET LOCAL lock_timeout = '60s'"))
    session.execute(insert(CursorRow).values(consumer=consumer, partition=partition, seq=0).on_conflict_do_nothing())
    found = session.scalars(
        select(CursorRow.seq).where(CursorRow.consumer == consumer, CursorRow.partition == partition).with_for_update()
    )
    return found.one()


def partitions_behind(session: Session, consumer: str, kind: str, tenant_id: UUID | None) -> list[str]:
    """Return the partitions of a kind that hold facts past the consumer's cursor, of one tenant or of all."""
    read = (
        select(CursorRow.seq)
        .where(CursorRow.consumer == consumer, CursorRow.partition == FactRow.partition)
        .scalar_subquery()
    )
    newest = func.max(FactRow.seq)
    asked = select(FactRow.partition).where(FactRow.kind == kind).group_by(FactRow.partition)
    if tenant_id is not None:
        asked = asked.where(FactRow.tenant_id == tenant_id)
    return list(session.scalars(asked.having(newest > func.coalesce(read, 0))))


def waiting(session: Session, kind: str, partition: str, after: int, limit: int) -> list[FactRef]:
    """Return at most ``limit`` facts past ``after``, oldest first."""
    rows = session.scalars(
        select(FactRow)
        .where(FactRow.kind == kind, FactRow.partition == partition, FactRow.seq > after)
        .order_by(FactRow.seq)
        .limit(limit)
    )
    return [
        FactRef(kind=row.kind, partition=row.partition, tenant_id=row.tenant_id, fact_id=row.fact_id, seq=row.seq)
        for row in rows
    ]


def move_cursor(session: Session, consumer: str, partition: str, seq: int) -> None:
    """Remember that everything up to ``seq`` is done."""
    row = session.get_one(CursorRow, (consumer, partition))
    row.seq = seq


def set_aside(work: Work, consumer: str, fact: FactRef, problem: str) -> None:
    """Keep a fact that failed for a person to look at."""
    work.session.add(
        StuckRow(
            consumer=consumer,
            seq=fact.seq,
            tenant_id=fact.tenant_id,
            kind=fact.kind,
            fact_id=fact.fact_id,
            problem=problem,
            stuck_at=work.now(),
        )
    )
