"""Idempotency keys: a request that is sent again gets the answer of the first time; nothing is done twice.

The answer is kept in the transaction that did the work, so there is no moment in which one exists without the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people.store import answers as store
from pipewarden.people.store.answers import AnswerKey, AnswerRow

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it left the house."""

    status: int
    media: str
    body: bytes


def claim(work: Work, actor: Actor, key: str, request_sha256: bytes) -> tuple[bool, Answer | None]:
    """Take a key for this transaction; return whether it was free, and the answer it has if it has one.

    Raises:
        InputError: the key is not 1-255 printable characters, or was used for another request.
    """
    if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InputError(field="Idempotency-Key", problem="is not 1-255 ASCII characters", fix="Send a UUID.")
    name = AnswerKey(actor.tenant_id, actor.id, key)
    if not store.try_lock(work.session, name):
        return False, None
    row = store.given(work.session, name)
    if row is None:
        return True, None
    if row.request_sha256 != request_sha256:
        raise InputError(
            field="Idempotency-Key", problem="was used for another request", fix="Use a new key for each request."
        )
    return True, Answer(status=row.status, media=row.media, body=row.body)


def keep(work: Work, actor: Actor, key: str, request_sha256: bytes, answer: Answer) -> None:
    """Keep the answer under a key that was claimed in this transaction."""
    store.keep(
        work.session,
        AnswerRow(
            tenant_id=actor.tenant_id,
            actor_id=actor.id,
            key=key,
            request_sha256=request_sha256,
            status=answer.status,
            media=answer.media,
            body=answer.body,
            made_at=work.now(),
        ),
    )


def forget(work: Work, before: datetime) -> int:
    """Drop answers made before a moment, whoever asked; return how many. Keys of money must never be dropped."""
    return store.forget(work.session, before)
