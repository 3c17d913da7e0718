"""What people needs from the world: unpredictable bytes, a slow password hash and a signature."""

from __future__ import annotations

from typing import Protocol


class Entropy(Protocol):
    """Unpredictable bytes; ``kit.chance.SystemChance().bytes`` in the running house."""

    def __call__(self, count: int, /) -> bytes:
        """Return ``count`` bytes."""
        ...


class PasswordHasher(Protocol):
    """A memory-hard password hash; every method may take a tenth of a second."""

    def hash(self, password: str) -> str:
        """Return the encoded hash with its salt and parameters."""
        ...

    def verify(self, encoded: str | None, password: str) -> bool:
        """Return whether ``password`` made ``encoded``; None costs as much time as a real hash and is never right."""
        ...

    def stale(self, encoded: str) -> bool:
        """Return whether ``encoded`` was made with other parameters than today's."""
        ...


class Signer(Protocol):
    """Signs ends of the audit chain and exports of it as the house's own (Ed25519, RFC 8032)."""

    @property
    def public(self) -> bytes:
        """Return the raw public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        ...
