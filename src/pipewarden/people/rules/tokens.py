"""Secrets on the wire: how they are written, what is stored of them, how they are compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

TOKEN_BYTES = 32
BLOB_ID_BYTES = 16
PREFIX_BYTES = 16  # only 40 bits are shown; the source gives no fewer than 16 bytes
_KEY = re.compile(r"pw_([a-z2-7]{8})_([A-Za-z0-9_-]{43})")
_LONGEST = 200


def token_text(entropy: bytes) -> str:
    """Return 256 random bits as 43 characters of URL-safe base64."""
    if len(entropy) != TOKEN_BYTES:
        raise ValueError(f"a token has {TOKEN_BYTES} bytes, not {len(entropy)}")
    return base64.urlsafe_b64encode(entropy).rstrip(b"=").decode()


def blob_id(entropy: bytes) -> str:
    """Return 128 random bits as 22 characters of URL-safe base64: the address of a stored picture."""
    if len(entropy) != BLOB_ID_BYTES:
        raise ValueError(f"an id has {BLOB_ID_BYTES} bytes, not {len(entropy)}")
    return base64.urlsafe_b64encode(entropy).rstrip(b"=").decode()


def digest(secret: str) -> bytes:
    """Return the SHA-256 that is stored instead of the secret; enough for 256 random bits, unlike for a password."""
    return hashlib.sha256(_bytes(secret[:_LONGEST])).digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # what a client sends may be anything, and must only be wrong


def csrf_of(token: str, session_id: UUID) -> str:
    """Return the CSRF token of a session: only who holds the session's token can make it, and it ends with it."""
    mac = hmac.new(_bytes(token), b"pipewarden csrf v1:" + session_id.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(_bytes(left), _bytes(right))


def same_digest(left: bytes, right: bytes) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(left, right)


def key_text(prefix_entropy: bytes, secret_entropy: bytes) -> tuple[str, str, str]:
    """Return an API key's whole text, its public prefix and its secret part."""
    prefix = base64.b32encode(prefix_entropy[:5]).decode().lower()
    secret = token_text(secret_entropy)
    return f"pw_{prefix}_{secret}", prefix, secret


def split_key(text: str) -> tuple[str, str] | None:
    """Return prefix and secret of an API key's text, or None when it is not one."""
    found = _KEY.fullmatch(text)
    return None if found is None else (found[1], found[2])
