"""GCJ-02 and BD-09: the shifted coordinates of Chinese map services, which no projection library can undo.

Both are non-linear distortions of WGS-84 (300-700 m), not reference systems, so PROJ has no code for them. The forward
formula is the published one (eviltransform, 2010); the way back is a fixed-point iteration on it. Outside the box of
mainland service the services do not shift, so there both directions of GCJ-02 are the identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Points = NDArray[np.float64]

_AXIS_M = 6378245.0  # Krasovsky 1940, as in the published formula
_ECCENTRICITY = 0.00669342162296594323
_BOX = (72.004, 0.8293, 137.8347, 55.8271)  # lon_min, lat_min, lon_max, lat_max where the services shift
_BAIDU = np.pi * 3000.0 / 180.0
_ROUNDS = 12
_ENOUGH_DEG = 1e-11


def inside_china(lonlat: Points) -> NDArray[np.bool_]:
    """Tell for points of shape (n, 2) whether the services shift there (a rough box, as they use it)."""
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return np.asarray((lon >= _BOX[0]) & (lon <= _BOX[2]) & (lat >= _BOX[1]) & (lat <= _BOX[3]))


def _waves(x: Points, y: Points) -> tuple[Points, Points]:
    shared = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + shared
    lat = lat + (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    lat = lat + (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + shared
    lon = lon + (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    lon = lon + (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    return lon, lat


def wgs84_to_gcj02(lonlat: Points) -> Points:
    """Return GCJ-02 lon, lat in degrees for WGS-84 points of shape (n, 2); identity outside China."""
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    lon_wave, lat_wave = _waves(points[:, 0] - 105.0, points[:, 1] - 35.0)
    phi = np.radians(points[:, 1])
    root = 1 - _ECCENTRICITY * np.sin(phi) ** 2
    lat_step = lat_wave * 180 / (_AXIS_M * (1 - _ECCENTRICITY) / (root * np.sqrt(root)) * np.pi)
    lon_step = lon_wave * 180 / (_AXIS_M / np.sqrt(root) * np.cos(phi) * np.pi)
    moved = points + np.column_stack([lon_step, lat_step])
    return np.asarray(np.where(inside_china(points)[:, None], moved, points))


def gcj02_to_bd09(lonlat: Points) -> Points:
    """Return BD-09 lon, lat in degrees for GCJ-02 points of shape (n, 2); Baidu shifts everywhere."""
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    x, y = points[:, 0], points[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def wgs84_to_bd09(lonlat: Points) -> Points:
    """Return BD-09 lon, lat in degrees for WGS-84 points of shape (n, 2)."""
    return gcj02_to_bd09(wgs84_to_gcj02(lonlat))


def _undo(forward: Callable[[Points], Points], lonlat: Points) -> Points:
    """Solve forward(p) = lonlat by p <- p - (forward(p) - lonlat); the shift varies slowly, so this contracts."""
    target = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    guess = target.copy()
    for _ in range(_ROUNDS):
        miss = forward(guess) - target
        guess = guess - miss
        if miss.size == 0 or float(np.max(np.abs(miss))) < _ENOUGH_DEG:
            break
    return guess


def gcj02_to_wgs84(lonlat: Points) -> Points:
    """Return WGS-84 lon, lat in degrees for GCJ-02 points of shape (n, 2); identity outside China.

    Round trip below 1e-9 degrees (0.1 mm) inside; on the box's rim, where the shift begins, up to the shift itself.
    """
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    return np.asarray(np.where(inside_china(points)[:, None], _undo(wgs84_to_gcj02, points), points))


def bd09_to_wgs84(lonlat: Points) -> Points:
    """Return WGS-84 lon, lat in degrees for BD-09 points of shape (n, 2)."""
    return gcj02_to_wgs84(_undo(gcj02_to_bd09, lonlat))
