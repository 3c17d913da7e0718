"""Two versions of a network pipe by pipe: by id, and by the line itself where the id is another one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.geo import near_frame
from pipewarden.network.facts import Kind, Pipe, PressureClass
from pipewarden.network.facts.change import ChangeKind, ClassChange, FieldChange, PipeChange
from pipewarden.network.rules.rows import ROW_ID, length_km

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SAME_M = 0.001  # two readings of one line through two reference systems differ by less

_LEFT = frozenset({"row", "pipe_id", "geometry", "extra"})
_FIELDS = tuple(one.name for one in fields_of(Pipe) if one.name not in _LEFT)
_STRICTNESS = tuple(PressureClass)  # low to high, then unknown, which counts as the strictest
_REACH_M = 1000.0  # beyond every range and every error of a place that is worth asking again
_CELL = 0.02  # degrees, about 2 km
_MOST_CELLS = 256

Group = list[Pipe]


def compare(before: Sequence[Pipe], after: Sequence[Pipe]) -> tuple[PipeChange, ...]:
    """Return what differs between two versions, the most dangerous first: weaker classes, removed, the rest by id.

    Pipes are met by id; one whose line (to a millimetre) stands under another id is the same pipe with a changed id, so
    that a new numbering is no network removed and built again. Ids that are only row numbers are met by line alone.
    """
    old, new = _groups(before), _groups(after)
    gone = {key: group for key, group in old.items() if key not in new or _unnamed(key)}
    come = {key: group for key, group in new.items() if key not in old or _unnamed(key)}
    by_line = defaultdict(list)
    for key, group in gone.items():
        by_line[_line(group)].append(key)
    renamed = {key: there.pop() for key, group in come.items() if (there := by_line.get(_line(group)))}
    pairs = [(old[key], group) for key, group in new.items() if key in old and not _unnamed(key)]
    pairs += [(gone[was], come[key]) for key, was in renamed.items()]
    lost = set(gone) - set(renamed.values())
    made = [one for was, now in pairs if (one := _changed(was, now)) is not None]
    made += [_alone(gone[key], ChangeKind.REMOVED) for key in lost]
    made += [_alone(group, ChangeKind.ADDED) for key, group in come.items() if key not in renamed]
    order = (ChangeKind.REMOVED, ChangeKind.CHANGED, ChangeKind.ADDED)
    return tuple(sorted(made, key=lambda one: (not one.downgrade, order.index(one.kind), one.pipe_id)))


def summarise(changes: Iterable[PipeChange]) -> tuple[ClassChange, ...]:
    """Return the changes counted by pressure class, the strictest first; classes without any are left out."""
    found: dict[PressureClass, ClassChange] = {}
    for one in changes:
        cls = one.class_before if one.class_after is None else one.class_after
        if cls is None:
            raise RuntimeError("a change has a class on one side at least")
        metres = one.metres_before if one.kind is ChangeKind.REMOVED else one.metres_after
        name = one.kind.value
        was = found.get(cls, ClassChange(cls))
        more = {name: getattr(was, name) + 1, f"{name}_km": round(getattr(was, f"{name}_km") + metres / 1000, 6)}
        found[cls] = replace(was, **more)
    return tuple(found[cls] for cls in reversed(_STRICTNESS) if cls in found)


def cells(bounds: Iterable[tuple[float, float, float, float]]) -> tuple[tuple[float, float, float, float], ...]:
    """Return at most 256 boxes that cover the given ones with the reach of every range: where to ask again.

    Args:
        bounds: (lon_min, lat_min, lon_max, lat_max) in WGS-84, one for each pipe that is another one now.
    """
    boxes = np.array(list(bounds), dtype=np.float64).reshape(-1, 4)
    if not len(boxes):
        return ()
    size = _CELL
    while len(taken := _cells(boxes, size)) > _MOST_CELLS:
        size *= 2
    return tuple(_grown((x * size, y * size, (x + 1) * size, (y + 1) * size)) for x, y in sorted(taken))


def _cells(boxes: np.ndarray[tuple[int, ...], np.dtype[np.float64]], size: float) -> set[tuple[int, int]]:
    west, south, east, north = np.unique(np.floor(boxes / size).astype(np.int64), axis=0).T
    found: set[tuple[int, int]] = set()
    for w, s, e, n in zip(west.tolist(), south.tolist(), east.tolist(), north.tolist(), strict=True):
        if (e - w + 1) * (n - s + 1) > _MOST_CELLS:
            return {(i, 0) for i in range(_MOST_CELLS + 1)}  # too many to list: the next size is asked
        found |= {(x, y) for x in range(w, e + 1) for y in range(s, n + 1)}
        if len(found) > _MOST_CELLS:
            break
    return found


def _grown(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = box
    up = _REACH_M / 111_000.0
    side = up / max(float(np.cos(np.radians(max(abs(south), abs(north))))), 0.1)
    return west - side, south - up, east + side, north + up


def _groups(pipes: Sequence[Pipe]) -> dict[str, Group]:
    found: dict[str, Group] = {}
    for one in pipes:
        found.setdefault(one.pipe_id, []).append(one)
    return found


def _unnamed(key: str) -> bool:
    return key.startswith(ROW_ID)


def _shapes(group: Group) -> shapely.Geometry:
    parts = shapely.from_wkb([one.geometry for one in group])
    return parts[0] if len(parts) == 1 else shapely.geometrycollections(parts)


def _line(group: Group) -> tuple[bytes, ...]:
    return tuple(sorted(one.geometry for one in group))


def _class(group: Group) -> PressureClass:
    return max((one.pressure_class for one in group), key=_STRICTNESS.index)


def _metres(group: Group) -> float:
    lines = [shapely.from_wkb(one.geometry) for one in group if one.kind is Kind.PIPE]
    return round(length_km(np.array(lines, dtype=object)) * 1000, 3)


def _alone(group: Group, kind: ChangeKind) -> PipeChange:
    shape, added = _shapes(group), kind is ChangeKind.ADDED
    cls, metres, wkb = _class(group), _metres(group), shapely.to_wkb(shape)
    west, south, east, north = shapely.bounds(shape).tolist()
    return PipeChange(
        pipe_id=group[0].pipe_id,
        kind=kind,
        fields=(),
        moved_m=None,
        class_before=None if added else cls,
        class_after=cls if added else None,
        metres_before=0.0 if added else metres,
        metres_after=metres if added else 0.0,
        before=None if added else wkb,
        after=wkb if added else None,
        bounds=(west, south, east, north),
    )


def _changed(was: Group, now: Group) -> PipeChange | None:
    """Return what differs between the same pipe of two versions; None where nothing does."""
    if len(was) == len(now) == 1 and replace(now[0], row=was[0].row) == was[0]:
        return None
    told = _fields(was, now)
    old, new = _shapes(was), _shapes(now)
    moved = None if _line(was) == _line(now) else _moved(old, new)
    if not told and (moved is None or moved < _SAME_M):
        return None
    before, after = _class(was), _class(now)
    bounds = shapely.total_bounds([old, new]).tolist()
    return PipeChange(
        pipe_id=now[0].pipe_id,
        kind=ChangeKind.CHANGED,
        fields=told,
        moved_m=None if moved is None or moved < _SAME_M else round(moved, 3),
        class_before=before,
        class_after=after,
        metres_before=_metres(was),
        metres_after=_metres(now),
        before=shapely.to_wkb(old),
        after=shapely.to_wkb(new),
        bounds=(bounds[0], bounds[1], bounds[2], bounds[3]),
        downgrade=_weaker(before, after) or _part_weaker(was, now),
    )


def _weaker(before: PressureClass, after: PressureClass) -> bool:
    return before is not PressureClass.UNKNOWN and _STRICTNESS.index(after) < _STRICTNESS.index(before)


def _part_weaker(was: Group, now: Group) -> bool:
    """Return whether one part becomes weaker, which the strictest of all of them hides.

    A part is met by its line; one on another line is held against the weakest of those that went.
    """
    by_line = {one.geometry: one.pressure_class for one in was}
    lines = {one.geometry for one in now}
    gone = [one.pressure_class for one in was if one.geometry not in lines]
    weakest = min(gone, key=_STRICTNESS.index, default=None)
    pairs = [(by_line.get(one.geometry, weakest), one.pressure_class) for one in now]
    return any(before is not None and _weaker(before, after) for before, after in pairs)


def _moved(old: shapely.Geometry, new: shapely.Geometry) -> float:
    """Return the Hausdorff distance of two shapes in metres, either way, measured at vertices and between them."""
    middle = shapely.get_coordinates(old)[0]
    frame = near_frame(float(middle[0]), float(middle[1]))
    a, b = (shapely.transform(one, frame.to_metres) for one in (old, new))
    return float(shapely.hausdorff_distance(a, b, densify=0.25))


def _fields(was: Group, now: Group) -> tuple[FieldChange, ...]:
    before, after = _said(was), _said(now)
    ordered = _line(was) == _line(now)  # parts that change words with each other are told by their order alone
    old, new = (
        {
            name: " | ".join(words if ordered and len(set(words)) > 1 else sorted(set(words)))
            for name, words in one.items()
        }
        for one in (before, after)
    )
    names = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
    return tuple(FieldChange(name, old.get(name), new.get(name)) for name in names)


def _said(group: Group) -> dict[str, list[str]]:
    """Return what a pipe's rows say of each field, in words, in the order of their lines."""
    said: dict[str, list[str]] = defaultdict(list)
    if not _unnamed(group[0].pipe_id):
        said["pipe_id"].append(group[0].pipe_id)
    for one in sorted(group, key=lambda part: part.geometry):
        for name in _FIELDS:
            if (value := getattr(one, name)) is not None:
                said[name].append(f"{value:g}" if isinstance(value, float) else str(value))
        for name, more in one.extra.items():
            if more is not None:
                said[f"extra.{name}"].append(str(more))
    return said


