"""Asks whether anybody listens at a camera's address: a TCP connection that is opened and closed, nothing said.

The address is the one that is looked at anyway, so nobody is reached by a probe whom a look would not reach. A name
that is not looked up in time says nothing of its camera: a name server that is away makes nobody offline.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipewarden.kit.addresses import ClosedError, is_public

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from pipewarden.kit.addresses import Network

_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA})


class TcpProber:
    """Implements ``sense.ports.CameraProber``; to be kept, for its threads outlive a call."""

    def __init__(
        self,
        opened: Callable[[UUID], tuple[Network, ...]],
        *,
        patience_s: float = 2.0,
        at_once: int = 64,
        lookup: Callable[..., Any] = socket.getaddrinfo,
    ) -> None:
        """Take the bounds.

        Args:
            opened: networks that are not public and that a tenant's cameras may lie in.
            patience_s: for looking a name up, and again for reaching what it stands for.
            at_once: names being looked up, and connections under way; what is more waits.
            lookup: as ``socket.getaddrinfo``, which cannot be broken off: a dead name holds its thread for long.
        """
        self._opened = opened
        self._patience_s, self._at_once, self._lookup = patience_s, at_once, lookup
        self._hands = ThreadPoolExecutor(at_once, thread_name_prefix="names")

    def reach(self, asked: Sequence[tuple[UUID, str]]) -> list[bool | None]:
        """Return of each address whether somebody listens there; None where its name could not be looked up."""
        opened = {tenant_id: self._opened(tenant_id) for tenant_id, _ in asked}
        return asyncio.run(self._reach([(address, opened[tenant_id]) for tenant_id, address in asked]))

    async def _reach(self, asked: Sequence[tuple[str, tuple[Network, ...]]]) -> list[bool | None]:
        turn = asyncio.Semaphore(self._at_once)
        return list(await asyncio.gather(*(self._one(address, opened, turn) for address, opened in asked)))

    async def _one(self, address: str, opened: tuple[Network, ...], turn: asyncio.Semaphore) -> bool | None:
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            return False
        if not host or not port:
            return False
        numbers = await self._numbers(host)
        if not numbers:
            return None if numbers is None else False
        try:
            for one in numbers:
                is_public(one, opened)
        except ClosedError:
            return False
        async with turn:
            try:
                async with asyncio.timeout(self._patience_s):
                    writer = await _open(numbers, port)
            except (OSError, TimeoutError):
                return False
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return True

    async def _numbers(self, host: str) -> list[str] | None:
        """Return the addresses that a name stands for, none of one that does not exist; None when nobody can say."""
        with suppress(ValueError):
            return [str(ip_address(host))]
        asked = asyncio.get_running_loop().run_in_executor(
            self._hands, lambda: self._lookup(host, None, type=socket.SOCK_STREAM)
        )
        try:
            async with asyncio.timeout(self._patience_s):
                found = await asked
        except socket.gaierror as error:
            return [] if error.errno in _NO_SUCH_NAME else None
        except UnicodeError:
            return []
        except (OSError, TimeoutError):
            return None
        return [str(one[4][0]) for one in found]


async def _open(numbers: Sequence[str], port: int) -> asyncio.StreamWriter:
    """Connect to the first address that lets us in; raises what the last one answered."""
    for number in numbers[:-1]:
        with suppress(OSError):
            return (await asyncio.open_connection(number, port))[1]
    return (await asyncio.open_connection(numbers[-1], port))[1]
