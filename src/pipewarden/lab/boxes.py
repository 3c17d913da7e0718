"""Box arithmetic shared by training data and evaluation, kept in numpy so that scoring never needs torch.

Boxes are `xyxy` in pixels, origin top left, unless a name says otherwise.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SCREEN_HEIGHT = 384
SCREEN_WIDTH = 640
LETTERBOX_GREY = 114
NMS_IOU = 0.5
_BILINEAR_DOWN_TO = 0.66


@dataclass(frozen=True, slots=True)
class Letterboxed:
    """A picture inside the detector's frame: `pixels` [H,W,3] BGR, and the way back (`scale`, `left`, `top`)."""

    pixels: Pixels
    scale: float
    left: int
    top: int

    def to_picture(self, boxes: Floats, width: int, height: int) -> Floats:
        """Boxes [n,4] from letterbox pixels to pixels of the original picture, cut at its border."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        out = (boxes - offset) / np.float32(self.scale)
        out[:, [0, 2]] = out[:, [0, 2]].clip(0, width)
        out[:, [1, 3]] = out[:, [1, 3]].clip(0, height)
        return out.astype(np.float32)


def letterbox(picture: Pixels, height: int = SCREEN_HEIGHT, width: int = SCREEN_WIDTH) -> Letterboxed:
    """Scale a BGR picture [h,w,3] to fit `height` x `width`, centred on grey 114."""
    rows, columns = picture.shape[:2]
    scale = min(width / columns, height / rows)
    new_width, new_height = round(columns * scale), round(rows * scale)
    frame = np.full((height, width, 3), LETTERBOX_GREY, np.uint8)
    left, top = (width - new_width) // 2, (height - new_height) // 2
    # area averaging keeps far machines from aliasing away; from two thirds on the product interpolates, and so do we
    how = cv2.INTER_AREA if scale < _BILINEAR_DOWN_TO else cv2.INTER_LINEAR
    frame[top : top + new_height, left : left + new_width] = cv2.resize(
        picture, (new_width, new_height), interpolation=how
    )
    return Letterboxed(frame, scale, left, top)


def areas(boxes: Floats) -> Floats:
    """Areas [n] in square pixels; a turned-over box has area zero."""
    sides = (boxes[:, 2:4] - boxes[:, :2]).clip(0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def intersections(first: Floats, second: Floats) -> Floats:
    """Shared areas [n,m] of boxes [n,4] and [m,4], square pixels."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:4], second[None, :, 2:4])
    sides = (high - low).clip(0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)


def overlaps(first: Floats, second: Floats) -> Floats:
    """Intersection over union [n,m] of boxes [n,4] and [m,4]."""
    shared = intersections(first, second)
    union = areas(first)[:, None] + areas(second)[None] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)


def suppress(boxes: Floats, scores: Floats, limit: float = NMS_IOU) -> list[int]:
    """Greedy non-maximum suppression of one class: indices kept, best first."""
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best = int(order[0])
        kept.append(best)
        rest = order[1:]
        order = rest[overlaps(boxes[best : best + 1], boxes[rest])[0] < limit]
    return kept


def square_crop(picture: Pixels, box: Floats, factor: float = 1.4, side: int = 128) -> Pixels:
    """Square [side,side,3] around an xyxy box, `factor` times its long side; beyond the border it repeats the edge."""
    long_side = max(float(box[2] - box[0]), float(box[3] - box[1]), 2.0)
    full = max(2, round(long_side * factor))
    left = round(float(box[0] + box[2]) / 2 - full / 2)
    top = round(float(box[1] + box[3]) / 2 - full / 2)
    rows, columns = picture.shape[:2]
    inner = picture[max(0, top) : max(0, min(rows, top + full)), max(0, left) : max(0, min(columns, left + full))]
    if inner.size == 0:
        return np.full((side, side, 3), LETTERBOX_GREY, np.uint8)
    padded = cv2.copyMakeBorder(
        inner,
        max(0, -top),
        max(0, top + full - rows),
        max(0, -left),
        max(0, left + full - columns),
        cv2.BORDER_REPLICATE,
    )
    how = cv2.INTER_AREA if full > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(padded, (side, side), interpolation=how), np.uint8)
