"""The little that metering needs of capabilities and demands; what surrounds them comes with the experts' issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.facts.metering import Capability, Demand, MeterState, Price
from pipewarden.market.service import budgets
from pipewarden.market.service.rights import MANAGE, READ_FINANCE, require_here
from pipewarden.market.store import metering as store
from pipewarden.people import service as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


def add_capability(work: Work, actor: Actor, *, slug: str, version: str, expert_id: UUID, price: int) -> Capability:
    """Name a capability with whose it is and what a call costs from now on.

    Args:
        work: of the tenant.
        actor: who decides.
        slug: of the capability.
        version: of it; another version is another capability, with meters of its own.
        expert_id: who earns.
        price: units of 0.0001 yuan.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: there is one of that slug and version, or no such person.
    """
    require_here(work, actor, MANAGE)
    return make_capability(work, actor, slug=slug, version=version, expert_id=expert_id, price=price)


def make_capability(work: Work, actor: Actor, *, slug: str, version: str, expert_id: UUID, price: int) -> Capability:
    """Name a capability; the caller has seen that the actor may.

    Raises:
        InputError: there is one of that slug and version, or no such person.
    """
    if expert_id not in people.person_names(work, [expert_id]):
        raise InputError(field="expert", problem="is nobody", fix="Name a person.")
    made = Capability(work.ids.new(), work.tenant_id, slug, version, expert_id, work.now())
    if not store.add_capability(work, made):
        raise InputError(field="slug", problem=f"{slug} {version} is there", fix="Give it another version.")
    store.add_price(work, Price(made.id, work.now(), price))
    told = {"slug": slug, "version": version, "price": price}
    people.record(work, actor, "capability.made", ("capability", made.id), told)
    return made


def set_price(work: Work, actor: Actor, capability_id: UUID, since: datetime, units: int) -> Price:
    """Set what a call costs from a moment on; calls of before keep their price.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        InputError: it begins in the past, or another price begins then.
    """
    require_here(work, actor, MANAGE, "capability")
    people.visible(store.capability(work, capability_id), "capability")
    if since < work.now():
        raise InputError(field="since", problem="lies in the past", fix="Calls of before keep their price.")
    made = Price(capability_id, since, units)
    if not store.add_price(work, made):
        raise InputError(field="since", problem="is the beginning of another price", fix="Take another moment.")
    told = {"since": since.isoformat(), "units": units}
    people.record(work, actor, "capability.priced", ("capability", capability_id), told)
    return made


def open_demand(work: Work, actor: Actor, capability_id: UUID, title: str, *, wanted: int, units: int) -> Demand:
    """Want so many calls of a capability, paid out of a budget of its own that the purse fills at once.

    Args:
        work: of the tenant.
        actor: who decides.
        capability_id: which.
        title: of the demand, and of its budget.
        wanted: calls.
        units: of 0.0001 yuan: the budget, and its cap.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        InputError: a budget has that name.
        LedgerError: the purse has less.
    """
    require_here(work, actor, MANAGE, "capability")
    people.visible(store.capability(work, capability_id), "capability")
    return make_demand(work, actor, capability_id, title, wanted=wanted, units=units)


def make_demand(
    work: Work,
    actor: Actor,
    capability_id: UUID,
    title: str,
    *,
    wanted: int,
    units: int,
    parent_id: UUID | None = None,
) -> Demand:
    """Open a demand with a budget of its own, filled from its parent or the purse; the caller saw that the actor may.

    Raises:
        InputError: a budget has that name.
        LedgerError: the purse or the parent has less.
    """
    purpose = BudgetFor.DEMAND
    budget = budgets.make(work, actor, title, purpose=purpose, asset=Asset.CNY, cap=units, parent_id=parent_id)
    budgets.fill(work, actor, budget, units, "opened")
    made = Demand(work.ids.new(), work.tenant_id, title, capability_id, budget.id, wanted, 0, work.now())
    store.add_demand(work, made)
    people.record(work, actor, "demand.opened", ("demand", made.id), {"title": title, "wanted": wanted, "units": units})
    return made


def metered(work: Work, actor: Actor) -> list[tuple[Demand, dict[MeterState, tuple[int, int]]]]:
    """Return the tenant's demands, the newest first, with calls and units by state.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no finances, or not here.
    """
    require_here(work, actor, READ_FINANCE)
    sums = store.sums(work)
    return [(one, sums.get(one.id, {})) for one in store.demands(work)]
