"""Sites and their events: locked, folded, written; the row is a copy of what the events add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter
from sqlalchemy import Double, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from pipewarden.casework.facts import Site, SiteEvent, SiteState
from pipewarden.casework.store.history import event_columns
from pipewarden.casework.store.narrowed import SiteFilter, conditions
from pipewarden.casework.store.tables import SiteEventRow, SiteRow
from pipewarden.kit import facts_log
from pipewarden.kit.db import held
from pipewarden.network.facts import RANK

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_SITE: TypeAdapter[Site] = TypeAdapter(Site)


_MOST_UNDER = 30  # sites of one filing at a time: works that were seen, ended and begun anew


@dataclass(frozen=True, slots=True)
class Filed:
    """A site beside what its row alone knows.

    Attributes:
        rank: 0 in the protection range or unknown, 1 in the control range, 2 outside.
        ended_at: when it came to its present end; None while it needs somebody.
        next_due_at: the earliest deadline of its duties.
        machine_s: when casework last took note of a machine there, seconds since 1970; None when it never did.
        filing: filed, unfiled or unknown; ``filing_score`` of the likeliest filing, ``filing_at`` since when it is so.
        compound: the name of the one it lies in.
        risk_score: as it was weighed last; None until then. ``risk_level`` is never milder than the zone's.
    """

    site: Site
    headline: str
    rank: int
    opened_at: datetime
    ended_at: datetime | None
    next_due_at: datetime | None
    machine_s: float | None
    filing: str = "unknown"
    filing_score: float | None = None
    filing_at: datetime | None = None
    compound: str | None = None
    contractor_id: UUID | None = None
    risk_score: float | None = None
    risk_level: int = 1
    risk_version: str | None = None


@dataclass(frozen=True, slots=True)
class Stands:
    """Whether an alarm's site needs somebody, and what ``Filed`` says of its end and of its machine."""

    open: bool
    ended_at: datetime | None
    machine_s: float | None


def lock(work: Work, site_ids: Collection[UUID]) -> dict[UUID, Site]:
    """Return those of ``site_ids`` that there are, held alone until the transaction ends."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.id.in_(set(site_ids)))
        .order_by(SiteRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: site_of(row) for row in held(work.session, rows)}


def dug_since(work: Work, since: datetime) -> list[Filed]:
    """Return the tenant's open sites under a filing where a machine was seen since a moment, or somebody stands by."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(
            SiteRow.tenant_id == work.tenant_id,
            SiteRow.open,
            SiteRow.sum["filing_id"].as_string().is_not(None),
            or_(SiteRow.machine_s >= since.timestamp(), SiteRow.state == SiteState.UNDER_STANDBY.value),
        )
        .order_by(SiteRow.id)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in rows]


def lock_open(work: Work, boxes: Collection[tuple[float, float, float, float]]) -> dict[UUID, Site]:
    """Return the tenant's open sites in any of ``boxes`` (west, south, east, north, WGS-84), held as by ``lock``."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(
            SiteRow.tenant_id == work.tenant_id,
            SiteRow.open,
            _inside(boxes),
        )
        .order_by(SiteRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: site_of(row) for row in held(work.session, rows)}


def under(work: Work, filing_id: UUID, box: tuple[float, float, float, float]) -> list[Filed]:
    """Return the tenant's latest sites that belong to a filing, newest first; ``box`` is where they may lie."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(
            SiteRow.tenant_id == work.tenant_id,
            SiteRow.merged_into.is_(None),
            _inside([box]),
            SiteRow.sum["filing_id"].as_string() == str(filing_id),
        )
        .order_by(SiteRow.opened_at.desc(), SiteRow.id.desc())
        .limit(_MOST_UNDER)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in rows]


