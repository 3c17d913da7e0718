"""Points of another file on the same ground: the declared reference system, checked, and WGS-84 out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipewarden.network.rules import crs as crs_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray


def to_lonlat(crs: str | None, points: NDArray[np.float64], own: str | None = None) -> NDArray[np.float64]:
    """Return points (shape (n, 2), x = east or longitude first) in degrees WGS-84.

    Args:
        crs: as the user declared it: EPSG code, WKT, PROJ string, GCJ-02 or BD-09; never guessed.
        points: in that system.
        own: what the file itself says of its system.

    Raises:
        InputError: nothing was declared, it is not known, it cannot be that of these points, or the file contradicts.
    """
    declared = crs_rules.declare(crs)
    crs_rules.check_area(declared, points)
    crs_rules.check_own(declared, own, points)
    return crs_rules.to_wgs84(declared, points)


def place_lonlat(crs: str, xy: tuple[float, float]) -> tuple[float, float]:
    """Return degrees WGS-84 for one point that a stranger names; infinite where the system cannot hold it.

    Args:
        crs: EPSG code, WKT, PROJ string, GCJ-02 or BD-09.
        xy: east or longitude first.

    Raises:
        InputError: no such system.
    """
    lonlat = crs_rules.to_wgs84(crs_rules.declare(crs), np.array([xy], dtype=np.float64))
    return float(lonlat[0, 0]), float(lonlat[0, 1])
