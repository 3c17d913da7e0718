"""Every query on talks, and on pictures that were shown to experts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.talks import Pooled, PoolState, Said, Side
from pipewarden.market.store.commission_tables import PooledRow, SaidRow
from pipewarden.market.store.commissions import reasons_in, reasons_out

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work

NOBODY_WORDS = ""


def say(work: Work, one: Said) -> None:
    """Write what was said."""
    values = {name: getattr(one, name) for name in Said.__slots__} | {"side": one.side.value}
    work.session.execute(insert(SaidRow).values(**values))


def said(work: Work, commission_id: UUID, person_id: UUID, *, limit: int, before: UUID | None) -> list[Said]:
    """Return what an expert and the client said about a commission, the newest first."""
    mine = (SaidRow.commission_id == commission_id, SaidRow.person_id == person_id)
    older = [] if before is None else [SaidRow.id < before]
    asked = select(SaidRow).where(*mine, *older).order_by(SaidRow.id.desc()).limit(limit)
    return [_said(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def read(work: Work, commission_id: UUID, person_id: UUID, side: Side, at: datetime) -> None:
    """Write that what the other side said was seen."""
    theirs = (SaidRow.commission_id == commission_id, SaidRow.person_id == person_id, SaidRow.side != side.value)
    work.session.execute(update(SaidRow).where(*theirs, SaidRow.read_at.is_(None)).values(read_at=at))


def unread(work: Work, commission_ids: Collection[UUID], side: Side) -> dict[tuple[UUID, UUID], int]:
    """Return how many words of the other side nobody has seen, by commission and expert."""
    theirs = (SaidRow.commission_id.in_(set(commission_ids)), SaidRow.side != side.value, SaidRow.read_at.is_(None))
    asked = select(SaidRow.commission_id, SaidRow.person_id, func.count()).where(*theirs)
    rows = work.session.execute(asked.group_by(SaidRow.commission_id, SaidRow.person_id))
    return {(commission, person): int(count) for commission, person, count in rows}


def talked(work: Work, commission_id: UUID) -> list[tuple[UUID, int, datetime]]:
    """Return with whom a commission was talked about, how often, and when last."""
    asked = select(SaidRow.person_id, func.count(), func.max(SaidRow.at)).where(SaidRow.commission_id == commission_id)
    rows = work.session.execute(asked.group_by(SaidRow.person_id).order_by(func.max(SaidRow.at).desc()))
    return [(person, int(count), at) for person, count, at in rows]


def said_since(work: Work, by: UUID, since: datetime) -> int:
    """Return how much somebody said since a moment."""
    return work.session.scalar(select(func.count()).where(SaidRow.by == by, SaidRow.at > since)) or 0


def by_ids(work: Work, ids: Collection[UUID]) -> list[Said]:
    """Return words of the tenant's talks by id, oldest first."""
    asked = select(SaidRow).where(SaidRow.tenant_id == work.tenant_id, SaidRow.id.in_(set(ids))).order_by(SaidRow.id)
    return [_said(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def of_person(work: Work, person_id: UUID, most: int) -> list[Said]:
    """Return what somebody said, the newest first, of every tenant: for the copy of their own data."""
    asked = select(SaidRow).where(SaidRow.by == person_id).order_by(SaidRow.id.desc()).limit(most)
    return [_said(row) for row in work.session.scalars(asked)]


def forget(work: Work, person_id: UUID) -> int:
    """Take somebody's words out of every talk; return how many they were. What was agreed stands in the events."""
    gone = update(SaidRow).where(SaidRow.by == person_id, SaidRow.words != NOBODY_WORDS).values(words=NOBODY_WORDS)
    return len(list(work.session.scalars(gone.returning(SaidRow.id))))


def show(work: Work, one: Pooled) -> bool:
    """Write that a picture is shown to an expert; return whether it was not before."""
    values = {name: getattr(one, name) for name in Pooled.__slots__}
    values |= {"state": one.state.value, "reasons": reasons_out(one.reasons)}
    made = insert(PooledRow).values(**values).on_conflict_do_nothing().returning(PooledRow.id)
    return work.session.scalar(made) is not None


def shown(work: Work, check_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the pictures were shown to anybody."""
    asked = select(PooledRow.check_id).where(PooledRow.check_id.in_(set(check_ids))).distinct()
    return set(work.session.scalars(asked)) if check_ids else set()


def waiting(work: Work, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many pictures wait for each person."""
    waits = (PooledRow.person_id.in_(set(person_ids)), PooledRow.state == PoolState.WAITING.value)
    rows = work.session.execute(select(PooledRow.person_id, func.count()).where(*waits).group_by(PooledRow.person_id))
    return dict.fromkeys(person_ids, 0) | {person: int(count) for person, count in rows}


def answered(work: Work, person_id: UUID) -> int:
    """Return how many pictures a person said something of."""
    done = (PooledRow.person_id == person_id, PooledRow.state == PoolState.DONE.value)
    return work.session.scalar(select(func.count()).where(*done)) or 0


def pool(work: Work, person_id: UUID, *, limit: int, before: UUID | None) -> list[Pooled]:
    """Return the pictures that wait for a person, of every tenant, the newest first."""
    mine = (PooledRow.person_id == person_id, PooledRow.state == PoolState.WAITING.value)
    older = [] if before is None else [PooledRow.id < before]
    asked = select(PooledRow).where(*mine, *older).order_by(PooledRow.id.desc()).limit(limit)
    return [_pooled(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def pooled(work: Work, person_id: UUID, pool_id: UUID, *, lock: bool = False) -> Pooled | None:
    """Return one picture that was shown to a person."""
    asked = select(PooledRow).where(PooledRow.person_id == person_id, PooledRow.id == pool_id)
    row = work.session.scalar((asked.with_for_update() if lock else asked).execution_options(populate_existing=True))
    return None if row is None else _pooled(row)


def end_pooled(work: Work, pool_id: UUID, state: PoolState, at: datetime) -> None:
    """Write that a picture was answered, or put aside."""
    work.session.execute(update(PooledRow).where(PooledRow.id == pool_id).values(state=state.value, ended_at=at))


def end_others(work: Work, check_id: UUID, at: datetime) -> None:
    """Take a picture that somebody answered from everybody else's list."""
    waits = (PooledRow.check_id == check_id, PooledRow.state == PoolState.WAITING.value)
    work.session.execute(update(PooledRow).where(*waits).values(state=PoolState.OVER.value, ended_at=at))


def pooled_by_ids(work: Work, ids: Collection[UUID]) -> list[Pooled]:
    """Return shown pictures of the tenant by id."""
    asked = select(PooledRow).where(PooledRow.tenant_id == work.tenant_id, PooledRow.id.in_(set(ids)))
    return [_pooled(row) for row in work.session.scalars(asked.order_by(PooledRow.id))]


def _said(row: SaidRow) -> Said:
    return Said(**{name: getattr(row, name) for name in Said.__slots__} | {"side": Side(row.side)})


def _pooled(row: PooledRow) -> Pooled:
    values = {name: getattr(row, name) for name in Pooled.__slots__}
    return Pooled(**values | {"state": PoolState(row.state), "reasons": reasons_in(row.reasons)})
