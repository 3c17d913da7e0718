import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipewarden.inference.rules.boxes import GREY, Letterbox, areas, letterbox, overlaps, pick, suppress

Box = tuple[float, float, float, float]


def _iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes, written as slowly and plainly as it can be."""
    across = max(0.0, min(float(a[2]), float(b[2])) - max(float(a[0]), float(b[0])))
    down = max(0.0, min(float(a[3]), float(b[3])) - max(float(a[1]), float(b[1])))
    area_a = max(0.0, float(a[2] - a[0])) * max(0.0, float(a[3] - a[1]))
    area_b = max(0.0, float(b[2] - b[0])) * max(0.0, float(b[3] - b[1]))
    return across * down / max(area_a + area_b - across * down, 1e-6)


def _suppress_slowly(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], classes: NDArray[np.int64], limit: float
) -> list[int]:
    kept: list[int] = []
    for index in sorted(range(len(scores)), key=lambda i: -scores[i]):
        if all(classes[k] != classes[index] or _iou(boxes[k], boxes[index]) < limit for k in kept):
            kept.append(index)
    return kept


corner = st.integers(0, 60)
some_boxes = st.lists(
    st.tuples(corner, corner, st.integers(0, 40), st.integers(0, 40), st.integers(1, 20), st.integers(0, 2)),
    max_size=25,
)


@given(some_boxes, st.sampled_from([0.3, 0.5, 0.7]))
def test_suppression_equals_the_slow_way(rows: list[tuple[int, ...]], limit: float) -> None:
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h, _, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([row[4] / 20 for row in rows], np.float32)
    classes = np.array([row[5] for row in rows], np.int64)
    assert suppress(boxes, scores, classes, limit).tolist() == _suppress_slowly(boxes, scores, classes, limit)


@given(some_boxes)
def test_suppression_leaves_no_two_alike_and_drops_nothing_that_stands_alone(rows: list[tuple[int, ...]]) -> None:
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h, _, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([row[4] / 20 for row in rows], np.float32)
    kept = suppress(boxes, scores, np.zeros(len(rows), np.int64))
    between = overlaps(boxes[kept], boxes[kept])
    np.fill_diagonal(between, 0)
    assert not len(kept) or between.max() < 0.5
    alone = [i for i in range(len(rows)) if all(_iou(boxes[i], boxes[j]) < 0.5 for j in range(len(rows)) if j != i)]
    assert set(alone) <= set(kept.tolist())


def test_equal_scores_keep_their_order() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [50, 50, 60, 60]], np.float32)
    assert suppress(boxes, np.full(3, 0.5, np.float32), np.zeros(3, np.int64)).tolist() == [0, 2]


def test_boxes_of_different_classes_do_not_suppress_each_other() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10]], np.float32)
    assert suppress(boxes, np.array([0.9, 0.8], np.float32), np.array([0, 1])).tolist() == [0, 1]


def test_an_overlap_of_exactly_the_limit_is_suppressed() -> None:
    boxes = np.array([[0, 0, 20, 10], [0, 0, 10, 10]], np.float32)
    assert overlaps(boxes[:1], boxes[1:])[0, 0] == pytest.approx(0.5)
    assert suppress(boxes, np.array([0.9, 0.8], np.float32), np.zeros(2, np.int64)).tolist() == [0]


def test_a_turned_over_box_has_no_area_and_no_overlap() -> None:
    box = np.array([[10, 10, 5, 20]], np.float32)
    assert areas(box).tolist() == [0]
    assert overlaps(box, box).tolist() == [[0]]


@given(
    st.integers(1, 4000),
    st.integers(1, 4000),
    st.lists(st.tuples(*[st.floats(0, 1, width=32)] * 4), min_size=1, max_size=8),
)
def test_letterbox_there_and_back(width: int, height: int, parts: list[Box]) -> None:
    place = Letterbox.of(width, height, 640, 384)
    boxes = np.array(parts, np.float32) * np.array([width, height, width, height], np.float32)
    back = place.to_picture(place.to_frame(boxes))
    assert np.allclose(back, boxes, atol=2e-6 * max(width, height) / min(place.scale, 1) + 1e-3)


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_the_picture_lies_inside_the_frame_and_fills_it_one_way(width: int, height: int) -> None:
    place = Letterbox.of(width, height, 640, 384)
    assert place.left >= 0
    assert place.left + place.inner_width <= 640
    assert place.top >= 0
    assert place.top + place.inner_height <= 384
    assert place.inner_width == 640 or place.inner_height == 384
    assert abs((640 - place.inner_width) - 2 * place.left) <= 1
    assert abs((384 - place.inner_height) - 2 * place.top) <= 1


@given(st.integers(1, 300), st.integers(1, 300))
def test_boxes_outside_the_picture_are_cut_at_its_border(width: int, height: int) -> None:
    place = Letterbox.of(width, height, 640, 384)
    cut = place.to_picture(np.array([[-50, -50, 900, 900]], np.float32))
    assert np.allclose(cut, [[0, 0, width, height]])


@pytest.mark.parametrize(("rows", "columns"), [(1080, 1920), (480, 640), (640, 480), (96, 160), (5, 4000)])
def test_the_frame_is_grey_around_the_picture(rows: int, columns: int) -> None:
    frame, place = letterbox(np.full((rows, columns, 3), 200, np.uint8), 640, 384)
    assert frame.shape == (384, 640, 3)
    inside = np.zeros((384, 640), np.bool_)
    inside[place.top : place.top + place.inner_height, place.left : place.left + place.inner_width] = True
    assert (frame[inside] == 200).all()
    assert (frame[~inside] == GREY).all()


def test_what_is_left_in_the_picture_is_left_in_the_frame() -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    picture[100:200, 300:500] = (0, 0, 255)
    frame, place = letterbox(picture, 640, 384)
    rows, columns = np.nonzero((frame[..., 2] > 128) & (frame[..., 1] < 60))
    box = place.to_frame(np.array([[300, 100, 500, 200]], np.float32))[0]
    found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    assert np.abs(found - box).max() <= 1


@pytest.mark.parametrize("columns", [960, 1280, 1920])
def test_shrinking_leaves_no_pixel_out(columns: int) -> None:
    rows = columns * 9 // 16
    for first in range(3):
        picture = np.zeros((rows, columns, 3), np.uint8)
        picture[first::3, first::3] = 255  # one pixel in nine, at each of three places
        frame, place = letterbox(picture, 640, 384)
        mean = frame[place.top : place.top + place.inner_height].mean()
        assert 0.5 * 255 / 9 <= mean <= 1.3 * 255 / 9


PLACE = Letterbox.of(1280, 768, 640, 384)


def test_picking_takes_the_floor_the_class_and_the_way_back() -> None:
    scores = np.array([[0.5, 0.1, 0.0], [0.19, 0.9, 0.2], [0.0, 0.0, 0.1999]], np.float32)
    boxes = np.array([[10, 20, 30, 40], [100, 100, 200, 150], [0, 0, 5, 5]], np.float32)
    picked = pick(scores, boxes, 0.2, PLACE)
    assert picked.classes.tolist() == [1, 0, 2]
    assert np.allclose(picked.scores, [0.9, 0.5, 0.2])
    assert np.allclose(picked.boxes, [[200, 200, 400, 300], [20, 40, 60, 80], [200, 200, 400, 300]])
    assert len(picked) == 3
    assert picked.boxes.dtype == np.float32


def test_picking_from_nothing_gives_empty_arrays_of_the_right_shape() -> None:
    picked = pick(np.zeros((7, 3), np.float32), np.zeros((7, 4), np.float32), 0.2, PLACE)
    assert (picked.boxes.shape, picked.scores.shape, picked.classes.shape) == ((0, 4), (0,), (0,))


def test_a_flood_of_boxes_is_bounded_and_keeps_the_best() -> None:
    generator = np.random.default_rng(5)
    corners = generator.uniform(0, 600, (5040, 2)).astype(np.float32)
    boxes = np.hstack([corners, corners + 4]).clip(0, [640, 384, 640, 384]).astype(np.float32)
    scores = generator.uniform(0.3, 1, (5040, 3)).astype(np.float32)
    picked = pick(scores, boxes, 0.2, PLACE)
    assert len(picked) == 100
    assert picked.scores[0] == scores.max()
    assert (np.diff(picked.scores) <= 0).all()
