"""Scores that mean something: a box of score .7 should be right in seven cases of ten, on pictures like those measured.

Per class a logistic curve on the score's logit (J. Platt 1999, with his smoothed targets, so that a class with few
boxes is not made certain), fitted on val and written into the file itself: whoever reads the scores, and whichever
engine runs the graph, gets calibrated ones. The curve rises, so ranking, suppression and AP stay what they were, and
thresholds are chosen anew by ``lab evaluate``. How well it holds is told on val with each group left out of its own
fit, and on the street frames, which no fit has seen.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipewarden.lab.boxes import Floats
from pipewarden.lab.dataset import CLASSES, read_split, read_street
from pipewarden.lab.evaluate import STREET_IOU, VAL_IOU, Tick, evidence_of, fully_labelled
from pipewarden.lab.score import Evidence
from pipewarden.lab.screen import Screen

EDGE = 1e-4  # scores are kept this far from 0 and 1 before the logit
_FITTED = 0.05  # boxes below say nothing more about the curve
_SHOWN = 0.2  # below, thousands of boxes that are nothing would drown those that somebody is shown
_FOLDS = 5
_BINS = 10
_STEPS = 50
_LEAST_BOXES = 20  # of a class; with fewer the score stays as it is
_LEAST_SLOPE = 0.1


@dataclass(frozen=True, slots=True)
class Curve:
    """Calibrated = sigmoid(slope * logit(score) + shift); the default changes nothing."""

    slope: float = 1.0
    shift: float = 0.0

    def __call__(self, scores: Floats) -> Floats:
        """Calibrated scores [n] of raw ones [n]."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * _logit(scores) + self.shift))), np.float32)


def _logit(scores: Floats) -> Floats:
    kept = np.clip(np.asarray(scores, np.float64), EDGE, 1 - EDGE)
    return np.asarray(np.log(kept / (1 - kept)), np.float64)


def fit(evidence: Sequence[Evidence]) -> Curve:
    """The curve of most likelihood by Newton's method; the default with too few boxes, or all or none of them right."""
    scores, hits = _boxes(evidence, _FITTED)
    right, wrong = int(hits.sum()), int((~hits).sum())
    if len(scores) < _LEAST_BOXES or not right or not wrong:
        return Curve()
    targets = np.where(hits, (right + 1) / (right + 2), 1 / (wrong + 2))
    terms = np.stack([_logit(scores), np.ones(len(scores))], 1)
    weights = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        told = 1 / (1 + np.exp(-terms @ weights))
        slope = terms.T @ (told - targets)
        bend = (terms * (told * (1 - told))[:, None]).T @ terms + 1e-9 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004  below what a score can show
            break
    if not np.isfinite(weights).all() or weights[0] < _LEAST_SLOPE:
        return Curve()  # a better score would mean a worse box: nothing to calibrate
    return Curve(float(weights[0]), float(weights[1]))


def error_of(evidence: Sequence[Evidence], curve: Curve) -> float:
    """Expected calibration error (M. P. Naeini and others 2015): mean distance of score and share right, ten bins.

    Of boxes with a raw score of .2 and more; NaN without any.
    """
    scores, hits = _boxes(evidence, _SHOWN)
    if not scores.size:
        return float("nan")
    told = curve(scores)
    bins = np.minimum((told * _BINS).astype(int), _BINS - 1)
    apart = [
        abs(float(told[bins == one].mean() - hits[bins == one].mean())) * int((bins == one).sum()) for one in set(bins)
    ]
    return sum(apart) / len(scores)


def error_left_out(evidence: Sequence[Evidence]) -> float:
    """The error when each fifth of the groups is calibrated by the other four; NaN without boxes."""
    parts: list[tuple[float, int]] = []
    for fold in range(_FOLDS):
        held = [one for one in evidence if _fold(one.group) == fold]
        boxes = len(_boxes(held, _SHOWN)[0])
        if boxes:
            parts.append((error_of(held, fit([one for one in evidence if _fold(one.group) != fold])), boxes))
    total = sum(boxes for _, boxes in parts)
    return sum(error * boxes for error, boxes in parts) / total if total else float("nan")


def _fold(group: str) -> int:
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % _FOLDS


def _boxes(evidence: Sequence[Evidence], least: float) -> tuple[Floats, Any]:
    scores = np.concatenate([np.zeros(0, np.float32), *(one.scores for one in evidence)])
    hits = np.concatenate([np.zeros(0, np.bool_), *(one.hits for one in evidence)])
    kept = scores >= least
    return scores[kept], hits[kept]


def calibrate(weights: Path, data: Path, tick: Tick) -> tuple[list[Curve], dict[str, Any]]:
    """Fit the curves of a file on val, and tell by class how well they hold.

    Returns:
        The curves in the order of the classes; and by class the curve, how many boxes are counted, and the expected
        calibration error on val before, and after with each group left out; of machines also on the street frames,
        which no fit has seen.
    """
    screen = Screen(weights)
    val, street = read_split(data, "val"), read_street(data)
    tick("val")
    on_val = [screen.of_file(one.path) for one in val]
    tick("street_dev")
    on_street = [screen.of_file(one.path) for one in street]
    curves, told = [], {}
    for index, name in enumerate(CLASSES[: screen.classes]):
        where = fully_labelled(val, name)
        evidence = evidence_of([val[k] for k in where], [on_val[k] for k in where], index, VAL_IOU)
        curves.append(fit(evidence))
        told[name] = {
            **asdict(curves[-1]),
            "boxes": len(_boxes(evidence, _SHOWN)[0]),
            "val_before": error_of(evidence, Curve()),
            "val_left_out": error_left_out(evidence),
        }
    machines = evidence_of(street, on_street, 0, STREET_IOU)
    told[CLASSES[0]] |= {"street_before": error_of(machines, Curve()), "street_after": error_of(machines, curves[0])}
    return curves, told
