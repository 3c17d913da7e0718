"""The network outside the district: mains below the city's streets, regulators between them, and the blocks they feed.

Nothing here depends on the seed but how pipes stray and what the register leaves out: ids and ways stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.sim.facts import Axis
from pipewarden.sim.rules.blocks import block, cells
from pipewarden.sim.rules.city import CITY_STREETS, GRADES, REGULATORS, all_lines, grade_of, main_at
from pipewarden.sim.rules.features import link, main, station

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from pipewarden.sim.rules.city import Regulator
    from pipewarden.sim.rules.features import Feature

_PART_M = 420.0
_VERTEX_M = 140.0
_FENCE_M = 8.0
_GATE_FENCE_M = 18.0
_DISTRICT_FEED = "MB-GUANGYANG"


def city_features(rng: np.random.Generator, district_boxes: Sequence[tuple[str, float, float]]) -> list[Feature]:
    """Return all rows outside the district, and what joins its six boxes (name, grid x, y) to their main."""
    rows = [
        part
        for where in CITY_STREETS
        for line in where.lines
        for part in main(where, line, rng, part_m=_PART_M, vertex_m=_VERTEX_M)
    ]
    rows += _gates(rng)
    rows += [row for one in REGULATORS for row in _regulator(one, rng)]
    rows += [_district_feed(name, x, y, rng) for name, x, y in district_boxes]
    taken = [(x, y) for _, x, y in district_boxes]
    rows += [row for cell in cells() if not any(cell.holds(*place) for place in taken) for row in block(cell, rng)]
    return rows


def _gates(rng: np.random.Generator) -> list[Feature]:
    """The second gate station, both gates' links to the ring, and the feed of the district's governor station."""
    high_a, high_b = GRADES["HP-A"], GRADES["HP-B"]
    return [
        station("GATE-02", (-3640.0, 260.0), _GATE_FENCE_M, high_a, rng),
        link("HP-A-LINK-01", [(1030.0, 690.0), (1005.0, 690.0)], high_a, rng),
        link("HP-A-LINK-02", [(-3625.0, 260.0), (-3605.0, 260.0)], high_a, rng),
        link("HP-B-LINK-02", [(528.0, 652.5), (528.0, 260.0), (514.0, 246.0)], high_b, rng),
    ]


def _regulator(told: Regulator, rng: np.random.Generator) -> list[Feature]:
    north_first = all_lines()[told.upper][0].axis is Axis.NORTH
    x, y = (main_at(key) for key in ((told.upper, told.lower) if north_first else (told.lower, told.upper)))
    here = (x + told.corner[0], y + told.corner[1])
    north, east = (x, here[1]), (here[0], y)  # feet of the links on the main that runs north, on the one that runs east
    into, out = (north, east) if north_first else (east, north)
    up, down = grade_of(told.upper), grade_of(told.lower)
    return [
        station(told.key, here, _FENCE_M if told.fenced else None, up, rng),
        link(f"{told.key}-IN", [into, here], up, rng),
        link(f"{told.key}-OUT", [here, out], down, rng),
    ]


def _district_feed(name: str, x: float, y: float, rng: np.random.Generator) -> Feature:
    """The service pipe of a district box, led between its low-pressure pipes to the main of 广阳道."""
    foot = main_at(_DISTRICT_FEED)
    side = 20.0 if y < foot else -20.0
    return link(f"FEED{name}", [(x, y), (x + 20.0, y + side), (x + 20.0, foot)], GRADES["MB"], rng)
