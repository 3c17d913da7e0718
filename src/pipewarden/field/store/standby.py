"""Shifts of standing by, their checks and missed hours, and the drafts that phones have sent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Boolean, Double, Index, Integer, LargeBinary, Text, func, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.field.facts.standby import Check, Doubt, Missed, OwedHour, Shift, ShiftEnd
from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipewarden.kit.work import Work

_RUNS = text("ended_at IS NULL")
_LOG = {"info": {"append_only": True}}


class ShiftRow(Base):
    """One shift; at most one of a person runs."""

    __tablename__ = "field_shifts"
    __table_args__ = (
        Index("ix_field_shifts_due", "tenant_id", "next_check_by", postgresql_where=text("ended_at IS NULL")),
        Index(
            "uq_field_shifts_running", "tenant_id", "person_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
        Index("ix_field_shifts_site", "tenant_id", "site_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID]
    person_id: Mapped[UUID]
    policy: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime]
    doubts: Mapped[list[object]] = mapped_column(JSONB)
    next_check_by: Mapped[datetime | None]
    checks: Mapped[int] = mapped_column(Integer)
    missed: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime | None]
    end: Mapped[str | None] = mapped_column(Text)


class CheckRow(Base):
    """One check of an hour; where its person stood goes when its days are over, the rest is never changed."""

    __tablename__ = "field_checks"
    __table_args__ = (
        Index("ix_field_checks_shift", "shift_id", "id"),
        {"info": {"append_only": True, "blanks": ("lon", "lat", "accuracy_m")}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    shift_id: Mapped[UUID]
    site_id: Mapped[UUID]
    person_id: Mapped[UUID]
    at: Mapped[datetime]
    said_at: Mapped[datetime | None]
    late: Mapped[bool] = mapped_column(Boolean)
    counts: Mapped[bool] = mapped_column(Boolean)
    doubts: Mapped[list[object]] = mapped_column(JSONB)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    picture: Mapped[str] = mapped_column(Text)
    checklist: Mapped[dict[str, object]] = mapped_column(JSONB)
    gas_ppm: Mapped[float | None] = mapped_column(Double)
    machines: Mapped[list[object]] = mapped_column(JSONB)
    distance_m: Mapped[float | None] = mapped_column(Double)
    exposed: Mapped[bool | None] = mapped_column(Boolean)
    words: Mapped[str] = mapped_column(Text)
    danger: Mapped[bool] = mapped_column(Boolean)
    violations: Mapped[list[object]] = mapped_column(JSONB)
    observation_id: Mapped[UUID | None]


class MissedRow(Base):
    """One hour without its check."""

    __tablename__ = "field_missed_checks"
    __table_args__ = (Index("ix_field_missed_checks_shift", "shift_id", "check_by", unique=True), _LOG)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    shift_id: Mapped[UUID]
    site_id: Mapped[UUID]
    person_id: Mapped[UUID]
    check_by: Mapped[datetime]
    at: Mapped[datetime]


class SentRow(Base):
    """One draft that a person's phone has sent: what it made, to answer the same again."""

    __tablename__ = "field_sent"
    __table_args__ = (_LOG,)

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    draft: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_id: Mapped[UUID]
    at: Mapped[datetime]


def lock(work: Work, person_id: UUID) -> None:
    """Let one transaction at a time take what a person's phone sends."""
    name = f"field:{person_id}"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def sent(work: Work, person_id: UUID, draft: UUID) -> tuple[bytes, UUID] | None:
    """Return the content and what came of a person's draft; None where it is new."""
    row = work.session.get(SentRow, (person_id, draft))
    return None if row is None else (row.content, row.made_id)


def add_sent(work: Work, person_id: UUID, draft: UUID, content: bytes, made_id: UUID) -> None:
    """Keep that a draft came."""
    values = {"person_id": person_id, "draft": draft, "tenant_id": work.tenant_id, "content": content}
    work.session.execute(insert(SentRow).values(**values, made_id=made_id, at=work.now()))


def running(work: Work, person_id: UUID) -> Shift | None:
    """Return the shift of a person that runs, of the tenant worked for, locked; None where none does."""
    mine = ShiftRow.tenant_id == work.tenant_id, ShiftRow.person_id == person_id, ShiftRow.ended_at.is_(None)
    row = work.session.scalar(select(ShiftRow).where(*mine).with_for_update().execution_options(populate_existing=True))
    return None if row is None else _shift(row)


def shift(work: Work, shift_id: UUID) -> Shift | None:
    """Return a shift of the tenant."""
    mine = ShiftRow.tenant_id == work.tenant_id, ShiftRow.id == shift_id
    row = work.session.scalar(select(ShiftRow).where(*mine).execution_options(populate_existing=True))
    return None if row is None else _shift(row)


def last_at(work: Work, person_id: UUID, site_id: UUID) -> Shift | None:
    """Return a person's newest shift at a site of the tenant."""
    mine = ShiftRow.tenant_id == work.tenant_id, ShiftRow.person_id == person_id, ShiftRow.site_id == site_id
    row = work.session.scalar(select(ShiftRow).where(*mine).order_by(ShiftRow.id.desc()).limit(1))
    return None if row is None else _shift(row)


