"""The tables of devices and of what goes on at them, and every query on them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, Text, UniqueConstraint, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable
from pipewarden.sense.facts import Device, DeviceAlarm, DeviceKind, Ended

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class DeviceRow(Base):
    """One registered device; its row is locked while a message of it is taken, so that two are never one."""

    __tablename__ = "sense_devices"
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    dialect: Mapped[str] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    line: Mapped[list[object]]
    camera_id: Mapped[UUID | None] = mapped_column(ForeignKey("sense_cameras.id"))
    senders: Mapped[list[object]]
    silence_s: Mapped[float] = mapped_column(Double)
    field_map: Mapped[dict[str, object] | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    refused: Mapped[int]
    problem: Mapped[str | None] = mapped_column(Text)
    problem_at: Mapped[datetime | None]


class DeviceAlarmRow(Base):
    """One thing that goes on at a device, or went on."""

    __tablename__ = "sense_device_alarms"
    __table_args__ = (
        Index("ix_sense_device_alarms_device_id", "device_id", "originator", "kind", "ended_at"),
        Index(
            "ix_sense_device_alarms_silent_at",
            "tenant_id",
            "silent_at",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    device_id: Mapped[UUID] = mapped_column(ForeignKey("sense_devices.id"))
    originator: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    threads: Mapped[list[object]]
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    silent_at: Mapped[datetime]
    count: Mapped[int]
    told: Mapped[int]
    told_at: Mapped[datetime | None]
    score: Mapped[float | None] = mapped_column(Double)
    value: Mapped[float | None] = mapped_column(Double)
    unit: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, object]]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Text)


DEVICES = ScopedTable(tenant_id=DeviceRow.tenant_id, lon=DeviceRow.lon, lat=DeviceRow.lat)


def _device(row: DeviceRow) -> Device:
    told = {name: getattr(row, name) for name in DeviceRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    line = tuple((float(one[0]), float(one[1]), float(one[2])) for one in told["line"])
    return Device(**told | {"line": line, "senders": tuple(UUID(one) for one in told["senders"])})


def _alarm(row: DeviceAlarmRow) -> DeviceAlarm:
    told = {name: getattr(row, name) for name in DeviceAlarmRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    ended = None if row.ended_by is None else Ended(row.ended_by)
    return DeviceAlarm(
        **told | {"kind": DeviceKind(row.kind), "threads": tuple(told["threads"]), "ended_by": ended},
    )


def put_device(session: Session, device: Device) -> Device:
    """Insert ``device``, or overwrite what people say of the one of the same key, and return what is stored."""
    told = {
        "name": device.name,
        "dialect": device.dialect,
        "lon": device.lon,
        "lat": device.lat,
        "accuracy_m": device.accuracy_m,
        "line": [list(one) for one in device.line],
        "camera_id": device.camera_id,
        "senders": [str(one) for one in device.senders],
        "silence_s": device.silence_s,
        "field_map": device.field_map,
        "retired_at": None,
    }
    fresh = {
        "id": device.id,
        "tenant_id": device.tenant_id,
        "key": device.key,
        "created_at": device.created_at,
        "refused": 0,
    }
    statement = insert(DeviceRow).values(**told, **fresh)
    statement = statement.on_conflict_do_update(index_elements=["tenant_id", "key"], set_=told)
    row = session.scalars(statement.returning(DeviceRow), execution_options={"populate_existing": True}).one()
    return _device(row)


def device_by_key(session: Session, tenant_id: UUID, key: str, *, lock: bool = False) -> Device | None:
    """Return the tenant's device with this key, or None; ``lock`` keeps others from it up to the commit."""
    mine = select(DeviceRow).where(DeviceRow.tenant_id == tenant_id, DeviceRow.key == key)
    row = session.scalar(mine.with_for_update() if lock else mine, execution_options={"populate_existing": True})
    return None if row is None else _device(row)


def devices_where(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[Device]:
    """Return devices, of any tenant, that conditions pick, by id."""
    rows = session.scalars(select(DeviceRow).where(*conditions).order_by(DeviceRow.id).limit(limit))
    return [_device(row) for row in rows]


def change_device(session: Session, device_id: UUID, changed: dict[str, object]) -> None:
    """Write columns of one device."""
    session.execute(update(DeviceRow).where(DeviceRow.id == device_id).values(**changed))


def count_refused(session: Session, device_id: UUID, problem: str, now: datetime) -> None:
    """Count a message that could not be read."""
    told = {"refused": DeviceRow.refused + 1, "problem": problem, "problem_at": now}
    session.execute(update(DeviceRow).where(DeviceRow.id == device_id).values(**told))


def known_alarms(
    session: Session, device_id: UUID, originator: str, kind: DeviceKind, since: datetime
) -> list[DeviceAlarm]:
    """Return what goes on of this kind at an originator, and what ended after ``since``."""
    rows = session.scalars(
        select(DeviceAlarmRow).where(
            DeviceAlarmRow.device_id == device_id,
            DeviceAlarmRow.originator == originator,
            DeviceAlarmRow.kind == kind.value,
            or_(DeviceAlarmRow.ended_at.is_(None), DeviceAlarmRow.ended_at >= since),
        )
    )
    return [_alarm(row) for row in rows]


def device_alarms(session: Session, device_id: UUID, *, limit: int) -> list[DeviceAlarm]:
    """Return what goes on at a device, then what ended last."""
    row = DeviceAlarmRow
    order = (row.ended_at.desc().nulls_first(), row.id.desc())
    return [
        _alarm(one)
        for one in session.scalars(select(row).where(row.device_id == device_id).order_by(*order).limit(limit))
    ]


def active_counts(session: Session, device_ids: list[UUID]) -> dict[UUID, int]:
    """Return how many things go on at each device."""
    row = DeviceAlarmRow
    asked = select(row.device_id, func.count()).where(row.device_id.in_(device_ids), row.ended_at.is_(None))
    return {row[0]: row[1] for row in session.execute(asked.group_by(row.device_id))}


def put_alarm(session: Session, alarm: DeviceAlarm) -> None:
    """Insert an alarm, or overwrite it."""
    values = {name: getattr(alarm, name) for name in DeviceAlarmRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    values |= {"kind": alarm.kind.value, "threads": list(alarm.threads), "extra": dict(alarm.extra)}
    values["ended_by"] = None if alarm.ended_by is None else alarm.ended_by.value
    statement = insert(DeviceAlarmRow).values(**values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def end_alarms(session: Session, *conditions: ColumnElement[bool], by: Ended, now: datetime, limit: int) -> int:
    """End what goes on and conditions pick, at most ``limit``, and return how many; others' locked rows wait."""
    row = DeviceAlarmRow
    ids = (
        select(row.id).where(row.ended_at.is_(None), *conditions).order_by(row.silent_at).limit(limit)
    ).with_for_update(skip_locked=True)
    done = session.execute(
        update(row).where(row.id.in_(ids)).values(ended_at=now, ended_by=by.value).returning(row.id),
        execution_options={"synchronize_session": False},
    )
    return len(done.all())
