"""A test client that asks an application in one turn of its loop, where Starlette's own crosses threads eight times.

Every suite that asks over HTTP in this process makes tens of thousands of requests; most of what each cost was waiting
for the other thread. An answer is whole when it is given: what streams for ever is asked of a served application.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx2
from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from starlette.types import Message


class _OneTurn(httpx2.BaseTransport):
    def __init__(self, client: TestClient) -> None:
        self._client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        with self._client._portal_factory() as portal:
            return portal.call(self._answer, request, body)

    async def _answer(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        said: list[Message] = []
        ended = asyncio.Event()

        async def receive() -> Message:
            if rest:
                return rest.pop()
            await ended.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            said.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                ended.set()

        try:
            await self._client.app(self._scope(request), receive, send)  # type: ignore[operator]
        except Exception:
            if not said:
                raise
        start = next(one for one in said if one["type"] == "http.response.start")
        content = b"".join(one.get("body", b"") for one in said if one["type"] == "http.response.body")
        if request.method == "HEAD":
            content = b""
        return httpx2.Response(start["status"], headers=start["headers"], stream=httpx2.ByteStream(content))

    def _scope(self, request: httpx2.Request) -> dict[str, Any]:
        url = request.url
        return {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": "",
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": [(key.lower(), value) for key, value in request.headers.raw],
            "client": ("testclient", 50000),
            "server": [url.host, url.port or {"http": 80, "https": 443}[url.scheme]],
            "extensions": {},
            "state": self._client.app_state.copy(),
        }


class OneTurnClient(TestClient):
    """Starlette's client with that door: the whole answer at once; what the server itself breaks on is a 500."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._transport = _OneTurn(self)
