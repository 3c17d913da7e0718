"""The tables of patrols: the patrols, their points, the stretches of pipe they saw, the phones that speak OsmAnd."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, Double, Index, LargeBinary, Text, UniqueConstraint, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.field.facts.patrols import Doubt, Patrol, PatrolPoint, PatrolSource, Reason
from pipewarden.kit.db import Base, insert_rows
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

Box = tuple[float, float, float, float]


class PatrolRow(Base):
    """One patrol. ``shape`` and the box are of the track and go with its points."""

    __tablename__ = "field_patrols"
    __table_args__ = (
        UniqueConstraint("tenant_id", "person_id", "draft"),
        Index("ix_field_patrols_person_id", "tenant_id", "person_id", "id"),
        Index("ix_field_patrols_last_at", "tenant_id", "last_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    draft: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    device: Mapped[str] = mapped_column(Text)
    phone: Mapped[dict[str, object]]
    began_said: Mapped[datetime]
    began_at: Mapped[datetime]
    ended_said: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_draft: Mapped[UUID | None]
    area_path: Mapped[str] = mapped_column(Text)
    points: Mapped[int]
    heard_at: Mapped[datetime]
    clocks: Mapped[list[object]]
    skew_s: Mapped[float | None] = mapped_column(Double)
    verified: Mapped[bool | None]
    reasons: Mapped[list[object]]
    walked_m: Mapped[float] = mapped_column(Double)
    seen_m: Mapped[float] = mapped_column(Double)
    stood_s: Mapped[float] = mapped_column(Double)
    dropped: Mapped[int]
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    shape: Mapped[bytes | None] = mapped_column(LargeBinary)
    west: Mapped[float | None] = mapped_column(Double)
    south: Mapped[float | None] = mapped_column(Double)
    east: Mapped[float | None] = mapped_column(Double)
    north: Mapped[float | None] = mapped_column(Double)


class PointRow(Base):
    """One position as it was sent; written once, and gone after the days of ``tracks``."""

    __tablename__ = "field_patrol_points"
    __table_args__ = {"info": {"forgets": True}}

    patrol_id: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[UUID]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    accuracy_m: Mapped[float] = mapped_column(Double)
    speed_mps: Mapped[float | None] = mapped_column(Double)
    course_deg: Mapped[float | None] = mapped_column(Double)
    mock: Mapped[bool | None]
    activity: Mapped[str | None] = mapped_column(Text)


class SeenRow(Base):
    """The stretches of pipe that one patrol saw, packed (``rules.patrol_seen.pack``): no way of anybody's."""

    __tablename__ = "field_patrol_seen"

    patrol_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class PhoneRow(Base):
    """A device key that brings one person's points."""

    __tablename__ = "field_patrol_phones"

    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    bound_at: Mapped[datetime]


PATROLS = ScopedTable(tenant_id=PatrolRow.tenant_id, owner_id=PatrolRow.person_id, area_path=PatrolRow.area_path)


def add(work: Work, patrol: Patrol, phone: dict[str, object]) -> bool:
    """Insert a patrol; False where the person has one of this draft."""
    told = asdict(patrol) | {"source": patrol.source.value, "reasons": [], "phone": phone, "clocks": []}
    done = work.session.execute(
        insert(PatrolRow).values(**told, heard_at=work.now()).on_conflict_do_nothing().returning(PatrolRow.id)
    )
    return done.scalar() is not None


def by_draft(work: Work, person_id: UUID, draft: UUID) -> tuple[Patrol, dict[str, object]]:
    """Return a person's patrol of a draft, and what was said of the phone."""
    mine = (PatrolRow.tenant_id == work.tenant_id, PatrolRow.person_id == person_id, PatrolRow.draft == draft)
    row = work.session.scalars(select(PatrolRow).where(*mine)).one()
    return patrol_of(row), row.phone


