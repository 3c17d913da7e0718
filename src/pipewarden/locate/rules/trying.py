"""What a set of control points is worth while a person still clicks them: every point's error, and what is wanting.

Nothing is refused here: who clicks the fourth point wants to see what is missing, who mistyped one wants to see which.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.geo import near_frame
from pipewarden.locate.rules.calibration import PointsRefusedError, fitted, flatness, leave_one_out, misfit
from pipewarden.locate.rules.homography import Homography, fit, pixel_errors
from pipewarden.locate.rules.reading import NEEDED
from pipewarden.locate.rules.seen import seen_ring, sigmas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.locate.rules.calibration import Calibrated
    from pipewarden.locate.rules.reading import Reading

FEW = 8  # so many make an error visible (docs/cameras.md); four can only be believed
_FLAT = 0.12  # spread across the line by spread along it: a refusal comes at 0.01
_NEAR_PART = 0.5  # of how far the picture reaches
_BEYOND_PART = 0.5  # of the ground seen
_LOOSE_CHI = 1.5
_SUSPECT_FROM = 6  # without one of five, four are left, which fit whatever they say
_SUSPECT_CHI = 2.0
_CLEARLY = 0.5  # of the next best: which one is wrong must be plain


class Warn(StrEnum):
    """What is wanting in points that make a calibration."""

    UNCHECKED = "unchecked"  # four: nothing is left to check
    FEW = "few"
    FLAT = "flat"  # nearly in one line
    NEAR = "near"  # all near the camera: far off, the fit is guessed
    BEYOND = "beyond"  # much of the ground seen lies outside of the points
    LOOSE = "loose"  # they fit worse than their sigmas say, and the error is grown by it
    SUSPECT = "suspect"  # all others agree without one


@dataclass(frozen=True, slots=True)
class PointTried:
    """One point's error.

    Attributes:
        off_m: on the ground, between where its pixel is placed and where it was surveyed, metres.
        off_px: the same in the picture, pixels.
        left_out_m: under the fit of the others; None below five points.
        sigma_m: how sure a click there is, one sigma in metres.
        seen: the pixel on which its place falls; not-a-number behind the camera.
        placed: lon, lat on which its pixel falls.
    """

    off_m: float
    off_px: float
    left_out_m: float | None
    sigma_m: float
    seen: tuple[float, float]
    placed: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying points.

    Attributes:
        solved: the fit, also one that is refused for its error; None where there is none.
        refusal: why it cannot be put in force; None when it can.
        points: by point, empty without a fit.
        warnings: the gravest first.
        suspect: number from 1 of the point without which the others agree.
        beyond: the part of the ground seen, up to 60 m, that lies outside of the points.
        far_m: how far the farthest point lies from the ground at the picture's lower edge, metres; ``reach_m`` how far
            the picture reaches.
    """

    solved: Calibrated | None
    refusal: PointsRefusedError | None
    points: tuple[PointTried, ...] = ()
    warnings: tuple[Warn, ...] = ()
    suspect: int | None = None
    beyond: float | None = None
    far_m: float | None = None
    reach_m: float | None = None


def few(count: int) -> PointsRefusedError:
    """Return the refusal of fewer points than a plane needs."""
    fix = "Add points spread over the ground in the picture, no three of the first four in one line."
    return PointsRefusedError("few", f"are {count}, a plane needs at least {NEEDED}", fix)


def trial(reading: Reading, standing: tuple[float, float] | None) -> Trial:
    """Return what control points are worth; see ``Trial``.

    Args:
        reading: control points, at least four.
        standing: lon, lat where the camera stands; None when unknown.
    """
    try:
        made = fitted(reading, standing)
    except PointsRefusedError as error:
        return Trial(None, error, suspect=_unfitted_suspect(reading) if error.code in {"behind", "mirrored"} else None)
    pixels = np.array([point.pixel for point in reading.points])
    ground = made.frame.to_metres(np.array([point.lonlat for point in reading.points]))
    left = made.left_out
    suspect = None if left is None else _suspect(made.report.chi, left.chi)
    beyond, far_m, reach_m = _reach(made, ground)
    return Trial(
        solved=made,
        refusal=misfit(made.report, reading),
        points=_points(made, pixels, ground),
        warnings=_warnings(made, ground, suspect, (beyond, far_m, reach_m)),
        suspect=suspect,
        beyond=beyond,
        far_m=far_m,
        reach_m=reach_m,
    )


