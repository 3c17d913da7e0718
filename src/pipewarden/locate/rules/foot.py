"""Where a box stands: the patch of ground it covers and a point on it, with its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.locate.facts import GroundPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipewarden.locate.rules.calibration import Calibrated
    from pipewarden.perceive.facts import Box

_BOX_PART = 0.03  # a detector's edge is off in proportion to the box (detector.md: boxes match at IoU .5 and better)
_CUT_PART = 0.25  # the foot of a box that the picture's lower edge cuts lies somewhere below it
_CUT_WITHIN = 0.005  # of the picture's height
_ASPECT = 0.02
LARGEST_SIGMA_M = 50.0  # a machine somewhere within 50 m is a search, not a place
FARTHEST_M = 2000.0
# seen from the side a machine is about twice as long as it is deep; excavators and trucks are 2.5 to 3 m wide
_DEPTH_PART = 0.5
_MACHINE_DEPTH_M = (3.0, 6.0)
_SMALL_DEPTH_M = 0.5
_DEPTH_SIGMA = 0.5  # of the guessed half depth
_BODY_PART = 0.12  # of the width: with its boom to one side, a machine does not stand in the middle of its box

ABOVE_HORIZON = "the foot of the box is above the horizon"
TOO_FAR = f"the foot of the box is more than {FARTHEST_M:.0f} m away"


@dataclass(frozen=True, slots=True)
class Stood:
    """A box on the ground; ``ground`` and ``own_covariance`` are None exactly when ``why`` says why not."""

    ground: GroundPoint | None
    own_covariance: tuple[float, float, float] | None
    footprint: tuple[tuple[float, float], ...]
    why: str | None


def fits(camera: Calibrated, picture: tuple[int, int]) -> str | None:
    """Return why a picture of this width and height cannot be placed by the calibration; None when it can."""
    width, height = camera.image_size
    ratio = (picture[0] / picture[1]) / (width / height)
    if abs(ratio - 1) <= _ASPECT:
        return None
    return f"the picture is {picture[0]} x {picture[1]}, the calibration was made for {width} x {height}"


def stand(
    camera: Calibrated, picture: tuple[int, int], boxes: Sequence[Box], deep: Sequence[bool]
) -> tuple[Stood, ...]:
    """Return where each box stands.

    Args:
        camera: the solved calibration; pixels are scaled to its ``image_size``.
        picture: width, height of the picture that the boxes refer to.
        boxes: in pixels of that picture.
        deep: whether the box is a machine: its far side is guessed at half its width, 3 to 6 m, behind its foot, and
            its ground is the middle between; the guess and its boom count as errors of its own.
    """
    if not boxes:
        return ()
    problem = fits(camera, picture)
    if problem is not None:
        return tuple(Stood(None, None, (), problem) for _ in boxes)
    scale = np.array(camera.image_size) / np.array(picture)
    raw = np.array([[box.x, box.y, box.w, box.h] for box in boxes])
    edges = raw * np.tile(scale, 2)
    feet = np.column_stack([edges[:, 0] + edges[:, 2] / 2, edges[:, 1] + edges[:, 3]])
    foot, own, common = camera.model.covariances(feet, _spread(camera, edges))
    away, width, depth, rings = _patches(camera, edges, feet, np.array(deep, dtype=bool))
    # the middle of a machine lies behind its foot, by half a depth that is only guessed
    inward = np.where(deep, depth / 2, 0.0)[:, None] * away
    sideways = np.where(deep, _BODY_PART * width, 0.0)[:, None] * away[:, ::-1] * (1, -1)
    own = own + (_DEPTH_SIGMA * _DEPTH_SIGMA) * inward[:, :, None] * inward[:, None, :]
    own = own + sideways[:, :, None] * sideways[:, None, :]
    place = foot + inward
    lonlat = camera.frame.to_lonlat(np.nan_to_num(place))
    made = []
    for n in range(len(boxes)):
        why = _why_not(place[n] - camera.origin, own[n] + common[n])
        if why is not None:
            made.append(Stood(None, None, (), why))
            continue
        ground = GroundPoint(float(lonlat[n, 0]), float(lonlat[n, 1]), _three(own[n] + common[n]))
        made.append(Stood(ground, _three(own[n]), rings[n], None))
    return tuple(made)


def _spread(camera: Calibrated, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    cut = edges[:, 1] + edges[:, 3] >= camera.image_size[1] * (1 - _CUT_WITHIN)
    across = np.hypot(camera.pixel_sigma, _BOX_PART * edges[:, 2])
    along = np.hypot(camera.pixel_sigma, np.where(cut, _CUT_PART, _BOX_PART) * edges[:, 3])
    spread = np.zeros((len(edges), 2, 2))
    spread[:, 0, 0], spread[:, 1, 1] = across**2, along**2
    return spread


def _why_not(place: NDArray[np.float64], total: NDArray[np.float64]) -> str | None:
    if not bool(np.isfinite(place).all() and np.isfinite(total).all()):
        return ABOVE_HORIZON
    if float(np.hypot(*place)) > FARTHEST_M:
        return TOO_FAR
    sigma = float(np.sqrt(max(np.linalg.eigvalsh(total)[-1], 0.0)))
    if sigma > LARGEST_SIGMA_M:
        return f"too uncertain: one sigma is {sigma:.0f} m, the limit {LARGEST_SIGMA_M:.0f} m"
    return None


def _three(covariance: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])


def _patches(
    camera: Calibrated, edges: NDArray[np.float64], feet: NDArray[np.float64], deep: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], list[tuple[tuple[float, float], ...]]]:
    """Return the direction away from the camera (n, 2), width and depth (n,), and a ring of corners per box.

    A ring has four (lon, lat) corners, none when one of them is not on the ground.
    """
    low = edges[:, 1] + edges[:, 3]
    left = camera.model.ground(np.column_stack([edges[:, 0], low]))
    right = camera.model.ground(np.column_stack([edges[:, 0] + edges[:, 2], low]))
    # one pixel up leads away from the camera
    up = -camera.model.derivatives(feet)[1][:, :, 1]
    away = up / np.maximum(np.hypot(up[:, 0], up[:, 1]), 1e-12)[:, None]
    width = np.nan_to_num(np.hypot(*(right - left).T))
    depth = np.where(deep, np.clip(_DEPTH_PART * width, *_MACHINE_DEPTH_M), _SMALL_DEPTH_M)
    back = away * depth[:, None]
    rings: list[tuple[tuple[float, float], ...]] = []
    for ring in np.stack([left, right, right + back, left + back], axis=1):
        if not bool(np.isfinite(ring).all()) or float(np.abs(ring - camera.origin).max()) > FARTHEST_M:
            rings.append(())
            continue
        rings.append(tuple((float(lon), float(lat)) for lon, lat in camera.frame.to_lonlat(ring)))
    return away, width, depth, rings
