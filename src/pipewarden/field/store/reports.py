"""Every query on reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.field.facts.reports import Fresh, Report, Reporter, ReportState, Said
from pipewarden.field.store.report_tables import ReporterRow, ReportRow, SaidRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


def lock(work: Work, name: str) -> None:
    """Let one transaction at a time do what ``name`` says: two sendings of one draft, two words about one site."""
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"field:{name}", 0))))


def by_draft(work: Work, draft: UUID) -> Report | None:
    """Return the report of a phone's draft, of whatever tenant."""
    row = work.session.scalar(select(ReportRow).where(ReportRow.draft == draft))
    return None if row is None else report_of(row)


def by_token(work: Work, digest: bytes) -> Report | None:
    """Return the report that a link leads to, of whatever tenant: whoever has the link may see it."""
    row = work.session.scalar(
        select(ReportRow).where(ReportRow.token_digest == digest).execution_options(populate_existing=True)
    )
    return None if row is None else report_of(row)


def add(work: Work, report: Report) -> None:
    """Write a report."""
    values = {name: getattr(report, name) for name in Report.__slots__}
    values |= {
        "state": report.state.value,
        "fresh": report.fresh.value,
        "notes": list(report.notes),
        "pictures": list(report.pictures),
        "observations": list(report.observations),
    }
    work.session.execute(insert(ReportRow).values(**values))


def change(work: Work, report_id: UUID, **values: object) -> None:
    """Write what became of a report."""
    work.session.execute(
        update(ReportRow).where(ReportRow.id == report_id).values(**values).execution_options(synchronize_session=False)
    )


