"""The picture a person sees: the box drawn so that it shows on any background (design.md, Pictures)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LINE = (59, 212, 255)  # BGR of the amber #FFD43B
_CASING = (24, 20, 16)
_LINE_WIDTH = 2
_CASING_WIDTH = 6  # two pixels of dark on either side of the line
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TEXT_SCALE = 0.5
_PAD = 4


def draw(pixels: NDArray[np.uint8], corners: tuple[int, int, int, int], label: str) -> NDArray[np.uint8]:
    """Return a copy of BGR pixels with a box and its label.

    Args:
        pixels: (rows, columns, 3).
        corners: left, top, right, bottom in these pixels; cut at the border.
        label: ASCII; other letters become ``?`` because OpenCV's font has no others.
    """
    out = pixels.copy()
    rows, columns = out.shape[:2]
    left, right = (min(max(value, 0), columns - 1) for value in corners[::2])
    top, bottom = (min(max(value, 0), rows - 1) for value in corners[1::2])
    cv2.rectangle(out, (left, top), (right, bottom), _CASING, _CASING_WIDTH)
    cv2.rectangle(out, (left, top), (right, bottom), _LINE, _LINE_WIDTH)
    words = label.encode("ascii", "replace").decode("ascii")
    (wide, high), below = cv2.getTextSize(words, _FONT, _TEXT_SCALE, 1)
    tall = high + below + 2 * _PAD
    # above the box where there is room, else inside it
    tag_top = top - tall if top >= tall else top
    tag_left = max(0, min(left, columns - wide - 2 * _PAD))
    cv2.rectangle(out, (tag_left, tag_top), (tag_left + wide + 2 * _PAD, tag_top + tall), _CASING, cv2.FILLED)
    cv2.putText(out, words, (tag_left + _PAD, tag_top + _PAD + high), _FONT, _TEXT_SCALE, _LINE, 1, cv2.LINE_AA)
    return out
