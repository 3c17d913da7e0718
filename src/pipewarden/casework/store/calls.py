"""Calls: one annunciation to one person each, what came back, and how many a person had lately."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.casework.facts import Call, Sent, Shape, Urgency
from pipewarden.casework.store.duty_tables import CallRow, RungRow, SiteDutyRow
from pipewarden.casework.store.owed import RUNNING
from pipewarden.casework.store.watched import TICK

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class Answered:
    """A call and what came back; ``unreachable_why`` where nothing could be brought to its person."""

    call: Call
    shape: Shape
    acked_at: datetime | None
    acked_by: UUID | None
    unreachable_at: datetime | None
    unreachable_why: str | None


def add(work: Work, call: Call, shape: Shape) -> None:
    """Insert one call."""
    work.session.execute(
        insert(CallRow).values(
            id=call.id,
            tenant_id=call.tenant_id,
            person_id=call.person_id,
            urgency=call.urgency.value,
            shape=shape.value,
            site_ids=[str(one) for one in call.site_ids],
            duty_id=call.duty_id,
            step=call.step,
            loop=call.loop,
            text=call.text,
            params=call.params,
            at=call.at,
            ack_by=call.ack_by,
            drill=call.drill,
        )
    )


def sent(work: Work, since: datetime, person_ids: Collection[UUID] | None = None) -> dict[UUID, list[Sent]]:
    """Return the annunciations since then of the persons, or of everybody in the tenant; notes are none.

    Nor are those of drills, nor those that lie ahead: the clock was set back since, and they would keep the next ones
    back until then.
    """
    statement = select(CallRow.person_id, CallRow.at, CallRow.shape).where(
        CallRow.tenant_id == work.tenant_id,
        CallRow.at > since,
        CallRow.at <= work.now() + TICK,
        CallRow.urgency != Urgency.NOTE.value,
        ~CallRow.drill,
    )
    if person_ids is not None:
        statement = statement.where(CallRow.person_id.in_(set(person_ids)))
    found: dict[UUID, list[Sent]] = defaultdict(list)
    for person_id, at, shape in work.session.execute(statement.order_by(CallRow.at)):
        found[person_id].append(Sent(at, Shape(shape)))
    return dict(found)


def lock(work: Work, call_id: UUID) -> Answered | None:
    """Return one call of the tenant, held alone until the transaction ends."""
    row = work.session.scalar(
        select(CallRow)
        .where(CallRow.tenant_id == work.tenant_id, CallRow.id == call_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return None if row is None else _answered(row)


def read(work: Work, call_ids: Collection[UUID]) -> dict[UUID, Answered]:
    """Return those of ``call_ids`` that there are, of the tenant: what ``casework.called`` names."""
    rows = work.session.scalars(
        select(CallRow)
        .where(CallRow.tenant_id == work.tenant_id, CallRow.id.in_(set(call_ids)))
        .execution_options(populate_existing=True)
    )
    return {row.id: _answered(row) for row in rows}


def over(work: Work, call_ids: Collection[UUID]) -> set[UUID]:
    """Return those of ``call_ids`` that speak only of duties that are done or dropped."""
    spoken = select(RungRow.call_id).where(RungRow.call_id.in_(set(call_ids)))
    runs = spoken.join(SiteDutyRow, SiteDutyRow.id == RungRow.duty_id).where(SiteDutyRow.state.in_(RUNNING))
    everything = {one for one in work.session.scalars(spoken) if one is not None}
    return everything - set(work.session.scalars(runs))


def acknowledge(work: Work, call_id: UUID, by: UUID, now: datetime) -> None:
    """Write who acknowledged a call."""
    work.session.execute(update(CallRow).where(CallRow.id == call_id).values(acked_at=now, acked_by=by))


def unreachable(work: Work, call_id: UUID, why: str, now: datetime) -> None:
    """Write that a call could not be brought to its person."""
    work.session.execute(update(CallRow).where(CallRow.id == call_id).values(unreachable_at=now, unreachable_why=why))


def one(work: Work, scope: ColumnElement[bool], call_id: UUID) -> Answered | None:
    """Return one call within ``scope``."""
    row = work.session.scalar(
        select(CallRow).where(scope, CallRow.id == call_id).execution_options(populate_existing=True)
    )
    return None if row is None else _answered(row)


def page(
    work: Work,
    scope: ColumnElement[bool],
    *,
    person_id: UUID | None,
    waits: bool | None,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Answered]:
    """Return calls within ``scope``, newest first.

    Where:
        person_id: whose; None for everybody's.
        waits: only those that want a word and have none, or only the others; None for all.
    """
    conditions = [scope]
    if person_id is not None:
        conditions.append(CallRow.person_id == person_id)
    if waits is not None:
        wanted = and_(CallRow.ack_by.is_not(None), CallRow.acked_at.is_(None))
        conditions.append(wanted if waits else ~wanted)
    if after is not None:
        at, call_id = after
        conditions.append(or_(CallRow.at < at, and_(CallRow.at == at, CallRow.id < call_id)))
    rows = work.session.scalars(
        select(CallRow)
        .where(*conditions)
        .order_by(CallRow.at.desc(), CallRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_answered(row) for row in rows]


def _answered(row: CallRow) -> Answered:
    return Answered(
        call=Call(
            id=row.id,
            tenant_id=row.tenant_id,
            person_id=row.person_id,
            urgency=Urgency(row.urgency),
            site_ids=tuple(UUID(str(one)) for one in row.site_ids),
            duty_id=row.duty_id,
            step=row.step,
            loop=row.loop,
            text=row.text,
            params={name: str(value) for name, value in row.params.items()},
            at=row.at,
            ack_by=row.ack_by,
            drill=row.drill,
        ),
        shape=Shape(row.shape),
        acked_at=row.acked_at,
        acked_by=row.acked_by,
        unreachable_at=row.unreachable_at,
        unreachable_why=row.unreachable_why,
    )
