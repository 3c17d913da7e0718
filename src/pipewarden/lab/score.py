"""Figures that can be believed: matching, average precision and their bootstrap intervals, in plain numpy.

An interval is drawn over groups (clips, mosaics of one photo), because frames of one clip are not independent evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipewarden.lab.boxes import Floats, overlaps

Statistic = Callable[[Sequence["Evidence"]], float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One picture and one class: detection `scores` [n], whether each `hits` [n] an object, and how many there are."""

    group: str
    scores: Floats
    hits: NDArray[np.bool_]
    objects: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its bootstrap 95 % interval and the size of the sample it stands on."""

    value: float
    low: float
    high: float
    objects: int
    pictures: int


def match(boxes: Floats, scores: Floats, objects: Floats, limit: float) -> NDArray[np.bool_]:
    """Which detections hit: best score first, each object once, IoU at least `limit` (as in COCO and Pascal VOC)."""
    hits = np.zeros(len(boxes), np.bool_)
    if not len(boxes) or not len(objects):
        return hits
    table = overlaps(boxes, objects)
    free = np.ones(len(objects), np.bool_)
    for index in np.argsort(-scores, kind="stable"):
        row = np.where(free, table[index], -1.0)
        best = int(row.argmax())
        if row[best] >= limit:
            hits[index] = True
            free[best] = False
    return hits


def average_precision(evidence: Sequence[Evidence]) -> float:
    """Area under the precision envelope over all points (VOC 2010 and later); NaN without objects."""
    total = sum(item.objects for item in evidence)
    if total == 0:
        return float("nan")
    scores = np.concatenate([item.scores for item in evidence])
    if not scores.size:
        return 0.0
    hits = np.concatenate([item.hits for item in evidence])[np.argsort(-scores, kind="stable")]
    found = np.cumsum(hits)
    recall = found / total
    precision = found / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * envelope))


def recall_at(threshold: float) -> Statistic:
    """Share of objects hit by a detection of at least `threshold`; NaN without objects."""

    def statistic(evidence: Sequence[Evidence]) -> float:
        total = sum(item.objects for item in evidence)
        found = sum(int((item.hits & (item.scores >= threshold)).sum()) for item in evidence)
        return found / total if total else float("nan")

    return statistic


def precision_at(threshold: float) -> Statistic:
    """Share of detections of at least `threshold` that hit; NaN without any."""

    def statistic(evidence: Sequence[Evidence]) -> float:
        kept = sum(int((item.scores >= threshold).sum()) for item in evidence)
        found = sum(int((item.hits & (item.scores >= threshold)).sum()) for item in evidence)
        return found / kept if kept else float("nan")

    return statistic


def false_per_picture(threshold: float) -> Statistic:
    """Detections of at least `threshold` that hit nothing, per picture."""

    def statistic(evidence: Sequence[Evidence]) -> float:
        wrong = sum(int((~item.hits & (item.scores >= threshold)).sum()) for item in evidence)
        return wrong / len(evidence) if evidence else float("nan")

    return statistic


def best_threshold(evidence: Sequence[Evidence]) -> float:
    """The threshold of the highest F1."""
    candidates = np.round(np.arange(0.1, 0.9, 0.01), 2)
    found = [(_f1(evidence, float(threshold)), float(threshold)) for threshold in candidates]
    return max(found)[1]


def _f1(evidence: Sequence[Evidence], threshold: float) -> float:
    recall, precision = recall_at(threshold)(evidence), precision_at(threshold)(evidence)
    if not recall > 0 or not precision > 0:
        return 0.0
    return 2 * recall * precision / (recall + precision)


def figure(evidence: Sequence[Evidence], statistic: Statistic, seed: int, rounds: int = 1000) -> Figure:
    """A statistic with its percentile interval over `rounds` resamples of groups."""
    groups: dict[str, list[Evidence]] = {}
    for item in evidence:
        groups.setdefault(item.group, []).append(item)
    names = list(groups)
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(rounds if names else 0):
        drawn = generator.integers(0, len(names), len(names))
        values.append(statistic([item for index in drawn for item in groups[names[int(index)]]]))
    kept = np.array([value for value in values if not np.isnan(value)])
    low, high = np.quantile(kept, [0.025, 0.975]) if kept.size else (float("nan"), float("nan"))
    objects = sum(item.objects for item in evidence)
    return Figure(statistic(evidence), float(low), float(high), objects, len(evidence))
