"""The way of boxes: a picture into the net's frame, its answers picked, suppressed and carried back.

Boxes are left, top, right, bottom in pixels, origin top left, unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipewarden.inference.facts import Detections, Floats, Pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

GREY = 114  # of the frame beside the picture: what the screen was trained with
NMS_IOU = 0.5
_CANDIDATES = 512
_BILINEAR_DOWN_TO = 0.66
_MOST = 100


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture of ``width`` x ``height`` lies inside the net's frame.

    Attributes:
        scale: frame pixels per picture pixel.
        left: frame pixels of grey on the left.
        top: the same above.
        inner_width: columns the picture takes in the frame.
        inner_height: rows of it.
    """

    width: int
    height: int
    frame_width: int
    frame_height: int
    scale: float
    left: int
    top: int
    inner_width: int
    inner_height: int

    @classmethod
    def of(cls, width: int, height: int, frame_width: int, frame_height: int) -> Letterbox:
        """Return the largest centred place for the picture."""
        scale = min(frame_width / width, frame_height / height)
        inner_width = max(1, round(width * scale))
        inner_height = max(1, round(height * scale))
        return cls(
            width=width,
            height=height,
            frame_width=frame_width,
            frame_height=frame_height,
            scale=scale,
            left=(frame_width - inner_width) // 2,
            top=(frame_height - inner_height) // 2,
            inner_width=inner_width,
            inner_height=inner_height,
        )

    def to_frame(self, boxes: Floats) -> Floats:
        """Return boxes (n, 4) of the picture in frame pixels."""
        return np.asarray(boxes * np.float32(self.scale) + self._offset(), np.float32)

    def to_picture(self, boxes: Floats) -> Floats:
        """Return boxes (n, 4) of the frame in picture pixels, cut at the picture's border."""
        out = (boxes - self._offset()) / np.float32(self.scale)
        limit = np.array([self.width, self.height, self.width, self.height], np.float32)
        return np.asarray(np.clip(out, 0, limit), np.float32)

    def _offset(self) -> Floats:
        return np.array([self.left, self.top, self.left, self.top], np.float32)


def letterbox(pixels: Pixels, frame_width: int, frame_height: int) -> tuple[Pixels, Letterbox]:
    """Return the picture (h, w, 3) scaled into a grey frame (frame_height, frame_width, 3), and its place there."""
    place = Letterbox.of(pixels.shape[1], pixels.shape[0], frame_width, frame_height)
    frame = np.full((frame_height, frame_width, 3), GREY, np.uint8)
    inner = frame[place.top : place.top + place.inner_height, place.left : place.left + place.inner_width]
    # Area averaging keeps far machines from aliasing away. Down to two thirds bilinear weighs every pixel too (.75 and
    # .25 where area takes .67 and .33) in a fifth of the time; a 1080p picture decoded at half size stands there.
    how = cv2.INTER_AREA if place.scale < _BILINEAR_DOWN_TO else cv2.INTER_LINEAR
    cv2.resize(pixels, (place.inner_width, place.inner_height), dst=inner, interpolation=how)
    return frame, place


def areas(boxes: Floats) -> Floats:
    """Return areas (n,) in square pixels; a turned-over box has none."""
    sides = np.maximum(boxes[:, 2:4] - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def overlaps(first: Floats, second: Floats) -> Floats:
    """Return intersection over union (n, m) of boxes (n, 4) and (m, 4); 0 where both have no area."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:4], second[None, :, 2:4])
    sides = np.maximum(high - low, 0)
    shared = sides[..., 0] * sides[..., 1]
    union = areas(first)[:, None] + areas(second)[None, :] - shared
    return np.asarray(shared / np.maximum(union, np.float32(1e-6)), np.float32)


def suppress(boxes: Floats, scores: Floats, classes: NDArray[np.int64], limit: float = NMS_IOU) -> NDArray[np.int64]:
    """Return the indices kept by greedy non-maximum suppression inside each class, best score first.

    A box goes when it overlaps a better kept box of its class by ``limit`` or more (intersection over union). Equal
    scores keep the order they came in, so the answer never depends on the sort.
    """
    order = np.argsort(-scores, kind="stable")
    boxes, classes = boxes[order], classes[order]
    rival = (overlaps(boxes, boxes) >= limit) & (classes[:, None] == classes[None, :])
    alive = np.ones(len(order), np.bool_)
    for position in range(len(order)):
        if alive[position]:
            alive[position + 1 :] &= ~rival[position, position + 1 :]
    return np.asarray(order[alive], np.int64)


def pick(scores: Floats, boxes: Floats, floor: float, place: Letterbox) -> Detections:
    """Return the detections of one picture from the net's raw answer.

    Args:
        scores: (N, classes), 0-1.
        boxes: (N, 4) in frame pixels.
        floor: least score that is looked at.
        place: where the picture lies in the frame.
    """
    points, classes = np.nonzero(scores >= floor)
    found = scores[points, classes]
    if len(found) > _CANDIDATES:  # a flood of boxes is a broken picture, not a reason for quadratic work
        best = np.argpartition(-found, _CANDIDATES)[:_CANDIDATES]
        best.sort()
        points, classes, found = points[best], classes[best], found[best]
    corners = boxes[points]
    kept = suppress(corners, found, classes)[:_MOST]
    return Detections(
        boxes=place.to_picture(corners[kept]),
        scores=np.asarray(found[kept], np.float32),
        classes=np.asarray(classes[kept], np.int64),
    )
