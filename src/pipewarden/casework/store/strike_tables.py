"""The tables of strikes, what happens to them, and the numbers that a tenant calls."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Double, Identity, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable


class StrikeRow(Base):
    """The sum of one strike's events, beside what the lists ask of it.

    Attributes:
        site_id: None for a drill.
        reported_by: the person who reported it; they see it wherever it lies.
        recorded_at: when the damage record was completed.
    """

    __tablename__ = "casework_strikes"
    __table_args__ = (
        Index("ix_casework_strikes_list", "tenant_id", "id"),
        Index("ix_casework_strikes_site_id", "site_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID | None]
    reported_by: Mapped[UUID | None]
    drill: Mapped[bool] = mapped_column(Boolean)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    at: Mapped[datetime]
    over_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer)
    sum: Mapped[dict[str, object]]


class StrikeEventRow(Base):
    """One thing that happened to a strike; append-only. A version is taken once, whoever writes beside."""

    __tablename__ = "casework_strike_events"
    __table_args__ = (
        UniqueConstraint("id"),
        UniqueConstraint("strike_id", "version"),
        {"info": {"append_only": True}},
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    strike_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    body: Mapped[dict[str, object]]


class StrikeContactRow(Base):
    """A number of the tenant from a day on; append-only: a new one is a new row."""

    __tablename__ = "casework_strike_contacts"
    __table_args__ = (
        Index("ix_casework_strike_contacts_kind", "tenant_id", "kind", "since"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Text)


STRIKES = ScopedTable(
    tenant_id=StrikeRow.tenant_id, owner_id=StrikeRow.reported_by, lon=StrikeRow.lon, lat=StrikeRow.lat
)
STRIKE_CONTACTS = ScopedTable(tenant_id=StrikeContactRow.tenant_id)
