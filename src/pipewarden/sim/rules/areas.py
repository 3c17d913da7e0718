"""The demo's invented areas: city, four districts and their beats, cut from one lattice so that no seam gapes.

They are an operator's working areas (片区, 网格), no administrative divisions: the demo draws no real border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import Polygon
from shapely.ops import unary_union

from pipewarden.sim.facts import DemoArea, DemoCompound
from pipewarden.sim.rules.blocks import cells
from pipewarden.sim.rules.district import to_lonlat

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

JURISDICTION = "CN-HE-langfang"
CITY = "demo-city"
# grid metres; between streets, so that no main runs along a border
_X = (-4050.0, -2925.0, -2025.0, -1125.0, -225.0, 725.0, 2100.0)
_Y = (-2700.0, -1375.0, -475.0, 425.0, 1325.0, 2800.0)
_DISTRICTS = (  # key, name, columns, rows of the lattice
    ("west", "西片区", range(2), range(5)),
    ("south", "南片区", range(2, 6), range(2)),
    ("middle", "中片区", range(2, 6), range(2, 4)),
    ("north", "北片区", range(2, 6), range(4, 5)),
)
_PLACES = 7
_GATE_M = 35.0  # from the middle of a street to a compound's wall


def city_areas() -> tuple[DemoArea, ...]:
    """Return the area tree, parents first: the city, its districts, their beats; siblings share borders exactly."""
    districts: list[DemoArea] = []
    beats: list[DemoArea] = []
    for key, name, columns, rows in _DISTRICTS:
        cells = [_cell(column, row) for row in rows for column in columns]
        districts.append(DemoArea(key, f"{name} (虚构)", CITY, _ring(unary_union(cells)), None))
        beats += [
            DemoArea(f"{key}-{n:02d}", f"{name} {n} 号网格 (虚构)", key, _ring(cell), None)
            for n, cell in enumerate(cells, start=1)
        ]
    whole = unary_union([Polygon(one.polygon) for one in districts])
    city = DemoArea(CITY, "示范城区 (虚构)", None, _ring(whole), JURISDICTION)
    return (city, *districts, *beats)


def city_compounds() -> tuple[DemoCompound, ...]:
    """Return the housing between the streets, each block one compound behind its gate, clear of the street's works."""
    found = []
    for cell in cells():
        (west, east), (south, north) = cell.x, cell.y
        if min(east - west, north - south) <= 2 * _GATE_M:
            continue
        low, high = np.array([west, south]) + _GATE_M, np.array([east, north]) - _GATE_M
        corners = to_lonlat(np.array([low, [high[0], low[1]], high, [low[0], high[1]]]))
        ring = _ring(Polygon(corners.round(_PLACES)))
        found.append(DemoCompound(f"xq-{cell.key}", f"小区 {cell.key} (虚构)", ring))
    return tuple(found)


def _cell(column: int, row: int) -> Polygon:
    (west, east), (south, north) = _X[column : column + 2], _Y[row : row + 2]
    corners = to_lonlat(np.array([[west, south], [east, south], [east, north], [west, north]]))
    return Polygon(corners.round(_PLACES))


def _ring(shape: BaseGeometry) -> tuple[tuple[float, float], ...]:
    return tuple((float(lon), float(lat)) for lon, lat in shape.exterior.coords)
