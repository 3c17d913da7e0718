"""The process that opens untrusted videos and streams: run as a script, never imported for its work.

It reads one job from descriptor 0 (not from its arguments, which every user of the machine may read and which would
show a camera's password), samples frames, and hands them over as JPEG. The parent never sees a coded frame.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import struct
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

# message: kind, seconds, length of what follows
MESSAGE = struct.Struct("<cdI")
FRAME, ALIVE, ERROR, END = b"F", b"A", b"E", b"Z"
# what follows END: a bound was reached, the last packets were damaged, whole frames, damaged ones, seconds that the
# container states for itself, seconds of them that are missing at the end; the last two NaN where it states none
ENDING = struct.Struct("<??QQdd")
JPEG_QUALITY = 92
_ALIVE_S = 1.0
_MAX_PIXELS = 40_000_000
# containers only: playlists (hls, concat, dash) would make the file open other files and addresses
_CONTAINERS = "mov,matroska,avi,mpegts,mpeg,flv,ogg,asf,mjpeg,mpjpeg,m4v,h264,hevc,mpegvideo,dhav,ivf"
# containers whose header says how long they are; of others the length is guessed from what is there
_STATING = {"mov", "matroska", "avi", "flv", "asf"}
_OPTIONS = {
    "file": {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS},
    "rtsp": {"protocol_whitelist": "rtsp,tcp", "rtsp_transport": "tcp"},  # to a port of the parent's: relay.py
    # the parent fetches and pipes them: libav opens nothing
    "mjpeg": {"protocol_whitelist": "none", "format_whitelist": "mpjpeg"},
    "http": {"protocol_whitelist": "none", "format_whitelist": _CONTAINERS},
}
_PIPED = {"mjpeg", "http"}


def _send(kind: bytes, seconds: float = 0.0, body: bytes = b"") -> None:
    left = memoryview(MESSAGE.pack(kind, seconds, len(body)) + body)
    while left:
        left = left[os.write(1, left) :]


class _Reader:
    def __init__(self, job: dict[str, Any], came: io.BufferedReader) -> None:
        import av  # noqa: PLC0415  after the memory limit is set
        import cv2  # noqa: PLC0415  same

        self.av, self.cv2, self.job, self.came = av, cv2, job, came
        self.live = job["kind"] != "file"
        self.whole = self.damaged = 0
        self.last = self.torn_at = self.reached = -math.inf
        self.begins = self.ends = math.nan
        cv2.setNumThreads(1)

    def run(self) -> bytes:
        """Send sampled frames until the source or its bounds end; return how it ended."""
        job = self.job
        options = dict(_OPTIONS[job["kind"]])
        if job["kind"] == "rtsp":
            options["timeout"] = str(int(job["read_s"] * 1e6))
        form = "mpjpeg" if job["kind"] == "mjpeg" else None
        timeout = (job["open_s"], job["read_s"]) if self.live else None
        target = job["target"]
        if job["kind"] in _PIPED:
            target = _Piped(self.came)
            _send(ALIVE)  # now it may be fetched: what came earlier would wait here, and be stamped too late
        with self.av.open(target, format=form, options=options, timeout=timeout) as container:
            if not container.streams.video:
                raise ValueError("no picture track in it")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            if job["kind"] not in {"rtsp", "mjpeg"} and container.duration is not None:
                self._note_length(container, stream)
            bounded = self._sample(self._timed(container, stream))
        torn = self.damaged > 0 and self.torn_at >= self.last
        length, missing = self.ends - self.begins, self.ends - max(self.reached, self.begins)
        return ENDING.pack(bounded, torn, self.whole, self.damaged, length, missing)

    def _note_length(self, container: Any, stream: Any) -> None:
        if container.format.name.partition(",")[0] not in _STATING:
            return
        self.begins = (container.start_time or 0) / self.av.time_base
        self.ends = self.begins + container.duration / self.av.time_base
        if container.format.name == "avi" and stream.average_rate:  # the duration shrinks with a file that was cut off
            self.ends = max(self.ends, self.begins + stream.frames / float(stream.average_rate))

    def _timed(self, container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
        """Yield (seconds, frame): by its own time stamps in a file, by the machine's steady clock in a live stream."""
        rate = float(stream.average_rate or 25)
        for index, frame in enumerate(self._decoded(container, stream)):
            if self.live:
                yield time.monotonic(), frame
            else:
                yield (index / rate if frame.time is None else float(frame.time)), frame

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        """Yield frames that are whole; a damaged packet costs its frame, not the rest."""
        # a track may be shorter than its film, so the end is what the last track reached
        others = () if math.isnan(self.ends) else container.streams.audio
        for packet in container.demux(stream, *others):
            at = self._reach(packet, stream)
            if packet.stream_index != stream.index:
                continue
            try:
                frames = packet.decode()
            except self.av.error.InvalidDataError:
                self._tear(at)
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._tear(frame.time)
                else:
                    self.whole += 1
                    self.last = self.last if frame.time is None else max(self.last, float(frame.time))
                    yield frame

    def _reach(self, packet: Any, stream: Any) -> float | None:
        if packet.pts is None:
            return None
        at = float(packet.pts * packet.time_base)
        step = float(packet.duration * packet.time_base) if packet.duration else 1 / float(stream.average_rate or 25)
        self.reached = max(self.reached, at + step)
        return at

    def _tear(self, at: float | None) -> None:
        self.damaged += 1
        self.torn_at = max(self.torn_at, self.last if at is None else float(at))

    def _sample(self, frames: Iterator[tuple[float, Any]]) -> bool:
        """Send what is asked for; return whether a bound ended it."""
        job, sent, first, last, spoke = self.job, 0, None, None, time.monotonic()
        for seconds, frame in frames:
            first = seconds if first is None else first
            if job["duration_s"] is not None and seconds - first > job["duration_s"]:
                return True
            if last is None or seconds - last >= job["every_s"] - 1e-6:
                _send(FRAME, seconds, self._jpeg(frame))
                sent, last, spoke = sent + 1, seconds, time.monotonic()
                if sent == job["frames"]:
                    return True
            elif time.monotonic() - spoke > _ALIVE_S:
                _send(ALIVE)
                spoke = time.monotonic()
        return False

    def _jpeg(self, frame: Any) -> bytes:
        if frame.width * frame.height > _MAX_PIXELS:
            raise ValueError(f"its frames have {frame.width * frame.height / 1e6:.1f} megapixels, the limit is 40")
        cv2 = self.cv2
        pixels = frame.to_ndarray(format="bgr24")
        turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
        turn = turns.get(round(-frame.rotation) % 360)
        if turn is not None:
            pixels = cv2.rotate(pixels, turn)
        fine, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not fine:
            raise ValueError("a frame could not be encoded")
        return bytes(coded)


class _Piped:
    """What comes after the job on descriptor 0: the bytes of a stream that the parent fetches, as they arrive."""

    def __init__(self, came: io.BufferedReader) -> None:
        self.came = came

    def read(self, most: int) -> bytes:
        """Return what is there, at most so many bytes; none at the end."""
        return self.came.read1(most)


def _reason(error: BaseException) -> str:
    """Say what went wrong without the address, which may hold a password."""
    words = getattr(error, "strerror", None) or (str(error) if type(error) is ValueError else "")
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def main() -> None:
    """Do the one job that waits on descriptor 0, then end."""
    came = open(0, "rb", closefd=False)  # noqa: SIM115  a descriptor, for as long as this process lives
    job = json.loads(came.readline())
    memory = job["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    sys.path[:] = [*job["folders"], *(one for one in sys.path if one not in job["folders"])]
    with contextlib.suppress(BrokenPipeError):
        try:
            reader = _Reader(job, came)
            _send(END, body=reader.run())
        except MemoryError:
            _send(ERROR, body=b"MemoryError: its frames need more memory than is allowed")
        except Exception as error:  # noqa: BLE001  whatever a stranger's file brings about is said to the parent
            _send(ERROR, body=_reason(error).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
