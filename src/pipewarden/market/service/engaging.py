"""Working for a commission: a part of it begins with a metered demand of its own, and is charged by metering alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import EngagementState
from pipewarden.market.rules import addresses
from pipewarden.market.rules import commissions as rules
from pipewarden.market.service import demands, metering
from pipewarden.market.store import budgets, commissions
from pipewarden.market.store import metering as meter_store
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement
    from pipewarden.market.service.metering import Answered
    from pipewarden.people.facts import Actor

_WORKING = (EngagementState.BEGUN,)


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of a part so far.

    Attributes:
        calls: that its demand took.
        earned: the expert's share of those that were charged, units of 0.0001 yuan.
    """

    calls: int = 0
    earned: int = 0


def engaged(work: Work, commission_id: UUID) -> list[Engagement]:
    """Return who works for a commission of the tenant now, the first first."""
    found = commissions.engagements(work, commission_id, *_WORKING)
    return [one for one in found if one.tenant_id == work.tenant_id]


def charge(work: Work, engagement_id: UUID, request_ids: Sequence[str]) -> list[Answered]:
    """Charge calls that an expert delivered, in order and once per id: the only way in which their work is paid.

    What does not fit the part's budget or volume is answered with a refusal in its place; the rest is kept.

    Args:
        work: of the tenant whose commission it is.
        engagement_id: whose part.
        request_ids: of the items, 10,000 at most; the same id again is the same call.

    Raises:
        NotFoundError: there is no such part here.
        RefusedError: it never began, or its demand is closed.
        InputError: there are too many ids, or one is none.
    """
    found = people.visible(commissions.engagement(work, commissions.of_tenant(work), engagement_id), "engagement")
    if found.demand_id is None:
        raise RefusedError(field="engagement", problem=f"is {found.state}", fix="It earns once it has begun.")
    return metering.meter(work, found.demand_id, request_ids)


def begin(work: Work, actor: Actor, commission: Commission, part: Engagement) -> Engagement:
    """Let an expert's part begin: a capability of theirs, and a demand with its share of volume and budget.

    Args:
        work: of the tenant.
        actor: who agreed last.
        commission: held, and live.
        part: offered or applied for.

    Raises:
        RefusedError: it cannot begin, or nothing is left of the volume or the budget.
    """
    rules.check_part(part.state, EngagementState.BEGUN)
    if commission.budget_id is None:
        raise RefusedError(field="commission", problem="has no budget", fix="Publish it first.")
    budgets.held(work, commission.budget_id)  # one part after the other takes of it
    parts = commissions.engagements(work, commission.id)
    taken = rules.shared_out(parts, calls_of(work, parts))
    calls, units = rules.share_of(commission, part.price, part.volume, free(work, commission), taken)
    slug, version = f"work-{commission.id}", str(part.id)
    made = demands.make_capability(work, actor, slug=slug, version=version, expert_id=part.person_id, price=part.price)
    title = f"work {part.id}"
    demand = demands.make_demand(work, actor, made.id, title, wanted=calls, units=units, parent_id=commission.budget_id)
    begun = replace(
        part, state=EngagementState.BEGUN, volume=calls, demand_id=demand.id, begun_at=work.now(), ended_at=None, why=""
    )
    commissions.change_engagement(work, begun)
    return begun


def free(work: Work, commission: Commission) -> int:
    """Return the units of a commission's budget that no part has, of 0.0001 yuan; 0 where it has none."""
    if commission.budget_id is None:
        return 0
    address = addresses.budget(commission.budget_id, Asset.CNY)
    found = ledger.balances(work, [address]).get(address)
    return 0 if found is None else found.available


def worked(work: Work, parts: Sequence[Engagement]) -> dict[UUID, Worked]:
    """Return what came of each part so far, by its id; the caller has seen whose they are."""
    ids = {one.demand_id for one in parts if one.demand_id is not None}
    calls, units = meter_store.taken(work, ids), meter_store.earned(work, ids)
    none = Worked()
    return {
        one.id: none if one.demand_id is None else Worked(calls.get(one.demand_id, 0), units.get(one.demand_id, 0))
        for one in parts
    }


def calls_of(work: Work, parts: Sequence[Engagement]) -> dict[str, int]:
    """Return the calls that each part's demand took, by the engagement's id."""
    ids = [one.demand_id for one in parts if one.demand_id is not None]
    taken = meter_store.taken(work, ids)
    return {str(one.id): taken.get(one.demand_id, 0) for one in parts if one.demand_id is not None}
