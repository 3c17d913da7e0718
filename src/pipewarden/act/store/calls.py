"""Calls as act keeps them: what carries each, where it stands, and the message centre that they make up."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from pipewarden.act.facts import CallState, Message
from pipewarden.act.store.tables import CallRow
from pipewarden.casework.facts import Urgency

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pipewarden.kit.work import Work

_UNDER_WAY = (CallState.HELD.value, CallState.OPEN.value)


def known(work: Work, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these calls were taken up already."""
    return set(work.session.scalars(select(CallRow.id).where(CallRow.id.in_(list(ids)))))


def add(work: Work, rows: Sequence[dict[str, object]]) -> None:
    """Take calls up."""
    if rows:
        once = insert(CallRow).on_conflict_do_nothing(index_elements=["id"])
        work.session.execute(once, list(rows), execution_options={"render_nulls": True})  # one statement for all


def likes(
    work: Work, whom: Collection[UUID], what: Collection[str], since: datetime
) -> dict[tuple[UUID, str], tuple[datetime, UUID, CallState]]:
    """Return, by (person, what it is about), since when the last call under way is carried, by what, and its state.

    The time is that of the first call that is carried so: whoever only stands behind it keeps nobody quiet for longer.
    """
    first = aliased(CallRow)
    begun = select(func.min(first.at)).where(first.subject_id == CallRow.subject_id, first.about == CallRow.about)
    rows = work.session.execute(
        select(CallRow.person_id, CallRow.about, begun.scalar_subquery().label("at"), CallRow.subject_id, CallRow.state)
        .where(
            CallRow.tenant_id == work.tenant_id,
            CallRow.person_id.in_(list(whom)),
            CallRow.about.in_(list(what)),
            CallRow.at >= since,
            CallRow.state.in_([*_UNDER_WAY, CallState.REACHED.value]),
        )
        .order_by(CallRow.at, CallRow.id)
    )
    return {(row.person_id, row.about): (row.at, row.subject_id, CallState(row.state)) for row in rows}


def carried(work: Work, subject_id: UUID) -> list[tuple[UUID, bool, CallState]]:
    """Return (call, whether act made it itself, state) of what a subject carries, the oldest first."""
    rows = work.session.execute(
        select(CallRow.id, CallRow.own, CallRow.state)
        .where(CallRow.tenant_id == work.tenant_id, CallRow.subject_id == subject_id)
        .order_by(CallRow.id)
    )
    return [(call_id, own, CallState(state)) for call_id, own, state in rows]


def settle(work: Work, subject_id: UUID, state: CallState) -> list[tuple[UUID, bool]]:
    """Let the calls of a subject that are under way end so; return (call, whether act made it) of those."""
    rows = work.session.execute(
        update(CallRow)
        .where(CallRow.tenant_id == work.tenant_id, CallRow.subject_id == subject_id, CallRow.state.in_(_UNDER_WAY))
        .values(state=state.value)
        .returning(CallRow.id, CallRow.own)
    )
    return [(call_id, own) for call_id, own in rows]


def acknowledge(work: Work, ids: Collection[UUID]) -> None:
    """Note that somebody has these calls; whoever has acknowledged has read."""
    work.session.execute(
        update(CallRow)
        .where(CallRow.tenant_id == work.tenant_id, CallRow.id.in_(list(ids)))
        .values(
            state=CallState.ACKNOWLEDGED.value,
            read_at=func.coalesce(CallRow.read_at, work.now()),
        )
    )


def persons_with_digest(work: Work, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (tenant, person) of those, of any tenant, for whom a digest is due."""
    rows = work.session.execute(
        select(CallRow.tenant_id, CallRow.person_id)
        .where(CallRow.state == CallState.HELD.value, CallRow.digest_at <= work.now())
        .distinct()
        .limit(limit)
    )
    return [(tenant_id, person_id) for tenant_id, person_id in rows]


def take_held(work: Work, person_id: UUID, subject_id: UUID, limit: int) -> list[Message]:
    """Let a digest carry what waits for a person, and return it, the oldest first; others' locks are left alone."""
    held = (
        select(CallRow.id)
        .where(
            CallRow.tenant_id == work.tenant_id,
            CallRow.person_id == person_id,
            CallRow.state == CallState.HELD.value,
            CallRow.digest_at <= work.now(),
        )
        .order_by(CallRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(work.session.scalars(held))
    work.session.execute(
        update(CallRow)
        .where(CallRow.id.in_(taken))
        .values(state=CallState.OPEN.value, subject_id=subject_id, digest_at=None)
    )
    found = select(CallRow).where(CallRow.id.in_(taken)).order_by(CallRow.id).execution_options(populate_existing=True)
    return [_message(row) for row in work.session.scalars(found)]


def of_person(work: Work, person_id: UUID, *, before: UUID | None, limit: int) -> list[Message]:
    """Return a person's messages in the tenant worked for, the newest first."""
    earlier = () if before is None else (CallRow.id < before,)
    rows = work.session.scalars(
        select(CallRow)
        .where(CallRow.tenant_id == work.tenant_id, CallRow.person_id == person_id, *earlier)
        .order_by(CallRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_message(row) for row in rows]


def unread(work: Work, person_id: UUID) -> int:
    """Return how many messages a person has not read."""
    count = select(func.count()).where(
        CallRow.tenant_id == work.tenant_id, CallRow.person_id == person_id, CallRow.read_at.is_(None)
    )
    return work.session.scalar(count) or 0


def read(work: Work, person_id: UUID, up_to: UUID) -> int:
    """Note that a person has read everything up to a message, and return how many that were."""
    done = work.session.execute(
        update(CallRow)
        .where(
            CallRow.tenant_id == work.tenant_id,
            CallRow.person_id == person_id,
            CallRow.id <= up_to,
            CallRow.read_at.is_(None),
        )
        .values(read_at=work.now())
        .returning(CallRow.id)
    )
    return len(done.all())


def _message(row: CallRow) -> Message:
    return Message(
        id=row.id,
        person_id=row.person_id,
        urgency=Urgency(row.urgency),
        site_ids=tuple(UUID(str(one)) for one in row.site_ids),
        title=row.title,
        body=row.body,
        at=row.at,
        state=CallState(row.state),
        read_at=row.read_at,
    )
