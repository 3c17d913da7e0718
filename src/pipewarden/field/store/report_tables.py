"""Tables of reports: what was said, what was added, who sends, how their pictures look, which rewards are wanted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import REAL, Boolean, Double, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable


class ReportRow(Base):
    """One report; never deleted: what was acknowledged is kept, though its words and contact may be forgotten."""

    __tablename__ = "field_reports"
    __table_args__ = (
        UniqueConstraint("draft"),
        UniqueConstraint("token_digest"),
        Index("ix_field_reports_list", "tenant_id", "state", "id"),
        Index("ix_field_reports_place", "tenant_id", "lat", "lon"),
        Index("ix_field_reports_reporter_id", "reporter_id", "received_at"),
        Index("ix_field_reports_network", "network", "received_at"),
        Index("ix_field_reports_person_id", "person_id", "id"),
        Index("ix_field_reports_observations", "observations", postgresql_using="gin"),
        Index(
            "ix_field_reports_forget",
            "tenant_id",
            "forget_at",
            postgresql_where=text("forget_at IS NOT NULL AND forgotten_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    draft: Mapped[UUID]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    content_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    reporter_id: Mapped[UUID]
    network: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    danger: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    place_words: Mapped[str] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    said_crs: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(Text)
    fresh: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str | None] = mapped_column(Text, unique=True)
    contact: Mapped[str] = mapped_column(Text)
    notes: Mapped[list[str]] = mapped_column(JSONB)
    pictures: Mapped[list[str]] = mapped_column(ARRAY(Text))
    observations: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType))
    confirms: Mapped[UUID | None]
    copy_of: Mapped[UUID | None]
    decided_by: Mapped[UUID | None]
    called_at: Mapped[datetime | None]
    forget_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]
    kept_pictures: Mapped[int] = mapped_column(Integer, server_default="0")


class SaidRow(Base):
    """Words that a reporter added."""

    __tablename__ = "field_report_words"
    __table_args__ = (UniqueConstraint("draft"), Index("ix_field_report_words_report_id", "report_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    report_id: Mapped[UUID]
    draft: Mapped[UUID]
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ReporterRow(Base):
    """One phone or person as a tenant knows it; the hash is keyed, so it tells nothing elsewhere."""

    __tablename__ = "field_reporters"
    __table_args__ = (UniqueConstraint("tenant_id", "device"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    device: Mapped[bytes] = mapped_column(LargeBinary)
    aside_until: Mapped[datetime | None]
    aside_why: Mapped[str] = mapped_column(Text)


class PrintRow(Base):
    """How a reported picture looks, to know it again: hashes of several cuts, and points with their descriptors."""

    __tablename__ = "field_prints"
    __table_args__ = (Index("ix_field_prints_at", "tenant_id", "at"),)

    observation_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    report_id: Mapped[UUID]
    at: Mapped[datetime]
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    points: Mapped[bytes] = mapped_column(LargeBinary)
    descriptors: Mapped[bytes] = mapped_column(LargeBinary)
    features: Mapped[list[float]] = mapped_column(ARRAY(REAL))


class RewardRow(Base):
    """A wish that a reporter be rewarded; its key is unique for ever."""

    __tablename__ = "field_rewards"
    __table_args__ = (UniqueConstraint("key"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    site_id: Mapped[UUID]
    report_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


REPORTS = ScopedTable(tenant_id=ReportRow.tenant_id, owner_id=ReportRow.person_id, lon=ReportRow.lon, lat=ReportRow.lat)
