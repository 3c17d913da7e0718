"""The process that decodes untrusted pictures, and may die of them: run as a script, never imported for its work.

It imports numpy, OpenCV and pi-heif and nothing of Pipewarden, limits its own memory before it imports them, and gives
up the right to open any further file or socket before it reads the first byte (safety.md, decision 7).
"""

from __future__ import annotations

import mmap
import os
import re
import resource
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Size = tuple[int, int]

# request: bytes, format (index in FORMATS), reduction, EXIF orientation, stored width, stored height
REQUEST = struct.Struct("<QBBBII")
# reply: status (index in STATUSES), columns, rows, upright original width and height, length of the words that follow
REPLY = struct.Struct("<BIIIIH")
FORMATS = ("JPEG", "PNG", "WebP", "HEIC")
STATUSES = ("ok", "damaged", "memory", "frames", "ready")
# some cameras pad the scan with a few bytes; more of them mean that the decoder lost its way before
_PADDING = re.compile(rb"Corrupt JPEG data: \d{1,2} extraneous bytes before marker 0xd9")
_LONGEST_WORDS = 300


class _RefusedError(Exception):
    def __init__(self, status: str, words: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.words = words


def _confine(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def _close_the_door() -> None:
    """Allow no descriptor beyond those already open: no file and no socket can be opened from here on."""
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208  pathlib would open more of itself
    taken = [fd for fd in range(highest + 1) if os.path.exists(f"/proc/self/fd/{fd}")]  # noqa: PTH110  same
    limit = next((fd for fd in range(highest + 1) if fd not in taken), highest + 1)
    while limit <= highest:  # fill the holes, so that the limit leaves no free number below it
        os.dup(2)
        limit = next((fd for fd in range(limit, highest + 1) if not os.path.exists(f"/proc/self/fd/{fd}")), highest + 1)  # noqa: PTH110  same
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, highest + 1))


def _log_since(start: int) -> bytes:
    """Return what the C libraries wrote to descriptor 2, which is a file in memory."""
    end = os.lseek(2, 0, os.SEEK_CUR)
    words = os.pread(2, min(end - start, 4096), start) if end > start else b""
    if end > 1 << 16:
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)
    return words


