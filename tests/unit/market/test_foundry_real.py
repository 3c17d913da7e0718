"""A classifier of 60 real crops, machine or look-alike, held against the others: is what it says of itself true?

The pictures are /work/shared/data beside the project (never committed). One draw here; twenty in the release tier.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from pipewarden.inference.adapters.files import read_weights
from pipewarden.inference.adapters.look import NetLook
from pipewarden.inference.adapters.runner import Engine, open_runner
from pipewarden.inference.service import WEIGHTS, read_manifest
from pipewarden.kit.shares import wilson
from pipewarden.market.rules import probes
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from pipewarden.kit.shares import Share

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "construction"
DATA = DATA if DATA.is_dir() else Path("/work/shared/data/construction")
ABSENT = f"{DATA} is absent: the figure of 60 real pictures is not measured here"
MACHINES, LOOKALIKES = frozenset(range(1, 6)), frozenset({9})
LABELS = ("machine", "lookalike")
SMALLEST, EACH = 32, 30


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


def seen(drawn: list[Any]) -> tuple[probes.Rows, list[int]]:
    """Return what the shipped net sees of crops, and their labels."""
    card = read_manifest()["look"]
    net = NetLook(card, open_runner(read_weights(WEIGHTS, card), card, 2, Engine.ONNXRUNTIME))
    rows = []
    for path, (left, top, width, height), _, _ in drawn:
        pixels = np.asarray(cv2.imread(str(path)), np.uint8)
        high, wide = pixels.shape[:2]
        rows.append(perceive.look_at(net, pixels, (left / wide, top / high, width / wide, height / high)))
    return np.array(rows, np.float64), [label for _, _, label, _ in drawn]


def told(rows: probes.Rows, wanted: list[int], train: list[int], held: list[int]) -> tuple[Share, Share, float]:
    """Return the cross-validated figure of some, that of the others, and how right both labels are there alike."""
    mine, truth = rows[train], [wanted[one] for one in train]
    groups = probes.together(mine, [str(one) for one in train], 0.75)
    found = probes.validate(mine, truth, LABELS, groups, folds=5, right=0.95)
    other = [wanted[one] for one in held]
    measured = probes.measure(probes.fit(mine, truth, LABELS).chances(rows[held]), other, LABELS, 0.0)
    even = float(np.mean([one.value or 0.0 for one in measured.by_label.values()]))
    return found.without_abstaining.right, measured.right, even


def halves(wanted: list[int], seed: int) -> tuple[list[int], list[int]]:
    """Return 30 of each label to train on, and the others."""
    chance = np.random.default_rng(seed)
    train = [
        int(one)
        for label in (0, 1)
        for one in chance.permutation([at for at, held in enumerate(wanted) if held == label])[:EACH]
    ]
    return train, [at for at in range(len(wanted)) if at not in set(train)]


@pytest.mark.skipif(not DATA.is_dir(), reason=ABSENT)
def test_sixty_real_pictures_tell_the_truth_about_themselves() -> None:
    """The figure that is sold, cross-validated on 60, has the figure on pictures that it never saw in its interval."""
    rows, wanted = seen(listed(EACH + 15, seed=1))
    train, held = halves(wanted, seed=1)
    assert len(train) == 2 * EACH
    claimed, really, even = told(rows, wanted, train, held)
    print(f"cross-validated {claimed}, held {really}, labels alike {even:.3f}")  # noqa: T201  a figure of the docs
    assert claimed.of == 2 * EACH
    assert claimed.low <= even <= claimed.high
    assert claimed.low > 0.5, "and it is better than a coin"


@pytest.mark.release
@pytest.mark.skipif(not DATA.is_dir(), reason=ABSENT)
def test_over_twenty_draws_the_interval_holds() -> None:
    """An interval of 95 % on 60 pictures; 17 of 20 draws at least, because the held look-alikes are few themselves."""
    rows, wanted = seen(listed(250, seed=0))
    inside, claims, reals = 0, [], []
    for seed in range(20):
        claimed, _, even = told(rows, wanted, *halves(wanted, seed))
        inside += claimed.low <= even <= claimed.high
        claims.append(claimed.value)
        reals.append(even)
    print(f"{inside} of 20; mean {np.mean(np.array(claims, float)):.3f} told, {np.mean(reals):.3f} real")  # noqa: T201
    assert inside >= 17


def test_the_figure_says_so_where_the_pictures_are_absent() -> None:
    """The mark above names the folder, so that a green run without the data does not pass for a measurement."""
    marks = test_sixty_real_pictures_tell_the_truth_about_themselves.pytestmark  # type: ignore[attr-defined]  # pytest's
    assert any("not measured here" in one.kwargs.get("reason", "") for one in marks)
    assert wilson(57, 60).low < 0.95 < wilson(57, 60).high
