"""Boxes in whatever scale a model speaks, brought to fractions of the picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipewarden.inference.facts import BoxScale

if TYPE_CHECKING:
    from pipewarden.inference.facts import VisionModel

_SLACK = 0.02  # models overshoot the border a little; more than that is another scale than the one declared
Box = tuple[float, float, float, float]


def to_unit(box: Box, model: VisionModel, width: int, height: int) -> Box | None:
    """Return the box (left, top, right, bottom) as fractions 0-1 of the picture, None if it cannot be one.

    Args:
        box: in the model's scale.
        model: what its coordinates mean.
        width: of the picture as it was sent, in pixels.
        height: likewise.
    """
    across, down = _extent(model, width, height)
    left, top, right, bottom = box[0] / across, box[1] / down, box[2] / across, box[3] / down
    if not (left < right and top < bottom and min(left, top) >= -_SLACK and max(right, bottom) <= 1 + _SLACK):
        return None
    unit = (max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))
    return unit if unit[0] < unit[2] and unit[1] < unit[3] else None


def _extent(model: VisionModel, width: int, height: int) -> tuple[float, float]:
    if model.scale is BoxScale.UNIT:
        return 1.0, 1.0
    if model.scale is BoxScale.THOUSAND:
        return 1000.0, 1000.0
    return resized(width, height, model.multiple, model.most_pixels)


def resized(width: int, height: int, multiple: int, most_pixels: int) -> tuple[int, int]:
    """Return the size a picture has inside a model that rounds its sides to a multiple, within a number of pixels.

    Source: the resizing that the Qwen2.5-VL preprocessor documents (multiples of 28, bounded pixels).
    """
    across, down = (max(multiple, round(side / multiple) * multiple) for side in (width, height))
    if most_pixels and across * down > most_pixels:
        shrink = math.sqrt(width * height / most_pixels)
        across, down = (max(multiple, math.floor(side / shrink / multiple) * multiple) for side in (width, height))
    return across, down
