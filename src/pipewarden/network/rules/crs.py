"""The declared reference system: nothing is guessed, and what the file itself says must not contradict it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from pipewarden.kit.errors import InputError
from pipewarden.network.rules import gcj

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

FIELD = "--crs"
_PSEUDO = {"GCJ-02": gcj.gcj02_to_wgs84, "BD-09": gcj.bd09_to_wgs84}
_NAMES = {"GCJ02": "GCJ-02", "GCJ-02": "GCJ-02", "BD09": "BD-09", "BD-09": "BD-09", "BD09LL": "BD-09"}
_SAME_M = 0.1  # two systems that agree to this at the data are the same for a pipe map
_METRES_PER_DEGREE = 111_320.0
_SHARE_IN_AREA = 0.99  # a few rows beyond the area of use happen, a whole file does not
_HALF_TURN, _POLE = 180.0, 90.0
_RIM = 0.5  # degrees: maps of a zone's rim reach over it
_HOW = "Give it as EPSG:4547, WKT, a PROJ string, GCJ-02 or BD-09"


@dataclass(frozen=True, slots=True)
class Declared:
    """A reference system as the user declared it.

    Attributes:
        name: EPSG code or pseudo-CRS name where it has one, else the words given.
        proj: None for GCJ-02 and BD-09.
        projected: coordinates are metres (or feet) on a plane.
    """

    name: str
    proj: CRS | None
    projected: bool


def declare(words: str | None) -> Declared:
    """Return the system named by ``words``: any EPSG code PROJ knows, WKT, a PROJ string, GCJ-02 or BD-09.

    Raises:
        InputError: nothing was declared, PROJ does not know it, or it is no horizontal system of the Earth.
    """
    text = (words or "").strip()
    if not text:
        raise InputError(
            field=FIELD,
            problem="no reference system was declared, and it is never guessed",
            fix=f"{_HOW}; ask the map's owner which one it is.",
        )
    if (pseudo := _NAMES.get(text.upper().replace("_", "-"))) is not None:
        return Declared(name=pseudo, proj=None, projected=False)
    try:
        proj = CRS.from_user_input(int(text) if text.isdigit() else text)
    except (CRSError, ValueError) as error:
        raise InputError(field=FIELD, problem=f"PROJ does not know {_short(text)!r}", fix=f"{_HOW}.") from error
    flat = proj.to_2d() if len(proj.axis_info) > 2 else proj  # noqa: PLR2004  height is not used
    if not (flat.is_geographic or flat.is_projected or flat.is_bound or flat.is_compound):
        raise InputError(
            field=FIELD,
            problem=f"{_short(text)!r} is not a geographic or projected system",
            fix="Declare the horizontal system of the coordinates, for instance EPSG:4547.",
        )
    code = flat.to_authority(min_confidence=100)
    name = ":".join(code) if code else _short(text)
    return Declared(name=name, proj=flat, projected=bool(flat.is_projected))


@lru_cache(maxsize=16)
def _way(proj: CRS) -> Transformer:
    """Return the transformation to lon/lat; finding it costs PROJ 0.2 s for CGCS2000."""
    return Transformer.from_crs(proj, "OGC:CRS84", always_xy=True)


def to_wgs84(declared: Declared, points: Points) -> Points:
    """Return lon, lat in degrees WGS-84 for points of shape (n, 2) in the declared system (x = east or lon first).

    A point the system cannot hold comes out as infinity.

    Raises:
        InputError: PROJ has no way from that system to WGS-84.
    """
    flat = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if declared.proj is None:
        return _PSEUDO[declared.name](flat)
    try:
        lon, lat = _way(declared.proj).transform(flat[:, 0], flat[:, 1])
    except ProjError as error:
        raise _wrong(declared, f"cannot be turned into WGS-84 ({error})") from error
    return np.column_stack([lon, lat])


def check_area(declared: Declared, points: Points) -> None:
    """Refuse coordinates that the declared system cannot have: metres called degrees, swapped axes, another zone.

    Args:
        declared: the system.
        points: shape (n, 2) in that system.

    Raises:
        InputError: the points are out of its range or out of its area of use.
    """
    flat = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if flat.shape[0] == 0:
        return
    if declared.projected:
        _check_metres(declared, flat)
    else:
        _check_degrees(declared, flat)
    lonlat = to_wgs84(declared, flat)
    finite = np.isfinite(lonlat).all(axis=1)
    if float(finite.mean()) < _SHARE_IN_AREA:
        raise _wrong(declared, f"cannot hold the file's coordinates ({_seen(flat)}){_hint(declared, flat)}")
    lonlat = lonlat[finite]
    if declared.proj is None and not gcj.inside_china(lonlat).any():
        raise _wrong(declared, f"is used in China only, and the file lies at {_range(lonlat)}")
    if _share_in_area(declared, lonlat) < _SHARE_IN_AREA:
        where = f"is meant for {_area_words(declared)}, and the file would lie at {_range(lonlat)}"
        raise _wrong(declared, where + _hint(declared, flat))


def _share_in_area(declared: Declared, lonlat: Points) -> float:
    """Return which share of the points lies in the system's area of use, or half a degree beyond its rim."""
    area = None if declared.proj is None else declared.proj.area_of_use
    if area is None:
        return 1.0
    east = area.east + (360.0 if area.east < area.west else 0.0)
    lon = np.where(lonlat[:, 0] < area.west - _RIM, lonlat[:, 0] + 360.0, lonlat[:, 0])
    inside = (lon >= area.west - _RIM) & (lon <= east + _RIM)
    inside &= (lonlat[:, 1] >= area.south - _RIM) & (lonlat[:, 1] <= area.north + _RIM)
    return float(inside.mean())


