"""What an empty scene shows again and again: the false boxes that a camera's own street makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.judge.facts import Remembered
from pipewarden.judge.rules.views import overlap
from pipewarden.perceive.facts import FindingClass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.judge.rules.views import BoxPart
    from pipewarden.perceive.facts import Screened

_SAME = 0.5
_LEAST = 3  # pictures: what stood there once was a visitor (detector.md)


@dataclass(slots=True)
class _Place:
    boxes: list[BoxPart] = field(default_factory=list)
    looks: list[tuple[float, ...]] = field(default_factory=list)
    pictures: int = 0


def recurring(pictures: Iterable[Screened]) -> list[Remembered]:
    """Return the places at which at least three pictures show a machine, each with its mean box and mean look.

    Args:
        pictures: of one camera, while nobody worked there; boxes below the alarm's threshold count too.
    """
    places: list[_Place] = []
    for one in pictures:
        met: set[int] = set()
        for finding in one.findings:
            if finding.cls is not FindingClass.MACHINE or not one.width or not one.height:
                continue
            box = finding.box
            part = (box.x / one.width, box.y / one.height, box.w / one.width, box.h / one.height)
            place = next((kept for kept in places if overlap(_mean(kept), part) >= _SAME), None)
            if place is None:
                place = _Place()
                places.append(place)
            place.boxes.append(part)
            if finding.look is not None:
                place.looks.append(finding.look.features)
            if id(place) not in met:
                met.add(id(place))
                place.pictures += 1
    return [Remembered(_mean(one), _mean_look(one), one.pictures) for one in places if one.pictures >= _LEAST]


def _mean(place: _Place) -> BoxPart:
    x, y, w, h = np.mean(place.boxes, axis=0).tolist()
    return x, y, w, h


def _mean_look(place: _Place) -> tuple[float, ...]:
    """Return the mean look at unit length; empty where looks are missing or of different nets."""
    if not place.looks or len({len(one) for one in place.looks}) != 1:
        return ()
    mean = np.mean(place.looks, axis=0)
    length = float(np.linalg.norm(mean))
    return tuple((mean / length).tolist()) if length > 0 else ()
