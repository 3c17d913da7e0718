import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.lab.score import (
    Evidence,
    average_precision,
    best_threshold,
    false_per_picture,
    figure,
    match,
    precision_at,
    recall_at,
)


def evidence(scores: list[float], hits: list[bool], objects: int, group: str = "g") -> Evidence:
    return Evidence(group, np.array(scores, np.float32), np.array(hits, np.bool_), objects)


def box(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_each_object_is_hit_once_and_the_best_score_goes_first():
    found = box((0, 0, 10, 10), (0, 0, 10, 9), (50, 50, 60, 60))
    hits = match(found, np.array([0.6, 0.9, 0.8], np.float32), box((0, 0, 10, 10)), 0.5)
    assert hits.tolist() == [False, True, False]


def test_a_hit_needs_the_overlap():
    assert match(box((0, 0, 10, 10)), np.ones(1, np.float32), box((5, 0, 15, 10)), 0.34).tolist() == [False]
    assert match(box((0, 0, 10, 10)), np.ones(1, np.float32), box((5, 0, 15, 10)), 0.33).tolist() == [True]
    assert match(box((0, 0, 10, 10)), np.ones(1, np.float32), box(), 0.5).tolist() == [False]


def test_average_precision_by_hand():
    # ranks: hit, miss, hit of 3 objects: precision 1 up to recall 1/3, envelope 2/3 up to 2/3, nothing after
    items = [evidence([0.9, 0.7], [True, True], 2), evidence([0.8], [False], 1)]
    assert average_precision(items) == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)


def test_average_precision_at_its_ends():
    assert average_precision([evidence([0.9, 0.8], [True, True], 2)]) == pytest.approx(1.0)
    assert average_precision([evidence([0.9], [False], 2)]) == 0.0
    assert average_precision([evidence([], [], 2)]) == 0.0
    assert math.isnan(average_precision([evidence([0.9], [False], 0)]))


def test_a_late_hit_lifts_the_envelope():
    # miss, hit, hit of 2: precisions 0, 1/2, 2/3 -> envelope 2/3 everywhere
    assert average_precision([evidence([0.9, 0.8, 0.7], [False, True, True], 2)]) == pytest.approx(2 / 3)


def test_operating_point_by_hand():
    items = [evidence([0.9, 0.5, 0.2], [True, False, True], 3), evidence([0.6], [False], 0)]
    assert recall_at(0.5)(items) == pytest.approx(1 / 3)
    assert precision_at(0.5)(items) == pytest.approx(1 / 3)
    assert false_per_picture(0.5)(items) == pytest.approx(1.0)
    assert math.isnan(precision_at(0.95)(items))
    assert math.isnan(recall_at(0.5)([evidence([0.9], [False], 0)]))


def test_best_threshold_lies_between_hits_and_misses():
    items = [evidence([0.8, 0.7, 0.4, 0.3], [True, True, False, False], 2)]
    assert 0.4 < best_threshold(items) <= 0.7


def test_interval_is_drawn_over_groups_and_is_repeatable():
    one_clip = [evidence([0.9], [k % 2 == 0], 1, "clip") for k in range(20)]
    single = figure(one_clip, average_precision, seed=1, rounds=50)
    assert single.low == pytest.approx(single.high)  # one group: nothing to resample
    apart = [evidence([0.9], [k % 2 == 0], 1, f"clip{k}") for k in range(20)]
    first, again = (figure(apart, recall_at(0.5), seed=3, rounds=200) for _ in range(2))
    assert first == again
    assert first.value == pytest.approx(0.5)
    assert first.low < first.value < first.high
    assert (first.objects, first.pictures) == (20, 20)


@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.booleans()), min_size=1, max_size=30),
    st.integers(0, 5),
)
def test_average_precision_stays_between_nothing_and_its_recall(rows: list[tuple[float, bool]], missed: int):
    scores, hits = [row[0] for row in rows], [row[1] for row in rows]
    objects = sum(hits) + missed
    if objects == 0:
        return
    value = average_precision([evidence(scores, hits, objects)])
    assert -1e-9 <= value <= sum(hits) / objects + 1e-9
