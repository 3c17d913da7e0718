"""Drafts of a signed-in phone: the same draft again answers the same, another body under its id is refused."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pipewarden.field.store import standby as store
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


def content_of(*said: object) -> bytes:
    """Return the hash of everything that a draft says."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=_plain).encode()).digest()


def _plain(one: object) -> str:
    return hashlib.sha256(one).hexdigest() if isinstance(one, bytes) else str(one)


def made_before(work: Work, actor: Actor, draft: UUID, content: bytes) -> UUID | None:
    """Return what came of a draft that came before; None where it is new. The person's phone is held until the end.

    Raises:
        InputError: the draft said something else then.
    """
    store.lock(work, actor.id)
    before = store.sent(work, actor.id, draft)
    if before is None:
        return None
    if before[0] != content:
        raise InputError(field="draft", problem="was used for something else", fix="Give each draft an id of its own.")
    return before[1]


def keep(work: Work, actor: Actor, draft: UUID, content: bytes, made_id: UUID) -> None:
    """Keep that a draft came and what it made."""
    store.add_sent(work, actor.id, draft, content, made_id)
