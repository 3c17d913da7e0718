"""How a crop looks in 256 bits, and how to compare two: cheap, needs no net, and is blind to brightness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE = 16
BITS = _SIDE * _SIDE


def dhash(pixels: NDArray[np.uint8]) -> bytes:
    """Return the 16 x 16 difference hash (32 bytes) of BGR pixels (rows, columns, 3).

    A bit says whether brightness grows from one cell to the next on the right (N. Krawetz, "Kind of Like That", 2013);
    rows from the top, most significant bit first. Adding light or contrast changes few bits, other content about half.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    cells = cv2.resize(grey, (_SIDE + 1, _SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes()


def distance(first: bytes, second: bytes) -> int:
    """Return how many of the 256 bits differ."""
    return (int.from_bytes(first, "big") ^ int.from_bytes(second, "big")).bit_count()


def unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features (n, D) at length one per row, so that a dot product is the cosine; a zero row stays zero."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, np.float32(1e-12)), np.float32)
