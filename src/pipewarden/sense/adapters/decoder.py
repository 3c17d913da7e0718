"""Pictures from strangers are decoded next door: this is the door.

Persistent child processes with a memory limit do the decoding; bytes and pixels pass through memory that both sides
map, made once and used again. A picture that takes too long costs its child, never the caller (safety.md, decision 7).
"""

from __future__ import annotations

import mmap
import os
import queue
import signal
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from pipewarden.kit.child import GoneError, LateError, folders, read, send, start, stop
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters import decoder_child as child
from pipewarden.sense.facts import Decoded
from pipewarden.sense.rules import MAX_BYTES, MAX_PIXELS, check_header, reduction

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from pipewarden.sense.facts import PictureHeader

_START_S = 30.0
_KEEP_BYTES = 16 << 20
_ROOM_IN = -(-MAX_BYTES // mmap.PAGESIZE) * mmap.PAGESIZE
_ROOM_OUT = -(-MAX_PIXELS * 3 // mmap.PAGESIZE) * mmap.PAGESIZE
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # pixels of one 1080p picture stay in the heap between pictures: fresh pages cost as much as a third of the decode
    "MALLOC_MMAP_THRESHOLD_": str(16 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(32 << 20),
}
_SMALLER = "Save it again as a plain JPEG of less than 20 megapixels."
_BUSY = "Try again when the machine is less busy, or give it more memory or processors."
_REFUSALS = {
    "damaged": ("is damaged or cut off", "Send or save the picture again; the part that is missing cannot be guessed."),
    "memory": ("needs more memory to decode than is allowed", _SMALLER),
    "frames": ("holds more than one picture", "Export the one picture that is meant as JPEG."),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost.

    Attributes:
        memory_bytes: address space of a child (RLIMIT_AS), libraries included.
        seconds: wall-clock time of one picture.
    """

    memory_bytes: int = 1 << 30
    seconds: float = 10.0


class _SlowStartError(Exception):
    """The child was not ready in time: the machine's doing, not the picture's."""


@dataclass(slots=True)
class _Child:
    """One decoding process, the memory it shares with us, and how to replace it."""

    limits: Limits
    script: str = child.__file__
    more: tuple[str, ...] = ()
    _memory: int = -1
    _shared: mmap.mmap | None = None
    _process: subprocess.Popen[bytes] | None = None
    _ready: bool = False

    def start(self) -> None:
        """Start the process; it imports its libraries while we do other things."""
        self._memory = os.memfd_create("pipewarden-pixels")
        os.ftruncate(self._memory, _ROOM_IN + _ROOM_OUT)
        self._shared = mmap.mmap(self._memory, 0)
        room = (str(self._memory), str(_ROOM_IN), str(self.limits.memory_bytes))
        arguments = [*room, os.pathsep.join(folders()), *self.more]
        log = os.memfd_create("pipewarden-decoder-log")
        try:
            handles = (self._memory,)
            self._process = start(self.script, arguments, env=_ENVIRONMENT, stderr=log, pass_fds=handles)
        finally:
            os.close(log)

    @property
    def pid(self) -> int | None:
        """Process id, None while it does not run."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """End the process and give the memory back."""
        if self._process is not None:
            stop(self._process)
        if self._shared is not None:
            self._shared.close()
            os.close(self._memory)
        self._process, self._shared, self._ready = None, None, False

    def ask(self, picture: bytes, header: PictureHeader, step: int) -> tuple[str, tuple[int, ...], str]:
        """Have one picture decoded; return the status, (columns, rows, width, height) and the library's words."""
        if self._process is None:
            self.start()
        if self._process is None or self._shared is None:
            raise GoneError
        if not self._ready:
            try:
                self._read_reply(self._process, _START_S)
            except LateError:
                raise _SlowStartError from None
            self._ready = True
        self._shared[: len(picture)] = picture
        kind = child.FORMATS.index(header.format.value)
        request = child.REQUEST.pack(len(picture), kind, step, header.orientation, header.width, header.height)
        send(self._process, request)
        return self._read_reply(self._process, self.limits.seconds)

    def take(self, rows: int, columns: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
        """Copy the pixels out, so that the memory can serve the next picture."""
        if self._shared is None:
            raise GoneError
        count = rows * columns * 3
        view = np.frombuffer(self._shared, np.uint8, count=count, offset=_ROOM_IN)
        pixels = view.reshape(rows, columns, 3).copy()
        del view
        if count > _KEEP_BYTES:
            self._shared.madvise(mmap.MADV_REMOVE, _ROOM_IN, _ROOM_OUT)
        return pixels

    def forget(self, size: int) -> None:
        """Give back the room of a file that was unusually large."""
        if size > _KEEP_BYTES // 4 and self._shared is not None:
            self._shared.madvise(mmap.MADV_REMOVE, 0, _ROOM_IN)

    @staticmethod
    def _read_reply(process: subprocess.Popen[bytes], seconds: float) -> tuple[str, tuple[int, ...], str]:
        until = time.monotonic() + seconds
        status, *size, length = child.REPLY.unpack(read(process, child.REPLY.size, until))
        return child.STATUSES[status], tuple(size), read(process, length, until).decode("utf-8", "replace")

    def last_words(self) -> str:
        """Say how the process ended."""
        if self._process is None:
            return "not started"
        self._process.kill()
        code = self._process.wait()
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


@dataclass(slots=True)
class ChildDecoder:
    """A pool of decoding children; safe to share between threads. Implements ``sense.ports.PictureDecoder``.

    Use it as a context manager: leaving it ends the children.

    Attributes:
        script: what a child runs; ``more`` are arguments of its own.
        eager: start the first child at once.
    """

    children: int = 1
    limits: Limits = field(default_factory=Limits)
    script: str = child.__file__
    more: tuple[str, ...] = ()
    eager: bool = True
    restarts: int = field(default=0, init=False)
    _free: queue.LifoQueue[_Child] = field(default_factory=queue.LifoQueue, init=False)
    _all: list[_Child] = field(default_factory=list, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __enter__(self) -> Self:
        """Start the first child, unless told not to; the others start when they are first needed."""
        self._all = [_Child(self.limits, self.script, self.more) for _ in range(self.children)]
        for one in self._all:
            self._free.put(one)
        if self.eager:
            self._all[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        """End every child."""
        with ExitStack() as stack:
            for one in self._all:
                stack.callback(one.stop)
        self._all, self._free = [], queue.LifoQueue()

    def pids(self) -> list[int]:
        """Return the process ids of the children that run."""
        return [one.pid for one in self._all if one.pid is not None]

    def decode(self, picture: bytes, *, wanted: tuple[int, int], name: str = "picture") -> Decoded:
        """Return the picture upright and reduced by 1, 2, 4 or 8, still large enough for the box ``wanted``.

        Args:
            picture: a JPEG, PNG, WebP or HEIC file of up to 25 MB and 40 megapixels, one frame.
            wanted: width and height in pixels, both above 0.
            name: how people know the picture; becomes the error's field.

        Raises:
            InputError: the picture is refused, damaged, or costs more than the limits.
            UnavailableError: no decoder process can be started.
        """
        header = check_header(picture, name)
        step = reduction(header, wanted)
        with self._borrow() as one:
            status, size, words = self._ask(one, picture, header, step, name)
            if status != "ok":
                problem, fix = _REFUSALS[status]
                raise InputError(field=name, problem=f"{problem} ({words})" if words else problem, fix=fix)
            columns, rows, width, height = size
            pixels = one.take(rows, columns)
        return Decoded(pixels, width, height, scale_x=columns / width, scale_y=rows / height)

    @contextmanager
    def _borrow(self) -> Iterator[_Child]:
        if not self._all:
            raise RuntimeError("use ChildDecoder as a context manager: its children are not running")
        one = self._free.get()
        try:
            yield one
        finally:
            self._free.put(one)

    def _ask(
        self, one: _Child, picture: bytes, header: PictureHeader, step: int, name: str
    ) -> tuple[str, tuple[int, ...], str]:
        """Ask the child; a child that was killed from outside gets a successor and the picture a second try."""
        ends: list[str] = []
        for _ in range(2):
            try:
                return one.ask(picture, header, step)
            except GoneError:
                ends.append(one.last_words())
                self._replace(one)
            except _SlowStartError:
                self._replace(one)
                problem = f"the decoding process is not ready after {_START_S:g} s"
                raise UnavailableError(field="decoder", problem=problem, fix=_BUSY) from None
            except LateError:
                self._replace(one)
                problem = f"takes more than {self.limits.seconds:g} s to decode"
                raise InputError(field=name, problem=problem, fix=_SMALLER) from None
            finally:
                one.forget(len(picture))
        if all(end.startswith("exit code") for end in ends):
            fix = "Run `python -c 'import cv2, pi_heif'` and mend what it says."
            raise UnavailableError(field="decoder", problem=f"the decoding process ended: {ends[-1]}", fix=fix)
        raise InputError(field=name, problem=f"ends the decoding process twice ({', '.join(ends)})", fix=_SMALLER)

    def _replace(self, one: _Child) -> None:
        with self._lock:
            self.restarts += 1
        one.stop()
        one.start()
