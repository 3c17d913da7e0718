import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.lab.boxes import areas, intersections, letterbox, overlaps, square_crop, suppress


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_overlap_of_hand_computed_boxes():
    first = boxes((0, 0, 10, 10))
    second = boxes((0, 0, 10, 10), (5, 0, 15, 10), (10, 0, 20, 10), (2, 2, 4, 4))
    assert overlaps(first, second)[0] == pytest.approx([1.0, 50 / 150, 0.0, 4 / 100])
    assert intersections(first, second)[0] == pytest.approx([100, 50, 0, 4])


def test_a_turned_over_box_has_no_area():
    assert areas(boxes((10, 10, 5, 20))) == pytest.approx([0.0])


def test_suppression_keeps_the_best_of_a_heap_and_all_that_stand_apart():
    heap = boxes((0, 0, 10, 10), (1, 0, 11, 10), (30, 30, 40, 40))
    assert suppress(heap, np.array([0.5, 0.9, 0.1], np.float32)) == [1, 2]
    assert suppress(boxes().reshape(0, 4), np.zeros(0, np.float32)) == []


@given(width=st.integers(20, 1900), height=st.integers(20, 1100))
def test_letterbox_and_back_returns_the_box(width: int, height: int):
    picture = np.zeros((height, width, 3), np.uint8)
    boxed = letterbox(picture)
    assert boxed.pixels.shape == (384, 640, 3)
    original = boxes((width * 0.25, height * 0.25, width * 0.75, height * 0.5))
    inside = original * boxed.scale + np.array([boxed.left, boxed.top, boxed.left, boxed.top])
    assert boxed.to_picture(inside.astype(np.float32), width, height) == pytest.approx(original, abs=0.01)


def test_letterbox_fills_with_grey_and_keeps_the_picture_in_the_middle():
    boxed = letterbox(np.full((100, 100, 3), 255, np.uint8))
    assert boxed.scale == pytest.approx(3.84)
    assert (boxed.left, boxed.top) == (128, 0)
    assert (boxed.pixels[:, :128] == 114).all()
    assert (boxed.pixels[:, 128:512] == 255).all()


def test_boxes_are_cut_at_the_border_of_the_picture():
    boxed = letterbox(np.zeros((384, 640, 3), np.uint8))
    assert boxed.to_picture(boxes((-20, -5, 700, 390)), 640, 384)[0] == pytest.approx([0, 0, 640, 384])


def test_a_crop_is_a_square_of_1_4_times_the_long_side():
    picture = np.zeros((400, 400, 3), np.uint8)
    cv2.rectangle(picture, (150, 180), (249, 219), (255, 255, 255), -1)
    crop = square_crop(picture, boxes((150, 180, 250, 220))[0])
    assert crop.shape == (128, 128, 3)
    white = crop[..., 0] > 127
    assert white.any(axis=0).sum() == pytest.approx(128 / 1.4, abs=2)
    assert white.any(axis=1).sum() == pytest.approx(128 / 1.4 * 0.4, abs=2)


def test_a_crop_at_the_border_repeats_the_edge_and_one_outside_is_grey():
    picture = np.full((100, 100, 3), 200, np.uint8)
    assert (square_crop(picture, boxes((0, 0, 40, 40))[0]) == 200).all()
    assert (square_crop(picture, boxes((500, 500, 540, 540))[0]) == 114).all()
