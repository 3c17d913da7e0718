"""Which part of the picture stands for a finding: the same square the look net and the type head were fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTEXT = 1.4  # times the long side: ground and neighbours help to tell kinds apart (docs/detector.md, second stage)
_GREY = 114
_AROUND = 1.8  # of a close-up, times the long side: the ground around a machine tells people as much as the machine
_LEAST, _CLOSE = 32, 448


def square_crop(pixels: NDArray[np.uint8], box: NDArray[np.float32], side: int) -> NDArray[np.uint8]:
    """Return the square (side, side, 3) around a box, ``CONTEXT`` times its long side.

    Args:
        pixels: BGR (rows, columns, 3).
        box: (4,), left, top, right, bottom in these pixels.
        side: of the crop, pixels.

    Beyond the picture's border the edge is repeated; a square wholly outside is grey.
    """
    left, top, full = _window(box)
    rows, columns = pixels.shape[:2]
    inner = pixels[
        _inside(top, rows) : _inside(top + full, rows), _inside(left, columns) : _inside(left + full, columns)
    ]
    if inner.size == 0:
        return np.full((side, side, 3), _GREY, np.uint8)
    beyond = (max(0, -top), max(0, top + full - rows), max(0, -left), max(0, left + full - columns))
    padded = cv2.copyMakeBorder(inner, *beyond, cv2.BORDER_REPLICATE) if any(beyond) else inner
    how = cv2.INTER_AREA if full > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(padded, (side, side), interpolation=how), np.uint8)


def close_up(pixels: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """Return the square (448, 448, 3) around a box for eyes: of a person, or of a model that is asked about it.

    Args:
        pixels: BGR (rows, columns, 3).
        box: left, top, width, height in these pixels.

    Beyond the picture's border the edge is repeated.
    """
    left, top, width, height = box
    side = max(_LEAST, round(max(width, height) * _AROUND))
    first, row = round(left + width / 2 - side / 2), round(top + height / 2 - side / 2)
    rows, columns = pixels.shape[:2]
    across = np.clip(np.arange(first, first + side), 0, columns - 1)
    down = np.clip(np.arange(row, row + side), 0, rows - 1)
    cut = np.ascontiguousarray(pixels[np.ix_(down, across)])
    how = cv2.INTER_AREA if side > _CLOSE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(cut, (_CLOSE, _CLOSE), interpolation=how), np.uint8)


def _window(box: NDArray[np.float32]) -> tuple[int, int, int]:
    left, top, right, bottom = (float(value) for value in box)
    full = max(2, round(max(right - left, bottom - top, 2.0) * CONTEXT))
    return round((left + right) / 2 - full / 2), round((top + bottom) / 2 - full / 2), full


def _inside(value: int, end: int) -> int:
    return min(max(value, 0), end)
