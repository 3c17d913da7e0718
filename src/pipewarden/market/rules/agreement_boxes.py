"""Where people who marked the same thing agree that it lies: overlap, matching, and a consensus of boxes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING

import shapely

from pipewarden.market.facts.labels import Shape, ShapeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALIKE = 0.5  # intersection over union from which two shapes mark one thing (PASCAL VOC 2010)
_TOO_SMALL = 1e-12


@dataclass(slots=True)
class _Heap:
    """Shapes of different people that mark one thing; the first is the one that the others are held against."""

    shapes: dict[str, Shape] = field(default_factory=dict)

    def overlap(self, shape: Shape) -> float:
        """Return how far a shape lies where those of the heap lie, on the mean."""
        return sum(iou(shape, one) for one in self.shapes.values()) / len(self.shapes)


def area(shape: Shape) -> float:
    """Return the share of the picture that a shape covers."""
    return float(_drawn(shape).area)


def iou(one: Shape, other: Shape) -> float:
    """Return intersection over union, 0 to 1; shares of width and height give the same as pixels."""
    left, right = _drawn(one), _drawn(other)
    shared = float(left.intersection(right).area)
    whole = float(left.area) + float(right.area) - shared
    return shared / whole if whole > _TOO_SMALL else 0.0


def matched(mine: Sequence[Shape], others: Sequence[Shape], least: float = ALIKE) -> list[tuple[int, int, float]]:
    """Return which shapes mark one thing: of one label, the largest overlap first, each once (as COCO matches)."""
    found = [
        (iou(one, other), n, m)
        for n, one in enumerate(mine)
        for m, other in enumerate(others)
        if one.label == other.label
    ]
    taken: list[tuple[int, int, float]] = []
    for overlap, n, m in sorted(found, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if overlap >= least and all(n != a and m != b for a, b, _ in taken):
            taken.append((n, m, overlap))
    return taken


def iou_f1(mine: Sequence[Shape], others: Sequence[Shape], least: float = ALIKE) -> float:
    """Return the F1 of two people's shapes, 0 to 1; 1 where neither marked anything."""
    if not mine and not others:
        return 1.0
    return 2 * len(matched(mine, others, least)) / (len(mine) + len(others))


def consensus(drawn: Mapping[str, Sequence[Shape]], weights: Mapping[str, float], least: float = ALIKE) -> list[Shape]:
    """Return the shapes that more than half of the weight marked, the largest first.

    Args:
        drawn: by person, of everybody who answered: who marked nothing says that nothing is there.
        weights: by person, how often that person is right; who is not named counts 1.
        least: overlap from which two shapes mark one thing.
    """
    heaps: list[_Heap] = []
    for who in sorted(drawn, key=lambda one: (-weights.get(one, 1.0), one)):  # who is right most sets the heaps
        for shape in drawn[who]:
            fitting = [(heap.overlap(shape), -n) for n, heap in enumerate(heaps) if _takes(heap, who, shape)]
            best = max(fitting, default=(0.0, 0))
            if best[0] >= least:
                heaps[-best[1]].shapes[who] = shape
            else:
                heaps.append(_Heap({who: shape}))
    whole = sum(weights.get(one, 1.0) for one in drawn)
    kept = [one for one in heaps if sum(weights.get(who, 1.0) for who in one.shapes) * 2 > whole]
    return sorted((_middle(one) for one in kept), key=lambda shape: (-area(shape), shape.label, shape.points))


def _takes(heap: _Heap, who: str, shape: Shape) -> bool:
    return who not in heap.shapes and next(iter(heap.shapes.values())).label == shape.label


def _middle(heap: _Heap) -> Shape:
    """Return a box of the medians of the sides; of polygons the one that lies closest to the others."""
    shapes = list(heap.shapes.values())
    if all(one.kind is ShapeKind.BOX for one in shapes):
        corners = [[one.points[n] for one in shapes] for n in (0, 1)]
        sides = tuple((median(x for x, _ in found), median(y for _, y in found)) for found in corners)
        return replace(shapes[0], points=sides)
    outlines = [one for one in shapes if one.kind is ShapeKind.POLYGON]
    return max(outlines, key=heap.overlap)


def _drawn(shape: Shape) -> shapely.Geometry:
    if shape.kind is ShapeKind.BOX:
        (left, top), (right, bottom) = shape.points
        return shapely.box(left, top, right, bottom)
    return shapely.make_valid(shapely.Polygon(shape.points))
