"""A video over HTTP as a file for libav, so that it opens no connection of its own: redirects are checked here."""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pipewarden.sense.adapters.snapshot import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.sense.adapters.source import Bounds

_CHUNK = 1 << 16
_PARTIAL = 206


class Fetched:
    """Bytes of one address in order, and from another place where the server gives parts.

    Raises:
        UnavailableError: as for a snapshot.
    """

    def __init__(self, url: str, bounds: Bounds) -> None:
        self._url, self._bounds = url, bounds
        self._held = ExitStack()
        self._at = 0
        self._rest = b""
        self._parts: Iterator[bytes] = iter(())
        self._size: int | None = None
        self._open(0)

    def _open(self, start: int) -> None:
        self._held.close()
        more = {"Range": f"bytes={start}-"} if start else {}
        reply = self._held.enter_context(asked(self._url, self._bounds, more))
        if start and reply.status_code != _PARTIAL:
            raise OSError("the server gives no parts")
        if not start and reply.headers.get("accept-ranges", "").casefold() == "bytes":
            length = reply.headers.get("content-length", "")
            self._size = int(length) if length.isdigit() else None
        self._parts, self._at, self._rest = reply.iter_bytes(_CHUNK), start, b""

    def read(self, most: int) -> bytes:
        """Return up to ``most`` bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._parts, b"")
        out, self._rest = self._rest[:most], self._rest[most:]
        self._at += len(out)
        return out

    def seekable(self) -> bool:
        """Return whether the server gives parts of what it has."""
        return self._size is not None

    def seek(self, to: int, whence: int = io.SEEK_SET) -> int:
        """Go on from another place and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size or 0}[whence]
        if base + to != self._at:
            self._open(base + to)
        return self._at

    def tell(self) -> int:
        """Return where the next byte comes from."""
        return self._at

    def close(self) -> None:
        """End the connection."""
        self._held.close()
