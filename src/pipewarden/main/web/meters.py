"""What this process counts as it goes: requests, denials, what it acknowledged. Labels name kinds, never anybody."""

from __future__ import annotations

import time
from collections import Counter as Tally
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DENIED = frozenset({401, 403, 429})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Meters:
    """The counters of one application; a second one in the same process has its own."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    requests: Histogram = field(init=False)
    denied: Counter = field(init=False)
    acked: Counter = field(init=False)

    def __post_init__(self) -> None:
        """Register what is counted."""
        self.requests = Histogram(
            "pipewarden_request_seconds",
            "Requests by method, route and class of the answer.",
            ("method", "route", "answer"),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self.denied = Counter(
            "pipewarden_auth_denials", "Requests that were not let in, by status.", ("status",), registry=self.registry
        )
        self.acked = Counter(
            "pipewarden_facts_acknowledged",
            "Facts that were committed before a request was answered, by kind.",
            ("kind",),
            registry=self.registry,
        )
        for status in sorted(_DENIED):
            self.denied.labels(str(status))  # a series that begins with its first denial shows no rise

    def committed(self, kinds: Iterable[str]) -> None:
        """Count facts that are on disk and whose request is answered now."""
        for kind, count in Tally(kinds).items():
            self.acked.labels(kind).inc(count)

    def answered(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count one answer."""
        known = method if method in _METHODS else "other"
        self.requests.labels(known, route, f"{status // 100}xx").observe(took_s)
        if status in _DENIED:
            self.denied.labels(str(status)).inc()


@dataclass(slots=True)
class Metered:
    """ASGI middleware that counts every answer; a path that no route has is ``none``, so that labels stay few."""

    app: ASGIApp
    meters: Meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count how it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        since, status = time.perf_counter(), 500

        async def out(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, out)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self.meters.answered(scope["method"], str(route), status, time.perf_counter() - since)