def reports(work: Work, *conditions: ColumnElement[bool], limit: int, before: UUID | None = None) -> list[Report]:
    """Return reports, the newest first; the caller brings the scope."""
    older = () if before is None else (ReportRow.id < before,)
    asked = select(ReportRow).where(*conditions, *older).order_by(ReportRow.id.desc()).limit(limit)
    return [report_of(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def grave(
    work: Work, *conditions: ColumnElement[bool], limit: int, after: tuple[bool, UUID] | None = None
) -> list[Report]:
    """Return reports, danger first, then the longest waiting, past (danger, id); the caller brings the scope."""
    past = []
    if after is not None:
        danger, last = after
        same = and_(ReportRow.danger.is_(danger), ReportRow.id > last)  # ids grow with the time of receipt
        past.append(or_(same, ReportRow.danger.is_(False)) if danger else same)
    asked = select(ReportRow).where(*conditions, *past).order_by(ReportRow.danger.desc(), ReportRow.id).limit(limit)
    return [report_of(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def count(work: Work, *conditions: ColumnElement[bool], most: int) -> int:
    """Return how many reports there are, ``most`` at most; the caller brings the scope."""
    some = select(ReportRow.id).where(*conditions).limit(most).subquery()
    return work.session.scalar(select(func.count()).select_from(some)) or 0


def held(work: Work, report_id: UUID, *conditions: ColumnElement[bool]) -> Report | None:
    """Return a report that conditions pick, held alone."""
    row = work.session.scalar(
        select(ReportRow)
        .where(ReportRow.id == report_id, *conditions)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return None if row is None else report_of(row)


def near(work: Work, box: tuple[float, float, float, float], since: datetime, *, limit: int) -> list[Report]:
    """Return the tenant's reports in a box (west, south, east, north) since a moment that nobody set aside, newest."""
    west, south, east, north = box
    return reports(
        work,
        ReportRow.tenant_id == work.tenant_id,
        ReportRow.lat.between(south, north),
        ReportRow.lon.between(west, east),
        ReportRow.received_at >= since,
        ReportRow.state != ReportState.ASIDE.value,
        limit=limit,
    )


def of_observations(work: Work, observation_ids: Collection[UUID]) -> list[Report]:
    """Return the tenant's reports that are among the observations in the river, the first received first."""
    mine = (ReportRow.tenant_id == work.tenant_id, ReportRow.observations.overlap(list(observation_ids)))
    rows = work.session.scalars(select(ReportRow).where(*mine).order_by(ReportRow.received_at, ReportRow.id))
    return [report_of(row) for row in rows]


def sent_since(work: Work, since: datetime, *, reporter_id: UUID | None = None, network: bytes | None = None) -> int:
    """Return how many reports without danger one phone, or one network, sent since a moment."""
    mine = ReportRow.reporter_id == reporter_id if reporter_id is not None else ReportRow.network == network
    counted = select(func.count()).select_from(ReportRow)
    found = counted.where(mine, ReportRow.received_at >= since, ReportRow.danger.is_(False))
    return int(work.session.scalar(found) or 0)


def called_since(work: Work, since: datetime, reporter_id: UUID) -> list[tuple[UUID, float | None, float | None]]:
    """Return the danger reports of the tenant for which somebody was called since a moment: reporter, lon and lat."""
    mine = (ReportRow.tenant_id == work.tenant_id, ReportRow.called_at >= since)
    placed = or_(ReportRow.lon.is_not(None), ReportRow.reporter_id == reporter_id)
    rows = work.session.execute(select(ReportRow.reporter_id, ReportRow.lon, ReportRow.lat).where(*mine, placed))
    return [(one.reporter_id, one.lon, one.lat) for one in rows]


def nonce_used(work: Work, nonce: str) -> bool:
    """Say whether a nonce came with a report before."""
    return work.session.scalar(select(ReportRow.id).where(ReportRow.nonce == nonce)) is not None


def reporter(work: Work, device: bytes) -> Reporter:
    """Return the phone as the tenant knows it, made at its first report."""
    made = insert(ReporterRow).values(id=work.ids.new(), tenant_id=work.tenant_id, device=device, aside_why="")
    work.session.execute(made.on_conflict_do_nothing(index_elements=["tenant_id", "device"]))
    row = work.session.scalars(
        select(ReporterRow)
        .where(ReporterRow.tenant_id == work.tenant_id, ReporterRow.device == device)
        .execution_options(populate_existing=True)
    ).one()
    return Reporter(row.id, row.tenant_id, row.device, row.aside_until, row.aside_why)


def reporters(work: Work, ids: Collection[UUID]) -> dict[UUID, Reporter]:
    """Return phones by id, of whatever tenant: the caller has found their reports in its scope."""
    rows = work.session.scalars(
        select(ReporterRow).where(ReporterRow.id.in_(set(ids))).execution_options(populate_existing=True)
    )
    return {row.id: Reporter(row.id, row.tenant_id, row.device, row.aside_until, row.aside_why) for row in rows}


def set_aside(work: Work, reporter_id: UUID, until: datetime | None, why: str) -> None:
    """Let a phone's reports wait for a person until a moment; None: no more."""
    work.session.execute(
        update(ReporterRow)
        .where(ReporterRow.id == reporter_id, ReporterRow.tenant_id == work.tenant_id)
        .values(aside_until=until, aside_why=why)
        .execution_options(synchronize_session=False)
    )


def said_by_draft(work: Work, draft: UUID) -> Said | None:
    """Return the added words of a phone's draft."""
    row = work.session.scalar(select(SaidRow).where(SaidRow.draft == draft))
    return None if row is None else _said(row)


def add_said(work: Work, said: Said) -> None:
    """Write added words."""
    work.session.execute(insert(SaidRow).values(**{name: getattr(said, name) for name in Said.__slots__}))


def said(work: Work, report_id: UUID, *, limit: int) -> list[Said]:
    """Return what a reporter added, oldest first."""
    asked = select(SaidRow).where(SaidRow.report_id == report_id).order_by(SaidRow.id).limit(limit)
    return [_said(row) for row in work.session.scalars(asked)]


def _said(row: SaidRow) -> Said:
    return Said(row.id, row.tenant_id, row.report_id, row.draft, row.words, row.at)


def report_of(row: ReportRow) -> Report:
    """Return a row as a value."""
    values = {name: getattr(row, name) for name in Report.__slots__}
    values |= {
        "state": ReportState(row.state),
        "fresh": Fresh(row.fresh),
        "notes": tuple(row.notes),
        "pictures": tuple(row.pictures),
        "observations": tuple(row.observations),
    }
    return Report(**values)