def lock(work: Work, person_id: UUID, patrol_id: UUID) -> PatrolRow | None:
    """Return a person's own patrol by its id or by the draft that began it, locked until the transaction ends.

    A phone without a line knows the draft alone, and must lay points behind it.
    """
    named = (PatrolRow.id == patrol_id) | (PatrolRow.draft == patrol_id)
    mine = (PatrolRow.tenant_id == work.tenant_id, PatrolRow.person_id == person_id, named)
    asked = select(PatrolRow).where(*mine).with_for_update().execution_options(populate_existing=True)
    return work.session.scalar(asked)


def open_of(work: Work, person_id: UUID, device: str) -> PatrolRow | None:
    """Return the newest patrol of a person that goes on, one of this device before others; locked."""
    mine = (PatrolRow.tenant_id == work.tenant_id, PatrolRow.person_id == person_id, PatrolRow.ended_at.is_(None))
    newest = ((PatrolRow.device == device).desc(), PatrolRow.id.desc())
    return work.session.scalar(select(PatrolRow).where(*mine).order_by(*newest).limit(1).with_for_update())


def silent(work: Work, before: datetime, limit: int) -> list[PatrolRow]:
    """Return patrols of the tenant that go on and have not been heard since a moment; locked, others' left out."""
    mine = (PatrolRow.tenant_id == work.tenant_id, PatrolRow.ended_at.is_(None), PatrolRow.heard_at < before)
    return list(work.session.scalars(select(PatrolRow).where(*mine).limit(limit).with_for_update(skip_locked=True)))


