"""What stands in a map that nobody has explained yet: its columns, their words, and where it would lie in which system.

Nothing here decides. A reference system is measured against the file's own word, its area of use and the network that
is there, and a person chooses; the places that come of each are for looking at on a map, where a wrong one is seen.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import near_frame
from pipewarden.network.rules import crs as crs_rules
from pipewarden.network.rules import mapping as mapping_rules
from pipewarden.network.rules.rows import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from pipewarden.network.facts import Layer
    from pipewarden.network.facts.draft import FieldChoice

    Points = NDArray[np.float64]
    Json = dict[str, Any]

MOST_POINTS = 200
MOST_WORDS = 40  # of one column, the most frequent first
MOST_COLUMNS = 120
MOST_ROWS = 8  # shown beside the columns
_LONGEST = 80
_DEGREES, _POLE = 180.0, 90.0
_ZONED_M = 1_000_000.0  # an easting from here on carries the number of its zone
_THREE, _SIX = range(25, 46), range(13, 24)  # zone numbers of Gauss-Kruger CGCS2000 in 3 and 6 degrees
_OF_THREE, _OF_SIX, _PLAIN_THREE = 4488, 4478, 4509  # EPSG code less the zone number; without the number in x
_NAMED = ("pressure", "kind")
_FARTHEST = 20_000_000.0  # metres: the other side of the Earth
_UNITS = {"diameter": "mm", "depth": "m", "sigma": "m", "pressure": "label"}


def look(layer: Layer, home: Points | None) -> Json:
    """Return what is in a file: rows, geometries, columns with their words, a sample of places, the systems to look at.

    Args:
        layer: as it was read.
        home: corners of the pipes that are there, lon/lat; None for the first map.
    """
    shapes = layer.shapes[~shapely.is_missing(layer.shapes)]
    xy = shapely.get_coordinates(shapes)
    xy = xy[np.isfinite(xy).all(axis=1)]
    sample = xy[:: max(1, -(-xy.shape[0] // MOST_POINTS))]
    kinds = Counter(one.geom_type for one in shapes)
    return {
        "rows": int(layer.shapes.size),
        "without_shape": int(layer.shapes.size - shapes.size),
        "shapes": dict(kinds.most_common()),
        "own_crs": layer.own_crs,
        "sample": sample.tolist(),
        "columns": [_column(name, values) for name, values in list(layer.columns.items())[:MOST_COLUMNS]],
        "first": _first(layer),
        "candidates": candidates(sample, layer.own_crs, home),
        "remarks": list(layer.remarks),
    }


def candidates(sample: Points, own: str | None, home: Points | None) -> list[Json]:
    """Return the systems that the coordinates could be in, the likeliest first; ``detected`` is the file's own word."""
    if sample.shape[0] == 0:
        return []
    names = [*([own] if own else []), *_usual(sample, home)]
    made = [place(sample, name, home) | {"detected": name == own} for name in dict.fromkeys(names)]
    far = float("inf")
    made.sort(key=lambda one: (not one["fits"], far if one["off_m"] is None else one["off_m"], not one["detected"]))
    return made


def place(sample: Points, crs: str, home: Points | None) -> Json:
    """Return where a sample of coordinates lies in a declared system, or why it cannot.

    Returns:
        ``name``; ``fits`` and, where not, ``problem``; ``points`` in lon/lat; ``off_m`` median distance in metres to
        the nearest corner of the network that is there, None where there is none.

    Raises:
        InputError: there is no such system.
    """
    declared = crs_rules.declare(crs)
    problem = None
    try:
        crs_rules.check_area(declared, sample)
    except InputError as error:
        problem = error.problem
    world = _world(declared, sample)
    return {
        "crs": crs,
        "name": declared.name if declared.proj is None else f"{declared.name} {declared.proj.name}".strip(),
        "fits": problem is None,
        "problem": problem,
        "points": [[round(lon, 6), round(lat, 6)] for lon, lat in world.tolist()],
        "off_m": None if home is None or world.shape[0] == 0 else _off(world, home),
    }


def _world(declared: crs_rules.Declared, sample: Points) -> Points:
    try:
        world = crs_rules.to_wgs84(declared, sample)
    except InputError:
        return np.empty((0, 2))
    inside = np.isfinite(world).all(axis=1)
    world = world[inside]
    return world[(np.abs(world[:, 0]) <= _DEGREES) & (np.abs(world[:, 1]) <= _POLE)]


def _off(world: Points, home: Points) -> float:
    """Return the median distance to the nearest of ``home``, flat about its middle: far off is only far off."""
    middle = home.mean(axis=0)
    frame = near_frame(float(middle[0]), float(middle[1]))
    tree = shapely.STRtree(shapely.points(frame.to_metres(home)))
    there = np.nan_to_num(frame.to_metres(world), nan=_FARTHEST, posinf=_FARTHEST, neginf=-_FARTHEST)
    found = tree.query_nearest(shapely.points(there), all_matches=False, return_distance=True)[1]
    return round(min(float(np.median(found)), _FARTHEST), 1)


