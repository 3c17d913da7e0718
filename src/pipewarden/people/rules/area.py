"""The area tree: paths, polygons and which area a point lies in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.kit.geo import near_frame
from pipewarden.people.facts import Area, PointAreas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

_KEY = re.compile(r"[0-9A-Za-z_-]{1,40}", re.ASCII)
_DEEPEST = 12  # country to beat is 7; the path stays under 400 characters
_SKETCH_M = 5.0  # GEOS may leave a ring's first point as far off again
_SKETCH_DIGITS = 6
_MOST_POINTS = 50_000  # a province's outline at 1:250,000 has about 20,000

Ring = tuple[tuple[float, float], ...]


def path_under(parent: str | None, area_id: UUID) -> str:
    """Return the path of an area below ``parent`` (a path, None for a root).

    Raises:
        RefusedError: the tree would be deeper than 12 levels.
    """
    path = f"{parent or ''}{area_id.hex}/"
    if path.count("/") > _DEEPEST:
        raise RefusedError(field="parent_id", problem=f"is already {_DEEPEST} levels deep", fix="Use fewer levels.")
    return path


def check_key(key: str) -> str:
    """Return the area's key, or raise InputError when it is not 1-40 letters, digits, ``-`` or ``_``."""
    if not _KEY.fullmatch(key):
        raise InputError(field="key", problem=f"{key!r} is not an area key", fix="Use 1-40 letters, digits, - and _.")
    return key


def check_jurisdiction(key: str | None) -> str | None:
    """Return the key of a rule pack, or raise InputError when it is not 1-40 letters, digits, ``-`` or ``_``."""
    if key is not None and not _KEY.fullmatch(key):
        raise InputError(
            field="jurisdiction", problem=f"{key!r} is no key of a rule pack", fix="Write it like CN-HE-langfang."
        )
    return key


def read_polygon(wkb: bytes) -> tuple[bytes, tuple[float, float, float, float], tuple[Ring, ...]]:
    """Return a polygon's normalised WKB, its bbox (west, south, east, north) and all its rings, holes included.

    A point lies in the area when an odd number of the rings contain it, so holes and islands need no marks.

    Args:
        wkb: Polygon or MultiPolygon in WGS-84 lon/lat degrees.

    Raises:
        InputError: it is not one, crosses itself, is empty, too long, or leaves the range of lon/lat.
    """
    try:
        shape = shapely.from_wkb(wkb)
    except shapely.errors.GEOSException as error:
        raise _bad("is not WKB") from error
    if shape.geom_type not in {"Polygon", "MultiPolygon"} or shape.is_empty:
        raise _bad("is not a polygon")
    if shapely.get_num_coordinates(shape) > _MOST_POINTS:
        raise _bad(f"has more than {_MOST_POINTS} points")
    west, south, east, north = (float(edge) for edge in shape.bounds)
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004  lon/lat
        raise _bad("is not in lon/lat degrees WGS-84")
    if not shape.is_valid:
        raise _bad(f"is not valid ({shapely.is_valid_reason(shape)})")
    flat = shapely.force_2d(shape)
    rings = tuple(_ring(one) for part in shapely.get_parts(flat) for one in (part.exterior, *part.interiors))
    return shapely.to_wkb(flat, byte_order=1), (west, south, east, north), rings


def _ring(line: object) -> Ring:
    points = shapely.get_coordinates(line)[:-1]
    return tuple((float(x), float(y)) for x, y in points)


def _bad(problem: str) -> InputError:
    return InputError(
        field="polygon", problem=problem, fix="Give a valid Polygon or MultiPolygon in WGS-84 lon/lat degrees."
    )


def join(outlines: Iterable[bytes]) -> bytes:
    """Return the union of outlines (WKB, WGS-84 lon/lat) as WKB; an empty polygon for none."""
    union = shapely.union_all([shapely.from_wkb(one) for one in outlines])
    return bytes(shapely.to_wkb(union if union.geom_type.endswith("Polygon") else shapely.Polygon(), byte_order=1))


def sketch(wkb: bytes) -> tuple[Ring, ...]:
    """Return an outline's rings, closed, holes included, with points left out that move it by less than 10 m.

    What is inside follows as everywhere: an odd number of rings around. Degrees are rounded to 0.1 m.

    Args:
        wkb: Polygon or MultiPolygon in WGS-84 lon/lat degrees.
    """
    shape = shapely.from_wkb(wkb)
    west, south, east, north = shape.bounds
    frame = near_frame((west + east) / 2, (south + north) / 2)
    plain = shapely.simplify(shapely.transform(shape, frame.to_metres), _SKETCH_M, preserve_topology=True)
    rings = shapely.get_rings(shapely.get_parts(shapely.transform(plain, frame.to_lonlat)))
    return tuple(
        tuple((round(float(x), _SKETCH_DIGITS), round(float(y), _SKETCH_DIGITS)) for x, y in ring.coords)
        for ring in rings
    )


def check_move(area: Area, parent: Area | None) -> None:
    """Refuse to hang an area below itself or below a tenant's area that is not its own.

    Raises:
        RefusedError: it would close a ring.
        InputError: the parent belongs to another tenant.
    """
    if parent is None:
        return
    if parent.path.startswith(area.path):
        raise RefusedError(field="parent_id", problem="lies below the area itself", fix="Choose a parent outside it.")
    check_parent(area.tenant_id, parent)


def check_parent(tenant_id: UUID, parent: Area) -> None:
    """Refuse a shared area below a tenant's own one: the shared tree must stand without any tenant."""
    if parent.tenant_id != tenant_id and parent.tenant_id.int != 0:
        raise InputError(field="parent_id", problem="belongs to a tenant", fix="Choose a shared area as parent.")


def deepest_of_each(areas: Sequence[Area], points: NDArray[np.float64]) -> list[PointAreas]:
    """Return, for each point, the deepest area that contains it (border included) and the jurisdiction it inherits.

    On equal depth the smaller bbox wins, then the smaller id, so that the answer does not depend on any order.

    Args:
        areas: every area that may contain a point, and their ancestors.
        points: shape (n, 2), lon and lat in degrees WGS-84; a point with NaN lies nowhere.
    """
    found: list[Area | None] = [None] * len(points)
    shapes = shapely.points(np.where(np.isfinite(points), points, 999.0))
    # from the worst to the best, so that the best writes last
    for area in sorted(areas, key=lambda one: (one.depth, -_extent(one), -one.id.int)):
        if area.wkb is None:
            continue
        shape = shapely.from_wkb(area.wkb)
        shapely.prepare(shape)
        for index in np.flatnonzero(shapely.covers(shape, shapes)):
            found[int(index)] = area
    by_path = {area.path: area for area in areas}
    return [PointAreas(one, None if one is None else inherited(by_path, one.path)) for one in found]


def inherited(by_path: Mapping[str, Area], path: str) -> str | None:
    """Return the jurisdiction of the area at ``path``: its own, or the nearest ancestor's."""
    for ancestor in ancestors(path):
        area = by_path.get(ancestor)
        if area is not None and area.jurisdiction is not None:
            return area.jurisdiction
    return None


def ancestors(path: str) -> list[str]:
    """Return the paths from ``path`` itself up to its root."""
    steps = path.rstrip("/").split("/")
    return ["/".join(steps[:count]) + "/" for count in range(len(steps), 0, -1)]


def _extent(area: Area) -> float:
    box = area.bbox or (0.0, 0.0, 0.0, 0.0)
    return (box[2] - box[0]) * (box[3] - box[1])
