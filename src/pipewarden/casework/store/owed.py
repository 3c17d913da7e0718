"""Duties: opened, done, dropped, paused, handed to another person, and listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from pipewarden.casework.facts import DutyState, SiteDuty
from pipewarden.casework.store.duty_tables import SiteDutyRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

RUNNING = (DutyState.OPEN.value, DutyState.PAUSED.value, DutyState.OVERDUE.value)


@dataclass(frozen=True, slots=True)
class Kept:
    """A duty beside what its row alone knows.

    Attributes:
        area_path: where its people are looked for; None where its place lies in no area.
        ladder: whose steps it climbs.
        pause_until: when a pause ends by itself.
    """

    duty: SiteDuty
    area_path: str | None
    lon: float | None
    lat: float | None
    ladder: str
    pause_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DutyFilter:
    """What a list of duties is narrowed to; what is None narrows nothing.

    Attributes:
        past_at: only those whose time has passed at that moment; of a paused one it does not run.
    """

    person_id: UUID | None = None
    site_id: UUID | None = None
    kind: str | None = None
    past_at: datetime | None = None


def add(work: Work, kept: Kept) -> bool:
    """Insert one duty; False where the same one runs already."""
    one = kept.duty
    made = work.session.execute(
        insert(SiteDutyRow)
        .values(
            id=one.id,
            tenant_id=one.tenant_id,
            site_id=one.site_id,
            kind=one.kind,
            about=one.about or one.site_id,
            person_id=one.person_id,
            role=one.role,
            why=one.why,
            clause=one.clause,
            opened_at=one.opened_at,
            due_at=one.due_at,
            state=one.state.value,
            area_path=kept.area_path,
            lon=kept.lon,
            lat=kept.lat,
            ladder=kept.ladder,
        )
        .on_conflict_do_nothing()
        .returning(SiteDutyRow.id)
    )
    return made.first() is not None


def running(work: Work, site_id: UUID) -> list[Kept]:
    """Return what a site is owed, held alone until the transaction ends."""
    rows = work.session.scalars(
        select(SiteDutyRow)
        .where(SiteDutyRow.tenant_id == work.tenant_id, SiteDutyRow.site_id == site_id, SiteDutyRow.state.in_(RUNNING))
        .order_by(SiteDutyRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [kept(row) for row in rows]


def lock(work: Work, *conditions: ColumnElement[bool], limit: int = 1, skip_locked: bool = False) -> list[Kept]:
    """Return running duties that conditions pick, held alone until the transaction ends, by when they are due."""
    rows = work.session.scalars(
        select(SiteDutyRow)
        .where(SiteDutyRow.tenant_id == work.tenant_id, SiteDutyRow.state.in_(RUNNING), *conditions)
        .order_by(SiteDutyRow.due_at, SiteDutyRow.id)
        .limit(limit)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )
    return [kept(row) for row in rows]


def one(work: Work, *conditions: ColumnElement[bool]) -> Kept | None:
    """Return the running duty that conditions pick."""
    row = work.session.scalar(
        select(SiteDutyRow).where(SiteDutyRow.state.in_(RUNNING), *conditions).execution_options(populate_existing=True)
    )
    return None if row is None else kept(row)


def pauses_over(work: Work, now: datetime, *, limit: int) -> set[UUID]:
    """Return the sites of duties whose pause has ended."""
    over = (SiteDutyRow.state == DutyState.PAUSED.value, SiteDutyRow.pause_until <= now)
    rows = select(SiteDutyRow.site_id).where(SiteDutyRow.tenant_id == work.tenant_id, *over).limit(limit)
    return set(work.session.scalars(rows))


def read(work: Work, duty_ids: Collection[UUID]) -> dict[UUID, Kept]:
    """Return those of ``duty_ids`` that there are."""
    rows = work.session.scalars(
        select(SiteDutyRow)
        .where(SiteDutyRow.tenant_id == work.tenant_id, SiteDutyRow.id.in_(set(duty_ids)))
        .execution_options(populate_existing=True)
    )
    return {row.id: kept(row) for row in rows}


def save(work: Work, one: SiteDuty, *, why: str | None = None, pause_until: datetime | None = None) -> None:
    """Write a duty's state, time and person; one that stays paused keeps the end of its pause unless one is given."""
    keeps = one.state is DutyState.PAUSED and pause_until is None
    work.session.execute(
        update(SiteDutyRow)
        .where(SiteDutyRow.id == one.id)
        .values(
            person_id=one.person_id,
            role=one.role,
            why=one.why,
            due_at=one.due_at,
            state=one.state.value,
            paused_at=one.paused_at,
            pause_reason=one.pause_reason,
            pause_until=SiteDutyRow.pause_until if keeps else pause_until,
            done_at=one.done_at,
            acked_at=one.acked_at,
            ended_why=why,
        )
        .execution_options(synchronize_session=False)
    )


