"""The audit chain: each entry carries the hash of the one before it, so that no row can change without a trace."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from pipewarden.people.facts import Anchor, AuditBreak, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FIRST = bytes(32)
_SECRET_WORDS = ("password", "secret", "token", "credential", "csrf")
_LONGEST = 20_000


def canonical(details: Mapping[str, object]) -> str:
    """Return details as canonical JSON: sorted keys, no spaces, plain UTF-8, no NaN.

    Raises:
        ValueError: a key names a secret, a value is not JSON or not UTF-8, or it is longer than 20,000 characters.
    """
    for key in _keys(details):
        if any(word in key.casefold() for word in _SECRET_WORDS):
            raise ValueError(f"the audit chain must not keep {key!r}")
    try:
        text = json.dumps(details, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except TypeError as error:
        raise ValueError(f"the details are not JSON: {error}") from error
    text.encode()  # a lone surrogate is a ValueError too: it could be neither hashed nor stored
    if len(text) > _LONGEST:
        raise ValueError(f"{len(text)} characters of details; name the object instead of copying it")
    return text


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _keys(inner)


def hash_of(entry: AuditEntry) -> bytes:
    """Return the SHA-256 over everything in an entry but its own hash."""
    parts = [
        str(entry.tenant_id),
        entry.seq,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        str(entry.actor_kind),
        str(entry.actor_id),
        entry.act,
        entry.object_kind,
        entry.object_id,
        entry.details,
        entry.previous.hex(),
    ]
    # a JSON list keeps the borders between the parts, which joining with a mark would not
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def sealed(entry: AuditEntry) -> AuditEntry:
    """Return the entry with its hash."""
    return replace(entry, hash=hash_of(entry))


def first_break(entries: Iterable[AuditEntry], start: Anchor) -> tuple[Anchor, AuditBreak | None]:
    """Walk entries that follow ``start`` in order; return where it ended and the first break, if any."""
    end = start
    for entry in entries:
        problem = _problem(entry, end)
        if problem is not None:
            return end, AuditBreak(seq=min(entry.seq, end.seq + 1), problem=problem)
        end = Anchor(tenant_id=entry.tenant_id, seq=entry.seq, hash=entry.hash)
    return end, None


def _problem(entry: AuditEntry, before: Anchor) -> str | None:
    if entry.seq != before.seq + 1:
        return f"entry {before.seq + 1} is missing; the next one is {entry.seq}"
    if entry.previous != before.hash:
        return "it does not continue the entry before it"
    if entry.hash != hash_of(entry):
        return "its content is not what was recorded"
    return None
