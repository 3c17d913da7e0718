"""Tables of the foundry: lines, versions with their events, labelled pictures, contracts, what is sold where, calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import REAL, BigInteger, CheckConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base

_LOG = {"info": {"append_only": True}}


class LineRow(Base):
    """A capability through all its versions."""

    __tablename__ = "market_lines"
    __table_args__ = (UniqueConstraint("tenant_id", "slug"), _LOG)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    slug: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID]
    made_at: Mapped[datetime]


class VersionRow(Base):
    """One version as its events add up; the content is never changed."""

    __tablename__ = "market_versions"
    __table_args__ = (
        UniqueConstraint("line_id", "number"),
        CheckConstraint("price IS NULL OR price > 0", name="price"),
        CheckConstraint("percent >= 0 AND percent <= 100", name="percent"),
        # one answers at a time, and at most one is tried beside it
        Index("uq_market_versions_live", "line_id", unique=True, postgresql_where=text("state = 'live'")),
        Index("uq_market_versions_canary", "line_id", unique=True, postgresql_where=text("state = 'canary'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    line_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    card: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    fitted: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    frozen: Mapped[str | None] = mapped_column(Text)
    price: Mapped[int | None] = mapped_column(BigInteger)
    percent: Mapped[int] = mapped_column(Integer)


class VersionEventRow(Base):
    """What happened to a version."""

    __tablename__ = "market_version_events"
    __table_args__ = (UniqueConstraint("version_id", "seq"), _LOG)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    version_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    act: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ExampleRow(Base):
    """A labelled picture: features, and a masked copy; the database keeps one file to one purpose."""

    __tablename__ = "market_examples"
    __table_args__ = (UniqueConstraint("line_id", "sha256"), Index("ix_market_examples_list", "line_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    line_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    look: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    features: Mapped[list[float]] = mapped_column(ARRAY(REAL))
    masked: Mapped[bytes] = mapped_column(LargeBinary)


class ContractRow(Base):
    """How a line's price is shared from a moment on."""

    __tablename__ = "market_contracts"
    __table_args__ = (
        CheckConstraint(
            "expert >= 0 AND house >= 0 AND reviewers >= 0 AND expert + house + reviewers = 10000", name="parts"
        ),
        _LOG,
    )

    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    expert: Mapped[int] = mapped_column(Integer)
    house: Mapped[int] = mapped_column(Integer)
    reviewers: Mapped[int] = mapped_column(Integer)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


class SoldRow(Base):
    """Which line a tenant's capability stands for: its prices, demands and meters are the tenant's own."""

    __tablename__ = "market_sold"
    __table_args__ = (UniqueConstraint("tenant_id", "line_id"), _LOG)

    capability_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    line_id: Mapped[UUID]


class CallRow(Base):
    """One call; ``picture`` is there only while it waits, what was said is forgotten by policy."""

    __tablename__ = "market_calls"
    __table_args__ = (
        UniqueConstraint("tenant_id", "line_id", "request_id"),
        CheckConstraint("units >= 0", name="units"),
        CheckConstraint("picture IS NULL OR state = 'waiting'", name="picture"),
        Index("ix_market_calls_waiting", "asked_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_market_calls_version", "version_id", "state"),
        Index("ix_market_calls_said", "asked_at", postgresql_where=text("said")),
        Index("ix_market_calls_tries", "line_id", "caller", "asked_at", postgresql_where=text("request_id IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    line_id: Mapped[UUID]
    version_id: Mapped[UUID]
    demand_id: Mapped[UUID | None]
    request_id: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    caller: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    units: Mapped[int] = mapped_column(BigInteger)
    answered_at: Mapped[datetime | None]
    given: Mapped[dict[str, Any]] = mapped_column(JSONB)
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    said_by: Mapped[str] = mapped_column(Text)
    abstained: Mapped[bool]
    problem: Mapped[str] = mapped_column(Text)
    said: Mapped[bool]
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
