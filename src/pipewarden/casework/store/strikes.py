"""Strikes: locked, folded, written; the row is a copy of what the events add up to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.casework.facts.strike import NumberKind, StrikeBody, StrikeContact, StrikeEvent, StrikeFile
from pipewarden.casework.store.filing_tables import FilingRow
from pipewarden.casework.store.strike_tables import StrikeContactRow, StrikeEventRow, StrikeRow
from pipewarden.kit import facts_log
from pipewarden.kit.db import held

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_FILE: TypeAdapter[StrikeFile] = TypeAdapter(StrikeFile)
_BODY: TypeAdapter[StrikeBody] = TypeAdapter(Annotated[StrikeBody, Field(discriminator="kind")])


def lock_opening(work: Work) -> None:
    """Wait until nobody else opens strikes of this tenant; held to the end of the transaction."""
    key = facts_log.lock_key("casework.strike", str(work.tenant_id))
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def lock(work: Work, strike_id: UUID) -> StrikeFile | None:
    """Return a strike of the tenant, held alone until the transaction ends."""
    rows = work.session.scalars(
        select(StrikeRow)
        .where(StrikeRow.tenant_id == work.tenant_id, StrikeRow.id == strike_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next((_file(row) for row in held(work.session, rows)), None)


def open_of_site(work: Work, site_id: UUID) -> StrikeFile | None:
    """Return the strike of a site whose danger is not over, held as by ``lock``; None where there is none."""
    rows = work.session.scalars(
        select(StrikeRow)
        .where(StrikeRow.tenant_id == work.tenant_id, StrikeRow.site_id == site_id, StrikeRow.over_at.is_(None))
        .order_by(StrikeRow.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next((_file(row) for row in held(work.session, rows)), None)


def of_site(work: Work, scope: ColumnElement[bool], site_id: UUID, *, limit: int) -> list[StrikeFile]:
    """Return the last strikes of a site within ``scope``, oldest first."""
    rows = work.session.scalars(
        select(StrikeRow)
        .where(scope, StrikeRow.site_id == site_id)
        .order_by(StrikeRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_file(row) for row in rows][::-1]


def write(work: Work, file: StrikeFile, reported_by: UUID | None, event: StrikeEvent) -> None:
    """Append the event and write the strike that it leads to.

    Raises:
        IntegrityError: somebody else has taken its version.
    """
    values = {
        "site_id": file.site_id,
        "drill": file.drill,
        "lon": file.lon,
        "lat": file.lat,
        "at": file.at,
        "over_at": file.over_at,
        "version": file.version,
        "sum": json.loads(_FILE.dump_json(file)),
    }
    if event.version == 1:
        work.session.add(
            StrikeRow(id=file.id, tenant_id=file.tenant_id, reported_by=reported_by, recorded_at=None, **values)
        )
    else:
        row = work.session.get_one(StrikeRow, file.id)
        for name, value in values.items():
            setattr(row, name, value)
        if event.body.kind == "damage_said":
            row.recorded_at = event.at
    work.session.flush()
    work.session.execute(
        insert(StrikeEventRow).values(
            id=event.id,
            tenant_id=event.tenant_id,
            strike_id=event.strike_id,
            version=event.version,
            kind=event.body.kind,
            at=event.at,
            actor=event.actor,
            body=json.loads(_BODY.dump_json(event.body)),
        )
    )


def one(work: Work, scope: ColumnElement[bool], strike_id: UUID) -> StrikeFile | None:
    """Return one strike, of any tenant within ``scope``."""
    row = work.session.scalar(
        select(StrikeRow).where(scope, StrikeRow.id == strike_id).execution_options(populate_existing=True)
    )
    return None if row is None else _file(row)


def inside(work: Work, scope: ColumnElement[bool], ids: Collection[UUID]) -> set[UUID]:
    """Return which of these strikes lie within ``scope``."""
    return set(work.session.scalars(select(StrikeRow.id).where(scope, StrikeRow.id.in_(set(ids)))))


def page(
    work: Work,
    scope: ColumnElement[bool],
    *,
    over: bool | None,
    drill: bool | None,
    limit: int,
    after: UUID | None = None,
) -> list[StrikeFile]:
    """Return strikes of any tenant within ``scope``, newest first."""
    conditions = [scope]
    if over is not None:
        conditions.append(StrikeRow.over_at.is_not(None) if over else StrikeRow.over_at.is_(None))
    if drill is not None:
        conditions.append(StrikeRow.drill.is_(drill))
    if after is not None:
        conditions.append(StrikeRow.id < after)
    rows = work.session.scalars(
        select(StrikeRow)
        .where(*conditions)
        .order_by(StrikeRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_file(row) for row in rows]


def within(work: Work, scope: ColumnElement[bool], since: datetime, until: datetime, *, limit: int) -> list[StrikeFile]:
    """Return the real strikes within ``scope`` of a time, oldest first; drills are left out."""
    rows = work.session.scalars(
        select(StrikeRow)
        .where(scope, StrikeRow.drill.is_(False), StrikeRow.at >= since, StrikeRow.at < until)
        .order_by(StrikeRow.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_file(row) for row in rows]


def events(work: Work, strike_id: UUID, *, limit: int, after: int = 0) -> list[StrikeEvent]:
    """Return what happened to a strike past its version ``after``, oldest first."""
    rows = work.session.scalars(
        select(StrikeEventRow)
        .where(
            StrikeEventRow.tenant_id == work.tenant_id,
            StrikeEventRow.strike_id == strike_id,
            StrikeEventRow.version > after,
        )
        .order_by(StrikeEventRow.version)
        .limit(limit)
    )
    return [
        StrikeEvent(
            id=row.id,
            tenant_id=row.tenant_id,
            strike_id=row.strike_id,
            at=row.at,
            actor=row.actor,
            version=row.version,
            body=_BODY.validate_json(json.dumps(row.body)),
        )
        for row in rows
    ]


def filed_works(work: Work, scope: ColumnElement[bool], since: datetime, until: datetime) -> int:
    """Return how many filings within ``scope`` have works that begin in a time."""
    wanted = select(func.count()).select_from(FilingRow)
    return int(work.session.scalar(wanted.where(scope, *begun(since, until))) or 0)


def begun(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for filings whose works begin from ``since`` until before ``until``."""
    return FilingRow.valid_from >= since, FilingRow.valid_from < until


