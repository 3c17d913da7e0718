"""What the members of an alarm say together: one place with its error, the area of the work, the kind of machine."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import MultiPoint, Polygon

from pipewarden.dedupe.facts import WorkArea
from pipewarden.dedupe.rules.sighting import matrix
from pipewarden.kit.geo import near_frame
from pipewarden.locate.facts import GroundPoint
from pipewarden.network.facts import Zone, ZoneAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_LEAST_M2 = 1e-4  # a sigma of a centimetre: keeps an exact camera from dividing by nothing
_OTHER = "other"
BODY_M = 2.0  # from the middle of a machine to its side: tracks of a 20 t excavator are 3 m by 4.5 m
_SIDES = 8
_CORNERS = 32
_CHI2_95 = -2.0 * math.log(0.05)  # chi-square with two degrees of freedom, which is an exponential
_GRAVEST = (Zone.PROTECTION, Zone.CONTROL, Zone.UNKNOWN, Zone.OUTSIDE)  # unknown counts as inside


def fuse(seen: Mapping[str, Sequence[GroundPoint]]) -> GroundPoint | None:
    """Return one place from the sightings of each stream.

    Within a stream the errors go together (one calibration), so many sightings are worth no more than the best one:
    their place is the mean weighted by the inverse covariance, their covariance that of the best. Streams are
    independent: their inverse covariances add up.

    Args:
        seen: per stream its places, WGS-84, all within a few kilometres.
    """
    points = [(stream, point) for stream, places in seen.items() for point in places]
    if not points:
        return None
    frame = near_frame(points[0][1].lon, points[0][1].lat)
    information, weighted = np.zeros((2, 2)), np.zeros(2)
    for places in seen.values():
        if not places:
            continue
        metres = frame.to_metres(np.array([(point.lon, point.lat) for point in places]))
        mean, best = _of_one_camera(metres, [matrix(point.covariance) + _LEAST_M2 * np.eye(2) for point in places])
        weight = np.linalg.inv(best)
        information, weighted = information + weight, weighted + weight @ mean
    covariance = np.linalg.inv(information)
    lon, lat = frame.to_lonlat((covariance @ weighted)[None])[0].tolist()
    three = (float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1]))
    return GroundPoint(lon=lon, lat=lat, covariance=three)


def around(place: GroundPoint) -> list[GroundPoint]:
    """Return eight points 2 m about ``place``, each as unsure as it: the near side of a machine standing there.

    The law asks how near the works come, not how near the middle of the machine is.
    """
    frame = near_frame(place.lon, place.lat)
    middle = frame.to_metres(np.array([(place.lon, place.lat)]))
    turns = np.arange(_SIDES) * (2 * np.pi / _SIDES)
    ring = frame.to_lonlat(middle + BODY_M * np.column_stack([np.cos(turns), np.sin(turns)]))
    return [GroundPoint(lon=float(lon), lat=float(lat), covariance=place.covariance) for lon, lat in ring]


def ellipse(place: GroundPoint) -> tuple[tuple[float, float], ...]:
    """Return the ring (lon, lat) of 32 corners, closed, in which the true place lies in 95 of 100 cases."""
    values, axes = np.linalg.eigh(matrix(place.covariance))
    turns = np.arange(_CORNERS + 1) % _CORNERS * (2 * np.pi / _CORNERS)
    circle = np.column_stack([np.cos(turns), np.sin(turns)])
    frame = near_frame(place.lon, place.lat)
    middle = frame.to_metres(np.array([(place.lon, place.lat)]))
    ring = frame.to_lonlat(middle + circle * np.sqrt(_CHI2_95 * np.maximum(values, _LEAST_M2)) @ axes.T)
    return tuple((float(lon), float(lat)) for lon, lat in ring)


def gravest(answers: Sequence[ZoneAnswer]) -> ZoneAnswer:
    """Return the first answer with the gravest zone of all, and what gives that zone; distance and chances stay."""
    worst = min(answers, key=lambda one: _GRAVEST.index(one.zone))
    return replace(
        answers[0],
        zone=worst.zone,
        zone_pipe_id=worst.zone_pipe_id,
        jurisdiction=worst.jurisdiction,
        pack_id=worst.pack_id,
        clause=worst.clause,
        assumed=worst.assumed,
    )


def _of_one_camera(
    metres: NDArray[np.float64], covariances: Sequence[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    weights = [np.linalg.inv(one) for one in covariances]
    mean = np.linalg.solve(sum(weights), sum(w @ place for w, place in zip(weights, metres, strict=True)))
    best = min(covariances, key=lambda one: float(np.linalg.det(one)))
    return mean, best


def work_area(
    footprints: Iterable[Sequence[tuple[float, float]]], grounds: Sequence[GroundPoint], before: WorkArea | None
) -> WorkArea | None:
    """Return the hull of all footprints with its error; None when no member has ground.

    Args:
        footprints: rings of (lon, lat), WGS-84, of the members at hand.
        grounds: places of the members at hand: where a member has no footprint its place stands in; the root mean
            square of their sigmas is the hull's error.
        before: the hull so far, kept inside the new one.
    """
    corners = [corner for ring in footprints for corner in ring] + [(one.lon, one.lat) for one in grounds]
    if before is not None:
        corners += before.ring
    if not corners or not grounds:
        return before
    frame = near_frame(*corners[0])
    hull = MultiPoint(frame.to_metres(np.array(corners)).tolist()).convex_hull
    if not isinstance(hull, Polygon):
        hull = hull.buffer(0.5, quad_segs=2)  # one point or a line: a person's width keeps it an area
    ring = frame.to_lonlat(np.array(hull.exterior.coords)).tolist()
    error = float(np.sqrt(np.mean([one.sigma_m**2 for one in grounds])))
    return WorkArea(ring=tuple((lon, lat) for lon, lat in ring), error_m=error)


def vote(types: Iterable[tuple[str | None, float]]) -> str | None:
    """Return the type with the largest sum of scores; ``other`` abstains unless nobody else speaks.

    Args:
        types: (type, score) of the members; a member without a type does not vote.
    """
    sums: dict[str, float] = defaultdict(float)
    for kind, score in types:
        if kind is not None:
            sums[kind] += score
    spoken = {kind: total for kind, total in sums.items() if kind != _OTHER} or sums
    return max(sorted(spoken), key=lambda kind: spoken[kind]) if spoken else None
