"""Rows of the demo's network file: how a drawn pipe strays, what registers leave out, how a row is written."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipewarden.sim.rules.district import grid_of, to_lonlat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pipewarden.sim.facts import Grade, Line, Street

    Feature = dict[str, object]

_T = TypeVar("_T")
_PLACES = 7  # 1e-7 degrees are a centimetre
_WANDER_M = 0.25


def main(where: Street, line: Line, rng: np.random.Generator, *, part_m: float, vertex_m: float) -> Iterable[Feature]:
    """Yield a main in the parts that a register cuts it into, ``part_m`` long, a vertex every ``vertex_m``."""
    lo, hi = line.lo if line.lo is not None else where.lo, line.hi if line.hi is not None else where.hi
    cuts = np.linspace(lo, hi, max(2, round((hi - lo) / part_m) + 1))
    year = int(rng.integers(1998, 2023))
    for n, (a, b) in enumerate(pairwise(cuts), start=1):
        start, end = (np.array(grid_of(where, float(at), line.across_m)) for at in (a, b))
        legs = wander(start, end, rng, step=vertex_m, by=_WANDER_M)
        number, label = told_by_turns(line, n)
        yield feature(
            f"{line.key}-{n:02d}",
            "pipe",
            "LineString",
            coordinates(legs),
            pressure_mpa=number,
            pressure_class=label,
            diameter_mm=line.diameter_mm,
            material=maybe(line.material, rng, 0.9),
            depth_m=maybe(round(float(rng.uniform(0.9, 1.8)), 2), rng, 0.75),
            year=maybe(year, rng, 0.7),
            sigma_m=maybe(float(rng.choice([0.2, 0.3, 0.5])), rng, 0.85),
            street=where.name,
        )


def told_by_turns(line: Line, part: int) -> tuple[float | None, str | None]:
    """Return what the register says of the pressure: both, only the number, or only the label, by turns."""
    if part % 3 == 1 or line.mpa is None:
        return line.mpa, line.label
    return (line.mpa, None) if part % 3 == 2 else (None, line.label)  # noqa: PLR2004 - every third part, by turns


def link(
    key: str, way: Sequence[tuple[float, float] | NDArray[np.float64]], grade: Grade, rng: np.random.Generator
) -> Feature:
    """Return a pipe that joins two others; made with its station, so that its row is better kept than a main's."""
    diameter, material = grade.makes[0]
    return feature(
        key,
        "pipe",
        "LineString",
        coordinates(np.array(way)),
        pressure_mpa=grade.mpa,
        pressure_class=grade.label,
        diameter_mm=diameter,
        material=material,
        depth_m=maybe(1.4, rng, 0.8),
        year=maybe(int(rng.integers(2004, 2024)), rng, 0.8),
        sigma_m=0.3,
        street=None,
    )


def station(
    key: str, at: tuple[float, float], fence_m: float | None, grade: Grade, rng: np.random.Generator
) -> Feature:
    """Return a station as its fence, or as a point where the register has only that."""
    told = {"pressure_mpa": grade.mpa, "pressure_class": grade.label, "diameter_mm": None, "material": None}
    told |= {"depth_m": None, "year": maybe(int(rng.integers(2004, 2024)), rng, 0.7), "sigma_m": 0.2, "street": None}
    if fence_m is None:
        return feature(key, "station", "Point", rounded(to_lonlat(np.array([at])))[0], **told)
    ring = np.array(at) + fence_m * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    return feature(key, "station", "Polygon", [coordinates(ring)], **told)


def wander(
    start: NDArray[np.float64], end: NDArray[np.float64], rng: np.random.Generator, *, step: float, by: float
) -> NDArray[np.float64]:
    """Return vertices from start to end (n, 2) in grid metres; the inner ones stray sideways by up to ``by``."""
    length = float(np.hypot(*(end - start)))
    count = max(2, round(length / step) + 1)
    line = start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)
    side = np.array([-(end - start)[1], (end - start)[0]]) / length
    stray = np.clip(rng.normal(0.0, by, count), -2 * by, 2 * by) if by > 0 else np.zeros(count)
    stray[[0, -1]] = 0.0
    return np.asarray(line + stray[:, None] * side)


def coordinates(grid: NDArray[np.float64]) -> list[list[float]]:
    """Return lon, lat pairs of grid points (n, 2)."""
    return rounded(to_lonlat(grid))


def rounded(lonlat: NDArray[np.float64]) -> list[list[float]]:
    """Return lon, lat pairs as short as the file wants them."""
    return [[round(float(lon), _PLACES), round(float(lat), _PLACES)] for lon, lat in lonlat]


def maybe(value: _T, rng: np.random.Generator, chance: float) -> _T | None:
    """Return the value, or None where the register has a gap."""
    return value if rng.random() < chance else None


def feature(pipe_id: str, kind: str, shape: str, coordinates: object, **told: object) -> Feature:
    """Return one GeoJSON feature."""
    properties: Feature = {"pipe_id": pipe_id, "kind": kind, **told}
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": coordinates}}
