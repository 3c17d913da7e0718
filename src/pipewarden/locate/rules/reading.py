"""From the ``calibration`` part of a camera file to numbers in range: every refusal names its field and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import LocalFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

PIXEL_SIGMA = 2.0  # a careful click, or a box edge, in a picture as large as image_size
POINT_SIGMA_M = 0.3  # a point read off an orthophoto or paced from a kerb
_POSE_SIGMA = {  # a pose surveyed with a total station or solved by the installer
    "position_m": 0.5,
    "height_m": 0.1,
    "heading_deg": 0.5,
    "tilt_deg": 0.3,
    "roll_deg": 0.3,
    "hfov_deg": 0.5,
}
_POSE_RANGE = {
    "height_m": (0.5, 500.0),
    "heading_deg": (-360.0, 360.0),
    "tilt_deg": (-30.0, 90.0),
    "roll_deg": (-45.0, 45.0),
    "hfov_deg": (2.0, 150.0),
}
_MOVING_SIGMA = {"height_m": 0.15, "yaw_deg": 2.0, "tilt_deg": 1.0, "roll_deg": 1.0, "hfov_deg": 1.0}
_MOVING_RANGE = {
    "height_m": (0.5, 500.0),
    "yaw_deg": (-360.0, 360.0),
    "tilt_deg": (-30.0, 90.0),
    "roll_deg": (-45.0, 45.0),
    "hfov_deg": (2.0, 150.0),
}
_MOVING_USUAL = {"yaw_deg": 0.0, "roll_deg": 0.0}
_KINDS = ("control_points", "pose", "moving")
_KNOWN = {*_KINDS, "pixel_sigma", "point_sigma_m", "pose_sigma", "moving_sigma", "crs"}
_GEOGRAPHIC = "EPSG:4326"
_LOCAL = "local"
_DEGREES = ("lon", "lat")
_METRES = ("x", "y")
_HIGHEST = 85.0
NEEDED = 4
_MOST = 500


@dataclass(frozen=True, slots=True)
class _Grid:
    """How a point names its place, and how that becomes lon, lat in WGS-84."""

    keys: tuple[str, str]
    to_lonlat: Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """One point that was both clicked in the picture and surveyed on the ground.

    Attributes:
        pixel: x, y in the picture of ``image_size``, origin top left.
        lonlat: degrees WGS-84.
        sigma_m: one-sigma survey error.
    """

    pixel: tuple[float, float]
    lonlat: tuple[float, float]
    sigma_m: float


@dataclass(frozen=True, slots=True)
class PoseReading:
    """A pose as written: position in degrees WGS-84, angles in degrees, sigmas in the order of ``Pose.sigma``."""

    lonlat: tuple[float, float]
    height: float
    heading: float
    tilt: float
    roll: float
    fov: float
    sigma: tuple[float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a camera sits on what carries it: metres, degrees; yaw clockwise from straight ahead.

    Attributes:
        sigma: one-sigma errors of height, yaw, tilt, roll and field of view; tilt and roll hold how the vehicle sways.
    """

    height: float
    yaw: float
    tilt: float
    roll: float
    fov: float
    sigma: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A calibration as written; exactly one of ``points``, ``pose`` and ``moving`` is given."""

    image_size: tuple[int, int]
    pixel_sigma: float
    points: tuple[ControlPoint, ...]
    pose: PoseReading | None
    moving: Mounting | None = None


def read(
    calibration: Mapping[str, object], image_size: tuple[int, int] | None, standing: tuple[float, float] | None
) -> Reading:
    """Return the calibration as checked numbers.

    Args:
        calibration: ``control_points``, a list of ``pixel: [x, y]`` with ``lon`` and ``lat`` in degrees, or with
            ``x`` and ``y`` in metres, of ``crs`` (anything PROJ knows, WGS-84 when absent, or ``local``: metres east
            and north of the camera), optionally ``sigma_m`` each and ``point_sigma_m`` for all; or ``pose`` (``lon``,
            ``lat``, ``height_m``, ``heading_deg``, ``tilt_deg``, ``hfov_deg``, optionally ``roll_deg``) with optional
            ``pose_sigma``; or, of a camera that rides on something, ``moving`` (``height_m``, ``tilt_deg``,
            ``hfov_deg``, optionally ``yaw_deg``, ``roll_deg``) with optional ``moving_sigma``; all with optional
            ``pixel_sigma``.
        image_size: width and height in pixels that it refers to.
        standing: lon, lat of the camera, for ``local`` points and for a pose that names no place.

    Raises:
        InputError: something is missing, unknown, out of range, or several kinds are given.
    """
    if image_size is None or min(image_size) < 1:
        raise _wrong(
            "image_size",
            "is missing, and pixels mean nothing without it",
            "Give the width and height of the picture in which the pixels were read, for instance [1920, 1080].",
        )
    _only(calibration, _KNOWN, "calibration")
    given = [kind for kind in _KINDS if calibration.get(kind) is not None]
    if len(given) != 1:
        raise _wrong(
            "calibration",
            f"has {' and '.join(given)}" if given else f"has none of {', '.join(_KINDS)}",
            "Give exactly one: at least four control_points, a pose, or moving.",
        )
    sigma = _number(calibration.get("pixel_sigma", PIXEL_SIGMA), "calibration.pixel_sigma", 0.05, 200.0)
    if given == ["pose"]:
        errors = _mapping(calibration.get("pose_sigma") or {}, "calibration.pose_sigma")
        pose = _pose(_mapping(calibration["pose"], "calibration.pose"), errors, standing)
        return Reading(image_size=image_size, pixel_sigma=sigma, points=(), pose=pose)
    if given == ["moving"]:
        errors = _mapping(calibration.get("moving_sigma") or {}, "calibration.moving_sigma")
        moving = _mounting(_mapping(calibration["moving"], "calibration.moving"), errors)
        return Reading(image_size=image_size, pixel_sigma=sigma, points=(), pose=None, moving=moving)
    common = _number(calibration.get("point_sigma_m", POINT_SIGMA_M), "calibration.point_sigma_m", 0.001, 50.0)
    grid = _grid(calibration.get("crs"), standing)
    points = _points(calibration["control_points"], image_size, common, grid)
    return Reading(image_size=image_size, pixel_sigma=sigma, points=points, pose=None)


def _grid(crs: object, standing: tuple[float, float] | None) -> _Grid:
    if crs is None or crs == _GEOGRAPHIC:
        return _Grid(_DEGREES, lambda lon, lat: (lon, lat))
    if crs == _LOCAL:
        if standing is None:
            raise _wrong(
                "calibration.crs", "is local, but the camera has no lon and lat", "Give the camera's position."
            )
        frame = LocalFrame(*standing)
        return _Grid(_METRES, lambda x, y: _two(frame.to_lonlat(np.array([[x, y]]))[0]))
    try:
        known = CRS.from_user_input(crs)
        there = Transformer.from_crs(known, "OGC:CRS84", always_xy=True)
    except ProjError as error:
        raise _wrong(
            "calibration.crs",
            f"{crs!r} is not a coordinate system that PROJ knows ({error})"[:200],
            "Write an EPSG code such as EPSG:4547, local, or give the points as lon and lat.",
        ) from error
    keys = _DEGREES if known.is_geographic else _METRES
    return _Grid(keys, lambda x, y: _two(np.array(there.transform(x, y))))


def _two(point: NDArray[np.float64]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _points(given: object, image_size: tuple[int, int], common: float, grid: _Grid) -> tuple[ControlPoint, ...]:
    field = "calibration.control_points"
    if not isinstance(given, list | tuple):
        raise _wrong(field, "is not a list", "Write one entry per point with pixel: [x, y], lon and lat.")
    if not NEEDED <= len(given) <= _MOST:
        raise _wrong(
            field,
            f"has {len(given)} points, a plane needs at least {NEEDED} (at most {_MOST} are read)",
            "Add points spread over the ground in the picture, no three of the first four in one line.",
        )
    return tuple(_point(entry, f"{field}[{n}]", image_size, common, grid) for n, entry in enumerate(given))


def _point(given: object, field: str, image_size: tuple[int, int], common: float, grid: _Grid) -> ControlPoint:
    entry = _mapping(given, field)
    _only(entry, {"pixel", "sigma_m", "name", *grid.keys}, field)
    x, y = _pair(entry.get("pixel"), f"{field}.pixel")
    if not (0 <= x <= image_size[0] and 0 <= y <= image_size[1]):
        raise _wrong(
            f"{field}.pixel",
            f"({x:g}, {y:g}) lies outside the picture of {image_size[0]} x {image_size[1]}",
            "Give the pixel as x from the left and y from the top, in a picture of image_size.",
        )
    sigma = _number(entry.get("sigma_m", common), f"{field}.sigma_m", 0.001, 50.0)
    return ControlPoint(pixel=(x, y), lonlat=_place(entry, field, grid), sigma_m=sigma)


def _place(entry: Mapping[str, object], field: str, grid: _Grid) -> tuple[float, float]:
    if grid.keys == _DEGREES:
        x, y = _lonlat(entry, field)
    else:
        x, y = (_number(entry.get(axis), f"{field}.{axis}", -1e8, 1e8) for axis in grid.keys)
    lon, lat = grid.to_lonlat(x, y)
    if not (np.isfinite(lon) and np.isfinite(lat) and abs(lat) <= _HIGHEST):
        raise _wrong(field, f"({x:g}, {y:g}) is no place in its crs", "Check x, y and the crs; x is the easting.")
    return lon, lat


def _pose(
    given: Mapping[str, object], errors: Mapping[str, object], standing: tuple[float, float] | None
) -> PoseReading:
    field = "calibration.pose"
    _only(given, {*_POSE_RANGE, "lon", "lat"}, field)
    _only(errors, set(_POSE_SIGMA), "calibration.pose_sigma")
    values = {
        name: _number(given.get(name, 0.0 if name == "roll_deg" else None), f"{field}.{name}", *limits)
        for name, limits in _POSE_RANGE.items()
    }
    sigma = {
        name: _number(errors.get(name, usual), f"calibration.pose_sigma.{name}", 0.0, 1000.0)
        for name, usual in _POSE_SIGMA.items()
    }
    stated = "lon" in given or "lat" in given or standing is None
    lonlat = _lonlat(given, field) if stated or standing is None else standing
    return PoseReading(
        lonlat=lonlat,
        height=values["height_m"],
        heading=values["heading_deg"],
        tilt=values["tilt_deg"],
        roll=values["roll_deg"],
        fov=values["hfov_deg"],
        sigma=(
            sigma["position_m"],
            sigma["position_m"],
            sigma["height_m"],
            sigma["heading_deg"],
            sigma["tilt_deg"],
            sigma["roll_deg"],
            sigma["hfov_deg"],
        ),
    )


def _mounting(given: Mapping[str, object], errors: Mapping[str, object]) -> Mounting:
    field = "calibration.moving"
    _only(given, set(_MOVING_RANGE), field)
    _only(errors, set(_MOVING_SIGMA), "calibration.moving_sigma")
    height, yaw, tilt, roll, fov = (
        _number(given.get(name, _MOVING_USUAL.get(name)), f"{field}.{name}", *limits)
        for name, limits in _MOVING_RANGE.items()
    )
    h, y, t, r, f = (
        _number(errors.get(name, usual), f"calibration.moving_sigma.{name}", 0.0, 1000.0)
        for name, usual in _MOVING_SIGMA.items()
    )
    return Mounting(height=height, yaw=yaw, tilt=tilt, roll=roll, fov=fov, sigma=(h, y, t, r, f))


def _wrong(field: str, problem: str, fix: str) -> InputError:
    return InputError(field=field, problem=problem, fix=fix)


def _mapping(given: object, field: str) -> Mapping[str, object]:
    if not isinstance(given, dict):
        raise _wrong(field, "is not a block of named values", "Write it as name: value lines.")
    return given


def _only(given: Mapping[str, object], known: set[str], field: str) -> None:
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise _wrong(f"{field}.{unknown[0]}", "is not known here", f"Known are: {', '.join(sorted(known))}.")


def _number(given: object, field: str, low: float, high: float) -> float:
    good = isinstance(given, int | float) and not isinstance(given, bool)
    if not good or not low <= float(given) <= high:  # type: ignore[arg-type]  # good says it is a number
        shown = "is missing" if given is None else f"is {given!r}"
        raise _wrong(field, shown, f"Give a number from {low:g} to {high:g}.")
    return float(given)  # type: ignore[arg-type]  # checked above


def _pair(given: object, field: str) -> tuple[float, float]:
    if not isinstance(given, list | tuple) or len(given) != 2:  # noqa: PLR2004  a pair
        raise _wrong(field, f"is {given!r}" if given is not None else "is missing", "Give two numbers in brackets.")
    return _number(given[0], f"{field}[1]", -1e6, 1e6), _number(given[1], f"{field}[2]", -1e6, 1e6)


def _lonlat(given: Mapping[str, object], field: str) -> tuple[float, float]:
    """Return lon and lat in degrees; web Mercator's end bounds the latitude, the local frame needs no pole."""
    return (
        _number(given.get("lon"), f"{field}.lon", -180.0, 180.0),
        _number(given.get("lat"), f"{field}.lat", -_HIGHEST, _HIGHEST),
    )
