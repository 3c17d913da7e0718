"""Shelves and the shift log: what people on duty say of what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter
from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.casework.facts import OpenItem, Shelf, ShiftEntry, ShiftKind
from pipewarden.casework.store.duty_tables import ShelfRow, ShiftRow
from pipewarden.casework.store.tables import SiteRow

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_ITEMS: TypeAdapter[tuple[OpenItem, ...]] = TypeAdapter(tuple[OpenItem, ...])


def add_shelf(work: Work, one: Shelf) -> None:
    """Insert one shelf."""
    work.session.execute(
        insert(ShelfRow).values(
            id=one.id,
            tenant_id=one.tenant_id,
            site_id=one.site_id,
            person_id=one.person_id,
            reason=one.reason,
            begins_at=one.begins_at,
            ends_at=one.ends_at,
        )
    )


def end_shelves(work: Work, site_id: UUID, now: datetime) -> None:
    """End whatever shelf a site is on."""
    work.session.execute(
        update(ShelfRow)
        .where(
            ShelfRow.tenant_id == work.tenant_id,
            ShelfRow.site_id == site_id,
            ShelfRow.ended_at.is_(None),
            ShelfRow.ends_at > now,
        )
        .values(ended_at=now)
    )


def put_back(work: Work, by: timedelta) -> None:
    """Take an interval off the end of every shelf of the tenant: the clock was set back, and none holds once more."""
    mine = (ShelfRow.tenant_id == work.tenant_id, ShelfRow.ended_at.is_(None), ShelfRow.ends_at > work.now())
    work.session.execute(update(ShelfRow).where(*mine).values(ends_at=ShelfRow.ends_at - by))


def shelf(work: Work, scope: ColumnElement[bool], shelf_id: UUID) -> Shelf | None:
    """Return one shelf of a site within ``scope`` that holds now."""
    return next(iter(_shelves(work, scope, ShelfRow.id == shelf_id, limit=1)), None)


def shelves(work: Work, scope: ColumnElement[bool], *, limit: int) -> list[Shelf]:
    """Return the shelves of sites within ``scope`` that hold now, the first to end first."""
    return _shelves(work, scope, limit=limit)


def _shelves(work: Work, *conditions: ColumnElement[bool], limit: int) -> list[Shelf]:
    rows = work.session.scalars(
        select(ShelfRow)
        .join(SiteRow, SiteRow.id == ShelfRow.site_id)
        .where(ShelfRow.ends_at > work.now(), ShelfRow.ended_at.is_(None), *conditions)
        .order_by(ShelfRow.ends_at, ShelfRow.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [
        Shelf(
            id=row.id,
            tenant_id=row.tenant_id,
            site_id=row.site_id,
            person_id=row.person_id,
            reason=row.reason,
            begins_at=row.begins_at,
            ends_at=row.ends_at,
            ended_at=row.ended_at,
        )
        for row in rows
    ]


def add_entry(work: Work, one: ShiftEntry, area_id: UUID | None) -> None:
    """Append one entry to the shift log."""
    work.session.execute(
        insert(ShiftRow).values(
            id=one.id,
            tenant_id=one.tenant_id,
            kind=one.kind.value,
            author_id=one.author_id,
            to_id=one.to_id,
            at=one.at,
            words=one.words,
            items=_ITEMS.dump_python(one.items, mode="json"),
            area_id=area_id,
        )
    )


def entry(work: Work, scope: ColumnElement[bool], entry_id: UUID) -> ShiftEntry | None:
    """Return one entry within ``scope``, held alone until the transaction ends."""
    row = work.session.scalar(
        select(ShiftRow)
        .where(scope, ShiftRow.id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return None if row is None else _entry(row)


def acknowledge_entry(work: Work, entry_id: UUID, now: datetime) -> None:
    """Write that the incoming person has taken a shift over."""
    work.session.execute(update(ShiftRow).where(ShiftRow.id == entry_id).values(acked_at=now))


def log(
    work: Work, scope: ColumnElement[bool], *, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[ShiftEntry]:
    """Return the shift log within ``scope``, newest first."""
    conditions = [scope]
    if after is not None:
        at, entry_id = after
        conditions.append(or_(ShiftRow.at < at, and_(ShiftRow.at == at, ShiftRow.id < entry_id)))
    rows = work.session.scalars(
        select(ShiftRow)
        .where(*conditions)
        .order_by(ShiftRow.at.desc(), ShiftRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_entry(row) for row in rows]


def _entry(row: ShiftRow) -> ShiftEntry:
    return ShiftEntry(
        id=row.id,
        tenant_id=row.tenant_id,
        kind=ShiftKind(row.kind),
        author_id=row.author_id,
        at=row.at,
        words=row.words,
        to_id=row.to_id,
        items=_ITEMS.validate_python(row.items),
        acked_at=row.acked_at,
    )
