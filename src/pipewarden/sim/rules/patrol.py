"""The operator's own patrol: what the platform is compared with, because works it would have met need no platform.

How often is what domain.md 3.7 saw of a Chinese operator (安庆): twice a day along every main of medium pressure and
above, once a week along low pressure. The rest is invented and kind to the patrol: it sees all works within ``SIGHT_M``
of the pipe that are under way when it comes by, never rests, and rides straight from one pipe to the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import shape

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim.rules.zones import class_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from pipewarden.sim.facts import TrueWork

SIGHT_M = 30.0
SPEED_MPS = 12 / 3.6  # an electric bicycle that looks about
CREWS = 4  # one for each district of the demo city
ROUNDS_S = (3600.0, 7 * 3600.0)  # 08:00 and 14:00, seconds after the day's start at 07:00
STEP_M = 10.0
A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Passing:
    """Where one crew is when: (n, 2) metres in ``frame`` and (n,) seconds after the day's start."""

    frame: LocalFrame
    places: NDArray[np.float64]
    seconds: NDArray[np.float64]


def patrol(network: Mapping[str, Any], seed: int) -> list[Passing]:
    """Return one day's rounds of every crew; the seed draws where each begins, which way round, and the weekday.

    Args:
        network: the demo's GeoJSON (``network_geojson``), WGS-84 lon/lat.
        seed: of the day.
    """
    rng = np.random.default_rng([seed, 41])
    lines = [one for one in network["features"] if one["geometry"]["type"] == "LineString"]
    frame = LocalFrame(*_middle(lines))
    mains = [_metres(one, frame) for one in lines if class_of(one["properties"]) != "low"]
    low = [_metres(one, frame) for one in lines if class_of(one["properties"]) == "low"]
    rides = [(beat, begins) for beat in _beats(mains, CREWS) for begins in ROUNDS_S]
    rides.append((_beats(low, A_WEEK)[int(rng.integers(A_WEEK))], ROUNDS_S[0]))
    return [_ridden(frame, _tour(beat, rng), begins) for beat, begins in rides]


def met(works: Iterable[TrueWork], rounds: Sequence[Passing]) -> dict[str, float]:
    """Return when the patrol first comes upon each of the works, seconds of the day; left out where never."""
    found = {}
    for one in works:
        times = []
        for crew in rounds:
            here = crew.frame.to_metres(np.array([[one.lon, one.lat]]))[0]
            there = np.hypot(*(crew.places - here).T) <= SIGHT_M
            under_way = (crew.seconds >= one.start_s) & (crew.seconds <= one.end_s)
            times += crew.seconds[there & under_way][:1].tolist()
        if times:
            found[one.key] = min(times)
    return found


def _middle(lines: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    west, south, east, north = shapely.total_bounds([shape(one["geometry"]) for one in lines])
    return float(west + east) / 2, float(south + north) / 2


def _metres(row: Mapping[str, Any], frame: LocalFrame) -> NDArray[np.float64]:
    return frame.to_metres(np.array(row["geometry"]["coordinates"], dtype=np.float64)[:, :2])


def _beats(lines: Sequence[NDArray[np.float64]], parts: int) -> list[list[NDArray[np.float64]]]:
    """Return the lines in so many parts of a like number, each a sector around the middle of all."""
    around = sorted(lines, key=lambda one: math.atan2(*one.mean(axis=0)[::-1]))
    cuts = [len(around) * part // parts for part in range(parts + 1)]
    return [around[low:high] for low, high in pairwise(cuts)]


def _tour(lines: Sequence[NDArray[np.float64]], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the corners of a ride along every line: from one drawn by chance always on to the nearest end."""
    left = list(lines)
    way = [left.pop(int(rng.integers(len(left))))]
    while left:
        ends = np.array([(one[0], one[-1]) for one in left]) - way[-1][-1]
        nearest, end = divmod(int(np.hypot(ends[..., 0], ends[..., 1]).argmin()), 2)
        line = left.pop(nearest)
        way.append(line[::-1] if end else line)
    return np.vstack(way)


def _ridden(frame: LocalFrame, corners: NDArray[np.float64], begins: float) -> Passing:
    legs = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(legs)])
    driven = np.arange(0.0, along[-1], STEP_M)
    places = np.column_stack([np.interp(driven, along, corners[:, axis]) for axis in (0, 1)])
    return Passing(frame, places, begins + driven / SPEED_MPS)
