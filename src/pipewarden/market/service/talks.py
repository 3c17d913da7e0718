"""和我聊聊: an expert and the client of a commission talk, each expert apart; nobody else reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.talks import SAID, Said, Side
from pipewarden.market.rules import commissions as rules
from pipewarden.market.service.commissions import MANAGE
from pipewarden.market.service.engagements import mine
from pipewarden.market.service.rights import require_here
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import talks
from pipewarden.people import service as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission
    from pipewarden.people.facts import Actor

_DAY, _A_DAY = timedelta(days=1), 500  # what one person says in a day at most: a talk is no bulletin


@dataclass(frozen=True, slots=True)
class Talk:
    """With whom a client talks about a commission."""

    person_id: UUID
    name: str
    count: int
    unread: int
    last_at: datetime


def say_as_client(work: Work, actor: Actor, commission_id: UUID, person_id: UUID, words: str) -> Said:
    """Say something to an expert about a commission of one's own.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here, or no such expert.
        RefusedError: it is a draft, or the actor said too much today.
        InputError: nothing is said.
    """
    commission = _clients(work, actor, commission_id)
    people.visible(expert_store.one(work, person_id), "expert")
    return _say(work, actor, commission, person_id, side=Side.CLIENT, words=words)


def say_as_expert(work: Work, actor: Actor, commission_id: UUID, words: str) -> Said:
    """Say something to the client of a commission that the actor may see.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is none that they may see.
        RefusedError: the actor said too much today.
        InputError: nothing is said.
    """
    commission = _experts(work, actor, commission_id)
    return _say(work.of(commission.tenant_id), actor, commission, actor.id, side=Side.EXPERT, words=words)


def read_as_client(
    work: Work, actor: Actor, commission_id: UUID, person_id: UUID, *, limit: int, before: UUID | None = None
) -> list[Said]:
    """Return what was said with one expert, the newest first; the expert's words count as read from now on.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
    """
    commission = _clients(work, actor, commission_id)
    return _read(work, commission, person_id, Side.CLIENT, limit=limit, before=before)


def read_as_expert(
    work: Work, actor: Actor, commission_id: UUID, *, limit: int, before: UUID | None = None
) -> list[Said]:
    """Return what was said with the client, the newest first; the client's words count as read from now on.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is none that they may see.
    """
    commission = _experts(work, actor, commission_id)
    return _read(work, commission, actor.id, Side.EXPERT, limit=limit, before=before)


def talks_of(work: Work, actor: Actor, commission_id: UUID) -> list[Talk]:
    """Return with whom a client talks about a commission, whoever spoke last first.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
    """
    commission = _clients(work, actor, commission_id)
    unread = talks.unread(work, [commission.id], Side.CLIENT)
    talked = talks.talked(work, commission.id)
    names = people.person_names(work, [person for person, _, _ in talked])
    return [
        Talk(person, names.get(person, ""), count, unread.get((commission.id, person), 0), at)
        for person, count, at in talked
    ]


def _clients(work: Work, actor: Actor, commission_id: UUID) -> Commission:
    require_here(work, actor, MANAGE, "commission")
    return people.visible(store.one(work, store.mine(work), commission_id), "commission")


def _experts(work: Work, actor: Actor, commission_id: UUID) -> Commission:
    """Return a commission that is published, or that the actor has a part of."""
    mine(work, actor)
    found = people.visible(store.one(work, store.anywhere(), commission_id), "commission")
    if found.state not in rules.LIVE:
        people.visible(store.engagement_of(work, commission_id, actor.id), "commission")
    return found


def _say(work: Work, actor: Actor, commission: Commission, person_id: UUID, *, side: Side, words: str) -> Said:
    if not words.strip():
        raise InputError(field="words", problem="are empty", fix="Say something.")
    if commission.published_at is None:
        raise RefusedError(field="commission", problem="is a draft", fix="Publish it first.")
    if talks.said_since(work, actor.id, work.now() - _DAY) >= _A_DAY:
        raise RefusedError(field="words", problem=f"are more than {_A_DAY} in a day", fix="Call them instead.")
    made = Said(
        work.ids.new(), commission.tenant_id, commission.id, person_id, side, actor.id, words.strip(), work.now()
    )
    talks.say(work, made)
    work.emit(SAID, made.id, partition=str(commission.tenant_id))
    return made


def _read(
    work: Work, commission: Commission, person_id: UUID, side: Side, *, limit: int, before: UUID | None
) -> list[Said]:
    talks.read(work, commission.id, person_id, side, work.now())
    return talks.said(work, commission.id, person_id, limit=limit, before=before)