def page(work: Work, *conditions: ColumnElement[bool], limit: int, before: UUID | None = None) -> list[Patrol]:
    """Return the newest patrols that conditions pick, of any tenant."""
    asked = select(PatrolRow).where(*conditions).order_by(PatrolRow.id.desc()).limit(limit)
    if before is not None:
        asked = asked.where(PatrolRow.id < before)
    return [patrol_of(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def add_points(work: Work, patrol_id: UUID, points: Sequence[PatrolPoint]) -> int:
    """Insert points and return how many were new; a number that is there keeps its first point."""
    rows = [asdict(one) | {"patrol_id": patrol_id, "tenant_id": work.tenant_id} for one in points]
    statement = insert(PointRow).on_conflict_do_nothing().returning(PointRow.n)
    return len(insert_rows(work.session, statement, rows))


def points(work: Work, patrol_id: UUID) -> list[PatrolPoint]:
    """Return a patrol's points by number."""
    columns = [getattr(PointRow, name) for name in PatrolPoint.__dataclass_fields__]
    rows = work.session.execute(select(*columns).where(PointRow.patrol_id == patrol_id).order_by(PointRow.n))
    return [PatrolPoint(*row) for row in rows]


def others(work: Work, patrol: PatrolRow, since: datetime, until: datetime) -> list[PatrolRow]:
    """Return other patrols at the same time that are of the same person, or by the same named phone."""
    same = PatrolRow.person_id == patrol.person_id
    if patrol.device:
        same |= PatrolRow.device == patrol.device
    now = (PatrolRow.first_at <= until, PatrolRow.last_at >= since, PatrolRow.tenant_id == work.tenant_id)
    return list(work.session.scalars(select(PatrolRow).where(*now, same, PatrolRow.id != patrol.id).limit(50)))


def shapes(work: Work, patrol: PatrolRow, since: datetime, box: Box, limit: int) -> list[tuple[UUID, bytes]]:
    """Return (patrol, shape) of those sent before this one whose box meets a box (west, south, east, north)."""
    west, south, east, north = box
    met = (PatrolRow.west <= east, PatrolRow.east >= west, PatrolRow.south <= north, PatrolRow.north >= south)
    asked = (
        select(PatrolRow.id, PatrolRow.shape)
        .where(PatrolRow.tenant_id == work.tenant_id, PatrolRow.last_at >= since, *met)
        .where(PatrolRow.id < patrol.id, PatrolRow.shape.is_not(None))
        .order_by(PatrolRow.id.desc())
        .limit(limit)
    )
    return [(one, shape) for one, shape in work.session.execute(asked) if shape is not None]


def put_seen(work: Work, patrol_id: UUID, packed: bytes) -> None:
    """Replace what a patrol saw."""
    made = insert(SeenRow).values(patrol_id=patrol_id, tenant_id=work.tenant_id, packed=packed)
    work.session.execute(made.on_conflict_do_update(index_elements=["patrol_id"], set_={"packed": packed}))


def seen(work: Work, since: datetime) -> list[bytes]:
    """Return what the tenant's patrols that are believed saw since a moment."""
    asked = (
        select(SeenRow.packed)
        .join(PatrolRow, PatrolRow.id == SeenRow.patrol_id)
        .where(PatrolRow.tenant_id == work.tenant_id, PatrolRow.verified.is_(True), PatrolRow.last_at >= since)
    )
    return list(work.session.scalars(asked))


def bind_phone(work: Work, key_id: UUID, person_id: UUID) -> None:
    """Let a key bring a person's points, and nobody else's from now on."""
    told = {"person_id": person_id, "bound_at": work.now()}
    made = insert(PhoneRow).values(key_id=key_id, tenant_id=work.tenant_id, **told)
    work.session.execute(made.on_conflict_do_update(index_elements=["key_id"], set_=told))


def holder(work: Work, key_id: UUID) -> UUID | None:
    """Return whose points a key of the tenant brings."""
    mine = (PhoneRow.tenant_id == work.tenant_id, PhoneRow.key_id == key_id)
    return work.session.scalar(select(PhoneRow.person_id).where(*mine))


def kept(
    work: Work,
    *conditions: ColumnElement[bool],
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[tuple[UUID, UUID, datetime]]:
    """Return (patrol, person, last moment) of those that still have a track, by that moment."""
    since = func.coalesce(PatrolRow.last_at, PatrolRow.began_at)
    has = PatrolRow.points > 0
    asked = select(PatrolRow.id, PatrolRow.person_id, since).where(PatrolRow.tenant_id == work.tenant_id, has)
    if after is not None:
        asked = asked.where((since > after[0]) | ((since == after[0]) & (PatrolRow.id > after[1])))
    rows = work.session.execute(asked.where(*conditions).order_by(since, PatrolRow.id).limit(limit))
    return [(one, person, at) for one, person, at in rows]


def older_than(before: datetime) -> ColumnElement[bool]:
    """Return the condition for patrols that were over at a moment."""
    return func.coalesce(PatrolRow.last_at, PatrolRow.began_at) <= before


def of_person(person_id: UUID) -> ColumnElement[bool]:
    """Return the condition for a person's patrols."""
    return PatrolRow.person_id == person_id


def forget(work: Work, patrol_ids: Collection[UUID]) -> None:
    """Delete where somebody went; that a patrol was, and what of the pipes it saw, stays."""
    mine = (PatrolRow.tenant_id == work.tenant_id, PatrolRow.id.in_(patrol_ids))
    held = select(PatrolRow.id).where(*mine)
    work.session.execute(delete(PointRow).where(PointRow.patrol_id.in_(held)))
    gone = dict.fromkeys(("shape", "west", "south", "east", "north"))
    work.session.execute(update(PatrolRow).where(*mine).values(points=0, phone={}, device="", **gone))


def patrol_of(row: PatrolRow) -> Patrol:
    """Return a row as a fact."""
    told = {name: getattr(row, name) for name in Patrol.__dataclass_fields__}
    reasons = tuple(Reason(**one | {"doubt": Doubt(one["doubt"])}) for one in row.reasons if isinstance(one, dict))
    return Patrol(**told | {"source": PatrolSource(row.source), "reasons": reasons})
