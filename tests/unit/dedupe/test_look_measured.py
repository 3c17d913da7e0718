"""The two likeness thresholds on real machine crops and the shipped look net; as a script it prints the figures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipewarden.dedupe.rules.sighting import NEAR_COSINE, NEAR_DHASH, likeness
from pipewarden.inference.adapters.files import read_weights
from pipewarden.inference.adapters.look import NetLook
from pipewarden.inference.adapters.runner import Engine, open_runner
from pipewarden.inference.service import WEIGHTS, read_manifest
from pipewarden.perceive.facts import Look
from pipewarden.perceive.rules import dhash, square_crop, unit

pytestmark = pytest.mark.shared
_SMALLEST_PX = 60
_NO_MACHINE = {"person", "cone"}


def looks_of(shared: Path, count: int) -> tuple[list[Look], list[Look]]:
    """Return the looks of ``count`` annotated machines, one per picture, and of the same boxes put 10 % off."""
    told = json.loads((shared / "construction/instances_val.json").read_text())
    names = {one["id"]: one["name"] for one in told["categories"]}
    files = {one["id"]: one["file_name"] for one in told["images"]}
    rng = np.random.default_rng(1)
    large = [
        one
        for one in told["annotations"]
        if names[one["category_id"]] not in _NO_MACHINE and min(one["bbox"][2:]) > _SMALLEST_PX
    ]
    chosen = {large[n]["image_id"]: large[n] for n in rng.permutation(len(large))}
    card = read_manifest(WEIGHTS)["look"]
    net = NetLook(card, open_runner(read_weights(WEIGHTS, card), card, 1, Engine.ONNXRUNTIME))
    crops, moved = [], []
    for one in list(chosen.values())[:count]:
        picture = cv2.imread(str(shared / "construction/images" / Path(files[one["image_id"]]).name))
        x, y, w, h = one["bbox"]
        off = rng.normal(0, 0.1, 4) * (w, h, w, h)
        crops.append(square_crop(picture, (x, y, x + w, y + h), net.side))
        moved.append(square_crop(picture, (x + off[0], y + off[1], x + w + off[2], y + h + off[3]), net.side))
    features = unit(net.features(crops + moved)).tolist()
    made = [Look(dhash(crop), tuple(row)) for crop, row in zip(crops + moved, features, strict=True)]
    return made[: len(crops)], made[len(crops) :]


def shares(shared: Path, count: int) -> dict[str, float]:
    """Return how often the same machine and another one pass each threshold, and either."""
    first, second = looks_of(shared, count)
    same = [likeness(a, b) for a, b in zip(first, second, strict=True)]
    other = [likeness(a, b) for n, a in enumerate(first) for b in first[:n]]
    found: dict[str, float] = {}
    for name, pairs in (("same machine, box 10 % off", same), ("another machine", other)):
        known = [one for one in pairs if one is not None]
        found[f"{name}: cosine near"] = float(np.mean([one.cosine >= NEAR_COSINE for one in known]))
        found[f"{name}: dHash near"] = float(np.mean([one.dhash >= NEAR_DHASH for one in known]))
        found[f"{name}: either"] = float(np.mean([one.near for one in known]))
    return found


def test_a_near_look_is_nearly_always_the_same_machine(shared_data: Path):
    found = shares(shared_data, 60)
    assert found["same machine, box 10 % off: either"] >= 0.9
    assert found["another machine: either"] <= 0.01


if __name__ == "__main__":
    for name, value in shares(Path(sys.argv[1]), 150).items():
        sys.stdout.write(f"| {name} | {value:.4f} |\n")
