"""UUIDv7 (RFC 9562 §5.7) made in Python: ``uuidv7()`` exists only in PostgreSQL 18 and 15 must serve."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipewarden.kit.clock import Clock

RANDOM_BITS = 62  # the tail of a UUIDv7
_COUNTER_BITS = 12


class IdSource(Protocol):
    """Makes identifiers that sort by the time they were made."""

    def new(self) -> UUID:
        """Return a fresh UUIDv7."""
        ...


def least_at(at: datetime) -> UUID:
    """Return what no UUIDv7 made at or after a moment is smaller than: rows of before it have smaller ids."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _entropy(bits: int) -> int:
    return int.from_bytes(os.urandom(8), "big") & ((1 << bits) - 1)


@dataclass(slots=True)
class Uuid7Source:
    """UUIDv7 with a 12-bit counter, so that ids of one process sort in the order they were made."""

    clock: Clock
    entropy: Callable[[int], int] = _entropy
    _last_ms: int = field(default=-1, init=False)
    _counter: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def new(self) -> UUID:
        """Return a fresh UUIDv7; never smaller than the one before it."""
        with self._lock:
            now_ms = int(self.clock.now().timestamp() * 1000)
            if now_ms > self._last_ms:
                self._last_ms, self._counter = now_ms, 0
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:
                    self._last_ms, self._counter = self._last_ms + 1, 0
            value = self._last_ms << 80 | 0x7 << 76 | self._counter << 64 | 0b10 << 62 | self.entropy(RANDOM_BITS)
        return UUID(int=value)
