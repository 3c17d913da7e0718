"""How pixels must lie in a net's input: read from the file itself, so that a new export needs no new code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.inference.facts import Pixels, Port

_AXES = 4
_CHANNELS = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """The input of a picture net.

    Attributes:
        height: rows of the net's picture.
        width: columns of it.
        planar: channels before rows (NCHW), else after columns (NHWC).
        dtype: ``float32`` (0-255, not scaled) or ``uint8``.
        rgb: whether the channels are RGB, else BGR.
    """

    height: int
    width: int
    planar: bool
    dtype: str
    rgb: bool

    def batch(self, pixels: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.float32]]:
        """Return BGR pixels (n, height, width, 3) as the net wants them."""
        given = pixels[..., ::-1] if self.rgb else pixels
        if self.planar and len(given) == 1:  # half the time of numpy's strided copy
            return np.stack(cv2.split(given[0]))[None].astype(np.dtype(self.dtype))
        turned = given.transpose(0, 3, 1, 2) if self.planar else given
        return np.ascontiguousarray(turned, dtype=np.dtype(self.dtype))


def layout_of(port: Port, model: str) -> Layout:
    """Return the layout of a picture input.

    Raises:
        InputError: the input is neither float32 or uint8 nor a fixed N,3,height,width or N,height,width,3.
    """
    shape = port.shape
    planar = len(shape) == _AXES and shape[1] == _CHANNELS
    sides = shape[2:4] if planar else shape[1:3]
    known = planar or (len(shape) == _AXES and shape[3] == _CHANNELS)
    if not known or port.dtype not in {"float32", "uint8"} or not all(isinstance(side, int) for side in sides):
        raise InputError(
            field=f"{model}.inputs",
            problem=f"{port.name!r} is {port.dtype} {list(shape)}, which is no picture",
            fix="Export the net with float32 or uint8 input of 1x3xHxW or 1xHxWx3.",
        )
    height, width = (int(side) for side in sides)
    return Layout(height=height, width=width, planar=planar, dtype=port.dtype, rgb="RGB" in port.meaning)