def due(work: Work, *, limit: int) -> list[Shift]:
    """Return running shifts of the tenant of which something is due, locked; what others hold is left out."""
    rows = work.session.scalars(
        select(ShiftRow)
        .where(
            ShiftRow.tenant_id == work.tenant_id,
            ShiftRow.ended_at.is_(None),
            ShiftRow.next_check_by <= work.now(),
        )
        .order_by(ShiftRow.next_check_by, ShiftRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [_shift(row) for row in rows]


def tenants_due(work: Work) -> list[UUID]:
    """Return the tenants of which a check should have come by now."""
    late = ShiftRow.ended_at.is_(None), ShiftRow.next_check_by <= work.now()
    return list(work.session.scalars(select(ShiftRow.tenant_id).where(*late).distinct()))


def put(work: Work, one: Shift) -> None:
    """Write a shift, new or as it stands now.

    Raises:
        IntegrityError: the person has a shift that runs.
    """
    values: dict[str, object] = {name: getattr(one, name) for name in Shift.__slots__}
    values |= {"doubts": [doubt.value for doubt in one.doubts], "end": None if one.end is None else one.end.value}
    fixed = {"id", "tenant_id", "site_id", "person_id", "began_at"}
    made = insert(ShiftRow).values(**values)
    changed = {name: value for name, value in values.items() if name not in fixed}
    work.session.execute(made.on_conflict_do_update(index_elements=[ShiftRow.id], set_=changed))


def add_check(work: Work, one: Check) -> None:
    """Write a check."""
    values: dict[str, object] = {name: getattr(one, name) for name in Check.__slots__}
    values |= {
        "doubts": [doubt.value for doubt in one.doubts],
        "checklist": dict(one.checklist),
        "machines": list(one.machines),
        "violations": list(one.violations),
    }
    work.session.execute(insert(CheckRow).values(**values))


def check(work: Work, check_id: UUID) -> Check | None:
    """Return a check of the tenant."""
    row = work.session.scalar(select(CheckRow).where(CheckRow.tenant_id == work.tenant_id, CheckRow.id == check_id))
    return None if row is None else _check(row)


def checks_of(work: Work, shift_id: UUID) -> list[Check]:
    """Return the checks of a shift, oldest first."""
    mine = CheckRow.tenant_id == work.tenant_id, CheckRow.shift_id == shift_id
    return [_check(row) for row in work.session.scalars(select(CheckRow).where(*mine).order_by(CheckRow.id))]


def add_missed(work: Work, several: Collection[Missed]) -> None:
    """Write missed hours."""
    for one in several:
        work.session.execute(insert(MissedRow).values(**{name: getattr(one, name) for name in Missed.__slots__}))


def missed_of(work: Work, shift_id: UUID) -> list[Missed]:
    """Return the missed hours of a shift, oldest first."""
    mine = MissedRow.tenant_id == work.tenant_id, MissedRow.shift_id == shift_id
    rows = work.session.scalars(select(MissedRow).where(*mine).order_by(MissedRow.check_by))
    return [Missed(**{name: getattr(row, name) for name in Missed.__slots__}) for row in rows]


def owed_hours(
    work: Work, tenant_ids: Collection[UUID], since: datetime, until: datetime, *, limit: int
) -> list[OwedHour]:
    """Return the checks that counted and the hours missed in a time, of some tenants: the caller scopes the sites."""
    check, gone = CheckRow, MissedRow
    kept = select(check.id, check.tenant_id, check.site_id, check.at, check.doubts != []).where(
        check.tenant_id.in_(tenant_ids), check.counts, check.at >= since, check.at < until
    )
    missed = select(gone.id, gone.tenant_id, gone.site_id, gone.check_by).where(
        gone.tenant_id.in_(tenant_ids), gone.check_by >= since, gone.check_by < until
    )
    came = [OwedHour(*row[:4], kept=True, doubted=row[4]) for row in work.session.execute(kept.limit(limit))]
    return came + [OwedHour(*row, kept=False) for row in work.session.execute(missed.limit(limit))]


def shifts_at(work: Work, site_ids: Collection[UUID], since: datetime, until: datetime) -> dict[UUID, datetime]:
    """Return those of some sites where a shift ran at any time of a period, with the first one's beginning."""
    row = ShiftRow
    ran = (row.began_at < until, or_(row.ended_at.is_(None), row.ended_at > since))
    asked = select(row.site_id, func.min(row.began_at)).where(row.site_id.in_(set(site_ids)), *ran)
    return dict(work.session.execute(asked.group_by(row.site_id)).all())


def _shift(row: ShiftRow) -> Shift:
    values = {name: getattr(row, name) for name in Shift.__slots__}
    values["doubts"] = tuple(Doubt(str(one)) for one in row.doubts)
    values["end"] = None if row.end is None else ShiftEnd(row.end)
    return Shift(**values)


def _check(row: CheckRow) -> Check:
    values = {name: getattr(row, name) for name in Check.__slots__}
    values["doubts"] = tuple(Doubt(str(one)) for one in row.doubts)
    values["machines"], values["violations"] = tuple(row.machines), tuple(row.violations)
    return Check(**values)
