"""How much anybody may ask: a pace for each who asks, and a lane of its own for word of danger (safety.md §4, T29).

Whoever asks too fast is told when to come again (429 with Retry-After, RFC 6585); nobody else notices. Word of danger
has a pace of its own, so that no page, export or upload of the same person or device uses it up, and one a minute
passes whatever was sent before (up to sixty a minute of one network address). The buckets live in this process: a
restart forgets them, and two processes know nothing of each other.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from pipewarden.main.web.guard import told_length
from pipewarden.main.web.problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fastapi.responses import JSONResponse
    from starlette.types import ASGIApp, Receive, Scope, Send

DANGER = re.compile(r"/v1/(observations|strikes|devices/[^/]+/alarms|(public/)?reports|public/near/[^/]+/confirm)")
_FREE = re.compile(r"/(healthz|livez|readyz|statusz|metrics|assets/.*)?")
_COOKIE = re.compile(rb"(?:^|;\s*)pipewarden_session=([^;]+)")
_MOST = 20_000  # who is remembered; the longest silent are forgotten first
_BUSY_AGAIN_S = 2
_SMALL = 64 << 10  # bytes: words and forms; what is larger counts as an upload


@dataclass(frozen=True, slots=True)
class Rates:
    """What one session, key or, unsigned, network address may ask.

    Attributes:
        requests_min: requests in a minute; ``burst`` at once.
        danger_min: a person's reports in a minute, counted apart; ``danger_burst`` at once.
        device_min: what a key sends of danger in a minute; a gateway speaks for many cameras and sensors.
        unknown_min: requests in a minute of whoever shows neither session nor key; ``unknown_burst`` at once.
        network_min: requests in a minute of one network address, whatever they show; ``network_burst`` at once. A
            company's office is one address. Word of danger is counted apart, by ``danger_network_min``.
        upload_bytes_min: bytes a minute in bodies above 64 KiB; ``upload_burst`` at once.
        in_flight: requests under way that are no word of danger; the server takes 256 in all.
    """

    requests_min: float = 1200.0
    burst: float = 600.0
    danger_min: float = 240.0
    danger_burst: float = 120.0
    device_min: float = 12_000.0
    device_burst: float = 6000.0
    unknown_min: float = 120.0
    unknown_burst: float = 60.0
    network_min: float = 12_000.0
    network_burst: float = 6000.0
    danger_network_min: float = 60_000.0
    danger_network_burst: float = 20_000.0
    upload_bytes_min: float = 200e6
    upload_burst: float = 400e6
    in_flight: int = 200


@dataclass(slots=True)
class Buckets:
    """Token buckets by name: each holds ``burst`` and fills by ``rate`` a second."""

    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, name: str, cost: float, *, rate: float, burst: float, now: float) -> float:
        """Take ``cost`` and return 0, or take nothing and return the seconds until there is enough.

        A cost above ``burst`` is taken from a full bucket, which then owes the rest: else it would never pass.
        """
        level, at = self._levels.get(name, (burst, now))
        level = min(burst, level + max(0.0, now - at) * rate)
        wanted = min(cost, burst)
        if level < wanted:
            self._keep(name, level, now)
            return (wanted - level) / rate
        self._keep(name, level - cost, now)
        return 0.0

    def _keep(self, name: str, level: float, now: float) -> None:
        self._levels[name] = (level, now)
        self._levels.move_to_end(name)
        if len(self._levels) > _MOST:
            self._levels.popitem(last=False)


@dataclass(slots=True)
class Lanes:
    """ASGI middleware around the whole application, inside the guard that bounds sizes.

    Attributes:
        now: the house's clock; sets the pace.
        rates: None lets everybody through, for tests and the demo's single person.
    """

    app: ASGIApp
    now: Callable[[], datetime]
    rates: Rates | None
    _buckets: Buckets = field(default_factory=Buckets)
    _under_way: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429 or 503 with the seconds to wait."""
        if scope["type"] != "http" or self.rates is None or _FREE.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        danger = scope["method"] == "POST" and DANGER.fullmatch(scope["path"]) is not None
        wait = self._wait(scope, self.rates, danger=danger)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            words, fix = (
                f"too many requests; there is room again in {seconds} s",
                f"Wait {seconds} s and send it again.",
            )
            await _refuse(429, words, fix, seconds)(scope, receive, send)
            return
        if danger:
            await self.app(scope, receive, send)
            return
        if self._under_way >= self.rates.in_flight:
            words, fix = "the service is busy; word of danger is still taken", "Send it again in a moment."
            await _refuse(503, words, fix, _BUSY_AGAIN_S)(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._under_way -= 1

    def _wait(self, scope: Scope, rates: Rates, *, danger: bool) -> float:
        name, who = asker(scope)
        network, size = f"from {_network(scope)}", told_length(scope)
        if danger and who is Who.KEY:
            asked = [(f"danger {name}", 1.0, rates.device_min, rates.device_burst)]
        elif danger:
            asked = [(f"danger {name}", 1.0, rates.danger_min, rates.danger_burst)]
        elif who is Who.NOBODY:
            asked = [(f"unknown {network}", 1.0, rates.unknown_min, rates.unknown_burst)]
        else:
            asked = [(name, 1.0, rates.requests_min, rates.burst)]
        if danger:
            asked.append((f"danger all {network}", 1.0, rates.danger_network_min, rates.danger_network_burst))
        else:
            asked.append((f"all {network}", 1.0, rates.network_min, rates.network_burst))
        if size > _SMALL:
            asked.append((f"bytes {name}", size, rates.upload_bytes_min, rates.upload_burst))
        wait = self._taken(asked)
        if wait > 0 and danger and self._taken([(f"least {name}", 1, 1, 1), (f"least {network}", 1, 60, 60)]) == 0:
            return 0.0
        return wait

    def _taken(self, asked: Sequence[tuple[str, float, float, float]]) -> float:
        """Take of each bucket, named with cost, filling a minute and burst; return the longest wait of any."""
        now = self.now().timestamp()
        return max(
            self._buckets.take(name, cost, rate=a_minute / 60, burst=burst, now=now)
            for name, cost, a_minute, burst in asked
        )


def _refuse(status: int, words: str, fix: str, seconds: int) -> JSONResponse:
    return problem(status, words, field="rate", fix=fix, headers={"Retry-After": str(seconds)})


class Who(Enum):
    """What whoever asks shows of themself."""

    KEY = "key"
    SESSION = "session"
    NOBODY = "nobody"


def asker(scope: Scope) -> tuple[str, Who]:
    """Return by what name somebody's pace is kept, and what they show.

    What they show is not looked up here: a made-up key has a pace of its own and is refused by the door; whoever shows
    many of them is held by the pace of the network address.
    """
    key = session = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            key = value
        elif name == b"cookie" and (found := _COOKIE.search(value)):
            session = found.group(1)
    if shown := key or session:
        return hashlib.sha256(shown).hexdigest()[:24], Who.KEY if key else Who.SESSION
    return f"from {_network(scope)}", Who.NOBODY


def _network(scope: Scope) -> str:
    """Return whose connection it is: an IPv4 address, or the /64 that one subscriber of IPv6 has to himself."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False))
