"""A tenant's money: deposits by bank receipt, budgets out of the purse and back into it; every move is in the book."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Kind, Order, Posting
from pipewarden.market.facts.finance import Budget, BudgetFor, BudgetNow, Deposit
from pipewarden.market.rules import addresses
from pipewarden.market.rules.amounts import shown
from pipewarden.market.service.rights import MANAGE, READ_FINANCE, name, require_here
from pipewarden.market.store import budgets as store
from pipewarden.people import service as people

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Asset
    from pipewarden.people.facts import Actor


def deposit(
    work: Work, actor: Actor, asset: Asset, units: int, *, number: str, value_date: date
) -> tuple[Deposit, bool]:
    """Book money that arrived in the bank, or points that the tenant issues; the same receipt again is the first one.

    Args:
        work: of the tenant.
        actor: who read the receipt.
        asset: of it.
        units: of the asset.
        number: the bank's own number of the receipt; of points the number of the decision that issues them.
        value_date: as the receipt says.

    Returns:
        The deposit, and whether it was new.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the number was booked with another amount or date, or the date lies ahead.
    """
    require_here(work, actor, MANAGE)
    if value_date > work.now().date():
        raise InputError(field="value_date", problem="lies ahead", fix="Book a receipt when the money is there.")
    before = store.deposit(work, asset, number)
    if before is not None:
        if (before.units, before.value_date) != (units, value_date):
            fix = f"It was booked as {shown(before.units, asset)} on {before.value_date}: read the receipt again."
            raise InputError(field="number", problem="was booked with another amount or date", fix=fix)
        return before, False
    world, purse = addresses.world(asset), addresses.purse(work.tenant_id, asset)
    made_id = work.ids.new()
    ledger.open_accounts(work, (world, asset), (purse, asset))
    order = Order(
        key=f"deposit:{work.tenant_id}/{asset.value}/{made_id}",
        kind=Kind.POSTED,
        what="deposit",
        postings=(Posting(world, purse, asset, units),),
        details={"number": number, "date": value_date.isoformat()},
    )
    booked = ledger.post(work, order)  # under the book's lock: whoever else books this receipt waits, and is told below
    made = Deposit(made_id, work.tenant_id, asset, units, number, value_date, name(actor), work.now(), booked.id)
    if not store.add_deposit(work, made):
        raise RefusedError(field="number", problem="is being booked by somebody else", fix="Ask again.")
    told = {"number": number, "asset": asset.value, "units": units}
    people.record(work, actor, "finance.deposited", ("deposit", made.id), told)
    return made, True


def deposits(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Deposit]:
    """Return what was deposited, the newest first.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no finances, or not here.
    """
    require_here(work, actor, READ_FINANCE)
    return store.deposits(work, limit=limit, before=before)


def add_budget(work: Work, actor: Actor, title: str, *, purpose: BudgetFor, asset: Asset, cap: int) -> Budget:
    """Make a budget, empty; more than its cap never lies in it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the name is taken.
    """
    require_here(work, actor, MANAGE)
    return make(work, actor, title, purpose=purpose, asset=asset, cap=cap)


def make(
    work: Work, actor: Actor, title: str, *, purpose: BudgetFor, asset: Asset, cap: int, parent_id: UUID | None = None
) -> Budget:
    """Make a budget, empty; the caller has seen that the actor may.

    Raises:
        InputError: the name is taken.
    """
    who, now = name(actor), work.now()
    made = Budget(work.ids.new(), work.tenant_id, title, purpose, asset, cap, 0, 0, who, now, parent_id=parent_id)
    if not store.add(work, made):
        raise InputError(field="name", problem=f"{title!r} is taken", fix="Give it another name.")
    ledger.open_accounts(work, (addresses.budget(made.id, asset), asset))
    told = {"name": title, "purpose": purpose.value, "asset": asset.value, "cap": cap}
    people.record(work, actor, "budget.made", ("budget", made.id), told)
    return made


def fill(work: Work, actor: Actor, budget: Budget, units: int, key: str) -> None:
    """Move money from where a budget is fed, its parent or the purse, into it; the caller has seen that the actor may.

    What a parent hands down stays in its ``funded``: more than its cap never leaves the purse for it.

    Raises:
        LedgerError: there is less.
    """
    store.move(work, budget.id, funded=units)
    _move(work, actor, budget, units, verb="fund", key=key)


def give_back(work: Work, actor: Actor, budget: Budget, units: int, key: str) -> None:
    """Move money of a budget back to where it is fed from; the caller has seen that the actor may, and how much."""
    store.move(work, budget.id, funded=-units)
    _move(work, actor, budget, units, verb="release", key=key)


def fund(work: Work, actor: Actor, budget_id: UUID, units: int, key: str) -> BudgetNow:
    """Move money from the purse into a budget; what waits for money is held by the next round of the jobs.

    Args:
        work: of the tenant.
        actor: who decides.
        budget_id: which.
        units: of its asset.
        key: names this act for ever: a retry moves nothing again.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        RefusedError: the budget is closed, its cap would be passed, or the purse has less.
    """
    budget = _open(work, actor, budget_id)
    if ledger.by_key(work, _key(budget, "fund", key)) is None:
        room = budget.cap - budget.funded
        if units > room:
            problem = f"takes {shown(room, budget.asset)} more at most"
            raise RefusedError(field="budget", problem=problem, fix="Bring in less, or make another budget.")
        store.move(work, budget.id, funded=units)
    _move(work, actor, budget, units, verb="fund", key=key)
    return now_of(work, replace(budget, funded=_funded(work, budget.id)))


def release(work: Work, actor: Actor, budget_id: UUID, units: int | None, key: str) -> BudgetNow:
    """Move free money of a budget back into the purse; what is on hold or taken by calls stays.

    Args:
        work: of the tenant.
        actor: who decides.
        budget_id: which.
        units: of its asset; None: everything that is free.
        key: names this act for ever.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        RefusedError: so much is not free.
    """
    budget = _open(work, actor, budget_id)
    before = ledger.by_key(work, _key(budget, "release", key))
    if before is not None:
        _move(work, actor, budget, units or before.postings[0].amount, verb="release", key=key)
        return now_of(work, budget)
    free = now_of(work, budget).left
    wanted = free if units is None else units
    if not 0 < wanted <= free:
        problem = f"has {shown(free, budget.asset)} free"
        raise RefusedError(field="budget", problem=problem, fix="Give back so much at most.")
    store.move(work, budget.id, funded=-wanted)
    _move(work, actor, budget, wanted, verb="release", key=key)
    return now_of(work, replace(budget, funded=_funded(work, budget.id)))


def all_now(work: Work, actor: Actor) -> list[BudgetNow]:
    """Return the tenant's budgets as they stand, the oldest first.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no finances, or not here.
    """
    require_here(work, actor, READ_FINANCE)
    return [now_of(work, one) for one in store.of_tenant(work)]


def asset_of(work: Work, actor: Actor, budget_id: UUID) -> Asset:
    """Return what a budget holds, so that an amount can be read.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
    """
    return _open(work, actor, budget_id).asset


def now_of(work: Work, budget: Budget) -> BudgetNow:
    """Return a budget with what the book says of it."""
    address = addresses.budget(budget.id, budget.asset)
    found = ledger.balances(work, [address]).get(address)
    if found is None:
        return BudgetNow(budget, 0, 0)
    return BudgetNow(budget, found.available - budget.committed, found.held)


def fed_from(budget: Budget) -> str:
    """Return the account that a budget is filled from, and that takes back what is left."""
    if budget.parent_id is not None:
        return addresses.budget(budget.parent_id, budget.asset)
    return addresses.purse(budget.tenant_id, budget.asset)


def _open(work: Work, actor: Actor, budget_id: UUID) -> Budget:
    require_here(work, actor, MANAGE, "budget")
    budget = people.visible(store.held(work, budget_id), "budget")
    if budget.closed_at is not None:
        raise RefusedError(field="budget", problem="is closed", fix="Make another budget.")
    if not budget.by_hand:
        raise RefusedError(field="budget", problem="is a commission's", fix="Accept or cancel the commission.")
    return budget


def _funded(work: Work, budget_id: UUID) -> int:
    found = store.held(work, budget_id)
    return 0 if found is None else found.funded


def _key(budget: Budget, verb: str, key: str) -> str:
    return f"budget:{budget.id}/{verb}/{key}"


def _move(work: Work, actor: Actor, budget: Budget, units: int, *, verb: str, key: str) -> None:
    inside, outside = addresses.budget(budget.id, budget.asset), fed_from(budget)
    ledger.open_accounts(work, (outside, budget.asset))
    ends = (outside, inside) if verb == "fund" else (inside, outside)
    order = Order(
        key=_key(budget, verb, key),
        kind=Kind.POSTED,
        what=f"budget.{verb}",
        postings=(Posting(*ends, budget.asset, units),),
        details={"budget": str(budget.id), "name": budget.name[:100]},
    )
    ledger.post(work, order)
    people.record(work, actor, f"budget.{verb}", ("budget", budget.id), {"units": units, "key": key})
