"""A small Levenberg-Marquardt: scipy is not a run-time dependency, and calibrations have eight unknowns at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


_ROUNDS = 100
_START = 1e-3
_STIFFEST = 1e12
_STILL = 1e-12


def least_squares(
    problem: Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the parameters (k,) with the smallest sum of squared residuals near ``start`` (Marquardt 1963).

    Args:
        problem: maps parameters (k,) to residuals (m,) and their Jacobian (m, k); residuals that are not finite mark
            a place the search must not enter.
        start: parameters (k,) with finite residuals.
    """
    best = start.astype(np.float64)
    residuals, jacobian = problem(best)
    cost, damping = float(residuals @ residuals), _START
    for _ in range(_ROUNDS):
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ residuals
        scale = np.diag(np.maximum(np.diag(normal), _STILL))
        step = np.linalg.lstsq(normal + damping * scale, -gradient, rcond=None)[0]
        tried, tried_jacobian = problem(best + step)
        tried_cost = float(tried @ tried)
        if np.isfinite(tried_cost) and tried_cost <= cost:
            gain = cost - tried_cost
            best, residuals, jacobian, cost = best + step, tried, tried_jacobian, tried_cost
            damping = max(damping / 10, _STILL)
            if gain <= _STILL * max(cost, _STILL):
                break
        else:
            damping *= 10
            if damping > _STIFFEST:
                break
    return best
