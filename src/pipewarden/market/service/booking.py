"""Booking: charged calls become transfers, many at once; what is left of a demand that is over goes back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, Kind, Order, Posting
from pipewarden.market.facts.metering import Batch, DemandState, MeterCheck, MeterState
from pipewarden.market.rules import addresses
from pipewarden.market.service.budgets import fed_from
from pipewarden.market.service.foundry_terms import reviewers
from pipewarden.market.service.metering import release_late
from pipewarden.market.store import budgets
from pipewarden.market.store import metering as store
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.metering import Demand

_BATCH = 10_000


def book(work: Work, demand_id: UUID, *, most: int = _BATCH) -> Batch | None:
    """Book the oldest charged calls of a demand by one transfer; None where none waits.

    Args:
        work: of the tenant whose demand it is.
        demand_id: which.
        most: calls of one batch.
    """
    demand = store.demand(work, demand_id)
    budget = None if demand is None else budgets.held(work, demand.budget_id)
    capability = None if demand is None else store.capability(work, demand.capability_id)
    if demand is None or budget is None or capability is None:
        raise NotFoundError.of("demand")
    batch_id = work.ids.new()
    if not store.put_into(work, batch_id, demand_id, limit=most):
        return None
    sums = store.in_batch(work, batch_id)[batch_id]
    calls, units = sum(one.calls for one in sums), sum(one.units for one in sums)
    source = addresses.budget(budget.id, Asset.CNY)
    parts = _parts(work, capability.expert_id, sums)
    lines = tuple(Posting(source, target, Asset.CNY, part) for target, part in parts.items() if part)
    ledger.open_accounts(work, *((line.destination, Asset.CNY) for line in lines))
    order = Order(
        key=f"meter:{batch_id}",
        kind=Kind.POSTED,
        what="meter",
        postings=lines,
        details={"demand": str(demand_id), "calls": calls, "zh": "能力调用", "en": "calls of a capability"},
    )
    booked = ledger.post(work, order)
    made = Batch(batch_id, work.tenant_id, demand_id, calls, units, booked.id, work.now())
    store.add_batch(work, made)
    budgets.move(work, budget.id, committed=-units)
    return made


def _parts(work: Work, expert_id: UUID, sums: Sequence[store.Sum]) -> dict[str, int]:
    """Return what each account gets of calls: the expert, the house, each reviewer of each version, and rounding."""
    parts: Counter[str] = Counter()
    for one in sums:
        parts[addresses.person(expert_id, Asset.CNY)] += one.expert
        parts[addresses.FEES] += one.house
        paid = 0
        if one.review and one.version_id is not None:
            there = reviewers(work, one.version_id)
            for person_id in there:
                parts[addresses.person(person_id, Asset.CNY)] += one.review // len(there)
                paid += one.review // len(there)
        parts[addresses.ROUNDING] += one.units - one.expert - one.house - paid
    return dict(parts)


def settle_demand(work: Work, demand: Demand) -> bool:
    """Give late calls their money back, book what waits, and end a demand that is over; return whether it ended.

    A demand is over when the next call did not fit and every call that did was answered: then what is left of its
    budget is released into the purse.
    """
    release_late(work, demand.id)
    while book(work, demand.id) is not None:
        pass
    there = store.demand(work, demand.id)
    if there is None or there.state is not DemandState.EXHAUSTED or store.admitted(work, demand.id):
        return False
    close_demand(work, there)
    return True


def close_demand(work: Work, demand: Demand) -> int:
    """End a demand whose calls are all booked, and return the units that went back to where its budget is fed from."""
    budget = budgets.held(work, demand.budget_id)
    if budget is None:
        raise NotFoundError.of("demand")
    address = addresses.budget(budget.id, Asset.CNY)
    left = ledger.balances(work, [address])[address].available
    if left:
        source = fed_from(budget)
        ledger.open_accounts(work, (source, Asset.CNY))
        order = Order(
            key=f"demand:{demand.id}/release",
            kind=Kind.POSTED,
            what="budget.release",
            postings=(Posting(address, source, Asset.CNY, left),),
            details={
                "demand": str(demand.id),
                "zh": "需求结束，余额退回",
                "en": "the demand is over, the rest returns",
            },
        )
        ledger.post(work, order)
        budgets.move(work, budget.id, funded=-left)
    budgets.close(work, [budget.id])
    store.change_demand(work, demand.id, state=DemandState.CLOSED)
    return left


def unsettled(work: Work) -> list[UUID]:
    """Return the tenant's demands that are not closed, the newest first."""
    return [one.id for one in store.demands(work, DemandState.OPEN, DemandState.EXHAUSTED)]


def settle_one(work: Work, demand_id: UUID) -> bool:
    """Settle one demand, its budget held first: who funds one waits for it, and for no other; return whether it ended.

    Raises:
        NotFoundError: there is no such demand here.
    """
    found = store.demand(work, demand_id)
    if found is None:
        raise NotFoundError.of("demand")
    budgets.hold(work, {found.budget_id})
    return found.state is not DemandState.CLOSED and settle_demand(work, found)


def tenants_metering(work: Work) -> list[UUID]:
    """Return the tenants that have a demand which is not closed."""
    return store.tenants_metering(work)


def check_meters(work: Work) -> MeterCheck:
    """Compare the tenant's meters with the book, batch by batch and to the last unit."""
    in_batches, sums = store.in_batch(work), list(store.sums(work).values())
    problems: list[str] = []
    booked = 0
    experts = store.experts_of_demands(work)
    for batch in store.batches(work):
        moved = _moved(work, batch)
        booked += sum(moved.values())
        told = in_batches.pop(batch.id, [])
        calls, units = sum(one.calls for one in told), sum(one.units for one in told)
        if (calls, units, sum(moved.values())) != (batch.calls, batch.units, batch.units):
            said = sum(moved.values())
            problems.append(f"batch {batch.id}: meters say {calls} calls of {units}, the book moved {said}")
        elif moved != {to: part for to, part in _parts(work, experts[batch.demand_id], told).items() if part}:
            problems.append(f"batch {batch.id}: the book moved its units to others than the meters say")
    problems += [f"batch {one} is in no transfer" for one in in_batches]
    calls = sum(one[MeterState.CHARGED][0] for one in sums if MeterState.CHARGED in one)
    charged = sum(one[MeterState.CHARGED][1] for one in sums if MeterState.CHARGED in one)
    on_the_way = sum(one[MeterState.ADMITTED][1] for one in sums if MeterState.ADMITTED in one)
    _, waiting = store.unbooked(work)
    committed = sum(one.committed for one in budgets.of_tenant(work))
    if committed != on_the_way + waiting:
        problems.append(f"budgets keep {committed} for calls, the calls take {on_the_way + waiting}")
    difference = charged - booked - waiting
    if difference:
        problems.append(f"{difference} units are charged and neither booked nor waiting")
    return MeterCheck(calls, charged, booked, waiting, difference, tuple(problems))


def _moved(work: Work, batch: Batch) -> dict[str, int]:
    """Return what the book moved for a batch, by account."""
    transfer = ledger.transfer(work, batch.transfer_id)
    moved: Counter[str] = Counter()
    for line in () if transfer is None else transfer.postings:
        moved[line.destination] += line.amount
    return dict(moved)
