"""Who works for a commission: asked, asking, agreeing, ending early, rated; each by the side whose word it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.market.facts.commissions import CommissionState, Engagement, EngagementState
from pipewarden.market.facts.talks import Side
from pipewarden.market.rules import commissions as rules
from pipewarden.market.service import commissions, engaging
from pipewarden.market.service.experts_joining import WORK, regrade, tell
from pipewarden.market.service.matching import match_of
from pipewarden.market.service.rights import name
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import talks
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission
    from pipewarden.market.facts.experts import Expert
    from pipewarden.market.service.engaging import Worked
    from pipewarden.people.facts import Actor

_C, _E = CommissionState, EngagementState


def offer(
    work: Work,
    actor: Actor,
    commission_id: UUID,
    person_id: UUID,
    *,
    price: int | None = None,
    volume: int | None = None,
) -> Engagement:
    """Ask an expert to work for a commission, for its price and volume unless said.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here, or no such expert.
        RefusedError: it is not published, or over, they must not work for it, or were asked already.
    """
    commission = commissions.held(work, actor, commission_id)
    expert = people.visible(expert_store.one(work, person_id), "expert")
    return _ask(work, name(actor), commission, expert, _E.OFFERED, price=price, volume=volume)


def apply(
    work: Work, actor: Actor, commission_id: UUID, *, price: int | None = None, volume: int | None = None
) -> Engagement:
    """Ask to work for a commission, of whatever tenant, for its price and volume unless said.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or nobody published such a commission.
        RefusedError: they must not work for it, or asked already.
    """
    expert = mine(work, actor)
    found = store.held(work, store.in_states(rules.LIVE), commission_id)
    commission = people.visible(found, "commission")
    return _ask(work.of(commission.tenant_id), name(actor), commission, expert, _E.APPLIED, price=price, volume=volume)


def agree(work: Work, actor: Actor, engagement_id: UUID) -> Engagement:
    """Let a part begin: the client agrees to who applied, the expert to what was offered.

    Raises:
        ForbiddenError, NotFoundError: the actor is neither, or there is none.
        RefusedError: it is the other side's word that is missing, or nothing is left of volume or budget.
    """
    commission, part, expert = _held(work, actor, engagement_id)
    if part.state is (_E.OFFERED if not expert else _E.APPLIED):
        whose = "The expert" if part.state is _E.OFFERED else "The client"
        raise RefusedError(field="engagement", problem=f"is {part.state}", fix=f"{whose} must agree.")
    if commission.state not in rules.LIVE:
        raise RefusedError(field="commission", problem=f"is {commission.state}", fix="Take another one.")
    there = work.of(commission.tenant_id)
    begun = engaging.begin(there, actor, commission, part)
    running = replace(commission, state=_C.RUNNING)
    store.change(there, running)
    body: dict[str, object] = {"volume": begun.volume, "price": begun.price}
    commissions.tell(there, running, name(actor), "begun", body, part=begun.id)
    return begun


def refuse(work: Work, actor: Actor, engagement_id: UUID, why: str) -> Engagement:
    """Say no to an offer or an application, on either side; or take one's own back.

    Raises:
        ForbiddenError, NotFoundError: the actor is neither, or there is none.
        RefusedError: the part has begun, or is over.
    """
    commission, part, _ = _held(work, actor, engagement_id)
    if part.state not in rules.OPEN:
        raise RefusedError(field="engagement", problem=f"is {part.state}", fix="Finish it instead.")
    there = work.of(commission.tenant_id)
    over = replace(part, state=_E.LEFT, ended_at=work.now(), why=why)
    store.change_engagement(there, over)
    commissions.tell(there, commission, name(actor), "refused", {"why": why}, part=part.id)
    return over


def finish(work: Work, actor: Actor, engagement_id: UUID, why: str = "") -> Engagement:
    """End a part that runs, early or not (提前交付): what was done is paid, the rest is free for others after the hold.

    Raises:
        ForbiddenError, NotFoundError: the actor is neither, or there is none.
        RefusedError: it does not run, or a delivery of it waits.
    """
    commission, part, _ = _held(work, actor, engagement_id)
    rules.check_part(part.state, _E.DONE)
    if store.waiting_deliveries(work, commission.id, part.id):
        raise RefusedError(field="deliveries", problem="wait for the client's word", fix="Wait for it.")
    return end(work.of(commission.tenant_id), name(actor), commission, part, why)


def end(work: Work, actor: str | None, commission: Commission, part: Engagement, why: str) -> Engagement:
    """End a part that runs; the caller holds its commission and saw that the actor may.

    Args:
        work: of the client's tenant.
        actor: who ended it; None for the house.
        commission: held.
        part: that runs.
        why: for both sides.
    """
    calls = engaging.calls_of(work, [part])[str(part.id)]
    over = replace(part, state=_E.DONE, ended_at=work.now(), why=why)
    store.change_engagement(work, over)
    early = calls < part.volume
    commissions.tell(work, commission, actor, "done", {"calls": calls, "early": early, "why": why}, part=part.id)
    return over


def rate(work: Work, actor: Actor, engagement_id: UUID, stars: int, said: str) -> Engagement:
    """Say how somebody's part was (共创评价), once; it counts for their rating and their grade.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        RefusedError: the part is not done, or is rated.
    """
    people.require(actor, commissions.MANAGE)
    found = people.visible(store.engagement(work, store.of_tenant(work), engagement_id), "engagement")
    commission = commissions.held(work, actor, found.commission_id)
    part = people.visible(store.engagement(work, store.of_tenant(work), engagement_id), "engagement")
    if part.state is not _E.DONE:
        raise RefusedError(field="engagement", problem=f"is {part.state}", fix="Rate it when it is done.")
    if part.stars:
        raise RefusedError(field="stars", problem="are given", fix="They stay as they are.")
    rated = replace(part, stars=stars, said=said)
    store.change_engagement(work, rated)
    expert = people.visible(expert_store.held(work, part.person_id), "expert")
    after = replace(expert, stars=expert.stars + stars, ratings=expert.ratings + 1)
    expert_store.change(work, after)
    tell(work, after, name(actor), "rated", {"stars": stars, "engagement": str(part.id)})
    commissions.tell(work, commission, name(actor), "part_rated", {"stars": stars}, part=part.id)
    regrade(work, part.person_id)
    return rated


@dataclass(frozen=True, slots=True)
class Own:
    """A part of one's own: of what, whose, what came of it, and how many words of the client one has not seen."""

    part: Engagement
    commission: Commission
    client: str
    worked: Worked
    unread: int


