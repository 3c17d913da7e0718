import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.inference.facts import Detections
from pipewarden.perceive.facts import Box, FindingClass
from pipewarden.perceive.rules import Seen, findings_of, pixel_box

CLASSES = ("machine", "person", "cone")
THRESHOLDS = {"machine": 0.4, "person": 0.3, "cone": 0.3}
SHAPE = (360, 640, 3)


def _of(*rows: tuple[float, int, tuple[float, float, float, float]]) -> list[Seen]:
    detections = Detections(
        boxes=np.array([row[2] for row in rows], np.float32).reshape(-1, 4),
        scores=np.array([row[0] for row in rows], np.float32),
        classes=np.array([row[1] for row in rows], np.int64),
    )
    return findings_of(detections, CLASSES, THRESHOLDS, SHAPE)


def test_a_machine_raises_from_its_threshold_on() -> None:
    seen = _of((0.41, 0, (0, 0, 50, 50)), (0.39, 0, (100, 0, 150, 50)))
    assert [(one.cls, one.raises) for one in seen] == [(FindingClass.MACHINE, True), (FindingClass.MACHINE, False)]


def test_a_score_of_exactly_the_threshold_raises() -> None:
    detections = Detections(np.array([[0, 0, 9, 9]], np.float32), np.array([0.5], np.float32), np.array([0]))
    (one,) = findings_of(detections, CLASSES, {**THRESHOLDS, "machine": 0.5}, SHAPE)
    assert one.raises


@pytest.mark.parametrize("index", [1, 2])
def test_persons_and_cones_never_raise(index: int) -> None:
    (one,) = _of((0.99, index, (0, 0, 50, 50)))
    assert not one.raises


def test_a_class_that_perceive_does_not_know_is_left_out() -> None:
    detections = Detections(np.array([[0, 0, 50, 50]], np.float32), np.array([0.9], np.float32), np.array([3]))
    assert findings_of(detections, (*CLASSES, "vehicle"), {**THRESHOLDS, "vehicle": 0.1}, SHAPE) == []


def test_boxes_too_small_to_trust_are_left_out() -> None:
    seen = _of((0.9, 1, (0, 0, 3.9, 50)), (0.8, 1, (0, 0, 50, 3.9)), (0.7, 1, (0, 0, 4.1, 4.1)), (0.6, 0, (9, 9, 9, 9)))
    assert [one.score for one in seen] == pytest.approx([0.7])


def test_small_is_measured_against_the_picture_not_in_its_pixels() -> None:
    row = Detections(np.array([[0, 0, 8, 8]], np.float32), np.array([0.9], np.float32), np.array([0]))
    assert len(findings_of(row, CLASSES, THRESHOLDS, (360, 640, 3))) == 1
    assert len(findings_of(row, CLASSES, THRESHOLDS, (1080, 1920, 3))) == 0


def test_a_box_inside_a_better_one_is_kept() -> None:
    assert len(_of((0.8, 0, (0, 0, 100, 100)), (0.5, 0, (5, 5, 40, 95)))) == 2


def test_machines_that_overlap_partly_are_two() -> None:
    assert len(_of((0.8, 0, (0, 0, 100, 100)), (0.5, 0, (60, 0, 160, 100)))) == 2


def test_a_large_box_around_a_better_small_one_is_kept() -> None:
    assert len(_of((0.8, 0, (10, 10, 40, 40)), (0.5, 0, (0, 0, 100, 100)))) == 2


def test_a_person_before_a_person_is_two_and_before_a_machine_too() -> None:
    assert len(_of((0.8, 1, (0, 0, 100, 100)), (0.5, 1, (5, 5, 40, 95)))) == 2
    assert len(_of((0.8, 0, (0, 0, 100, 100)), (0.5, 1, (5, 5, 40, 95)))) == 2


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(0, 500), st.integers(0, 300), st.integers(0, 90)),
        max_size=15,
    )
)
def test_findings_keep_the_order_of_scores_and_never_grow(rows: list[tuple[int, int, int, int, int]]) -> None:
    rows.sort(reverse=True)
    given_rows = [(score / 10, index, (x, y, x + side, y + side)) for score, index, x, y, side in rows]
    seen = _of(*given_rows)
    assert len(seen) <= len(rows)
    scores = [one.score for one in seen]
    assert scores == sorted(scores, reverse=True)
    assert all(one.raises == (one.cls is FindingClass.MACHINE and one.score >= 0.4 - 1e-6) for one in seen)
    # whatever is said once is said again when only that is given
    for one in seen:
        again = _of((one.score, list(FindingClass).index(one.cls), tuple(one.corners.tolist())))
        assert len(again) == 1


@given(
    st.tuples(*[st.floats(0, 1)] * 4),
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.sampled_from([1, 2, 4, 8]),
)
def test_boxes_go_back_to_the_original_by_its_own_size(
    parts: tuple[float, float, float, float], width: int, height: int, step: int
) -> None:
    shape = (-(-height // step), -(-width // step), 3)
    left, right = sorted(parts[:2])
    top, bottom = sorted(parts[2:])
    corners = np.array([left * shape[1], top * shape[0], right * shape[1], bottom * shape[0]], np.float32)
    box = pixel_box(corners, shape, width, height)
    wanted = Box(x=left * width, y=top * height, w=(right - left) * width, h=(bottom - top) * height)
    for got, want in zip((box.x, box.y, box.w, box.h), (wanted.x, wanted.y, wanted.w, wanted.h), strict=True):
        assert got == pytest.approx(want, abs=2e-3 * step + 1e-6 * max(width, height))
