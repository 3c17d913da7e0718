"""Which rows of a map are pipes and stations, and why the others are not: nothing is dropped without a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod

from pipewarden.kit.errors import InputError
from pipewarden.network.facts import ClassLength, Kind, Pipe, PressureClass
from pipewarden.network.rules import crs, gcj, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pipewarden.network.facts import Layer
    from pipewarden.network.rules.crs import Declared
    from pipewarden.network.rules.mapping import Attributes, FileMapping

    Floats = NDArray[np.float64]

_GEOD = Geod(ellps="WGS84")
_POINT, _LINE, _POLYGON, _MULTI_LINE, _MULTI_POLYGON = 0, 1, 3, 5, 6
_LINES, _AREAS = {_LINE, _MULTI_LINE}, {_POLYGON, _MULTI_POLYGON}
_LONGEST_STRAIGHT_M = 500.0
_LEAST_UNIQUE = 0.5
_CHUNK = 5000
_MOST_WARNINGS = 1000
ROW_ID = "row-"
SAID_TWICE = "the same id and geometry as row"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came out of a file.

    Attributes:
        pipes: accepted rows, geometry in WGS-84.
        rejected: (row, reason).
        warnings: (row, what); row 0 is the whole file.
        length_km: geodesic length of the pipes (stations have none).
        extent: lon_min, lat_min, lon_max, lat_max.
    """

    pipes: tuple[Pipe, ...]
    rejected: tuple[tuple[int, str], ...]
    warnings: tuple[tuple[int, str], ...]
    length_km: float
    extent: tuple[float, float, float, float]

    @property
    def unknown(self) -> dict[str, int]:
        """Return how many accepted rows lack each attribute that a zone depends on."""
        return {
            "pressure_class": sum(p.pressure_class is PressureClass.UNKNOWN for p in self.pipes),
            "diameter_mm": sum(p.diameter_mm is None and p.kind is Kind.PIPE for p in self.pipes),
            "sigma_m": sum(p.sigma_m is None for p in self.pipes),
        }


