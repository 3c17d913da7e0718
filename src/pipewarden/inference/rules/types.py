"""Which kind of machine a crop shows: a logistic regression on frozen features that may say that it does not know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipewarden.inference.facts import OTHER, Floats


@dataclass(frozen=True, slots=True, eq=False)
class TypeWeights:
    """A fitted head.

    Attributes:
        classes: names, in the order of the columns of ``weights``.
        mean: (D,) of the training features.
        scale: (D,) standard deviations of them.
        weights: (D, classes).
        bias: (classes,).
        threshold: least probability that is told; below it the head abstains.
    """

    classes: tuple[str, ...]
    mean: Floats
    scale: Floats
    weights: Floats
    bias: Floats
    threshold: float


def chances(head: TypeWeights, features: Floats) -> Floats:
    """Return the probability 0-1 of every class (n, classes) for features (n, D)."""
    logits = ((features - head.mean) / head.scale) @ head.weights + head.bias
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def classify(head: TypeWeights, features: Floats) -> list[tuple[str, float]]:
    """Return (type, probability 0-1) for features (n, D): the best type, or ``other`` below the threshold.

    The probability is the softmax of the best type also when the head abstains.
    """
    shares = chances(head, features)
    best = shares.argmax(axis=1)
    return [
        (head.classes[index] if share >= head.threshold else OTHER, float(share))
        for index, share in zip(best.tolist(), shares[np.arange(len(best)), best].tolist(), strict=True)
    ]
