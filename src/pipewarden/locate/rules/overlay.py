"""What a calibration looks like in its own picture: lines of the ground, the horizon, how sure it is how far away.

A person sees at a glance whether a pipe lies along its kerb; no figure shows that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.locate.rules.seen import SEEN_TO_M, sigmas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.locate.rules.calibration import Calibrated

DRAWN_TO_M = 150.0  # of a pipe: farther off a metre is less than a pixel
_STEP_M = 1.0
_MARGIN = 0.25  # of the picture: a line goes on beyond the edge, so that it meets it
_RINGS_M = (10.0, 20.0, 40.0, 60.0)
_ROWS = 12
_THIN = 0.0005  # of the picture: less than a pixel
_ARC = 181

Parts = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class SureAt:
    """How sure a foot is at one place of the picture's middle column.

    Attributes:
        down: part of the picture's height.
        away_m: from the ground at the picture's lower edge.
        sigma_m: one sigma along the worst direction.
    """

    down: float
    away_m: float
    sigma_m: float


def in_picture(made: Calibrated, lonlat: NDArray[np.float64]) -> list[Parts]:
    """Return a line on the ground as it runs through the picture, as parts of its width and height.

    Args:
        made: the calibration.
        lonlat: (n, 2) in degrees WGS-84.

    Returns:
        Its runs; a piece behind the camera, farther than 150 m from the lower edge or beyond the picture is left out.
    """
    base = _base(made)
    if not bool(np.isfinite(base).all()):
        return []
    low, high = base - DRAWN_TO_M, base + DRAWN_TO_M
    near = shapely.clip_by_rect(shapely.LineString(made.frame.to_metres(lonlat)), *low, *high)
    found: list[Parts] = []
    for line in shapely.get_parts(shapely.segmentize(near, _STEP_M)):
        metres = shapely.get_coordinates(line)
        found += _runs(made, metres, np.hypot(*(metres - base).T) <= DRAWN_TO_M)
    return found


def distances(made: Calibrated) -> list[tuple[float, list[Parts]]]:
    """Return arcs in the picture, 10 to 60 m from the ground at its lower edge."""
    turn = np.linspace(0, 2 * np.pi, _ARC)
    around = np.column_stack([np.sin(turn), np.cos(turn)])
    base = _base(made)
    if not bool(np.isfinite(base).all()):
        return []
    drawn = []
    for away in _RINGS_M:
        metres = base + away * around
        drawn.append((away, _runs(made, metres, np.ones(len(metres), dtype=bool))))
    return [one for one in drawn if one[1]]


def horizon(made: Calibrated) -> Parts:
    """Return the two ends of the horizon at the picture's left and right edge, as parts; empty where it is upright."""
    width, height = made.image_size
    down = made.model.horizon(np.array([0.0, float(width)])) / height
    return tuple(zip((0.0, 1.0), down.tolist(), strict=True)) if bool(np.isfinite(down).all()) else ()


def sureness(made: Calibrated) -> list[SureAt]:
    """Return how sure a foot is up the middle of the picture, the nearest first, up to 60 m away."""
    width, height = made.image_size
    down = np.linspace(height - 1.0, 0.0, _ROWS * 5)
    pixels = np.column_stack([np.full(len(down), width / 2), down])
    away = np.hypot(*(made.model.ground(pixels) - _base(made)).T)
    sure = sigmas(made, pixels)
    good = np.isfinite(away) & np.isfinite(sure) & (away <= SEEN_TO_M)
    last = int(np.argmin(good)) if not good.all() else len(good)
    kept = np.unique(np.linspace(0, last - 1, _ROWS).round().astype(int)).tolist() if last else []
    return [SureAt(float(down[n] / height), float(away[n]), float(sure[n])) for n in kept]


def _base(made: Calibrated) -> NDArray[np.float64]:
    width, height = made.image_size
    return np.asarray(made.model.ground(np.array([[width / 2, height - 1.0]]))[0])


def _runs(made: Calibrated, metres: NDArray[np.float64], wanted: NDArray[np.bool_]) -> list[Parts]:
    parts = made.model.pixels(metres) / np.array(made.image_size)
    shown = wanted & ((parts >= -_MARGIN) & (parts <= 1 + _MARGIN)).all(axis=1)  # nan compares false
    pieces = np.split(np.arange(len(parts)), np.flatnonzero(np.diff(shown)) + 1)
    return [_thin(parts[run]) for run in pieces if shown[run[0]] and len(run) > 1]


def _thin(run: NDArray[np.float64]) -> Parts:
    """Return the run without the points that its neighbours say anyway: a straight pipe stays straight in a picture."""
    kept = shapely.get_coordinates(shapely.simplify(shapely.LineString(run), _THIN))
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in kept)
