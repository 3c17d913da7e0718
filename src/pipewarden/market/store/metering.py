"""Every query on capabilities, prices, demands, calls and batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Text, Uuid, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from pipewarden.market.facts.metering import Batch, Capability, Demand, DemandState, Meter, MeterState, Price
from pipewarden.market.store.meter_tables import BatchRow, CapabilityRow, DemandRow, MeterRow, PriceRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_CHARGED = MeterState.CHARGED.value


@dataclass(frozen=True, slots=True)
class Sum:
    """What calls of one version in one batch come to; units of 0.0001 yuan."""

    version_id: UUID | None
    calls: int
    units: int
    expert: int
    house: int
    review: int


def add_capability(work: Work, one: Capability) -> bool:
    """Write a capability; return whether its slug and version were free in the tenant."""
    values = {name: getattr(one, name) for name in Capability.__slots__}
    made = insert(CapabilityRow).values(**values).on_conflict_do_nothing().returning(CapabilityRow.id)
    return work.session.scalar(made) is not None


def capability(work: Work, capability_id: UUID) -> Capability | None:
    """Return a capability of the tenant."""
    mine = (CapabilityRow.tenant_id == work.tenant_id, CapabilityRow.id == capability_id)
    row = work.session.scalar(select(CapabilityRow).where(*mine))
    return None if row is None else Capability(**{name: getattr(row, name) for name in Capability.__slots__})


def add_price(work: Work, one: Price) -> bool:
    """Write a price; return whether its beginning was free."""
    values = {"capability_id": one.capability_id, "since": one.since, "units": one.units, "tenant_id": work.tenant_id}
    made = insert(PriceRow).values(**values).on_conflict_do_nothing().returning(PriceRow.units)
    return work.session.scalar(made) is not None


def prices(work: Work, capability_id: UUID) -> list[Price]:
    """Return the prices of a capability of the tenant, the first first."""
    mine = (PriceRow.tenant_id == work.tenant_id, PriceRow.capability_id == capability_id)
    rows = work.session.scalars(select(PriceRow).where(*mine).order_by(PriceRow.since))
    return [Price(row.capability_id, row.since, row.units) for row in rows]


def add_demand(work: Work, one: Demand) -> None:
    """Write a demand."""
    values = {name: getattr(one, name) for name in Demand.__slots__} | {"state": one.state.value}
    work.session.execute(insert(DemandRow).values(**values))


def demand(work: Work, demand_id: UUID) -> Demand | None:
    """Return a demand of the tenant as it stands; who changes it holds its budget."""
    mine = (DemandRow.tenant_id == work.tenant_id, DemandRow.id == demand_id)
    row = work.session.scalar(select(DemandRow).where(*mine).execution_options(populate_existing=True))
    return None if row is None else _demand(row)


def demands(work: Work, *states: DemandState) -> list[Demand]:
    """Return the tenant's demands in the states, all where none is named; the newest first."""
    some = [DemandRow.state.in_([one.value for one in states])] if states else []
    asked = select(DemandRow).where(DemandRow.tenant_id == work.tenant_id, *some).order_by(DemandRow.id.desc())
    return [_demand(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def taken(work: Work, demand_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the calls that demands took; who calls has seen that they are in reach."""
    asked = select(DemandRow.id, DemandRow.taken).where(DemandRow.id.in_(set(demand_ids)))
    return {row.id: row.taken for row in work.session.execute(asked)} if demand_ids else {}


def earned(work: Work, demand_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the experts' units of the calls of each demand that were charged; the caller has seen whose they are."""
    mine = (MeterRow.demand_id.in_(set(demand_ids)), MeterRow.state == _CHARGED)
    asked = select(MeterRow.demand_id, func.sum(MeterRow.expert)).where(*mine).group_by(MeterRow.demand_id)
    return {demand: int(units) for demand, units in work.session.execute(asked)} if demand_ids else {}


def tenants_metering(work: Work) -> list[UUID]:
    """Return the tenants that have a demand which is not closed."""
    asked = select(DemandRow.tenant_id).where(DemandRow.state != DemandState.CLOSED.value).distinct()
    return sorted(work.session.scalars(asked))


def change_demand(work: Work, demand_id: UUID, *, taken: int = 0, state: DemandState | None = None) -> None:
    """Add to the calls taken, or write a state."""
    values: dict[str, object] = {"taken": DemandRow.taken + taken}
    if state is not None:
        values["state"] = state.value
    work.session.execute(update(DemandRow).where(DemandRow.id == demand_id).values(**values))


def known(work: Work, capability_id: UUID, request_ids: Collection[str]) -> dict[str, Meter]:
    """Return the calls that are there, by request, locked."""
    mine = (MeterRow.capability_id == capability_id, MeterRow.request_id.in_(set(request_ids)))
    asked = select(MeterRow).where(*mine).order_by(MeterRow.id).with_for_update()
    rows = work.session.scalars(asked.execution_options(populate_existing=True))
    return {row.request_id: _meter(row) for row in rows} if request_ids else {}


def add(work: Work, made: Sequence[Meter]) -> None:
    """Write new calls, alike but for their ids; the database refuses a second one of a request.

    One statement whose arrays PostgreSQL unfolds side by side: a demand of 150,000 calls is brought in by fifteen.
    """
    if not made:
        return
    same = _columns(made[0])
    each = {
        "id": _unfolded([one.id for one in made], Uuid),
        "request_id": _unfolded([one.request_id for one in made], Text),
    }
    columns = [each[name] if name in each else literal(same[name], MeterRow.__table__.c[name].type) for name in same]
    work.session.execute(insert(MeterRow).from_select(list(same), select(*columns)))


def change(work: Work, one: Meter) -> None:
    """Write how a call stands."""
    work.session.execute(update(MeterRow).where(MeterRow.id == one.id).values(**_columns(one)))


def settle(work: Work, ids: Collection[UUID], state: MeterState) -> None:
    """Write that admitted calls were delivered, or failed."""
    values: dict[str, object] = {"state": state.value}
    if state is MeterState.CHARGED:
        values["charged_at"] = work.now()
    if ids:
        work.session.execute(update(MeterRow).where(MeterRow.id.in_(ids)).values(**values))


def late(work: Work, demand_id: UUID, *, limit: int) -> list[Meter]:
    """Return admitted calls of a demand whose time is over, the oldest first; who asks holds the budget."""
    mine = (MeterRow.demand_id == demand_id, MeterRow.state == MeterState.ADMITTED.value, MeterRow.until <= work.now())
    asked = select(MeterRow).where(*mine).order_by(MeterRow.until, MeterRow.id).limit(limit)
    return [_meter(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def admitted(work: Work, demand_id: UUID) -> int:
    """Return how many calls of a demand are on their way."""
    mine = (MeterRow.demand_id == demand_id, MeterRow.state == MeterState.ADMITTED.value)
    return work.session.scalar(select(func.count()).where(*mine)) or 0


def put_into(work: Work, batch_id: UUID, demand_id: UUID, *, limit: int) -> int:
    """Put the oldest unbooked calls of a demand into a batch; return how many."""
    waiting = (MeterRow.demand_id == demand_id, MeterRow.state == _CHARGED, MeterRow.batch_id.is_(None))
    oldest = select(MeterRow.id).where(*waiting).order_by(MeterRow.id).limit(limit).scalar_subquery()
    put = update(MeterRow).where(MeterRow.id.in_(oldest)).values(batch_id=batch_id).returning(literal(1))
    taken = put.cte("taken")
    return work.session.scalar(select(func.count()).select_from(taken)) or 0


def in_batch(work: Work, *batch_ids: UUID) -> dict[UUID, list[Sum]]:
    """Return what the tenant's meters say of each batch, of all where none is named: a sum for each version."""
    some = [MeterRow.batch_id.in_(batch_ids)] if batch_ids else [MeterRow.batch_id.is_not(None)]
    summed = (func.sum(column) for column in (MeterRow.units, MeterRow.expert, MeterRow.house, MeterRow.review))
    asked = select(MeterRow.batch_id, MeterRow.version_id, func.count(), *summed)
    grouped = asked.where(MeterRow.tenant_id == work.tenant_id, *some).group_by(MeterRow.batch_id, MeterRow.version_id)
    found: dict[UUID, list[Sum]] = {}
    for batch_id, version_id, calls, *parts in work.session.execute(grouped):
        if batch_id is not None:
            found.setdefault(batch_id, []).append(Sum(version_id, calls, *(int(part) for part in parts)))
    return found


def add_batch(work: Work, one: Batch) -> None:
    """Write a batch that was booked."""
    work.session.execute(insert(BatchRow).values(**{name: getattr(one, name) for name in Batch.__slots__}))


def batches(work: Work) -> list[Batch]:
    """Return the tenant's batches, oldest first."""
    asked = select(BatchRow).where(BatchRow.tenant_id == work.tenant_id).order_by(BatchRow.id)
    return [Batch(**{name: getattr(row, name) for name in Batch.__slots__}) for row in work.session.scalars(asked)]


def sums(work: Work) -> dict[UUID, dict[MeterState, tuple[int, int]]]:
    """Return calls and units of the tenant by demand and state."""
    asked = select(MeterRow.demand_id, MeterRow.state, func.count(), func.sum(MeterRow.units))
    mine = asked.where(MeterRow.tenant_id == work.tenant_id).group_by(MeterRow.demand_id, MeterRow.state)
    found: dict[UUID, dict[MeterState, tuple[int, int]]] = {}
    for demand_id, state, calls, units in work.session.execute(mine):
        found.setdefault(demand_id, {})[MeterState(state)] = (calls, int(units))
    return found


def unbooked(work: Work) -> tuple[int, int]:
    """Return calls and units of the tenant that are charged and in no batch."""
    mine = (MeterRow.tenant_id == work.tenant_id, MeterRow.state == _CHARGED, MeterRow.batch_id.is_(None))
    row = work.session.execute(select(func.count(), func.coalesce(func.sum(MeterRow.units), 0)).where(*mine)).one()
    return int(row[0]), int(row[1])


def experts_of_demands(work: Work) -> dict[UUID, UUID]:
    """Return whom the calls of each of the tenant's demands are paid to."""
    asked = select(DemandRow.id, CapabilityRow.expert_id).join(
        CapabilityRow, CapabilityRow.id == DemandRow.capability_id
    )
    return {row[0]: row[1] for row in work.session.execute(asked.where(DemandRow.tenant_id == work.tenant_id))}


def earned_by_expert(work: Work) -> dict[UUID, int]:
    """Return what experts were paid for calls of the tenant's demands, in units of 0.0001 yuan."""
    mine = (MeterRow.tenant_id == work.tenant_id, MeterRow.batch_id.is_not(None))
    asked = (
        select(CapabilityRow.expert_id, func.sum(MeterRow.expert))
        .join(CapabilityRow, CapabilityRow.id == MeterRow.capability_id)
        .where(*mine)
        .group_by(CapabilityRow.expert_id)
    )
    return {expert_id: int(units) for expert_id, units in work.session.execute(asked)}


def earned_by_reviewers(work: Work) -> dict[UUID, int]:
    """Return what the reviewers of each version were paid together, in units of 0.0001 yuan."""
    mine = (MeterRow.tenant_id == work.tenant_id, MeterRow.batch_id.is_not(None), MeterRow.review > 0)
    asked = select(MeterRow.version_id, func.sum(MeterRow.review)).where(*mine).group_by(MeterRow.version_id)
    rows = work.session.execute(asked)
    return {version_id: int(units) for version_id, units in rows if version_id is not None}


def _unfolded(values: Sequence[object], kind: type[Uuid[UUID] | Text]) -> ColumnElement[object]:
    return func.unnest(literal(list(values), ARRAY(kind())))


def _columns(one: Meter) -> dict[str, object]:
    return {name: getattr(one, name) for name in Meter.__slots__} | {"state": one.state.value}


def _meter(row: MeterRow) -> Meter:
    values = {name: getattr(row, name) for name in Meter.__slots__}
    return Meter(**values | {"state": MeterState(row.state)})


def _demand(row: DemandRow) -> Demand:
    values = {name: getattr(row, name) for name in Demand.__slots__}
    return replace(Demand(**values), state=DemandState(row.state))
