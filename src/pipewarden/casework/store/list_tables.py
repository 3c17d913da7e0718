"""The tables of permit and one-call lists: which come, what each id said last, which messages were heard or not."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base


class ListRow(Base):
    """One list of a tenant; ``every_h`` is how many hours it may stay away, None for as long as it likes."""

    __tablename__ = "casework_lists"
    __table_args__ = (UniqueConstraint("tenant_id", "source"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    every_h: Mapped[int | None] = mapped_column(Integer)
    silent_at: Mapped[datetime | None]


class ListedRow(Base):
    """What a list said of one of its ids last; taken once for each source, whoever imports beside."""

    __tablename__ = "casework_listed"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    source_id: Mapped[str] = mapped_column(Text, primary_key=True)
    filing_id: Mapped[UUID | None]
    revision: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    ended: Mapped[bool] = mapped_column(Boolean)
    heard_at: Mapped[datetime]


class HeardRow(Base):
    """One message that came, by its sender's number."""

    __tablename__ = "casework_heard"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    station: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class GapRow(Base):
    """Messages that never came; open until they do."""

    __tablename__ = "casework_gaps"
    __table_args__ = (
        Index("ix_casework_gaps_open", "tenant_id", "source", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    station: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(Date)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    found_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
