"""What every request meets before any route: a bound on its size, and headers that browsers obey."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from pipewarden.kit.chance import SystemChance
from pipewarden.main.web.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON_LIMIT = 1 << 20
PICTURE_LIMIT = 40 << 20  # a picture may have 25 MB; one that is larger must not lose the words sent with it
_LARGE = re.compile(
    r"/v1/(observations|indoor/checks|trips/[^/]+/frames|devices/[^/]+/alarms|sites/[^/]+/pictures|filings/imports"
    r"|capabilities/[^/]+/(examples|invoke|versions/[^/]+/try)|engagements/[^/]+/deliveries|finance/reconciliations"
    r"|commissions/[^/]+/(pictures|imports)|networks/sync|reports|public/reports|standby/[^/]+/checks|tasks/[^/]+/answer)"
    r"|/open311/v2/requests\.(json|xml)"
)  # take pictures, lists, statements of a bank, pipe maps and deliveries of experts
_ID_DIGITS = 16
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=()",
}
_API_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


@dataclass(slots=True)
class Guard:
    """ASGI middleware around the whole application."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted, and the answer out with its headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = SystemChance().bytes(16).hex()[:_ID_DIGITS]
        structlog.contextvars.bind_contextvars(request=request)  # each request is a task of its own
        limit = PICTURE_LIMIT if _LARGE.fullmatch(scope["path"]) else JSON_LIMIT

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(("/v1/", "/open311/")) or scope["path"] == "/openapi.json":
                    for name, value in _API_HEADERS.items():
                        headers.setdefault(name, value)
            await send(message)

        words = f"the request is larger than {limit >> 20} MB"
        if told_length(scope) > limit:
            await problem(413, words, field="body", fix="Send less: a smaller picture, half the list.")(
                scope, receive, out
            )
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413, words)  # a length that was told too small, or not at all
            return message

        await self.app(scope, counted, out)


def told_length(scope: Scope) -> int:
    """Return how many bytes a request says its body has; 0 where it does not say."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