def take(
    layer: Layer,
    declared: Declared,
    columns: FileMapping,
    *,
    china: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Taken:
    """Return the pipes in ``layer``.

    Args:
        layer: the file's rows.
        declared: the reference system the user declared.
        columns: how to read the columns.
        china: the jurisdiction is a Chinese one, so coordinates that lie there only when swapped are an error.
        progress: called with (rows done, rows in all).

    Raises:
        InputError: the reference system contradicts the file or its coordinates, or no row can be used.
    """
    rejected: dict[int, str] = {}
    warnings = [(0, remark) for remark in layer.remarks]
    shapes = shapely.force_2d(layer.shapes)
    _screen_shapes(shapes, rejected)
    kept = np.array([i for i in range(shapes.size) if i + 1 not in rejected], dtype=np.int64)
    xy = shapely.get_coordinates(shapes[kept])
    if (remark := crs.check_own(declared, layer.own_crs, xy[:: max(1, xy.shape[0] // 1000)])) is not None:
        warnings.append((0, remark))
    crs.check_area(declared, xy)
    world = _to_world(shapes, kept, declared, rejected)
    used = mapping.used_columns(columns, layer.columns)
    warnings.extend(_missing(used))
    if (remark := _check_swapped(world, kept, declared, rejected, china=china)) is not None:
        warnings.append((0, remark))
    read = {name for places in used.values() for name, _ in places}
    pipes: list[Pipe] = []
    total = shapes.size
    for i in kept:
        row = int(i) + 1
        if row in rejected:
            continue
        values = {name: column[i] for name, column in layer.columns.items()}
        attributes = mapping.read_row(values, used)
        extra = {name: plain(value) for name, value in values.items() if name not in read}
        pipe = _pipe(row, world[i], attributes, columns, extra)
        if isinstance(pipe, str):
            rejected[row] = pipe
            continue
        warnings.extend((row, problem) for problem in attributes.problems)
        pipes.append(pipe)
        if progress is not None and row % _CHUNK == 0:
            progress(row, total)
    pipes, remarks = _settle_ids(pipes, rejected)
    warnings.extend(remarks)
    _require_some(pipes, rejected, layer.source)
    warnings.extend(
        (p.row, "the line crosses itself; it is taken as it is") for p in pipes if _crosses_itself(world, p)
    )
    if progress is not None:
        progress(total, total)
    bounds = shapely.total_bounds([world[p.row - 1] for p in pipes])
    return Taken(
        pipes=tuple(pipes),
        rejected=tuple(sorted(rejected.items())),
        warnings=_first(warnings),
        length_km=length_km(np.array([world[p.row - 1] for p in pipes if p.kind is Kind.PIPE], dtype=object)),
        extent=(float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])),
    )


def _first(warnings: list[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    if len(warnings) <= _MOST_WARNINGS:
        return tuple(warnings)
    return (*warnings[:_MOST_WARNINGS], (0, f"and {len(warnings) - _MOST_WARNINGS} more warnings"))


def _screen_shapes(shapes: NDArray[np.object_], rejected: dict[int, str]) -> None:
    """Reject rows whose geometry cannot be a pipe or a station."""
    kinds = shapely.get_type_id(shapes)
    empty = shapely.is_empty(shapes)
    bounds = shapely.bounds(shapes)
    for i in range(shapes.size):
        if (reason := _shape_fault(shapes[i], int(kinds[i]), bool(empty[i]), bounds[i])) is not None:
            rejected[i + 1] = reason


def _shape_fault(
    shape: shapely.Geometry | None,
    kind: int,
    empty: bool,  # noqa: FBT001  one row of four arrays
    bounds: Floats,
) -> str | None:
    if shape is None:
        return "no geometry, or one that cannot be decoded"
    if empty:
        return "empty geometry"
    if not np.isfinite(bounds).all() or not np.isfinite(shapely.get_coordinates(shape)).all():
        return "a coordinate is not a finite number"
    if kind in _AREAS:
        return _area_fault(shape)
    if kind in _LINES and shape.length == 0:
        return "the line has no length"
    known = kind in _LINES or kind == _POINT
    return None if known else f"a {shape.geom_type} is neither a pipe nor a station"


def _area_fault(shape: shapely.Geometry) -> str | None:
    if not shape.is_valid:
        return f"invalid polygon: {shapely.is_valid_reason(shape)}"
    return "the area is zero" if shape.area == 0 else None


def _to_world(
    shapes: NDArray[np.object_], kept: NDArray[np.int64], declared: Declared, rejected: dict[int, str]
) -> NDArray[np.object_]:
    """Return the kept shapes in WGS-84; rows that cannot be put there are rejected."""
    world = np.full(shapes.shape, None, dtype=object)
    source = shapes[kept]
    if declared.proj is not None and declared.projected:
        metre = float(declared.proj.axis_info[0].unit_conversion_factor) or 1.0
        source = shapely.segmentize(source, _LONGEST_STRAIGHT_M / metre)  # a line is straight in its own projection
    xy, of = shapely.get_coordinates(source, return_index=True)
    lonlat = crs.to_wgs84(declared, xy)
    good = np.isfinite(lonlat).all(axis=1) & (np.abs(lonlat[:, 0]) <= 180.0) & (np.abs(lonlat[:, 1]) <= 90.0)  # noqa: PLR2004  degrees of the globe
    bad = set(np.unique(of[~good]).tolist())
    for at in bad:
        rejected[int(kept[at]) + 1] = f"a coordinate lies outside of what {declared.name} can hold"
    lonlat[~good] = 0.0
    world[kept] = shapely.set_coordinates(source.copy(), lonlat)
    return world


def _check_swapped(
    world: NDArray[np.object_],
    kept: NDArray[np.int64],
    declared: Declared,
    rejected: dict[int, str],
    *,
    china: bool,
) -> str | None:
    """Refuse coordinates that lie in China only when swapped; return a remark when the map lies elsewhere."""
    lonlat = shapely.get_coordinates(world[[i for i in kept if int(i) + 1 not in rejected]])
    if not china or lonlat.shape[0] == 0 or gcj.inside_china(lonlat).any():
        return None
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    where = f"lon {low[0]:.4f} to {high[0]:.4f}, lat {low[1]:.4f} to {high[1]:.4f}"
    if not declared.projected and gcj.inside_china(lonlat[:, ::-1]).all():
        raise InputError(
            field=crs.FIELD,
            problem=f"the file lies at {where}, but in China with x and y changed: the axes look swapped",
            fix="Write longitude (x) first and latitude (y) second.",
        )
    return f"the map lies at {where}, outside China, where the chosen ranges are not law"


def _missing(used: mapping.Used) -> list[tuple[int, str]]:
    wanted = {"pressure": "pressure class", "diameter": "diameter"}
    return [
        (0, f"no column gives the {words}: it stays unknown and counts as the strictest plausible")
        for name, words in wanted.items()
        if not used.get(name)
    ]


def _pipe(
    row: int,
    shape: shapely.Geometry,
    attributes: Attributes,
    columns: FileMapping,
    extra: dict[str, object],
) -> Pipe | str:
    """Return the row as a pipe, or why it is none."""
    kind = _kind(shape, attributes.kind, columns)
    if isinstance(kind, str) and not isinstance(kind, Kind):
        return kind
    return Pipe(
        row=row,
        pipe_id=attributes.pipe_id or f"{ROW_ID}{row}",
        kind=Kind(kind),
        datum=columns.datum,
        pressure_class=attributes.pressure_class,
        pressure=attributes.pressure,
        diameter_mm=attributes.diameter_mm,
        material=attributes.material,
        depth_m=attributes.depth_m,
        year=attributes.year,
        sigma_m=attributes.sigma_m,
        geometry=shapely.to_wkb(shape),
        extra=extra,
    )


def _kind(shape: shapely.Geometry, said: Kind | None, columns: FileMapping) -> Kind | str:
    kind = int(shapely.get_type_id(shape))
    name = "lines" if kind in _LINES else "polygons" if kind in _AREAS else "points"
    if said is Kind.PIPE and kind not in _LINES:
        return f"the row says pipe, but is drawn as a {shape.geom_type}"
    if said is Kind.STATION and kind in _LINES:
        return f"the row says station, but is drawn as a {shape.geom_type}; draw the fence as an area, or a point"
    if said is Kind.VALVE and kind != _POINT:
        return f"the row says valve, but is drawn as a {shape.geom_type}; draw it as a point"
    if said is not None:
        return said
    default = {"lines": columns.lines, "polygons": columns.polygons, "points": columns.points}[name]
    if default == "reject":
        return (
            f"a {shape.geom_type}, and neither the row nor the mapping says that it is a station "
            f"(set `{name}: station` in the mapping)"
        )
    return Kind(default)


def plain(value: object) -> object:
    """Return a value that JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value.replace("\x00", "") if isinstance(value, str) else value
    return str(value)


def _settle_ids(pipes: list[Pipe], rejected: dict[int, str]) -> tuple[list[Pipe], list[tuple[int, str]]]:
    """Reject true duplicates; number the rows where the id column turns out to be none."""
    first: dict[tuple[str, bytes], int] = {}
    single: list[Pipe] = []
    for pipe in pipes:
        earlier = first.setdefault((pipe.pipe_id, pipe.geometry), pipe.row)
        if earlier != pipe.row:
            rejected[pipe.row] = f"{SAID_TWICE} {earlier}"
        else:
            single.append(pipe)
    repeats = Counter(pipe.pipe_id for pipe in single)
    if len(single) > 1 and len(repeats) < _LEAST_UNIQUE * len(single):
        return [_numbered(pipe) for pipe in single], [(0, "the id column repeats itself too often; rows are numbered")]
    parts = sum(1 for count in repeats.values() if count > 1)
    return single, [(0, f"{parts} ids stand on several rows, taken as parts of one pipe")] if parts else []


def _numbered(pipe: Pipe) -> Pipe:
    values = {name: getattr(pipe, name) for name in Pipe.__slots__}
    values["extra"] = {**pipe.extra, "source_id": pipe.pipe_id}
    values["pipe_id"] = f"{ROW_ID}{pipe.row}"
    return Pipe(**values)


def _require_some(pipes: list[Pipe], rejected: dict[int, str], source: str) -> None:
    if pipes:
        return
    reasons = Counter(rejected.values()).most_common(3)
    raise InputError(
        field=source,
        problem="no row can be used: " + ("; ".join(f"{n} x {why}" for why, n in reasons) or "the file has no rows"),
        fix="Correct these rows, or choose the right file, layer or mapping.",
    )


def _crosses_itself(world: NDArray[np.object_], pipe: Pipe) -> bool:
    shape = world[pipe.row - 1]
    return pipe.kind is Kind.PIPE and not bool(shapely.is_simple(shape))


def length_km(shapes: NDArray[np.object_]) -> float:
    """Return the geodesic length of lines in WGS-84 (Karney 2013), in km."""
    parts = shapely.get_parts(shapes)
    xy, of = shapely.get_coordinates(parts, return_index=True)
    if xy.shape[0] == 0:
        return 0.0
    same = of[1:] == of[:-1]
    a, b = xy[:-1][same], xy[1:][same]
    return float(_GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2].sum()) / 1000.0


def classes(pipes: Sequence[Pipe]) -> tuple[ClassLength, ...]:
    """Return how much of each pressure class is there, the strictest first; classes without any are left out."""
    found = []
    for cls in reversed(PressureClass):
        of = [one for one in pipes if one.pressure_class is cls]
        lines = np.array(shapely.from_wkb([one.geometry for one in of if one.kind is Kind.PIPE]), dtype=object)
        if of:
            found.append(ClassLength(cls, len(of), round(length_km(lines), 3)))
    return tuple(found)
