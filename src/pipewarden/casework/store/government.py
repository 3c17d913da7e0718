"""What was reported to authorities and what became of it, over all sites within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from pipewarden.casework.store.tables import SiteEventRow, SiteRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


def reported(
    work: Work,
    scope: ColumnElement[bool],
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[tuple[UUID, UUID, UUID]]:
    """Return (event, site, report) of reports within ``scope``, newest first, older than ``after``."""
    row = SiteEventRow
    asked = select(row.id, row.site_id, row.body["report_id"].astext).join(SiteRow, SiteRow.id == row.site_id)
    asked = asked.where(scope, row.kind == "reported")
    if after is not None:
        at, event_id = after
        asked = asked.where(or_(row.at < at, and_(row.at == at, row.id < event_id)))
    found = work.session.execute(asked.order_by(row.at.desc(), row.id.desc()).limit(limit))
    return [(event_id, site_id, UUID(report_id)) for event_id, site_id, report_id in found]


def counts(
    work: Work, scope: ColumnElement[bool], since: datetime, until: datetime, kinds: Sequence[str]
) -> Mapping[tuple[UUID, str], int]:
    """Return how often each of these kinds of events happened from ``since`` until before ``until``, by tenant."""
    row = SiteEventRow
    found = work.session.execute(
        select(row.tenant_id, row.kind, func.count())
        .join(SiteRow, SiteRow.id == row.site_id)
        .where(scope, row.kind.in_(kinds), row.at >= since, row.at < until)
        .group_by(row.tenant_id, row.kind)
    )
    return {(tenant_id, kind): int(count) for tenant_id, kind, count in found}


def sites_with(
    work: Work, scope: ColumnElement[bool], since: datetime, until: datetime, kinds: Sequence[str], *, limit: int
) -> list[UUID]:
    """Return sites to which one of these kinds of events happened in that time; at most ``limit``."""
    row = SiteEventRow
    asked = (
        select(row.site_id)
        .join(SiteRow, SiteRow.id == row.site_id)
        .where(scope, row.kind.in_(kinds), row.at >= since, row.at < until)
        .distinct()
        .order_by(row.site_id)
        .limit(limit)
    )
    return list(work.session.scalars(asked))


def accidents(work: Work, site_ids: Collection[UUID]) -> list[tuple[UUID, datetime, str]]:
    """Return (site, moment, kind) of every ``struck`` and ``accident_reported`` of these sites, each oldest first."""
    row = SiteEventRow
    found = work.session.execute(
        select(row.site_id, row.at, row.kind)
        .where(row.site_id.in_(set(site_ids)), row.kind.in_(("struck", "accident_reported")))
        .order_by(row.site_id, row.version)
    )
    return [(site_id, at, kind) for site_id, at, kind in found]
