from pathlib import Path

import cv2
import numpy as np
import pytest

from pipewarden.lab.cutouts import cut_all, cut_one
from pipewarden.lab.dataset import Picture, Source


def digger() -> np.ndarray:
    """A yellow T on a green meadow: an outline that does not fill its box."""
    generator = np.random.default_rng(0)
    pixels = np.full((300, 300, 3), (60, 140, 60), np.uint8)
    pixels = (pixels + generator.integers(0, 12, pixels.shape)).astype(np.uint8)
    cv2.rectangle(pixels, (80, 80), (219, 139), (30, 200, 250), -1)
    cv2.rectangle(pixels, (120, 140), (179, 219), (20, 190, 245), -1)
    return pixels


BOX = np.array([80, 80, 220, 220], np.float32)


def picture(path: Path, source: Source, category: int, box: np.ndarray = BOX) -> Picture:
    return Picture(
        path, source, "g", 300, 300, frozenset({"machine"}), negative=False, boxes=box[None],
        categories=np.array([category], np.int64), generic=np.zeros(1, np.bool_),
    )  # fmt: skip


def test_the_outline_is_the_machine_and_not_its_box():
    cut = cut_one(digger(), BOX)
    assert cut is not None
    opaque = cut[..., 3] > 127
    assert opaque.mean() == pytest.approx((140 * 60 + 60 * 80) / (140 * 140), abs=0.08)
    assert cut[..., 2][opaque].mean() > 220  # yellow: red channel high
    assert not opaque[-10:, :20].any()  # the meadow beside the foot is gone


def test_the_same_picture_gives_the_same_cutout():
    first, again = cut_one(digger(), BOX), cut_one(digger(), BOX)
    assert first is not None
    assert again is not None
    assert (first == again).all()


def test_a_shape_without_outline_is_refused():
    assert cut_one(np.full((300, 300, 3), 128, np.uint8), BOX) is None


@pytest.mark.parametrize(
    ("source", "category", "expected"),
    [
        (Source.KEROU, 1, [True]),
        (Source.CSS, 6, []),  # tilted mosaic tiles: dropped
        (Source.CSS, 9, [False]),
        (Source.KEROU, 9, []),
        (Source.CAMVID, 1, []),
        (Source.CSS, 7, []),
    ],
)
def test_which_boxes_are_cut(tmp_path: Path, source: Source, category: int, expected: list[bool]):
    path = tmp_path / "digger.png"
    cv2.imwrite(str(path), digger())
    assert [cut.machine for cut in cut_all([picture(path, source, category)])] == expected


def test_boxes_at_the_border_or_too_small_are_not_cut(tmp_path: Path):
    path = tmp_path / "digger.png"
    cv2.imwrite(str(path), digger())
    at_border, small = np.array([0, 80, 220, 220], np.float32), np.array([80, 80, 120, 120], np.float32)
    assert cut_all([picture(path, Source.KEROU, 1, at_border), picture(path, Source.KEROU, 1, small)]) == []
