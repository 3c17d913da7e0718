"""Recovery codes: ten, each good once, for whoever has lost the authenticator; 80 random bits, stored as a hash."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

CODES = 10
CODE_BYTES = 10
_GROUP = 4
_CHARS = CODE_BYTES * 8 // 5
_ALIKE = str.maketrans("018", "OIB")  # base32 has none of these digits: what was misread from paper is meant


def codes_of(entropy: bytes) -> tuple[str, ...]:
    """Return ten codes in groups of four, from 100 random bytes."""
    parts = [entropy[at : at + CODE_BYTES] for at in range(0, CODES * CODE_BYTES, CODE_BYTES)]
    texts = [base64.b32encode(part).decode().lower() for part in parts]
    return tuple("-".join(text[at : at + _GROUP] for at in range(0, _CHARS, _GROUP)) for text in texts)


def digest_of(person_id: UUID, text: str) -> bytes | None:
    """Return what is stored of a code however it is typed, or None for a text that is none.

    SHA-256 is enough: 80 random bits cannot be tried out, and the person's id keeps equal codes apart.
    """
    plain = "".join(mark for mark in text.upper() if mark not in "- \t").translate(_ALIKE)
    if len(plain) != _CHARS or not plain.isascii() or not plain.isalnum():
        return None
    return hashlib.sha256(b"pipewarden recovery v1:" + person_id.bytes + plain.encode()).digest()
