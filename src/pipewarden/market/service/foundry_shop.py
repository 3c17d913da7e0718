"""The shop: what is for sale with its figures, what waits for whose review, how a version stands, what was bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.market.facts.foundry import Aisle, Bought, CallState, Kind, Life, ShopItem, Standing
from pipewarden.market.rules import foundry as rules
from pipewarden.market.rules.foundry_cards import form_of
from pipewarden.market.service import budgets, foundry, foundry_reviewing
from pipewarden.market.service.foundry import INVOKE, MANAGE, READ, REVIEW
from pipewarden.market.service.rights import READ_FINANCE, require_here
from pipewarden.market.store import budgets as budget_store
from pipewarden.market.store import foundry as store
from pipewarden.market.store import foundry_calls as calls
from pipewarden.market.store import metering as meters
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Form, Line, Version, VersionEvent
    from pipewarden.people.facts import Actor

_MOST_DEMANDS = 50


def shop(
    work: Work,
    actor: Actor,
    *,
    limit: int,
    after: str | None = None,
    aisle: Aisle = Aisle.ALL,
    kind: Kind | None = None,
) -> list[ShopItem]:
    """Return capabilities by slug: the tenant's own, and the platform's that are for sale.

    Args:
        work: of the tenant.
        actor: who looks.
        limit: so many at most.
        after: the slug that the page before ended with.
        aisle: all, those that answer calls, the actor's own, or those that wait for the actor's review.
        kind: one alone; None for every one.

    Raises:
        ForbiddenError, NotFoundError: the actor reads none, or not here.
    """
    people.require_row(actor, READ, ScopedRow(tenant_id=work.tenant_id), foundry.KIND)
    found: list[ShopItem] = []
    while len(found) < limit:
        listed = store.lines(work, limit=limit + 1, after=after)
        wanted = [one for one in listed if kind in {None, one.kind}]
        found += [one for one in _items(work, actor, wanted) if _lies_in(one, actor, aisle)]
        if len(listed) <= limit:
            break
        after = listed[-1].slug
    return found[:limit]


def _lies_in(one: ShopItem, actor: Actor, aisle: Aisle) -> bool:
    return {
        Aisle.ALL: True,
        Aisle.SELLING: one.sells is not None,
        Aisle.MINE: one.line.author_id == actor.id,
        Aisle.REVIEW: one.waits is not None,
    }[aisle]


def _items(work: Work, actor: Actor, listed: Sequence[Line]) -> list[ShopItem]:
    ids = {one.id for one in listed}
    versions, answered = store.versions_of(work, ids), calls.answered(work, ids)
    waiting = _waiting(work, actor, listed, versions)
    made = []
    for line in listed:
        own = line.tenant_id == work.tenant_id
        there = [one for one in versions[line.id] if own or one.state in {Life.LIVE, Life.CANARY}]
        live = next((one for one in there if one.state is Life.LIVE), None)
        canary = next((one for one in there if one.state is Life.CANARY), None)
        if own or live is not None:
            count, waits = answered.get(line.id, 0), waiting.get(line.id)
            made.append(ShopItem(line, live, there[-1], count, live or canary, waits))
    return made


def _waiting(
    work: Work, actor: Actor, listed: Sequence[Line], versions: dict[UUID, list[Version]]
) -> dict[UUID, Version]:
    """Return by line the version whose author asked for a review that the actor may give."""
    if actor.kind is not ActorKind.PERSON or not actor.grants_for(REVIEW):
        return {}
    newest = {line.id: versions[line.id][-1] for line in listed if line.tenant_id == work.tenant_id}
    open_ = {one.id: line_id for line_id, one in newest.items() if one.state is Life.EVALUATED}
    events = store.events_of(work, open_)
    found: dict[UUID, Version] = {}
    for line in listed:
        version = newest.get(line.id)
        if version is None or version.id not in open_ or not rules.asked_for(events[version.id]):
            continue
        if foundry_reviewing.against(work, actor.id, line, rules.accepted_by(events[version.id])) is None:
            found[line.id] = version
    return found


def calls_of(work: Work, line: Line) -> int:
    """Return how many paid calls of a line were answered, of every tenant."""
    return calls.answered(work, {line.id}).get(line.id, 0)


def form(work: Work, line: Line, version: Version) -> Form:
    """Return what whoever calls must know of a version that they were shown, also where its content is not theirs."""
    whole = store.version(work, version.id)
    return form_of(line.kind, {} if whole is None else whole.content)


def standing(work: Work, actor: Actor, line: Line, version: Version, events: Sequence[VersionEvent]) -> Standing:
    """Return how a version that was looked up stands for whoever reads it."""
    accepted, policy = rules.accepted_by(events), foundry.policy()
    here = ScopedRow(tenant_id=line.tenant_id, owner_id=line.author_id)
    reviews = actor.kind is ActorKind.PERSON and people.allows(actor, REVIEW, here)
    counted = calls.counts(work, version.id)
    return Standing(
        accepted=len(accepted),
        accepts=policy.review.accepts,
        asked=rules.asked_for(events),
        against=foundry_reviewing.against(work, actor.id, line, accepted) if reviews else None,
        answered=counted.get(CallState.ANSWERED, 0),
        failed=counted.get(CallState.FAILED, 0),
        least=policy.canary.least_calls,
        most_percent=policy.canary.most_percent,
        signs=foundry_reviewing.signs(work, line, accepted) if people.allows(actor, MANAGE, here) else (),
    )


def bought(work: Work, actor: Actor, slug: str) -> list[Bought]:
    """Return the tenant's newest demands for a capability with what is left of their money, the newest first.

    Raises:
        ForbiddenError, NotFoundError: the actor neither calls nor reads finances, or there is none here.
    """
    require_here(work, actor, INVOKE if actor.grants_for(INVOKE) else READ_FINANCE, foundry.KIND)
    line, _ = foundry.look_up(work, actor, slug)
    capability_id = store.sold(work, line.id)
    mine = [one for one in meters.demands(work) if one.capability_id == capability_id][:_MOST_DEMANDS]
    there = budget_store.by_ids(work, {one.budget_id for one in mine})
    return [Bought(one, budgets.now_of(work, there[one.budget_id]).left) for one in mine]
