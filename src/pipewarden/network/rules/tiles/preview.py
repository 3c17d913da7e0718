"""What a square of the map shows of a comparison: what would come, go, move and change, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.network.facts.change import ChangeKind
from pipewarden.network.rules.tiles.drawing import Feature
from pipewarden.network.rules.tiles.square import Square, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipewarden.network.facts.change import PipeChange

MOST = 3_000  # in one square, the most dangerous first
_PLAIN_UNITS = 2.0
_POINTS, _LINES = "points", "lines"


def draw(changes: Sequence[PipeChange], square: Square) -> dict[str, list[Feature]]:
    """Return layers ``lines`` and ``points``, each thing with ``kind`` and ``pipe_id``.

    Kinds are added, removed, moved, changed, and ``was``: where a moved one lay. An area is drawn by its rim.
    """
    box = shapely.box(*square.box)
    layers: dict[str, list[Feature]] = {_LINES: [], _POINTS: []}
    for one in changes:
        for kind, wkb in _drawn(one):
            for name, shape in _parts(shapely.from_wkb(wkb)):
                units = shapely.simplify(shapely.transform(shape, square.to_units), _PLAIN_UNITS)
                cut = whole(np.array([shapely.intersection(units, box)], dtype=object))[0]
                if not cut.is_empty:
                    layers[name].append(Feature(cut, {"kind": kind, "pipe_id": one.pipe_id}))
    return {name: features for name, features in layers.items() if features}


def _drawn(one: PipeChange) -> Iterable[tuple[str, bytes]]:
    kind: str = one.kind.value
    if one.kind is ChangeKind.CHANGED and one.moved_m is not None:
        kind = "moved"
        if one.before is not None:
            yield "was", one.before
    shown = one.before if one.kind is ChangeKind.REMOVED else one.after
    if shown is not None:
        yield kind, shown


def _parts(shape: shapely.Geometry) -> Iterable[tuple[str, shapely.Geometry]]:
    """Yield the lines and the points of a shape, each together; areas as their rims."""
    found: dict[int, list[shapely.Geometry]] = {0: [], 1: []}
    rest = [shape]
    while rest:
        part = rest.pop()
        if part.geom_type.startswith("Multi") or part.geom_type == "GeometryCollection":
            rest += shapely.get_parts(part).tolist()
        elif part.geom_type == "Polygon":
            rest.append(part.boundary)
        else:
            found[0 if part.geom_type == "Point" else 1].append(part)
    if found[1]:
        yield _LINES, shapely.multilinestrings([shapely.linestrings(one.coords) for one in found[1]])
    if found[0]:
        yield _POINTS, shapely.multipoints(found[0])
