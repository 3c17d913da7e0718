"""How far the machine types can be trusted, with intervals over pictures, and where the head should abstain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipewarden.lab.dataset import TYPE_NAMES, Source, read_renders, read_split, read_street, shippable
from pipewarden.lab.manifest import sha256_of
from pipewarden.lab.typehead import ABSTAIN, JITTERS, Crops, TypeHead, abstaining, fit, gather, save_head

_FOLDS = 5
_LEAST_ANSWERED = 0.3
_NEVER_SURE = 0.9
_ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Answers:
    """What was there and what was said, crop by crop, with the picture or clip it belongs to."""

    truth: list[str]
    said: list[str]
    groups: list[str]


Measure = Callable[[Sequence[str], Sequence[str]], float]


def answers(head: TypeHead, crops: Crops) -> Answers:
    """The head's answers on crops."""
    return Answers([TYPE_NAMES[int(k)] for k in crops.types], head.decide(crops.features), crops.groups)


def recall_of(name: str) -> Measure:
    """Share of one type that was called by its name (abstaining counts as a miss); NaN without any."""

    def measure(truth: Sequence[str], said: Sequence[str]) -> float:
        own = [heard == name for real, heard in zip(truth, said, strict=True) if real == name]
        return float(np.mean(own)) if own else float("nan")

    return measure


def precision_of(name: str) -> Measure:
    """Share of a type's answers that were right; NaN without any."""

    def measure(truth: Sequence[str], said: Sequence[str]) -> float:
        own = [real == name for real, heard in zip(truth, said, strict=True) if heard == name]
        return float(np.mean(own)) if own else float("nan")

    return measure


def abstained(_: Sequence[str], said: Sequence[str]) -> float:
    """Share of crops without a type."""
    return float(np.mean([heard == ABSTAIN for heard in said])) if said else float("nan")


def balanced(truth: Sequence[str], said: Sequence[str]) -> float:
    """Mean over types of the share of given answers that were right; NaN without any answer."""
    shares = []
    for name in TYPE_NAMES:
        own = [heard == name for real, heard in zip(truth, said, strict=True) if real == name and heard != ABSTAIN]
        if own:
            shares.append(float(np.mean(own)))
    return float(np.mean(shares)) if shares else float("nan")


def with_interval(found: Answers, measure: Measure, seed: int) -> dict[str, Any]:
    """A measure with its bootstrap 95 % interval over groups."""
    places: dict[str, list[int]] = {}
    for position, group in enumerate(found.groups):
        places.setdefault(group, []).append(position)
    names = list(places)
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(_ROUNDS):
        drawn = [k for index in generator.integers(0, len(names), len(names)) for k in places[names[int(index)]]]
        values.append(measure([found.truth[k] for k in drawn], [found.said[k] for k in drawn]))
    kept = np.array([value for value in values if not np.isnan(value)])
    low, high = np.quantile(kept, [0.025, 0.975]) if kept.size else (float("nan"), float("nan"))
    return {"value": measure(found.truth, found.said), "low": float(low), "high": float(high)}


def figures(found: Answers, seed: int) -> dict[str, Any]:
    """Recall and precision per type, the share of abstaining, and the table of answers."""
    table = {
        real: {
            heard: sum(1 for t, s in zip(found.truth, found.said, strict=True) if (t, s) == (real, heard))
            for heard in (*TYPE_NAMES, ABSTAIN)
        }
        for real in TYPE_NAMES
    }
    return {
        "recall": {name: with_interval(found, recall_of(name), seed) for name in TYPE_NAMES},
        "precision": {name: with_interval(found, precision_of(name), seed) for name in TYPE_NAMES},
        "abstained": with_interval(found, abstained, seed),
        "answers": table,
    }


def choose_abstain(crops: Crops, seed: int, aim: float = 0.8) -> float:
    """The lowest threshold at which held-out answers are right for `aim` of them, types weighted equally.

    Five folds over groups of the training crops, counted on photographs only. A threshold counts while 30 % of each
    type is still answered; where none reaches the aim, the one that comes nearest to it is taken.
    """
    truth, best, top = _held_out(crops, seed)
    candidates: list[tuple[float, float]] = []
    for step in range(34, 91, 2):
        threshold = step / 100
        said = [TYPE_NAMES[int(k)] if sure >= threshold else ABSTAIN for k, sure in zip(best, top, strict=True)]
        answered = [np.mean([s != ABSTAIN for t, s in zip(truth, said, strict=True) if t == n]) for n in set(truth)]
        if min(answered) < _LEAST_ANSWERED:
            break
        right = balanced(truth, said)
        if right >= aim:
            return threshold
        candidates.append((right, threshold))
    return max(candidates)[1] if candidates else _NEVER_SURE


def _held_out(crops: Crops, seed: int) -> tuple[list[str], list[int], list[float]]:
    """True type, best type and its probability for every photographed crop, from a head that never saw its group."""
    names = sorted(set(crops.groups))
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[int(index)]: position % _FOLDS for position, index in enumerate(order)}
    folds = np.array([fold_of[group] for group in crops.groups])
    chances = np.zeros((len(crops.types), len(TYPE_NAMES)), np.float32)
    for fold in range(_FOLDS):
        kept = folds != fold
        part = Crops(crops.features[kept], crops.types[kept], [])
        chances[~kept] = fit(part, rounds=500).probabilities(crops.features[~kept])
    real = [k for k, group in enumerate(crops.groups) if not group.startswith(f"{Source.RENDER}:")]
    truth = [TYPE_NAMES[int(crops.types[k])] for k in real]
    return truth, chances.argmax(axis=1)[real].tolist(), chances.max(axis=1)[real].tolist()


def trained(crops: Crops, seed: int) -> TypeHead:
    """The head fitted on all crops with its abstain threshold."""
    return abstaining(fit(crops), choose_abstain(crops, seed))


def _counts(crops: Crops, *, rendered: bool) -> dict[str, int]:
    """Boxes per type, photographed or rendered, without their copies."""
    own = np.array([group.startswith(f"{Source.RENDER}:") is rendered for group in crops.groups])
    return {name: int((crops.types[own] == k).sum()) // (JITTERS + 1) for k, name in enumerate(TYPE_NAMES)}


def train_and_measure(out: Path, look: Path, data: Path, renders: Path | None, seed: int) -> dict[str, Any]:
    """Train on licensed typed boxes (and own renders), write the head, return its figures on real pictures."""
    pictures = shippable(read_split(data, "train"))
    if renders is not None:
        pictures = pictures + read_renders(renders)
    crops = gather(pictures, look, seed, jitter=True)
    head = trained(crops, seed)
    save_head(head, out)
    found: dict[str, Any] = {
        "file": out.name,
        "sha256": sha256_of(out),
        "look_sha256": sha256_of(look),
        "abstain": head.abstain,
        "train_boxes": _counts(crops, rendered=False),
        "rendered_boxes": _counts(crops, rendered=True),
    }
    for label, held_out in (("val", read_split(data, "val")), ("street_dev", read_street(data))):
        seen = gather(held_out, look, seed, jitter=False)
        found[label] = figures(answers(head, seen), seed)
        found[label + "_forced"] = figures(answers(abstaining(head, 0.0), seen), seed)
    return found