class _Decoder:
    def __init__(self, shared: mmap.mmap, room_in: int, after: Callable[[Pixels], None] | None = None) -> None:
        import cv2  # noqa: PLC0415  after the memory limit is set
        import numpy as np  # noqa: PLC0415  same
        import pi_heif  # noqa: PLC0415  same

        self.cv2, self.np, self.heif, self.after = cv2, np, pi_heif, after
        cv2.setNumThreads(1)
        self.bytes_in = np.frombuffer(shared, np.uint8, count=room_in)
        self.bytes_out = np.frombuffer(shared, np.uint8, offset=room_in)

    def run(self, size: int, kind: str, step: int, orientation: int, stored: Size) -> tuple[int, ...]:
        """Decode and leave the pixels in shared memory; return columns, rows and the upright original size."""
        data = self.bytes_in[:size]
        start = os.lseek(2, 0, os.SEEK_CUR)
        try:
            pixels, stored = self._heic(data, step, stored) if kind == "HEIC" else self._plain(data, kind, step, stored)
        except MemoryError:
            raise _RefusedError("memory") from None
        except self.cv2.error as error:
            raise _RefusedError("memory" if _speaks_of_memory(str(error)) else "damaged", str(error)) from None
        self._check_log(kind, _log_since(start), missing=pixels is None)
        if pixels is None or pixels.shape[:2] != (-(-stored[1] // step), -(-stored[0] // step)):
            raise _RefusedError("damaged", "header and pixels disagree about the size")
        return self._hand_over(pixels, orientation, stored)

    def _plain(self, data: Pixels, kind: str, step: int, stored: Size) -> tuple[Pixels | None, Size]:
        cv2 = self.cv2
        flags = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
        flag = flags.get(step, cv2.IMREAD_REDUCED_COLOR_8) if kind == "JPEG" else cv2.IMREAD_COLOR
        pixels = cv2.imdecode(data, flag | cv2.IMREAD_IGNORE_ORIENTATION)
        if kind != "JPEG" and step > 1 and pixels is not None:
            if pixels.shape[:2] != (stored[1], stored[0]):
                raise _RefusedError("damaged", "header and pixels disagree about the size")
            pixels = self._shrink(pixels, step)
        return pixels, stored

    def _heic(self, data: Pixels, step: int, told: Size) -> tuple[Pixels, Size]:
        try:
            opened = self.heif.open_heif(data.tobytes(), bgr_mode=True)
            if len(opened) > 1:
                raise _RefusedError("frames")
            pixels = self.np.asarray(opened[0])[:, :, :3]
        except (ValueError, RuntimeError, OSError, EOFError) as error:
            raise _RefusedError("memory" if _speaks_of_memory(str(error)) else "damaged", str(error)) from None
        stored = (pixels.shape[1], pixels.shape[0])
        if sorted(stored) != sorted(told):  # libheif turns the picture by itself
            raise _RefusedError("damaged", "header and pixels disagree about the size")
        return (self._shrink(pixels, step) if step > 1 else pixels), stored

    def _shrink(self, pixels: Pixels, step: int) -> Pixels:
        size = (-(-pixels.shape[1] // step), -(-pixels.shape[0] // step))
        shrunk: Pixels = self.cv2.resize(pixels, size, interpolation=self.cv2.INTER_AREA)
        return shrunk

    @staticmethod
    def _check_log(kind: str, log: bytes, *, missing: bool) -> None:
        """Refuse what the library could only repair: libjpeg paints what is missing grey and warns on descriptor 2."""
        words = log.decode("utf-8", "replace").strip()
        if missing:
            raise _RefusedError("memory" if _speaks_of_memory(words) else "damaged", words)
        if kind == "JPEG" and b"Corrupt JPEG" in log and not _PADDING.search(log):
            raise _RefusedError("damaged", words)

    def _hand_over(self, pixels: Pixels, orientation: int, stored: Size) -> tuple[int, int, int, int]:
        cv2 = self.cv2
        turns = {
            2: lambda a: cv2.flip(a, 1),
            3: lambda a: cv2.rotate(a, cv2.ROTATE_180),
            4: lambda a: cv2.flip(a, 0),
            5: cv2.transpose,
            6: lambda a: cv2.rotate(a, cv2.ROTATE_90_CLOCKWISE),
            7: lambda a: cv2.rotate(cv2.transpose(a), cv2.ROTATE_180),
            8: lambda a: cv2.rotate(a, cv2.ROTATE_90_COUNTERCLOCKWISE),
        }
        if orientation in turns:
            pixels = turns[orientation](pixels)
        rows, columns = pixels.shape[:2]
        target = self.bytes_out[: rows * columns * 3].reshape(rows, columns, 3)
        self.np.copyto(target, pixels)
        if self.after is not None:
            self.after(target)
        width, height = stored
        lying = orientation >= 5  # noqa: PLR2004  JEITA CP-3451: orientations 5 to 8 lie on their side
        return (columns, rows, height, width) if lying else (columns, rows, width, height)


def _speaks_of_memory(words: str) -> bool:
    low = words.lower()
    return ("memory" in low or "bad_alloc" in low) and "security limit" not in low  # the latter: libheif caught a lie


def _reply(status: str, size: tuple[int, ...] = (0, 0, 0, 0), words: str = "") -> None:
    said = words.encode("utf-8", "replace")[:_LONGEST_WORDS]
    os.write(1, REPLY.pack(STATUSES.index(status), *size, len(said)) + said)


def _answer(decoder: _Decoder, asked: bytes) -> None:
    size, kind, step, orientation, width, height = REQUEST.unpack(asked)
    try:
        _reply("ok", decoder.run(size, FORMATS[kind], step, orientation, (width, height)))
    except _RefusedError as refused:
        _reply(refused.status, words=refused.words)
    except MemoryError:
        _reply("memory")


def main(arguments: list[str], prepare: Callable[[list[str]], Callable[[Pixels], None]] | None = None) -> None:
    """Serve requests on descriptor 0 until it closes.

    Args:
        arguments: descriptor of the shared memory, room for the file in it, RLIMIT_AS in bytes, module folders, and
            what ``prepare`` wants.
        prepare: called once while files may still be opened; what it returns changes the pixels of every picture
            before they leave this process.
    """
    handle, room_in, memory_bytes = (int(word) for word in arguments[:3])
    _confine(memory_bytes)
    sys.path.extend(folder for folder in arguments[3].split(os.pathsep) if folder not in sys.path)
    after = None if prepare is None else prepare(arguments[4:])
    decoder = _Decoder(mmap.mmap(handle, 0), room_in, after)
    os.close(handle)
    _close_the_door()
    _reply("ready")
    while len(asked := os.read(0, REQUEST.size)) == REQUEST.size:
        _answer(decoder, asked)


if __name__ == "__main__":
    main(sys.argv[1:])