def _usual(sample: Points, home: Points | None) -> list[str]:
    x, y = np.abs(sample[:, 0]), np.abs(sample[:, 1])
    if bool((x <= _DEGREES).all() and (y <= _POLE).all()):
        return ["EPSG:4490", "EPSG:4326", "GCJ-02", "BD-09"]
    zone = int(np.median(x) // _ZONED_M)
    found = ["EPSG:3857"]
    if zone in _THREE:
        found.insert(0, f"EPSG:{zone + _OF_THREE}")
    if zone in _SIX:
        found.insert(0, f"EPSG:{zone + _OF_SIX}")
    if zone == 0 and home is not None:
        nearest = int(np.clip(round(float(np.median(home[:, 0])) / 3), _THREE.start + 1, _THREE.stop - 2))
        found = [*(f"EPSG:{one + _PLAIN_THREE}" for one in (nearest, nearest - 1, nearest + 1)), *found]
    return found


def _first(layer: Layer) -> list[dict[str, str]]:
    """Return the first rows, column by column, without what is empty."""
    columns = list(layer.columns.items())[:MOST_COLUMNS]
    return [
        {name: str(plain(values[n]))[:_LONGEST] for name, values in columns if not mapping_rules.is_empty(values[n])}
        for n in range(min(MOST_ROWS, int(layer.shapes.size)))
    ]


def _column(name: str, values: NDArray[np.object_]) -> Json:
    said = Counter(str(plain(one))[:_LONGEST] for one in values if not mapping_rules.is_empty(one))
    return {
        "name": name,
        "filled": said.total(),
        "distinct": len(said),
        "words": [{"value": value, "rows": rows} for value, rows in said.most_common(MOST_WORDS)],
    }


def fields(columns: Sequence[Json], body: Mapping[str, Any]) -> list[Json]:
    """Return, attribute by attribute, which column gives it under a mapping and how each of its words is read.

    Args:
        columns: of ``look``.
        body: a mapping file's content.

    Returns:
        ``field``, ``column`` (the first that is there; None: the file says nothing), ``unit``, ``words`` with
        ``value``, ``rows``, ``read`` (None: unknown) and ``problem``, and
        ``unread``: rows whose word is unknown among them.

    Raises:
        InputError: the mapping is wrong, naming its key.
    """
    read = mapping_rules.read_mapping(body, "mapping")
    by_name = {one["name"]: one for one in columns}
    used = mapping_rules.used_columns(read, by_name)
    return [_field(name, used.get(name, ()), by_name) for name in mapping_rules.ATTRIBUTES]


def _field(name: str, places: tuple[tuple[str, mapping_rules.Column], ...], columns: Mapping[str, Json]) -> Json:
    first = next(((column, how) for column, how in places if column), None)
    if first is None:
        return {"field": name, "column": None, "unit": None, "words": [], "unread": 0, "more": 0}
    column, how = first
    words = [_word(name, one, (column, how)) for one in columns[column]["words"]]
    return {
        "field": name,
        "column": column,
        "unit": how.unit,
        "words": words,
        "unread": sum(one["rows"] for one in words if one["read"] is None),
        "more": columns[column]["distinct"] - len(words),
    }


def _word(name: str, word: Json, by: tuple[str, mapping_rules.Column]) -> Json:
    column, how = by
    found = mapping_rules.read_row({column: word["value"]}, {name: ((column, how),)})
    read: object = getattr(found, {**_SLOT, "id": "pipe_id"}.get(name, name))
    if name == "pressure":
        read = None if found.pressure_class.value == "unknown" else found.pressure_class.value
    elif name == "kind" and read is not None:
        read = str(read)
    problem = next(iter(found.problems), None)
    return {"value": word["value"], "rows": word["rows"], "read": read, "problem": problem}


_SLOT = {"diameter": "diameter_mm", "depth": "depth_m", "sigma": "sigma_m"}


def body_of(base: Mapping[str, Any], chosen: Iterable[tuple[str, FieldChoice]]) -> Json:
    """Return a mapping file's content: a shipped one's with what a person said otherwise, attribute by attribute.

    A word that a person explains counts beside those that the shipped mapping knows.
    """
    columns = dict(base.get("columns", {}))
    for name, one in chosen:
        before = columns.pop(name, [])
        if one.column is None:
            continue
        known: dict[str, str] = {}
        for place_ in [before] if isinstance(before, dict) else before:
            known |= place_.get("labels", {})
        made: Json = {"columns": [one.column]}
        if name in _UNITS:
            made["unit"] = one.unit or _UNITS[name]
        if name in _NAMED and (labels := known | dict(one.labels)):
            made["labels"] = labels
        columns[name] = [made]
    return {**base, "columns": columns}
