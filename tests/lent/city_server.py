"""A city's Open311 server on 127.0.0.1, as real ones behave: it cuts lists off, ignores pages, breaks, and forgets."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from pipewarden.exchange.facts.open311 import Format
from pipewarden.exchange.rules.open311.written import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Said = tuple[int, str, bytes]


@dataclass(slots=True)
class City:
    """What it holds, how it answers, and what it was asked."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] | None = None
    pages: bool = True
    most: int = 1000
    files: dict[str, bytes] = field(default_factory=dict)
    instead: Callable[[str], Said] | None = None
    takes: Callable[[dict[str, str]], Said] | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def get(self, path: str, query: dict[str, str]) -> Said:
        """Answer a question."""
        self.asked.append((path, query))
        if path in self.files:
            return 200, "image/jpeg", self.files[path]
        if self.instead is not None:
            return self.instead(path)
        form = Format(path.rpartition(".")[2])
        if path.startswith("/servicerequestupdates") and self.updates is None:
            return 404, "text/html", b"<!doctype html><html>no such page</html>"
        root = "service_request_updates" if "updates" in path else "service_requests"
        when = "updated_datetime" if "updates" in path else "requested_datetime"
        rows = [
            one
            for one in (self.updates or [] if "updates" in path else self.rows)
            if query["start_date"] <= str(one.get(when) or query["start_date"]) <= query["end_date"]
        ]
        size = min(int(query["page_size"]), self.most)
        start = (int(query["page"]) - 1) * size if self.pages else 0
        return 200, "application/json", write(root, rows[start : start + size], form)

    def post(self, form: dict[str, str]) -> Said:
        """Take an update."""
        self.told.append(form)
        if self.takes is not None:
            return self.takes(form)
        return 200, "application/json", json.dumps([{"update_id": "1"}]).encode()


@contextmanager
def city(**more: Any) -> Iterator[City]:
    """Serve a city on a port of its own."""
    made = City(**more)

    class Handler(BaseHTTPRequestHandler):
        def _send(self, said: Said) -> None:
            self.send_response(said[0])
            if said[1].startswith("->"):
                self.send_header("Location", said[1][2:])
            self.send_header("Content-Type", said[1])
            self.send_header("Content-Length", str(len(said[2])))
            self.end_headers()
            try:
                self.wfile.write(said[2])
            except OSError:
                self.close_connection = True  # the reader has had enough

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            self._send(made.get(split.path, {k: v[0] for k, v in parse_qs(split.query).items()}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._send(made.post({k: v[0] for k, v in parse_qs(body).items()}))

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
