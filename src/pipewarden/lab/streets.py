"""Fixed-camera streets with machines pasted in and their truth: there is no real sequence of that kind to measure on.

Every picture made here is synthetic (合成) and says so in its truth; no accuracy of a detector may be reported on it.
What it can show is the cascade: how many alarms, calls of a judge and missed sites a sequence of frames costs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipewarden.lab.boxes import Floats, Pixels
    from pipewarden.lab.cutouts import Cutout

_TALL = (0.16, 0.34)  # height of a pasted machine over the picture's: street distance, not a close-up
_FEET = (0.55, 0.92)
_JITTER = 0.03  # a machine at work turns and leans; its box moves by a few parts in a hundred of its size
_QUALITY = 88


class Story(StrEnum):
    """What happens on one street."""

    WORKS = "works"  # a machine comes, works at one place and moves a little all the time
    PARKED = "parked"  # a machine stands from the first picture to the last and never moves
    PASSING = "passing"  # machines on lorries, or lorries, drive through
    VEHICLES = "vehicles"  # cars, buses and vans stand at the roadside
    QUIET = "quiet"  # the street as it was filmed


@dataclass(frozen=True, slots=True)
class Pasted:
    """One pasted thing in one frame: left, top, width, height in pixels."""

    frame: int
    box: tuple[float, float, float, float]
    machine: bool


@dataclass(frozen=True, slots=True)
class Street:
    """One sequence: frames beside what is true in them; ``sites`` is 1 where works are shown, else 0."""

    name: str
    story: Story
    frames: list[Pixels]
    times: list[float]
    pasted: list[Pasted]
    sites: int


def make_street(
    name: str,
    story: Story,
    *,
    background: Sequence[Pixels],
    times: Sequence[float],
    cutouts: Sequence[Cutout],
    generator: np.random.Generator,
) -> Street:
    """Tell one story on filmed frames.

    Args:
        name: of the sequence.
        story: what happens.
        background: BGR frames of one fixed camera, in order.
        times: seconds of each.
        cutouts: machines, and vehicles for the look-alikes.
        generator: chance, seeded.

    Raises:
        InputError: there are no cut-outs of the kind that the story needs.
    """
    frames = [frame.copy() for frame in background]
    if story is Story.QUIET:
        return Street(name, story, frames, list(times), [], 0)
    machine = story in {Story.WORKS, Story.PARKED} or (story is Story.PASSING and generator.random() < 0.5)  # noqa: PLR2004  an even chance
    pool = [cut for cut in cutouts if cut.machine is machine]
    if not pool:
        raise InputError(field="cutouts", problem=f"hold nothing for {story}", fix="Give more labelled pictures.")
    cut = pool[int(generator.integers(len(pool)))]
    height, width = frames[0].shape[:2]
    tall = height * generator.uniform(*_TALL)
    wide = tall * cut.pixels.shape[1] / cut.pixels.shape[0]
    left = generator.uniform(0.02, 0.98) * max(width - wide, 1)
    foot = height * generator.uniform(*_FEET)
    first = int(generator.integers(2, max(3, len(frames) // 2))) if story is Story.WORKS else 0
    speed = width * generator.uniform(0.18, 0.5) * (1 if generator.random() < 0.5 else -1)  # noqa: PLR2004  an even chance
    pasted = []
    for index in range(first, len(frames)):
        at, size, lean = left, tall, 1.0
        if story is Story.WORKS:
            at += wide * generator.normal(0, _JITTER)
            size *= 1 + generator.normal(0, _JITTER / 2)
            lean = 1 + generator.normal(0, _JITTER)
        elif story is Story.PASSING:
            at = (left + speed * (times[index] - times[0])) % (width + 2 * wide) - wide
        box = _paste(frames[index], cut.pixels, left=at, foot=foot, tall=size, lean=lean)
        if box is not None:
            pasted.append(Pasted(index, box, machine))
    return Street(name, story, frames, list(times), pasted, int(story is Story.WORKS))


def _paste(
    frame: Pixels, cut: Pixels, *, left: float, foot: float, tall: float, lean: float
) -> tuple[float, float, float, float] | None:
    """Draw a cut-out with its feet at ``foot`` and return the part of its box inside the frame; None if too little."""
    size = (max(4, round(tall * cut.shape[1] / cut.shape[0] * lean)), max(4, round(tall)))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    x, y = round(left), round(foot - tall)
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + size[0], frame.shape[1]), min(y + size[1], frame.shape[0])
    if x1 - x0 < 0.35 * size[0] or y1 - y0 < 0.35 * size[1]:
        return None
    part = small[y0 - y : y1 - y, x0 - x : x1 - x]
    opacity: Floats = part[..., 3:].astype(np.float32) / 255
    under = frame[y0:y1, x0:x1].astype(np.float32)
    bright = np.float32(np.clip(0.5 + 0.5 * under.mean() / max(float(part[..., :3].mean()), 1.0), 0.6, 1.4))
    mixed = under * (1 - opacity) + part[..., :3].astype(np.float32) * bright * opacity
    frame[y0:y1, x0:x1] = mixed.clip(0, 255).astype(np.uint8)
    return float(x0), float(y0), float(x1 - x0), float(y1 - y0)


def write_street(street: Street, root: Path, every_s: float) -> Path:
    """Write a street as a sequence folder that ``scan`` reads, with its truth beside it, and return the folder."""
    folder = root / street.name
    folder.mkdir(parents=True, exist_ok=True)
    steps = []
    for index, (frame, second) in enumerate(zip(street.frames, street.times, strict=True)):
        name = f"{index:04d}.jpg"
        cv2.imwrite(str(folder / name), frame, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        steps.append({"file": name, "t": round(second - street.times[0], 3)})
    told = {"name": street.name, "synthetic": True, "note": "synthetic 合成: machines pasted into a filmed street"}
    (folder / "seq.json").write_text(json.dumps(told | {"frames": steps}, ensure_ascii=False, indent=1) + "\n")
    truth = told | {
        "story": street.story.value,
        "sites": street.sites,
        "every_s": every_s,
        "pasted": [asdict(one) for one in street.pasted],
    }
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n")
    return folder