def own(work: Work, actor: Actor, *, states: Collection[EngagementState], limit: int, before: UUID | None) -> list[Own]:
    """Return the actor's parts of commissions of every tenant, the newest first.

    Raises:
        ForbiddenError: the actor is no expert.
    """
    people.require(actor, WORK)
    found = store.engagement_page(work, store.of_person(actor.id), states=states, limit=limit, before=before)
    ids = {one.commission_id for one in found}
    wholes, unread = store.by_ids(work, ids), talks.unread(work, ids, Side.EXPERT)
    names = people.tenant_names(work, {one.tenant_id for one in found})
    done = engaging.worked(work, found)
    return [
        Own(
            one,
            wholes[one.commission_id],
            names.get(one.tenant_id, ""),
            done[one.id],
            unread.get((one.commission_id, actor.id), 0),
        )
        for one in found
    ]


def mine(work: Work, actor: Actor) -> Expert:
    """Return the actor as an expert.

    Raises:
        ForbiddenError: the actor holds no role of an expert.
        NotFoundError: they did not register.
    """
    people.require(actor, WORK)
    return people.visible(expert_store.one(work, actor.id), "expert")


def reach(work: Work, actor: Actor, engagement_id: UUID) -> tuple[Engagement, bool]:
    """Return a part that is the actor's own or their tenant's, and whether they are its expert.

    Raises:
        ForbiddenError: the actor neither works for commissions nor manages any.
        NotFoundError: there is none in reach.
    """
    works, manages = actor.grants_for(WORK), actor.grants_for(commissions.MANAGE)
    if not works and not manages:
        people.require(actor, WORK)
    scope = store.of_person(actor.id) if works else store.nobodys()
    own_part = store.engagement(work, scope, engagement_id)
    if own_part is not None:
        return own_part, True
    found = store.engagement(work, store.of_tenant(work), engagement_id) if manages else None
    part = people.visible(found, "engagement")
    people.require_row(actor, commissions.MANAGE, ScopedRow(tenant_id=part.tenant_id), "engagement")
    return part, False


def _held(work: Work, actor: Actor, engagement_id: UUID) -> tuple[Commission, Engagement, bool]:
    """Return a part with its commission locked, and whether the actor is its expert."""
    part, expert = reach(work, actor, engagement_id)
    found = store.held(work, store.anywhere(), part.commission_id)
    commission = people.visible(found, "commission")
    return commission, people.visible(store.engagement(work, store.anybodys(), engagement_id), "engagement"), expert


def _ask(
    work: Work,
    actor: str,
    commission: Commission,
    expert: Expert,
    state: EngagementState,
    *,
    price: int | None,
    volume: int | None,
) -> Engagement:
    if commission.state not in rules.LIVE:
        raise RefusedError(field="commission", problem=f"is {commission.state}", fix="Publish it first.")
    match = match_of(work, commission, expert)
    if match.against:
        problem = "must not work for it: " + "; ".join(one.en for one in match.against)
        raise RefusedError(field="expert", problem=problem, fix="Take another one.")
    before = store.engagement_of(work, commission.id, expert.person_id)
    if before is not None and (before.state is not _E.LEFT or before.demand_id is not None):
        raise RefusedError(field="expert", problem=f"has a part that is {before.state}", fix="Read it.")
    part = Engagement(
        id=work.ids.new() if before is None else before.id,
        tenant_id=commission.tenant_id,
        commission_id=commission.id,
        person_id=expert.person_id,
        state=state,
        price=price or commission.price,
        volume=min(volume or commission.volume, commission.volume),
        score=match.score,
        reasons=match.reasons,
        made_at=work.now(),
    )
    if before is None:
        store.add_engagement(work, part)
    else:
        store.change_engagement(work, part)
    moved = replace(commission, state=_C.MATCHING) if commission.state is _C.PUBLISHED else commission
    if moved is not commission:
        store.change(work, moved)
    body: dict[str, object] = {"price": part.price, "volume": part.volume, "score": part.score}
    commissions.tell(work, moved, actor, state.value, body, part=part.id)
    return part
