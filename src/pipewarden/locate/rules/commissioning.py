"""Paste a machine onto a camera's own picture as large as it would be at a place, and say whether it was found there.

What is pasted is synthetic (合成贴图): it says that this view, at this distance, leaves a machine large and clear
enough for the screen. It says nothing about accuracy, and is never counted in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipewarden.locate.facts import Band
from pipewarden.locate.rules.seen import COVERED_SIGMA_M, SEEN_TO_M, sigmas
from pipewarden.perceive.facts import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipewarden.locate.facts import CutOut
    from pipewarden.locate.rules.calibration import Calibrated

_GRID = (48, 48)  # feet across and down that are tried
_LEAST_PART = 0.7  # of the pasted machine must lie inside the picture
_LEAST_PX = 6
_SAME_BOX = 0.3  # intersection over union at which a box is the pasted machine's
_GREY = 8.0  # mean saturation of an infrared picture
_GAIN = (0.6, 1.4)
_SMALLEST_ALPHA = 128


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a machine may stand in a picture.

    Attributes:
        foot: pixel (x, y) of the picture.
        px_per_m: pixels that one metre across has there.
        away_m: metres from the ground at the middle of the picture's lower edge.
    """

    foot: tuple[float, float]
    px_per_m: float
    away_m: float


def spots(solved: Calibrated, picture: tuple[int, int]) -> dict[Band, list[Spot]]:
    """Return places on the covered ground (up to 60 m, surer than 15 m) by thirds of its depth, nearest first.

    Args:
        solved: the camera.
        picture: width, height of the picture that feet are given in.
    """
    width, height = solved.image_size
    across, down = np.meshgrid(np.linspace(0, width - 1, _GRID[0]), np.linspace(0, height - 1, _GRID[1]))
    pixels = np.column_stack([across.ravel(), down.ravel()])
    ground = solved.model.ground(pixels)
    beside = solved.model.ground(pixels + np.array([1.0, 0.0]))
    origin = solved.model.ground(np.array([((width - 1) / 2, height - 1.0)]))[0]
    with np.errstate(invalid="ignore"):
        away, metre = np.hypot(*(ground - origin).T), np.hypot(*(beside - ground).T)
        good = np.isfinite(away) & (away <= SEEN_TO_M) & (metre > 0) & (sigmas(solved, pixels) <= COVERED_SIGMA_M)
    if not good.any():
        return {band: [] for band in Band}
    scale = picture[0] / width
    step = float(away[good].max()) / len(Band)
    found: dict[Band, list[Spot]] = {band: [] for band in Band}
    for place in np.flatnonzero(good):
        foot = (float(pixels[place, 0]) * scale, float(pixels[place, 1]) * scale)
        band = list(Band)[min(int(away[place] / step), len(Band) - 1)]
        found[band].append(Spot(foot, scale / float(metre[place]), float(away[place])))
    return found


def paste(
    pixels: NDArray[np.uint8], cut: CutOut, spot: Spot, *, mirrored: bool
) -> tuple[NDArray[np.uint8], Box] | None:
    """Return the BGR picture with the machine standing at the spot, and its box; None where too little would be seen.

    Args:
        pixels: (rows, columns, 3); left as they are.
        cut: the machine.
        spot: where the middle of its foot comes.
        mirrored: turn it round.
    """
    size = spot.px_per_m / cut.px_per_m
    rows, columns = (round(side * size) for side in cut.pixels.shape[:2])
    if min(rows, columns) < _LEAST_PX:
        return None
    shape = cut.pixels[:, ::-1] if mirrored else cut.pixels
    how = cv2.INTER_AREA if size < 1 else cv2.INTER_LINEAR
    machine = np.asarray(cv2.resize(np.ascontiguousarray(shape), (columns, rows), interpolation=how), np.float32)
    left, top = round(spot.foot[0] - columns / 2), round(spot.foot[1]) - rows
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + columns, pixels.shape[1]), min(top + rows, pixels.shape[0])
    if (x1 - x0) * (y1 - y0) < _LEAST_PART * rows * columns:
        return None
    part = machine[y0 - top : y1 - top, x0 - left : x1 - left]
    under = pixels[y0:y1, x0:x1].astype(np.float32)
    alpha = np.asarray(part[..., 3:] / 255, np.float32)
    out = pixels.copy()
    mixed = under * (1 - alpha) + np.asarray(_lit(part[..., :3], alpha, pixels) * alpha, np.float32)
    out[y0:y1, x0:x1] = mixed.clip(0, 255).astype(np.uint8)
    return out, Box(float(x0), float(y0), float(x1 - x0), float(y1 - y0))


def _lit(machine: NDArray[np.float32], alpha: NDArray[np.float32], picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the machine in the picture's light: as bright as that is, and grey in an infrared one."""
    solid = alpha[..., 0] * 255 >= _SMALLEST_ALPHA
    if not solid.any():
        return machine
    gain = float(np.clip(picture.mean() / max(float(machine[solid].mean()), 1.0), *_GAIN))
    saturation = picture.max(axis=2).astype(np.float32) - picture.min(axis=2)
    lit = machine if saturation.mean() >= _GREY else np.repeat(machine.mean(axis=2, keepdims=True), 3, axis=2)
    return np.asarray(lit * gain, np.float32)


def is_there(box: Box, found: Sequence[Box]) -> bool:
    """Return whether one of the found boxes is the machine in ``box`` (intersection over union of .3 and more)."""
    return any(_overlap(box, one) >= _SAME_BOX for one in found)


def _overlap(a: Box, b: Box) -> float:
    across = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    down = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    both = max(across, 0.0) * max(down, 0.0)
    return both / max(a.w * a.h + b.w * b.h - both, 1e-9)
