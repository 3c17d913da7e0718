"""Signed ends of audit chains, kept outside the database: what a chain that was cut or written anew is found by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.people.facts.record import Anchor

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.people.facts.record import AuditBreak


@dataclass(frozen=True, slots=True)
class SignedAnchor:
    """The end of one tenant's chain, signed by the house.

    Attributes:
        seq: of the chain's last entry at that moment, and ``hash`` its SHA-256.
        at: when it was signed.
        public: raw Ed25519 key, 32 bytes; its fingerprint is published.
        signature: 64 bytes over the anchor's text.
    """

    tenant_id: UUID
    seq: int
    hash: bytes
    at: datetime
    public: bytes
    signature: bytes

    @property
    def end(self) -> Anchor:
        """Return what it says of the chain."""
        return Anchor(self.tenant_id, self.seq, self.hash)


@dataclass(frozen=True, slots=True)
class Anchored:
    """What one round of anchoring came to: a new anchor, nothing new, or a break that no anchor may cover."""

    anchor: SignedAnchor | None
    broken: AuditBreak | None


@dataclass(frozen=True, slots=True)
class ChainState:
    """What walking one tenant's whole record found.

    Attributes:
        end: the last entry, where the chain holds.
        anchors: how many anchors it was compared with; the chain was anchored up to ``anchored``.
        broken: the first entry that does not hold, None where all do.
    """

    tenant_id: UUID
    end: Anchor
    anchors: int
    anchored: SignedAnchor | None
    broken: AuditBreak | None
