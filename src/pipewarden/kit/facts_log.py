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

from sqlalchemy import (
    BigInteger,
    Identity,
    Index,
    Text,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base, insert_rows
from pipewarden.kit.work import FactRef

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import CTE, ColumnElement, TableValuedAlias

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
    insert_rows(
        work.session,
        insert(FactRow).returning(FactRow.seq, sort_by_parameter_order=True),  # seq grows in the order given
        [
            {
                "kind": fact.kind,
                "partition": fact.partition,
                "tenant_id": fact.tenant_id,
                "fact_id": fact.fact_id,
                "emitted_at": now,
            }
            for fact in facts
        ],
    )


def wait_for_writers(session: Session, kinds: Collection[str], partition: str) -> None:
    """Return once every transaction that was appending facts of ``kinds`` to the partition has ended."""
    keys = bindparam("keys", sorted(lock_key(kind, partition) for kind in kinds), ARRAY(BigInteger))
    key = func.unnest(keys).column_valued("key")
    session.execute(select(func.pg_advisory_lock_shared(key), func.pg_advisory_unlock_shared(key)))


def take_cursor(session: Session, consumer: str, partition: str) -> int:
    """Lock the consumer's cursor and return how far it has read; waits for a worker that holds it.

    Waiting, not skipping: a fact that commits after the holder's last read would otherwise wake nobody.

    Raises:
        OperationalError: the holder did not let go within a minute; the queue tries again.
    """
    session.execute(text("SET LOCAL lock_timeout = '60s'"))
    mine = CursorRow.consumer == consumer, CursorRow.partition == partition
    held = session.scalar(select(CursorRow.seq).where(*mine).with_for_update())
    if held is None:
        first = insert(CursorRow).values(consumer=consumer, partition=partition, seq=0)
        session.execute(first.on_conflict_do_nothing())
        held = session.scalars(select(CursorRow.seq).where(*mine).with_for_update()).one()
    return held


def partitions_behind(session: Session, consumer: str, kind: str, tenant_id: UUID | None) -> list[str]:
    """Return the partitions of a kind that hold facts past the consumer's cursor, of one tenant or of all.

    The partitions are found by hopping along the index: it costs as many steps as there are partitions, however many
    facts they hold.
    """
    known = _partitions(kind)
    read = and_(CursorRow.consumer == consumer, CursorRow.partition == known.c.name)
    past = exists().where(
        FactRow.kind == kind, FactRow.partition == known.c.name, FactRow.seq > func.coalesce(CursorRow.seq, 0)
    )
    if tenant_id is not None:
        past = past.where(FactRow.tenant_id == tenant_id)
    return list(session.scalars(select(known.c.name).outerjoin(CursorRow, read).where(past)))


def partitions(session: Session, kind: str) -> list[str]:
    """Return every partition that holds facts of a kind, at the cost that ``partitions_behind`` names."""
    name = _partitions(kind).c.name
    return list(session.scalars(select(name).where(name.is_not(None)).order_by(name)))


def _partitions(kind: str) -> CTE:
    of_kind, name = FactRow.kind == kind, FactRow.partition
    known = select(func.min(name).label("name")).where(of_kind).cte("known", recursive=True)
    further = select(func.min(name)).where(of_kind, name > known.c.name).scalar_subquery()
    return known.union_all(select(further).where(known.c.name.is_not(None)))


def consumers_behind(session: Session, kinds: Mapping[str, str], partition: str) -> list[str]:
    """Return which consumers (``kinds`` by consumer) have facts to take in the partition, in the order given."""
    if not kinds:
        return []
    asked = [
        select(literal(consumer)).where(exists().where(*_past(consumer, kind, partition)))
        for consumer, kind in kinds.items()
    ]
    found = set(session.scalars(union_all(*asked)))
    return [consumer for consumer in kinds if consumer in found]


def count_behind(session: Session, consumer: str, kind: str, partition: str) -> int:
    """Return how many facts of a partition wait for a consumer."""
    past = _past(consumer, kind, partition)
    return session.scalar(select(func.count()).select_from(FactRow).where(*past)) or 0


def oldest_waiting(session: Session, consumer: str, kind: str) -> datetime | None:
    """Return when the oldest fact was said that a consumer has not taken; None where it is up to date.

    It costs what ``partitions_behind`` costs: a step a partition, however many facts they hold.
    """
    known = _partitions(kind)
    read = and_(CursorRow.consumer == consumer, CursorRow.partition == known.c.name)
    first = (
        select(FactRow.emitted_at)
        .where(FactRow.kind == kind, FactRow.partition == known.c.name, FactRow.seq > func.coalesce(CursorRow.seq, 0))
        .order_by(FactRow.seq)
        .limit(1)
        .lateral()
    )
    behind = select(func.min(first.c.emitted_at)).select_from(known.outerjoin(CursorRow, read)).join(first, true())
    oldest: datetime | None = session.scalar(behind)
    return oldest


def count_stuck(session: Session) -> dict[UUID, int]:
    """Return how many facts of each tenant were set aside for a person to look at."""
    rows = session.execute(select(StuckRow.tenant_id, func.count()).group_by(StuckRow.tenant_id))
    return {tenant_id: count for tenant_id, count in rows}  # noqa: C416  rows are no pairs to the type checker


def _past(consumer: str, kind: str, partition: str) -> tuple[ColumnElement[bool], ...]:
    read = select(CursorRow.seq).where(CursorRow.consumer == consumer, CursorRow.partition == partition)
    later = FactRow.seq > func.coalesce(read.scalar_subquery(), 0)
    return FactRow.kind == kind, FactRow.partition == partition, later


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


def waiting_each(session: Session, places: Mapping[tuple[str, str], int], limit: int) -> list[FactRef]:
    """Return at most ``limit`` facts of each (kind, partition) past its place, oldest first, in one query."""
    well = _wells(places, list(places.values()))
    fact = (
        select(FactRow)
        .where(FactRow.kind == well.c.kind, FactRow.partition == well.c.partition, FactRow.seq > well.c.past)
        .order_by(FactRow.seq)
        .limit(limit)
        .lateral()
    )
    rows = session.execute(
        select(fact.c.kind, fact.c.partition, fact.c.tenant_id, fact.c.fact_id, fact.c.seq)
        .select_from(well)
        .join(fact, true())
        .order_by(fact.c.seq)
    )
    return [
        FactRef(kind=kind, partition=part, tenant_id=one, fact_id=fact, seq=seq) for kind, part, one, fact, seq in rows
    ]


def ends(session: Session, wells: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the place of the last fact of each (kind, partition); 0 where there is none."""
    well = _wells(wells, [0] * len(wells))
    last = select(func.max(FactRow.seq)).where(FactRow.kind == well.c.kind, FactRow.partition == well.c.partition)
    rows = session.execute(select(well.c.kind, well.c.partition, last.scalar_subquery()))
    return {(kind, partition): seq or 0 for kind, partition, seq in rows}


def _wells(wells: Collection[tuple[str, str]], past: list[int]) -> TableValuedAlias:
    names = [bindparam(None, [one[part] for one in wells], ARRAY(Text)) for part in (0, 1)]
    rows = func.unnest(*names, bindparam(None, past, ARRAY(BigInteger)))
    return rows.table_valued(
        column("kind", Text), column("partition", Text), column("past", BigInteger)
    ).render_derived()


def move_cursor(session: Session, consumer: str, partition: str, seq: int) -> None:
    """Remember that everything up to ``seq`` is done."""
    mine = CursorRow.consumer == consumer, CursorRow.partition == partition
    session.execute(update(CursorRow).where(*mine).values(seq=seq), execution_options={"synchronize_session": False})


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
