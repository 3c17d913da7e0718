"""What the house checks of itself: breaches found, told once a day; the clock it last saw; what is due for a sweep."""

from __future__ import annotations

from datetime import timedelta
from math import cos, radians
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select, union, union_all, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.casework.facts import DutyState
from pipewarden.casework.store.duty_tables import BreachRow, ChainRow, RungRow, ShelfRow, SiteDutyRow, SweptRow
from pipewarden.casework.store.filing_tables import FilingDueRow
from pipewarden.casework.store.owed import RUNNING
from pipewarden.casework.store.sites import filed_of
from pipewarden.casework.store.tables import SiteRow
from pipewarden.kit.db import held, insert_rows
from pipewarden.kit.geo import distance_m

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, CompoundSelect

    from pipewarden.casework.store.sites import Filed
    from pipewarden.kit.work import Work

TICK = timedelta(seconds=5)  # machines of one house differ by less; more is a clock that was set (safety.md 1)
_DEGREE_M = 111_000.0  # at least, of a degree of latitude
_LOCAL = ZoneInfo("Asia/Shanghai")  # a breach's day is a day people know


def add_breach(work: Work, what: str, about: UUID, words: str, *, site_id: UUID | None = None) -> bool:
    """Put a breach on file; False where it was found today already."""
    return bool(_add(work, [_breach(work, what, about, words, site_id)]))


def add_breaches(work: Work, what: str, words: str, site_ids: Collection[UUID]) -> None:
    """Put a breach of each of many sites on file that has none of today."""
    known = select(BreachRow.about).where(
        BreachRow.tenant_id == work.tenant_id, BreachRow.what == what, BreachRow.day == _today(work)
    )
    fresh = sorted(set(site_ids) - set(work.session.scalars(known))) if site_ids else []
    _add(work, [_breach(work, what, site_id, words, site_id) for site_id in fresh])


def _add(work: Work, rows: list[dict[str, object]]) -> list[UUID]:
    return insert_rows(work.session, insert(BreachRow).on_conflict_do_nothing().returning(BreachRow.id), rows)


def _breach(work: Work, what: str, about: UUID, words: str, site_id: UUID | None) -> dict[str, object]:
    return {
        "id": work.ids.new(),
        "tenant_id": work.tenant_id,
        "what": what,
        "about": about,
        "day": _today(work),
        "found_at": work.now(),
        "words": words,
        "site_id": site_id,
    }


def _today(work: Work) -> date:
    return work.now().astimezone(_LOCAL).date()


def untold(work: Work, *, limit: int) -> list[BreachRow]:
    """Return the breaches that nobody was told of, oldest first."""
    rows = work.session.scalars(
        select(BreachRow)
        .where(BreachRow.tenant_id == work.tenant_id, BreachRow.told_at.is_(None))
        .order_by(BreachRow.found_at, BreachRow.id)
        .limit(limit)
    )
    return list(rows)


def told(work: Work, ids: list[UUID]) -> None:
    """Write that somebody was told of breaches."""
    work.session.execute(
        update(BreachRow)
        .where(BreachRow.id.in_(ids))
        .values(told_at=work.now())
        .execution_options(synchronize_session=False)
    )


def unowned(work: Work) -> dict[UUID, tuple[float, float] | None]:
    """Return the open sites that nobody has in hand, each with its place (lon, lat in degrees WGS-84) if it has one."""
    rows = work.session.execute(
        select(SiteRow.id, SiteRow.lon, SiteRow.lat)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.open, SiteRow.owner_id.is_(None))
        .order_by(SiteRow.id)
    )
    return {site_id: None if lon is None or lat is None else (lon, lat) for site_id, lon, lat in rows}


