"""Settling commissions: once the hold is over, what was delivered is booked and what is left goes back to the purse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.market.facts.commissions import CommissionState, EngagementState
from pipewarden.market.facts.metering import DemandState
from pipewarden.market.rules import commissions as rules
from pipewarden.market.service import booking
from pipewarden.market.service.commissions import give_back, tell
from pipewarden.market.service.experts_joining import regrade
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.store import budgets as budget_store
from pipewarden.market.store import commissions as store
from pipewarden.market.store import metering as meters
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Engagement

_MOST = 50


def tenants_due(work: Work) -> list[UUID]:
    """Return the tenants with something to settle."""
    return store.tenants_due(work)


def settle_due(work: Work) -> int:
    """Settle the tenant's parts and commissions whose hold is over; return how many were."""
    hold = edition_at(work, work.now()).hold
    parts = store.parts_due(work, work.now() - hold, limit=_MOST)
    done = sum(_settle_part_of(work, one) for one in parts)
    return done + sum(settle(work, one) for one in store.due(work, limit=_MOST))


def settle(work: Work, commission_id: UUID) -> bool:
    """Settle one commission of the tenant whose time has come; return whether that is done now.

    A call that is admitted and not answered keeps it open: the next round comes back.
    """
    commission = store.held(work, store.mine(work), commission_id)
    if commission is None or commission.settle_at is None or commission.ended_at is not None:
        return False
    parts = store.engagements(work, commission.id)
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


def _settle_part_of(work: Work, part: Engagement) -> bool:
    """Settle a part that was done early, so that what is left of its money is free for others."""
    commission = store.held(work, store.mine(work), part.commission_id)
    done = commission is not None and commission.state in rules.LIVE and _settle_part(work, part)
    if done:
        regrade(work, part.person_id)
    return done


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
