from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.locate.rules import least_squares


@given(st.lists(st.floats(-50, 50), min_size=3, max_size=3), st.integers(0, 2**16))
def test_a_linear_problem_is_solved_exactly(truth: list[float], seed: int):
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(7, 3)) + np.vstack([np.eye(3) * 3, np.zeros((4, 3))])
    wanted = design @ np.array(truth)
    found = least_squares(lambda x: (design @ x - wanted, design), np.zeros(3))
    assert np.allclose(found, truth, atol=1e-5)


def test_a_curved_valley_is_followed():
    # Rosenbrock's function as residuals, its one minimum at (1, 1)
    def problem(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]]), np.array([[-20 * x[0], 10.0], [-1.0, 0.0]])

    assert np.allclose(least_squares(problem, np.array([-1.2, 1.0])), [1, 1], atol=1e-6)


def test_a_place_that_is_not_finite_is_not_entered():
    # log(x) = 1 from x = 0.05: the first full step leads below zero
    def problem(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.log(x) - 1, (1 / x)[:, None]

    assert np.allclose(least_squares(problem, np.array([20.0])), [np.e], atol=1e-8)
