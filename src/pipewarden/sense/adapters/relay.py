"""A door in front of libav's RTSP: it connects to nothing but the address that was checked, whatever a camera answers.

libav looks the name up by itself and follows a camera's ``302`` to any host, and no option of it forbids that. So it
is given a port of this machine, and what a camera says is read here first: an answer that points elsewhere, or one that
two readers could understand in two ways, ends the connection. Lines are taken as libav takes them (a line feed ends
one, carriage returns count for nothing), so that nothing can be a redirect there and not here. From the first PLAY on
libav follows nothing any more, and all goes through unread. It runs beside the child process and not in it, which
loads nothing of ours (docs/adr/0006); RFC 2326.
"""

from __future__ import annotations

import re
import selectors
import socket
import ssl
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipewarden.kit.addresses import ClosedError, checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipewarden.kit.addresses import Network

_PORTS = {"rtsp": 554, "rtsps": 322}
_STATUS = re.compile(rb"RTSP/1\.[0-9] ([1-5][0-9]{2})(?: .*)?")
_REQUEST = re.compile(rb"[A-Z_]{1,32} \S{1,4096} RTSP/1\.[0-9]")
_INTERLEAVED = 0x24  # $
_MOST = 1 << 20  # bytes of one answer; a description is a few thousand
_CHUNK = 1 << 16
_ELSEWHERE = b"3"
CLOSED = "lies in a network that is not opened to cameras"
REDIRECTS = "points to another address"
STRANGE = "answers in a way that cannot be read for certain"


class NotLetThroughError(Exception):
    """What a camera said stays here; the words say why."""


@dataclass(slots=True)
class Answers:
    """What a camera says until PLAY is asked for, let through message by message.

    Attributes:
        through: PLAY was asked for; nothing is read any more.
    """

    through: bool = False
    _rest: bytearray = field(default_factory=bytearray)

    def take(self, part: bytes) -> bytes:
        """Return what of all that came may go on.

        Raises:
            NotLetThroughError: it points elsewhere, or is not to be read for certain; its words say which.
        """
        self._rest += part
        if self.through:
            size = len(self._rest)
        else:
            size = 0
            while (end := self._end(size)) is not None:
                size = end
            if len(self._rest) - size > _MOST:
                raise NotLetThroughError(STRANGE)
        out = bytes(self._rest[:size])
        del self._rest[:size]
        return out

    def _end(self, start: int) -> int | None:
        """Return where the message that begins at ``start`` ends; None where it is not whole yet."""
        have = len(self._rest)
        if start >= have:
            return None
        if self._rest[start] == _INTERLEAVED:
            size = 4 + int.from_bytes(self._rest[start + 2 : start + 4]) if have - start >= 4 else have  # noqa: PLR2004
            return start + size if have - start >= max(4, size) else None
        lines, end = self._lines(start)
        if end is None:
            return None
        end += _body(lines)
        return end if end <= have else None

    def _lines(self, start: int) -> tuple[list[bytes], int | None]:
        lines: list[bytes] = []
        while (end := self._rest.find(b"\n", start)) >= 0:
            line = bytes(self._rest[start:end]).replace(b"\r", b"")
            start = end + 1
            if not line:
                return lines, start
            if line[0] == _INTERLEAVED or b"\0" in line:
                raise NotLetThroughError(STRANGE)
            lines.append(line)
        return lines, None


def _body(lines: Sequence[bytes]) -> int:
    """Return how many bytes follow a head."""
    status = _STATUS.fullmatch(lines[0]) if lines else None
    if status is not None and status.group(1).startswith(_ELSEWHERE):
        raise NotLetThroughError(REDIRECTS)
    if not lines or (status is None and _REQUEST.fullmatch(lines[0]) is None):
        raise NotLetThroughError(STRANGE)
    told = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"content-length:")]
    if not told:
        return 0
    if len(told) > 1 or not told[0].isdigit() or len(told[0]) > len(str(_MOST)) or int(told[0]) > _MOST:
        raise NotLetThroughError(STRANGE)
    return int(told[0])


def _serve(door: socket.socket, camera: socket.socket, problem: list[str]) -> None:
    """Carry one connection until either side ends it; by one thread, which TLS wants."""
    with suppress(OSError, ValueError), door, camera, door.accept()[0] as near:  # ValueError: closed under it
        try:
            _carry(near, camera)
        except NotLetThroughError as error:
            problem.append(str(error))


def _carry(near: socket.socket, camera: socket.socket) -> None:
    answers = Answers()
    near.settimeout(None)
    with selectors.DefaultSelector() as waiting:  # select() itself takes no descriptor above 1,023
        for one in (near, camera):
            waiting.register(one, selectors.EVENT_READ, one)
        while True:
            held = isinstance(camera, ssl.SSLSocket) and camera.pending() > 0
            for one in [camera] if held else [key.data for key, _ in waiting.select()]:
                part = one.recv(_CHUNK)
                if not part:
                    return
                if one is camera:
                    near.sendall(answers.take(part))
                else:
                    answers.through |= part.startswith(b"PLAY ")  # libav writes each request in one piece
                    camera.sendall(part)


@contextmanager
def relayed(url: str, opened: Sequence[Network], within_s: float, problem: list[str]) -> Iterator[str]:
    """Connect to a camera at an address that was checked and give the address of a way there, for libav.

    Args:
        url: rtsp or rtsps; user and password in it stay in what libav is given.
        opened: networks that are not public and may be spoken to.
        within_s: seconds for connecting.
        problem: gets why the camera's answer did not go through; nothing as long as it did.

    Raises:
        ValueError: the address may not be spoken to.
        OSError: nobody answers there, or its name is unknown.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme.casefold()]
    try:
        numbers = checked(host, port, opened)
    except ClosedError as error:
        raise ValueError(CLOSED) from error
    with ExitStack() as held:
        camera = held.enter_context(_connected(numbers, port, within_s))
        if parts.scheme.casefold() == "rtsps":
            camera = held.enter_context(_unasked().wrap_socket(camera, server_hostname=host))
        camera.settimeout(None)
        door = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        door.settimeout(within_s)
        user, marked, _ = parts.netloc.rpartition("@")
        here = f"{user}{marked}127.0.0.1:{door.getsockname()[1]}"
        threading.Thread(target=_serve, args=(door, camera, problem), daemon=True).start()
        yield parts._replace(scheme="rtsp", netloc=here).geturl()


def _connected(numbers: Sequence[str], port: int, within_s: float) -> socket.socket:
    """Connect to the first address that lets us in; raises what the last one answered."""
    for number in numbers[:-1]:
        with suppress(OSError):
            return socket.create_connection((number, port), within_s)
    return socket.create_connection((numbers[-1], port), within_s)


def _unasked() -> ssl.SSLContext:
    """Return TLS that asks for no certificate, as libav does: what a camera shows was signed by nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