def _inside(boxes: Collection[tuple[float, float, float, float]]) -> ColumnElement[bool]:
    """Return the condition of lying in one of many boxes: one array a side, however many there are."""
    sides = [bindparam(None, list(side), ARRAY(Double)) for side in zip(*boxes, strict=True)]
    box = func.unnest(*sides).table_valued("west", "south", "east", "north").render_derived()
    return (
        select(box.c.west)
        .where(SiteRow.lon.between(box.c.west, box.c.east), SiteRow.lat.between(box.c.south, box.c.north))
        .exists()
    )


def read(work: Work, site_ids: Collection[UUID]) -> dict[UUID, Site]:
    """Return those of ``site_ids`` that there are."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.id.in_(set(site_ids)))
        .execution_options(populate_existing=True)
    )
    return {row.id: site_of(row) for row in rows}


def taken_over(work: Work, site_id: UUID) -> list[UUID]:
    """Return the alarms of the sites that one has taken over."""
    alarm = select(SiteRow.alarm_id).where(SiteRow.tenant_id == work.tenant_id, SiteRow.merged_into == site_id)
    return [one for one in work.session.scalars(alarm.order_by(SiteRow.id)) if one is not None]


def lock_opening(work: Work) -> None:
    """Wait until nobody else opens sites of this tenant; held to the end of the transaction."""
    work.session.execute(select(func.pg_advisory_xact_lock(facts_log.lock_key("casework.open", str(work.tenant_id)))))


def touched(work: Work, site_id: UUID) -> bool:
    """Return whether anybody but the house has done anything on a site since it was opened last."""
    opened = select(func.max(SiteEventRow.version)).where(
        SiteEventRow.site_id == site_id, SiteEventRow.kind.in_(("discovered", "reopened"))
    )
    return (
        work.session.scalar(
            select(
                exists().where(
                    SiteEventRow.tenant_id == work.tenant_id,
                    SiteEventRow.site_id == site_id,
                    SiteEventRow.version > opened.scalar_subquery(),
                    SiteEventRow.actor.is_not(None),
                )
            )
        )
        is True
    )


def stands(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, Stands]:
    """Return how the sites of alarms stand, by alarm; one without a site is left out."""
    wanted = select(SiteRow.alarm_id, SiteRow.open, SiteRow.ended_at, SiteRow.machine_s)
    rows = work.session.execute(wanted.where(SiteRow.tenant_id == work.tenant_id, SiteRow.alarm_id.in_(set(alarm_ids))))
    return {
        alarm_id: Stands(open=needed, ended_at=ended_at, machine_s=machine_s)
        for alarm_id, needed, ended_at, machine_s in rows
        if alarm_id is not None
    }


def of_alarms(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, Filed]:
    """Return the sites of alarms of the tenant by alarm, as they stand; nothing is held."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.alarm_id.in_(set(alarm_ids)))
        .execution_options(populate_existing=True)
    )
    return {row.alarm_id: filed_of(row) for row in rows if row.alarm_id is not None}


def lock_of_alarms(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, Filed]:
    """Return the sites of alarms by alarm, held alone until the transaction ends."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.alarm_id.in_(set(alarm_ids)))
        .order_by(SiteRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.alarm_id: filed_of(row) for row in held(work.session, rows) if row.alarm_id is not None}


def write(work: Work, site: Site, headline: str, events: Sequence[SiteEvent]) -> None:
    """Append the events and write the site that they lead to; a site seen first gets its row.

    Raises:
        IntegrityError: somebody else has taken one of the versions, or has opened a site of the same alarm.
    """
    if not events:
        return
    values = _columns(site, headline)
    if events[0].version == 1:
        fresh = {"filing": "unknown", "risk_level": site.level, "next_due_at": None, "machine_s": None}
        row = SiteRow(id=site.id, opened_at=events[0].at, rules_due_at=None, **fresh, **values)
        work.session.add(row)
        held(work.session, [row])
    else:
        row = work.session.get_one(SiteRow, site.id)
        for name, value in values.items():
            setattr(row, name, value)
    row.risk_at, row.risk_level = None, min(row.risk_level, site.level)
    if site.open or site.merged_into is not None:
        row.ended_at = None
    elif row.ended_at is None:
        row.ended_at = events[-1].at
    work.session.flush()
    work.session.execute(insert(SiteEventRow), [event_columns(one) for one in events])


def set_next_due(work: Work, site_id: UUID, due_at: datetime | None) -> None:
    """Write the earliest deadline of a site's duties."""
    work.session.execute(
        update(SiteRow).where(SiteRow.tenant_id == work.tenant_id, SiteRow.id == site_id).values(next_due_at=due_at)
    )


