"""The demo's gas network, from one seed: the district below the cameras here, the city around it from ``grow``.

What is missing follows what registers lack in life: year and depth first, then material, then accuracy; some pipes
tell only a label or only a number, and a few old mains tell no pressure at all, so that the strictest reading is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipewarden.sim.rules.city import street
from pipewarden.sim.rules.district import STREETS, grid_of, to_lonlat
from pipewarden.sim.rules.features import coordinates, feature, main, maybe, rounded, wander
from pipewarden.sim.rules.grow import city_features

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.sim.rules.features import Feature

SEED = 20261120
_PART_M = 220.0  # a register cuts its mains at valves
_VERTEX_M = 55.0
_NOTE = "Invented network of a demo city (虚构的演示管网); it stands for no real pipe."
_BLOCKS_X = (-675.0, -225.0, 225.0)
_BLOCKS_Y = (-480.0, -30.0)


def network_geojson(seed: int = SEED) -> dict[str, object]:
    """Return the demo network as GeoJSON, WGS-84 lon/lat.

    Columns: pipe_id, kind (pipe or station), pressure_mpa, pressure_class, diameter_mm, material, depth_m, year,
    sigma_m (one sigma of the drawn position, metres), street. A missing value is null.
    """
    rng = np.random.default_rng(seed)
    features = [
        part
        for where in STREETS
        for line in where.lines
        for part in main(where, line, rng, part_m=_PART_M, vertex_m=_VERTEX_M)
    ]
    features += _links(rng)
    features += [low for x in _BLOCKS_X for y in _BLOCKS_Y for low in _block(x, y, rng)]
    features += _stations()
    boxes = [(_block_name(x, y), x, y) for x in _BLOCKS_X for y in _BLOCKS_Y]
    features += city_features(np.random.default_rng([seed, 23]), boxes)
    return {"type": "FeatureCollection", "name": "demo-network", "note": _NOTE, "features": features}


def long_distance_geojson(seed: int = SEED) -> dict[str, object]:
    """Return one long-distance pipeline east of the district as GeoJSON, WGS-84 lon/lat; same columns."""
    rng = np.random.default_rng([seed, 7])
    grid = np.array([[1750.0, -2600.0], [1690.0, -900.0], [1820.0, 300.0], [1760.0, 1500.0], [1900.0, 2700.0]])
    rows = []
    for part in range(len(grid) - 1):
        legs = wander(grid[part], grid[part + 1], rng, step=400.0, by=2.0)
        rows.append(
            feature(
                f"LD-{part + 1:02d}",
                "pipe",
                "LineString",
                coordinates(legs),
                pressure_mpa=10.0,
                pressure_class="超高压",
                diameter_mm=1016,
                material="L485 钢",
                depth_m=1.8,
                year=2013,
                sigma_m=1.0,
                street="长输管道 (虚构)",
            )
        )
    return {"type": "FeatureCollection", "name": "demo-longdistance", "note": _NOTE, "features": rows}


def _links(rng: np.random.Generator) -> list[Feature]:
    """Short links between the gate station, the ring and the governors."""
    gate, corner = np.array([1030.0, 672.0]), np.array([1003.0, 652.5])
    feed, governor = np.array(grid_of(street("ew-guangming"), 450.0, 3.0)), np.array([505.0, 235.0])
    out = []
    for key, a, b, mpa, label, dn in (
        ("HP-LINK-01", gate, corner, 2.5, "高压B", 400),
        ("SH-LINK-01", governor, feed, 0.8, "次高压B", 300),
    ):
        legs = wander(a, b, rng, step=_VERTEX_M, by=0.0)
        out.append(
            feature(
                key,
                "pipe",
                "LineString",
                coordinates(legs),
                pressure_mpa=mpa,
                pressure_class=label,
                diameter_mm=dn,
                material="L360 钢",
                depth_m=1.6,
                year=2016,
                sigma_m=0.2,
                street=None,
            )
        )
    return out


def _block(x: float, y: float, rng: np.random.Generator) -> Iterable[Feature]:
    """One housing block: a regulator box and the low-pressure pipes behind it."""
    name = _block_name(x, y)
    box = np.array([x, y])
    lon, lat = to_lonlat(box)[0].tolist()
    told: dict[str, object] = {"pressure_mpa": 0.2, "pressure_class": "中压B", "diameter_mm": None, "material": None}
    told |= {"depth_m": None, "year": maybe(int(rng.integers(2000, 2024)), rng, 0.6), "sigma_m": 0.3, "street": None}
    yield feature(f"RB{name}", "station", "Point", rounded(np.array([[lon, lat]]))[0], **told)
    for n, (dx, dy) in enumerate(((70.0, 0.0), (-70.0, 0.0), (0.0, 60.0), (0.0, -60.0)), start=1):
        legs = wander(box, box + np.array([dx, dy]), rng, step=30.0, by=0.4)
        yield feature(
            f"LP{name}-{n}",
            "pipe",
            "LineString",
            coordinates(legs),
            pressure_mpa=maybe(0.003, rng, 0.7),
            pressure_class=maybe("低压", rng, 0.95),
            diameter_mm=int(rng.choice([63, 90, 110])),
            material=maybe("PE80", rng, 0.8),
            depth_m=maybe(round(float(rng.uniform(0.6, 1.1)), 2), rng, 0.6),
            year=maybe(int(rng.integers(1995, 2022)), rng, 0.6),
            sigma_m=maybe(float(rng.choice([0.5, 1.0, 2.0])), rng, 0.8),
            street=None,
        )


def _block_name(x: float, y: float) -> str:
    return f"{int(x)}{int(y):+d}"


def _stations() -> list[Feature]:
    """The gate station and the governor station, as fenced polygons."""
    out = []
    for key, x, y, half, mpa, label in (
        ("GATE-01", 1045.0, 690.0, 18.0, 3.5, "高压A"),
        ("GOV-01", 512.0, 242.0, 8.0, 0.8, "次高压B"),
    ):
        ring = np.array([[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]])
        corners = coordinates(np.vstack([ring, ring[:1]]))
        out.append(
            feature(
                key,
                "station",
                "Polygon",
                [corners],
                pressure_mpa=mpa,
                pressure_class=label,
                diameter_mm=None,
                material=None,
                depth_m=None,
                year=2016,
                sigma_m=0.2,
                street=None,
            )
        )
    return out
