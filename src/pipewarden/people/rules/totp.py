"""Time-based one-time passwords (RFC 6238 over RFC 4226): six digits, thirty seconds, one step of drift either way.

SHA-1 is what every authenticator app computes; as a keyed MAC it is not what the broken collisions are about
(RFC 6238 1.2). 160 bits of secret are RFC 4226's own length (R6).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from datetime import datetime

SECRET_BYTES = 20
STEP_S = 30
DIGITS = 6
DRIFT = 1  # steps before and after: RFC 6238 5.2 takes at most one for the network's delay
_LOW_NIBBLE = 0xF
_NO_SIGN = 0x7FFFFFFF


def step_of(now: datetime) -> int:
    """Return the number of the thirty seconds that ``now`` lies in."""
    return int(now.timestamp()) // STEP_S


def code_of(secret: bytes, step: int) -> str:
    """Return the six digits of a step (RFC 4226 5.3)."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = mac[-1] & _LOW_NIBBLE
    return str((int.from_bytes(mac[at : at + 4], "big") & _NO_SIGN) % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: bytes, code: str, now: datetime, *, after: int | None) -> int | None:
    """Return the step that ``code`` belongs to, or None.

    Where:
        after: the last step a code was taken of; that one and all before are used up (RFC 6238 5.2), so that a code
            seen over a shoulder is worth nothing.
    """
    found: int | None = None
    for step in range(step_of(now) - DRIFT, step_of(now) + DRIFT + 1):
        # every step is computed, so that the time taken says nothing
        same = hmac.compare_digest(code_of(secret, step).encode(), code.encode())
        if same and (after is None or step > after) and found is None:
            found = step
    return found


def is_code(text: str) -> bool:
    """Return whether a text has the shape of a code: else it may be a recovery code."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def secret_text(secret: bytes) -> str:
    """Return the secret as apps take it by hand: base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def secret_of(text: str) -> bytes:
    """Return the secret that ``secret_text`` wrote."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def uri_of(secret: bytes, login: str, issuer: str) -> str:
    """Return the address that an authenticator reads from the QR code."""
    label = quote(f"{issuer}:{login}", safe="")
    words = {"secret": secret_text(secret), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{label}?{urlencode(words, quote_via=quote)}"
