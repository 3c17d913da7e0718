"""The ground of a filing: one area in WGS-84 lon/lat, or a refusal that says what is wrong with what was drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import shapely
from shapely.geometry import shape

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import near_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_KM2 = 100.0
_MOST_POINTS = 10_000
_WGS84 = frozenset({"OGC:CRS84", "EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84",
                    "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG:6.6:4326"})  # fmt: skip
_WIDEST_DEG = 2.0  # no area of 100 km² is drawn across it, and a local frame is exact within
_FIX = "Draw the works as one GeoJSON polygon in WGS-84 lon/lat degrees."


def read_area(body: object, *, field: str = "area") -> bytes:
    """Return the WKB of the polygon or multipolygon in a GeoJSON geometry, feature or collection (RFC 7946).

    Raises:
        InputError: it is no GeoJSON, holds no area or a line or point beside it, names another CRS or has coordinates
            of one, crosses itself, is empty, or larger than 100 km².
    """
    if not isinstance(body, dict):
        raise _bad(field, "is no GeoJSON object")
    _check_crs(body, field)
    parts = [_geometry(one, field) for one in _geometries(body, field)]
    for part in parts:
        _check_shape(part, field)
    whole = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    check_size(whole, field=field)
    return bytes(shapely.to_wkb(shapely.force_2d(whole), byte_order=1))


def properties_of(body: object) -> Mapping[str, object]:
    """Return the properties of a GeoJSON feature, or of a collection's only one; empty where there are none."""
    features = body.get("features") if isinstance(body, dict) else None
    one = features[0] if isinstance(features, list) and len(features) == 1 else body
    found = one.get("properties") if isinstance(one, dict) else None
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else {}


def _check_crs(body: dict[str, object], field: str) -> None:
    crs = body.get("crs")
    if crs is None:
        return
    named = crs.get("properties") if isinstance(crs, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(name, str) or name not in _WGS84:
        raise _bad(field, f"is in another reference system, {str(name)[:60]}")


def _geometries(body: dict[str, object], field: str) -> list[object]:
    kind = body.get("type")
    if kind == "FeatureCollection":
        features = body.get("features")
        if not isinstance(features, list) or not features:
            raise _bad(field, "is a collection without features")
        return [one.get("geometry") if isinstance(one, dict) else None for one in features]
    return [body.get("geometry") if kind == "Feature" else body]


def _geometry(body: object, field: str) -> shapely.Geometry:
    if not isinstance(body, dict) or body.get("type") not in ("Polygon", "MultiPolygon"):
        kind = body.get("type") if isinstance(body, dict) else body
        raise _bad(field, f"is a {kind}, which has no area" if isinstance(kind, str) else "has no geometry")
    try:
        made = shape(body)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, shapely.errors.GEOSException) as error:
        raise _bad(field, f"cannot be read as a {body['type']}") from error
    if not isinstance(made, shapely.Polygon | shapely.MultiPolygon) or made.is_empty:
        raise _bad(field, "is empty")
    return made


def _check_shape(made: shapely.Geometry, field: str) -> None:
    if shapely.get_num_coordinates(made) > _MOST_POINTS:
        raise _bad(field, f"has more than {_MOST_POINTS} points")
    west, south, east, north = (float(side) for side in made.bounds)
    if not all(math.isfinite(side) for side in (west, south, east, north)):
        raise _bad(field, "has coordinates that are no numbers")
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004  lon/lat
        raise _bad(field, f"has coordinates of another reference system ({west:.0f}, {south:.0f})")
    if not made.is_valid:
        raise _bad(field, f"is no simple area ({shapely.is_valid_reason(made)})")


def check_size(area: shapely.Geometry, *, field: str = "area") -> float:
    """Return the size of an area in WGS-84 in km².

    Raises:
        InputError: it is larger than 100 km², or wider than two degrees.
    """
    west, south, east, north = area.bounds
    if east - west > _WIDEST_DEG or north - south > _WIDEST_DEG:
        raise _bad(field, f"reaches over {max(east - west, north - south):.1f} degrees: more than {MOST_KM2:.0f} km²")
    frame = near_frame((west + east) / 2, (south + north) / 2)
    size = float(shapely.transform(area, frame.to_metres).area) / 1e6
    if size > MOST_KM2:
        raise _bad(field, f"covers {size:.0f} km², more than {MOST_KM2:.0f}")
    return size


def covers_ground(wkb: bytes) -> bool:
    """Return whether works have an area; a list may draw only a line or a point, which covers none."""
    return bool(shapely.get_dimensions(shapely.from_wkb(wkb)) == 2)  # noqa: PLR2004  an area


def _bad(field: str, problem: str) -> InputError:
    return InputError(field=field, problem=problem, fix=_FIX)
