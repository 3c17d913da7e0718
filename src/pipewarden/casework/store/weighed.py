"""What is kept of sites beside their events: filing, compound, contractor and risk; the lists that go by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Text, and_, cast, func, or_, select

from pipewarden.casework.store.contractors import ContractorRow
from pipewarden.casework.store.narrowed import conditions
from pipewarden.casework.store.sites import filed_of, site_of
from pipewarden.casework.store.tables import SiteRow
from pipewarden.kit.db import held

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.casework.facts import Site
    from pipewarden.casework.store.narrowed import SiteFilter
    from pipewarden.casework.store.sites import Filed
    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is kept of a site beside what its events add up to: see ``SiteRow``."""

    filing: str
    filing_score: float | None
    compound: str | None
    contractor_id: UUID | None
    risk_score: float
    risk_level: int
    risk_version: str


def in_hand(work: Work, *, limit: int) -> list[Site]:
    """Return the tenant's open sites that their owner has accepted, by the text of their ids."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.open, SiteRow.sum["accepted_at"].astext.is_not(None))
        .order_by(cast(SiteRow.id, Text))
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [site_of(row) for row in rows]


def unweighed(work: Work, version: str, *, limit: int) -> list[UUID]:
    """Return sites to be weighed anew: something happened, other weights hold, or the contractor's record changed."""
    changed = (
        select(ContractorRow.id)
        .where(ContractorRow.id == SiteRow.contractor_id, ContractorRow.changed_at >= SiteRow.risk_at)
        .correlate(SiteRow)
        .exists()
    )
    old = and_(SiteRow.open, or_(SiteRow.risk_version != version, SiteRow.risk_version.is_(None), changed))
    rows = work.session.scalars(
        select(SiteRow.id)
        .where(SiteRow.tenant_id == work.tenant_id, or_(SiteRow.risk_at.is_(None), old))
        .order_by(SiteRow.risk_level, SiteRow.id)
        .limit(limit)
    )
    return list(rows)


def lock_free(work: Work, site_ids: Collection[UUID]) -> list[Filed]:
    """Return those of ``site_ids`` that nobody else holds, held alone until the transaction ends."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.id.in_(set(site_ids)))
        .order_by(SiteRow.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in held(work.session, rows)]


def keep(work: Work, site_id: UUID, found: Weighed | None) -> None:
    """Write what a site was found to weigh; None: there is nothing to weigh any more, for the works have ended."""
    row = work.session.get_one(SiteRow, site_id)
    row.risk_at = work.now()
    if found is not None:
        if row.filing_at is None or row.filing != found.filing:
            row.filing_at = work.now()
        for name in Weighed.__slots__:
            setattr(row, name, getattr(found, name))
    work.session.flush()


def page_by_risk(
    work: Work,
    scope: ColumnElement[bool],
    wanted: SiteFilter,
    *,
    limit: int,
    after: tuple[int, float | None, UUID] | None = None,
) -> list[Filed]:
    """Return sites of any tenant within ``scope`` by the risk that is stored: gravest level, then highest score.

    One that nobody has weighed yet stands before all others of its level.
    """
    score = func.coalesce(SiteRow.risk_score, math.inf)
    narrowed = [scope, SiteRow.merged_into.is_(None), *conditions(wanted)]
    if after is not None:
        level, points, site_id = after
        last = math.inf if points is None else points
        later = or_(score < last, and_(score == last, SiteRow.id < site_id))
        narrowed.append(or_(SiteRow.risk_level > level, and_(SiteRow.risk_level == level, later)))
    rows = work.session.scalars(
        select(SiteRow)
        .where(*narrowed)
        .order_by(SiteRow.risk_level, score.desc(), SiteRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in rows]
