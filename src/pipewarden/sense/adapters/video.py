"""Videos and live streams, opened next door: frames come over a pipe as JPEG, one child process per connection.

The end of a live stream is a lost connection, never a success (stack.md §6): it is opened again a bounded number of
times and then raises, and so does a file that breaks off before its end: "no alarm" must not rest on half a source.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog

from pipewarden.kit import child as next_door
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters import video_child as child
from pipewarden.sense.adapters.relay import relayed
from pipewarden.sense.adapters.snapshot import asked
from pipewarden.sense.adapters.source import Bounds, Source, readable, without_password
from pipewarden.sense.facts import Frame, ObservationKind

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipewarden.kit.clock import Clock

log = structlog.get_logger(__name__)
_MEMORY = 3 << 29
_GRACE_S = 15.0
_PART = 1 << 16
_PIPED = {"mjpeg", "http"}
_LONGEST = 64 << 20
_RETRY_S = 1.0
_HEALTHY_S = 60.0
_SHORT_S = 2.0
_SHORT_PART = 0.05
_DAMAGED_PART = 0.05
_DAMAGED_FEW = 2
_DEAD = "Check the address, user and password, and that the camera is switched on and reachable from here."
_LOST = "What came before is kept. Check that the camera is switched on and reachable, then start again."
_HALF = "What came before is kept. Copy the file again from where it was recorded."
_SILENT = "Open it in a player to see whether it is whole; convert it with ffmpeg to mp4 if it is."


class _BrokenError(Exception):
    """The child could not go on; its words say why."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a source ended, as ``video_child.ENDING`` tells it; seconds are NaN where the container states no length."""

    bounded: bool = False
    torn: bool = False
    whole: int = 0
    damaged: int = 0
    length_s: float = math.nan
    missing_s: float = math.nan

    @property
    def stated(self) -> bool:
        """The container says how long it is."""
        return math.isfinite(self.length_s) and math.isfinite(self.missing_s)

    def problem(self) -> str | None:
        """Say what is missing of a container that states its length; None when nothing that matters is."""
        if self.bounded:
            return None
        if self.stated and self.missing_s > max(_SHORT_S, _SHORT_PART * self.length_s):
            return f"ends {self.missing_s:.1f} s before its stated length of {self.length_s:.1f} s"
        if self.stated and self.torn:
            return f"ends in damaged frames after {self.whole} whole ones"
        if self.damaged > max(_DAMAGED_FEW, _DAMAGED_PART * (self.whole + self.damaged)):
            return f"has {self.damaged} damaged frames beside {self.whole} whole ones"
        return None


@dataclass(slots=True)
class _Connection:
    """One child process on one target."""

    kind: str
    target: str
    bounds: Bounds
    ending: _Ending = field(default_factory=_Ending)

    def frames(self) -> Iterator[tuple[float, bytes]]:
        """Yield (seconds, JPEG); return at the end of the source, raise ``_BrokenError`` where it failed."""
        with self._reached() as (target, problem), self._child(target) as process:
            pipe = threading.Thread(target=_pipe, args=(self.target, self.bounds, process, problem), daemon=True)
            try:
                yield from self._messages(process, pipe if self.kind in _PIPED else None)
            except _BrokenError as error:
                raise _BrokenError(problem[0] if problem else str(error)) from error

    @contextmanager
    def _reached(self) -> Iterator[tuple[str, list[str]]]:
        """Give what the child opens, and a list that holds why nothing more came where that is known here."""
        if self.kind != "rtsp":
            yield self.target, []
            return
        problem: list[str] = []
        with ExitStack() as held:
            try:
                way = held.enter_context(relayed(self.target, self.bounds.opened, self.bounds.open_s, problem))
            except (ValueError, OSError) as error:
                raise _BrokenError(str(error)) from error
            yield way, problem

    @contextmanager
    def _child(self, target: str) -> Iterator[subprocess.Popen[bytes]]:
        process = self._start(target)
        try:
            yield process
        finally:
            next_door.stop(process)

    def _start(self, target: str) -> subprocess.Popen[bytes]:
        env = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        process = next_door.start(child.__file__, env=env)
        bounds = self.bounds
        job = {
            "kind": self.kind,
            "target": "" if self.kind in _PIPED else target,
            "every_s": bounds.every_s,
            "frames": bounds.frames,
            "duration_s": bounds.duration_s,
            "open_s": bounds.open_s,
            "read_s": bounds.read_s,
            "memory_bytes": _MEMORY,
            "folders": next_door.folders(),
        }
        with contextlib.suppress(next_door.GoneError):  # told where its first word is waited for
            next_door.send(process, json.dumps(job).encode() + b"\n")
        return process

    def _messages(
        self, process: subprocess.Popen[bytes], pipe: threading.Thread | None
    ) -> Iterator[tuple[float, bytes]]:
        """Yield what the child says; ``pipe`` begins once the child is ready for it."""
        while True:
            kind, seconds, length = child.MESSAGE.unpack(self._read(process, child.MESSAGE.size))
            if length > _LONGEST:
                raise _BrokenError("a frame is larger than 64 MB")
            body = self._read(process, length)
            if kind == child.FRAME:
                yield seconds, body
            elif kind == child.ALIVE and pipe is not None:
                pipe.start()
                pipe = None
            elif kind == child.ERROR:
                raise _BrokenError(body.decode("utf-8", "replace"))
            elif kind == child.END:
                if length != child.ENDING.size:
                    raise _BrokenError("it does not say how it ended")
                self.ending = _Ending(*child.ENDING.unpack(body))
                return

    def _read(self, process: subprocess.Popen[bytes], count: int) -> bytes:
        patience = max(self.bounds.open_s, self.bounds.read_s) + _GRACE_S
        try:
            return next_door.read(process, count, time.monotonic() + patience)
        except next_door.LateError:
            raise _BrokenError(f"nothing came for {patience:g} s") from None
        except next_door.GoneError:
            raise _BrokenError("the reading process ended") from None


