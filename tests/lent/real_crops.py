"""Real crops of ../shared/data, machine or what looks like one: never committed, and absent on a bare machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "construction"
DATA = DATA if DATA.is_dir() else Path("/work/shared/data/construction")
MACHINES, LOOKALIKES = frozenset(range(1, 6)), frozenset({9})
LABELS = ("machine", "lookalike")
SMALLEST = 32


def listed(each: int, seed: int) -> list[tuple[Path, tuple[float, float, float, float], int, str]]:
    """Return up to ``each`` boxes of each label, one a picture: file, box in pixels, label, picture."""
    found: dict[int, list[Any]] = {0: [], 1: []}
    for split in ("train", "val"):
        held = json.loads((DATA / f"instances_{split}.json").read_text(encoding="utf-8"))
        pictures = {one["id"]: one for one in held["images"]}
        for box in held["annotations"]:
            picture = pictures[box["image_id"]]
            label = 0 if box["category_id"] in MACHINES else 1 if box["category_id"] in LOOKALIKES else None
            whole = not (picture.get("mosaic") or picture.get("catalogue") or box.get("generic"))
            if label is not None and whole and min(box["bbox"][2:]) >= SMALLEST:
                name = picture["file_name"]
                found[label].append((DATA / "images" / name, tuple(box["bbox"]), label, name))
    chance = np.random.default_rng(seed)
    drawn, taken = [], set[str]()
    for rows in found.values():
        count = 0
        for at in chance.permutation(len(rows)).tolist():
            if count < each and rows[at][3] not in taken:
                taken.add(rows[at][3])
                drawn.append(rows[at])
                count += 1
    return drawn
