"""Put cut-out machines where licensed pictures have none: on streets, at street sizes, with the light of the place."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipewarden.lab.boxes import Floats, Pixels, areas, intersections
from pipewarden.lab.cutouts import Cutout

SIZES = (14.0, 130.0)  # long side in pixels
VEHICLE = 3  # its detector class
NEGATIVE_SHARE = 0.3
LARGEST_OVERLAP = 0.35


@dataclass(frozen=True, slots=True)
class Sticker:
    """A cut-out scaled for one place: colours [h,w,3], opacity [h,w,1] in 0..1, and the visible part of its box."""

    colours: Floats
    opacity: Floats
    box: Floats


def paste_some(
    picture: Pixels, marks: Floats, cutouts: list[Cutout], generator: np.random.Generator
) -> tuple[Pixels, Floats]:
    """Paste one to three cut-outs; `marks` [n,5] are xyxy and class. Vehicles are pasted as what they are."""
    if not cutouts:
        return picture, marks
    machines = [cut for cut in cutouts if cut.machine]
    vehicles = [cut for cut in cutouts if not cut.machine]
    picture = picture.copy()
    for _ in range(int(generator.integers(1, 4))):
        pool = vehicles if vehicles and generator.random() < NEGATIVE_SHARE else machines
        if not pool:
            continue
        cut = pool[int(generator.integers(len(pool)))]
        sticker = _place(picture, marks, cut, generator)
        if sticker is None:
            continue
        box = sticker.box
        if cut.machine:
            sticker = _half_hidden(sticker, generator)
        mark = np.append(sticker.box, np.float32(0 if cut.machine else VEHICLE))[None]
        marks = np.concatenate([marks, mark.astype(np.float32)])
        _draw(picture, sticker, box, generator)
    return picture, marks


def _place(picture: Pixels, marks: Floats, cut: Cutout, generator: np.random.Generator) -> Sticker | None:
    """Scale a cut-out and find it a place with its feet at 35 to 95 % of the height; None where it does not fit."""
    rows, columns = picture.shape[:2]
    size = float(np.exp(generator.uniform(*np.log(SIZES))))
    factor = size / max(cut.pixels.shape[:2])
    width = max(6, int(cut.pixels.shape[1] * factor * np.exp(generator.uniform(-0.12, 0.12))))
    height = max(6, int(cut.pixels.shape[0] * factor))
    if factor > 1.5 or height >= rows * 0.8 or width >= columns * 0.8:  # noqa: PLR2004 # enlarged more, it is a blur
        return None
    small = cv2.resize(cut.pixels, (width, height), interpolation=cv2.INTER_AREA)
    if generator.random() < 0.5:  # noqa: PLR2004 # an even chance
        small = small[:, ::-1]
    left = int(generator.integers(0, columns - width))
    top = min(max(0, int(rows * generator.uniform(0.35, 0.95)) - height), rows - height)
    box = np.array([left, top, left + width, top + height], np.float32)
    if len(marks):
        shared = intersections(box[None], marks[:, :4])[0]
        if (shared / np.minimum(areas(marks[:, :4]), width * height).clip(1)).max() > LARGEST_OVERLAP:
            return None
    opacity = small[..., 3:].astype(np.float32) / 255
    inside = opacity[..., 0] > 0.5  # noqa: PLR2004 # half opaque
    if inside.sum() < 10:  # noqa: PLR2004 # nothing left to see
        return None
    colours = small[..., :3].astype(np.float32)
    own, here = float(colours[inside].mean()), float(picture[top : top + height, left : left + width].mean())
    share = generator.uniform(0.2, 0.8)
    colours *= float(np.clip(((1 - share) * own + share * here) / max(own, 1.0), 0.45, 1.6))
    if generator.random() < 0.4:  # noqa: PLR2004 # chance of a soft edge
        sigma = generator.uniform(0.4, 1.2)
        colours = cv2.GaussianBlur(colours, (0, 0), sigma)
        opacity = cv2.GaussianBlur(opacity, (0, 0), sigma)[..., None]
    return Sticker(np.asarray(colours, np.float32), np.asarray(opacity, np.float32), box)


def _half_hidden(sticker: Sticker, generator: np.random.Generator) -> Sticker:
    """A quarter of the machines stand partly behind something: cut the foot or the left side away."""
    if generator.random() >= 0.25:  # noqa: PLR2004 # chance of being hidden
        return sticker
    share = generator.uniform(0.1, 0.35)
    opacity, box = sticker.opacity.copy(), sticker.box.copy()
    rows, columns = opacity.shape[:2]
    if generator.random() < 0.5:  # noqa: PLR2004 # an even chance
        visible = int(rows * (1 - share))
        opacity[visible:] = 0
        box[3] = box[1] + visible
    else:
        hidden = int(columns * share)
        opacity[:, :hidden] = 0
        box[0] += hidden
    return Sticker(sticker.colours, opacity, box)


def _draw(picture: Pixels, sticker: Sticker, box: Floats, generator: np.random.Generator) -> None:
    left, top, right, bottom = (int(value) for value in box)
    if generator.random() < 0.5:  # noqa: PLR2004 # chance of a contact shadow
        depth = max(2, (bottom - top) // 8)
        low, high = max(0, bottom - depth), min(picture.shape[0], bottom + depth // 2)
        shadow = picture[low:high, left:right] * generator.uniform(0.5, 0.85)
        picture[low:high, left:right] = shadow.astype(np.uint8)
    under = picture[top:bottom, left:right].astype(np.float32)
    mixed = under * (1 - sticker.opacity) + sticker.colours * sticker.opacity
    picture[top:bottom, left:right] = mixed.clip(0, 255).astype(np.uint8)
