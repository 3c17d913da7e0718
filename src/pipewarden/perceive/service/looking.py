"""How a picture, or a part of it, looks in numbers: for whoever compares pictures or learns from a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipewarden.perceive.rules import square_crop, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.inference.service import LookNet

_CONTEXT = 1.4  # square_crop looks around a box by so much; a whole picture is to fill it


def look_at(
    look: LookNet,
    pixels: NDArray[np.uint8],
    part: tuple[float, float, float, float] | None = None,
    *,
    raw: bool = False,
) -> tuple[float, ...]:
    """Return the unit vector of a picture, padded to a square by its edges, or of a part with the ground around it.

    Args:
        look: the frozen net.
        pixels: BGR (rows, columns, 3).
        part: left, top, width, height as shares 0-1 of the picture; None for all of it.
        raw: not brought to length one, as the type head was fitted.

    Raises:
        UnavailableError: the net failed.
    """
    rows, columns = pixels.shape[:2]
    if part is None:
        reach = max(rows, columns) / _CONTEXT / 2
        box = (columns / 2 - reach, rows / 2 - reach, columns / 2 + reach, rows / 2 + reach)
    else:
        left, top, width, height = part
        box = (left * columns, top * rows, (left + width) * columns, (top + height) * rows)
    crop = square_crop(pixels, np.array(box, np.float32), look.side)
    features = look.features([crop])
    return tuple((features if raw else unit(features))[0].tolist())
