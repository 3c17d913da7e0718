"""Trying a channel on oneself before the night in which it matters: sent like any message, on record, not too often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.service.reach import try_person
from pipewarden.kit.errors import RefusedError
from pipewarden.kit.web import TooManyError
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError, ScopedRow

if TYPE_CHECKING:
    from pipewarden.act.facts import Attempt, Delivery
    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Contact, ContactKind

MOST_HOURLY = 10  # tries of one person over all channels: a text message costs money
_HOUR = timedelta(hours=1)
_APART = timedelta(minutes=1)  # between two tries of one channel: a robot that is spoken to too often shuts
_SHOWN = 20


def try_channel(work: Work, post: Post, actor: Actor, kind: ContactKind) -> list[Delivery]:
    """Send oneself a test message by one's own contact points of one kind, and return what is on its way.

    Raises:
        ForbiddenError: the actor reads no channels, or is no person.
        RefusedError: the channel cannot be used now, or the actor has no contact point of this kind.
        TooManyError: less than a minute ago, or ten in the hour.
    """
    people.require_row(actor, "channel:read", ScopedRow(work.tenant_id), "channel")
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="session", problem="is no person's", fix="Sign in; a device is not reached.")
    if kind not in post.channels:
        raise RefusedError(field="kind", problem="is not set up here", fix="Ask who runs the house to set it up.")
    if post.off(work)(kind):
        raise RefusedError(field="kind", problem="is switched off", fix="Switch it on again, or try another channel.")
    mine = _mine(work, actor)
    if kind not in {one.kind for one in mine}:
        raise RefusedError(
            field="contacts", problem=f"of yours hold no {kind}", fix="Add one under PUT /v1/me/contacts, then try it."
        )
    _pace(work, mine, kind)
    subject = try_person(work, post, actor.id, kind=kind)
    people.record(work, actor, "channel.tried", ("channel", kind.value), {"subject": str(subject)})
    return store.outbox.of(work, store.DeliveryRow.subject_id == subject)


def own_tries(work: Work, actor: Actor) -> tuple[list[Delivery], list[Attempt]]:
    """Return the newest test messages to oneself, the newest first, with every attempt.

    Raises:
        ForbiddenError: the actor reads no channels.
    """
    people.require_row(actor, "channel:read", ScopedRow(work.tenant_id), "channel")
    mine = [one.id for one in _mine(work, actor)]
    found = store.outbox.tries(work, mine, work.now() - 24 * _HOUR, limit=_SHOWN)
    return found, store.outbox.attempts(work, [one.id for one in found])


def _mine(work: Work, actor: Actor) -> list[Contact]:
    return people.contacts_of(work, [actor.id]).get(actor.id, [])


def _pace(work: Work, mine: list[Contact], kind: ContactKind) -> None:
    lately = store.outbox.tries(work, [one.id for one in mine], work.now() - _HOUR, limit=1000)
    by_subject = {one.subject_id: one for one in lately}.values()
    again = [one.created_at + _APART for one in by_subject if one.channel == kind]
    if len(by_subject) >= MOST_HOURLY:
        again.append(min(one.created_at for one in by_subject) + _HOUR)
    waits = [(at - work.now()).total_seconds() for at in again if at > work.now()]
    if waits:
        raise TooManyError(
            field="rate",
            problem="this channel was tried a moment ago, or ten tries were made in the hour",
            fix="Wait; the answer to the last try is in the list.",
            retry_after_s=int(max(waits)) + 1,
        )
