"""The message centre: what a person was told, whatever became of it outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.store import DeliveryRow
from pipewarden.act.store.tables import DELIVERIES
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.act.facts import Attempt, Delivery, Message
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


def messages(work: Work, actor: Actor, *, before: UUID | None, limit: int) -> tuple[list[Message], int]:
    """Return one's own messages, the newest first, and how many are unread."""
    found = store.calls.of_person(work, actor.id, before=before, limit=limit)
    return found, store.calls.unread(work, actor.id)


def read_messages(work: Work, actor: Actor, up_to: UUID) -> int:
    """Note that one has read everything up to a message, and return how many are unread still."""
    store.calls.read(work, actor.id, up_to)
    return store.calls.unread(work, actor.id)


def deliveries(work: Work, actor: Actor, *, before: UUID | None, limit: int) -> tuple[list[Delivery], list[Attempt]]:
    """Return what left the house for persons and groups, the newest first, with every attempt.

    Raises:
        ForbiddenError: the actor reads no channels.
    """
    seen = people.scope_filter(actor, "channel:read", DELIVERIES)
    mine = (seen, DeliveryRow.tenant_id == work.tenant_id)
    found = store.outbox.page(work, *mine, before=before, limit=limit)
    return found, store.outbox.attempts(work, [one.id for one in found])
