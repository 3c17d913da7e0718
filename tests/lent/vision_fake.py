"""A fake OpenAI-compatible endpoint on 127.0.0.1, and every way in which a real one has been seen to fail (L2).

It is a test's own: it looks at no picture, it only obeys its script. ``KINDS`` names each kind of reply, how to make
it, and what the door must call it; None means that it must come out as an answer.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "sk-canary-0123456789abcdef"
DRIP_S = 0.05


@dataclass
class Fake:
    """A running endpoint: what it was asked, and how it behaves now."""

    url: str
    behave: Callable[[Wire, dict[str, Any]], None]
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)


class Wire(BaseHTTPRequestHandler):
    """One request; its helpers write what a kind of reply needs."""

    protocol_version = "HTTP/1.1"
    fake: Fake

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.fake.asked.append(request)
        self.fake.headers.append(dict(self.headers))
        self.close_connection = True
        with contextlib.suppress(OSError):  # the caller has gone: that is what time-outs do
            self.fake.behave(self, request)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Say nothing."""

    def reply(self, body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def chat(self, content: object, **more: object) -> None:
        self.reply(envelope(content, **more))

    def wait(self, seconds: float) -> None:
        self.fake.ended.wait(seconds)


@contextlib.contextmanager
def serve(behave: Callable[[Wire, dict[str, Any]], None], certificate: Path | None = None) -> Iterator[Fake]:
    """Serve on a free port of 127.0.0.1 until the end of the block, over TLS with a ``certificate``."""
    fake = Fake("", behave)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Wire,), {"fake": fake}))
    server.daemon_threads = True
    fake.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}/v1"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def make_certificate(folder: Path) -> Path:
    """Return a file with a certificate of its own for 127.0.0.1, and its key; needs the program ``openssl``."""
    made, key = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


def words_of(request: dict[str, Any]) -> str:
    """Return every text of a request, its pictures left out."""
    parts = [
        part["text"] if isinstance(part, dict) and part["type"] == "text" else part if isinstance(part, str) else ""
        for message in request["messages"]
        for part in (message["content"] if isinstance(message["content"], list) else [message["content"]])
    ]
    return "\n".join(parts)


def image_id(request: dict[str, Any]) -> str:
    """Return the word that the answer must repeat."""
    found = re.search(r"image_id: ([0-9a-f]+)", words_of(request))
    assert found is not None
    return found[1]


