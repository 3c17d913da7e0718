"""From a list's own coordinates to areas on the ground: one stated reference system, valid areas, nothing made up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

from pipewarden.kit.geo import distance_m, near_frame
from pipewarden.sense.rules.devices.said import refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_GEOD = Geod(ellps="WGS84")
_AREAS = ("Polygon", "MultiPolygon")
_KNOWN = (*_AREAS, "LineString", "MultiLineString", "Point", "MultiPoint")
_MOST_CORNERS = 20_000
_LARGEST_M2 = 100e6
_HALF_TURN, _POLE = 180.0, 90.0
_WGS84 = 4326  # its twin with longitude first is CRS84
_LONGEST_NAME = 4000  # a WKT may stand there
_RIM = 0.05  # degrees: works at a city's rim reach over it


_ONE_SYSTEM = "Write every row of a list in its one reference system, x (east, longitude) first."


@dataclass(frozen=True, slots=True)
class System:
    """A reference system and where its list lies: west, south, east, north in degrees WGS-84."""

    name: str
    crs: CRS
    extent: tuple[float, float, float, float]


def system(name: str, extent: Sequence[float] | None) -> System:
    """Return the system of that EPSG code; without an extent, the system's own area of use holds.

    Raises:
        ValueError: PROJ does not know it, or nobody says where it is used.
    """
    try:
        crs = CRS.from_user_input(name)
    except CRSError as error:
        raise ValueError(f"PROJ does not know {name!r}") from error
    if extent is None:
        if (used := crs.area_of_use) is None:
            raise ValueError(f"{name} has no area of use: say an extent")
        extent = (used.west, used.south, used.east, used.north)
    west, south, east, north = extent
    return System(name, crs, (float(west), float(south), float(east), float(north)))


@lru_cache(maxsize=16)
def _way(name: str) -> Transformer:
    """Return the transformation to lon/lat; a CRS itself would be a slow key, its hash is that of its WKT."""
    return Transformer.from_crs(name, "OGC:CRS84", always_xy=True)


def to_lonlat(shape: shapely.Geometry, one: System, name: str) -> shapely.Geometry:
    """Return a shape (x east or longitude first) in lon/lat WGS-84.

    Raises:
        InputError: a coordinate is none, or lies where this list cannot lie: another system, or axes changed.
    """
    flat = shapely.force_2d(shape)
    xy = shapely.get_coordinates(flat)
    if xy.shape[0] > _MOST_CORNERS:
        raise refused(name, f"has {xy.shape[0]} corners, {_MOST_CORNERS} are read", "Simplify it.")
    if not np.isfinite(xy).all():
        raise refused(name, "holds a coordinate that is no number", "Give the place of the works.")
    seen = f"x {xy[0, 0]:.10g}, y {xy[0, 1]:.10g}"
    degrees = _are_degrees(xy)
    if degrees is bool(one.crs.is_projected):
        kind = "degrees" if degrees else "degrees with x and y changed" if _are_degrees(xy[:, ::-1]) else "metres"
        raise refused(name, f"the list is in {one.name}, and {seen} looks like {kind}", _ONE_SYSTEM)
    lonlat = np.column_stack(_way(one.name).transform(xy[:, 0], xy[:, 1]))
    west, south, east, north = one.extent
    inside = (lonlat >= (west - _RIM, south - _RIM)) & (lonlat <= (east + _RIM, north + _RIM))
    if not inside.all():
        turned = west <= lonlat[0, 1] <= east and south <= lonlat[0, 0] <= north
        hint = ": x and y look changed" if turned else ""
        raise refused(name, f"{seen} in {one.name} lies outside of what this list is about{hint}", _ONE_SYSTEM)
    return shapely.set_coordinates(flat, lonlat)


def _are_degrees(xy: NDArray[np.float64]) -> bool:
    return bool((np.abs(xy[:, 0]) <= _HALF_TURN).all() and (np.abs(xy[:, 1]) <= _POLE).all())


def same_system(one: System, said: str, name: str) -> None:
    """Refuse a row or a list that states another reference system than its list has.

    Raises:
        InputError: it states one that is not the same, axes left aside.
    """
    if (problem := _other(one.name, said[:_LONGEST_NAME])) is not None:
        raise refused(name, problem, _ONE_SYSTEM)


@lru_cache(maxsize=64)
def _other(name: str, said: str) -> str | None:
    """Return what is wrong with another name for a system, None when it means the same."""
    try:
        theirs = CRS.from_user_input(said)
    except CRSError:
        return f"{said[:60]!r} is no reference system that PROJ knows"
    ours = [CRS.from_user_input(name)]
    if ours[0].to_epsg() == _WGS84:
        ours.append(CRS.from_user_input("OGC:CRS84"))
    same = any(theirs.equals(one, ignore_axis_order=True) for one in ours)
    return None if same else f"says {said[:60]}, but the list is in {name}"


def joined(shapes: Sequence[shapely.Geometry], name: str) -> shapely.Geometry:
    """Return one shape of a row's parts: areas united, else lines or points together.

    Raises:
        InputError: parts of different kinds, a kind that is no place, or an area whose border crosses itself.
    """
    parts = [part for shape in shapes for part in shapely.get_parts(shape) if not part.is_empty]
    kinds = {part.geom_type for part in parts}
    if not parts:
        raise refused(name, "is missing", "Give the place of the works.")
    if len(kinds) > 1 or not kinds <= set(_KNOWN):
        raise refused(name, f"holds {' and '.join(sorted(kinds))}", "Give areas, or lines, or points.")
    if kinds <= set(_AREAS):
        for part in parts:
            _check_area(part, name)
        return parts[0] if len(parts) == 1 else shapely.union_all(parts)
    return parts[0] if len(parts) == 1 else _together(parts)


def _together(parts: Sequence[shapely.Geometry]) -> shapely.Geometry:
    return (shapely.multipoints if parts[0].geom_type == "Point" else shapely.multilinestrings)(parts)


def _check_area(part: shapely.Geometry, name: str) -> None:
    if not part.is_valid:
        why = shapely.is_valid_reason(part)
        raise refused(
            name,
            f"the area is not valid: {why}",
            "Draw its border once around, without crossing or touching itself; two places are two areas.",
        )
    if part.area == 0:
        raise refused(name, "the area is zero", "Draw the area of the works.")


def is_area(shape: shapely.Geometry) -> bool:
    """Say whether a shape covers ground."""
    return shape.geom_type in _AREAS


def check_size(area: shapely.Geometry, name: str) -> None:
    """Refuse an area of more than 100 km²: no works are that large, and a wrong unit looks just like that.

    Raises:
        InputError: it is larger.
    """
    m2 = abs(_GEOD.geometry_area_perimeter(area)[0])
    if m2 > _LARGEST_M2:
        raise refused(name, f"the area is {m2 / 1e6:.0f} km²", "Draw the works themselves; check the reference system.")


def widened(shape: shapely.Geometry, width_m: float) -> shapely.Geometry:
    """Return the area of a line or point (lon/lat) that is ``width_m`` wide (a point: across), ends round."""
    at = shape.centroid
    frame = near_frame(at.x, at.y)
    local = shapely.set_coordinates(shape, frame.to_metres(shapely.get_coordinates(shape)))
    area = local.buffer(width_m / 2)
    return shapely.set_coordinates(area, frame.to_lonlat(shapely.get_coordinates(area)))


def apart_m(shape: shapely.Geometry, other: shapely.Geometry) -> float:
    """Return the metres between two points in lon/lat."""
    return distance_m((shape.x, shape.y), (other.x, other.y))
