"""A bus route through the demo city: invented, the same every time, along streets that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipewarden.sim.rules.district import to_lonlat

if TYPE_CHECKING:
    from numpy.typing import NDArray

# corners in grid metres along 广阳道, 和平路, 爱民西道, 银河北路, 南龙道: crossings of two streets, or a street's end
_CORNERS = ((-880, -250), (450, -250), (450, 650), (-450, 650), (-450, -700), (980, -700))
_MPS = 30 / 3.6


def bus_route() -> NDArray[np.float64]:
    """Return the route as (n, 3): seconds from its start, then lon and lat in degrees WGS-84, one row a second."""
    corners = np.array(_CORNERS, dtype=np.float64)
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    seconds = np.arange(0.0, along[-1] / _MPS, 1.0)
    driven = seconds * _MPS
    grid = np.column_stack([np.interp(driven, along, corners[:, axis]) for axis in (0, 1)])
    return np.column_stack([seconds, to_lonlat(grid)])
