"""Every query on commissions, engagements and what happened to them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.commissions import (
    Acceptance,
    Commission,
    CommissionEvent,
    CommissionState,
    DeliveryState,
    Engagement,
    EngagementState,
    Reason,
    Tool,
)
from pipewarden.market.store.commission_tables import CommissionEventRow, CommissionRow, DeliveryRow, EngagementRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select

    from pipewarden.kit.work import Work

_ACCEPTANCE = TypeAdapter(Acceptance)
_REASONS: TypeAdapter[tuple[Reason, ...]] = TypeAdapter(tuple[Reason, ...])
_FIXED = {"id", "tenant_id", "made_by", "made_at"}  # of a commission: never changed
_KEPT = {"id", "tenant_id", "commission_id", "person_id", "made_at"}  # of an engagement
_BUSY = (EngagementState.OFFERED.value, EngagementState.BEGUN.value)


def add(work: Work, one: Commission) -> None:
    """Write a commission."""
    work.session.execute(insert(CommissionRow).values(**_values(one)))


def change(work: Work, one: Commission) -> None:
    """Write a commission as it is now; who calls holds it."""
    values = {name: value for name, value in _values(one).items() if name not in _FIXED}
    work.session.execute(update(CommissionRow).where(CommissionRow.id == one.id).values(**values))


def held(work: Work, scope: ColumnElement[bool], commission_id: UUID) -> Commission | None:
    """Return a commission within ``scope``, locked."""
    asked = select(CommissionRow).where(scope, CommissionRow.id == commission_id).with_for_update()
    row = work.session.scalar(asked.execution_options(populate_existing=True))
    return None if row is None else _commission(row)


def one(work: Work, scope: ColumnElement[bool], commission_id: UUID) -> Commission | None:
    """Return a commission within ``scope``."""
    asked = select(CommissionRow).where(scope, CommissionRow.id == commission_id)
    row = work.session.scalar(asked.execution_options(populate_existing=True))
    return None if row is None else _commission(row)


def mine(work: Work) -> ColumnElement[bool]:
    """Return the condition for commissions of the tenant worked for."""
    return CommissionRow.tenant_id == work.tenant_id


def in_states(states: Collection[CommissionState]) -> ColumnElement[bool]:
    """Return the condition for commissions in one of the states."""
    return CommissionRow.state.in_([one.value for one in states])


def anywhere() -> ColumnElement[bool]:
    """Return the condition for commissions of every tenant."""
    return CommissionRow.id.is_not(None)


def page(
    work: Work,
    *scope: ColumnElement[bool],
    states: Collection[CommissionState] = (),
    tag: str | None = None,
    limit: int,
    before: UUID | None,
) -> list[Commission]:
    """Return commissions within ``scope``, the newest first."""
    more = [in_states(states)] if states else []
    tagged = [] if tag is None else [CommissionRow.tags.contains([tag])]
    older = [] if before is None else [CommissionRow.id < before]
    asked = select(CommissionRow).where(*scope, *more, *tagged, *older).order_by(CommissionRow.id.desc()).limit(limit)
    return [_commission(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def by_ids(work: Work, ids: Collection[UUID]) -> dict[UUID, Commission]:
    """Return commissions by id, of whatever tenant: who calls holds an engagement of each."""
    asked = select(CommissionRow).where(CommissionRow.id.in_(set(ids))).execution_options(populate_existing=True)
    return {row.id: _commission(row) for row in work.session.scalars(asked)} if ids else {}


def due(work: Work, *, limit: int) -> list[UUID]:
    """Return commissions of the tenant whose time to settle has come, the one that waited longest first."""
    asked = select(CommissionRow.id).where(mine(work), *_waits(work)).order_by(CommissionRow.settle_at).limit(limit)
    return list(work.session.scalars(asked))


def tenants_due(work: Work) -> list[UUID]:
    """Return the tenants with a commission or a part whose time to settle has come."""
    whole = select(CommissionRow.tenant_id).where(*_waits(work))
    parts = select(EngagementRow.tenant_id).where(*_done_before(work.now()))
    return sorted(work.session.scalars(whole.union(parts)))


def parts_due(work: Work, before: datetime, *, limit: int) -> list[Engagement]:
    """Return parts of the tenant that were done before a moment and whose money was not settled yet."""
    asked = select(EngagementRow).where(of_tenant(work), *_done_before(before))
    return _all(work, asked.order_by(EngagementRow.ended_at).limit(limit))


def _waits(work: Work) -> tuple[ColumnElement[bool], ...]:
    return CommissionRow.ended_at.is_(None), CommissionRow.settle_at <= work.now()


def _done_before(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    done = EngagementRow.state == EngagementState.DONE.value
    return done, EngagementRow.ended_at <= moment, EngagementRow.settled.is_(False)


def add_engagement(work: Work, one: Engagement) -> bool:
    """Write an engagement; return whether the person had none of this commission."""
    made = insert(EngagementRow).values(**_engaged(one)).on_conflict_do_nothing().returning(EngagementRow.id)
    return work.session.scalar(made) is not None


def change_engagement(work: Work, one: Engagement) -> None:
    """Write an engagement as it is now; who calls holds its commission."""
    values = {name: value for name, value in _engaged(one).items() if name not in _KEPT}
    work.session.execute(update(EngagementRow).where(EngagementRow.id == one.id).values(**values))


def engagements(work: Work, commission_id: UUID, *states: EngagementState) -> list[Engagement]:
    """Return engagements of a commission, the first first; who calls has seen that it is in reach."""
    some = [EngagementRow.state.in_([one.value for one in states])] if states else []
    asked = select(EngagementRow).where(EngagementRow.commission_id == commission_id, *some).order_by(EngagementRow.id)
    return _all(work, asked)


def engagements_of(work: Work, commission_ids: Collection[UUID]) -> dict[UUID, list[Engagement]]:
    """Return the engagements of several commissions; who calls has seen that they are in reach."""
    found: dict[UUID, list[Engagement]] = {one: [] for one in commission_ids}
    asked = select(EngagementRow).where(EngagementRow.commission_id.in_(set(found))).order_by(EngagementRow.id)
    for one in _all(work, asked) if found else []:
        found[one.commission_id].append(one)
    return found


def engagement(work: Work, scope: ColumnElement[bool], engagement_id: UUID) -> Engagement | None:
    """Return an engagement within ``scope``."""
    found = _all(work, select(EngagementRow).where(scope, EngagementRow.id == engagement_id))
    return found[0] if found else None


def engagement_of(work: Work, commission_id: UUID, person_id: UUID) -> Engagement | None:
    """Return a person's part of a commission."""
    mine = (EngagementRow.commission_id == commission_id, EngagementRow.person_id == person_id)
    found = _all(work, select(EngagementRow).where(*mine))
    return found[0] if found else None


