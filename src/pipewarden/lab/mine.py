"""Look at the training pictures with nets of an earlier run: COCO's vehicles, and our own worst mistakes.

A shipping run looks only at pictures that may train shipped weights, so no knowledge of another source leaks in.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from pipewarden.lab.assign import unroll
from pipewarden.lab.boxes import Floats, Letterboxed, letterbox, suppress
from pipewarden.lab.dataset import Picture, read_bgr
from pipewarden.lab.lessons import Lesson, confusion_of, unlabelled_vehicles
from pipewarden.lab.nanodet import MEAN, STD, NanoDet

COCO_VEHICLES = (2, 5, 7)  # car, bus, truck
_BATCH = 8
_FLOOR = 0.2


def normalised(pixels: Any) -> Any:
    """Raw BGR [B,3,H,W] to the net's input."""
    mean, std = (torch.tensor(values, device=pixels.device).view(1, 3, 1, 1) for values in (MEAN, STD))
    return ((pixels.float() - mean) / std).contiguous(memory_format=torch.channels_last)


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is read without types
def look(net: NanoDet, frames: Sequence[Letterboxed]) -> tuple[Floats, Floats]:
    """Scores [B,N,classes] and boxes [B,N,4] in letterbox pixels."""
    pixels = torch.from_numpy(np.stack([frame.pixels for frame in frames])).permute(0, 3, 1, 2)
    with torch.autocast("cpu", torch.bfloat16):
        maps = net(normalised(pixels))
    points = unroll([level.float() for level in maps], net.classes, pixels.shape[-2])
    return points.logits.sigmoid().numpy(), points.boxes().numpy()


def _best(scores: Floats, boxes: Floats, frame: Letterboxed, picture: Picture) -> tuple[Floats, Floats]:
    """Boxes [n,4] in the picture's pixels and scores [n] of one class, after suppression."""
    strong = np.flatnonzero(scores >= _FLOOR)
    kept = strong[suppress(boxes[strong], scores[strong])]
    return frame.to_picture(boxes[kept], picture.width, picture.height), scores[kept]


def lessons_of(
    pictures: Sequence[Picture], ours: NanoDet | None, coco: NanoDet, tick: Callable[[], None]
) -> dict[str, Lesson]:
    """A lesson per picture file name; without `ours` no picture is called confusing."""
    found: dict[str, Lesson] = {}
    for start in range(0, len(pictures), _BATCH):
        some = pictures[start : start + _BATCH]
        frames = [letterbox(read_bgr(picture.path)) for picture in some]
        vehicles = _vehicles(coco, some, frames)
        own = look(ours, frames) if ours is not None else None
        for place, (picture, frame) in enumerate(zip(some, frames, strict=True)):
            wrong = 0.0
            if own is not None:
                boxes, scores = _best(own[0][place, :, 0], own[1][place], frame, picture)
                wrong = confusion_of(picture, boxes, scores)
            found[picture.path.name] = Lesson(vehicles[place], wrong)
            tick()
    return found


def _vehicles(coco: NanoDet, pictures: Sequence[Picture], frames: Sequence[Letterboxed]) -> list[Floats]:
    empty = np.zeros((0, 4), np.float32)
    if all("vehicle" in picture.labelled for picture in pictures):
        return [empty] * len(pictures)
    scores, boxes = look(coco, frames)
    best = scores[..., list(COCO_VEHICLES)].max(axis=-1)
    return [
        unlabelled_vehicles(picture, *_best(best[place], boxes[place], frame, picture))
        for place, (picture, frame) in enumerate(zip(pictures, frames, strict=True))
    ]
