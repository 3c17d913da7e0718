"""Sites as people look for them: by what is due first, by what was opened last, and as a board of the path's states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from pipewarden.casework.facts import SiteState
from pipewarden.casework.store.narrowed import conditions
from pipewarden.casework.store.sites import filed_of
from pipewarden.casework.store.tables import SiteRow

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.casework.store.narrowed import SiteFilter
    from pipewarden.casework.store.sites import Filed
    from pipewarden.kit.work import Work

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # nothing is due: after all that is


@dataclass(frozen=True, slots=True)
class Column:
    """One state of the main path with the sites that stand there.

    Attributes:
        count: all that stand there; ``late`` of them are past a deadline.
        first: those that come first in the board's order.
    """

    state: SiteState
    count: int
    late: int
    first: tuple[Filed, ...]


def page_by_due(
    work: Work,
    scope: ColumnElement[bool],
    wanted: SiteFilter,
    *,
    limit: int,
    after: tuple[datetime | None, UUID] | None = None,
) -> list[Filed]:
    """Return sites of any tenant within ``scope``: what is due first, then what nothing is due of."""
    due = func.coalesce(SiteRow.next_due_at, NEVER)
    narrowed = [scope, SiteRow.merged_into.is_(None), *conditions(wanted)]
    if after is not None:
        last, site_id = after[0] or NEVER, after[1]
        narrowed.append(or_(due > last, and_(due == last, SiteRow.id < site_id)))
    rows = work.session.scalars(
        select(SiteRow)
        .where(*narrowed)
        .order_by(due, SiteRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in rows]


def page_by_opening(
    work: Work,
    scope: ColumnElement[bool],
    wanted: SiteFilter,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Filed]:
    """Return sites of any tenant within ``scope``, opened last first."""
    narrowed = [scope, SiteRow.merged_into.is_(None), *conditions(wanted)]
    if after is not None:
        opened_at, site_id = after
        earlier = and_(SiteRow.opened_at == opened_at, SiteRow.id < site_id)
        narrowed.append(or_(SiteRow.opened_at < opened_at, earlier))
    rows = work.session.scalars(
        select(SiteRow)
        .where(*narrowed)
        .order_by(SiteRow.opened_at.desc(), SiteRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in rows]


def columns(work: Work, scope: ColumnElement[bool], wanted: SiteFilter, *, each: int) -> list[Column]:
    """Return every state of the main path with its sites within ``scope``, of any tenant, in two statements.

    The first ``each`` of a column stand in the order of ``page_by_due``, whose cursor goes on from there.
    """
    narrowed = (scope, SiteRow.merged_into.is_(None), *conditions(wanted))
    late = and_(SiteRow.open, SiteRow.next_due_at <= work.now())
    counted = select(SiteRow.state, func.count(), func.count().filter(late)).where(*narrowed).group_by(SiteRow.state)
    counts = {state: (count, of_them) for state, count, of_them in work.session.execute(counted)}
    due = func.coalesce(SiteRow.next_due_at, NEVER)
    place = func.row_number().over(partition_by=SiteRow.state, order_by=(due, SiteRow.id.desc())).label("place")
    ranked = select(SiteRow.id, place).where(*narrowed).subquery()
    rows = work.session.scalars(
        select(SiteRow)
        .join(ranked, ranked.c.id == SiteRow.id)
        .where(ranked.c.place <= each)
        .order_by(ranked.c.place)
        .execution_options(populate_existing=True)
    )
    first: dict[str, list[Filed]] = {}
    for row in rows:
        first.setdefault(row.state, []).append(filed_of(row))
    return [Column(state, *counts.get(state.value, (0, 0)), tuple(first.get(state.value, ()))) for state in SiteState]
