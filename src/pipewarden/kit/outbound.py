"""The outbound guard: HTTP to an address that was checked, connected to as it was checked (safety.md T2).

Every address that a name stands for is looked at before the first byte leaves (``kit.addresses``), and the connection
goes to the very address that was looked at. A message follows no redirect; a camera's picture does, and each step is
looked at like the first: there is no second name that could stand for another.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
import httpx

from pipewarden.kit.addresses import Network, Opened, checked, closed, is_public
from pipewarden.kit.errors import UnavailableError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

_MOST = 65_536  # bytes of an answer; whoever takes a message has little to say
_PORTS = {"https": 443, "http": 80}
_CONNECT_S = 4.0
_LONGEST_WAIT_S = 3600.0


class UnansweredError(UnavailableError):
    """No whole answer came within the time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        again_s: what ``Retry-After`` asked for, in seconds and at most an hour; None where it did not.
        headers: of the answer, by lower-case name; some answers are signed in them.
    """

    status: int
    body: bytes
    again_s: float | None
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


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

    opened: Opened = field(default_factory=Opened)
    look_up: Callable[[str, int], Awaitable[list[str]]] = field(default=_looked_up)

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], *, within_s: float, tenant: str | None = None
    ) -> Answer:
        """Post to a checked address and return what came back, also when it is an error.

        Args:
            url: https, or http in a network that is opened.
            content: the body.
            headers: without ``Host``, which the address gives.
            within_s: seconds for all of it.
            tenant: key of the tenant that gave the address; what is open to it alone is open to the message.

        Raises:
            ClosedError: the scheme, the host or one of its addresses is not allowed; plain http to a public one.
            UnansweredError: nothing whole came within the time.
        """
        return anyio.run(self._ask, ("POST", content), url, dict(headers), within_s, self.opened.to(tenant))

    def get(self, url: str, headers: Mapping[str, str], *, within_s: float) -> Answer:
        """Get a checked address, as ``post`` posts; a redirect comes back as it is and leads nowhere.

        Raises:
            ClosedError, UnansweredError: as for ``post``.
        """
        return anyio.run(self._ask, ("GET", None), url, dict(headers), within_s, self.opened.everyone)

    def check_host(self, host: str, port: int, *, within_s: float) -> str:
        """Return the address to connect to for a host that speaks something else than HTTP.

        Raises:
            ClosedError, UnansweredError: as for ``post``.
        """

        async def run() -> str:
            with anyio.fail_after(within_s):
                return (await self._checked(host, port, self.opened.everyone))[0]

        try:
            return anyio.run(run)
        except TimeoutError as error:
            raise _unanswered("its name was not found in time") from error

    async def _ask(
        self,
        said: tuple[str, bytes | None],
        url: str,
        headers: dict[str, str],
        within_s: float,
        opened: tuple[Network, ...],
    ) -> Answer:
        scheme, host, port = _parts(url)
        try:
            with anyio.fail_after(within_s):
                address, public = await self._checked(host, port, opened)
                if public and scheme != "https":
                    raise closed("is plain http to the public network")
                return await self._send(url, host, address, said, headers)
        except TimeoutError as error:
            raise _unanswered(f"no answer within {within_s:.0f} s") from error
        except httpx.ConnectError as error:
            raise _unanswered("cannot be reached, or shows no certificate that can be trusted") from error
        except httpx.HTTPError as error:
            raise _unanswered(f"broke off ({type(error).__name__})") from error

    async def _send(
        self, url: str, host: str, address: str, what: tuple[str, bytes | None], headers: dict[str, str]
    ) -> Answer:
        where = httpx.URL(url)
        asked = httpx.Request(
            what[0],
            where.copy_with(host=address),
            content=what[1],
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
        again_s = _seconds(came.headers.get("retry-after", ""))
        return Answer(came.status_code, bytes(got[:_MOST]), again_s, dict(came.headers))

    async def _checked(self, host: str, port: int, opened: tuple[Network, ...]) -> tuple[str, bool]:
        """Return the first address of a host and whether it is public; all of its addresses must be allowed."""
        try:
            found = await self.look_up(host, port)
        except OSError as error:
            raise _unanswered("its name is unknown") from error
        verdicts = [is_public(one, opened) for one in found]
        if not verdicts:
            raise _unanswered("its name is unknown")
        return found[0], any(verdicts)


class CheckedTransport(httpx.BaseTransport):
    """For an ``httpx.Client`` that follows redirects: every request of its own, the first and each next, is checked.

    Plain http to a public address is let through: many a camera speaks nothing else.

    Args:
        opened: networks that are not public and may be spoken to.
    """

    def __init__(self, opened: tuple[Network, ...]) -> None:
        self._opened = opened
        self._wire = httpx.HTTPTransport(verify=_trust())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request to the address that was checked.

        Raises:
            ClosedError: the scheme, the host or one of its addresses is not allowed.
            httpx.ConnectError: its name is unknown.
        """
        host, port = request.url.host, request.url.port or _PORTS.get(request.url.scheme, 0)
        if request.url.scheme not in _PORTS or not host:
            raise closed("is no plain http or https address")
        try:
            address = checked(host, port, self._opened)[0]
        except OSError as error:
            raise httpx.ConnectError("its name is unknown", request=request) from error
        return self._wire.handle_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,  # with the Host of the name
                stream=request.stream,
                extensions=request.extensions | {"sni_hostname": host},
            )
        )

    def close(self) -> None:
        """Close what is open."""
        self._wire.close()


def _parts(url: str) -> tuple[str, str, int]:
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as error:
        raise closed("cannot be read") from error
    if split.scheme not in _PORTS or not split.hostname or "@" in split.netloc or not split.netloc.isascii():
        raise closed("is no plain http or https address")
    return split.scheme, split.hostname, port or _PORTS[split.scheme]


def _seconds(text: str) -> float | None:
    return min(float(text), _LONGEST_WAIT_S) if text.isascii() and text.isdigit() else None


def _unanswered(problem: str) -> UnansweredError:
    return UnansweredError(field="address", problem=problem, fix="Check it; it is tried again.")
