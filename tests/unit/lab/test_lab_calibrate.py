"""Calibration against curves that are known, and the shipped file with and without it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.lab.calibrate import Curve, error_left_out, error_of, fit
from pipewarden.lab.score import Evidence, average_precision


def drawn(curve: Curve, boxes: int, seed: int, groups: int = 40) -> list[Evidence]:
    """Return boxes that are right as often as ``curve`` says of their score."""
    generator = np.random.default_rng(seed)
    scores = generator.uniform(0.05, 0.95, boxes).astype(np.float32)
    hits = generator.uniform(size=boxes) < curve(scores)
    parts = np.array_split(np.arange(boxes), groups)
    return [Evidence(f"clip-{k}", scores[part], hits[part], int(hits[part].sum())) for k, part in enumerate(parts)]


@pytest.mark.parametrize("true", [Curve(1.8, -1.0), Curve(0.6, 0.5), Curve(1.0, 0.0)])
def test_the_curve_that_made_the_boxes_is_found(true: Curve) -> None:
    found = fit(drawn(true, 20_000, 1))
    assert (found.slope, found.shift) == (pytest.approx(true.slope, abs=0.1), pytest.approx(true.shift, abs=0.1))


def test_scores_that_promise_too_much_are_told_and_mended() -> None:
    evidence = drawn(Curve(1.8, -1.5), 4_000, 2)
    before, after = error_of(evidence, Curve()), error_left_out(evidence)
    assert before > 0.1
    assert after < before / 3


def test_the_error_is_that_of_hand() -> None:
    # .8 four times, right twice; .2 once, wrong: (4 * .3 + 1 * .2) / 5
    scores = np.array([0.8, 0.8, 0.8, 0.8, 0.2], np.float32)
    hits = np.array([True, True, False, False, False])
    assert error_of([Evidence("g", scores, hits, 2)], Curve()) == pytest.approx(0.28, abs=1e-5)
    assert np.isnan(error_of([], Curve()))
    assert np.isnan(error_left_out([]))


def test_boxes_that_nobody_is_shown_do_not_count() -> None:
    shown = Evidence("g", np.array([0.5], np.float32), np.array([True]), 1)
    faint = Evidence("g", np.full(500, 0.15, np.float32), np.zeros(500, np.bool_), 0)
    assert error_of([shown, faint], Curve()) == pytest.approx(0.5)


def test_with_too_little_to_go_by_scores_stay_as_they_are() -> None:
    few = drawn(Curve(2.0, 0.0), 19, 3, groups=1)
    every = [Evidence("g", np.linspace(0.1, 0.9, 50, dtype=np.float32), np.ones(50, np.bool_), 50)]
    upside_down = [Evidence("g", np.linspace(0.1, 0.9, 50, dtype=np.float32), np.arange(50) < 25, 25)]
    assert fit(few) == fit(every) == fit(upside_down) == fit([]) == Curve()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=30), st.floats(0.2, 5), st.floats(-4, 4))
def test_a_curve_keeps_the_order_and_stays_a_chance(scores: list[float], slope: float, shift: float) -> None:
    told = Curve(slope, shift)(np.array(sorted(scores), np.float32))
    assert (np.diff(told) >= 0).all()
    assert ((told >= 0) & (told <= 1)).all()


def test_ranking_and_with_it_average_precision_stay() -> None:
    evidence = drawn(Curve(1.8, -1.0), 400, 4)
    curve = fit(evidence)
    moved = [Evidence(one.group, curve(one.scores), one.hits, one.objects) for one in evidence]
    assert average_precision(moved) == pytest.approx(average_precision(evidence), abs=1e-9)