def clipped(one: PipeChange, area: shapely.Geometry) -> PipeChange | None:
    """Return the part of a change that lies in an area, its lengths those of that part; None where none does."""
    before, after = (None if wkb is None else _within(wkb, area) for wkb in (one.before, one.after))
    if (before is None or before.is_empty) and (after is None or after.is_empty):
        return None
    lengths = [0.0 if shape is None else _shape_metres(shape) for shape in (before, after)]
    bounds = shapely.total_bounds([shape for shape in (before, after) if shape is not None]).tolist()
    return replace(
        one,
        before=None if before is None or before.is_empty else shapely.to_wkb(before),
        after=None if after is None or after.is_empty else shapely.to_wkb(after),
        metres_before=min(lengths[0], one.metres_before),
        metres_after=min(lengths[1], one.metres_after),
        bounds=(bounds[0], bounds[1], bounds[2], bounds[3]),
    )


def _within(wkb: bytes, area: shapely.Geometry) -> shapely.Geometry:
    shape = shapely.from_wkb(wkb)
    if shapely.contains_properly(area, shape):
        return shape
    parts = shapely.intersection(shapely.get_parts(shape), area)
    return shapely.geometrycollections([one for one in parts if not one.is_empty])


def _shape_metres(shape: shapely.Geometry) -> float:
    lines = [one for one in _flat(shape) if one.geom_type == "LineString"]
    return round(length_km(np.array(lines, dtype=object)) * 1000, 3)


def _flat(shape: shapely.Geometry) -> list[shapely.Geometry]:
    parts = shapely.get_parts(shape)
    while any(one.geom_type.startswith(("Multi", "GeometryCollection")) for one in parts):
        parts = shapely.get_parts(parts)
    return list(parts)
