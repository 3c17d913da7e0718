"""Five tables: frames in their order, sightings with their reasons, tracks, alarms, and what happened to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import REAL, Boolean, Double, ForeignKey, Index, Integer, LargeBinary, Text, false, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.dedupe.rules import Sighting
from pipewarden.kit.db import Base
from pipewarden.locate.facts import GroundPoint
from pipewarden.people.service import ScopedTable
from pipewarden.perceive.facts import Box, Look


class FrameRow(Base):
    """One observation as dedupe took it, also when nothing was found; ``sequence`` tells frames from pictures."""

    __tablename__ = "dedupe_frames"
    __table_args__ = (Index("ix_dedupe_frames_order", "tenant_id", "stream", "seen_s", "observation_id"),)

    observation_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    stream: Mapped[str] = mapped_column(Text)
    sequence: Mapped[bool] = mapped_column(Boolean)
    seen_s: Mapped[float] = mapped_column(Double)
    timed: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime | None]
    offset_s: Mapped[float] = mapped_column(Double)
    picture: Mapped[str] = mapped_column(Text)


class SightingRow(Base):
    """One finding, the track and alarm it belongs to, and why; covariances in square metres."""

    __tablename__ = "dedupe_sightings"
    __table_args__ = (
        Index("ix_dedupe_sightings_observation_id", "observation_id"),
        Index("ix_dedupe_sightings_alarm_id", "alarm_id", "seen_s"),
    )

    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    observation_id: Mapped[UUID] = mapped_column(ForeignKey("dedupe_frames.observation_id"))
    stream: Mapped[str] = mapped_column(Text)
    seen_s: Mapped[float] = mapped_column(Double)
    timed: Mapped[bool] = mapped_column(Boolean)
    cls: Mapped[str] = mapped_column(Text)
    type: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Double)
    raises: Mapped[bool] = mapped_column(Boolean)
    box: Mapped[list[float]] = mapped_column(JSONB)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    covariance: Mapped[list[float] | None] = mapped_column(JSONB(none_as_null=True))
    own: Mapped[list[float] | None] = mapped_column(JSONB(none_as_null=True))
    footprint: Mapped[list[list[float]]] = mapped_column(JSONB)
    dhash: Mapped[bytes | None] = mapped_column(LargeBinary)
    features: Mapped[list[float] | None] = mapped_column(ARRAY(REAL))
    moves: Mapped[bool] = mapped_column(Boolean, server_default=false())
    track_id: Mapped[UUID | None]
    alarm_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(Text)


class TrackRow(Base):
    """One machine as one stream sees it, with its newest sighting."""

    __tablename__ = "dedupe_tracks"
    __table_args__ = (
        Index("ix_dedupe_tracks_stream", "tenant_id", "stream", "last_s"),
        Index("ix_dedupe_tracks_place", "tenant_id", "lat", "lon", "last_s"),
        Index("ix_dedupe_tracks_alarm_id", "alarm_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    stream: Mapped[str] = mapped_column(Text)
    alarm_id: Mapped[UUID | None]
    last_finding_id: Mapped[UUID] = mapped_column(ForeignKey("dedupe_sightings.finding_id"))
    last_s: Mapped[float] = mapped_column(Double)
    timed: Mapped[bool] = mapped_column(Boolean)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    test: Mapped[bool] = mapped_column(Boolean, server_default=false())


class AlarmRow(Base):
    """What the members say together; ``merged_into`` names the alarm that took its members over."""

    __tablename__ = "dedupe_alarms"
    __table_args__ = (
        Index("ix_dedupe_alarms_page", "tenant_id", "id"),
        Index("ix_dedupe_alarms_place", "tenant_id", "lat", "lon", postgresql_where=text("merged_into IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    merged_into: Mapped[UUID | None]
    cls: Mapped[str] = mapped_column(Text)
    type: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Double)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    covariance: Mapped[list[float] | None] = mapped_column(JSONB(none_as_null=True))
    answer: Mapped[dict[str, object]]
    first_seen: Mapped[datetime | None]
    last_seen: Mapped[datetime | None]
    first_offset_s: Mapped[float] = mapped_column(Double)
    last_offset_s: Mapped[float] = mapped_column(Double)
    frames: Mapped[int] = mapped_column(Integer)
    streams: Mapped[list[str]] = mapped_column(ARRAY(Text))
    evidence: Mapped[str] = mapped_column(Text)
    evidence_box: Mapped[list[float]] = mapped_column(JSONB)
    ring: Mapped[list[list[float]] | None] = mapped_column(JSONB(none_as_null=True))
    ring_error_m: Mapped[float | None] = mapped_column(Double)
    changed_at: Mapped[datetime]
    test: Mapped[bool] = mapped_column(Boolean, server_default=false())


class EventRow(Base):
    """One thing that happened to an alarm; append-only."""

    __tablename__ = "dedupe_events"
    __table_args__ = (Index("ix_dedupe_events_alarm_id", "alarm_id", "id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    alarm_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    other_id: Mapped[UUID | None]
    findings: Mapped[list[str]] = mapped_column(JSONB)


ALARMS = ScopedTable(tenant_id=AlarmRow.tenant_id, lon=AlarmRow.lon, lat=AlarmRow.lat, hidden=AlarmRow.test)


def three(values: list[float] | None) -> tuple[float, float, float] | None:
    """Return a covariance as the facts hold it."""
    return None if values is None else (values[0], values[1], values[2])


def ground_of(lon: float | None, lat: float | None, covariance: list[float] | None) -> GroundPoint | None:
    """Return the place, None unless all three are known."""
    found = three(covariance)
    if lon is None or lat is None or found is None:
        return None
    return GroundPoint(lon=lon, lat=lat, covariance=found)


def sighting_of(row: SightingRow) -> Sighting:
    """Return the row as the rules compare it."""
    look = None
    if row.dhash is not None and row.features is not None:
        look = Look(dhash=row.dhash, features=tuple(row.features))
    return Sighting(
        finding_id=row.finding_id,
        observation_id=row.observation_id,
        stream=row.stream,
        seen_s=row.seen_s,
        timed=row.timed,
        cls=row.cls,
        type=row.type,
        score=row.score,
        raises=row.raises,
        box=Box(*row.box),
        size=(row.width, row.height),
        ground=ground_of(row.lon, row.lat, row.covariance),
        own=three(row.own),
        footprint=tuple((corner[0], corner[1]) for corner in row.footprint),
        look=look,
        moves=row.moves,
    )


def sighting_values(one: Sighting, tenant_id: UUID) -> dict[str, object]:
    """Return the columns of a sighting, without what was decided about it."""
    ground = one.ground
    return {
        "finding_id": one.finding_id,
        "tenant_id": tenant_id,
        "observation_id": one.observation_id,
        "stream": one.stream,
        "seen_s": one.seen_s,
        "timed": one.timed,
        "cls": str(one.cls),
        "type": one.type,
        "score": one.score,
        "raises": one.raises,
        "box": [one.box.x, one.box.y, one.box.w, one.box.h],
        "width": one.size[0],
        "height": one.size[1],
        "lon": None if ground is None else ground.lon,
        "lat": None if ground is None else ground.lat,
        "covariance": None if ground is None else list(ground.covariance),
        "own": None if one.own is None else list(one.own),
        "footprint": [list(corner) for corner in one.footprint],
        "dhash": None if one.look is None else one.look.dhash,
        "features": None if one.look is None else list(one.look.features),
        "moves": one.moves,
    }
