"""The wire to an OpenAI-compatible endpoint: one POST, bounded in time and size, to nowhere else than it was told.

The whole of a call stands under one clock, because a server that sends a byte now and then never trips a read time-out.
No redirect is followed, no proxy or netrc of the environment is used, nothing compressed is taken, and the key is cut
out of whatever comes back before anybody sees it.
"""

from __future__ import annotations

import hashlib
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import httpx
from anyio.from_thread import start_blocking_portal

from pipewarden.inference.adapters.endpoint import NullEndpoint, described
from pipewarden.inference.facts import FailureKind, Lost, Reply
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from anyio.from_thread import BlockingPortal

    from pipewarden.inference.facts import VisionModel
    from pipewarden.inference.ports import VisionEndpoint
    from pipewarden.kit.settings import Settings

_LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken, and how long a connection may take; the rest of the time is the model's to think.

    Attributes:
        connect_s: until the connection stands.
        body: bytes of the answer.
    """

    connect_s: float = 5.0
    body: int = 262_144


class OpenAiEndpoint:
    """Implements ``inference.ports.VisionEndpoint`` over httpx."""

    def __init__(
        self, about: VisionModel, url: str, key: str, portal: BlockingPortal, *,
        tls: ssl.SSLContext | None = None, limits: Limits | None = None,
    ) -> None:  # fmt: skip
        self.about = about
        self._url = url
        self._key = key
        self._portal = portal
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._limits = limits or Limits()

    def send(self, body: bytes, within_s: float) -> Reply | Lost:
        """Return what comes back within the time."""
        return self._portal.call(self._send, body, within_s)

    async def _send(self, body: bytes, within_s: float) -> Reply | Lost:
        """One call on one connection: a kept connection that died meanwhile would look like a failed answer."""
        bounds = httpx.Timeout(within_s, connect=min(self._limits.connect_s, within_s))
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            with anyio.fail_after(within_s):
                async with (
                    httpx.AsyncClient(
                        timeout=bounds, verify=self._tls, trust_env=False, follow_redirects=False, headers=headers
                    ) as client,
                    client.stream("POST", self._url, content=body) as came,
                ):
                    return await self._take(came)
        except (TimeoutError, httpx.TimeoutException) as error:
            sent = not isinstance(error, httpx.ConnectTimeout)
            return Lost(FailureKind.TIMEOUT, f"did not answer within {within_s:.1f} s", sent)
        except httpx.ConnectError as error:
            if _is_tls(error):
                return Lost(FailureKind.TLS, "shows a certificate that cannot be trusted, or speaks no TLS", sent=False)
            return Lost(FailureKind.UNREACHABLE, "cannot be reached", sent=False)
        except httpx.HTTPError as error:
            return Lost(FailureKind.CUT, f"broke off ({type(error).__name__})", sent=True)

    async def _take(self, came: httpx.Response) -> Reply | Lost:
        if came.headers.get("content-encoding", "identity").casefold() != "identity":
            return Lost(FailureKind.ENCODING, "sends something compressed that was not asked for", sent=True)
        got = bytearray()
        async for part in came.aiter_raw():
            got += part
            if len(got) > self._limits.body:
                return Lost(FailureKind.TOO_LONG, f"sends more than {self._limits.body} bytes", sent=True)
        try:
            body = got.decode("utf-8")
        except UnicodeDecodeError:
            return Lost(FailureKind.ENCODING, "sends something that is not UTF-8", sent=True)
        return Reply(
            status=came.status_code,
            content_type=self._safe(came.headers.get("content-type", ""))[:100],
            body=self._safe(body),
            sha256=hashlib.sha256(got).hexdigest(),
            again_s=_seconds(came.headers.get("retry-after", "")),
        )

    def _safe(self, text: str) -> str:
        """Return a text without the key, and without the sign that no database keeps."""
        return (text.replace(self._key, "***") if self._key else text).replace("\x00", "\ufffd")


@contextmanager
def open_endpoint(settings: Settings) -> Iterator[VisionEndpoint]:
    """Open the endpoint of the settings; one that reaches nobody where none is named.

    Raises:
        InputError: a setting of the endpoint cannot be used; the field names it.
    """
    if settings.vision_url is None:
        yield NullEndpoint()
        return
    about, url, key = described(settings)
    tls = None if settings.vision_ca is None else _trusting(settings.vision_ca)
    with start_blocking_portal(name="vision") as portal:
        yield OpenAiEndpoint(about, url, key, portal, tls=tls)


def _trusting(authority: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise InputError(
            field="PIPEWARDEN_VISION_CA",
            problem=f"{authority} holds no certificate that can be read",
            fix="Name the PEM file of the authority that signed the endpoint's certificate.",
        ) from error


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _seconds(told: str) -> float | None:
    return min(float(told), _LONGEST_WAIT_S) if told.isascii() and told.isdigit() and len(told) < 10 else None  # noqa: PLR2004  no date, no flood of digits
