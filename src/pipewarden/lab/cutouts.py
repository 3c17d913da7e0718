"""Machines cut out of their pictures by GrabCut, to be pasted into streets that the licensed data lack.

Only Kerou machines are kept: those of css come from tilted mosaic tiles with soil stuck on. Vehicles are cut too and
pasted as negatives, so that a paste edge is never the cue for "machine".
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipewarden.lab.boxes import Floats, Pixels, areas, intersections
from pipewarden.lab.dataset import MACHINE_CATEGORIES, PERSON, VEHICLE, Picture, Source, read_bgr

_SMALLEST_SIDE = 48
_SMALLEST_LONG_SIDE = 80
_LARGEST_OVERLAP = 0.15
_LONG_SIDE = 200
_MARGIN = 0.12


@dataclass(frozen=True, slots=True)
class Cutout:
    """`pixels` [h,w,4] BGRA; `machine` False for a vehicle pasted as a negative."""

    pixels: Pixels
    machine: bool


def cut_all(pictures: list[Picture]) -> list[Cutout]:
    """Usable cut-outs of Kerou machines and of css and coco128 vehicles."""
    found: list[Cutout] = []
    for picture in pictures:
        wanted = [k for k in range(len(picture.boxes)) if _wanted(picture, k)]
        if not wanted:
            continue
        pixels = read_bgr(picture.path)
        for index in wanted:
            cut = cut_one(pixels, picture.boxes[index])
            if cut is not None:
                found.append(Cutout(cut, machine=int(picture.categories[index]) != VEHICLE))
    return found


def _wanted(picture: Picture, index: int) -> bool:
    category = int(picture.categories[index])
    machine = category in MACHINE_CATEGORIES and picture.source is Source.KEROU
    vehicle = category == VEHICLE and picture.source in {Source.CSS, Source.COCO}
    if not (machine or vehicle):
        return False
    box = picture.boxes[index : index + 1]
    width, height = float(box[0, 2] - box[0, 0]), float(box[0, 3] - box[0, 1])
    if min(width, height) < _SMALLEST_SIDE or max(width, height) < _SMALLEST_LONG_SIDE:
        return False
    cut = box[0, 0] < 3 or box[0, 1] < 3 or box[0, 2] > picture.width - 3 or box[0, 3] > picture.height - 3  # noqa: PLR2004 # pixels of border
    if cut:
        return False
    rest = np.delete(picture.boxes, index, axis=0)[np.delete(picture.categories, index) != PERSON]
    return not len(rest) or bool(intersections(box, rest).max() / areas(box)[0] <= _LARGEST_OVERLAP)


def cut_one(picture: Pixels, box: Floats) -> Pixels | None:
    """BGRA cut-out [h,w,4] of one xyxy box, or None where GrabCut found no plausible outline."""
    width, height = box[2] - box[0], box[3] - box[1]
    low = np.maximum(box[:2] - _MARGIN * np.array([width, height]), 0).astype(int)
    high = np.minimum(box[2:] + _MARGIN * np.array([width, height]), picture.shape[1::-1]).astype(int)
    region = picture[low[1] : high[1], low[0] : high[0]]
    scale = min(1.0, _LONG_SIDE / max(region.shape[:2]))
    region = cv2.resize(region, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    inside = (int((box[0] - low[0]) * scale), int((box[1] - low[1]) * scale), int(width * scale), int(height * scale))
    mask = np.zeros(region.shape[:2], np.uint8)
    model: Any = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(1)  # GrabCut starts from random clusters
    cv2.grabCut(region, mask, inside, model[0], model[1], 3, cv2.GC_INIT_WITH_RECT)
    kept = _plausible(((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8), inside[2] * inside[3])
    if kept is None:
        return None
    rows, columns = np.where(kept)
    closed = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    alpha = cv2.GaussianBlur(closed * np.uint8(255), (3, 3), 0)
    whole = np.dstack([region, alpha])
    return np.asarray(whole[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], np.uint8)


def _plausible(foreground: NDArray[np.uint8], box_area: int) -> NDArray[np.uint8] | None:
    """The large parts of a mask if they fill their hull and the box like one object, else None."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(foreground)
    if count < 2:  # noqa: PLR2004 # background only
        return None
    sizes = stats[1:, cv2.CC_STAT_AREA]
    total = int(foreground.sum())
    kept = np.isin(labels, 1 + np.flatnonzero(sizes > 0.05 * total)).astype(np.uint8)
    rows, columns = np.where(kept)
    if len(rows) < 200:  # noqa: PLR2004 # pixels; smaller shows nothing
        return None
    hull = int((columns.max() - columns.min() + 1) * (rows.max() - rows.min() + 1))
    fill, cover = int(kept.sum()) / hull, hull / max(box_area, 1)
    whole = 0.28 < fill < 0.9 and cover > 0.75 and sizes.max() > 0.7 * total  # noqa: PLR2004 # detector.md, item 8
    return kept if whole else None
