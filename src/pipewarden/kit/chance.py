"""Chance for secrets, from the operating system: the one door, so that no slice draws from a guessable source."""

from __future__ import annotations

import os
from dataclasses import dataclass

_LEAST = 16  # below 128 bits nothing is a secret


@dataclass(frozen=True, slots=True)
class SystemChance:
    """The kernel's cryptographic random source (getrandom(2))."""

    def bytes(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes.

        Raises:
            ValueError: fewer than 16 were asked for; nothing that short is a secret.
        """
        if count < _LEAST:
            raise ValueError(f"a secret of {count} bytes can be guessed; ask for {_LEAST} or more")
        return os.urandom(count)
