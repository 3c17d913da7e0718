"""Which valves and stations to shut so that no gas reaches a break, and who is without gas then.

The fewest that part every source from the break, a station counting as four valves, the nearest to the break where that
leaves a choice: a minimum cut (Ford and Fulkerson 1956; found by scipy's maximum flow).

Gas goes through a station from its highest pressure down, never up.
A valve parts two lines; where it stands at a branch the map does not say which of the three it shuts, so it counts for
nothing. A station shuts the lines that end there, not one that only passes.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from pipewarden.network.facts import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from pipewarden.network.rules.connect import Joined, Piece

_ALL = 1_000_000  # a way that nothing shuts; more than any network has facilities
_STATION = 4  # to shut a station takes gas from all behind it: it counts as this many valves
_SAME_M = 3.0  # pipes this much farther than the nearest cannot be told from it
_BRANCH = 2  # a valve at more ends than this stands at a branch


@dataclass(frozen=True, slots=True)
class Hit:
    """Where the network is broken: a piece, and how far from the place that was told."""

    piece: int
    distance_m: float


@dataclass(frozen=True, slots=True)
class Cut:
    """What is shut and what is without gas then, as places in the network's ``pipes`` and ``pieces``.

    Attributes:
        close: places in ``pipes``; empty where nothing on the map is joined with the break.
        sourced: whether the map knows where gas comes from; without, ``close`` shuts the section on every side.
        dry: places in ``pieces``, the broken one included.
        dry_stations: places in ``pipes``.
        ends: joints without gas from which nothing leads on.
        branch_valves: how many valves at branches were passed over.
    """

    close: tuple[int, ...]
    sourced: bool
    dry: tuple[int, ...]
    dry_stations: tuple[int, ...]
    ends: int
    branch_valves: int


def nearest(joined: Joined, lonlat: tuple[float, float], within_m: float) -> list[Hit]:
    """Return the pieces of different pipes near a place, the nearest first; those after it within 3 m of its distance.

    Args:
        joined: the network.
        lonlat: degrees WGS-84.
        within_m: no farther than this.
    """
    spot = shapely.Point(joined.frame.to_metres(np.array([lonlat], dtype=np.float64))[0])
    lines = joined.tree.query(spot, predicate="dwithin", distance=within_m) if joined.lines.size else []
    far = {int(line): float(joined.lines[line].distance(spot)) for line in lines}
    if not far:
        return []
    most = min(far.values()) + _SAME_M
    hits: dict[int, tuple[float, float, int]] = {}  # within one joint is no piece: the next on that line is hit
    for number, piece in enumerate(joined.pieces):
        off = far.get(piece.line)
        if off is None or off > most:
            continue
        along = float(joined.lines[piece.line].project(spot))
        here = (off, max(piece.begin - along, along - piece.end, 0.0), number)
        hits[piece.pipe] = min(here, hits.get(piece.pipe, here))
    return [Hit(number, off) for off, _, number in sorted(hits.values())]


@dataclass(slots=True)
class _Graph:
    """Arcs that gas may take. Each joint has its own node, a facility two more: what comes in, what goes out."""

    joined: Joined
    size: int
    arcs: list[tuple[int, int, int]] = field(default_factory=list)
    inner: dict[int, tuple[int, int]] = field(default_factory=dict)  # by joint: in, out
    station: set[int] = field(default_factory=set)  # joints
    branch_valves: int = 0

    def node(self) -> int:
        """Return a new node."""
        self.size += 1
        return self.size - 1

    def matrix(self, without: Collection[int] = ()) -> csr_array:
        """Return the capacities, with some joints shut."""
        shut = {self.inner[joint] for joint in without}
        kept = np.array([one for one in self.arcs if (one[0], one[1]) not in shut], dtype=np.int64).reshape(-1, 3)
        made = coo_array((kept[:, 2].astype(np.int32), (kept[:, 0], kept[:, 1])), shape=(self.size, self.size)).tocsr()
        made.data = np.minimum(made.data, _ALL).astype(np.int32)
        made.indices, made.indptr = made.indices.astype(np.int32), made.indptr.astype(np.int32)
        return made


def cut(joined: Joined, broken: int) -> Cut:
    """Return how the piece ``broken`` is cut off.

    Args:
        joined: the network.
        broken: its place in ``joined.pieces``.
    """
    here = _reach(joined, broken)
    graph = _graph(joined, here)
    source, sink = graph.node(), graph.node()
    sources = _sources(joined, graph, here)
    for joint in sources:
        graph.arcs.append((source, graph.inner[joint][0], _ALL))
    _flows(joined, graph, here, broken, sink)
    shut = _fewest(graph, source, sink) if sources else []
    sourced = bool(shut)
    if shut:
        before = _wet(graph.matrix(), source)
        after = _wet(graph.matrix(shut), source)
        dry = [n for n in here if n == broken or (_fed(graph, joined, n, before) and not _fed(graph, joined, n, after))]
    else:  # no source is known, or none that the map joins with the break: shut it off on every side
        shut, dry = _section(joined, graph, here, broken)
    close = tuple(place for joint in shut for place in joined.facilities[joint])
    return Cut(
        close=close,
        sourced=sourced,
        dry=tuple(sorted(dry)),
        dry_stations=_dry_stations(joined, graph, here, dry, close),
        ends=_ends(joined, dry),
        branch_valves=graph.branch_valves,
    )


def _reach(joined: Joined, broken: int) -> list[int]:
    """Return the pieces that hang together with one, whatever is open or shut."""
    at: defaultdict[int, list[int]] = defaultdict(list)
    for number, piece in enumerate(joined.pieces):
        at[piece.a].append(number)
        at[piece.b].append(number)
    seen, waiting = {broken}, deque([broken])
    while waiting:
        piece = joined.pieces[waiting.popleft()]
        for joint in (piece.a, piece.b):
            for number in at.pop(joint, ()):
                if number not in seen:
                    seen.add(number)
                    waiting.append(number)
    return sorted(seen)


def _graph(joined: Joined, here: Iterable[int]) -> _Graph:
    graph = _Graph(joined, joined.joints)
    degree: Counter[int] = Counter()
    for number in here:
        degree.update((joined.pieces[number].a, joined.pieces[number].b))
    for joint in degree:
        found = joined.facilities.get(joint, ())
        if any(joined.pipes[one].kind is Kind.STATION for one in found):
            graph.station.add(joint)
        elif found and degree[joint] > _BRANCH:
            graph.branch_valves += len(found)
            continue
        if found:
            graph.inner[joint] = (graph.node(), graph.node())
            graph.arcs.append((*graph.inner[joint], _STATION if joint in graph.station else 1))
    return graph


def _ends_there(joined: Joined, piece: Piece, joint: int) -> bool:
    first = piece.a == joint and piece.begin <= 0.0
    return first or (piece.b == joint and piece.end >= float(joined.lines[piece.line].length))


def _tops(joined: Joined, graph: _Graph, here: Iterable[int]) -> dict[int, set[int | None]]:
    """Return by station joint which ranks of pressure meet there."""
    met: defaultdict[int, set[int | None]] = defaultdict(set)
    for number in here:
        piece = joined.pieces[number]
        for joint in {piece.a, piece.b} & graph.station:
            met[joint].add(joined.rank(piece))
    return met


def _sources(joined: Joined, graph: _Graph, here: Iterable[int]) -> list[int]:
    """Return the stations that may be where gas comes from: all but those that are seen to be fed from above.

    A station on pipes of one pressure only may feed them or be fed; it counts as a source, because that is safe.
    """
    met = _tops(joined, graph, here)
    sources = [joint for joint in sorted(met) if None in met[joint] or len(met[joint]) == 1]
    return sources or sorted(met)


def _flows(joined: Joined, graph: _Graph, here: Iterable[int], broken: int, sink: int) -> None:
    """Add every way of gas along pieces, and from the broken one's ends out."""
    met = _tops(joined, graph, here)
    for joint in graph.station:
        into, out = graph.inner[joint]
        graph.arcs += [(joint, into, _ALL), (out, joint, _ALL)]
    for number in here:
        piece = joined.pieces[number]
        leaves = {}
        enters: dict[int, int | None] = {}
        for joint in (piece.a, piece.b):
            into, out = graph.inner.get(joint, (joint, joint))
            if joint in graph.station and not _ends_there(joined, piece, joint):
                into = out = joint
            rank = joined.rank(piece)
            known = [one for one in met.get(joint, ()) if one is not None]
            lower = joint in graph.station and rank is not None and None not in met[joint] and rank < max(known)
            leaves[joint] = out
            enters[joint] = None if lower and into != joint else into
        if number == broken:
            graph.arcs += [(leaves[joint], sink, _ALL) for joint in leaves]
        for here_, there in ((piece.a, piece.b), (piece.b, piece.a)):
            into_there = enters[there]
            if into_there is not None:
                graph.arcs.append((leaves[here_], into_there, _ALL))


