"""Proofs of a fresh picture: a word that the server gave minutes before it was taken (safety.md T12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class Redeemed(StrEnum):
    """What became of a nonce that came with a picture. Only ``fresh`` proves anything; none refuses the picture."""

    FRESH = "fresh"
    LATE = "late"  # it was ours and this holder's, and its ten minutes were over: a phone that was offline
    USED = "used"  # it came with another picture before
    UNKNOWN = "unknown"  # no nonce, not one of ours, or somebody else's


@dataclass(frozen=True, slots=True)
class Capture:
    """A nonce as its holder gets it, once; the house keeps its SHA-256 only."""

    nonce: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CaptureKept:
    """A nonce as the house keeps it.

    Attributes:
        holder: who may use it: a person's id, or the name of a device without account.
        used_at: when it came with a picture; None while it did not.
    """

    id: UUID
    tenant_id: UUID
    digest: bytes
    holder: str
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
