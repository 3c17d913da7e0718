"""Looking at a far corridor in full resolution: which tiles cover it, and how their boxes become one answer.

The screen sees every picture at 640 x 384, where a machine 200 m away is a few pixels. Tiles of that size cut from the
original keep what the camera saw, at the price of one more call of the screen each; so they cover the pipe's corridor
only, and only of cameras for which somebody asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.inference.facts import Detections
from pipewarden.inference.rules.boxes import overlaps, suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FRAME = (640, 384)
MOST = 6
_SHARED = 0.15  # of a tile's side: a machine cut by one tile stands whole in the next
_EDGE = 2.0  # pixels: a box that touches the inner edge of its tile was cut there
_INSIDE = 0.8  # of a box: what lies in a better box of its class to that share is a part of it


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of a picture in its own pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the tile's pixels (rows, columns, 3)."""
        return pixels[self.top : self.bottom, self.left : self.right]


def tiles_over(region: tuple[float, float, float, float], size: tuple[int, int], most: int = MOST) -> list[Tile]:
    """Return overlapping tiles that cover a region of a picture, at full resolution where ``most`` of them suffice.

    Args:
        region: left, top, right, bottom as shares 0-1 of the picture.
        size: width, height of the picture in pixels.
        most: tiles at most; a region that needs more gets larger tiles, which the screen shrinks.

    A picture no larger than the screen's frame, or a region without area, needs none.
    """
    left, top, right, bottom = (
        min(max(share, 0.0), 1.0) * side for share, side in zip(region, (*size, *size), strict=True)
    )
    if right - left < 1 or bottom - top < 1 or (size[0] <= FRAME[0] and size[1] <= FRAME[1]):
        return []
    grow = 1.0
    while True:
        sides = (min(FRAME[0] * grow, size[0]), min(FRAME[1] * grow, size[1]))
        across, down = (
            _starts(low, high, side, limit)
            for low, high, side, limit in zip((left, top), (right, bottom), sides, size, strict=True)
        )
        if len(across) * len(down) <= max(1, most):
            return [Tile(x, y, x + round(sides[0]), y + round(sides[1])) for y in down for x in across]
        grow *= 1.15


def _starts(low: float, high: float, side: float, limit: int) -> list[int]:
    """Where tiles of one side begin so that they cover low to high, overlap, and stay in the picture."""
    need = high - low
    count = 1 if need <= side else 1 + ceil((need - side) / (side * (1 - _SHARED)))
    if count == 1:
        first = (low + high - side) / 2
        return [round(min(max(first, 0.0), limit - side))]
    step = (need - side) / (count - 1)
    return [round(min(low + step * place, limit - side)) for place in range(count)]


def joined(whole: Detections, parts: Sequence[tuple[Tile, Detections]], size: tuple[int, int]) -> Detections:
    """Return one answer for the picture from the whole view and its tiles, best score first.

    Args:
        whole: boxes in pixels of the picture.
        parts: every tile with boxes in its own pixels.
        size: width, height of the picture.

    A box cut by the inner edge of its tile is left out: the neighbour or the whole view has it entire. Boxes of one
    class that overlap, or lie inside a better one, are one object.
    """
    moved = [whole, *(_moved(tile, found, size) for tile, found in parts)]
    boxes = np.concatenate([one.boxes for one in moved])
    scores = np.concatenate([one.scores for one in moved])
    classes = np.concatenate([one.classes for one in moved])
    kept = suppress(boxes, scores, classes)
    of_whole = kept < len(whole)
    inside = _parts_of_others(boxes[kept], classes[kept]) & ~of_whole
    kept = kept[~inside]
    return Detections(boxes=boxes[kept], scores=scores[kept], classes=classes[kept])


def _moved(tile: Tile, found: Detections, size: tuple[int, int]) -> Detections:
    boxes = found.boxes + np.array([tile.left, tile.top, tile.left, tile.top], np.float32)
    inner = np.array([tile.left > 0, tile.top > 0, tile.right < size[0], tile.bottom < size[1]])
    edges = np.array([tile.left, tile.top, tile.right, tile.bottom], np.float32)
    whole = ~((np.abs(boxes - edges) <= _EDGE) & inner).any(axis=1)
    return Detections(
        boxes=np.asarray(boxes[whole], np.float32), scores=found.scores[whole], classes=found.classes[whole]
    )


def _parts_of_others(boxes: NDArray[np.float32], classes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which boxes, best first, lie mostly inside a better one of their class."""
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    shared = overlaps(boxes, boxes)
    common = shared * (areas[:, None] + areas[None]) / (1 + shared)
    better = np.tril(np.ones((len(boxes), len(boxes)), np.bool_), -1) & (classes[:, None] == classes[None])
    return np.asarray((better & (common >= _INSIDE * areas[:, None])).any(axis=1), np.bool_)