def fitting(request: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return an answer that fits the schema of ``SiteAnswer`` in the tests."""
    return {
        "image_id": image_id(request),
        "box": [0.1, 0.2, 0.5, 0.6],
        "text_in_picture": "",
        "verdict": "digging",
        "confidence": 0.9,
        "reason": "bucket in the ground",
        **more,
    }


def envelope(content: object, *, finish: str = "stop", usage: object = "usual", **message: object) -> bytes:
    """Return a chat completion around a content."""
    counted = {"prompt_tokens": 1000, "completion_tokens": 100} if usage == "usual" else usage
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
    return json.dumps({"id": "1", "object": "chat.completion", "choices": [choice], "usage": counted}).encode()


def said(**changes: object) -> Callable[[Wire, dict[str, Any]], None]:
    """Return a behaviour: the fitting answer with some of its values changed."""
    return lambda wire, request: wire.chat(json.dumps(fitting(request, **changes)))


def text(content: str) -> Callable[[Wire, dict[str, Any]], None]:
    return lambda wire, _request: wire.chat(content)


def status(code: int, body: bytes = b'{"error":{"message":"no"}}', **headers: str) -> Callable[..., None]:
    return lambda wire, _request: wire.reply(body, status=code, **headers)


def good(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat(json.dumps(fitting(request)))


def _late(wire: Wire, _request: dict[str, Any]) -> None:
    wire.wait(30)


def _drip_body(wire: Wire, _request: dict[str, Any]) -> None:
    wire.send_response(200)
    wire.send_header("Content-Type", "application/json")
    wire.send_header("Content-Length", "100000")
    wire.end_headers()
    for _ in range(600):
        wire.wfile.write(b" ")
        wire.wfile.flush()
        wire.wait(DRIP_S)


def _drip_head(wire: Wire, _request: dict[str, Any]) -> None:
    wire.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(600):
        wire.wfile.write(f"X-{number}: x\r\n".encode())
        wire.wfile.flush()
        wire.wait(DRIP_S)


def _reset(wire: Wire) -> None:
    wire.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.wfile.flush()
    wire.connection.close()


def _reset_first(wire: Wire, _request: dict[str, Any]) -> None:
    _reset(wire)


def _reset_in_body(wire: Wire, request: dict[str, Any]) -> None:
    body = envelope(json.dumps(fitting(request)))
    wire.send_response(200)
    wire.send_header("Content-Type", "application/json")
    wire.send_header("Content-Length", str(len(body)))
    wire.end_headers()
    wire.wfile.write(body[: len(body) // 2])
    wire.wfile.flush()
    time.sleep(DRIP_S)  # the half must be on its way before the reset overtakes it
    _reset(wire)


def _closed(wire: Wire, _request: dict[str, Any]) -> None:
    wire.connection.shutdown(socket.SHUT_RDWR)


def _no_http(wire: Wire, _request: dict[str, Any]) -> None:
    wire.wfile.write(b"220 mail.example.com ESMTP\r\n\x00\xff\xfe\r\n\r\n")


def _short(wire: Wire, _request: dict[str, Any]) -> None:
    wire.send_response(200)
    wire.send_header("Content-Type", "application/json")
    wire.send_header("Content-Length", "5000")
    wire.end_headers()
    wire.wfile.write(b'{"choices":')


@cache
def _packed() -> bytes:
    return gzip.compress(b" " * 50_000_000, 1)


def _bomb(wire: Wire, _request: dict[str, Any]) -> None:
    wire.reply(_packed(), Content_Encoding="gzip")


def _gbk(wire: Wire, request: dict[str, Any]) -> None:
    answer = json.dumps(fitting(request, reason="铲斗入土"), ensure_ascii=False)
    body = json.dumps({"choices": [{"message": {"content": answer}}]}, ensure_ascii=False).encode("gbk")
    wire.reply(body, kind="application/json; charset=gbk")


def _endless(wire: Wire, _request: dict[str, Any]) -> None:
    wire.send_response(200)
    wire.send_header("Content-Type", "application/json")
    wire.send_header("Transfer-Encoding", "chunked")
    wire.end_headers()
    while not wire.fake.ended.is_set():
        wire.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")


def _stream(wire: Wire, _request: dict[str, Any]) -> None:
    wire.reply(b'data: {"choices":[]}\n\ndata: [DONE]\n\n', kind="text/event-stream")


def _plain_type(wire: Wire, request: dict[str, Any]) -> None:
    wire.reply(envelope(json.dumps(fitting(request))), kind="text/plain")


def _cut_envelope(wire: Wire, request: dict[str, Any]) -> None:
    wire.reply(envelope(json.dumps(fitting(request)))[:-40])


def _fenced(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat(f"```json\n{json.dumps(fitting(request))}\n```")


def _thinking(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat(f"<think>The bucket {{is}} down.</think>\n{json.dumps(fitting(request))}")


def _parts(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat([{"type": "text", "text": json.dumps(fitting(request))}])


def _cut_answer(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat(json.dumps(fitting(request))[:-30])


def _longest(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat(json.dumps(fitting(request))[:-30], finish="length")


def _twice(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat(json.dumps(fitting(request))[:-1] + ', "verdict": "nothing"}')


def _number(literal: str) -> Callable[[Wire, dict[str, Any]], None]:
    def behave(wire: Wire, request: dict[str, Any]) -> None:
        wire.chat(json.dumps(fitting(request, confidence="here")).replace('"here"', literal))

    return behave


def _surrogate(wire: Wire, request: dict[str, Any]) -> None:
    wire.chat(json.dumps(fitting(request)).replace("bucket", "\\ud800 bucket"))


def _huge_usage(wire: Wire, request: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 10**30, "completion_tokens": -5}
    wire.reply(envelope(json.dumps(fitting(request)), usage=usage))


def _mended(wire: Wire, request: dict[str, Any]) -> None:
    if len(request["messages"]) > 2:
        good(wire, request)
    else:
        wire.chat("Sure! The excavator is digging.")


def _tools(wire: Wire, _request: dict[str, Any]) -> None:
    wire.chat(None, tool_calls=[{"type": "function", "function": {"name": "close_alarm", "arguments": "{}"}}])


ELSEWHERE = "http://127.0.0.1:9/v1/chat/completions"

# name: (how it behaves, what the door calls it; None for an answer)
KINDS: dict[str, tuple[Callable[[Wire, dict[str, Any]], None], str | None]] = {
    "time-out": (_late, "timeout"),
    "slow drip of the body": (_drip_body, "timeout"),
    "slow drip of the headers": (_drip_head, "timeout"),
    "429 too many": (status(429, Retry_After="7"), "busy"),
    "500": (status(500), "server"),
    "502 with a page": (status(502, b"<html>Bad Gateway</html>"), "server"),
    "503": (status(503), "server"),
    "400": (status(400), "rejected"),
    "401 that repeats the key": (status(401, f'{{"error":"wrong key {KEY}"}}'.encode()), "key"),
    "403": (status(403), "key"),
    "404": (status(404), "rejected"),
    "302 to elsewhere": (status(302, Location=ELSEWHERE), "redirect"),
    "307 to elsewhere": (status(307, Location=ELSEWHERE), "redirect"),
    "reset before an answer": (_reset_first, "cut"),
    "reset in the body": (_reset_in_body, "cut"),
    "closed without an answer": (_closed, "cut"),
    "no HTTP": (_no_http, "cut"),
    "shorter than its length": (_short, "cut"),
    "gzip bomb": (_bomb, "encoding"),
    "another character set": (_gbk, "encoding"),
    "10 MB": (lambda wire, _request: wire.reply(b" " * 10_000_000), "too_long"),
    "endless": (_endless, "too_long"),
    "a page": (lambda wire, _request: wire.reply(b"<html>Welcome</html>", kind="text/html"), "not_json"),
    "wrong content type": (_plain_type, "not_json"),
    "an event stream": (_stream, "not_json"),
    "cut JSON around the answer": (_cut_envelope, "not_json"),
    "empty": (lambda wire, _request: wire.reply(b""), "empty"),
    "a list": (lambda wire, _request: wire.reply(b"[1]"), "envelope"),
    "an error with 200": (lambda wire, _request: wire.reply(b'{"error":{"message":"x"}}'), "envelope"),
    "a call for tools": (_tools, "envelope"),
    "no words": (text("  "), "empty"),
    "fences": (_fenced, None),
    "thoughts before the answer": (_thinking, None),
    "words in parts": (_parts, None),
    "cut JSON of the answer": (_cut_answer, "prose"),
    "stopped at its longest": (_longest, "unfinished"),
    "wrong enum": (said(verdict="maybe"), "schema"),
    "a key too many": (said(close_alarm=True), "schema"),
    "a number as text": (said(confidence="0.9"), "schema"),
    "too long a text": (said(reason="x" * 5000), "schema"),
    "NaN": (_number("NaN"), "not_finite"),
    "1e999": (_number("1e999"), "not_finite"),
    "a number of 5000 digits": (_number("9" * 5000), "not_finite"),
    "a number of 300 digits": (_number("9" * 300), "schema"),
    "duplicate keys": (_twice, "duplicate_key"),
    "wrong image id": (said(image_id="0123456789abcdef"), "wrong_picture"),
    "a box outside the frame": (said(box=[10, 20, 600, 400]), "box"),
    "a box turned over": (said(box=[0.5, 0.2, 0.1, 0.6]), "box"),
    "refusal as a field": (lambda wire, _request: wire.chat(None, refusal="no"), "refused"),
    "refusal in words": (text("I'm sorry, but I can't help with that."), "refused"),
    "refusal in Chinese": (text("抱歉，我无法协助处理这张图片。"), "refused"),
    "content filter": (lambda wire, _request: wire.chat("", finish="content_filter"), "refused"),
    "prose": (text("There is an excavator next to the road."), "prose"),
    "other language": (text("На снимке экскаватор у дороги."), "prose"),
    "keys of another language": (text('{"图片": "1", "结论": "施工"}'), "schema"),
    "nested 100,000 deep": (text("[" * 100_000), "prose"),
    "NUL in a text": (said(reason="a\x00b"), "schema"),
    "half a surrogate pair": (_surrogate, "schema"),
    "huge token counts": (_huge_usage, None),
    "mended when asked again": (_mended, None),
}  # fmt: skip
