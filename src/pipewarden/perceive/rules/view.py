"""What a whole picture is like, in a few numbers: enough to tell a camera that sees from one that only sends.

Everything is taken from a small grey copy, so it costs about a millisecond beside the screen's own work.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (96, 54)  # columns, rows of the small copy
BLOCK = 6  # side of a block of it: 16 x 9 blocks
_CLOCK_ROWS = 6  # overlays stand in the upper and lower tenth: what runs there proves nothing about the sensor
_DETAIL = 3.0  # grey levels of gradient that noise and JPEG do not reach on average over a block


@dataclass(frozen=True, slots=True)
class View:
    """One picture in a few numbers.

    Attributes:
        grey: uint8 (54, 96), the small copy without contrast changes.
        mean: brightness, 0-255.
        spread: standard deviation of brightness.
        sharp: mean absolute second derivative of the half-size picture over its spread: falls when focus is lost.
        detail: bool (9, 16), blocks that hold structure.
        edges: float32 (54, 96), gradient at zero mean and length one; its product with another's is their correlation.
    """

    grey: NDArray[np.uint8]
    mean: float
    spread: float
    sharp: float
    detail: NDArray[np.bool_]
    edges: NDArray[np.float32]


def view_of(pixels: NDArray[np.uint8]) -> View:
    """Return the view of BGR pixels (rows, columns, 3)."""
    whole = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    half = cv2.resize(whole, (480, 270), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.resize(half, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    spread = float(half.std())
    bend = np.abs(cv2.Laplacian(cv2.GaussianBlur(half, (3, 3), 0), cv2.CV_32F)).mean()
    slope = gradient(grey)
    blocks = slope.reshape(SIZE[1] // BLOCK, BLOCK, SIZE[0] // BLOCK, BLOCK).mean(axis=(1, 3))
    return View(
        grey=grey,
        mean=float(half.mean()),
        spread=spread,
        sharp=float(bend) / max(spread, 1.0),
        detail=np.asarray(blocks > _DETAIL, np.bool_),
        edges=_unit(slope),
    )


def view_of_grey(grey: NDArray[np.uint8], mean: float, spread: float, sharp: float) -> View:
    """Return a view that was kept: the small copy and its three numbers; the rest follows from them."""
    slope = gradient(grey)
    blocks = slope.reshape(SIZE[1] // BLOCK, BLOCK, SIZE[0] // BLOCK, BLOCK).mean(axis=(1, 3))
    return View(grey, mean, spread, sharp, np.asarray(blocks > _DETAIL, np.bool_), _unit(slope))


def gradient(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the length of the gradient, grey levels per pixel of the small copy."""
    levels = grey.astype(np.float32)
    across = cv2.Sobel(levels, cv2.CV_32F, 1, 0, ksize=3) / 8
    down = cv2.Sobel(levels, cv2.CV_32F, 0, 1, ksize=3) / 8
    return np.asarray(np.hypot(across, down), np.float32)


def _unit(slope: NDArray[np.float32]) -> NDArray[np.float32]:
    """Flatten strong edges (lamps, reflections), take the mean off and bring to length one."""
    calm = np.sqrt(slope)
    calm -= calm.mean()
    return np.asarray(calm / max(float(np.linalg.norm(calm)), 1e-6), np.float32)


def likeness(a: View, b: View) -> float:
    """Return how well the edges of two views agree where they stand, -1 to 1; light hardly matters."""
    return float((a.edges * b.edges).sum())


def stillness(a: View, b: View) -> float:
    """Return the mean absolute difference in grey levels without the rows where clocks run."""
    rows = slice(_CLOCK_ROWS, SIZE[1] - _CLOCK_ROWS)
    return float(np.abs(a.grey[rows].astype(np.int16) - b.grey[rows]).mean())


def name(view: View) -> bytes:
    """Return a hash (16 bytes) of the small copy without the rows where clocks run: living looks never share one."""
    rows = np.ascontiguousarray(view.grey[_CLOCK_ROWS : SIZE[1] - _CLOCK_ROWS])
    return hashlib.blake2b(rows.tobytes(), digest_size=16).digest()


def shift(a: View, b: View) -> tuple[float, float, float]:
    """Return (parts of the width, parts of the height, sharpness of the answer 0-1) by which ``b`` stands off ``a``.

    Phase correlation of the edges (C. D. Kuglin, D. C. Hines, 1975).
    """
    window = cv2.createHanningWindow(SIZE, cv2.CV_32F)
    # OpenCV 5 multiplies its arguments by the window in place
    (across, down), response = cv2.phaseCorrelate(a.edges.copy(), b.edges.copy(), window)
    return across / SIZE[0], down / SIZE[1], float(response)
