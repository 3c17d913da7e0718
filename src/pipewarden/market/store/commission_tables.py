"""Tables of commissions: what is wanted, who works for it, what was delivered, what was said, and what was shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable

_LOG = {"info": {"append_only": True}}


class CommissionRow(Base):
    """One commission as its events add up."""

    __tablename__ = "market_commissions"
    __table_args__ = (
        CheckConstraint("price > 0 AND volume > 0 AND budget > 0 AND overlap > 0", name="amounts"),
        CheckConstraint("stars >= 0 AND stars <= 5", name="stars"),
        Index("ix_market_commissions_list", "tenant_id", "state", "id"),
        Index(
            "ix_market_commissions_settle",
            "settle_at",
            postgresql_where=text("settle_at IS NOT NULL AND ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tool: Mapped[str] = mapped_column(Text)
    online: Mapped[bool]
    price: Mapped[int] = mapped_column(BigInteger)
    volume: Mapped[int] = mapped_column(Integer)
    budget: Mapped[int] = mapped_column(BigInteger)
    overlap: Mapped[int] = mapped_column(Integer)
    due: Mapped[datetime]
    acceptance: Mapped[dict[str, object]]
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    budget_id: Mapped[UUID | None]
    settle_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    stars: Mapped[int] = mapped_column(Integer)
    said: Mapped[str] = mapped_column(Text)


class CommissionEventRow(Base):
    """One thing that happened to a commission."""

    __tablename__ = "market_commission_events"
    __table_args__ = (Index("ix_market_commission_events_of", "commission_id", "id"), _LOG)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    commission_id: Mapped[UUID]
    engagement_id: Mapped[UUID | None]
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, object]]


class EngagementRow(Base):
    """One expert's part of a commission."""

    __tablename__ = "market_engagements"
    __table_args__ = (
        UniqueConstraint("commission_id", "person_id"),
        UniqueConstraint("demand_id"),
        CheckConstraint("price > 0 AND volume > 0", name="amounts"),
        CheckConstraint("stars >= 0 AND stars <= 5", name="stars"),
        Index("ix_market_engagements_person", "person_id", "state", "id"),
        Index(
            "ix_market_engagements_settle",
            "ended_at",
            postgresql_where=text("state = 'done' AND NOT settled"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    commission_id: Mapped[UUID]
    person_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(Text)
    price: Mapped[int] = mapped_column(BigInteger)
    volume: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(Double)
    reasons: Mapped[list[object]]
    made_at: Mapped[datetime]
    demand_id: Mapped[UUID | None]
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text)
    settled: Mapped[bool]
    stars: Mapped[int] = mapped_column(Integer)
    said: Mapped[str] = mapped_column(Text)


class DeliveryRow(Base):
    """A ZIP of work done offline; its file lies in a folder of its own."""

    __tablename__ = "market_deliveries"
    __table_args__ = (
        UniqueConstraint("engagement_id", "sha256"),
        Index("ix_market_deliveries_of", "commission_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    commission_id: Mapped[UUID]
    engagement_id: Mapped[UUID]
    person_id: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    early: Mapped[bool]
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    charged: Mapped[int] = mapped_column(Integer)


class SampleRow(Base):
    """One item that was drawn from a delivery."""

    __tablename__ = "market_samples"

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID]
    right: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(Text)


class SaidRow(Base):
    """One thing that an expert and a client said to each other."""

    __tablename__ = "market_talks"
    __table_args__ = (
        Index("ix_market_talks_of", "commission_id", "person_id", "id"),
        Index("ix_market_talks_by", "by", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    commission_id: Mapped[UUID]
    person_id: Mapped[UUID]
    side: Mapped[str] = mapped_column(Text)
    by: Mapped[UUID]
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class PooledRow(Base):
    """A picture of a self-inspection, shown to one expert."""

    __tablename__ = "market_pool"
    __table_args__ = (
        UniqueConstraint("check_id", "person_id"),
        Index("ix_market_pool_person", "person_id", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    check_id: Mapped[UUID]
    person_id: Mapped[UUID]
    score: Mapped[float] = mapped_column(Double)
    reasons: Mapped[list[object]]
    state: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


COMMISSIONS = ScopedTable(tenant_id=CommissionRow.tenant_id)
POOL = ScopedTable(tenant_id=PooledRow.tenant_id, owner_id=PooledRow.person_id)
