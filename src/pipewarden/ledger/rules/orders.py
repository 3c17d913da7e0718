"""What an order must be before the book is looked at, and the hash by which a retry is told from another order."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from pipewarden.ledger.facts import MOST, Asset, Kind, OrderError
from pipewarden.ledger.rules.addresses import is_address, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.ledger.facts import Order, Posting

MOST_LINES = 100
_LONGEST_KEY = 200
_LONGEST_WHAT = 100
_LONGEST_DETAILS = 4000
_WITH_LINES = {Kind.POSTED, Kind.PENDING}
_OF = {Kind.POST, Kind.VOID, Kind.EXPIRE, Kind.REVERSE}
quoted = json.encoder.encode_basestring  # a text as JSON has it, nothing escaped that need not be
_encode_sorted = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True).encode


def valid(order: Order) -> str:
    """Return the details of an order as canonical JSON, when it is one that a book could take.

    Raises:
        OrderError: it names its field.
    """
    _word("key", order.key, _LONGEST_KEY)
    _word("what", order.what, _LONGEST_WHAT)
    if order.kind in _WITH_LINES and not order.postings:
        raise OrderError(field="postings", problem="are none", fix="Say what moves from where to where.")
    if order.postings and order.kind not in _WITH_LINES and order.kind is not Kind.POST:
        raise OrderError(field="postings", problem=f"are not the {order.kind} order's to say", fix="Leave them out.")
    if (order.of is None) is (order.kind in _OF):
        problem = "is missing" if order.of is None else f"is not the {order.kind} order's to say"
        raise OrderError(field="of", problem=problem, fix="Name the transfer that is settled or reversed, only then.")
    if order.expires_at is not None and (order.kind is not Kind.PENDING or order.expires_at.tzinfo is None):
        fix = "Give holds a moment with a zone, other orders none."
        raise OrderError(field="expires_at", problem="does not fit the order", fix=fix)
    if len(order.postings) > MOST_LINES:
        problem = f"are {len(order.postings)}, {MOST_LINES} at most"
        raise OrderError(field="postings", problem=problem, fix="Book several transfers.")
    for line in order.postings:
        _line(line)
    if len(order.postings) > 1 and len({one[:3] for one in map(_parts, order.postings)}) < len(order.postings):
        fix = "Add their amounts up."
        raise OrderError(field="postings", problem="name the same two accounts twice", fix=fix)
    return canonical(order.details) if order.details else "{}"


def _parts(line: Posting) -> tuple[str, str, str, int]:
    return (line.source, line.destination, line.asset, line.amount)


def _word(field: str, text: str, longest: int) -> None:
    if not 0 < len(text) <= longest or not text.isprintable():
        problem = f"has {len(text)} characters or some that cannot be printed"
        raise OrderError(field=field, problem=problem, fix=f"Give 1 to {longest} characters.")


def _line(line: Posting) -> None:
    if type(line.amount) is not int or not 0 < line.amount <= MOST:
        fix = f"Give a whole number of the smallest unit from 1 to {MOST}."
        raise OrderError(field="amount", problem=f"{str(line.amount)[:40]} is none", fix=fix)
    if line.source == line.destination:
        fix = "Name two accounts."
        raise OrderError(field="destination", problem=f"{shown(line.source)} pays itself", fix=fix)
    if not isinstance(line.asset, Asset):
        raise OrderError(field="asset", problem=f"{str(line.asset)[:20]!r} is none", fix="Take CNY or PTS.")
    for field, address in (("source", line.source), ("destination", line.destination)):
        if not is_address(address):
            fix = "Write it like person:ID:cash."
            raise OrderError(field=field, problem=f"{address[:60]!r} is no address", fix=fix)


def canonical(details: Mapping[str, str | int]) -> str:
    """Return details as canonical JSON: sorted keys, no spaces.

    Raises:
        OrderError: a value is neither text nor a whole number, or it is too long.
    """
    for name, value in details.items():
        if not isinstance(name, str) or type(value) not in {str, int}:
            fix = "Give texts and whole numbers."
            raise OrderError(field="details", problem=f"{str(name)[:40]!r} is of another type", fix=fix)
    text = _encode_sorted(details)
    if len(text) > _LONGEST_DETAILS or "\\u0000" in text or not _encodable(text):
        fix = f"Give ids and short words, {_LONGEST_DETAILS} characters of JSON at most."
        raise OrderError(field="details", problem="are too long, or not text that can be kept", fix=fix)
    return text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=64)
def moment(at: datetime) -> str:
    """Return a moment as it is hashed: UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def text_of(lines: Sequence[Posting]) -> str:
    """Return lines as JSON, as they are hashed and sent."""
    found = [f"[{quoted(a.source)},{quoted(a.destination)},{quoted(a.asset)},{a.amount}]" for a in lines]
    return f"[{','.join(found)}]"


def inputs_of(order: Order, details: str, tenant_id: UUID) -> bytes:
    """Return the SHA-256 of all that an order says, for the tenant that says it, but its key.

    The text is JSON, written by hand: the general encoder takes three times as long.

    Where:
        details: as canonical JSON.
    """
    of = "null" if order.of is None else f'"{order.of!s}"'
    expires = "null" if order.expires_at is None else f'"{moment(order.expires_at)}"'
    lines = text_of(order.postings)
    text = f'["{tenant_id!s}",{quoted(order.kind)},{quoted(order.what)},{lines},{of},{quoted(details)},{expires}]'
    return hashlib.sha256(text.encode()).digest()