def set_overdue(work: Work, duty_ids: Collection[UUID]) -> None:
    """Write that duties were not done in time."""
    work.session.execute(
        update(SiteDutyRow)
        .where(SiteDutyRow.id.in_(set(duty_ids)))
        .values(state=DutyState.OVERDUE.value)
        .execution_options(synchronize_session=False)
    )


def set_acked(work: Work, duty_ids: Collection[UUID], now: datetime) -> None:
    """Write that somebody acknowledged calls about duties."""
    work.session.execute(
        update(SiteDutyRow)
        .where(SiteDutyRow.id.in_(set(duty_ids)))
        .values(acked_at=now)
        .execution_options(synchronize_session=False)
    )


def put_back(work: Work, by: timedelta) -> None:
    """Take an interval off every running deadline of the tenant: the clock was set back by so much."""
    work.session.execute(
        update(SiteDutyRow)
        .where(SiteDutyRow.tenant_id == work.tenant_id, SiteDutyRow.state.in_(RUNNING))
        .values(
            due_at=SiteDutyRow.due_at - by,
            paused_at=SiteDutyRow.paused_at - by,
            pause_until=SiteDutyRow.pause_until - by,
        )
        .execution_options(synchronize_session=False)
    )


def next_due(work: Work, site_id: UUID) -> datetime | None:
    """Return the earliest deadline of a site's running duties; a paused one is due as if its pause ran to its end."""
    stands_still = func.coalesce(SiteDutyRow.pause_until - SiteDutyRow.paused_at, timedelta(0))
    return work.session.scalar(
        select(func.min(SiteDutyRow.due_at + stands_still)).where(
            SiteDutyRow.tenant_id == work.tenant_id, SiteDutyRow.site_id == site_id, SiteDutyRow.state.in_(RUNNING)
        )
    )


def next_kinds(work: Work, site_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return which kind of duty makes ``next_due`` of each of the tenant's sites; one without duties is left out."""
    stands_still = func.coalesce(SiteDutyRow.pause_until - SiteDutyRow.paused_at, timedelta(0))
    rows = work.session.execute(
        select(SiteDutyRow.site_id, SiteDutyRow.kind)
        .ext(distinct_on(SiteDutyRow.site_id))
        .where(
            SiteDutyRow.tenant_id == work.tenant_id,
            SiteDutyRow.site_id.in_(set(site_ids)),
            SiteDutyRow.state.in_(RUNNING),
        )
        .order_by(SiteDutyRow.site_id, SiteDutyRow.due_at + stands_still, SiteDutyRow.id)
    )
    return {site_id: kind for site_id, kind in rows}  # noqa: C416  rows are no tuples


def load(work: Work, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many duties run of each person; who has none is left out."""
    rows = work.session.execute(
        select(SiteDutyRow.person_id, func.count())
        .where(
            SiteDutyRow.tenant_id == work.tenant_id,
            SiteDutyRow.person_id.in_(set(person_ids)),
            SiteDutyRow.state.in_(RUNNING),
        )
        .group_by(SiteDutyRow.person_id)
    )
    return {person_id: count for person_id, count in rows if person_id is not None}


def page(
    work: Work,
    scope: ColumnElement[bool],
    wanted: DutyFilter,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Kept]:
    """Return running duties within ``scope``, the first due first."""
    conditions = [scope, SiteDutyRow.state.in_(RUNNING)]
    if wanted.person_id is not None:
        conditions.append(SiteDutyRow.person_id == wanted.person_id)
    if wanted.site_id is not None:
        conditions.append(SiteDutyRow.site_id == wanted.site_id)
    if wanted.kind is not None:
        conditions.append(SiteDutyRow.kind == wanted.kind)
    if wanted.past_at is not None:
        conditions += [SiteDutyRow.due_at <= wanted.past_at, SiteDutyRow.state != DutyState.PAUSED.value]
    if after is not None:
        due_at, duty_id = after
        same = and_(SiteDutyRow.due_at == due_at, SiteDutyRow.id > duty_id)
        conditions.append(or_(SiteDutyRow.due_at > due_at, same))
    rows = work.session.scalars(
        select(SiteDutyRow)
        .where(*conditions)
        .order_by(SiteDutyRow.due_at, SiteDutyRow.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [kept(row) for row in rows]


def kept(row: SiteDutyRow) -> Kept:
    """Return a row as a duty."""
    return Kept(
        duty=SiteDuty(
            id=row.id,
            tenant_id=row.tenant_id,
            site_id=row.site_id,
            kind=row.kind,
            about=None if row.about == row.site_id else row.about,
            person_id=row.person_id,
            role=row.role,
            why=row.why,
            clause=row.clause,
            opened_at=row.opened_at,
            due_at=row.due_at,
            state=DutyState(row.state),
            paused_at=row.paused_at,
            pause_reason=row.pause_reason,
            done_at=row.done_at,
            acked_at=row.acked_at,
        ),
        area_path=row.area_path,
        lon=row.lon,
        lat=row.lat,
        ladder=row.ladder,
        pause_until=row.pause_until,
    )
