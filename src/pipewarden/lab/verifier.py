"""The crop verifier: does this crop look like a machine at all? A logistic head on the frozen look features.

It judges what the detector proposed, from licensed training pictures only: labelled machines against the detector's own
false boxes, labelled vehicles and chance background. It is a loose gate or a weak score, never the judge: as a strict
gate it threw half of the true machines away in the experiment of docs/detector.md. Features are taken at length one, as
findings keep them, so that it can be asked about a finding long after its picture was looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from pipewarden.lab.boxes import Floats, Pixels, overlaps, square_crop
from pipewarden.lab.dataset import VEHICLE, Picture, Source, read_rgb, read_split, read_street, shippable
from pipewarden.lab.evaluate import SEED, STREET_IOU, VAL_IOU
from pipewarden.lab.manifest import sha256_of
from pipewarden.lab.score import Evidence, average_precision, false_per_picture, figure, match, recall_at
from pipewarden.lab.screen import Detections, Screen
from pipewarden.lab.typehead import Crops, TypeHead, fit, moved, save_head, worn

NAMES = ("other", "machine")
GATE = 0.1
WEIGHT = 0.2  # of the verifier's logit beside the detector's, in the experiment of docs/detector.md
_STRENGTH = 100.0  # ridge: C = .01 of the experiment
_MOST_MACHINES = 1400
_LEAST_SCORE = 0.15
_APART = 0.1
_RANDOM = 1
_BLOCK = 32


@dataclass(frozen=True, slots=True)
class Example:
    """One box [4] of a picture and whether it holds a machine."""

    box: Floats
    machine: bool


def unit(features: Floats) -> Floats:
    """Features [n,432] at length one, as findings keep them."""
    return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-12), np.float32)


def examples(picture: Picture, found: Detections, generator: np.random.Generator) -> list[Example]:
    """What one picture teaches; false boxes and background only where every machine is labelled."""
    machines = picture.boxes_of(0)
    out = [Example(box, machine=True) for box in machines]
    out += [Example(moved(box, generator), machine=True) for box in machines[:2]]
    out += [Example(box, machine=False) for box in picture.boxes[picture.categories == VEHICLE]]
    if "machine" not in picture.labelled:
        return out
    proposed = found.of(0).above(_LEAST_SCORE).boxes
    chance = np.stack([_anywhere(picture, generator) for _ in range(_RANDOM)])
    others = np.concatenate([proposed, chance]).astype(np.float32)
    if len(machines):
        others = others[overlaps(others, machines).max(axis=1) < _APART]
    return out + [Example(box, machine=False) for box in others]


def _anywhere(picture: Picture, generator: np.random.Generator) -> Floats:
    longest = np.log(np.maximum(32.0, [picture.width / 2, picture.height / 2]))
    width, height = (float(side) for side in np.exp(generator.uniform(np.log(24), longest)))
    left = generator.uniform(0, max(1.0, picture.width - width))
    top = generator.uniform(0, max(1.0, picture.height - height))
    return np.array([left, top, left + width, top + height], np.float32)


class Featurer:
    """Crops to unit features, through the exported look net."""

    def __init__(self, look: Path) -> None:
        self._session = ort.InferenceSession(str(look), providers=["CPUExecutionProvider"])

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        """Features [n,432] of RGB crops [128,128,3]."""
        parts = [
            self._session.run(None, {"crop": np.stack(crops[k : k + _BLOCK])})[0] for k in range(0, len(crops), _BLOCK)
        ]
        return unit(np.concatenate(parts)) if parts else np.zeros((0, 432), np.float32)


def gather(
    pictures: Sequence[Picture], screen: Screen, featurer: Featurer, seed: int, tick: Callable[[str], None]
) -> Crops:
    """Features and labels (1 machine) of the examples of training pictures."""
    generator = np.random.default_rng(seed)
    crops: list[Pixels] = []
    labels: list[int] = []
    groups: list[str] = []
    for index in generator.permutation(len(pictures)):
        picture = pictures[int(index)]
        tick("crops")
        full = sum(labels) >= _MOST_MACHINES
        if full and "machine" not in picture.labelled:
            continue
        pixels = read_rgb(picture.path)
        for example in examples(picture, screen.of_file(picture.path), generator):
            if example.machine and full:
                continue
            crops.append(worn(square_crop(pixels, example.box), generator))
            labels.append(int(example.machine))
            groups.append(picture.group)
    return Crops(featurer(crops), np.array(labels, np.int64), groups)


def verified(head: TypeHead, featurer: Featurer, picture: Picture, found: Detections) -> NDArray[np.float32]:
    """The verifier's probability [n] that each detection is a machine."""
    if not len(found.boxes):
        return np.zeros(0, np.float32)
    pixels = read_rgb(picture.path)
    return head.probabilities(featurer([square_crop(pixels, box) for box in found.boxes]))[:, 1]


