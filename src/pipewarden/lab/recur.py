"""How strongly a sequence alarms: the 2-of-3 rule of the product, turned round into the threshold that silences it.

Two detections in frames at most two steps apart that overlap by IoU 0.3 are "the same place"; the weaker of the two
scores is the highest threshold at which they still alarm. The maximum over a sequence is its strength, so the alarm
count at every threshold follows from one pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipewarden.lab.boxes import Floats, overlaps
from pipewarden.lab.screen import Detections

SAME_PLACE = 0.3
REACH = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """Two machine detections at one place: `frame` of the later one, its `box` [4], the weaker `score`."""

    frame: int
    box: Floats
    score: float


def sampled(times: Sequence[float], every: float, first: int = 0) -> list[int]:
    """Frame numbers from `first` on, each at least `every` seconds (less a millisecond of rounding) after the last."""
    chosen: list[int] = []
    for index in range(first, len(times)):
        if not chosen or times[index] - times[chosen[-1]] >= every - 1e-3:
            chosen.append(index)
    return chosen


def pairs(frames: Sequence[Detections]) -> list[Pair]:
    """Every detection that recurs at its place within the two frames before it, with the best partner's score."""
    found = []
    for index, later in enumerate(frames):
        for earlier in frames[max(0, index - REACH) : index]:
            if not len(later.boxes) or not len(earlier.boxes):
                continue
            together = overlaps(later.boxes, earlier.boxes) >= SAME_PLACE
            weaker = np.minimum(later.scores[:, None], earlier.scores[None]) * together
            best = weaker.max(axis=1)
            found += [Pair(index, later.boxes[k], float(best[k])) for k in range(len(later.boxes)) if together[k].any()]
    return found


def strength(frames: Sequence[Detections]) -> float:
    """The highest threshold at which the sequence still gives an alarm; 0 where nothing recurs."""
    return max((pair.score for pair in pairs(frames)), default=0.0)


def alarms(frames: Sequence[Detections], threshold: float) -> int:
    """Distinct alarms: recurring places of at least `threshold`, joined while they overlap within the reach."""
    open_places: list[tuple[int, Floats]] = []
    count = 0
    for pair in sorted((p for p in pairs(frames) if p.score >= threshold), key=lambda p: p.frame):
        near = [
            k
            for k, (frame, box) in enumerate(open_places)
            if pair.frame - frame <= REACH and overlaps(pair.box[None], box[None])[0, 0] >= SAME_PLACE
        ]
        if near:
            open_places[near[0]] = (pair.frame, pair.box)
        else:
            count += 1
            open_places.append((pair.frame, pair.box))
    return count
