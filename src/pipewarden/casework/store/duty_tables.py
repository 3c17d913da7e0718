"""The tables of duties: what is owed, the chains that climb, the steps that fired, the calls that went out.

Beside them what people say of it all (shelves, the shift log) and what the house says of itself (breaches, its clock).
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Date, Double, ForeignKey, Index, Integer, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable

_RUNS = text("state IN ('open', 'paused', 'overdue')")


class SiteDutyRow(Base):
    """One thing that somebody owes a site. ``about`` is the site's own id where it is about nothing else.

    ``lon`` and ``lat`` are the site's when it opened, so that the people of that area see it; ``area_path`` is where
    substitutes are looked for.
    """

    __tablename__ = "casework_duties"
    __table_args__ = (
        Index("uq_casework_duties_running", "site_id", "kind", "about", unique=True, postgresql_where=_RUNS),
        Index("ix_casework_duties_due_at", "due_at", postgresql_where=text("state = 'open'")),
        Index("ix_casework_duties_pause_until", "pause_until", postgresql_where=text("state = 'paused'")),
        Index("ix_casework_duties_list", "tenant_id", "due_at", "id", postgresql_where=_RUNS),
        Index("ix_casework_duties_person_id", "person_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID] = mapped_column(ForeignKey("casework_sites.id"))
    kind: Mapped[str] = mapped_column(Text)
    about: Mapped[UUID]
    person_id: Mapped[UUID | None]
    role: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None] = mapped_column(Text)
    pause_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    acked_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)
    area_path: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    ladder: Mapped[str] = mapped_column(Text)


class ChainRow(Base):
    """One chain; ``steps`` is the whole of it, the columns are what the sweep asks."""

    __tablename__ = "casework_chains"
    __table_args__ = (
        Index("ix_casework_chains_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_casework_chains_duty_id", "duty_id"),
        Index("ix_casework_chains_site_id", "site_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID]
    duty_id: Mapped[UUID] = mapped_column(ForeignKey("casework_duties.id"))
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    steps: Mapped[dict[str, object]]


class RungRow(Base):
    """One step that fired, once; its call goes out when its person has room. ``person_id`` None: nobody was there."""

    __tablename__ = "casework_rungs"
    __table_args__ = (
        Index("ix_casework_rungs_call_id", "call_id"),
        Index(
            "ix_casework_rungs_held",
            "tenant_id",
            "at",
            postgresql_where=text("call_id IS NULL AND dropped_at IS NULL AND person_id IS NOT NULL"),
        ),
    )

    chain_id: Mapped[UUID] = mapped_column(ForeignKey("casework_chains.id"), primary_key=True)
    loop: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    step: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID]
    duty_id: Mapped[UUID]
    who: Mapped[str] = mapped_column(Text)
    urgency: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID | None]
    critical: Mapped[bool] = mapped_column(Boolean)
    due_at: Mapped[datetime]
    at: Mapped[datetime]
    call_id: Mapped[UUID | None]
    dropped_at: Mapped[datetime | None]


class CallRow(Base):
    """One annunciation to one person, and what came back."""

    __tablename__ = "casework_calls"
    __table_args__ = (
        Index("ix_casework_calls_at", "tenant_id", "at", "id"),
        Index("ix_casework_calls_person_id", "tenant_id", "person_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    urgency: Mapped[str] = mapped_column(Text)
    shape: Mapped[str] = mapped_column(Text)
    site_ids: Mapped[list[object]]
    duty_id: Mapped[UUID | None]
    step: Mapped[int] = mapped_column(Integer)
    loop: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, object]]
    at: Mapped[datetime]
    ack_by: Mapped[datetime | None]
    drill: Mapped[bool] = mapped_column(Boolean, server_default=false())
    acked_at: Mapped[datetime | None]
    acked_by: Mapped[UUID | None]
    unreachable_at: Mapped[datetime | None]
    unreachable_why: Mapped[str | None] = mapped_column(Text)


class ShelfRow(Base):
    """A site that calls nobody until a moment."""

    __tablename__ = "casework_shelves"
    __table_args__ = (Index("ix_casework_shelves_site_id", "site_id", "ends_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID] = mapped_column(ForeignKey("casework_sites.id"))
    person_id: Mapped[UUID]
    reason: Mapped[str] = mapped_column(Text)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ShiftRow(Base):
    """One entry of the shift log."""

    __tablename__ = "casework_shift_log"
    __table_args__ = (Index("ix_casework_shift_log_at", "tenant_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID]
    to_id: Mapped[UUID | None]
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)
    items: Mapped[list[object]]
    acked_at: Mapped[datetime | None]
    area_id: Mapped[UUID | None]


class BreachRow(Base):
    """One promise of the house that did not hold on a day: told once a day, however often it is found."""

    __tablename__ = "casework_breaches"
    __table_args__ = (
        UniqueConstraint("tenant_id", "what", "about", "day"),
        Index("ix_casework_breaches_untold", "tenant_id", "found_at", postgresql_where=text("told_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    what: Mapped[str] = mapped_column(Text)
    about: Mapped[UUID]
    day: Mapped[date] = mapped_column(Date)
    found_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)
    site_id: Mapped[UUID | None]
    told_at: Mapped[datetime | None]


class SweptRow(Base):
    """When a tenant's deadlines were last swept: a present before it says that the clock was set back."""

    __tablename__ = "casework_swept"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]


DUTIES = ScopedTable(
    tenant_id=SiteDutyRow.tenant_id, owner_id=SiteDutyRow.person_id, lon=SiteDutyRow.lon, lat=SiteDutyRow.lat
)
CALLS = ScopedTable(tenant_id=CallRow.tenant_id, owner_id=CallRow.person_id)
SHIFTS = ScopedTable(tenant_id=ShiftRow.tenant_id, owner_id=ShiftRow.author_id, area_id=ShiftRow.area_id)
