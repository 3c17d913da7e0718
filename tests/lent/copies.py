"""Ten ways to send one picture again (safety.md M4), a photo of a screen, and drawings where no photographs are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

WAYS = 10


def saved(pixels: Pixels, quality: int) -> Pixels:
    """The picture saved as a JPEG of a quality and read again."""
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def jpeg_of(pixels: Pixels) -> bytes:
    """The picture as a file."""
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert done
    return bytes(encoded)


def drawing(seed: int) -> Pixels:
    """A picture of shapes and words, another one for every seed."""
    rng = np.random.default_rng(seed)
    pixels = np.full((360, 480, 3), rng.integers(60, 200, 3), np.uint8)
    for _ in range(40):
        at, to = (tuple(int(v) for v in rng.integers((0, 0), (480, 360))) for _ in range(2))
        colour = tuple(int(v) for v in rng.integers(0, 255, 3))
        cv2.rectangle(pixels, at, to, colour, int(rng.integers(1, 5)))
        cv2.circle(pixels, to, int(rng.integers(4, 30)), colour, -1)
    cv2.putText(pixels, f"{seed:06d}", (40, 180), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (255, 255, 255), 4)
    return pixels


def cut(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture without up to a fifth of each side."""
    rows, columns = pixels.shape[:2]
    share = rng.uniform(0.8, 0.95)
    left, top = rng.uniform(0, 1 - share, 2)
    part = pixels[int(top * rows) : int((top + share) * rows), int(left * columns) : int((left + share) * columns)]
    return saved(np.ascontiguousarray(part), 80)


def coloured(pixels: Pixels, by: float) -> Pixels:
    """The picture with more or less colour and light."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV).astype(float)
    hsv[..., 1:] *= 1 + by
    return saved(cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR), 85)


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """The picture turned, with black corners."""
    rows, columns = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    return saved(cv2.warpAffine(pixels, turn, (columns, rows)), 85)


def screenshot(pixels: Pixels) -> Pixels:
    """The picture as a phone of 390 x 844 shows it, with its bars."""
    wide, tall = 390, 844
    small = cv2.resize(pixels, (wide, round(pixels.shape[0] * wide / pixels.shape[1])), interpolation=cv2.INTER_AREA)
    small = small[: tall - 100]
    shown = np.full((tall, wide, 3), 20, np.uint8)
    top = (tall - small.shape[0]) // 2
    shown[top : top + small.shape[0]] = small
    shown[:40], shown[-60:] = 240, 230
    cv2.putText(shown, "9:41", (20, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1)
    return saved(shown, 80)


def of_a_screen(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture photographed from a screen: slanted, unsharp, unevenly lit, with noise."""
    rows, columns = pixels.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    moved = corners + rng.uniform(-0.04, 0.04, (4, 2)).astype(np.float32) * (columns, rows)
    slanted = cv2.warpPerspective(
        pixels, cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), (columns, rows)
    )
    lit = cv2.GaussianBlur(slanted, (0, 0), 0.8) * np.linspace(0.75, 1.1, columns)[None, :, None]
    return saved(np.clip(lit + rng.normal(0, 5, lit.shape), 0, 255).astype(np.uint8), 70)


def variants(pixels: Pixels, rng: np.random.Generator) -> Iterator[tuple[str, Pixels]]:
    """Ten copies of a picture, each with its name."""
    for quality in (30, 60, 95):
        yield f"q{quality}", saved(pixels, quality)
    yield "cut", cut(pixels, rng)
    yield "mirror", saved(np.ascontiguousarray(pixels[:, ::-1]), 80)
    yield "brighter", coloured(pixels, 0.15)
    yield "duller", coloured(pixels, -0.15)
    yield "turned", turned(pixels, 5.0 if rng.random() < 0.5 else -5.0)
    yield "screenshot", screenshot(pixels)
    yield "photo of a screen", of_a_screen(pixels, rng)


def photographs(shared: Path, count: int, seed: int) -> list[Pixels]:
    """``count`` real pictures of works, one of each group: no two of them show one dig."""
    groups: dict[str, str] = {}
    for split in ("val", "train"):
        told = json.loads((shared / f"construction/instances_{split}.json").read_text())
        for one in told["images"]:
            if not (one.get("mosaic") or one.get("stretched") or one.get("catalogue")):
                groups.setdefault(one.get("group") or one["file_name"], one["file_name"])
    names = sorted(groups.values())
    chosen = np.random.default_rng(seed).permutation(len(names))[:count]
    assert len(chosen) == count
    return [np.asarray(cv2.imread(str(shared / "construction/images" / names[n])), np.uint8) for n in chosen]
