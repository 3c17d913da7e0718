"""Which ground a camera really sees: the picture laid on the street, as far as anything there is large enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.locate.rules.calibration import Calibrated

SEEN_TO_M = 60.0  # what lies farther is too small for the screen
_COLUMNS, _ROWS = 9, 60


def seen_ring(solved: Calibrated) -> tuple[tuple[float, float], ...]:
    """Return the outline (lon, lat), closed, of the ground seen up to 60 m; empty when the picture shows none."""
    width, height = solved.image_size
    down = np.linspace(height - 1, 0, _ROWS)
    near, far = [], []
    for across in np.linspace(0, width - 1, _COLUMNS):
        ground = solved.model.ground(np.column_stack([np.full(_ROWS, across), down]))
        good = _first_run(ground)
        if good > 1:
            near.append(ground[0])
            far.append(ground[good - 1])
    if not near:
        return ()
    ring = solved.frame.to_lonlat(np.array([*near, *far[::-1], near[0]]))
    return tuple((float(lon), float(lat)) for lon, lat in ring)


def _first_run(ground: NDArray[np.float64]) -> int:
    """Return how many points from the picture's lower edge upwards lie on the ground and near enough."""
    reach = np.hypot(*(ground - ground[0]).T)
    bad = ~(np.isfinite(reach) & (reach <= SEEN_TO_M))
    return int(np.argmax(bad)) if bad.any() else len(ground)
