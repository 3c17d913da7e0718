"""The tables of moving cameras: trips, and where each picture of one was taken."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, Text, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base, insert_rows
from pipewarden.people.service import ScopedTable
from pipewarden.sense.facts import Fix, FixSource, Trip, TripFrame, TripSum
from pipewarden.sense.store.river import ObservationRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from pipewarden.kit.work import Work


class TripRow(Base):
    """One trip of a moving camera; written once."""

    __tablename__ = "sense_trips"
    __table_args__ = (UniqueConstraint("tenant_id", "camera_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    owner_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


class FixRow(Base):
    """Where one picture of a trip was taken, as it was said; written once, and with empty columns where nobody knew."""

    __tablename__ = "sense_fixes"
    __table_args__ = (Index("ix_sense_fixes_trip_at", "trip_id", "at"), {"info": {"forgets": True}})

    observation_id: Mapped[UUID] = mapped_column(ForeignKey("sense_observations.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    trip_id: Mapped[UUID] = mapped_column(ForeignKey("sense_trips.id"))
    at: Mapped[datetime]
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    source: Mapped[str | None] = mapped_column(Text)
    heading_deg: Mapped[float | None] = mapped_column(Double)
    course_deg: Mapped[float | None] = mapped_column(Double)
    sigma_deg: Mapped[float | None] = mapped_column(Double)
    height_m: Mapped[float | None] = mapped_column(Double)
    tilt_deg: Mapped[float | None] = mapped_column(Double)
    hfov_deg: Mapped[float | None] = mapped_column(Double)
    speed_mps: Mapped[float | None] = mapped_column(Double)
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    why: Mapped[str | None] = mapped_column(Text)


TRIPS = ScopedTable(tenant_id=TripRow.tenant_id, owner_id=TripRow.owner_id)
_FIELDS = [one.name for one in fields(Fix)]


def add_trip(work: Work, trip: Trip) -> Trip:
    """Insert the trip, or return the one of the same camera and name."""
    values = {name: getattr(trip, name) for name in TripRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    work.session.execute(insert(TripRow).values(**values).on_conflict_do_nothing())
    same = (TripRow.tenant_id == trip.tenant_id, TripRow.camera_id == trip.camera_id, TripRow.name == trip.name)
    return _trip(work.session.scalars(select(TripRow).where(*same)).one())


def trips_where(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[Trip]:
    """Return the newest trips, of any tenant, that conditions pick."""
    rows = session.scalars(select(TripRow).where(*conditions).order_by(TripRow.id.desc()).limit(limit))
    return [_trip(row) for row in rows]


def add_frames(work: Work, trip: Trip, frames: Sequence[TripFrame]) -> None:
    """Insert where pictures of a trip that have just been kept were taken."""
    nothing = dict.fromkeys(_FIELDS) | {"flags": []}
    rows = [
        (nothing if one.fix is None else {name: getattr(one.fix, name) for name in _FIELDS})
        | {
            "observation_id": one.observation_id,
            "tenant_id": trip.tenant_id,
            "trip_id": trip.id,
            "at": one.at,
            "why": one.why,
        }
        for one in frames
    ]
    insert_rows(work.session, insert(FixRow).returning(FixRow.observation_id), [_plain(row) for row in rows])


def trip_frames(work: Work, trip: Trip, *, after: UUID | None, limit: int) -> list[TripFrame]:
    """Return the trip's frames in the order in which they came, past the observation ``after``."""
    asked = (
        select(FixRow, ObservationRow.picture)
        .join(ObservationRow, ObservationRow.id == FixRow.observation_id)
        .where(FixRow.tenant_id == trip.tenant_id, FixRow.trip_id == trip.id)
        .order_by(FixRow.observation_id)
        .limit(limit)
    )
    if after is not None:
        asked = asked.where(FixRow.observation_id > after)
    return [
        TripFrame(observation_id=row.observation_id, picture=picture, at=row.at, fix=_fix(row), why=row.why)
        for row, picture in work.session.execute(asked)
    ]


def fixes(session: Session, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, Fix]:
    """Return where the tenant's pictures among ``ids`` were taken; those of unknown place are absent."""
    rows = session.scalars(select(FixRow).where(FixRow.tenant_id == tenant_id, FixRow.observation_id.in_(ids)))
    found = {row.observation_id: _fix(row) for row in rows}
    return {one: fix for one, fix in found.items() if fix is not None}


def trip_sums(session: Session, ids: Collection[UUID]) -> dict[UUID, TripSum]:
    """Return how much of each trip has come, in one query."""
    rows = session.execute(
        select(
            FixRow.trip_id,
            func.count(),
            func.count().filter(FixRow.lon.is_(None)),
            func.count().filter(func.cardinality(FixRow.flags) > 0),
            func.min(FixRow.at),
            func.max(FixRow.at),
        )
        .where(FixRow.trip_id.in_(ids))
        .group_by(FixRow.trip_id)
    )
    found = {row[0]: TripSum(*row[1:]) for row in rows}
    return {one: found.get(one, TripSum(0, 0, 0, None, None)) for one in ids}


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    source, flags = row["source"], row["flags"]
    return dict(row) | {
        "source": source.value if isinstance(source, FixSource) else None,
        "flags": list(flags) if isinstance(flags, tuple | list) else [],
    }


def _trip(row: TripRow) -> Trip:
    return Trip(**{name: getattr(row, name) for name in TripRow.__table__.columns.keys()})  # noqa: SIM118  not a dict


def _fix(row: FixRow) -> Fix | None:
    if row.lon is None or row.lat is None or row.accuracy_m is None or row.source is None:
        return None
    told = {name: getattr(row, name) for name in _FIELDS}
    return Fix(**told | {"source": FixSource(row.source), "flags": tuple(row.flags)})
