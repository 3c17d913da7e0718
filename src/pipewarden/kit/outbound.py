"""The outbound guard: one request to an address that was checked, connected to as it was checked (safety.md T2).

Every address that a name stands for is looked at before the first byte leaves, the connection goes to the very address
that was looked at, and no redirect is followed: there is no second name that could stand for another. Networks that are
not public are closed but for those the operator opens; link-local ones, where clouds keep their keys, are never open.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import anyio
import httpx

from pipewarden.kit.errors import InputError, RefusedError, UnavailableError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_CARRIERS = tuple(  # whose last four bytes are an IPv4 address: RFC 6052 2.1, RFC 2765 2.1, RFC 4291 2.5.5.1
    ipaddress.IPv6Network(one) for one in ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")
)
_OWN = (ipaddress.IPv6Address("::"), ipaddress.IPv6Address("::1"))
_PUBLIC = ipaddress.IPv6Network("2000::/3")  # RFC 4291 2.4: all that is given out; whatever else is, is somebody's own
_MOST = 65_536  # bytes of an answer; whoever takes a message has little to say
_PORTS = {"https": 443, "http": 80}
_CONNECT_S = 4.0
_LONGEST_WAIT_S = 3600.0


class ClosedError(RefusedError):
    """The address is one that this house does not speak to; the words are the same whatever is behind it."""


class UnansweredError(UnavailableError):
    """No whole answer came within the time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        again_s: what ``Retry-After`` asked for, in seconds and at most an hour; None where it did not.
    """

    status: int
    body: bytes
    again_s: float | None


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


async def _looked_up(host: str, port: int) -> list[str]:
    """Ask the system; who asks in vain is not held up until a name server gives up."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await anyio.to_thread.run_sync(ask, abandon_on_cancel=True)
    return [str(one[4][0]) for one in found]


@dataclass(frozen=True, slots=True)
class Outbound:
    """The way out.

    Attributes:
        opened: networks that are not public and that the operator has opened.
        look_up: every address that a host name stands for.
    """

    opened: tuple[Network, ...] = ()
    look_up: Callable[[str, int], Awaitable[list[str]]] = field(default=_looked_up)

    def post(self, url: str, content: bytes, headers: Mapping[str, str], *, within_s: float) -> Answer:
        """Post to a checked address and return what came back, also when it is an error.

        Raises:
            ClosedError: the scheme, the host or one of its addresses is not allowed; plain http to a public one.
            UnansweredError: nothing whole came within the time.
        """
        return anyio.run(self._ask, "POST", url, content, dict(headers), within_s)

    def get(self, url: str, headers: Mapping[str, str], *, within_s: float) -> Answer:
        """Get a checked address, as ``post`` posts; a redirect comes back as it is and leads nowhere.

        Raises:
            ClosedError, UnansweredError: as for ``post``.
        """
        return anyio.run(self._ask, "GET", url, None, dict(headers), within_s)

    def check_host(self, host: str, port: int, *, within_s: float) -> str:
        """Return the address to connect to for a host that speaks something else than HTTP.

        Raises:
            ClosedError, UnansweredError: as for ``post``.
        """

        async def run() -> str:
            with anyio.fail_after(within_s):
                return (await self._checked(host, port))[0]

        try:
            return anyio.run(run)
        except TimeoutError as error:
            raise _unanswered("its name was not found in time") from error

    async def _ask(
        self, method: str, url: str, content: bytes | None, headers: dict[str, str], within_s: float
    ) -> Answer:
        scheme, host, port = _parts(url)
        try:
            with anyio.fail_after(within_s):
                address, public = await self._checked(host, port)
                if public and scheme != "https":
                    raise _closed("is plain http to the public network")
                return await self._send(method, url, host, address, content, headers)
        except TimeoutError as error:
            raise _unanswered(f"no answer within {within_s:.0f} s") from error
        except httpx.ConnectError as error:
            raise _unanswered("cannot be reached, or shows no certificate that can be trusted") from error
        except httpx.HTTPError as error:
            raise _unanswered(f"broke off ({type(error).__name__})") from error

    async def _send(
        self, method: str, url: str, host: str, address: str, content: bytes | None, headers: dict[str, str]
    ) -> Answer:
        where = httpx.URL(url)
        asked = httpx.Request(
            method,
            where.copy_with(host=address),
            content=content,
            headers=headers | {"Host": where.netloc.decode("ascii"), "Accept-Encoding": "identity"},
            extensions={"sni_hostname": host, "timeout": httpx.Timeout(None, connect=_CONNECT_S).as_dict()},
        )
        # the transport and not a client: no redirect, no proxy or netrc of the environment, no line in a log
        async with httpx.AsyncHTTPTransport(verify=_trust()) as wire:
            came = await wire.handle_async_request(asked)
            got = bytearray()
            async for part in came.aiter_raw():
                got += part
                if len(got) > _MOST:
                    break
            await came.aclose()
        return Answer(came.status_code, bytes(got[:_MOST]), _seconds(came.headers.get("retry-after", "")))

    async def _checked(self, host: str, port: int) -> tuple[str, bool]:
        """Return the first address of a host and whether it is public; all of its addresses must be allowed."""
        try:
            found = await self.look_up(host, port)
        except OSError as error:
            raise _unanswered("its name is unknown") from error
        verdicts = [self._allowed(one) for one in found]
        if not verdicts:
            raise _unanswered("its name is unknown")
        return found[0], any(verdicts)

    def _allowed(self, text: str) -> bool:
        """Return whether an address is public; False for one that the operator opened.

        Raises:
            ClosedError: it is neither.
        """
        address = _inner(ipaddress.ip_address(text.partition("%")[0]))
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise _closed("is not allowed")
        if any(address in network for network in self.opened if network.version == address.version):
            return False
        if not address.is_global or (isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC):
            raise _closed("is not allowed")
        return True


def read_networks(text: str, field_name: str) -> tuple[Network, ...]:
    """Return the networks of a list of CIDRs with commas between them.

    Raises:
        InputError: one of them is none.
    """
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise InputError(
            field=field_name, problem=f"holds what is no network ({error})", fix="Write it like 10.20.0.0/16,fd00::/8."
        ) from error


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries, which is where the packets end."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address not in _OWN and any(address in one for one in _CARRIERS):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address if address.teredo is None else address.teredo[1]


def _parts(url: str) -> tuple[str, str, int]:
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as error:
        raise _closed("cannot be read") from error
    if split.scheme not in _PORTS or not split.hostname or "@" in split.netloc or not split.netloc.isascii():
        raise _closed("is no plain http or https address")
    return split.scheme, split.hostname, port or _PORTS[split.scheme]


def _seconds(text: str) -> float | None:
    return min(float(text), _LONGEST_WAIT_S) if text.isascii() and text.isdigit() else None


def _closed(problem: str) -> ClosedError:
    return ClosedError(
        field="address", problem=problem, fix="Use a public https address, or ask the operator to open its network."
    )


def _unanswered(problem: str) -> UnansweredError:
    return UnansweredError(field="address", problem=problem, fix="Check it; it is tried again.")
