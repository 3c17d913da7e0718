"""Who suits a commission, for the client; which commissions suit an expert, for the demand hall (需求大厅)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.market.facts.talks import Side
from pipewarden.market.rules import commissions as life
from pipewarden.market.rules import matching as rules
from pipewarden.market.service import engaging
from pipewarden.market.service.engaging import Worked
from pipewarden.market.service.experts_joining import WORK, policy
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import talks
from pipewarden.market.store.commission_tables import COMMISSIONS
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement, Match
    from pipewarden.market.facts.experts import Expert
    from pipewarden.people.facts import Actor

CLIENT = "commission:manage"
_CLIENTS = (Role.TENANT_ADMIN, Role.SAFETY_MANAGER)
_MOST = 1000  # experts that one list is drawn from; the best graded ones


@dataclass(frozen=True, slots=True)
class Card:
    """A match as it stands on the page: who, how well and why, and whether they were asked already."""

    expert: Expert
    name: str
    match: Match
    part: Engagement | None


@dataclass(frozen=True, slots=True)
class Hall:
    """A commission as an expert sees it: whose, how well they suit it, and their own part.

    Attributes:
        calls: that all parts took together (达成进度).
        worked: what came of their own part; nothing where they have none.
        unread: words of the client that they have not seen.
    """

    commission: Commission
    client: str
    match: Match
    part: Engagement | None
    calls: int
    worked: Worked
    unread: int


def cards(work: Work, actor: Actor, commission_id: UUID, *, limit: int) -> list[Card]:
    """Return who suits a commission of the tenant, the best first, with the reasons; who must not come last.

    Raises:
        ForbiddenError, NotFoundError: the actor manages none, or not this one.
    """
    scope = people.scope_filter(actor, CLIENT, COMMISSIONS)
    commission = people.visible(store.one(work, scope, commission_id), "commission")
    experts = expert_store.available(work, limit=_MOST)
    known = {one.person_id: one for one in experts}
    found = matches(work, commission, experts)[:limit]
    parts = {one.person_id: one for one in store.engagements(work, commission.id)}
    names = people.person_names(work, [one.person_id for one in found])
    return [Card(known[one.person_id], names.get(one.person_id, ""), one, parts.get(one.person_id)) for one in found]


def matches(work: Work, commission: Commission, experts: Sequence[Expert]) -> list[Match]:
    """Return how well experts suit a commission, the best first; the caller has seen that it is in reach."""
    ids = [one.person_id for one in experts]
    skills, loads = expert_store.skills(work, ids), store.loads(work, ids)
    bound = bound_to(work, commission.tenant_id)
    here = frozenset({str(commission.tenant_id)})
    candidates = [
        rules.Candidate(
            one, skills[one.person_id], loads[one.person_id], here if one.person_id in bound else frozenset()
        )
        for one in experts
    ]
    return rules.matched(policy(work), _wanted(work, commission), candidates)


def match_of(work: Work, commission: Commission, expert: Expert) -> Match:
    """Return how well one expert suits a commission, as everybody who asks is told."""
    return matches(work, commission, [expert])[0]


def hall(work: Work, actor: Actor, *, tag: str | None, limit: int, before: UUID | None) -> list[Hall]:
    """Return commissions that are published, of every tenant, the newest first, with how well the actor suits each.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or did not register.
    """
    expert = _mine(work, actor)
    found = store.page(work, store.anywhere(), states=life.LIVE, tag=tag, limit=limit, before=before)
    return _halls(work, expert, found)


def hall_one(work: Work, actor: Actor, commission_id: UUID) -> Hall:
    """Return a commission that is published, or that the actor worked for.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is none that they may see.
    """
    expert = _mine(work, actor)
    found = people.visible(store.one(work, store.anywhere(), commission_id), "commission")
    (seen,) = _halls(work, expert, [found])
    if found.state not in life.LIVE and seen.part is None:
        people.visible(None, "commission")
    return seen


def bound_to(work: Work, tenant_id: UUID) -> Collection[UUID]:
    """Return who may publish or accept commissions of a tenant: none of them is to be paid by one."""
    return {person_id for _, person_id in people.holders(work.of(tenant_id), list(_CLIENTS))}


def _halls(work: Work, expert: Expert, found: Sequence[Commission]) -> list[Hall]:
    names = people.tenant_names(work, {one.tenant_id for one in found})
    ids, me = [one.id for one in found], expert.person_id
    parts, unread = store.engagements_of(work, ids), talks.unread(work, ids, Side.EXPERT)
    done = engaging.worked(work, [part for each in parts.values() for part in each])
    made = []
    for one in found:
        own = next((part for part in parts[one.id] if part.person_id == me), None)
        calls, mine = sum(done[part.id].calls for part in parts[one.id]), Worked() if own is None else done[own.id]
        match, client = match_of(work, one, expert), names.get(one.tenant_id, "")
        made.append(Hall(one, client, match, own, calls, mine, unread.get((one.id, me), 0)))
    return made


def _mine(work: Work, actor: Actor) -> Expert:
    people.require(actor, WORK)
    return people.visible(expert_store.one(work, actor.id), "expert")


def _wanted(work: Work, commission: Commission) -> rules.Wanted:
    tenant = commission.tenant_id
    named = people.tenant_names(work, [tenant]).get(tenant, "")
    clients = frozenset({str(tenant), rules.folded(named)}) - {""}
    words = f"{commission.title} {commission.words}"
    return rules.Wanted(commission.tags, words, commission.price, clients, frozenset({commission.made_by}))
