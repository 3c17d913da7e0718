"""Open sites in a few columns each, for a queue that is ranked as a whole and told page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, cast, false, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipewarden.casework.facts import DutyState, SiteState
from pipewarden.casework.facts.waiting import Waiting
from pipewarden.casework.store.duty_tables import ShelfRow, SiteDutyRow
from pipewarden.casework.store.owed import RUNNING, kept
from pipewarden.casework.store.tables import SiteRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression

    from pipewarden.casework.store.owed import Kept
    from pipewarden.kit.work import Work

_FRESH = (SiteState.DISCOVERED.value, SiteState.VERIFYING.value)
_STRUCK = "struck"


def open_sites(
    work: Work, scope: ColumnElement[bool], *conditions: ColumnElement[bool], shelves: bool, limit: int
) -> list[Waiting]:
    """Return the open sites of any tenant within ``scope``, the gravest first; those that were merged are left out.

    A site counts as taken once somebody has accepted it, or when it is past being looked at. ``shelves``: whether the
    reader may know of shelves; to who may not, none lies on one.
    """
    shelf: SQLColumnExpression[Any] = _shelf(work) if shelves else literal(None)
    rows = work.session.execute(
        select(
            SiteRow.id,
            SiteRow.tenant_id,
            SiteRow.alarm_id,
            SiteRow.risk_level,
            SiteRow.headline,
            or_(SiteRow.sum["accepted_at"].astext.is_not(None), SiteRow.state.not_in(_FRESH)),
            SiteRow.next_due_at,
            SiteRow.risk_score,
            SiteRow.opened_at,
            shelf,
        )
        .where(scope, SiteRow.open, SiteRow.merged_into.is_(None), *conditions)
        .order_by(SiteRow.risk_level, SiteRow.next_due_at, SiteRow.id)
        .limit(limit)
    )
    return [
        Waiting(
            id=alarm_id or site_id,
            tenant_id=tenant_id,
            alarm_id=alarm_id,
            site_id=site_id,
            level=level,
            struck=headline == _STRUCK,
            taken=taken,
            due_at=due_at,
            risk=risk,
            since=since,
            shelf_id=shelf_id,
        )
        for site_id, tenant_id, alarm_id, level, headline, taken, due_at, risk, since, shelf_id in rows
    ]


def _shelf(work: Work) -> ScalarSelect[UUID]:
    """Return the shelf on which a row's site lies now."""
    lies = (ShelfRow.site_id == SiteRow.id, ShelfRow.ends_at > work.now(), ShelfRow.ended_at.is_(None))
    return select(ShelfRow.id).where(*lies).order_by(ShelfRow.ends_at.desc(), ShelfRow.id).limit(1).scalar_subquery()


def named(ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return the condition that a site, or its alarm, is among these."""
    return or_(SiteRow.id.in_(set(ids)), SiteRow.alarm_id.in_(set(ids)))


def followed(alarm_id: SQLColumnExpression[UUID], scope: ColumnElement[bool] | None) -> ColumnElement[bool]:
    """Return the condition that an alarm's site has ended, or that it is open and within ``scope`` (None: no site is).

    Such an alarm is not told of by itself.
    """
    reached = false() if scope is None else and_(scope, SiteRow.merged_into.is_(None))
    return select(SiteRow.id).where(SiteRow.alarm_id == alarm_id, or_(SiteRow.open.is_(False), reached)).exists()


def next_duties(work: Work, scope: ColumnElement[bool], site_ids: Collection[UUID]) -> dict[UUID, Kept]:
    """Return the duty within ``scope`` that is due first on each of the sites, one that runs before a paused one."""
    rows = work.session.scalars(
        select(SiteDutyRow)
        .where(scope, SiteDutyRow.site_id.in_(set(site_ids)), SiteDutyRow.state.in_(RUNNING))
        .order_by(
            SiteDutyRow.site_id,
            SiteDutyRow.state == DutyState.PAUSED.value,
            SiteDutyRow.due_at,
            cast(SiteDutyRow.id, Text),
        )
        .ext(distinct_on(SiteDutyRow.site_id))
        .execution_options(populate_existing=True)
    )
    return {row.site_id: kept(row) for row in rows}
