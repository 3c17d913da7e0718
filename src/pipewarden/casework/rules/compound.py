"""Compounds: read from GeoJSON whole or not at all, and whether works lie inside one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import shape

from pipewarden.casework.facts import Compound, InCompound
from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import near_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from numpy.typing import NDArray

    Convert = Callable[[NDArray[np.float64], str | None], NDArray[np.float64]]

MOST_KM2 = 4.0  # larger is a district: half a city "inside a compound" would say nothing
_MOST = 50_000
_NAMES, _KEYS = ("name", "名称", "NAME"), ("id", "key", "编号", "ID")
_LONGEST = 100


def read_compounds(body: object, convert: Convert, name: str) -> list[tuple[str, str, bytes]]:
    """Return (key, name, WKB in WGS-84) of every compound of a GeoJSON collection, in the file's order.

    Args:
        body: the parsed file.
        convert: turns points of the file (n, 2) into WGS-84 lon/lat, told what the file says of its own system.
        name: of the file, for the errors.

    Raises:
        InputError: it is no collection of areas, a compound has no id or one that stands twice, crosses itself or is
            larger than 4 km²; the field names the feature. Nothing is half-read.
    """
    features = body.get("features") if isinstance(body, dict) else None
    if not isinstance(body, dict) or body.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise _bad(name, "is no GeoJSON FeatureCollection")
    if not 0 < len(features) <= _MOST:
        raise _bad(name, f"holds {len(features)} compounds, not 1 to {_MOST:,}")
    read = [_feature(one, f"{name} feature {number}") for number, one in enumerate(features, start=1)]
    areas = [area for _, _, area in read]
    points = shapely.get_coordinates(np.array(areas, dtype=object))
    lonlat = convert(points, _own_crs(body))
    moved = shapely.set_coordinates(np.array(areas, dtype=object), lonlat)
    found: list[tuple[str, str, bytes]] = []
    met: dict[str, int] = {}
    for number, ((key, words, _), area) in enumerate(zip(read, moved, strict=True), start=1):
        where = f"{name} feature {number}"
        if key in met:
            raise _bad(where, f"has the id {key!r}, as feature {met[key]} has", "Give each compound an id of its own.")
        met[key] = number
        _check(area, where)
        found.append((key, words, bytes(shapely.to_wkb(area, byte_order=1))))
    return found


def holds(compounds: Collection[Compound], place: tuple[float, float]) -> Compound | None:
    """Return the compound in which a place (lon, lat) lies, the smallest of several."""
    point = shapely.Point(place)
    there = [one for one in compounds if shapely.covers(shapely.from_wkb(one.area), point)]
    return min(there, key=lambda one: (shapely.area(shapely.from_wkb(one.area)), one.key), default=None)


def in_compound(compounds: Collection[Compound], place: tuple[float, float], off_m: float) -> InCompound:
    """Return whether a place lies inside one of the compounds near it.

    Args:
        compounds: those whose box meets the place and its error.
        place: lon, lat in degrees WGS-84.
        off_m: the place's error (95 %); a place outside whose error reaches over an edge is unknown.
    """
    if holds(compounds, place) is not None:
        return InCompound.INSIDE
    frame = near_frame(*place)
    point = shapely.Point(frame.to_metres(np.array([place]))[0])
    metres = [
        float(shapely.distance(shapely.transform(shapely.from_wkb(one.area), frame.to_metres), point))
        for one in compounds
    ]
    nearest = min(metres, default=math.inf)
    return InCompound.UNKNOWN if nearest <= off_m else InCompound.OUTSIDE


def _feature(body: object, where: str) -> tuple[str, str, shapely.Geometry]:
    if not isinstance(body, dict) or body.get("type") != "Feature":
        raise _bad(where, "is no GeoJSON feature")
    said: dict[str, Any] = body["properties"] if isinstance(body.get("properties"), dict) else {}
    key = _first([body.get("id"), *(said.get(one) for one in _KEYS)])
    if not key:
        raise _bad(where, "has no id", "Give each compound an id that stays its own, as `id` or property `id`.")
    words = _first(said.get(one) for one in _NAMES) or key
    if max(len(key), len(words)) > _LONGEST or not (key + words).isprintable():
        raise _bad(where, f"has an id or name of more than {_LONGEST} characters, or one that cannot be printed")
    geometry = body.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise _bad(where, f"is a {kind}, which has no area" if kind else "has no geometry")
    try:
        made = shapely.force_2d(shape(geometry))
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, shapely.errors.GEOSException) as error:
        raise _bad(where, f"cannot be read as a {kind}") from error
    if made.is_empty:
        raise _bad(where, "is empty")
    return key, words, made


def _first(found: Iterable[object]) -> str:
    return next((str(one).strip() for one in found if isinstance(one, str | int) and str(one).strip()), "")


def _own_crs(body: dict[str, Any]) -> str | None:
    crs = body.get("crs")
    named = crs.get("properties") if isinstance(crs, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    return name if isinstance(name, str) else None


def _check(area: shapely.Geometry, where: str) -> None:
    west, south, east, north = (float(side) for side in area.bounds)
    if not all(math.isfinite(side) for side in (west, south, east, north)):
        raise _bad(where, "has coordinates that its reference system cannot hold")
    if not area.is_valid:
        raise _bad(where, f"is no simple area ({shapely.is_valid_reason(area)})")
    frame = near_frame((west + east) / 2, (south + north) / 2)
    size = float(shapely.transform(area, frame.to_metres).area) / 1e6
    if size > MOST_KM2:
        raise _bad(where, f"covers {size:.1f} km², more than {MOST_KM2:g}", "A compound is ground behind one gate.")


def _bad(field: str, problem: str, fix: str = "Give a FeatureCollection of polygons, one a compound.") -> InputError:
    return InputError(field=field, problem=problem, fix=fix)
