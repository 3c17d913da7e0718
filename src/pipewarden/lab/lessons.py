"""What earlier nets teach about the training pictures: vehicles nobody labelled, and pictures that still confuse.

Kept apart from the nets (see mine), so that drawing samples needs no torch.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipewarden.lab.boxes import Floats, areas, intersections, overlaps
from pipewarden.lab.dataset import Picture

_TRUSTED = 0.45  # least score at which a COCO vehicle is taken as a label
_APART = 0.3  # largest share of a vehicle box that a labelled machine or vehicle may cover
_HIT = 0.1  # a box that overlaps a machine by less than this is a false one
_EMPTY = np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class Lesson:
    """About one picture: `vehicles` [n,4] xyxy that COCO sees, and the score 0-1 of its worst false machine."""

    vehicles: Floats
    confusion: float


def unlabelled_vehicles(picture: Picture, boxes: Floats, scores: Floats) -> Floats:
    """Vehicle boxes [n,4] worth learning from; none where the picture's own vehicles are labelled."""
    if "vehicle" in picture.labelled or not len(boxes):
        return _EMPTY
    kept = boxes[scores >= _TRUSTED]
    if len(kept) and len(picture.boxes):
        covered = intersections(kept, picture.boxes).max(axis=1) / areas(kept).clip(1)
        kept = kept[covered <= _APART]
    return np.asarray(kept, np.float32)


def confusion_of(picture: Picture, boxes: Floats, scores: Floats) -> float:
    """Score of the best machine box that touches no machine; 0 where not every machine is labelled."""
    if "machine" not in picture.labelled or not len(boxes):
        return 0.0
    machines = picture.boxes_of(0)
    if len(machines):
        scores = scores[overlaps(boxes, machines).max(axis=1) < _HIT]
    return float(scores.max()) if len(scores) else 0.0


def save_lessons(path: Path, lessons: dict[str, Lesson]) -> None:
    """Write lessons by picture file name, so that a resumed run need not look again."""
    plain = {
        name: {"vehicles": lesson.vehicles.round(1).tolist(), "confusion": round(lesson.confusion, 4)}
        for name, lesson in lessons.items()
    }
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(plain) + "\n", encoding="utf-8")
    draft.replace(path)


def load_lessons(path: Path) -> dict[str, Lesson]:
    """Read what `save_lessons` wrote."""
    plain = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Lesson(np.array(item["vehicles"], np.float32).reshape(-1, 4), float(item["confusion"]))
        for name, item in plain.items()
    }
