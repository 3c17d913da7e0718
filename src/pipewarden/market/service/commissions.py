"""A client's commissions: drafted, published with their money set aside, cancelled, accepted, rated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import (
    COMMISSION_CHANGED,
    Acceptance,
    Commission,
    CommissionEvent,
    CommissionState,
    EngagementState,
    Tool,
)
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.rules import commissions as rules
from pipewarden.market.service import budgets, engaging
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.service.rights import name, require_here
from pipewarden.market.store import budgets as budget_store
from pipewarden.market.store import commissions as store
from pipewarden.market.store.commission_tables import COMMISSIONS
from pipewarden.people import service as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Engagement
    from pipewarden.people.facts import Actor

READ, MANAGE, PUBLISH = "commission:read", "commission:manage", "commission:publish"
_MOST_TAGS = 30
_MOST_OVERLAP = 9


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client says of a commission; as ``Commission`` has it."""

    title: str
    words: str
    tags: frozenset[str]
    tool: Tool
    online: bool
    price: int
    volume: int
    budget: int
    overlap: int
    due: datetime
    acceptance: Acceptance


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a commission has come.

    Attributes:
        calls: that were charged or are taken; ``units`` what they cost, of 0.0001 yuan.
        left: units that nobody has yet.
        parts: engagements, each with the calls that it took.
    """

    calls: int
    units: int
    left: int
    parts: tuple[tuple[Engagement, int], ...]


def draft(work: Work, actor: Actor, said: Wish) -> Commission:
    """Write a draft; nobody but the client sees it, and no money moves.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: a part of it is none.
    """
    require_here(work, actor, MANAGE, "commission")
    _check(work, said)
    fields = {field: getattr(said, field) for field in Wish.__slots__}
    made = Commission(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        state=CommissionState.DRAFT,
        made_by=actor.id,
        made_at=work.now(),
        **fields,
    )
    store.add(work, made)
    tell(work, made, name(actor), "drafted", {})
    return made


def edit(work: Work, actor: Actor, commission_id: UUID, said: Wish) -> Commission:
    """Change a draft; what is published stays as experts read it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        RefusedError: it is published.
        InputError: a part of it is none.
    """
    before = held(work, actor, commission_id)
    if before.state is not CommissionState.DRAFT:
        raise RefusedError(field="commission", problem=f"is {before.state}", fix="Cancel it and write another one.")
    _check(work, said)
    after = replace(before, **{field: getattr(said, field) for field in Wish.__slots__})
    store.change(work, after)
    tell(work, after, name(actor), "edited", {})
    return after


def publish(work: Work, actor: Actor, commission_id: UUID) -> Commission:
    """Set a commission's money aside and let experts see it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not (money is another's right), or there is none here.
        RefusedError: it is published already, or its time is over.
        LedgerError: the purse has less than its budget.
    """
    require_here(work, actor, PUBLISH, "commission")
    before = people.visible(store.held(work, store.mine(work), commission_id), "commission")
    rules.check_step(before.state, CommissionState.PUBLISHED)
    if before.due <= work.now():
        raise RefusedError(field="due", problem="has passed", fix="Give the draft another day first.")
    title = f"commission {before.id}"
    purpose = BudgetFor.COMMISSION
    budget = budgets.make(work, actor, title, purpose=purpose, asset=Asset.CNY, cap=before.budget)
    budgets.fill(work, actor, budget, before.budget, "published")
    after = replace(before, state=CommissionState.PUBLISHED, published_at=work.now(), budget_id=budget.id)
    store.change(work, after)
    tell(work, after, name(actor), "published", {"budget": before.budget})
    people.record(work, actor, "commission.published", ("commission", before.id), {"units": before.budget})
    return after


def cancel(work: Work, actor: Actor, commission_id: UUID, reason: str) -> Commission:
    """End a commission: what nobody has taken goes back at once, what was delivered is paid, the rest after the hold.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        RefusedError: it is accepted, or over, or a delivery waits.
    """
    before = held(work, actor, commission_id)
    rules.check_step(before.state, CommissionState.CANCELLED)
    _check_judged(work, before)
    after = _wind_up(work, actor, replace(before, state=CommissionState.CANCELLED), reason)
    tell(work, after, name(actor), "cancelled", {"reason": reason})
    people.record(work, actor, "commission.cancelled", ("commission", before.id), {"reason": reason})
    return after


def accept(work: Work, actor: Actor, commission_id: UUID, words: str = "") -> Commission:
    """Take the work: every part ends, what waits is charged within the hold, then the rest goes back.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        RefusedError: nobody works, a delivery waits, or less was delivered than its rule asks.
    """
    before = held(work, actor, commission_id)
    rules.check_step(before.state, CommissionState.ACCEPTED)
    now = progress(work, before)
    share = now.calls / before.volume
    if share < before.acceptance.share:
        problem = f"has {share:.1%} of its volume, {before.acceptance.share:.0%} is the rule"
        raise RefusedError(field="commission", problem=problem, fix="Wait for more, or cancel it: work done is paid.")
    _check_judged(work, before)
    after = _wind_up(work, actor, replace(before, state=CommissionState.ACCEPTED), "accepted")
    tell(work, after, name(actor), "accepted", {"words": words, "calls": now.calls})
    people.record(work, actor, "commission.accepted", ("commission", before.id), {"calls": now.calls})
    return after


def rate(work: Work, actor: Actor, commission_id: UUID, stars: int, said: str) -> Commission:
    """Say how the whole was (客户评价), once, when it is accepted or over.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        RefusedError: it is not there yet, nobody worked, or it is rated.
    """
    before = held(work, actor, commission_id)
    if before.state not in {CommissionState.ACCEPTED, *rules.ENDED} or before.budget_id is None:
        raise RefusedError(field="commission", problem=f"is {before.state}", fix="Rate it when the work is done.")
    if before.stars:
        raise RefusedError(field="stars", problem="are given", fix="They stay as they are.")
    after = replace(before, stars=stars, said=said)
    store.change(work, after)
    tell(work, after, name(actor), "rated", {"stars": stars})
    return after


def listed(
    work: Work, actor: Actor, *, state: CommissionState | None, limit: int, before: UUID | None
) -> list[Commission]:
    """Return the client's commissions, the newest first.

    Raises:
        ForbiddenError: the actor reads none.
    """
    scope = people.scope_filter(actor, READ, COMMISSIONS)
    states = () if state is None else (state,)
    return store.page(work, scope, store.mine(work), states=states, limit=limit, before=before)


def one(work: Work, actor: Actor, commission_id: UUID) -> Commission:
    """Return a commission of the client.

    Raises:
        ForbiddenError, NotFoundError: the actor reads none, or not this one.
    """
    scope = people.scope_filter(actor, READ, COMMISSIONS)
    return people.visible(store.one(work, scope, commission_id), "commission")


def managed(work: Work, actor: Actor, commission_id: UUID) -> Commission:
    """Return a commission of the tenant to who acts for the client: with what an auditor must not see, as gold.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
    """
    require_here(work, actor, MANAGE, "commission")
    return people.visible(store.one(work, store.mine(work), commission_id), "commission")


def held(work: Work, actor: Actor, commission_id: UUID) -> Commission:
    """Return a commission of the tenant, locked, for an act of the client.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
    """
    require_here(work, actor, MANAGE, "commission")
    return people.visible(store.held(work, store.mine(work), commission_id), "commission")


def history(work: Work, commission: Commission) -> list[CommissionEvent]:
    """Return what happened to a commission, oldest first; the caller has seen that it is in reach."""
    return store.events(work, commission.id)


def progress(work: Work, commission: Commission) -> Progress:
    """Return how far a commission has come; the caller has seen that it is in reach."""
    parts = store.engagements(work, commission.id)
    calls = engaging.calls_of(work, parts)
    each = tuple((part, calls.get(str(part.id), 0)) for part in parts)
    units = sum(part.price * count for part, count in each)
    return Progress(sum(count for _, count in each), units, engaging.free(work, commission), each)


def tell(
    work: Work,
    commission: Commission,
    actor: str | None,
    kind: str,
    body: dict[str, object],
    *,
    part: UUID | None = None,
) -> CommissionEvent:
    """Write what happened to a commission, and say so."""
    made = CommissionEvent(work.ids.new(), commission.tenant_id, commission.id, part, work.now(), actor, kind, body)
    store.tell(work, made)
    work.emit(COMMISSION_CHANGED, made.id, partition=str(commission.tenant_id))
    return made


def _wind_up(work: Work, actor: Actor, ended: Commission, why: str) -> Commission:
    """End every part, give back what nobody has, and say when the rest is settled."""
    now, running = work.now(), False
    for part in store.engagements(work, ended.id):
        if part.state in rules.OPEN:
            store.change_engagement(work, replace(part, state=EngagementState.LEFT, ended_at=now, why=why))
        elif part.state is EngagementState.BEGUN:
            store.change_engagement(work, replace(part, state=EngagementState.DONE, ended_at=now, why=why))
        running = running or (part.demand_id is not None and not part.settled)
    give_back(work, actor, ended, "ended")
    hold = edition_at(work, now).hold
    settle_at = None if ended.budget_id is None else now + hold if running else now
    after = replace(ended, settle_at=settle_at, ended_at=now if settle_at is None else None)
    store.change(work, after)
    return after


def give_back(work: Work, actor: Actor, commission: Commission, key: str) -> int:
    """Move what no part has from a commission's budget into the purse; return the units."""
    if commission.budget_id is None:
        return 0
    budget = budget_store.held(work, commission.budget_id)
    left = engaging.free(work, commission)
    if budget is not None and left:
        budgets.give_back(work, actor, budget, left, key)
    return left


def _check_judged(work: Work, commission: Commission) -> None:
    if store.waiting_deliveries(work, commission.id):
        raise RefusedError(field="deliveries", problem="wait for your word", fix="Judge their samples first.")


def _check(work: Work, said: Wish) -> None:
    rules.check_acceptance(said.acceptance)
    if said.due <= work.now():
        raise InputError(field="due", problem="has passed", fix="Give a moment that lies ahead.")
    if not said.tags or len(said.tags) > _MOST_TAGS:
        raise InputError(field="tags", problem="are none or too many", fix=f"Give 1 to {_MOST_TAGS} tags.")
    if not 1 <= said.overlap <= _MOST_OVERLAP:
        raise InputError(field="overlap", problem="is out of range", fix=f"Give 1 to {_MOST_OVERLAP}.")
    if min(said.price, said.volume, said.budget) <= 0:
        raise InputError(field="price", problem="or volume or budget is nothing", fix="Give more than 0 of each.")
    if said.budget < said.price:
        raise InputError(field="budget", problem="pays no single call", fix="Give the price of one call at least.")
    if said.online == (said.tool is Tool.OFFLINE):
        raise InputError(field="tool", problem="does not fit", fix="Work offline has the tool offline, and only that.")
