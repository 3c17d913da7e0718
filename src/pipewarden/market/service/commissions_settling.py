"""Settling commissions: once the hold is over, what was delivered is booked and what is left goes back to the purse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.market.facts.commissions import CommissionState, EngagementState
from pipewarden.market.facts.metering import DemandState
from pipewarden.market.rules import commissions as rules
from pipewarden.market.service import booking, labelling_settling
from pipewarden.market.service.commissions import give_back, tell
from pipewarden.market.service.experts_joining import regrade
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.store import budgets as budget_store
from pipewarden.market.store import commissions as store
from pipewarden.market.store import metering as meters
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement

_MOST = 50


def tenants_due(work: Work) -> list[UUID]:
    """Return the tenants with something to settle."""
    return store.tenants_due(work)


def parts_due(work: Work) -> list[UUID]:
    """Return parts of the tenant's commissions whose hold is over, those that waited longest first."""
    hold = edition_at(work, work.now()).hold
    return [one.id for one in store.parts_due(work, work.now() - hold, limit=_MOST)]


def due(work: Work) -> list[UUID]:
    """Return the tenant's commissions whose hold is over, those that waited longest first."""
    return store.due(work, limit=_MOST)


def settle(work: Work, commission_id: UUID) -> bool:
    """Settle one commission of the tenant whose time has come; return whether that is done now.

    A call that is admitted and not answered keeps it open: the next round comes back.
    """
    commission = store.held(work, store.mine(work), commission_id)
    if commission is None or commission.settle_at is None or commission.ended_at is not None:
        return False
    parts = store.engagements(work, commission.id)
    labelling_settling.charge_parts(work, *(one.id for one in parts))  # what is due is charged before demands close
    _hold(work, commission, parts)
    if not all([_settle_part(work, one) for one in parts]):  # noqa: C419  each has its turn
        return False
    house = people.system("market", work.tenant_id)
    left = give_back(work, house, commission, "settled")
    if commission.budget_id is not None:
        budget_store.close(work, [commission.budget_id])
    accepted = commission.state is CommissionState.ACCEPTED
    state = CommissionState.SETTLED if accepted else commission.state
    over = replace(commission, state=state, ended_at=work.now())
    store.change(work, over)
    tell(work, over, None, "settled", {"returned": left})
    for one in parts:
        if one.state is EngagementState.DONE:
            regrade(work, one.person_id)
    return True


def settle_part(work: Work, part_id: UUID) -> bool:
    """Settle a part that was done early, so that what is left of its money is free for others; return whether it is."""
    part = store.engagement(work, store.of_tenant(work), part_id)
    commission = None if part is None else store.held(work, store.mine(work), part.commission_id)
    if part is None or commission is None or commission.state not in rules.LIVE:
        return False
    labelling_settling.charge_parts(work, part.id)
    if not _settle_part(work, part):
        return False
    regrade(work, part.person_id)
    return True


def _hold(work: Work, commission: Commission, parts: Sequence[Engagement]) -> None:
    """Lock every budget of a commission before the book: who holds one of them may wait for the book."""
    demands = [meters.demand(work, one.demand_id) for one in parts if one.demand_id is not None]
    ids = {one.budget_id for one in demands if one is not None}
    budget_store.hold(work, ids if commission.budget_id is None else ids | {commission.budget_id})


def _settle_part(work: Work, part: Engagement) -> bool:
    """Book a part's calls and close its demand; return whether nothing of it is open."""
    if part.demand_id is None or part.settled:
        return True
    demand = meters.demand(work, part.demand_id)
    if demand is not None and demand.state is not DemandState.CLOSED:
        booking.settle_demand(work, demand)
        demand = meters.demand(work, part.demand_id)
        if demand is not None and demand.state is not DemandState.CLOSED:
            if meters.admitted(work, demand.id):
                return False
            booking.close_demand(work, demand)
    store.change_engagement(work, replace(part, settled=True))
    return True
