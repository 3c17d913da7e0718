"""Test pictures that the house sent through itself, and whether each came out at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, Text, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


class BeatRow(Base):
    """One test alarm; ``passed_at`` is when it was seen to be judged."""

    __tablename__ = "sense_beats"
    __table_args__ = (Index("ix_sense_beats_tenant_id", "tenant_id", "begun_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    stream: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime]
    passed_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class OpenBeat:
    """A test alarm that has not come out yet."""

    id: UUID
    stream: str
    begun_at: datetime


def add_beat(work: Work, beat: OpenBeat) -> None:
    """Note that a test alarm was sent."""
    row = {"id": beat.id, "tenant_id": work.tenant_id, "stream": beat.stream, "begun_at": beat.begun_at}
    work.session.execute(insert(BeatRow).values(**row, passed_at=None))


def open_beats(work: Work, since: datetime) -> list[OpenBeat]:
    """Return the tenant's test alarms sent after ``since`` that have not come out."""
    rows = work.session.scalars(
        select(BeatRow)
        .where(BeatRow.tenant_id == work.tenant_id, BeatRow.passed_at.is_(None), BeatRow.begun_at > since)
        .order_by(BeatRow.begun_at)
    )
    return [OpenBeat(row.id, row.stream, row.begun_at) for row in rows]


def pass_beat(work: Work, beat_id: UUID) -> None:
    """Note that a test alarm was judged."""
    mine = (BeatRow.tenant_id == work.tenant_id, BeatRow.id == beat_id)
    work.session.execute(update(BeatRow).where(*mine).values(passed_at=work.now()))


def last_beats(work: Work) -> dict[UUID, tuple[datetime, datetime | None]]:
    """Return by tenant, of every tenant, when its first test alarm was sent and when the last one that came out was."""
    passed = func.max(BeatRow.begun_at).filter(BeatRow.passed_at.is_not(None))
    rows = work.session.execute(
        select(BeatRow.tenant_id, func.min(BeatRow.begun_at), passed).group_by(BeatRow.tenant_id)
    )
    return {tenant_id: (first, last) for tenant_id, first, last in rows}
