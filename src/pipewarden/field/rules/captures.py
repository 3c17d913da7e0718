"""When a nonce proves that a picture is fresh, and when a picture's own time says that it is old."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.field.facts.captures import Redeemed

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.field.facts.captures import CaptureKept

LIFE = timedelta(minutes=10)  # safety.md T12
KEPT = timedelta(days=40)  # so long a phone may be offline and still be told "late" and not "unknown"
OLDEST_PICTURE = timedelta(hours=24)  # safety.md T12: EXIF time vs server time
NONCE_BYTES = 18  # 144 bits, 24 characters, no padding
_LONGEST = 100


def nonce_text(entropy: bytes) -> str:
    """Return random bytes as characters that a phone can keep and show."""
    return base64.urlsafe_b64encode(entropy).rstrip(b"=").decode()


def digest(nonce: str) -> bytes:
    """Return the SHA-256 that is kept instead of the nonce; what a client sends may be anything."""
    return hashlib.sha256(nonce[:_LONGEST].encode("utf-8", "surrogatepass")).digest()


def judged(kept: CaptureKept | None, holder: str, now: datetime) -> Redeemed:
    """Return what a nonce is worth now, before it is used up."""
    if kept is None or kept.holder != holder:
        return Redeemed.UNKNOWN
    if kept.used_at is not None:
        return Redeemed.USED
    return Redeemed.FRESH if now <= kept.expires_at else Redeemed.LATE


def old_picture(taken_at: datetime | None, received_at: datetime) -> str | None:
    """Return why a picture is suspected to be an old one; None without a suspicion.

    Args:
        taken_at: what the picture's own record (EXIF DateTimeOriginal) or the phone says; None where neither does.
        received_at: the server's time; a picture "of tomorrow" is as doubtful as one of last week.
    """
    if taken_at is None or abs(received_at - taken_at) <= OLDEST_PICTURE:
        return None
    hours = (received_at - taken_at).total_seconds() / 3600
    when = f"{hours:.0f} h before" if hours > 0 else f"{-hours:.0f} h after"
    return f"old picture: taken {when} it came"
