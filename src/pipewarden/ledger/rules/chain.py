"""The chain over all transfers: each carries the hash of the one before, so that none changes without a trace."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipewarden.ledger.facts import End
from pipewarden.ledger.rules.orders import moment, quoted, text_of

if TYPE_CHECKING:
    from pipewarden.ledger.facts import Transfer

FIRST = End(seq=0, hash=bytes(32), at=datetime(1970, 1, 1, tzinfo=UTC))


def hash_of(transfer: Transfer, details: str) -> bytes:
    """Return the SHA-256 over everything in a transfer but its own hash.

    Where:
        details: as canonical JSON.
    """
    one = transfer
    of = "null" if one.of is None else f'"{one.of!s}"'
    expires = "null" if one.expires_at is None else f'"{moment(one.expires_at)}"'
    # a JSON list keeps the borders between the parts, which joining with a mark would not; by hand, see inputs_of
    text = (
        f'[{one.seq},"{one.id!s}","{one.tenant_id!s}",{quoted(one.key)},{quoted(one.kind)},{quoted(one.what)},'
        f"{text_of(one.postings)},{of},{quoted(details)},"
        f'"{moment(one.at)}",{expires},"{one.inputs.hex()}","{one.previous.hex()}"]'
    )
    return hashlib.sha256(text.encode()).digest()


def problem(transfer: Transfer, details: str, before: End) -> str | None:
    """Return what is wrong with a transfer that should follow ``before``, or None."""
    if transfer.seq != before.seq + 1:
        return f"transfer {before.seq + 1} is missing; the next one is {transfer.seq}"
    if transfer.previous != before.hash:
        return f"transfer {transfer.seq} does not continue the one before it"
    if transfer.hash != hash_of(transfer, details):
        return f"transfer {transfer.seq} is not what was booked"
    if transfer.at < before.at:
        return f"transfer {transfer.seq} is older than the one before it"
    return None


def end_of(transfer: Transfer) -> End:
    """Return the end of a chain whose last transfer this is."""
    return End(transfer.seq, transfer.hash, transfer.at)