def _fewest(graph: _Graph, source: int, sink: int) -> list[int]:
    """Return the joints of the minimum cut that lies nearest to the break."""
    capacity = graph.matrix()
    rest = (capacity - maximum_flow(capacity, source, sink).flow).tocsr()
    rest.data[rest.data < 0] = 0
    rest.eliminate_zeros()
    back = rest.T.tocsr()
    reaches = np.zeros(graph.size, dtype=np.bool_)
    reaches[breadth_first_order(back, sink, directed=True, return_predecessors=False)] = True
    return [joint for joint, (into, out) in sorted(graph.inner.items()) if reaches[out] and not reaches[into]]


def _wet(capacity: csr_array, source: int) -> NDArray[np.bool_]:
    wet = np.zeros(capacity.shape[0], dtype=np.bool_)
    wet[breadth_first_order(capacity, source, directed=True, return_predecessors=False)] = True
    return wet


def _fed(graph: _Graph, joined: Joined, number: int, wet: NDArray[np.bool_]) -> bool:
    """Return whether gas comes into a piece from either end."""
    piece = joined.pieces[number]
    for joint in (piece.a, piece.b):
        inner = graph.inner.get(joint)
        through = inner is None or (joint in graph.station and not _ends_there(joined, piece, joint))
        if wet[joint if through or inner is None else inner[1]]:
            return True
    return False