def _pipe(url: str, bounds: Bounds, process: subprocess.Popen[bytes], problem: list[str]) -> None:
    """Fetch an address and hand what comes to the child; every redirect is checked here, and libav opens nothing."""
    with contextlib.suppress(next_door.GoneError, ValueError):  # the child ended, and its pipe was closed
        try:
            with asked(url, bounds) as reply:
                for part in reply.iter_bytes(_PART):
                    next_door.send(process, part)
        except UnavailableError as error:
            problem.append(error.problem)
        if process.stdin is not None:
            process.stdin.close()


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
        words = f"broke off after {count} frames ({error})"
        raise UnavailableError(field=name, problem=words, fix=_HALF) from error
    if not count:
        raise InputError(field=name, problem="holds no whole frame", fix=_SILENT)
    ending = connection.ending
    if ending.damaged:
        notes.append(f"{ending.damaged} damaged frames of {name} were left out")
    if not ending.stated and not ending.bounded:
        notes.append(f"{name} states no length: whether its end is missing cannot be known")
    if problem := ending.problem():
        raise InputError(field=name, problem=problem, fix=_HALF)


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
    lost: int = 0
    reopened: int = 0

    def __post_init__(self) -> None:
        self.name = without_password(self.url)

    def frames(self) -> Iterator[Frame]:
        """Yield frames until the bounds are reached; raise ``UnavailableError`` when the stream is lost for good."""
        while not self._done():
            connection = _Connection(self.kind, self.url, self._left())
            reason = "the stream ended"
            try:
                yield from self._over(connection)
            except _BrokenError as error:
                if not self.taken:
                    raise UnavailableError(field=self.name, problem=f"does not answer ({error})", fix=_DEAD) from error
                reason = str(error)
            reason = connection.ending.problem() or reason
            if self._done() or self._was_a_film(connection.ending):
                return
            if self.lost >= self.bounds.retries:
                raise self._given_up(reason)
            self._open_again(reason)

    def _was_a_film(self, ending: _Ending) -> bool:
        """Whether it was a video of a stated length that came to its own end, which is no loss."""
        return self.taken > 0 and ending.stated and ending.problem() is None

    def _open_again(self, reason: str) -> None:
        self.lost, self.reopened = self.lost + 1, self.reopened + 1
        log.warning("stream lost, opening it again", stream=self.name, reason=reason, retry=self.lost)
        self.notes[:] = [f"{self.name} was opened again {self.reopened} times, at last because: {reason}"]
        self.pause(_RETRY_S)

    def _given_up(self, reason: str) -> UnavailableError:
        if not self.taken:
            return UnavailableError(field=self.name, problem="ended before its first whole frame", fix=_DEAD)
        problem = f"was lost after {self.taken} frames and {self.lost} retries ({reason})"
        return UnavailableError(field=self.name, problem=problem, fix=_LOST)

    def _over(self, connection: _Connection) -> Iterator[Frame]:
        opened = math.inf
        for seconds, picture in connection.frames():
            opened = min(opened, seconds)
            if seconds - opened >= _HEALTHY_S:
                self.lost = 0  # the retries are for one bad stretch, not for the whole life of a watch
            if self.taken and seconds - self.last < self.bounds.every_s - 1e-6:
                continue  # a new connection starts at once, the bound between frames holds across it
            self.first = seconds if not self.taken else self.first
            self.taken, self.last = self.taken + 1, seconds
            at = self.clock.now()
            yield Frame(picture, self.name, seconds - self.first, at, f"{at:%Y%m%dT%H%M%S.%f}Z-{self.taken:06d}")
            if self._done():
                return

    def _left(self) -> Bounds:
        """Return the bounds of one connection; frames are counted here, where those too close to the last are not."""
        duration = self.bounds.duration_s
        if duration is not None and self.taken:
            duration = max(0.0, duration - (time.monotonic() - self.first))
        return replace(self.bounds, frames=None, duration_s=duration)

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
        bounds: without ``frames`` and ``duration_s`` it runs until it is lost, which raises ``UnavailableError``.
        clock: stamps each frame when it arrives.
        pause: waits between connections.
    """
    source = Source(ObservationKind.FRAME, without_password(url), iter(()), live=True)
    source.frames = _Live(kind, url, bounds, clock, pause, source.notes).frames()
    return source
