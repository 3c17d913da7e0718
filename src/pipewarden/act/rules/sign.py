"""Signatures: Standard Webhooks 1.0 for what leaves, and the one-person, one-message link that acknowledges."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_ACK = b"pipewarden act ack v1\0"
_MAC = 16
_ID = 16
_MOST_DIGITS = 12  # a number of any length may come in a header, and not every one is a moment
_WINDOW_S = 300


def webhook_headers(message_id: str, at: datetime, body: bytes, secret: str) -> dict[str, str]:
    """Return the three headers of Standard Webhooks 1.0 ("Webhook headers"), signed with HMAC-SHA256.

    Args:
        message_id: the same for every attempt.
        at: of this attempt; receivers refuse what is older than a few minutes.
        body: the very bytes that are sent.
        secret: ``whsec_`` and base64.
    """
    seconds = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def webhook_problem(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str | None:
    """Return what is wrong with a message signed by Standard Webhooks 1.0; None where it is right.

    Several signatures may stand side by side while a key is changed; one that fits is enough.

    Args:
        headers: of the request; names in lower case.
        body: the very bytes that came.
        secret: ``whsec_`` and base64.
        now: what is more than five minutes away from it is refused.
    """
    said = [headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")]
    if not all(said):
        return "is missing"
    message_id, seconds, signatures = said
    whole = seconds.isascii() and seconds.isdigit() and len(seconds) <= _MOST_DIGITS
    if not (whole and abs(int(seconds) - now.timestamp()) <= _WINDOW_S):
        return "is more than five minutes away from now"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message_id}.{seconds}.".encode("utf-8", "replace") + body, hashlib.sha256).digest()
    right = f"v1,{base64.b64encode(mac).decode()}".encode()
    fits = [hmac.compare_digest(one.encode("utf-8", "replace"), right) for one in signatures.split()]
    return None if any(fits) else "does not fit the message"


def webhook_secret(entropy: bytes) -> str:
    """Return 24-64 random bytes as Standard Webhooks writes a key."""
    return f"whsec_{base64.b64encode(entropy).decode()}"


def ack_token(secret: bytes, delivery_id: UUID, person_id: UUID) -> str:
    """Return the word that acknowledges for one person what one delivery carries; 43 characters."""
    whole = delivery_id.bytes + _mac(secret, delivery_id, person_id)
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def delivery_of(token: str) -> UUID | None:
    """Return which delivery a token speaks of, before it is believed; None where it is no token."""
    try:
        whole = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return UUID(bytes=whole[:_ID]) if len(whole) == _ID + _MAC else None


def token_right(secret: bytes, token: str, delivery_id: UUID, person_id: UUID) -> bool:
    """Return whether a token was made here for this delivery and person."""
    return hmac.compare_digest(token.encode("utf-8", "replace"), ack_token(secret, delivery_id, person_id).encode())


def _mac(secret: bytes, delivery_id: UUID, person_id: UUID) -> bytes:
    return hmac.new(secret, _ACK + delivery_id.bytes + person_id.bytes, hashlib.sha256).digest()[:_MAC]
