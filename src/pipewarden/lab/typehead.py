"""Which machine it is: a linear head over the look of a crop, honest about abstaining.

Trained on typed boxes only (class 6 of train is "any machine"). Loaders and dump trucks are few, so figures come with
intervals and no aim; below the abstain threshold the answer is `other`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from pipewarden.lab.boxes import Floats, square_crop
from pipewarden.lab.dataset import TYPE_NAMES, Picture, read_rgb

ABSTAIN = "other"
JITTERS = 3
_BLOCK = 32


@dataclass(frozen=True, slots=True)
class Crops:
    """`features` [n,432] of machine crops, `types` [n] (0 excavator, 1 loader_dozer, 2 dump_truck), their `groups`."""

    features: Floats
    types: NDArray[np.int64]
    groups: list[str]


@dataclass(frozen=True, slots=True)
class TypeHead:
    """probabilities = softmax(((features - mean) / scale) @ weights + bias); `other` under `abstain`."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: Floats
    abstain: float

    def probabilities(self, features: Floats) -> Floats:
        """Probabilities [n,3] of features [n,432]."""
        logits = ((features - self.mean) / self.scale) @ self.weights + self.bias
        return softmax(np.asarray(logits, np.float32))

    def decide(self, features: Floats) -> list[str]:
        """A type name per crop, `other` where the head is not sure."""
        table = self.probabilities(features)
        best = table.argmax(axis=1)
        sure = table.max(axis=1) >= self.abstain
        return [TYPE_NAMES[int(k)] if ok else ABSTAIN for k, ok in zip(best, sure, strict=True)]


def softmax(logits: Floats) -> Floats:
    """Row-wise softmax [n,k]."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def typed_boxes(picture: Picture) -> list[int]:
    """Positions of boxes whose type is known: ids 1 to 3 and not `generic`."""
    known = (picture.categories <= len(TYPE_NAMES)) & ~picture.generic
    return [int(k) for k in np.flatnonzero(known)]


def gather(pictures: Sequence[Picture], look: Path, seed: int, *, jitter: bool) -> Crops:
    """Features of every typed machine; with `jitter` also of three shifted, shrunken, flipped copies of each."""
    session = ort.InferenceSession(str(look), providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(seed)
    crops, types, groups = [], [], []
    for picture in pictures:
        typed = typed_boxes(picture)
        if not typed:
            continue
        pixels = read_rgb(picture.path)
        for index in typed:
            copies = [picture.boxes[index]]
            if jitter:
                copies += [moved(picture.boxes[index], generator) for _ in range(JITTERS)]
            for number, box in enumerate(copies):
                crop = square_crop(pixels, box)
                crops.append(crop if number == 0 else worn(crop, generator))
                types.append(int(picture.categories[index]) - 1)
                groups.append(picture.group)
    rows = [session.run(None, {"crop": np.stack(crops[k : k + _BLOCK])})[0] for k in range(0, len(crops), _BLOCK)]
    return Crops(np.concatenate(rows), np.array(types, np.int64), groups)


def moved(box: Floats, generator: np.random.Generator) -> Floats:
    """The box with each side shifted by up to 12 % of its length, as a detector's boxes are."""
    width, height = box[2] - box[0], box[3] - box[1]
    shift = generator.uniform(-0.12, 0.12, 4) * np.array([width, height, width, height])
    return np.asarray(box + shift, np.float32)


def worn(crop: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """The crop as a far camera sees it: half of them flipped, 70 % shrunk to 20-100 pixels and enlarged again."""
    if generator.random() < 0.5:  # noqa: PLR2004 # an even chance
        crop = np.ascontiguousarray(crop[:, ::-1])
    if generator.random() < 0.7:  # noqa: PLR2004 # share of far crops
        side = int(generator.integers(20, 101))
        small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
        crop = np.asarray(cv2.resize(small, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    return crop


def fit(crops: Crops, strength: float = 1.0, rounds: int = 800, kinds: int = len(TYPE_NAMES)) -> TypeHead:
    """Multinomial logistic regression, classes weighted to be equal, ridge `strength`, by accelerated descent.

    The step 1/L follows from the largest eigenvalue of the weighted second moment, so it needs no tuning.
    """
    mean = crops.features.mean(axis=0)
    scale = crops.features.std(axis=0) + 1e-6
    x = np.concatenate([(crops.features - mean) / scale, np.ones((len(crops.features), 1))], axis=1)
    goal = np.eye(kinds)[crops.types]
    counts = np.maximum(goal.sum(axis=0), 1)
    share = (goal / counts).sum(axis=1) / kinds
    ridge = np.full((x.shape[1], 1), strength)
    ridge[-1] = 0
    step = 1 / (0.5 * float(np.linalg.eigvalsh((x * share[:, None]).T @ x)[-1]) + strength)
    weights = np.zeros((x.shape[1], kinds))
    ahead = weights.copy()
    for number in range(rounds):
        slope = x.T @ ((softmax(np.asarray(x @ ahead, np.float32)) - goal) * share[:, None]) + ridge * ahead
        following = ahead - step * slope
        ahead = following + number / (number + 3) * (following - weights)
        weights = following
    out = weights.astype(np.float32)
    return TypeHead(mean, scale, out[:-1], out[-1], abstain=0.0)


def abstaining(head: TypeHead, abstain: float) -> TypeHead:
    """The same head that answers `other` below `abstain`."""
    return TypeHead(head.mean, head.scale, head.weights, head.bias, abstain)


def save_head(head: TypeHead, path: Path, names: Sequence[str] = TYPE_NAMES) -> None:
    """Write the npz that ships: mean, scale, weights, bias, names, abstain."""
    with path.open("wb") as file:
        np.savez(
            file,
            mean=head.mean,
            scale=head.scale,
            weights=head.weights,
            bias=head.bias,
            names=np.array(names),
            abstain=np.float32(head.abstain),
        )


def load_head(path: Path) -> TypeHead:
    """Read the npz that ships; pickled content is refused by numpy."""
    with np.load(path, allow_pickle=False) as stored:
        return TypeHead(stored["mean"], stored["scale"], stored["weights"], stored["bias"], float(stored["abstain"]))
