"""Which pipes are joined: ends that meet, ends that meet another pipe's side, valves and stations on or beside a line.

A map of lines says nowhere that two of them are one tube. What is drawn within a tolerance is taken as joined, because
a joint too many closes a valve too many, and one too few would leave gas on the break. Lines that only cross are not
joined: one passes below the other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipewarden.kit.geo import LocalFrame
from pipewarden.network.facts import Kind, PressureClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipewarden.network.facts import Pipe

    Floats = NDArray[np.float64]

ENDS_M = 0.5  # two ends this near are one joint
FACILITY_M = 3.0  # a valve or station this near to a line sits on it; one drawn as an area takes what enters its fence
RANKS = {PressureClass.LOW: 1, PressureClass.MEDIUM: 2, PressureClass.SUB_HIGH: 3, PressureClass.HIGH: 4}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one pipe between two joints that follow each other on it.

    Attributes:
        pipe: its place in ``Joined.pipes``.
        line: its place in ``Joined.lines``; ``begin`` and ``end`` are metres along that.
        a: the joint where it begins, ``b`` where it ends.
    """

    pipe: int
    line: int
    begin: float
    end: float
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class Joined:
    """A network as joints and pieces.

    Attributes:
        frame: metres of ``lines``.
        pipes: as the map has them.
        lines: every part of every pipe, ``owner`` its place in ``pipes``.
        joints: how many there are.
        facilities: by joint that has any, the places in ``pipes`` of the valves and stations there.
        loose: places in ``pipes`` of valves and stations that sit on no line.
        points: by place in ``pipes``, (east, north) of each valve and station.
    """

    frame: LocalFrame
    pipes: tuple[Pipe, ...]
    lines: NDArray[np.object_]
    owner: NDArray[np.int64]
    tree: shapely.STRtree
    pieces: tuple[Piece, ...]
    joints: int
    facilities: dict[int, tuple[int, ...]]
    loose: tuple[int, ...]
    points: dict[int, tuple[float, float]]

    def rank(self, piece: Piece) -> int | None:
        """Return how high a piece's pressure class is, 1 to 4; None where the map does not say."""
        return RANKS.get(self.pipes[piece.pipe].pressure_class)


@dataclass(frozen=True, slots=True)
class _Snaps:
    """What makes joints: each end of each line, then each facility; ``facility`` is -1 for an end."""

    xy: Floats
    facility: NDArray[np.int64]
    on: list[list[tuple[int, float]]]  # by snap: (line, metres along it)


def join(pipes: Sequence[Pipe]) -> Joined:
    """Return the joints and pieces of a network (WKB in WGS-84); lengths are right to 1e-3 within 3 degrees."""
    shapes = shapely.from_wkb([one.geometry for one in pipes])
    west, south, east, north = shapely.total_bounds(shapes)
    frame = LocalFrame(float(west + east) / 2, float(south + north) / 2)
    metres = shapely.transform(shapes, frame.to_metres)
    is_line = np.array([one.kind is Kind.PIPE for one in pipes])
    lines, owner = shapely.get_parts(metres[is_line], return_index=True)
    owner = np.flatnonzero(is_line)[owner]
    tree = shapely.STRtree(lines)
    places = np.flatnonzero(~is_line)
    snaps = _snaps(lines, tree, metres, places)
    label = _labels(snaps)
    facilities: defaultdict[int, list[int]] = defaultdict(list)
    loose = []
    for number, place in enumerate(places.tolist(), start=2 * lines.size):
        if snaps.on[number]:
            facilities[int(label[number])].append(place)
        else:
            loose.append(place)
    return Joined(
        frame=frame,
        pipes=tuple(pipes),
        lines=lines,
        owner=owner,
        tree=tree,
        pieces=tuple(_pieces(snaps, label, lines, owner)),
        joints=int(label.max(initial=-1)) + 1,
        facilities={joint: tuple(found) for joint, found in facilities.items()},
        loose=tuple(loose),
        points={
            int(place): (float(x), float(y)) for place, (x, y) in zip(places, snaps.xy[2 * lines.size :], strict=True)
        },
    )


def _snaps(
    lines: NDArray[np.object_], tree: shapely.STRtree, metres: NDArray[np.object_], places: NDArray[np.int64]
) -> _Snaps:
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    grounds = metres[places]
    middles = shapely.point_on_surface(grounds)
    on = [*_on(lines, tree, ends, ENDS_M), *_on(lines, tree, grounds, FACILITY_M)]
    for line in range(lines.size):  # its own ends, also where it comes back to itself
        for number, metre in ((line, 0.0), (lines.size + line, float(lines[line].length))):
            on[number] = [one for one in on[number] if one[0] != line] + [(line, metre)]
    xy = shapely.get_coordinates(np.concatenate([ends, middles]))
    return _Snaps(xy, np.concatenate([np.full(ends.size, -1), places]).astype(np.int64), on)


def _on(
    lines: NDArray[np.object_], tree: shapely.STRtree, shapes: NDArray[np.object_], reach: float
) -> list[list[tuple[int, float]]]:
    """Return by shape on which lines it sits and where: at the line's own end where that is in reach."""
    found: list[list[tuple[int, float]]] = [[] for _ in range(shapes.size)]
    if not shapes.size or not lines.size:
        return found
    number, line = tree.query(shapes, predicate="dwithin", distance=reach)
    hit, mine = lines[line], shapes[number]
    first = shapely.distance(shapely.get_point(hit, 0), mine) <= reach
    last = shapely.distance(shapely.get_point(hit, -1), mine) <= reach
    along = shapely.line_locate_point(hit, shapely.get_point(shapely.shortest_line(hit, mine), 0))
    for at, on, begins, ends, metre, length in zip(
        number.tolist(), line.tolist(), first, last, along.tolist(), shapely.length(hit).tolist(), strict=True
    ):
        if begins:
            found[at].append((on, 0.0))
        if ends:
            found[at].append((on, length))
        if not begins and not ends:
            found[at].append((on, metre))
    return found


def _labels(snaps: _Snaps) -> NDArray[np.int64]:
    """Return the joint of each snap: what sits at the same place of the same line is one, and so on from line to line.

    Two facilities stay apart however near: shutting one is not shutting the other.
    """
    by_line: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for number, hits in enumerate(snaps.on):
        for line, metre in hits:
            by_line[line].append((metre, number))
    pairs: list[tuple[int, int]] = []
    for marks in by_line.values():
        marks.sort()
        for (at, one), (after, other) in pairwise(marks):
            both = snaps.facility[one] >= 0 and snaps.facility[other] >= 0
            reach = FACILITY_M if max(snaps.facility[one], snaps.facility[other]) >= 0 else ENDS_M
            if after - at <= reach and not both:
                pairs.append((one, other))
    size = len(snaps.on)
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(table), dtype=np.int8), (table[:, 0], table[:, 1])), shape=(size, size))
    found: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return found


def _pieces(
    snaps: _Snaps, label: NDArray[np.int64], lines: NDArray[np.object_], owner: NDArray[np.int64]
) -> list[Piece]:
    marks: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for number, hits in enumerate(snaps.on):
        for line, metre in hits:
            marks[line].append((metre, int(label[number])))
    made = []
    for line in range(lines.size):
        for (begin, a), (end, b) in pairwise(sorted(marks[line])):
            if a != b or end - begin > FACILITY_M:  # a ring comes back to the joint where it began
                made.append(Piece(int(owner[line]), line, begin, end, a, b))
    return made
