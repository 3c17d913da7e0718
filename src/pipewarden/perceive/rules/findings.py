"""What the screen's boxes mean: which class raises an alarm, which boxes are too small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.perceive.facts import SAID, Box, FindingClass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.inference.facts import Detections

RAISING = frozenset({FindingClass.MACHINE})  # persons and cones are evidence beside a machine, never an alarm
_TINY = 4 / 640  # of the picture's longer side: 4 pixels of what the net sees, half of its finest stride
_NAMES = frozenset(cls.value for cls in FindingClass if cls not in SAID)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One object before it has an identity.

    Attributes:
        corners: float32 (4,), left, top, right, bottom in the pixels that were looked at.
    """

    cls: FindingClass
    score: float
    raises: bool
    corners: NDArray[np.float32]


def findings_of(
    detections: Detections, classes: Sequence[str], thresholds: Mapping[str, float], shape: tuple[int, ...]
) -> list[Seen]:
    """Return what counts among the screen's boxes, best score first.

    Overlapping boxes of one class were suppressed before (inference). A box inside a better one stays, because machines
    do stand before machines: refusing it took machine AP from .607 to .585 on val (IoU .5, 99 boxes) and from .446 to
    .418 on street_dev (IoU .3, 29 boxes) with screen-1. A boom seen twice at one place becomes one alarm in dedupe.

    Args:
        detections: boxes in pixels of a picture of ``shape``.
        classes: the detector's class names by index; a class that is no ``FindingClass`` is left out.
        thresholds: score per class from which it may raise an alarm.
        shape: rows, columns.
    """
    least = _TINY * max(shape[:2])
    seen: list[Seen] = []
    for corners, score, index in zip(detections.boxes, detections.scores, detections.classes, strict=True):
        name = classes[int(index)]
        if name not in _NAMES or min(corners[2] - corners[0], corners[3] - corners[1]) < least:
            continue
        cls = FindingClass(name)
        raises = cls in RAISING and float(score) >= thresholds[name]
        seen.append(Seen(cls=cls, score=float(score), raises=raises, corners=corners))
    return seen


def pixel_box(corners: NDArray[np.float32], shape: tuple[int, ...], width: int, height: int) -> Box:
    """Return corners in a picture of ``shape`` (rows, columns) as a box in the original of ``width`` x ``height``."""
    across, down = width / shape[1], height / shape[0]
    left, top, right, bottom = (float(value) for value in corners)
    return Box(x=left * across, y=top * down, w=(right - left) * across, h=(bottom - top) * down)
