"""The tables of casework: sites and what happened to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Double, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable


class SiteRow(Base):
    """The sum of one site's events, beside what the lists ask of it.

    Attributes:
        headline: what people are shown of it in one word; ``state`` is where it stands on the main path.
        rank: 0 in the protection range or unknown, 1 in the control range, 2 outside.
        next_due_at: the earliest deadline of its duties; kept by them.
        ended_at: when it came to its present end; None while it needs somebody.
        rules_due_at: when time alone may change what a supervision rule says; None where it cannot.
        machine_s: when a machine was last seen there, as far as casework has taken note; seconds since 1970.
        filing: filed, unfiled, or unknown while it has not been looked for or nobody knows where the works are;
            ``filing_score`` that of the likeliest filing, ``filing_at`` since when it is so.
        compound: the name of the compound it lies in.
        contractor_id: who does the works, as named there or by the filing.
        risk_score: by the weights ``risk_version``, as of ``risk_at``; None: to be weighed anew.
        risk_level: the graver of the score's level, the zone's and the one on file.
    """

    __tablename__ = "casework_sites"
    __table_args__ = (
        UniqueConstraint("alarm_id"),
        Index("ix_casework_sites_list", "tenant_id", "rank", "opened_at", "id"),
        Index("ix_casework_sites_owner_id", "owner_id"),
        Index("ix_casework_sites_place", "tenant_id", "lat", "lon"),
        Index("ix_casework_sites_next_due_at", "tenant_id", "next_due_at"),
        Index("ix_casework_sites_open", "tenant_id", "id", postgresql_where=text("open")),
        Index("ix_casework_sites_contractor_id", "contractor_id"),
        Index("ix_casework_sites_risk", "tenant_id", "risk_level", "risk_score", "id"),
        Index("ix_casework_sites_unweighed", "tenant_id", "id", postgresql_where=text("risk_at IS NULL")),
        Index(
            "ix_casework_sites_rules_due_at", "rules_due_at", postgresql_where=text("open AND rules_due_at IS NOT NULL")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    alarm_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(Text)
    headline: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    rank: Mapped[int] = mapped_column(Integer)
    level: Mapped[int] = mapped_column(Integer)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    owner_id: Mapped[UUID | None]
    open: Mapped[bool] = mapped_column(Boolean)
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    machine_s: Mapped[float | None] = mapped_column(Double)
    rules_due_at: Mapped[datetime | None]
    merged_into: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer)
    filing: Mapped[str] = mapped_column(Text)
    filing_score: Mapped[float | None] = mapped_column(Double)
    filing_at: Mapped[datetime | None]
    compound: Mapped[str | None] = mapped_column(Text)
    contractor_id: Mapped[UUID | None]
    risk_score: Mapped[float | None] = mapped_column(Double)
    risk_level: Mapped[int] = mapped_column(Integer)
    risk_version: Mapped[str | None] = mapped_column(Text)
    risk_at: Mapped[datetime | None]
    sum: Mapped[dict[str, object]]


class SiteEventRow(Base):
    """One thing that happened to a site; append-only. A version is taken once, whoever writes beside."""

    __tablename__ = "casework_events"
    __table_args__ = (
        UniqueConstraint("id"),
        UniqueConstraint("site_id", "version"),
        Index("ix_casework_events_reported", "at", "id", postgresql_where=text("kind = 'reported'")),
        {"info": {"append_only": True}},
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    body: Mapped[dict[str, object]]
    made_at: Mapped[datetime | None]


SITES = ScopedTable(tenant_id=SiteRow.tenant_id, owner_id=SiteRow.owner_id, lon=SiteRow.lon, lat=SiteRow.lat)
