"""Overlap, matching and consensus of what several people marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.market.facts.labels import Shape, ShapeKind
from pipewarden.market.rules.agreement_boxes import area, consensus, iou, iou_f1, matched

SIDE = st.floats(0.0, 1.0, allow_nan=False)


def box(left: float, top: float, right: float, bottom: float, label: str = "hose_old") -> Shape:
    return Shape(ShapeKind.BOX, label, ((left, top), (right, bottom)))


def polygon(*points: tuple[float, float], label: str = "hose_old") -> Shape:
    return Shape(ShapeKind.POLYGON, label, points)


BOXES = st.builds(lambda x, y: box(min(x), min(y), max(x), max(y)), st.tuples(SIDE, SIDE), st.tuples(SIDE, SIDE))


def test_half_of_a_box_shares_half_of_the_union() -> None:
    assert iou(box(0, 0, 1, 1), box(0, 0, 0.5, 1)) == pytest.approx(0.5)
    assert iou(box(0, 0, 0.2, 0.2), box(0.1, 0, 0.3, 0.2)) == pytest.approx(1 / 3)


def test_what_does_not_touch_and_what_has_no_area_share_nothing() -> None:
    assert iou(box(0, 0, 0.1, 0.1), box(0.5, 0.5, 0.9, 0.9)) == 0.0
    assert iou(box(0.5, 0.5, 0.5, 0.5), box(0.5, 0.5, 0.5, 0.5)) == 0.0


def test_a_polygon_is_held_against_a_box() -> None:
    triangle = polygon((0, 0), (1, 0), (0, 1))
    assert area(triangle) == pytest.approx(0.5)
    assert iou(triangle, box(0, 0, 1, 1)) == pytest.approx(0.5)


def test_a_polygon_that_crosses_itself_is_measured_all_the_same() -> None:
    bow = polygon((0, 0), (1, 1), (1, 0), (0, 1))
    assert area(bow) == pytest.approx(0.5)


@given(BOXES, BOXES)
def test_overlap_is_a_share_and_has_no_side(one: Shape, other: Shape) -> None:
    found = iou(one, other)
    assert 0.0 <= found <= 1.0 + 1e-9
    assert found == pytest.approx(iou(other, one), abs=1e-9)


def test_each_shape_is_matched_once_and_the_best_pair_first() -> None:
    mine = [box(0, 0, 0.4, 0.4), box(0.02, 0, 0.42, 0.4)]
    others = [box(0.02, 0, 0.42, 0.4)]
    assert matched(mine, others) == [(1, 0, pytest.approx(1.0))]


def test_another_label_is_no_match() -> None:
    assert matched([box(0, 0, 1, 1)], [box(0, 0, 1, 1, "hose_long")]) == []


@pytest.mark.parametrize(
    ("mine", "others", "f1"),
    [
        ([], [], 1.0),
        ([box(0, 0, 1, 1)], [], 0.0),
        ([box(0, 0, 0.2, 0.2), box(0.5, 0.5, 1, 1)], [box(0, 0, 0.2, 0.2)], 2 / 3),
        ([box(0, 0, 0.2, 0.2)], [box(0.15, 0, 0.35, 0.2)], 0.0),
    ],
)
def test_f1_counts_matches_of_all_that_was_marked(mine: list[Shape], others: list[Shape], f1: float) -> None:
    assert iou_f1(mine, others) == pytest.approx(f1)


def test_a_consensus_is_of_more_than_half_and_lies_in_the_middle() -> None:
    drawn = {
        "a": [box(0.10, 0.10, 0.50, 0.50)],
        "b": [box(0.12, 0.10, 0.52, 0.50), box(0.8, 0.8, 0.9, 0.9)],
        "c": [box(0.11, 0.12, 0.51, 0.48)],
    }
    assert consensus(drawn, {}) == [box(0.11, 0.10, 0.51, 0.50)]


def test_who_marked_nothing_says_that_nothing_is_there() -> None:
    one = [box(0.1, 0.1, 0.5, 0.5)]
    assert consensus({"a": one, "b": []}, {}) == []
    assert consensus({"a": one, "b": one, "c": []}, {}) == one


def test_the_weight_of_who_is_right_counts() -> None:
    one = [box(0.1, 0.1, 0.5, 0.5)]
    assert consensus({"a": one, "b": [], "c": []}, {"a": 0.95, "b": 0.4, "c": 0.4}) == one


def test_two_things_side_by_side_stay_two() -> None:
    pair = [box(0.1, 0.1, 0.3, 0.3), box(0.5, 0.1, 0.8, 0.4)]
    found = consensus({"a": pair, "b": pair[::-1], "c": pair}, {})
    assert found == [pair[1], pair[0]]


def test_of_polygons_the_one_closest_to_the_others_is_taken() -> None:
    middle = polygon((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5))
    left = polygon((0.06, 0.1), (0.46, 0.1), (0.46, 0.5), (0.06, 0.5))
    right = polygon((0.14, 0.1), (0.54, 0.1), (0.54, 0.5), (0.14, 0.5))
    assert consensus({"a": [left], "b": [middle], "c": [right]}, {}) == [middle]


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(BOXES, max_size=3), max_size=4))
def test_a_consensus_holds_no_more_than_half_the_weight_allows(drawn: dict[str, list[Shape]]) -> None:
    marked = sum(len(one) for one in drawn.values())
    assert len(consensus(drawn, {})) * (len(drawn) // 2 + 1) <= marked
