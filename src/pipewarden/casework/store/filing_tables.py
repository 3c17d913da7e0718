"""The tables of filings and what happened to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Double, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable


class FilingRow(Base):
    """The sum of one filing's events, beside what the lists ask of it.

    Attributes:
        filed_by: the person or key that filed it.
        lon: of a point inside the works, degrees WGS-84; ``west`` to ``north`` is their bounding box.
        source_id: of the list it came from; the last filing of each stands in ``casework_listed``.
        contractor_id: of the contractor that it names.
        named: by what its parties can be known (``rules.filing_named``).
    """

    __tablename__ = "casework_filings"
    __table_args__ = (
        Index("ix_casework_filings_filed_by", "filed_by"),
        Index("ix_casework_filings_list", "tenant_id", "id"),
        Index("ix_casework_filings_period", "tenant_id", "valid_until"),
        Index("ix_casework_filings_named", "named", postgresql_using="gin"),
        Index(
            "ix_casework_filings_source", "tenant_id", "source", "source_id", postgresql_where=text("source_id <> ''")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    filed_by: Mapped[UUID | None]
    method: Mapped[str] = mapped_column(Text)
    urgent: Mapped[bool] = mapped_column(Boolean)
    zone: Mapped[str] = mapped_column(Text)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    west: Mapped[float] = mapped_column(Double)
    south: Mapped[float] = mapped_column(Double)
    east: Mapped[float] = mapped_column(Double)
    north: Mapped[float] = mapped_column(Double)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    contractor_id: Mapped[UUID | None]
    named: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    sum: Mapped[dict[str, object]]


class FilingEventRow(Base):
    """One thing that happened to a filing; append-only. A version is taken once, whoever writes beside."""

    __tablename__ = "casework_filing_events"
    __table_args__ = (
        UniqueConstraint("id"),
        UniqueConstraint("filing_id", "version"),
        {"info": {"append_only": True}},
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    filing_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    body: Mapped[dict[str, object]]


class FilingDueRow(Base):
    """One moment of a filing by which somebody must act; ``steps`` is the chain that tells it, ``next_at`` when.

    ``told`` holds whom the chain has called: loop, person and call of each.
    """

    __tablename__ = "casework_filing_dues"
    __table_args__ = (
        Index("ix_casework_filing_dues_next_at", "next_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_casework_filing_dues_told", "told", postgresql_using="gin"),
        Index(
            "uq_casework_filing_dues_open", "filing_id", "kind", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    filing_id: Mapped[UUID] = mapped_column(ForeignKey("casework_filings.id"))
    kind: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID | None]
    role: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    area_path: Mapped[str | None] = mapped_column(Text)
    next_at: Mapped[datetime | None]
    steps: Mapped[dict[str, object]]
    told: Mapped[list[object]]
    ended_at: Mapped[datetime | None]


FILINGS = ScopedTable(tenant_id=FilingRow.tenant_id, owner_id=FilingRow.filed_by, lon=FilingRow.lon, lat=FilingRow.lat)
