"""What many people's answers say together, weighed by how often each was right: Dawid and Skene's model, with gold.

A. P. Dawid, A. M. Skene, *Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm*, Applied
Statistics 28 (1979) 20-28. Items whose answer is known (gold) keep it in every round, as in crowd-kit (issue 109
there), whose numbers these are: the same start (shares of votes), floor, and end (gain of the bound per answer).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

_FLOOR = 1e-10  # a probability is never nought: one odd answer must not rule a truth out


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's answer to one item, as a label."""

    item: str
    worker: str
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """What the answers say together.

    Attributes:
        items, workers, labels: names of the rows and columns below, in the order of the alphabet.
        chances: (items, labels) float64, how likely each label is the truth; rows sum to 1.
        prior: (labels,) float64, how frequent each label is.
        errors: (workers, given labels, true labels) float64: how often a worker gives the one where the other is true;
            0 where a worker never gave a label.
        rounds: how many were reckoned.
    """

    items: tuple[str, ...]
    workers: tuple[str, ...]
    labels: tuple[str, ...]
    chances: Floats
    prior: Floats
    errors: Floats
    rounds: int

    def best(self) -> dict[str, tuple[str, float]]:
        """Return by item the likeliest label and how likely it is; of equal ones the first of the alphabet."""
        if not self.items:
            return {}
        at = self.chances.argmax(axis=1)
        sure = self.chances.max(axis=1)
        return {one: (self.labels[n], float(p)) for one, n, p in zip(self.items, at, sure, strict=True)}

    def right(self) -> dict[str, float]:
        """Return by worker how often the answer is right, over the labels as frequent as they are; 0 to 1."""
        shares = np.einsum("wll,l->w", self.errors, self.prior)
        return {one: float(share) for one, share in zip(self.workers, shares, strict=True)}


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Votes as numbers."""

    item: Ints
    worker: Ints
    label: Ints
    known: Ints  # of gold items
    truth: Ints  # their labels
    sizes: tuple[int, int, int]

    def fix(self, chances: Floats) -> Floats:
        chances[self.known] = 0.0
        chances[self.known, self.truth] = 1.0
        return chances


def dawid_skene(
    votes: Sequence[Vote], gold: Mapping[str, str] | None = None, *, rounds: int = 100, gain: float = 1e-5
) -> Agreed:
    """Return what the answers say together.

    Args:
        votes: one for each item and person.
        gold: the truth of items that is known; items that nobody answered are left out.
        rounds: at most.
        gain: of the bound for each answer; with less the rounds end. Negative: every round is reckoned.

    Raises:
        InputError: a person answered an item twice, or there are no rounds.
    """
    if rounds < 1:
        raise InputError(field="rounds", problem="are none", fix="Give 1 or more.")
    if len({(one.item, one.worker) for one in votes}) < len(votes):
        raise InputError(field="votes", problem="hold two of one person for one item", fix="Keep the last one.")
    items, workers = _names(one.item for one in votes), _names(one.worker for one in votes)
    known = {one: truth for one, truth in (gold or {}).items() if one in items}
    labels = _names([*(one.label for one in votes), *known.values()])
    told = _told(votes, known, items, workers, labels)
    if not votes:
        none = np.zeros(0)
        return Agreed((), (), tuple(labels), none.reshape(0, 0), none, none.reshape(0, 0, 0), 0)
    chances = told.fix(_shares(told))
    prior, errors = chances.mean(axis=0), _errors(told, chances)
    before, done = -np.inf, 0
    for done in range(1, rounds + 1):  # noqa: B007  how many there were is told
        chances = told.fix(_chances(told, prior, errors))
        prior, errors = chances.mean(axis=0), _errors(told, chances)
        bound = _bound(told, chances, prior, errors) / len(votes)
        if bound - before < gain:
            break
        before = bound
    return Agreed(tuple(items), tuple(workers), tuple(labels), chances, prior, errors, done)


def _names(found: Iterable[str]) -> dict[str, int]:
    return {one: n for n, one in enumerate(sorted(set(found)))}


def _told(
    votes: Sequence[Vote],
    known: Mapping[str, str],
    items: Mapping[str, int],
    workers: Mapping[str, int],
    labels: Mapping[str, int],
) -> _Told:
    return _Told(
        item=np.array([items[one.item] for one in votes], np.intp),
        worker=np.array([workers[one.worker] for one in votes], np.intp),
        label=np.array([labels[one.label] for one in votes], np.intp),
        known=np.array([items[one] for one in known], np.intp),
        truth=np.array([labels[one] for one in known.values()], np.intp),
        sizes=(len(items), len(workers), len(labels)),
    )


def _shares(told: _Told) -> Floats:
    """Return each label's share of an item's votes."""
    counts = np.zeros((told.sizes[0], told.sizes[2]))
    np.add.at(counts, (told.item, told.label), 1.0)
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _errors(told: _Told, chances: Floats) -> Floats:
    """Return how often each worker gives a label where another is true; of labels that the worker ever gave."""
    counts = np.zeros((told.sizes[1], told.sizes[2], told.sizes[2]))
    np.add.at(counts, (told.worker, told.label), chances[told.item])
    given = np.zeros((told.sizes[1], told.sizes[2]), bool)
    given[told.worker, told.label] = True
    floored = np.where(given[:, :, None], np.maximum(counts, _FLOOR), 0.0)
    shares: Floats = floored / floored.sum(axis=1, keepdims=True)
    return shares


def _chances(told: _Told, prior: Floats, errors: Floats) -> Floats:
    logs = np.tile(np.log2(np.maximum(prior, _FLOOR)), (told.sizes[0], 1))
    np.add.at(logs, told.item, np.log2(errors[told.worker, told.label]))
    scaled = np.exp2(logs - logs.max(axis=1, keepdims=True))
    shares: Floats = scaled / scaled.sum(axis=1, keepdims=True)
    return shares


def _bound(told: _Told, chances: Floats, prior: Floats, errors: Floats) -> float:
    """Return the lower bound of the evidence, the prior counted for each answer as crowd-kit does."""
    joint = np.log(errors[told.worker, told.label]) + np.log(np.maximum(prior, _FLOOR))
    clipped = np.maximum(chances, _FLOOR)
    return float((chances[told.item] * joint).sum() - (clipped * np.log(clipped)).sum())
