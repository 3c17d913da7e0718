"""A linear probe over frozen features: fitted, cross-validated without copies on two sides, and told when to abstain.

The objective is the lab's type head's (docs/models/type.md): multinomial logistic regression on standardised features,
classes weighted to be equal, ridge 1. Everything here is a function of its arguments: the same pictures give the same
probe, whoever fits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.shares import wilson
from pipewarden.market.facts.foundry import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.float64]

STRENGTH, ROUNDS = 1.0, 400
_NEVER = 1.01  # above every probability: such a probe answers nothing
_ROUND = 6  # digits of a stored weight: 0.000001 of a standard deviation


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Probabilities = softmax(((features - mean) / scale) @ weights + bias); nothing is said below ``abstain``."""

    labels: tuple[str, ...]
    mean: Rows
    scale: Rows
    weights: Rows
    bias: Rows
    abstain: float = 0.0

    def chances(self, features: Rows) -> Rows:
        """Return the probability of each label (n, labels) for features (n, D)."""
        return softmax(((features - self.mean) / self.scale) @ self.weights + self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class Validated:
    """What each picture's probabilities were when it was left out, and what that comes to.

    Attributes:
        chances: (n, labels), each row by a probe that saw neither the picture nor anything like it.
        folds: (n,), which part each picture was left out with.
    """

    chances: Rows
    folds: NDArray[np.int64]
    abstain: float
    measured: Measured
    without_abstaining: Measured


def softmax(logits: Rows) -> Rows:
    """Return rows that sum to one."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fit(features: Rows, wanted: Sequence[int], labels: Sequence[str], *, strength: float = STRENGTH) -> Probe:
    """Return the probe of features (n, D) whose labels are ``wanted`` (index into ``labels``).

    By accelerated descent with the step 1/L from the largest eigenvalue of the weighted second moment: no tuning. With
    fewer pictures than features the eigenvalue is taken of the smaller of the two products, which has the same one.
    """
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    x = np.concatenate([(features - mean) / scale, np.ones((len(features), 1))], axis=1)
    kinds = len(labels)
    goal = np.eye(kinds)[np.asarray(wanted, np.int64)]
    share = (goal / np.maximum(goal.sum(axis=0), 1)).sum(axis=1) / kinds
    ridge = np.full((x.shape[1], 1), strength)
    ridge[-1] = 0
    rooted = x * np.sqrt(share)[:, None]
    moment = rooted @ rooted.T if len(x) < x.shape[1] else rooted.T @ rooted
    step = 1 / (0.5 * float(np.linalg.eigvalsh(moment)[-1]) + strength)
    weights = np.zeros((x.shape[1], kinds))
    ahead = weights.copy()
    for number in range(ROUNDS):
        slope = x.T @ ((softmax(x @ ahead) - goal) * share[:, None]) + ridge * ahead
        following = ahead - step * slope
        ahead = following + number / (number + 3) * (following - weights)
        weights = following
    return Probe(tuple(labels), mean, scale, weights[:-1], weights[-1])


def together(features: Rows, sources: Sequence[str], alike: float) -> list[int]:
    """Return a group for each picture: of one source, or alike by cosine, chains included, is one group."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    near = unit @ unit.T >= alike
    group = list(range(len(sources)))

    def root(one: int) -> int:
        while group[one] != one:
            group[one] = group[group[one]]
            one = group[one]
        return one

    first: dict[str, int] = {}
    for index, source in enumerate(sources):
        group[root(index)] = root(first.setdefault(source, index))
        for other in np.flatnonzero(near[index, :index]):
            group[root(index)] = root(int(other))
    return [root(one) for one in range(len(sources))]


def divided(groups: Sequence[int], wanted: Sequence[int], folds: int) -> NDArray[np.int64]:
    """Return which of ``folds`` parts each picture is left out with: groups whole, labels even, largest groups first.

    Each group goes where its most frequent label is rarest, then where the fewest pictures are; no chance in it.
    """
    members: dict[int, list[int]] = {}
    for index, one in enumerate(groups):
        members.setdefault(one, []).append(index)
    held = np.zeros((folds, max(wanted) + 1), np.int64)
    where = np.zeros(len(groups), np.int64)
    for inside in sorted(members.values(), key=lambda rows: (-len(rows), rows[0])):
        counts = np.bincount([wanted[one] for one in inside], minlength=held.shape[1])
        main = int(counts.argmax())
        fold = min(range(folds), key=lambda one: (held[one, main], held[one].sum(), one))
        held[fold] += counts
        where[inside] = fold
    return where


def validate(
    features: Rows, wanted: Sequence[int], labels: Sequence[str], groups: Sequence[int], *, folds: int, right: float
) -> Validated:
    """Return what a probe says of each picture when it was left out, and from which probability it may be believed."""
    where = divided(groups, wanted, folds)
    truth = np.asarray(wanted, np.int64)
    found = np.full((len(features), len(labels)), 1 / len(labels))
    for fold in sorted(set(where.tolist())):
        out = where == fold
        if not out.all():
            found[out] = fit(features[~out], truth[~out].tolist(), labels).chances(features[out])
    abstain = threshold(found, wanted, right)
    measured = measure(found, wanted, labels, abstain)
    return Validated(found, where, abstain, measured, measure(found, wanted, labels, 0.0))


def threshold(chances: Rows, wanted: Sequence[int], right: float) -> float:
    """Return the lowest probability from which at least ``right`` of what is answered is right; above 1 where none is.

    It is chosen on the same left-out pictures that it is told of, so its own figure flatters a little; the frozen set's
    does not.
    """
    best, hits = chances.max(axis=1), chances.argmax(axis=1) == np.asarray(wanted)
    for level in sorted({0.0, *best.tolist()}):
        answered = best >= level
        if hits[answered].mean() >= right:
            return float(level)
    return _NEVER


def measure(chances: Rows, wanted: Sequence[int], labels: Sequence[str], abstain: float) -> Measured:
    """Return the shares of right answers where nothing is said below ``abstain``."""
    truth, best = np.asarray(wanted, np.int64), chances.argmax(axis=1)
    answered = chances.max(axis=1) >= abstain
    hits = answered & (best == truth)
    return Measured(
        right=wilson(int(hits.sum()), len(truth)),
        answered=wilson(int(answered.sum()), len(truth)),
        right_of_answered=wilson(int(hits.sum()), int(answered.sum())),
        by_label={
            label: wilson(int((hits & (truth == one)).sum()), int((truth == one).sum()))
            for one, label in enumerate(labels)
        },
    )


def copies(trained: Rows, held: Rows, alike: float) -> list[bool]:
    """Return for each held picture whether something like it was trained on: its figure would be flattery."""
    if not len(trained) or not len(held):
        return [False] * len(held)
    left, right = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9) for rows in (held, trained))
    return [bool(one) for one in (left @ right.T >= alike).any(axis=1)]


def packed(probe: Probe, look: str) -> dict[str, object]:
    """Return a probe as it is stored, with the net whose features it was fitted on."""
    arrays = {"mean": probe.mean, "scale": probe.scale, "weights": probe.weights, "bias": probe.bias}
    rounded = {name: np.round(rows, _ROUND).tolist() for name, rows in arrays.items()}
    return {"labels": list(probe.labels), "abstain": probe.abstain, "look": look, **rounded}


def unpacked(stored: Mapping[str, object]) -> Probe:
    """Return a stored probe."""
    mean, scale, weights, bias = (np.asarray(stored[name], np.float64) for name in ("mean", "scale", "weights", "bias"))
    labels = stored["labels"]
    if not isinstance(labels, list):
        raise TypeError("a stored probe has a list of labels")
    return Probe(tuple(map(str, labels)), mean, scale, weights, bias, float(str(stored["abstain"])))