def forgotten(work: Work) -> list[UUID]:
    """Return the open sites of which nothing will ever become due: no deadline to come, no pause, no chain that runs.

    One pass over the open sites, each with two look-ups in an index (safety.md 0.10).
    """
    now = work.now()
    to_come = exists().where(
        SiteDutyRow.site_id == SiteRow.id,
        SiteDutyRow.state.in_(RUNNING),
        or_(SiteDutyRow.due_at > now, SiteDutyRow.state == DutyState.PAUSED.value),
    )
    climbs = exists().where(ChainRow.site_id == SiteRow.id, ChainRow.due_at.is_not(None))
    rows = select(SiteRow.id).where(SiteRow.tenant_id == work.tenant_id, SiteRow.open, ~to_come, ~climbs)
    return list(work.session.scalars(rows.order_by(SiteRow.id)))


def tenants_due(work: Work) -> list[UUID]:
    """Return the tenants with something for the sweep.

    A step, a deadline, a pause that ends, a call, a breach, or a moment at which time may change what a rule says.
    """
    now = work.now()
    found = union(
        select(ChainRow.tenant_id).where(ChainRow.due_at <= now),
        select(SiteDutyRow.tenant_id).where(SiteDutyRow.state == DutyState.OPEN.value, SiteDutyRow.due_at <= now),
        select(SiteDutyRow.tenant_id).where(
            SiteDutyRow.state == DutyState.PAUSED.value, SiteDutyRow.pause_until <= now
        ),
        select(RungRow.tenant_id).where(
            RungRow.call_id.is_(None), RungRow.dropped_at.is_(None), RungRow.person_id.is_not(None)
        ),
        select(BreachRow.tenant_id).where(BreachRow.told_at.is_(None)),
        select(FilingDueRow.tenant_id).where(FilingDueRow.ended_at.is_(None), FilingDueRow.next_at <= now),
        select(SweptRow.tenant_id).where(SweptRow.at > now),
        select(SiteRow.tenant_id).where(SiteRow.open, SiteRow.rules_due_at <= now),
    )
    return sorted(work.session.scalars(found))


def rules_due_now(work: Work) -> None:
    """Have the rules asked anew of every open site of the tenant, with the sweeps to come."""
    work.session.execute(
        update(SiteRow).where(SiteRow.tenant_id == work.tenant_id, SiteRow.open).values(rules_due_at=work.now())
    )


def lock_rules_due(work: Work, *, limit: int) -> list[Filed]:
    """Return open sites of the tenant of which time may have changed what the rules say, held; those of others not."""
    rows = work.session.scalars(
        select(SiteRow)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.open, SiteRow.rules_due_at <= work.now())
        .order_by(SiteRow.rules_due_at, SiteRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [filed_of(row) for row in held(work.session, rows)]


def next_moment(work: Work) -> datetime | None:
    """Return when the tenant's next step, deadline or end of a pause is due; one that waits for a call is due now."""
    found: CompoundSelect[datetime | None] = union_all(
        select(func.min(ChainRow.due_at)).where(ChainRow.tenant_id == work.tenant_id),
        select(func.min(SiteDutyRow.due_at)).where(
            SiteDutyRow.tenant_id == work.tenant_id, SiteDutyRow.state == DutyState.OPEN.value
        ),
        select(func.min(SiteDutyRow.pause_until)).where(
            SiteDutyRow.tenant_id == work.tenant_id, SiteDutyRow.state == DutyState.PAUSED.value
        ),
        select(func.min(FilingDueRow.next_at)).where(
            FilingDueRow.tenant_id == work.tenant_id, FilingDueRow.ended_at.is_(None)
        ),
        select(func.min(RungRow.at)).where(
            RungRow.tenant_id == work.tenant_id,
            RungRow.call_id.is_(None),
            RungRow.dropped_at.is_(None),
            RungRow.person_id.is_not(None),
        ),
    )
    return min((one for one in work.session.scalars(found) if one is not None), default=None)


def lost(work: Work, late: timedelta) -> int:
    """Return how many timers of the tenant did not do their work: fired too late, not at all, or out of order."""
    now = work.now()
    mine = RungRow.tenant_id == work.tenant_id
    before = RungRow.__table__.alias("before")
    follows = exists().where(
        before.c.chain_id == RungRow.chain_id, before.c.loop == RungRow.loop, before.c.step == RungRow.step - 1
    )
    found = union_all(
        select(func.count()).select_from(RungRow).where(mine, RungRow.at - RungRow.due_at > late),
        select(func.count()).select_from(RungRow).where(mine, RungRow.step > 0, ~follows),
        select(func.count())
        .select_from(ChainRow)
        .where(ChainRow.tenant_id == work.tenant_id, ChainRow.due_at < now - late),
        select(func.count())
        .select_from(SiteDutyRow)
        .where(
            SiteDutyRow.tenant_id == work.tenant_id,
            SiteDutyRow.state == DutyState.OPEN.value,
            SiteDutyRow.due_at < now - late,
        ),
    )
    return sum(work.session.scalars(found))


def tenants_open(work: Work) -> list[UUID]:
    """Return the tenants that have open sites."""
    return sorted(work.session.scalars(select(SiteRow.tenant_id).where(SiteRow.open).distinct()))


def swept(work: Work) -> datetime | None:
    """Return when the tenant was last swept, and write that it is now; held alone until the transaction ends."""
    last = work.session.scalar(select(SweptRow.at).where(SweptRow.tenant_id == work.tenant_id).with_for_update())
    statement = insert(SweptRow).values(tenant_id=work.tenant_id, at=work.now())
    work.session.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id"], set_={"at": statement.excluded.at})
    )
    return last


