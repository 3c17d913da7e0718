"""What operation needs from the machine: the disk, the shape of the database, a way to say outside that it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Machine(Protocol):
    """The machine that the house stands on."""

    def free(self) -> int:
        """Return how many bytes are left on the disk of the home."""
        ...

    def reserve(self) -> int:
        """Return how many bytes must be left for what is acknowledged to be written."""
        ...

    def at_head(self, session: Session) -> bool:
        """Return whether the database has the shape that this program was made for."""
        ...

    def elapsed(self) -> float:
        """Return seconds that only grow."""
        ...


class Outside(Protocol):
    """Somebody outside who waits for our sign of life and calls people when it stays away."""

    @property
    def set_up(self) -> bool:
        """Return whether there is anybody."""
        ...

    def tell(self, words: bytes) -> str | None:
        """Give a sign of life; return None when it was taken, else why not. Never raises."""
        ...
