"""Which ground a camera really sees: the picture laid on the street, as far as anything there is large enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.locate.rules.calibration import Calibrated

SEEN_TO_M = 60.0  # what lies farther is too small for the screen
COVERED_SIGMA_M = 15.0  # a machine less sure than this is not told from one beside the pipe
_COLUMNS, _ROWS = 9, 60


def seen_ring(solved: Calibrated, sigma_m: float | None = None) -> tuple[tuple[tuple[float, float], ...], float]:
    """Return the outline (lon, lat), closed, of the ground seen up to 60 m, and how far it reaches in metres.

    Args:
        solved: the camera.
        sigma_m: leave out what is less sure than this, one sigma in metres; None asks only whether it is seen.

    Returns:
        An empty outline and 0 when the picture shows no such ground.
    """
    width, height = solved.image_size
    down = np.linspace(height - 1, 0, _ROWS)
    near, far = [], []
    for across in np.linspace(0, width - 1, _COLUMNS):
        pixels = np.column_stack([np.full(_ROWS, across), down])
        ground = solved.model.ground(pixels)
        good = _first_run(ground, None if sigma_m is None else sigmas(solved, pixels) <= sigma_m)
        if good > 1:
            near.append(ground[0])
            far.append(ground[good - 1])
    if not near:
        return (), 0.0
    ring = solved.frame.to_lonlat(np.array([*near, *far[::-1], near[0]]))
    reach = float(np.hypot(*(np.array(far) - np.array(near)).T).max())
    return tuple((float(lon), float(lat)) for lon, lat in ring), reach


def sigmas(solved: Calibrated, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the error (n,) along the worst direction in metres of a foot at each pixel; nan above the horizon."""
    spread = np.broadcast_to(np.eye(2) * solved.pixel_sigma**2, (len(pixels), 2, 2))
    _, own, common = solved.model.covariances(pixels, spread)
    total = own + common
    half = (total[:, 0, 0] + total[:, 1, 1]) / 2
    return np.sqrt(half + np.hypot((total[:, 0, 0] - total[:, 1, 1]) / 2, total[:, 0, 1]))


def _first_run(ground: NDArray[np.float64], sure: NDArray[np.bool_] | None) -> int:
    """Return how many points from the picture's lower edge upwards lie on the ground, near enough and ``sure``."""
    reach = np.hypot(*(ground - ground[0]).T)
    bad = ~(np.isfinite(reach) & (reach <= SEEN_TO_M))
    if sure is not None:
        bad |= ~sure
    return int(np.argmax(bad)) if bad.any() else len(ground)