def tick(work: Work) -> None:
    """Write of every tenant that the clock stood here, so that one set back is seen though nothing was due before."""
    free = select(SweptRow.tenant_id).where(SweptRow.at < work.now() - TICK).with_for_update(skip_locked=True)
    work.session.execute(
        update(SweptRow)
        .where(SweptRow.tenant_id.in_(free))
        .values(at=work.now())
        .execution_options(synchronize_session=False)
    )


def lock_free(work: Work, site_ids: Collection[UUID]) -> list[UUID]:
    """Hold those of ``site_ids`` alone that nobody else holds, until the transaction ends, and return them."""
    rows = work.session.scalars(
        select(SiteRow.id)
        .where(SiteRow.tenant_id == work.tenant_id, SiteRow.id.in_(set(site_ids)))
        .order_by(SiteRow.id)
        .with_for_update(skip_locked=True)
    )
    return list(rows)


def open_near(work: Work, place: tuple[float, float], reach_m: float) -> UUID | None:
    """Return the open site nearest to a place (lon, lat in degrees WGS-84) within a reach; None where there is none."""
    lon, lat = place
    high = reach_m / _DEGREE_M
    wide = high / max(cos(radians(lat)), 0.01)
    rows = work.session.execute(
        select(SiteRow.id, SiteRow.lon, SiteRow.lat).where(
            SiteRow.tenant_id == work.tenant_id,
            SiteRow.open,
            SiteRow.lon.between(lon - wide, lon + wide),
            SiteRow.lat.between(lat - high, lat + high),
        )
    )
    found = sorted((distance_m(place, (x, y)), str(one), one) for one, x, y in rows if x is not None and y is not None)
    return found[0][2] if found and found[0][0] <= reach_m else None


def within(work: Work, scope: ColumnElement[bool], site_ids: Collection[UUID]) -> set[UUID]:
    """Return those of ``site_ids`` that lie within ``scope``."""
    return set(work.session.scalars(select(SiteRow.id).where(scope, SiteRow.id.in_(set(site_ids)))))


def shelf_until(work: Work, site_id: UUID) -> datetime | None:
    """Return until when a site is shelved; None where it is not."""
    return shelves_until(work, [site_id]).get(site_id)


def shelves_until(work: Work, site_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return until when those of ``site_ids`` that are shelved are."""
    rows = work.session.execute(
        select(ShelfRow.site_id, func.max(ShelfRow.ends_at))
        .where(
            ShelfRow.tenant_id == work.tenant_id,
            ShelfRow.site_id.in_(set(site_ids)),
            ShelfRow.ends_at > work.now(),
            ShelfRow.ended_at.is_(None),
        )
        .group_by(ShelfRow.site_id)
    )
    return dict(rows.all())
