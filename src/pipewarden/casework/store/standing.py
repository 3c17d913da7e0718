"""What stands where among a tenant's open sites, in a fixed number of questions, each answered from an index."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, or_, select

from pipewarden.casework.facts import DutyState
from pipewarden.casework.facts.standing import SitesStanding
from pipewarden.casework.store.duty_tables import CallRow, ChainRow, RungRow, SiteDutyRow
from pipewarden.casework.store.owed import RUNNING
from pipewarden.casework.store.tables import SiteRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_HOUR, _WINDOW = timedelta(hours=1), timedelta(minutes=10)


def standing(work: Work) -> SitesStanding:
    """Return how the tenant's sites stand: one pass over the open ones, whatever was ever closed (safety.md 0.10)."""
    unowned, forgotten = SiteRow.owner_id.is_(None), ~_to_come(work)
    sites = select(func.count(), func.count().filter(unowned), func.count().filter(forgotten))
    open_, without_owner, without_due = work.session.execute(
        sites.where(SiteRow.tenant_id == work.tenant_id, SiteRow.open)
    ).one()
    waits = (
        RungRow.tenant_id == work.tenant_id,
        RungRow.call_id.is_(None),
        RungRow.dropped_at.is_(None),
        RungRow.person_id.is_not(None),
    )
    held, since = work.session.execute(select(func.count(), func.min(RungRow.at)).where(*waits)).one()
    fired = CallRow.tenant_id == work.tenant_id, CallRow.at > work.now() - _HOUR
    steps = work.session.execute(select(CallRow.step, func.count()).where(*fired).group_by(CallRow.step))
    lately = CallRow.tenant_id == work.tenant_id, CallRow.at > work.now() - _WINDOW
    told = work.session.scalars(select(func.count()).where(*lately).group_by(CallRow.person_id))
    return SitesStanding(
        open=open_,
        unowned=without_owner,
        forgotten=without_due,
        overdue_since=_overdue(work),
        held=held,
        held_since=since,
        steps={step: count for step, count in steps},  # noqa: C416  rows are no pairs to the type checker
        told=tuple(sorted(told, reverse=True)),
    )


def _to_come(work: Work) -> ColumnElement[bool]:
    """Return whether anything of a site will become due, as ``watched.forgotten`` asks."""
    runs = exists().where(
        SiteDutyRow.site_id == SiteRow.id,
        SiteDutyRow.state.in_(RUNNING),
        or_(SiteDutyRow.due_at > work.now(), SiteDutyRow.state == DutyState.PAUSED.value),
    )
    climbs = exists().where(ChainRow.site_id == SiteRow.id, ChainRow.due_at.is_not(None))
    return or_(runs, climbs)


def _overdue(work: Work) -> datetime | None:
    now = work.now()
    step = select(func.min(ChainRow.due_at)).where(ChainRow.tenant_id == work.tenant_id, ChainRow.due_at <= now)
    duty = select(func.min(SiteDutyRow.due_at)).where(
        and_(
            SiteDutyRow.tenant_id == work.tenant_id,
            SiteDutyRow.state == DutyState.OPEN.value,
            SiteDutyRow.due_at <= now,
        )
    )
    found = [work.session.scalar(step), work.session.scalar(duty)]
    return min((one for one in found if one is not None), default=None)
