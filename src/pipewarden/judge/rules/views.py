"""What the scene rules look at: one alarm through each of its cameras, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.judge.facts import Corridor, OpenPlace, Permitted, Remembered, Rule, Yard
    from pipewarden.locate.facts import GroundPoint
    from pipewarden.network.facts import Zone

BoxPart = tuple[float, float, float, float]  # x, y, w, h as parts of the picture, 0-1

# Measured with look-1 on 150 machine crops (tests/unit/dedupe/test_look_measured.py): a box put 10 % off keeps cosine
# .70 in 93 of 100 crops, another machine reaches it in 1.3 of 1,000 pairs.
NEAR_COSINE = 0.70


@dataclass(frozen=True, slots=True)
class Sight:
    """One machine in one picture.

    Attributes:
        seen_s: seconds since 1970, or from the stream's first frame where the source tells no time.
        features: how it looks, of unit length; empty where no look was kept.
        footprint: the foot of its box on the ground, (lon, lat) corners; empty when unknown.
    """

    observation_id: UUID
    finding_id: UUID
    seen_s: float
    box: BoxPart
    features: tuple[float, ...] = ()
    ground: GroundPoint | None = None
    footprint: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A screened picture of the same camera and every machine box in it, down to the screen's floor."""

    seen_s: float
    boxes: tuple[BoxPart, ...]
    features: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """One alarm through one camera.

    Attributes:
        camera_id: None for a picture that comes from no known camera.
        sights: some of the alarm's machines in this stream, the oldest and the newest among them, in order of time.
        later: what the camera showed after the newest of them, oldest first.
        before: what it showed about a day and about a week before the oldest.
        off: rules that are switched off for the camera.
    """

    stream: str
    camera_id: UUID | None
    sights: tuple[Sight, ...]
    later: tuple[Shown, ...] = ()
    before: tuple[Shown, ...] = ()
    corridor: Corridor | None = None
    memory: tuple[Remembered, ...] = ()
    off: frozenset[Rule] = frozenset()


@dataclass(frozen=True, slots=True)
class Scene:
    """One alarm as the rules look at it.

    Attributes:
        timed: whether its seconds are clock time.
        first_s: when it was first seen; ``last_s`` when last, over all its streams.
        kind: the type of its machine; None where it is not known.
    """

    alarm_id: UUID
    zone: Zone
    ground: GroundPoint | None
    timed: bool
    first_s: float
    last_s: float
    now: datetime
    views: tuple[View, ...]
    permitted: tuple[Permitted, ...] = ()
    open_places: tuple[OpenPlace, ...] = ()
    yards: tuple[Yard, ...] = ()
    kind: str | None = None


def overlap(a: BoxPart, b: BoxPart) -> float:
    """Return intersection over union of two boxes."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if across <= 0 or down <= 0:
        return 0.0
    return across * down / (a[2] * a[3] + b[2] * b[3] - across * down)


def alike(a: tuple[float, ...], b: tuple[float, ...]) -> bool | None:
    """Return whether two looks are near; None where one is missing or of another net."""
    if not a or len(a) != len(b):
        return None
    return float(np.dot(a, b)) >= NEAR_COSINE
