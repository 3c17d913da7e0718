"""Videos and live streams, opened next door: frames come over a pipe as JPEG, one child process per connection.

The end of a live stream is a lost connection, never a success (stack.md §6): it is opened again a bounded number of
times, and what was lost is said in the source's notes.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters import video_child as child
from pipewarden.sense.adapters.source import Bounds, Source, readable, without_password
from pipewarden.sense.facts import Frame, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipewarden.kit.clock import Clock

log = structlog.get_logger(__name__)
_MEMORY = 3 << 29
_GRACE_S = 15.0
_LONGEST = 64 << 20
_RETRY_S = 1.0
_DEAD = "Check the address, user and password, and that the camera is switched on and reachable from here."
_SILENT = "Open it in a player to see whether it is whole; convert it with ffmpeg to mp4 if it is."


class _BrokenError(Exception):
    """The child could not go on; its words say why."""


@dataclass(slots=True)
class _Connection:
    """One child process on one target."""

    kind: str
    target: str
    bounds: Bounds
    damaged: int = 0

    def frames(self) -> Iterator[tuple[float, bytes]]:
        """Yield (seconds, JPEG); return at the end of the source, raise ``_BrokenError`` where it failed."""
        process = self._start()
        try:
            yield from self._messages(process)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  our own interpreter and script, no shell
            [sys.executable, "-I", child.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
            bufsize=0,
        )
        bounds = self.bounds
        job = {
            "kind": self.kind,
            "target": self.target,
            "every_s": bounds.every_s,
            "frames": bounds.frames,
            "duration_s": bounds.duration_s,
            "open_s": bounds.open_s,
            "read_s": bounds.read_s,
            "memory_bytes": _MEMORY,
            "folders": [str(Path(part).resolve()) for part in sys.path if part and Path(part).is_dir()],
        }
        if process.stdin is not None:
            process.stdin.write(json.dumps(job).encode() + b"\n")
        return process

    def _messages(self, process: subprocess.Popen[bytes]) -> Iterator[tuple[float, bytes]]:
        if process.stdout is None:
            raise _BrokenError("it has no output")
        handle = process.stdout.fileno()
        while True:
            kind, seconds, length = child.MESSAGE.unpack(self._read(handle, child.MESSAGE.size))
            if length > _LONGEST:
                raise _BrokenError("a frame is larger than 64 MB")
            body = self._read(handle, length)
            if kind == child.FRAME:
                yield seconds, body
            elif kind == child.ERROR:
                raise _BrokenError(body.decode("utf-8", "replace"))
            elif kind == child.END:
                self.damaged += int(seconds)
                return

    def _read(self, handle: int, count: int) -> bytes:
        patience = max(self.bounds.open_s, self.bounds.read_s) + _GRACE_S
        until, got = time.monotonic() + patience, bytearray()
        while len(got) < count:
            if not select.select([handle], [], [], max(0.0, until - time.monotonic()))[0]:
                raise _BrokenError(f"nothing came for {patience:g} s")
            part = os.read(handle, min(count - len(got), 1 << 20))
            if not part:
                raise _BrokenError("the reading process ended")
            got += part
        return bytes(got)


def open_video(path: Path, bounds: Bounds) -> Source:
    """Return the frames of a video file, ``every_s`` apart by its own time stamps."""
    source = Source(ObservationKind.FRAME, readable(path.resolve()), iter(()))
    source.frames = _file_frames(path, bounds, source.notes)
    return source


def _file_frames(path: Path, bounds: Bounds, notes: list[str]) -> Iterator[Frame]:
    name = readable(path)
    connection = _Connection("file", f"file:{path.resolve()}", bounds)
    first, count = 0.0, 0
    try:
        for seconds, picture in connection.frames():
            first = first if count else seconds
            count += 1
            millis = round((seconds - first) * 1000)
            yield Frame(picture, f"{name}#t={millis / 1000:g}", millis / 1000, None, source_id=f"{millis:010d}ms")
    except _BrokenError as error:
        if not count:
            raise InputError(field=name, problem=f"cannot be read as a video ({error})", fix=_SILENT) from error
        notes.append(f"{name} broke off after {count} frames: {error}")
    if not count and not notes:
        raise InputError(field=name, problem="holds no whole frame", fix=_SILENT)
    if connection.damaged:
        notes.append(f"{connection.damaged} damaged frames of {name} were left out")


@dataclass(slots=True)
class _Live:
    """A live stream over as many connections as it takes."""

    kind: str
    url: str
    bounds: Bounds
    clock: Clock
    pause: Callable[[float], None]
    notes: list[str]
    name: str = field(init=False)
    taken: int = 0
    first: float = 0.0
    last: float = 0.0

    def __post_init__(self) -> None:
        self.name = without_password(self.url)

    def frames(self) -> Iterator[Frame]:
        """Yield frames until the bounds are reached or the stream is lost for good."""
        lost = 0
        while not self._done():
            connection = _Connection(self.kind, self.url, self._left())
            reason = "the stream ended"
            try:
                yield from self._over(connection)
            except _BrokenError as error:
                if not self.taken:
                    raise UnavailableError(field=self.name, problem=f"does not answer ({error})", fix=_DEAD) from error
                reason = str(error)
            if self._done():
                break
            if lost == self.bounds.retries:
                self._give_up(reason, lost)
                return
            lost += 1
            log.warning("stream lost, opening it again", stream=self.name, reason=reason, retry=lost)
            self.pause(_RETRY_S)
        if lost:
            self.notes.append(f"{self.name} was opened again {lost} times")

    def _give_up(self, reason: str, lost: int) -> None:
        if not self.taken:
            raise UnavailableError(field=self.name, problem="ended before its first whole frame", fix=_DEAD)
        self.notes.append(f"{self.name} was lost after {self.taken} frames and {lost} retries: {reason}")

    def _over(self, connection: _Connection) -> Iterator[Frame]:
        for seconds, picture in connection.frames():
            if self.taken and seconds - self.last < self.bounds.every_s - 1e-6:
                continue  # a new connection starts at once, the bound between frames holds across it
            self.first = seconds if not self.taken else self.first
            self.taken, self.last = self.taken + 1, seconds
            at = self.clock.now()
            yield Frame(picture, self.name, seconds - self.first, at, f"{at:%Y%m%dT%H%M%S.%f}Z-{self.taken:06d}")
            if self._done():
                return

    def _left(self) -> Bounds:
        frames, duration = self.bounds.frames, self.bounds.duration_s
        return replace(
            self.bounds,
            frames=None if frames is None else frames - self.taken,
            duration_s=None if duration is None else max(0.0, duration - (self.last - self.first)),
        )

    def _done(self) -> bool:
        frames, duration = self.bounds.frames, self.bounds.duration_s
        if frames is not None and self.taken >= frames:
            return True
        spent = time.monotonic() - self.first
        return duration is not None and self.taken > 0 and spent > duration


def open_stream(
    url: str, kind: str, bounds: Bounds, clock: Clock, pause: Callable[[float], None] = time.sleep
) -> Source:
    """Return the frames of a live stream, ``every_s`` apart as they arrive.

    Args:
        url: rtsp, rtsps, http or https.
        kind: ``rtsp``, ``mjpeg`` (multipart over HTTP) or ``http`` (a video over HTTP).
        bounds: without ``frames`` and ``duration_s`` it runs until it is lost.
        clock: stamps each frame when it arrives.
        pause: waits between connections.
    """
    source = Source(ObservationKind.FRAME, without_password(url), iter(()))
    source.frames = _Live(kind, url, bounds, clock, pause, source.notes).frames()
    return source