def _area_words(declared: Declared) -> str:
    area = None if declared.proj is None else declared.proj.area_of_use
    if area is None:
        return "anywhere"
    return f"{area.name} (lon {area.west} to {area.east}, lat {area.south} to {area.north})"


def _hint(declared: Declared, flat: Points) -> str:
    """Say so when a projected map would fit with x and y changed (in Chinese surveys x is north)."""
    if not declared.projected or declared.proj is None or declared.proj.area_of_use is None:
        return ""
    turned = to_wgs84(declared, flat[:, ::-1])
    fits = bool(np.isfinite(turned).all()) and _share_in_area(declared, turned) >= _SHARE_IN_AREA
    return "; with x and y changed it would fit: the axes look swapped" if fits else ""


def _check_degrees(declared: Declared, flat: Points) -> None:
    x, y = np.abs(flat[:, 0]), np.abs(flat[:, 1])
    if float(((x <= _HALF_TURN) & (y <= _POLE)).mean()) >= _SHARE_IN_AREA:
        return
    seen = _seen(flat)
    if bool((x <= _POLE).all() and (y <= _HALF_TURN).all()):
        raise _wrong(declared, f"wants longitude first, but the file holds {seen}: the axes look swapped")
    raise _wrong(declared, f"counts in degrees, but the file holds {seen}: these look like metres of a projection")


def check_own(declared: Declared, own: str | None, points: Points) -> str | None:
    """Compare the declared system with what the file itself says (.prj, GeoPackage, ``crs`` member of GeoJSON).

    Args:
        declared: the user's word.
        own: the file's word, None when it says nothing.
        points: a sample of the file's coordinates, shape (n, 2).

    Returns:
        A remark worth telling, or None.

    Raises:
        InputError: the two put the data at places more than 0.1 m apart.
    """
    if not own or points.size == 0:
        return None
    try:
        theirs = CRS.from_user_input(own)
    except CRSError:
        return f"the file's own reference system cannot be read ({_short(own)}); the declared one counts"
    if declared.proj is None:
        if theirs.is_geographic:
            return f"the file says {_short(own)}, as shifted Chinese coordinates always do; {declared.name} counts"
        raise _contradiction(declared, own)
    if theirs == declared.proj or declared.proj.equals(theirs, ignore_axis_order=True):
        return None
    other = Declared(name=_short(own), proj=theirs, projected=bool(theirs.is_projected))
    try:
        apart = _metres_apart(to_wgs84(declared, points), to_wgs84(other, points))
        apart = apart if np.isfinite(apart) else np.inf
    except InputError as error:
        raise _contradiction(declared, own) from error
    if apart > _SAME_M:
        raise _contradiction(declared, own)
    return f"the file says {_short(own)}, the same as {declared.name} within {_SAME_M} m here"


def _metres_apart(a: Points, b: Points) -> float:
    lon = (a[:, 0] - b[:, 0]) * np.cos(np.radians(a[:, 1]))
    return float(np.max(np.hypot(lon, a[:, 1] - b[:, 1]))) * _METRES_PER_DEGREE


def _check_metres(declared: Declared, flat: Points) -> None:
    """Refuse degrees called metres: a whole network within 180 m of the origin of its projection is none."""
    if bool((np.abs(flat[:, 0]) <= _HALF_TURN).all() and (np.abs(flat[:, 1]) <= _POLE).all()):
        raise _wrong(declared, f"counts in metres, but the file holds {_seen(flat)}: these look like degrees")


def _contradiction(declared: Declared, own: str) -> InputError:
    return InputError(
        field=FIELD,
        problem=f"{declared.name} was declared, but the file itself says {_short(own)}",
        fix="Declare what the file says, or correct its own tag (.prj, GeoPackage, crs member) if that is wrong.",
    )


def _wrong(declared: Declared, problem: str) -> InputError:
    return InputError(
        field=FIELD,
        problem=f"{declared.name} {problem}",
        fix="Declare the system that the coordinates are really in; x is east or longitude, y north or latitude.",
    )


def _seen(flat: Points) -> str:
    low, high = flat.min(axis=0), flat.max(axis=0)
    return f"x {low[0]:.6g} to {high[0]:.6g}, y {low[1]:.6g} to {high[1]:.6g}"


def _range(lonlat: Points) -> str:
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    return f"lon {low[0]:.4f} to {high[0]:.4f}, lat {low[1]:.4f} to {high[1]:.4f}"


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= 60 else flat[:57] + "..."  # noqa: PLR2004  a WKT in an error helps nobody
