"""Lean rows for figures: one query a question, whatever the number of sites; nothing here is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from pipewarden.casework.facts import SiteState
from pipewarden.casework.facts.counted import BegunWorks, Paper, Place, SiteTimes
from pipewarden.casework.store.contractors import ContractorRow, EntryRow
from pipewarden.casework.store.filing_tables import FilingRow
from pipewarden.casework.store.history import ENDS
from pipewarden.casework.store.strikes import begun
from pipewarden.casework.store.tables import SiteEventRow, SiteRow
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_PAPERS = (SiteState.BRIEFED.value, SiteState.PLAN_SIGNED.value)
_MOVES = ("advanced", "works_changed", "ended", "reopened", "merged_into", "parted")
_LONGEST_LINE = 8  # contractors merged into one another in a row


def opened(work: Work, scope: ColumnElement[bool], since: datetime, until: datetime, *, limit: int) -> list[SiteTimes]:
    """Return the sites within ``scope`` that were opened from ``since`` until before ``until``, oldest first."""
    site, event = SiteRow, SiteEventRow
    first = func.min(event.at).filter
    rows = work.session.execute(
        select(
            site.id, site.tenant_id, site.opened_at, first(event.kind == "owner_given"),
            first(event.kind == "arrived"), first(ENDS), site.merged_into.is_not(None), site.state, site.zone,
            site.filing, site.lon, site.lat,
        )
        .join(event, event.site_id == site.id)
        .where(scope, site.opened_at >= since, site.opened_at < until)
        .group_by(site.id)
        .order_by(site.opened_at, site.id)
        .limit(limit)
    )  # fmt: skip
    return [_times(tuple(row)) for row in rows]


def _times(row: tuple[Any, ...]) -> SiteTimes:
    names = SiteTimes.__slots__
    return SiteTimes(**dict(zip(names, row, strict=True)) | {"zone": Zone(row[8])})


def places(work: Work, scope: ColumnElement[bool], site_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Return where those of some sites lie that are within ``scope``."""
    site = SiteRow
    rows = work.session.execute(
        select(site.id, site.tenant_id, site.lon, site.lat).where(scope, site.id.in_(set(site_ids)))
    )
    return {row[0]: Place(*row) for row in rows}


def violations(
    work: Work, scope: ColumnElement[bool], since: datetime, until: datetime, *, limit: int
) -> list[tuple[Any, ...]]:
    """Return violations that were opened in a time: event, site, tenant, when, code, severity, contractor, brought.

    The last two columns are the site's place.
    """
    site, event = SiteRow, SiteEventRow
    asked = (
        select(
            event.id, site.id, site.tenant_id, event.at, event.body["code"].astext, event.body["severity"].astext,
            site.contractor_id, event.body["from_site"].astext.is_not(None), site.lon, site.lat,
        )
        .join(site, site.id == event.site_id)
        .where(scope, event.kind == "violation_opened", event.at >= since, event.at < until)
        .order_by(event.at, event.id)
        .limit(limit)
    )  # fmt: skip
    return [tuple(row) for row in work.session.execute(asked)]


def void_entries(work: Work, event_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return (contractor, event) of entries that count no more, whosever; the caller has scoped the events."""
    gone = select(EntryRow.contractor_id, EntryRow.event_id).where(
        EntryRow.event_id.in_(set(event_ids)), EntryRow.void_at.is_not(None)
    )
    return {(who, event_id) for who, event_id in work.session.execute(gone)}


def contractors(work: Work, contractor_ids: Collection[UUID]) -> Mapping[UUID, tuple[UUID, str]]:
    """Return, by contractor, the one that it was merged into at last, with its name; the caller has scoped them."""
    row, wanted = ContractorRow, set(contractor_ids)
    found: dict[UUID, tuple[str, UUID | None]] = {}
    for _ in range(_LONGEST_LINE):
        read = work.session.execute(select(row.id, row.name, row.merged_into).where(row.id.in_(wanted - set(found))))
        found |= {one: (name, into) for one, name, into in read}
        wanted = {into for _, into in found.values() if into is not None}
        if wanted <= set(found):
            break
    told = {}
    for one in set(contractor_ids) & set(found):
        last = one
        for _ in range(_LONGEST_LINE):
            into = found[last][1]
            if into is None or into not in found:
                break
            last = into
        told[one] = (last, found[last][0])
    return told


def moves(
    work: Work, scope: ColumnElement[bool], since: datetime, until: datetime, *, limit: int
) -> list[tuple[UUID, str, str | None, datetime]]:
    """Return (site, kind, to, when) of all that moved those sites on the path that were brought to standby.

    Only sites that some event brought there before ``until``, and that had not ended before ``since``.
    """
    site, event = SiteRow, SiteEventRow
    stood = (
        select(event.site_id)
        .where(event.kind == "advanced", event.at < until, event.body["to"].astext == SiteState.UNDER_STANDBY.value)
        .scalar_subquery()
    )
    asked = (
        select(event.site_id, event.kind, event.body["to"].astext, event.at)
        .join(site, site.id == event.site_id)
        .where(scope, site.id.in_(stood), or_(site.ended_at.is_(None), site.ended_at >= since))
        .where(event.kind.in_(_MOVES), event.at < until)
        .order_by(event.site_id, event.version)
        .limit(limit)
    )
    return [(one, kind, to, at) for one, kind, to, at in work.session.execute(asked)]


def papers(work: Work, scope: ColumnElement[bool], site_ids: Collection[UUID]) -> list[Paper]:
    """Return the steps of the papers of those of some sites that are within ``scope``, oldest first."""
    site, event = SiteRow, SiteEventRow
    to = event.body["to"].astext
    asked = (
        select(event.site_id, event.kind, to, event.at)
        .join(site, site.id == event.site_id)
        .where(scope, event.site_id.in_(set(site_ids)))
        .where(
            or_(
                and_(event.kind == "advanced", to.in_(_PAPERS)),
                event.kind.in_(("works_changed", "repair_declared")),
            )
        )
        .order_by(event.site_id, event.version)
    )
    return [
        Paper(one, str(into) if kind == "advanced" else kind, at) for one, kind, into, at in work.session.execute(asked)
    ]


def begun_works(
    work: Work, scope: ColumnElement[bool], since: datetime, until: datetime, *, limit: int
) -> list[BegunWorks]:
    """Return the filed works within ``scope`` that begin in a time: those that ``strikes.filed_works`` counts."""
    row = FilingRow
    asked = select(row.id, row.tenant_id, row.valid_from, row.lon, row.lat).where(scope, *begun(since, until))
    return [BegunWorks(*one) for one in work.session.execute(asked.order_by(row.valid_from, row.id).limit(limit))]
