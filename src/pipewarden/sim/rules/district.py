"""The middle of the demo city: a street grid in Langfang (廊坊) whose names sound right and whose pipes are invented.

Grid metres: x east, y north before the whole grid is turned by ``GRID_TURN_DEG`` clockwise, as city grids are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim.facts import Axis, Line, Street

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORIGIN = (116.7000, 39.5300)
GRID_TURN_DEG = 3.5
_FRAME = LocalFrame(*ORIGIN)


def _north(key: str, name: str, at: float, width_m: float, *lines: Line) -> Street:
    return Street(key, name, Axis.NORTH, at, -900, 850, width_m, lines)


def _east(key: str, name: str, at: float, width_m: float, *lines: Line) -> Street:
    return Street(key, name, Axis.EAST, at, -900, 1000, width_m, lines)


# One street each for the classes that matter most, so that a camera on it meets one class and not three.
STREETS: tuple[Street, ...] = (
    _north("ns-west", "西环路", -900, 15, Line("SH-A-WEST", -4.0, 1.6, "次高压A", 400, "L290 钢")),
    _north("ns-yinhe", "银河北路", -450, 14, Line("MA-YINHE", 3.5, 0.4, "中压A", 315, "PE100")),
    _north("ns-xinhua", "新华路", 0, 15, Line("MA-XINHUA", -5.0, 0.4, "中压A", 250, "PE100")),
    _north("ns-heping", "和平路", 450, 10, Line("MB-HEPING", 2.5, None, "中压B", 200, "PE80")),
    _north("ns-east", "东环路", 1000, 16, Line("HP-A-EAST", 5.0, 3.5, "高压A", 500, "L415 钢")),
    _east("ew-nanlong", "南龙道", -700, 10, Line("LP-NANLONG", 4.0, 0.005, "低压", 160, "PE80")),
    _east("ew-guangyang", "广阳道", -250, 14, Line("MB-GUANGYANG", -3.0, 0.2, "中压B", 200, "PE80")),
    _east("ew-guangming", "光明西道", 200, 14, Line("SH-B-GUANGMING", 3.0, 0.8, "次高压B", 300, "20# 钢", hi=450)),
    _east(
        "ew-aimin",
        "爱民西道",
        650,
        10,
        Line("HP-B-AIMIN", -2.5, 2.5, "高压B", 400, "L360 钢", lo=450, hi=1003),
        Line("UNK-AIMIN", 2.0, None, None, 150, "铸铁", hi=-600),
    ),
)


def to_lonlat(grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return lon, lat (degrees WGS-84) of grid points (n, 2) in metres."""
    points = np.asarray(grid, dtype=np.float64).reshape(-1, 2)
    turn = math.radians(GRID_TURN_DEG)
    east = points[:, 0] * math.cos(turn) + points[:, 1] * math.sin(turn)
    north = -points[:, 0] * math.sin(turn) + points[:, 1] * math.cos(turn)
    return _FRAME.to_lonlat(np.column_stack([east, north]))


def grid_of(where: Street, along: float, across: float) -> tuple[float, float]:
    """Return grid x, y of a point ``along`` a street (grid metres) and ``across`` to the right of its direction."""
    return (where.at + across, along) if where.axis is Axis.NORTH else (along, where.at - across)


def on_street(where: Street, along: float, across: float) -> tuple[float, float]:
    """Return lon, lat of a point on a street; see ``grid_of``."""
    lon, lat = to_lonlat(np.array([grid_of(where, along, across)]))[0]
    return float(lon), float(lat)


def heading_of(where: Street) -> float:
    """Return the true heading of the street's direction, degrees clockwise from north."""
    return GRID_TURN_DEG + (0.0 if where.axis is Axis.NORTH else 90.0)