def fused(scores: Floats, chances: Floats, weight: float = WEIGHT) -> Floats:
    """The detector's score with the verifier's logit added at `weight`."""
    logit = _logit(scores) + weight * _logit(chances)
    return np.asarray(1 / (1 + np.exp(-logit)), np.float32)


def _logit(chances: Floats) -> Floats:
    kept = np.clip(chances, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(kept / (1 - kept)), np.float32)


def figures(
    head: TypeHead, featurer: Featurer, screen: Screen, pictures: Sequence[Picture], *, limit: float, threshold: float
) -> dict[str, Any]:
    """Machines with and without the gate, and with the fused score, on real pictures; intervals over groups."""
    sets: dict[str, list[Evidence]] = {"detector": [], "gated": [], "fused": []}
    for picture in pictures:
        found = screen.of_file(picture.path).of(0).above(0.1)
        chances = verified(head, featurer, picture, found)
        kept = chances > GATE
        objects = picture.boxes_of(0)
        for name, boxes, scores in (
            ("detector", found.boxes, found.scores),
            ("gated", found.boxes[kept], found.scores[kept]),
            ("fused", found.boxes, fused(found.scores, chances)),
        ):
            sets[name].append(Evidence(picture.group, scores, match(boxes, scores, objects, limit), len(objects)))
    told: dict[str, Any] = {}
    for name, evidence in sets.items():
        told[name] = {"ap": _figure(evidence, average_precision)}
        if name != "fused":  # its scale is another one
            told[name]["recall"] = _figure(evidence, recall_at(threshold))
            told[name]["false_per_picture"] = _figure(evidence, false_per_picture(threshold))
    return told


def _figure(evidence: Sequence[Evidence], statistic: Callable[[Sequence[Evidence]], float]) -> dict[str, Any]:
    found = figure(evidence, statistic, SEED)
    return {"value": found.value, "low": found.low, "high": found.high, "pictures": found.pictures}


def train_and_measure(
    out: Path, look: Path, weights: Path, data: Path, *, threshold: float, seed: int, tick: Callable[[str], None]
) -> dict[str, Any]:
    """Fit the verifier on licensed pictures, write it, and return its figures on val and on street frames."""
    screen, featurer = Screen(weights), Featurer(look)
    crops = gather(shippable(read_split(data, "train")), screen, featurer, seed, tick)
    head = fit(crops, strength=_STRENGTH / len(crops.types), kinds=len(NAMES))
    save_head(head, out, NAMES)
    val = [picture for picture in read_split(data, "val") if "machine" in picture.labelled]
    return {
        "file": out.name,
        "sha256": sha256_of(out),
        "look_sha256": sha256_of(look),
        "screen_sha256": sha256_of(weights),
        "gate": GATE,
        "detector_threshold": threshold,
        "machines": int(crops.types.sum()),
        "others": int((1 - crops.types).sum()),
        "sources": sorted({group.split(":")[0] for group in crops.groups} & set(Source)),
        "val": figures(head, featurer, screen, val, limit=VAL_IOU, threshold=threshold),
        "street_dev": figures(head, featurer, screen, read_street(data), limit=STREET_IOU, threshold=threshold),
    }
