"""Whether anything is drawn where a page must be empty."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

_WIDTH_MM = 210


def ink_in_margins(page: bytes, left_mm: float = 27, right_mm: float = 25) -> int:
    """Return how many pixels at the left and right rim of a page (PNG, A4) are not white."""
    pixels = np.asarray(Image.open(io.BytesIO(page)).convert("L"))
    width = pixels.shape[1]
    left, right = int(width * left_mm / _WIDTH_MM) - 3, int(width * (1 - right_mm / _WIDTH_MM)) + 3
    return int((pixels[:, :left] < 200).sum() + (pixels[:, right:] < 200).sum())
