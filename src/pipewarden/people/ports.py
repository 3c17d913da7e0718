"""What people needs from the world: unpredictable bytes, a slow password hash, a drawer of QR codes."""

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


class Drawer(Protocol):
    """Draws a text as a QR code; SVG."""

    def __call__(self, text: str, /) -> str:
        """Return the picture."""
        ...