def of_tenant(work: Work) -> ColumnElement[bool]:
    """Return the condition for engagements of the tenant worked for."""
    return EngagementRow.tenant_id == work.tenant_id


def of_person(person_id: UUID) -> ColumnElement[bool]:
    """Return the condition for somebody's own engagements, of every tenant."""
    return EngagementRow.person_id == person_id


def anybodys() -> ColumnElement[bool]:
    """Return the condition for everybody's engagements."""
    return EngagementRow.id.is_not(None)


def nobodys() -> ColumnElement[bool]:
    """Return the condition for no engagement."""
    return EngagementRow.id.is_(None)


def engagement_page(
    work: Work, scope: ColumnElement[bool], *, states: Collection[EngagementState], limit: int, before: UUID | None
) -> list[Engagement]:
    """Return engagements within ``scope``, the newest first."""
    some = [EngagementRow.state.in_([one.value for one in states])] if states else []
    older = [] if before is None else [EngagementRow.id < before]
    return _all(work, select(EngagementRow).where(scope, *some, *older).order_by(EngagementRow.id.desc()).limit(limit))


def loads(work: Work, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many engagements persons have under way or are asked for."""
    rows = work.session.execute(
        select(EngagementRow.person_id, func.count())
        .where(EngagementRow.person_id.in_(set(person_ids)), EngagementRow.state.in_(_BUSY))
        .group_by(EngagementRow.person_id)
    )
    return dict.fromkeys(person_ids, 0) | {person_id: int(count) for person_id, count in rows}


def done_by(work: Work, person_id: UUID) -> int:
    """Return how many commissions a person has done."""
    done = (EngagementRow.person_id == person_id, EngagementRow.state == EngagementState.DONE.value)
    return work.session.scalar(select(func.count()).where(*done)) or 0


def waiting_deliveries(work: Work, commission_id: UUID, engagement_id: UUID | None = None) -> int:
    """Return how many deliveries of a commission, or of one part of it, wait for the client's word."""
    mine = [] if engagement_id is None else [DeliveryRow.engagement_id == engagement_id]
    waits = (DeliveryRow.commission_id == commission_id, DeliveryRow.state == DeliveryState.SAMPLED.value, *mine)
    return work.session.scalar(select(func.count()).where(*waits)) or 0


def tell(work: Work, event: CommissionEvent) -> None:
    """Write what happened."""
    values = {name: getattr(event, name) for name in CommissionEvent.__slots__}
    work.session.execute(insert(CommissionEventRow).values(**values))


def events(work: Work, commission_id: UUID) -> list[CommissionEvent]:
    """Return what happened to a commission, oldest first; who calls has seen that it is in reach."""
    asked = select(CommissionEventRow).where(CommissionEventRow.commission_id == commission_id)
    return [_event(row) for row in work.session.scalars(asked.order_by(CommissionEventRow.id))]


def events_by_ids(work: Work, ids: Collection[UUID]) -> list[CommissionEvent]:
    """Return events of the tenant by id, oldest first."""
    asked = select(CommissionEventRow).where(CommissionEventRow.tenant_id == work.tenant_id)
    rows = work.session.scalars(asked.where(CommissionEventRow.id.in_(set(ids))).order_by(CommissionEventRow.id))
    return [_event(row) for row in rows]


def _all(work: Work, asked: Select[EngagementRow]) -> list[Engagement]:
    return [_engagement(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def _values(one: Commission) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(one, name) for name in Commission.__slots__}
    return values | {
        "tags": sorted(one.tags),
        "tool": one.tool.value,
        "state": one.state.value,
        "acceptance": asdict(one.acceptance),
    }


def _commission(row: CommissionRow) -> Commission:
    values = {name: getattr(row, name) for name in Commission.__slots__}
    return Commission(
        **values
        | {
            "tags": frozenset(row.tags),
            "tool": Tool(row.tool),
            "state": CommissionState(row.state),
            "acceptance": _ACCEPTANCE.validate_python(row.acceptance),
        }
    )


def reasons_out(reasons: Sequence[Reason]) -> list[object]:
    """Return reasons as they are kept."""
    return [asdict(one) for one in reasons]


def reasons_in(kept: object) -> tuple[Reason, ...]:
    """Return reasons as they were."""
    return _REASONS.validate_python(cast("Any", kept))


def _engaged(one: Engagement) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(one, name) for name in Engagement.__slots__}
    return values | {"state": one.state.value, "reasons": reasons_out(one.reasons)}


def _engagement(row: EngagementRow) -> Engagement:
    values = {name: getattr(row, name) for name in Engagement.__slots__}
    return Engagement(**values | {"state": EngagementState(row.state), "reasons": reasons_in(row.reasons)})


def _event(row: CommissionEventRow) -> CommissionEvent:
    return CommissionEvent(**{name: getattr(row, name) for name in CommissionEvent.__slots__})
