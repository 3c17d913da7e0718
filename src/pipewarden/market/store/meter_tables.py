"""Tables of metering: capabilities, their dated prices, demands, calls, and the batches that book them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base

_LOG = {"info": {"append_only": True}}


class CapabilityRow(Base):
    """One version of something that can be called."""

    __tablename__ = "market_capabilities"
    __table_args__ = (UniqueConstraint("tenant_id", "slug", "version"), _LOG)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    slug: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    expert_id: Mapped[UUID]
    made_at: Mapped[datetime]


class PriceRow(Base):
    """What a call costs from a moment on; the newest that has begun counts."""

    __tablename__ = "market_prices"
    __table_args__ = (CheckConstraint("units > 0", name="units"), _LOG)

    capability_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    units: Mapped[int] = mapped_column(BigInteger)


class DemandRow(Base):
    """So many calls wanted, for a budget."""

    __tablename__ = "market_demands"
    __table_args__ = (
        UniqueConstraint("budget_id"),
        CheckConstraint("taken >= 0 AND taken <= wanted", name="taken"),
        Index("ix_market_demands_list", "tenant_id", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(Text)
    capability_id: Mapped[UUID]
    budget_id: Mapped[UUID]
    wanted: Mapped[int] = mapped_column(Integer)
    taken: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)


class MeterRow(Base):
    """One call: the database itself keeps a retry from being a second one (safety.md T10)."""

    __tablename__ = "market_meters"
    __table_args__ = (
        UniqueConstraint("capability_id", "request_id"),
        CheckConstraint(
            "units > 0 AND expert >= 0 AND house >= 0 AND review >= 0 AND expert + house + review <= units",
            name="units",
        ),
        Index(
            "ix_market_meters_unbooked",
            "demand_id",
            "id",
            postgresql_where=text("state = 'charged' AND batch_id IS NULL"),
        ),
        Index("ix_market_meters_late", "until", postgresql_where=text("state = 'admitted'")),
        Index("ix_market_meters_batch", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    demand_id: Mapped[UUID]
    capability_id: Mapped[UUID]
    request_id: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(BigInteger)
    expert: Mapped[int] = mapped_column(BigInteger)
    house: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    admitted_at: Mapped[datetime]
    until: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer)
    charged_at: Mapped[datetime | None]
    batch_id: Mapped[UUID | None]
    review: Mapped[int] = mapped_column(BigInteger)
    version_id: Mapped[UUID | None]


class BatchRow(Base):
    """Calls of one demand that one transfer booked."""

    __tablename__ = "market_batches"
    __table_args__ = (Index("ix_market_batches_demand", "demand_id", "id"), _LOG)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    demand_id: Mapped[UUID]
    calls: Mapped[int] = mapped_column(Integer)
    units: Mapped[int] = mapped_column(BigInteger)
    transfer_id: Mapped[UUID]
    at: Mapped[datetime]
