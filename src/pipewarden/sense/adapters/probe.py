"""Asks whether anybody listens at a camera's address: a TCP connection that is opened and closed, nothing said.

The address is the one that is looked at anyway, so nobody is reached by a probe whom a look would not reach.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class TcpProber:
    """Implements ``sense.ports.CameraProber``.

    Attributes:
        patience_s: for one address.
        at_once: connections under way; what is more waits.
    """

    patience_s: float = 2.0
    at_once: int = 64

    def reach(self, addresses: Sequence[str]) -> list[bool]:
        """Return of each address whether somebody listens there."""
        return asyncio.run(self._reach(addresses)) if addresses else []

    async def _reach(self, addresses: Sequence[str]) -> list[bool]:
        turn = asyncio.Semaphore(self.at_once)
        return list(await asyncio.gather(*(self._one(address, turn) for address in addresses)))

    async def _one(self, address: str, turn: asyncio.Semaphore) -> bool:
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            return False
        async with turn:
            try:
                async with asyncio.timeout(self.patience_s):
                    _, writer = await asyncio.open_connection(host, port)
            except (OSError, TimeoutError, UnicodeError):
                return False
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return True
