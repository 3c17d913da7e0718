"""Reports of months that were printed: written once, and gone when their days are over (docs/adr/0047)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint, delete, func, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.insight.facts import MonthReport
from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipewarden.kit.work import Work


class MonthReportRow(Base):
    """One report of one month."""

    __tablename__ = "insight_reports"
    __table_args__ = (UniqueConstraint("tenant_id", "month", "version"), {"info": {"forgets": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    month: Mapped[date]
    version: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(Text)
    made_by_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    size: Mapped[int]


_FIELDS = tuple(MonthReport.__dataclass_fields__)


def lock(work: Work) -> None:
    """Let one maker of reports of the tenant in at a time, until the transaction ends."""
    key = f"insight:{work.tenant_id}:reports"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def add(work: Work, made: MonthReport) -> None:
    """Insert a report."""
    work.session.add(MonthReportRow(**{name: getattr(made, name) for name in _FIELDS}))
    work.session.flush()


def newest(work: Work, month: date) -> MonthReport | None:
    """Return the last report of a month; None where there is none."""
    mine = (MonthReportRow.tenant_id == work.tenant_id, MonthReportRow.month == month)
    row = work.session.scalars(
        select(MonthReportRow).where(*mine).order_by(MonthReportRow.version.desc()).limit(1)
    ).first()
    return None if row is None else _read(row)


def one(work: Work, report_id: UUID) -> MonthReport | None:
    """Return a report of the tenant by its id."""
    row = work.session.get(MonthReportRow, report_id)
    return _read(row) if row is not None and row.tenant_id == work.tenant_id else None


def page(work: Work, *, limit: int, after: tuple[date, int] | None = None) -> list[MonthReport]:
    """Return reports of the tenant, the last month first, and of a month the last version first."""
    place = tuple_(MonthReportRow.month, MonthReportRow.version)
    asked = select(MonthReportRow).where(MonthReportRow.tenant_id == work.tenant_id)
    if after is not None:
        asked = asked.where(place < after)
    ordered = asked.order_by(MonthReportRow.month.desc(), MonthReportRow.version.desc()).limit(limit)
    return [_read(row) for row in work.session.scalars(ordered)]


def old(work: Work, until: datetime, after: tuple[datetime, str] | None, limit: int) -> list[MonthReport]:
    """Return reports of the tenant made until a moment, by (made, id), past ``after``."""
    place = tuple_(MonthReportRow.made_at, MonthReportRow.id)
    asked = select(MonthReportRow).where(MonthReportRow.tenant_id == work.tenant_id, MonthReportRow.made_at <= until)
    if after is not None:
        asked = asked.where(place > (after[0], UUID(after[1])))
    return [
        _read(row)
        for row in work.session.scalars(asked.order_by(MonthReportRow.made_at, MonthReportRow.id).limit(limit))
    ]


def drop(work: Work, ids: Collection[UUID]) -> None:
    """Delete reports of the tenant."""
    mine = (MonthReportRow.tenant_id == work.tenant_id, MonthReportRow.id.in_(ids))
    work.session.execute(delete(MonthReportRow).where(*mine))


def still_named(work: Work, hashes: Collection[str]) -> set[str]:
    """Return those of the hashes that a report of anybody still names."""
    return set(work.session.scalars(select(MonthReportRow.sha256).where(MonthReportRow.sha256.in_(hashes)).distinct()))


def _read(row: MonthReportRow) -> MonthReport:
    return MonthReport(**{name: getattr(row, name) for name in _FIELDS})
