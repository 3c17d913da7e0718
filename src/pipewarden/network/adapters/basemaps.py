"""Squares of base maps: out of an archive on disk (PMTiles 3), or from an online service through the outbound guard.

What an online service answers is bounded in size, time and type; its address, which may hold a key, is in no error and
no log: the transport is used without a client, because a client writes addresses into its log.
"""

from __future__ import annotations

import mmap
import time
from typing import TYPE_CHECKING, Any

import httpx
from pmtiles.reader import Reader
from pmtiles.tile import Compression, TileType

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.outbound import CheckedTransport
from pipewarden.network.facts.basemaps import Basemap, Fetched
from pipewarden.network.rules.basemaps import FIELD, address
from pipewarden.network.rules.tiles import MEDIA, Square

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.addresses import Network

_MOST = 2 << 20  # bytes of a square; pictures of cities have 20 to 200 kB
_CONNECT_S, _WITHIN_S = 4.0, 8.0
_MEDIA = {
    TileType.MVT: MEDIA,
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
}
# whether squares are gzip; not every browser unpacks the other ways
_PACKED = {Compression.UNKNOWN: False, Compression.NONE: False, Compression.GZIP: True}
_TAKEN = frozenset({*_MEDIA.values(), "application/x-protobuf"})
_NONE_THERE = frozenset({204, 404})
_OK = 200


class Archive:
    """Implements ``ports.Squares`` on a PMTiles archive, which is mapped into memory and never read whole.

    Raises:
        InputError: the file cannot be opened, or is no PMTiles 3 archive of a kind that browsers draw,
            packed with gzip or not at all.
    """

    def __init__(self, base: Basemap, path: Path) -> None:
        try:
            with path.open("rb") as file:
                held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._reader: Any = Reader(lambda offset, length: held[offset : offset + length])  # type: ignore[no-untyped-call]  # the library has no types
            self._header: Any = self._reader.header()  # type: ignore[no-untyped-call]
            self._media = _MEDIA[TileType(self._header["tile_type"])]
            self._packed = _PACKED[Compression(self._header["tile_compression"])]
            self._reader.get(0, 0, 0)  # type: ignore[no-untyped-call]  # the library unpacks directories of gzip alone
        except Exception as error:  # the library's own errors are bare exceptions
            problem = f"{base.name}: {path} cannot be read as PMTiles 3 ({type(error).__name__})"
            raise InputError(field=FIELD, problem=problem, fix="Correct `file`.") from error

    @property
    def pictures(self) -> bool:
        """Whether its squares are pictures, no vectors."""
        return self._media != MEDIA

    @property
    def zooms(self) -> tuple[int, int]:
        """The zooms that it has squares of, the first and the last."""
        return self._header["min_zoom"], self._header["max_zoom"]

    def get(self, z: int, x: int, y: int) -> Fetched:
        """Return a square of the archive."""
        if not self._header["min_zoom"] <= z <= self._header["max_zoom"]:
            return Fetched(None)
        body = self._reader.get(z, x, y)
        return Fetched(body or None, self._media, packed=self._packed)


class Online:
    """Implements ``ports.Squares`` on an online service.

    Args:
        base: which; its template.
        key: what {key} stands for.
        opened: networks that are not public and may be spoken to.
    """

    def __init__(self, base: Basemap, key: str, opened: tuple[Network, ...] = ()) -> None:
        self._base = base
        self._key = key
        self._wire = CheckedTransport(opened)

    def get(self, z: int, x: int, y: int) -> Fetched:
        """Ask for a square; a redirect leads nowhere."""
        asked = httpx.Request(
            "GET",
            address(self._base, Square(z, x, y), self._key),
            headers={"Accept-Encoding": "identity", "User-Agent": "Pipewarden"},
            extensions={"timeout": httpx.Timeout(_WITHIN_S, connect=_CONNECT_S).as_dict()},
        )
        until = time.monotonic() + _WITHIN_S
        got = bytearray()
        try:
            came = self._wire.handle_request(asked)
            try:
                for part in came.iter_raw():
                    got += part
                    if len(got) > _MOST or time.monotonic() > until:
                        raise self._away("answers too much or too slowly")
            finally:
                came.close()
        except httpx.HTTPError as error:
            raise self._away(f"does not answer ({type(error).__name__})") from None  # the cause may hold the address
        if came.status_code in _NONE_THERE:
            return Fetched(None)
        media = came.headers.get("content-type", "").partition(";")[0].strip().lower()
        if came.status_code != _OK or media not in _TAKEN:
            raise self._away(f"answers {came.status_code} {media or 'without a type'}"[:80])
        return Fetched(bytes(got) or None, media)

    def _away(self, problem: str) -> UnavailableError:
        return UnavailableError(field=f"basemap {self._base.name}", problem=problem, fix="Try again, or take another.")
