"""Coordinates of other systems, for slices that take them from strangers: declared, never guessed."""

from __future__ import annotations

import numpy as np

from pipewarden.network.rules import crs as crs_rules


def to_lonlat(crs: str, xy: tuple[float, float]) -> tuple[float, float]:
    """Return degrees WGS-84 for one point; infinite where the system cannot hold it.

    Args:
        crs: EPSG code, WKT, PROJ string, GCJ-02 or BD-09.
        xy: east or longitude first.

    Raises:
        InputError: no such system.
    """
    lonlat = crs_rules.to_wgs84(crs_rules.declare(crs), np.array([xy], dtype=np.float64))
    return float(lonlat[0, 0]), float(lonlat[0, 1])
