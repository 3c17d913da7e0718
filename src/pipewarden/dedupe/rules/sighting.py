"""One finding as dedupe compares it, and how alike two look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.geo import near_frame

if TYPE_CHECKING:
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.locate.facts import GroundPoint
    from pipewarden.perceive.facts import Box, Look

_BITS = 256
_DEGREE_M = 110_500.0  # shorter than any degree of latitude, and than any of longitude on the equator
# Measured with look-1 on 150 machine crops of different pictures (tests/unit/dedupe/test_look_measured.py): a box put
# 10 % off keeps cosine .70 in 93 of 100 crops, another machine reaches it in 1.3 of 1,000 pairs; dHash .45 is kept by
# 29 of 100 and reached by 2 of 1,000.
NEAR_COSINE = 0.70
NEAR_DHASH = 0.45


@dataclass(frozen=True, slots=True)
class Sighting:
    """One finding with all that tells it from another.

    Attributes:
        seen_s: seconds since 1970 when ``timed``, else seconds from the first frame of its stream.
        size: width, height of its picture.
        own: the part of the ground's covariance that is this box's own; the rest is common to its camera.
        look: None for classes that never raise an alarm.
        moves: its camera rides on something: where a box stands in the picture says nothing of another picture.
    """

    finding_id: UUID
    observation_id: UUID
    stream: str
    seen_s: float
    timed: bool
    cls: str
    type: str | None
    score: float
    raises: bool
    box: Box
    size: tuple[int, int]
    ground: GroundPoint | None
    own: tuple[float, float, float] | None
    footprint: tuple[tuple[float, float], ...]
    look: Look | None
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two crops look: cosine of the features, and 1 - 2 x the share of hash bits that differ."""

    cosine: float
    dhash: float

    @property
    def near(self) -> bool:
        """Whether they look like pictures of the same object."""
        return self.cosine >= NEAR_COSINE or self.dhash >= NEAR_DHASH

    def __str__(self) -> str:
        return f"look {self.cosine:.2f}/{self.dhash:.2f}"


def likeness(a: Look | None, b: Look | None) -> Likeness | None:
    """Return how alike two crops look; None when one has no look or their feature nets differ."""
    if a is None or b is None or len(a.features) != len(b.features) or len(a.dhash) != len(b.dhash):
        return None
    off = (int.from_bytes(a.dhash, "big") ^ int.from_bytes(b.dhash, "big")).bit_count()
    return Likeness(cosine=float(np.dot(a.features, b.features)), dhash=1 - 2 * off / _BITS)


def overlap(a: Sighting, b: Sighting) -> float:
    """Return intersection over union of the two boxes, each as parts of its own picture."""
    ax, ay, aw, ah = _parts(a)
    bx, by, bw, bh = _parts(b)
    across = min(ax + aw, bx + bw) - max(ax, bx)
    down = min(ay + ah, by + bh) - max(ay, by)
    if across <= 0 or down <= 0:
        return 0.0
    return across * down / (aw * ah + bw * bh - across * down)


def _parts(one: Sighting) -> tuple[float, float, float, float]:
    width, height = one.size
    return one.box.x / width, one.box.y / height, one.box.w / width, one.box.h / height


def apart(a: GroundPoint, b: GroundPoint) -> NDArray[np.float64]:
    """Return metres east and north from ``a`` to ``b``, which must lie within a few kilometres."""
    frame = near_frame(a.lon, a.lat)
    metres = frame.to_metres(np.array([(a.lon, a.lat), (b.lon, b.lat)]))
    step: NDArray[np.float64] = metres[1] - metres[0]
    return step


def box_about(place: GroundPoint, reach_m: float) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees: all within ``reach_m`` of the place, and a little more.

    A cheap look before the exact one.
    """
    margin = reach_m / _DEGREE_M
    wider = margin / max(math.cos(math.radians(abs(place.lat) + margin)), 0.01)
    return place.lon - wider, place.lat - margin, place.lon + wider, place.lat + margin


def matrix(covariance: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return (2, 2) for east-east, east-north, north-north."""
    ee, en, nn = covariance
    return np.array([[ee, en], [en, nn]])