def set_machine(work: Work, site_id: UUID, seen_s: float) -> None:
    """Write when a machine was last seen at a site, so that the same picture is never taken for a new one."""
    row = work.session.get_one(SiteRow, site_id)
    row.machine_s, row.risk_at = seen_s, None
    work.session.flush()


def set_rules_due(work: Work, site_id: UUID, due_at: datetime | None) -> None:
    """Write when time alone may change what the rules say of a site; nothing is written where it stands so already."""
    work.session.get_one(SiteRow, site_id).rules_due_at = due_at


def one(work: Work, scope: ColumnElement[bool], site_id: UUID) -> Filed | None:
    """Return one site, of any tenant within ``scope``."""
    row = work.session.scalar(
        select(SiteRow).where(scope, SiteRow.id == site_id).execution_options(populate_existing=True)
    )
    return None if row is None else filed_of(row)


def some(work: Work, scope: ColumnElement[bool], site_ids: Collection[UUID]) -> list[Filed]:
    """Return those of ``site_ids``, of any tenant, within ``scope``, by id."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(scope, SiteRow.id.in_(set(site_ids)))
        .order_by(SiteRow.id)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in rows]


def page(
    work: Work,
    scope: ColumnElement[bool],
    wanted: SiteFilter,
    *,
    limit: int,
    after: tuple[int, datetime, UUID] | None = None,
) -> list[Filed]:
    """Return sites of any tenant within ``scope``: protection range first, newest first."""
    narrowed = [scope, SiteRow.merged_into.is_(None), *conditions(wanted)]
    if after is not None:
        rank, opened_at, site_id = after
        earlier = and_(SiteRow.opened_at == opened_at, SiteRow.id < site_id)
        narrowed.append(
            or_(SiteRow.rank > rank, and_(SiteRow.rank == rank, or_(SiteRow.opened_at < opened_at, earlier)))
        )
    rows = work.session.scalars(
        select(SiteRow)
        .where(*narrowed)
        .order_by(SiteRow.rank, SiteRow.opened_at.desc(), SiteRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in rows]


def site_of(row: SiteRow) -> Site:
    """Return a row's site."""
    return _SITE.validate_python(row.sum)


def filed_of(row: SiteRow) -> Filed:
    """Return a site as its row keeps it."""
    return Filed(
        site=site_of(row),
        headline=row.headline,
        rank=row.rank,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        next_due_at=row.next_due_at,
        machine_s=row.machine_s,
        filing=row.filing,
        filing_score=row.filing_score,
        filing_at=row.filing_at,
        compound=row.compound,
        contractor_id=row.contractor_id,
        risk_score=row.risk_score,
        risk_level=row.risk_level,
        risk_version=row.risk_version,
    )


def _columns(site: Site, headline: str) -> dict[str, object]:
    return {
        "tenant_id": site.tenant_id,
        "alarm_id": site.alarm_id,
        "state": site.state.value,
        "headline": headline,
        "zone": site.zone.value,
        "rank": RANK[site.zone],
        "level": site.level,
        "lon": site.lon,
        "lat": site.lat,
        "owner_id": site.owner_id,
        "open": site.open,
        "merged_into": site.merged_into,
        "version": site.version,
        "sum": _SITE.dump_python(site, mode="json"),
    }
