"""Housing blocks: which main feeds a block, where its box (调压箱) stands, and the low-pressure pipes behind it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.sim.facts import Axis
from pipewarden.sim.rules.city import all_lines, all_streets, grade_of, main_at
from pipewarden.sim.rules.features import coordinates, feature, link, maybe, station, wander

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from pipewarden.sim.rules.features import Feature

    Floats = NDArray[np.float64]

_BESIDE_M = 20.0  # a main this near a block's edge runs along it,
_COVERS_M = 90.0  # if it reaches this far to both sides of the edge's middle
_CLEAR_M = 75.0  # no low-pressure pipe comes nearer to the street on the far side
_BRANCHES = ((0.3, 0.62, 0.96), (0.4, 0.9))  # how far along the stem the cross pipes lie
_NO_HOUSING = frozenset({"0905"})  # the governor station's, which a high-pressure link crosses


@dataclass(frozen=True, slots=True)
class Cell:
    """What lies between four streets, grid metres; ``key`` counts columns from the west, then rows from the south."""

    key: str
    x: tuple[float, float]
    y: tuple[float, float]

    def holds(self, x: float, y: float) -> bool:
        """Whether a grid point lies in it."""
        return self.x[0] < x < self.x[1] and self.y[0] < y < self.y[1]


@dataclass(frozen=True, slots=True)
class _Edge:
    """The side of a cell from which it is fed: a point on the main, and unit vectors into the cell and along it."""

    main: str
    foot: Floats
    inward: Floats
    along: Floats
    depth_m: float
    width_m: float

    def spot(self, deep: float, along: float) -> Floats:
        return np.asarray(self.foot + deep * self.inward + along * self.along)


def cells() -> list[Cell]:
    """Return the cells that people live in: not the parks and works, one in eleven, which burn no gas here."""
    xs = sorted({where.at for where in all_streets() if where.axis is Axis.NORTH})
    ys = sorted({where.at for where in all_streets() if where.axis is Axis.EAST})
    return [
        Cell(f"{i:02d}{j:02d}", x, y)
        for i, x in enumerate(pairwise(xs))
        for j, y in enumerate(pairwise(ys))
        if (7 * i + 3 * j) % 11 and f"{i:02d}{j:02d}" not in _NO_HOUSING
    ]


def block(cell: Cell, rng: np.random.Generator) -> Iterable[Feature]:
    """Yield a block's box, its service pipe and its low-pressure pipes; nothing where no medium main passes."""
    edges = list(_edges(cell))
    if not edges:
        return
    edge = edges[int(cell.key) % len(edges)]
    grade = grade_of(edge.main)
    shift, deep = float(rng.uniform(-40, 40)), float(rng.uniform(42, 68))
    box = edge.spot(deep, shift)
    yield station(f"RB{cell.key}", (float(box[0]), float(box[1])), None, grade, rng)
    yield link(f"FEED{cell.key}", [edge.spot(0.0, shift), box], grade, rng)
    stem = min(edge.depth_m - deep - _CLEAR_M, 250.0)
    half = min(edge.width_m / 2 - 40.0 - _CLEAR_M, 106.0)
    ways = [(box, edge.spot(deep + stem, shift))]
    for part in _BRANCHES[int(cell.key) % 2]:
        left, right = half * rng.uniform(0.6, 1.0, 2)
        ways.append((edge.spot(deep + part * stem, shift - left), edge.spot(deep + part * stem, shift + right)))
    for n, (start, end) in enumerate(ways, start=1):
        yield _low(f"LP{cell.key}-{n}", start, end, rng)


def _edges(cell: Cell) -> Iterable[_Edge]:
    """The sides along which a medium-pressure main runs."""
    middle = np.array([sum(cell.x) / 2, sum(cell.y) / 2])
    for key, (where, line) in all_lines().items():
        if not key.startswith(("MA-", "MB-")):
            continue
        across, along = (0, 1) if where.axis is Axis.NORTH else (1, 0)
        low, high = (cell.x, cell.y)[across]
        reach = middle[along] + np.array([-_COVERS_M, _COVERS_M])
        if line.lo is None or line.hi is None or not (line.lo <= reach[0] and reach[1] <= line.hi):
            continue
        at = main_at(key)
        for side, sign in ((low, 1.0), (high, -1.0)):
            if abs(at - side) < _BESIDE_M:
                foot, inward = middle.copy(), np.zeros(2)
                foot[across], inward[across] = at, sign
                yield _Edge(key, foot, inward, np.abs(inward[::-1]), high - low, float(np.ptp((cell.x, cell.y)[along])))


def _low(key: str, start: Floats, end: Floats, rng: np.random.Generator) -> Feature:
    number, label = maybe(0.003, rng, 0.7), maybe("低压", rng, 0.95)
    return feature(
        key,
        "pipe",
        "LineString",
        coordinates(wander(start, end, rng, step=90.0, by=0.4)),
        pressure_mpa=number,
        pressure_class=label if number is not None else "低压",
        diameter_mm=int(rng.choice([63, 90, 110])),
        material=maybe("PE80", rng, 0.8),
        depth_m=maybe(round(float(rng.uniform(0.6, 1.1)), 2), rng, 0.6),
        year=maybe(int(rng.integers(1995, 2022)), rng, 0.6),
        sigma_m=maybe(float(rng.choice([0.5, 1.0, 2.0])), rng, 0.8),
        street=None,
    )
