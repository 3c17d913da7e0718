"""Ten tables: cases with their events and open questions, and what the judge is told of cameras, places and papers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import REAL, BigInteger, Boolean, Double, ForeignKey, Identity, Index, Integer, Text, Uuid, false
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable


class CaseRow(Base):
    """The sum of one alarm's events, beside what the queue and the figures ask of the alarm itself.

    ``lon`` and ``lat`` are the alarm's place, else its camera's, so that the people of that area see its review.
    """

    __tablename__ = "judge_cases"
    __table_args__ = (
        Index("ix_judge_cases_queue", "tenant_id", "rank", "due_at", "alarm_id"),
        Index("ix_judge_cases_look_at", "tenant_id", "look_at"),
        Index("ix_judge_cases_made_at", "tenant_id", "made_at"),
    )

    alarm_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    made_at: Mapped[datetime]
    camera_id: Mapped[UUID | None]
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    zone: Mapped[str] = mapped_column(Text)
    rank: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(Double)
    frames: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    audit: Mapped[bool] = mapped_column(Boolean)
    merged_into: Mapped[UUID | None]
    decided: Mapped[bool | None] = mapped_column(Boolean)
    audited: Mapped[bool] = mapped_column(Boolean)
    stopped_by: Mapped[list[str]] = mapped_column(ARRAY(Text))
    calls: Mapped[int] = mapped_column(Integer)
    cost: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[dict[str, object]]
    test: Mapped[bool] = mapped_column(Boolean, server_default=false())


class JudgeEventRow(Base):
    """One thing that happened to an alarm before the judge; append-only."""

    __tablename__ = "judge_events"
    __table_args__ = (Index("ix_judge_events_alarm_id", "alarm_id", "seq"), {"info": {"append_only": True}})

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    alarm_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    body: Mapped[dict[str, object]]


class AskRow(Base):
    """A question that is under way; ``lease`` names the worker that asks it right now. Gone once it is answered."""

    __tablename__ = "judge_asks"
    __table_args__ = (Index("ix_judge_asks_due", "tenant_id", "asked_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    alarm_id: Mapped[UUID] = mapped_column(ForeignKey("judge_cases.alarm_id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]


class CameraSettingRow(Base):
    """How a camera is judged, as somebody set it; the newest row counts."""

    __tablename__ = "judge_camera_settings"
    __table_args__ = (Index("ix_judge_camera_settings_camera_id", "camera_id", "id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    off: Mapped[list[str]] = mapped_column(ARRAY(Text))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)


class CorridorRow(Base):
    """A corridor that somebody drew on a camera's picture; the newest row counts, an empty ring is none."""

    __tablename__ = "judge_corridors"
    __table_args__ = (Index("ix_judge_corridors_camera_id", "camera_id", "id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    ring: Mapped[list[list[float]]] = mapped_column(JSONB)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)


class MemoryRow(Base):
    """A box that recurred while a camera's scene was known empty, or that a reviewer called no machine."""

    __tablename__ = "judge_memory"
    __table_args__ = (Index("ix_judge_memory_camera_id", "camera_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    box: Mapped[list[float]] = mapped_column(JSONB)
    features: Mapped[list[float]] = mapped_column(ARRAY(REAL))
    count: Mapped[int] = mapped_column(Integer)
    alarm_id: Mapped[UUID | None]
    at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class PermittedRow(Base):
    """Works that may go on, as the slice that knows the papers pushed them."""

    __tablename__ = "judge_permitted"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    ring: Mapped[list[list[float]]] = mapped_column(JSONB)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    daily: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    zone: Mapped[str] = mapped_column(Text)
    machines: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    west: Mapped[float] = mapped_column(Double)
    south: Mapped[float] = mapped_column(Double)
    east: Mapped[float] = mapped_column(Double)
    north: Mapped[float] = mapped_column(Double)


class OpenPlaceRow(Base):
    """Sites that somebody is in charge of, as the slice that keeps them pushed them."""

    __tablename__ = "judge_open_places"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    ring: Mapped[list[list[float]]] = mapped_column(JSONB)
    alarm_id: Mapped[UUID | None]


class YardRow(Base):
    """A place that a reviewer called a permanent yard."""

    __tablename__ = "judge_yards"
    __table_args__ = (Index("ix_judge_yards_until", "tenant_id", "until"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    alarm_id: Mapped[UUID]
    stream: Mapped[str] = mapped_column(Text)
    box: Mapped[list[float]] = mapped_column(JSONB)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    radius_m: Mapped[float] = mapped_column(Double)
    until: Mapped[datetime]


class QuestionRow(Base):
    """A tenant's own version of the question list; the newest row counts, an empty body is the shipped list."""

    __tablename__ = "judge_questions"
    __table_args__ = ({"info": {"append_only": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    version: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, object]]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)


class SyntheticRow(Base):
    """One test of the tenant's whole chain, and when it came through."""

    __tablename__ = "judge_synthetics"
    __table_args__ = (Index("ix_judge_synthetics_stream", "tenant_id", "stream"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(Text)
    observation_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    sent_at: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    verdict: Mapped[str | None] = mapped_column(Text)


CASES = ScopedTable(tenant_id=CaseRow.tenant_id, lon=CaseRow.lon, lat=CaseRow.lat, hidden=CaseRow.test)