def _section(joined: Joined, graph: _Graph, here: Iterable[int], broken: int) -> tuple[list[int], list[int]]:
    """Return the joints that close the section around the break on every side, and its pieces."""
    at: defaultdict[int, list[int]] = defaultdict(list)
    for number in here:
        at[joined.pieces[number].a].append(number)
        at[joined.pieces[number].b].append(number)
    shut: set[int] = set()
    seen, waiting = {broken}, deque([broken])
    while waiting:
        piece = joined.pieces[waiting.popleft()]
        for joint in (piece.a, piece.b):
            if joint in graph.inner:
                shut.add(joint)
                continue
            for number in at[joint]:
                if number not in seen:
                    seen.add(number)
                    waiting.append(number)
    return sorted(shut), sorted(seen)


def _dry_stations(
    joined: Joined, graph: _Graph, here: Iterable[int], dry: Collection[int], close: Collection[int]
) -> tuple[int, ...]:
    """Return the stations all of whose pipes are without gas, and that are not shut themselves."""
    lost, left = set(dry), set()
    touched: set[int] = set()
    for number in here:
        joints = {joined.pieces[number].a, joined.pieces[number].b} & graph.station
        touched |= joints if number in lost else set()
        left |= set() if number in lost else joints
    found = {place for joint in touched - left for place in joined.facilities[joint]}
    return tuple(sorted(found - set(close)))


def _ends(joined: Joined, dry: Iterable[int]) -> int:
    """Return how many joints of the dry pieces have one piece only and nothing that stands there."""
    degree: Counter[int] = Counter()
    for piece in joined.pieces:
        degree.update((piece.a, piece.b))
    return sum(
        degree[joint] == 1 and joint not in joined.facilities
        for number in dry
        for joint in (joined.pieces[number].a, joined.pieces[number].b)
    )


def near_facilities(joined: Joined, lonlat: tuple[float, float], most: int) -> list[int]:
    """Return the places in ``pipes`` of the valves and stations nearest to a place, the nearest first."""
    east, north = joined.frame.to_metres(np.array([lonlat], dtype=np.float64))[0]
    by_far = sorted(joined.points.items(), key=lambda one: (one[1][0] - east) ** 2 + (one[1][1] - north) ** 2)
    return [place for place, _ in by_far[:most]]


def lines_of(joined: Joined, numbers: Iterable[int]) -> list[list[tuple[float, float]]]:
    """Return pieces as (lon, lat) lines, degrees WGS-84."""
    found = []
    for number in numbers:
        piece = joined.pieces[number]
        line = shapely.ops.substring(joined.lines[piece.line], piece.begin, piece.end)
        lonlat = joined.frame.to_lonlat(shapely.get_coordinates(line))
        found.append([(float(x), float(y)) for x, y in lonlat])
    return found
