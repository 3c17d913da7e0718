"""The squares of an area as one file that a phone keeps: which squares there are, and their packing (PMTiles 3).

No signal in a basement or behind the ring road must not mean no map: the file holds what ``draw`` draws, and no more.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
from pmtiles.tile import Compression, Entry, TileType, zxy_to_tileid
from pmtiles.writer import finalize_header

from pipewarden.network.rules.tiles.square import Square

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ARCHIVE = "application/vnd.pmtiles"
_BEYOND_DEGREES = 0.0009  # 100 m: the control ranges of a pipe are drawn beside it, in the next square too
_HIGHEST = 85.0
_LAYERS = ("control", "protection", "pipes", "stations")


def squares(bounds: Floats, z: int) -> list[Square]:
    """Return every square of a zoom that a box or its 100 m around touches, in the order of the file.

    Args:
        bounds: west, south, east, north of each thing, degrees WGS-84, shape (n, 4); each a square or so wide at most.
        z: zoom.
    """
    if not len(bounds):
        return []
    count = 1 << z
    wide = _BEYOND_DEGREES / np.cos(np.radians(np.clip(np.abs(bounds[:, 1]), 0.0, _HIGHEST)))
    west, east = bounds[:, 0] - wide, bounds[:, 2] + wide
    north, south = bounds[:, 3] + _BEYOND_DEGREES, bounds[:, 1] - _BEYOND_DEGREES
    first = np.stack([(west / 360.0 + 0.5) * count, _row(north) * count], axis=1)
    last = np.stack([(east / 360.0 + 0.5) * count, _row(south) * count], axis=1)
    spans = np.unique(np.clip(np.floor(np.hstack([first, last])), 0, count - 1).astype(np.int64), axis=0)
    found = {
        (x, y)
        for left, top, right, bottom in spans.tolist()
        for x in range(left, right + 1)
        for y in range(top, bottom + 1)
    }
    return sorted((Square(z, x, y) for x, y in found), key=number)


def number(square: Square) -> int:
    """Return a square's number in the file: zoom after zoom, along a Hilbert curve."""
    return int(zxy_to_tileid(square.z, square.x, square.y))


def pack(drawn: Mapping[Square, bytes], bounds: tuple[float, float, float, float], name: str) -> bytes:
    """Return the file of encoded squares, each compressed; equal ones lie in it once.

    Args:
        drawn: at least one square; what is empty is left out by the caller.
        bounds: west, south, east, north of it all, degrees WGS-84.
        name: what the file calls itself.
    """
    entries: list[Entry] = []
    held: dict[bytes, tuple[int, int]] = {}
    parts: list[bytes] = []
    size = 0
    for square in sorted(drawn, key=number):
        packed = gzip.compress(drawn[square], mtime=0)
        if packed not in held:
            held[packed] = (size, len(packed))
            parts.append(packed)
            size += len(packed)
        entries.append(Entry(number(square), *held[packed], 1))
    deepest = max(square.z for square in drawn)
    west, south, east, north = (round(one * 1e7) for one in bounds)
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": deepest,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }
    said = {"name": name, "vector_layers": [{"id": one} for one in _LAYERS]}
    head = finalize_header(  # type: ignore[no-untyped-call]
        header, len(entries), entries, len(held), said, clustered=True, tile_data_length=size
    )
    return b"".join([*head, *parts])


def _row(lat: Floats) -> Floats:
    sine = np.sin(np.radians(np.clip(lat, -_HIGHEST, _HIGHEST)))
    rows: Floats = 0.5 - np.arctanh(sine) / (2 * np.pi)
    return rows