def _points(made: Calibrated, pixels: NDArray[np.float64], ground: NDArray[np.float64]) -> tuple[PointTried, ...]:
    model = made.model
    if not isinstance(model, Homography):
        raise TypeError("control points are fitted by a homography")
    left = made.left_out if made.left_out is not None and made.left_out.all_said else None
    placed, seen = model.ground(pixels), model.pixels(ground)
    off = np.hypot(*(placed - ground).T)
    back, sure, lonlat = pixel_errors(model, pixels, ground), sigmas(made, pixels), made.frame.to_lonlat(placed)
    return tuple(
        PointTried(
            off_m=float(off[n]),
            off_px=float(back[n]),
            left_out_m=None if left is None else float(left.off_m[n]),
            sigma_m=float(sure[n]),
            seen=(float(seen[n, 0]), float(seen[n, 1])),
            placed=(float(lonlat[n, 0]), float(lonlat[n, 1])),
        )
        for n in range(len(pixels))
    )


def _suspect(whole: float | None, without: NDArray[np.float64]) -> int | None:
    """Return the number from 1 of the one point without which the others agree; None where none is plainly it."""
    if len(without) < _SUSPECT_FROM or (whole is not None and whole <= _SUSPECT_CHI):
        return None
    first, second = np.argsort(without, kind="stable")[:2]
    plain = without[first] <= _SUSPECT_CHI and without[first] < _CLEARLY * without[second]
    return int(first) + 1 if plain else None


def _unfitted_suspect(reading: Reading) -> int | None:
    """Return the same where no camera, or only one from below, sees all of them so."""
    lonlat = np.array([point.lonlat for point in reading.points])
    pixels, ground = np.array([p.pixel for p in reading.points]), near_frame(*lonlat[0].tolist()).to_metres(lonlat)
    sigma = np.array([point.sigma_m for point in reading.points])
    whole = fit(pixels, ground, pixel_sigma=reading.pixel_sigma, point_sigma=sigma)
    left = leave_one_out(pixels, ground, pixel_sigma=reading.pixel_sigma, point_sigma=sigma)
    return None if left is None else _suspect(None if whole is None else whole.chi, left.chi)


def _reach(made: Calibrated, ground: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    """Return the part of the ground seen that lies outside of the points, how far they reach, and how far it does."""
    ring, _ = seen_ring(made)
    if not ring:
        return None, None, None
    seen = made.frame.to_metres(np.array(ring))
    width, height = made.image_size
    base = made.model.ground(np.array([[width / 2, height - 1.0]]))[0]
    whole = shapely.make_valid(shapely.Polygon(seen))
    hull = shapely.MultiPoint(ground).convex_hull
    inside = whole.intersection(hull).area
    away = np.hypot(*(seen - base).T)
    beyond = 1.0 - inside / whole.area if whole.area > 0 else None
    return beyond, float(np.hypot(*(ground - base).T).max()), float(away.max())


def _warnings(
    made: Calibrated,
    ground: NDArray[np.float64],
    suspect: int | None,
    reach: tuple[float | None, float | None, float | None],
) -> tuple[Warn, ...]:
    beyond, far_m, reach_m = reach
    chi = made.report.chi
    count = len(ground)
    told = {
        Warn.SUSPECT: suspect is not None,
        Warn.UNCHECKED: count == NEEDED,
        Warn.FLAT: flatness(ground) < _FLAT,
        Warn.NEAR: far_m is not None and reach_m is not None and far_m < _NEAR_PART * reach_m,
        Warn.LOOSE: chi is not None and chi > _LOOSE_CHI,
        Warn.BEYOND: beyond is not None and beyond > _BEYOND_PART,
        Warn.FEW: NEEDED < count < FEW,
    }
    return tuple(one for one, so in told.items() if so)
