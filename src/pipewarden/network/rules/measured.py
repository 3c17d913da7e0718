"""A measured pipe against the map: how far off, whether both errors explain it, whether a map agrees with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.geo import near_frame
from pipewarden.network.facts.proposal import ProposalKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.network.facts import Pipe
    from pipewarden.network.facts.proposal import Measured

SURE = 2.0  # 95 % of a normal error lies within two sigma


@dataclass(frozen=True, slots=True)
class Compared:
    """One measurement against the parts of its pipe; the names are those of ``Proposal``."""

    map_m: float | None
    off_m: float | None
    within_m: float | None
    map_error: bool
    agrees: bool


def compare(measured: Measured, parts: Sequence[Pipe], sigma_m: float, *, mapped: bool) -> Compared:
    """Return how a measurement lies to the map.

    Args:
        measured: what was measured.
        parts: every row of its pipe.
        sigma_m: taken for a part that states no error of its own.
        mapped: whether there is a map at all; then a pipe without parts is one that it does not have.
    """
    if measured.kind is ProposalKind.DEPTH:
        return _depth(measured, parts)
    if not parts:
        return Compared(None, None, None, map_error=mapped, agrees=False)
    off, nearest = min(((off_m(measured.shape, part), part) for part in parts), key=lambda one: one[0])
    if measured.kind is ProposalKind.AS_BUILT:  # a course may run along several parts: its corners against all of them
        off = _farthest(measured.shape, parts)
    within = SURE * math.hypot(sigma_m if nearest.sigma_m is None else nearest.sigma_m, measured.sigma_m)
    agrees = off <= SURE * measured.sigma_m
    return Compared(None, off, within, map_error=off > within, agrees=agrees)


def off_m(shape: bytes, part: Pipe) -> float:
    """Return the metres between a measured shape and a pipe's drawn line or outline, 0 inside it."""
    one, other = shapely.from_wkb([shape, part.geometry])
    place = shapely.get_coordinates(one)[0]
    frame = near_frame(float(place[0]), float(place[1]))
    return float(shapely.distance(shapely.transform(one, frame.to_metres), shapely.transform(other, frame.to_metres)))


def box_around(shape: bytes, reach_m: float) -> tuple[float, float, float, float]:
    """Return the box (west, south, east, north in WGS-84) of a shape and ``reach_m`` around it."""
    one = shapely.from_wkb(shape)
    place = shapely.get_coordinates(one)[0]
    frame = near_frame(float(place[0]), float(place[1]))
    west, south, east, north = shapely.transform(one, frame.to_metres).bounds
    corners = [(west, south), (west, north), (east, south), (east, north)]
    off = [(-reach_m, -reach_m), (-reach_m, reach_m), (reach_m, -reach_m), (reach_m, reach_m)]
    lonlat = frame.to_lonlat(np.array(corners) + np.array(off))
    (left, low), (right, high) = lonlat.min(axis=0).tolist(), lonlat.max(axis=0).tolist()
    return left, low, right, high


def _depth(measured: Measured, parts: Sequence[Pipe]) -> Compared:
    within = SURE * measured.sigma_m
    known = [part for part in parts if part.depth_m is not None]
    if not known or measured.depth_m is None:
        return Compared(None, None, within, map_error=False, agrees=False)
    nearest = min(known, key=lambda part: off_m(measured.shape, part))
    off = measured.depth_m - (nearest.depth_m or 0.0)
    return Compared(nearest.depth_m, off, within, map_error=False, agrees=abs(off) <= within)


def _farthest(shape: bytes, parts: Sequence[Pipe]) -> float:
    corners = [shapely.to_wkb(one) for one in shapely.points(shapely.get_coordinates(shapely.from_wkb(shape)))]
    return max(min(off_m(corner, part) for part in parts) for corner in corners)