def contacts(work: Work, scope: ColumnElement[bool], *, limit: int) -> list[StrikeContact]:
    """Return the numbers on record within ``scope``, past and future ones too, newest first."""
    rows = work.session.scalars(select(StrikeContactRow).where(scope).order_by(StrikeContactRow.id.desc()).limit(limit))
    return [_contact(row) for row in rows]


def contacts_on(work: Work, day: date) -> dict[NumberKind, StrikeContact]:
    """Return the tenant's numbers that hold on a day: of each kind the one that began last."""
    rows = work.session.scalars(
        select(StrikeContactRow)
        .where(StrikeContactRow.tenant_id == work.tenant_id, StrikeContactRow.since <= day)
        .order_by(StrikeContactRow.since, StrikeContactRow.id)
    )
    return {one.kind: one for one in map(_contact, rows)}


def add_contact(work: Work, made: StrikeContact) -> None:
    """Insert a number."""
    work.session.execute(
        insert(StrikeContactRow).values(
            id=made.id,
            tenant_id=made.tenant_id,
            kind=made.kind.value,
            name=made.name,
            number=made.number,
            since=made.since,
            recorded_at=made.recorded_at,
            recorded_by=made.recorded_by,
        )
    )


def _contact(row: StrikeContactRow) -> StrikeContact:
    return StrikeContact(
        id=row.id,
        tenant_id=row.tenant_id,
        kind=NumberKind(row.kind),
        name=row.name,
        number=row.number,
        since=row.since,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


def _file(row: StrikeRow) -> StrikeFile:
    return _FILE.validate_json(json.dumps(row.sum))
