"""Servers on 127.0.0.1 that behave as WeCom, DingTalk, Feishu and a mail server document it, and as broken ones do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Said = tuple[int, dict[str, str], bytes]


@dataclass(slots=True)
class Asked:
    """One request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Street:
    """One server: what it was asked, and how it answers; ``how`` may also hang, drip, reset or be cut."""

    answer: Callable[[Asked], Said]
    how: str = "answer"
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)


def _handler(street: Street) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            asked = Asked(parts.path, query, {k.lower(): v for k, v in self.headers.items()}, body)
            street.asked.append(asked)
            if street.how == "hang":
                street.closing.wait(30)
                return
            if street.how == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            status, headers, out = street.answer(asked)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(out) + (9 if street.how == "cut" else 0)))
            self.end_headers()
            if street.how == "drip":
                for byte in out:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    if street.closing.wait(0.2):
                        return
                return
            self.wfile.write(out)

        do_GET = do_POST  # noqa: N815  as the library calls it

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    request_queue_size = 64  # with its five, a crowd's connections wait for the kernel to ask again


@contextmanager
def street(answer: Callable[[Asked], Said]) -> Iterator[Street]:
    """Open a server for the time of a test."""
    made = Street(answer)
    server = _Server(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = True
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]  # broken on purpose
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def said(document: dict[str, Any], status: int = 200) -> Said:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def wecom(key: str, *, most: int = 20) -> Callable[[Asked], Said]:
    """Return WeCom's robot: 93000 for a key it does not know, 40058 past 2048 bytes, 45009 past 20 in a minute."""
    taken: list[Asked] = []

    def answer(asked: Asked) -> Said:
        if asked.path != "/cgi-bin/webhook/send" or asked.query.get("key") != key:
            return said({"errcode": 93000, "errmsg": f"invalid webhook url, key {asked.query.get('key')}"})
        if len(asked.json["text"]["content"].encode()) > 2048:
            return said({"errcode": 40058, "errmsg": "text.content exceed max length 2048"})
        if len(taken) >= most:
            return said({"errcode": 45009, "errmsg": "api freq out of limit"})
        taken.append(asked)
        return said({"errcode": 0, "errmsg": "ok"})

    return answer


def dingtalk(token: str, secret: str, *, most: int = 20) -> Callable[[Asked], Said]:
    """Return DingTalk's robot: 310000 for a sign that is not right or older than an hour, 130101 past its rate."""
    taken: list[Asked] = []

    def answer(asked: Asked) -> Said:
        if asked.query.get("access_token") != token:
            return said({"errcode": 300005, "errmsg": "token is not exist"})
        at = asked.query.get("timestamp", "0")
        mac = hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()
        fresh = abs(time.time() * 1000 - int(at)) < 3_600_000  # the vendor's own clock
        if secret and not (fresh and asked.query.get("sign") == base64.b64encode(mac).decode()):
            return said({"errcode": 310000, "errmsg": "sign not match, more: [https://ding-doc.example]"})
        if len(taken) >= most:
            return said({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})
        taken.append(asked)
        return said({"errcode": 0, "errmsg": "ok"})

    return answer


def feishu(key: str, secret: str, *, most: int = 100) -> Callable[[Asked], Said]:
    """Return Feishu's robot: 19021 for a sign that is not right, 11232 past its rate."""
    taken: list[Asked] = []

    def answer(asked: Asked) -> Said:
        if asked.path.rstrip("/") != f"/open-apis/bot/v2/hook/{key}":
            return said({"code": 19001, "msg": "param invalid: incoming webhook access token invalid"})
        if secret:
            at = asked.json.get("timestamp", "0")
            mac = hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()
            if asked.json.get("sign") != base64.b64encode(mac).decode():
                return said({"code": 19021, "msg": "sign match fail or timestamp is not within one hour"})
        if len(taken) >= most:
            return said({"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]"})
        taken.append(asked)
        return said({"code": 0, "data": {}, "msg": "success", "StatusCode": 0, "StatusMessage": "success"})

    return answer


@dataclass(slots=True)
class Postbox:
    """A mail server that takes mail for everybody but ``nobody@``."""

    port: int
    mails: list[str] = field(default_factory=list)
    refuse: bool = False
    pause_s: float = 0.0  # before each line it says


@contextmanager
def postbox() -> Iterator[Postbox]:
    """Open a mail server that speaks as much SMTP (RFC 5321) as a client needs."""
    listener = socket.create_server(("127.0.0.1", 0))
    box = Postbox(listener.getsockname()[1])
    listener.settimeout(0.05)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            with peer, peer.makefile("rwb") as wire:
                peer.settimeout(5)
                _mail(wire, box)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        over.set()
        thread.join(5)
        listener.close()


def _mail(wire: Any, box: Postbox) -> None:
    def reply(line: str) -> None:
        time.sleep(box.pause_s)
        wire.write(f"{line}\r\n".encode())
        wire.flush()

    reply("220 postbox")
    while line := wire.readline().decode().strip():
        word = line.split(" ")[0].upper()
        if word == "EHLO":
            reply("250 postbox")
        elif word == "RCPT" and (box.refuse or "nobody@" in line):
            reply("550 5.1.1 no such user")
        elif word == "DATA":
            reply("354 go on")
            lines = []
            while (part := wire.readline().decode().rstrip("\r\n")) != ".":
                lines.append(part)
            box.mails.append("\n".join(lines))
            reply("250 taken")
        elif word == "QUIT":
            reply("221 bye")
            return
        else:
            reply("250 ok")
