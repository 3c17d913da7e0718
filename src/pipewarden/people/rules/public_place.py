"""A place for the public's eyes: the middle of a square of at least 100 m, so that nobody's door is pointed at.

Every square has its own middle and the squares do not overlap: however often a place is asked for, one answer comes,
and averaging teaches nothing.
"""

from __future__ import annotations

from math import cos, floor, radians

from pipewarden.kit.errors import InputError
from pipewarden.people.rules.privacy_file import LEAST_GRID_M

_METRES_A_DEGREE = (
    110_574.0  # of latitude at the equator, where a degree is shortest (WGS-84): squares are never smaller
)
_SHORTEST_LON = 111_320.0  # of longitude at the equator, times the cosine of the latitude
_POLE = 89.9
_DIGITS = 5  # about a metre


def on_grid(lon: float, lat: float, metres: float = LEAST_GRID_M) -> tuple[float, float]:
    """Return the middle (lon, lat) of the square that a place lies in.

    Args:
        lon: degrees WGS-84, -180 to 180.
        lat: degrees WGS-84.
        metres: side of the squares at least; 100 or more (safety.md T5).

    Raises:
        InputError: the grid is finer than 100 m, or the place is none.
    """
    if not metres >= LEAST_GRID_M:
        raise InputError(field="grid", problem=f"{metres} m is finer than {LEAST_GRID_M:g} m", fix="Give 100 or more.")
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004  degrees
        raise InputError(field="lon", problem="and lat are not a place", fix="Give both in degrees WGS-84.")
    down = metres / _METRES_A_DEGREE
    row = floor(lat / down)
    # the row's edge nearer to the pole, where a degree of longitude is shortest
    edge = min(max(abs(row * down), abs((row + 1) * down)), _POLE)
    across = metres / (_SHORTEST_LON * cos(radians(edge)))
    middle = min(180.0, max(-180.0, (floor(lon / across) + 0.5) * across))
    return round(middle, _DIGITS), round((row + 0.5) * down, _DIGITS)
