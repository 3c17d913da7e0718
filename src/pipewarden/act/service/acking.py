"""The link that acknowledges: one person, one message, for a day, without signing in, and on record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.facts import CallState, DeliveryState
from pipewarden.act.rules import sign
from pipewarden.act.store import DeliveryRow
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.act.facts import Delivery
    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

HOLDS = timedelta(hours=24)


class AckState(StrEnum):
    """What a link is good for now."""

    OPEN = "open"
    DONE = "done"  # acknowledged, now or before
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # not ours, or its person may not act any more


@dataclass(frozen=True, slots=True)
class Ack:
    """What a link shows: the message it came with."""

    state: AckState
    title: str = ""


def look(work: Work, post: Post, token: str) -> Ack:
    """Say what a link is good for, and change nothing: previews of chat programs open every link they see."""
    found = _proved(work, post, token)
    return Ack(AckState.UNKNOWN) if found is None else Ack(_state(_here(work, found[0]), found[0]), found[0].title)


def acknowledge(work: Work, post: Post, token: str) -> Ack:
    """Acknowledge, for the person of the link, every call that its message carries; a second time changes nothing."""
    found = _proved(work, post, token)
    if found is None:
        return Ack(AckState.UNKNOWN)
    one, actor = found
    here, person_id = _here(work, one), actor.id
    state = _state(here, one)
    if state is not AckState.OPEN:
        return Ack(state, one.title)
    store.outbox.lock_subject(here, one.subject_id)
    carried = store.calls.carried(here, one.subject_id)
    open_calls = [(call_id, own) for call_id, own, was in carried if was is not CallState.ACKNOWLEDGED]
    store.calls.acknowledge(here, [call_id for call_id, _ in open_calls])
    rest = store.outbox.of(here, DeliveryRow.subject_id == one.subject_id, DeliveryRow.person_id == person_id)
    spare = [each.id for each in rest if each.state is DeliveryState.SPARE]
    store.outbox.move(here, spare, DeliveryState.DROPPED)  # one that waits is dropped by the hand that takes it
    people.verified(here, one.target_id)
    for call_id, own in open_calls:
        if not own:
            post.casework.acknowledge_call(here, call_id, person_id)
    details = {"by": "link", "delivery": str(one.id), "calls": [str(call_id) for call_id, _ in open_calls]}
    people.record(here, actor, "call.acknowledged", ("person", person_id), details)
    return Ack(AckState.DONE, one.title)


def _proved(work: Work, post: Post, token: str) -> tuple[Delivery, Actor] | None:
    """Return what a link speaks of and for whom; None where it is not ours, or they have nothing to do here any more.

    Who has left may press what they were sent, and a chain that stopped for them would have nobody.
    """
    delivery_id = sign.delivery_of(token)
    one = None if delivery_id is None else store.outbox.anywhere(work, delivery_id)
    if one is None or one.person_id is None or not sign.token_right(post.secret, token, one.id, one.person_id):
        return None
    actor = people.actor_of(_here(work, one), one.person_id)
    return None if actor is None or not actor.memberships else (one, actor)


def _here(work: Work, one: Delivery) -> Work:
    return replace(work, tenant_id=one.tenant_id)  # its facts stay with the request's own transaction


def _state(work: Work, one: Delivery) -> AckState:
    carried = store.calls.carried(work, one.subject_id)
    if carried and all(state is CallState.ACKNOWLEDGED for _, _, state in carried):
        return AckState.DONE
    return AckState.EXPIRED if work.now() >= one.created_at + HOLDS else AckState.OPEN
