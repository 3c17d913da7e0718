"""待您鉴别: pictures of self-inspections are shown to the experts who suit each best, and the first word ends it.

A home is nobody's street: only pictures whose sender agreed to it (PIPL art. 23) leave their gas company, masked, and
only those experts see one to whom it is shown. What the first says is a review like any other: it is paid as such.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.talks import POOLED, Pooled, PoolState
from pipewarden.market.rules import matching as rules
from pipewarden.market.service.engagements import mine
from pipewarden.market.service.experts_joining import policy
from pipewarden.market.service.matching import bound_to
from pipewarden.market.store import commissions, rewards, talks
from pipewarden.market.store import experts as expert_store
from pipewarden.people import service as people
from pipewarden.people.facts import Grant, Role, Scope
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import IndoorState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Asset
    from pipewarden.market.facts.commissions import Match
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.facts import IndoorCheck
    from pipewarden.perceive.service import Showing

_READ, _REVIEW = "indoor:read", "indoor:review"
_NEWEST = 200  # pictures of a tenant that one round looks at
_MOST = 1000
_ANY = "隐患图片"


def push(work: Work) -> int:
    """Show the tenant's pictures that wait for a person to experts; return how many were shown.

    A picture is shown once: to so many of the best as the rules say, none of whom has too many waiting.
    """
    house = _lent(people.system("market", work.tenant_id), work.tenant_id)
    found = [one for one in perceive.indoor_checks(work, house, limit=_NEWEST, waits=True) if _may(work, one)]
    before = talks.shown(work, [one.id for one in found])
    if not expert_store.available(work, limit=1):
        return 0
    fresh = [one for one in reversed(found) if one.id not in before]
    return sum(_show(work, one) for one in fresh)


def tenants_with_checks(work: Work) -> list[UUID]:
    """Return every tenant: any may have pictures that wait."""
    return [one.id for one in people.tenants(work, people.operator())]


def pool(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Pooled]:
    """Return the pictures that wait for the actor's word, the newest first, of every tenant.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or did not register.
    """
    return talks.pool(work, mine(work, actor).person_id, limit=limit, before=before)


@dataclass(frozen=True, slots=True)
class Judged:
    """How an expert stands with the pool: how many pictures wait, how many they judged, what that earned them."""

    waiting: int
    done: int
    earned: Mapping[Asset, int]


def judged(work: Work, actor: Actor) -> Judged:
    """Return how many pictures wait for the actor, how many they judged (已审核), and what for (审核激励).

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or did not register.
    """
    me = mine(work, actor).person_id
    earned = rewards.earned_for(work, me, PayKind.INDOOR_REVIEW)
    return Judged(talks.waiting(work, [me])[me], talks.answered(work, me), earned)


def picture(work: Work, actor: Actor, blobs: BlobStore, showing: Showing, pool_id: UUID) -> bytes:
    """Return a picture that was shown to the actor, masked, as a JPEG drawn anew.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or it does not wait for them.
        InputError: the picture is gone or unreadable.
    """
    one = _waiting(work, actor, pool_id)
    lent = _lent(actor, one.tenant_id)
    return perceive.indoor_picture(work.of(one.tenant_id), lent, blobs, showing, one.check_id)


def answer(
    work: Work, actor: Actor, pool_id: UUID, *, matches: bool, seen: Sequence[str], words: str = ""
) -> IndoorCheck:
    """Say what a picture shows; it leaves everybody's list, and is paid as a review (隐患核价).

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or it does not wait for them.
        RefusedError: somebody was faster.
        InputError: an item is not of the list, or items are named for a picture that does not match.
    """
    one = _waiting(work, actor, pool_id, lock=True)
    there, lent = work.of(one.tenant_id), _lent(actor, one.tenant_id)
    if perceive.indoor_check(there, lent, one.check_id).state is IndoorState.REVIEWED:
        raise RefusedError(field="picture", problem="was judged by somebody else", fix="Take the next one.")
    done = perceive.review_indoor(there, lent, one.check_id, matches=matches, seen=seen, words=words)
    talks.end_pooled(work, one.id, PoolState.DONE, work.now())
    talks.end_others(work, one.check_id, work.now())
    return done


def reviewed(work: Work, check_ids: Collection[UUID]) -> None:
    """Take pictures that somebody judged, in the pool or in their company, from everybody's list."""
    for one in perceive.indoor_reviewed(work, check_ids):
        talks.end_others(work, one.id, work.now())


def put_aside(work: Work, actor: Actor, pool_id: UUID) -> None:
    """Take a picture from one's own list without a word.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or it does not wait for them.
    """
    one = _waiting(work, actor, pool_id, lock=True)
    talks.end_pooled(work, one.id, PoolState.OVER, work.now())


def _may(work: Work, check: IndoorCheck) -> bool:
    """Return whether a picture may leave its gas company: it is a photograph, and its sender agreed."""
    return not check.rendered and people.consented(work, check.owner_id, Purpose.EXPERTS)


def _show(work: Work, check: IndoorCheck) -> int:
    how, count = policy(work), 0
    for match in _suiting(work, check)[: how.push]:
        made = Pooled(
            work.ids.new(),
            work.tenant_id,
            check.id,
            match.person_id,
            match.score,
            match.reasons,
            PoolState.WAITING,
            work.now(),
        )
        if talks.show(work, made):
            work.emit(POOLED, made.id, partition=str(work.tenant_id))
            count += 1
    return count


def _suiting(work: Work, check: IndoorCheck) -> list[Match]:
    """Return who suits a picture, the best first; nobody who is full, who sent it or who would pay themselves."""
    how = policy(work)
    experts = expert_store.available(work, limit=_MOST)
    ids = [one.person_id for one in experts]
    full = {person for person, count in talks.waiting(work, ids).items() if count >= how.pool_busy}
    skills, loads, bound = expert_store.skills(work, ids), commissions.loads(work, ids), bound_to(work, work.tenant_id)
    words = {one.id: one.words.zh for one in perceive.hazards().hazards}
    wanted = rules.Wanted(
        tags=frozenset(words[one] for one in _flagged(check) if one in words) or frozenset({_ANY}),
        words=check.words,
        price=None,
        clients=frozenset({str(work.tenant_id)}),
        barred=frozenset({check.owner_id}),
    )
    here = wanted.clients
    candidates = [
        rules.Candidate(
            one,
            [replace(each, topic=words.get(each.topic, each.topic)) for each in skills[one.person_id]],
            loads[one.person_id],
            here if one.person_id in bound else frozenset(),
        )
        for one in experts
        if one.person_id not in full
    ]
    return [one for one in rules.matched(how, wanted, candidates) if not one.against]


def _flagged(check: IndoorCheck) -> tuple[str, ...]:
    """Return what a model says it sees, or what pictures that look alike showed."""
    if check.answer is None:
        return ()
    return check.answer.seen or tuple(dict.fromkeys(item for near in check.answer.near for item in near.hazards))


def _waiting(work: Work, actor: Actor, pool_id: UUID, *, lock: bool = False) -> Pooled:
    expert = mine(work, actor)
    one = people.visible(talks.pooled(work, expert.person_id, pool_id, lock=lock), "picture")
    if one.state is not PoolState.WAITING:
        people.visible(None, "picture")
    return one


def _lent(actor: Actor, tenant_id: UUID) -> Actor:
    """Return the actor with the right to a tenant's checks: the caller names the one that was shown to them."""
    given = tuple(Grant(one, Scope.TENANT, tenant_id, None, Role.EXPERT) for one in (_READ, _REVIEW))
    return replace(actor, grants=(*actor.grants, *given))
