"""Tracks of patrols for tests, honest ones with the noise of a street canyon and forged ones of twelve kinds; seeded.

Development was done with seeds below 1000; tests take seeds from 20261126 on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.field.facts.patrols import PatrolPoint, Reason
from pipewarden.field.rules.patrol_replay import Shape, shape_from, shape_of
from pipewarden.field.rules.patrol_score import Circumstances, score
from pipewarden.field.rules.patrol_track import clean, track_of
from pipewarden.field.store.patrol_policy import patrol_policy
from pipewarden.kit.geo import LocalFrame, near_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOWN = LocalFrame(116.75, 39.55)
BEGAN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
FORGED = (
    "fast", "frozen", "mock", "vague", "drawn", "replay_own", "replay_shaken", "teleport", "smooth", "clock",
    "shared", "two_places",
)  # fmt: skip
_INTERVAL_S = 5.0


@dataclass(frozen=True, slots=True)
class Walk:
    """One made-up patrol: its points as they came, and what the house would know beside them."""

    points: list[PatrolPoint]
    known: Circumstances


def geolife(folder: Path) -> list[tuple[Floats, Floats]]:
    """Return every GeoLife track as seconds of the epoch and lon, lat."""
    found = []
    for path in sorted(folder.glob("*/Trajectory/*.plt")):
        rows = [line.split(",") for line in path.read_text().splitlines()[6:]]
        at = [datetime.fromisoformat(f"{one[5]}T{one[6]}+00:00").timestamp() for one in rows]
        found.append((np.array(at), np.array([(float(one[1]), float(one[0])) for one in rows])))
    return found


def ways(chance: np.random.Generator, real: Sequence[tuple[Floats, Floats]] = ()) -> tuple[Floats, Floats]:
    """Return a way of half an hour in metres of the town, every five seconds: a window of a real one, or a made-up one.

    A real one is moved and turned, so that no two stand in the same street.
    """
    for _ in range(60 if real else 0):
        t, lonlat = real[int(chance.integers(len(real)))]
        xy = near_frame(*(float(one) for one in lonlat[0])).to_metres(lonlat)
        start = float(t[0] + chance.uniform(0, max(t[-1] - t[0] - 1800, 1)))
        grid = np.arange(start, min(start + 1800, float(t[-1])), _INTERVAL_S)
        near = np.searchsorted(t, grid)
        held = grid[np.abs(t[np.minimum(near, len(t) - 1)] - grid) < 30]  # not over the logger's own gaps
        way = np.column_stack([np.interp(held, t, xy[:, 0]), np.interp(held, t, xy[:, 1])])
        if len(way) < 200 or np.ptp(way, axis=0).max() < 200 or np.hypot(*np.diff(way, axis=0).T).max() > 150:
            continue  # too short, no patrol, or an aeroplane's
        angle = chance.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return held - held[0], (way - way.mean(axis=0)) @ turn + chance.uniform(-4000, 4000, 2)
    count = int(chance.integers(240, 420))
    pace = np.abs(chance.normal(1.3, 0.15, count) + 0.25 * np.sin(np.arange(count) / chance.uniform(5, 40)))
    pace[chance.random(count) < 0.02] = 0.0  # a light, a word with somebody
    for stop in chance.integers(0, count - 60, 2):
        pace[stop : stop + int(chance.integers(5, 60))] = 0.0
    turns = np.cumsum(np.where(chance.random(count) < 0.02, chance.choice([-1, 1], count) * np.pi / 2, 0.0))
    course = turns + chance.uniform(0, 2 * np.pi) + chance.normal(0, 0.05, count)
    step = (pace * _INTERVAL_S)[:, None] * np.column_stack([np.sin(course), np.cos(course)])
    return np.arange(count) * _INTERVAL_S, np.cumsum(step, axis=0) + chance.uniform(-4000, 4000, 2)


def noise(chance: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Return metres of error (n, 2) and the accuracy that the phone claims: slow drift, jitter, and multipath."""
    drift = np.zeros((count, 2))
    for one in range(1, count):
        drift[one] = 0.97 * drift[one - 1] + chance.normal(0, 1.2, 2)  # about 5 m, over minutes
    error = drift + chance.normal(0, 1.2, (count, 2))
    accuracy = np.abs(chance.normal(9, 3, count)) + 3
    struck = chance.random(count) < chance.uniform(0, 0.03)
    error[struck] += chance.normal(0, 70, (int(struck.sum()), 2))
    accuracy[struck] *= chance.uniform(1, 5, int(struck.sum()))
    inside = int(chance.integers(0, count))  # an underpass
    accuracy[inside : inside + int(chance.integers(0, count // 12))] = 150
    return error, accuracy


def points_of(
    t: Floats,
    xy: Floats,
    accuracy: Floats,
    *,
    began: datetime = BEGAN,
    clock_s: float = 0.0,
    delay_s: float = 20.0,
    mock: bool | None = None,
) -> list[PatrolPoint]:
    """Return points as a phone sends them whose clock is ``clock_s`` ahead, in batches, so much later."""
    lonlat = np.round(TOWN.to_lonlat(xy), 7)
    real = [began + timedelta(seconds=float(one)) for one in t]
    return [
        PatrolPoint(
            n=place,
            at=at + timedelta(seconds=clock_s),
            received_at=real[min(place // 24 * 24 + 23, len(real) - 1)] + timedelta(seconds=delay_s),
            lon=float(lonlat[place, 0]),
            lat=float(lonlat[place, 1]),
            accuracy_m=float(accuracy[place]),
            mock=mock,
        )
        for place, at in enumerate(real)
    ]


def honest(chance: np.random.Generator, real: Sequence[tuple[Floats, Floats]] = ()) -> Walk:
    """Return an honest patrol: noise, some sent days later, a clock within a minute and a half.

    Half of them walk along the pipe's drawn line itself, and all walked the same way on another day.
    """
    t, way = ways(chance, real)
    error, accuracy = noise(chance, len(t))
    delay = float(chance.choice([10.0, 40.0, 3600.0, 2 * 86_400.0], p=[0.5, 0.3, 0.1, 0.1]))
    clock = float(chance.uniform(-90, 90))
    held = np.sort(chance.choice(len(t), int(len(t) * chance.uniform(0.85, 1)), replace=False))
    made = points_of(t[held], (way + error)[held], accuracy[held], clock_s=clock, delay_s=delay)
    clocks = [(one.received_at.timestamp() + clock, one.received_at.timestamp()) for one in made[::24]]
    aside = np.abs(error[held, 0]) if chance.random() < 0.5 else None
    return Walk(made, Circumstances(line_m=aside, clocks=clocks, earlier=(packed(_other_day(chance, t, way)),)))


def _other_day(chance: np.random.Generator, t: Floats, way: Floats) -> Walk:
    """Return the same way at another pace, with other stops and other noise, a day or more before."""
    pace = 1 + 0.1 * np.cumsum(chance.normal(0, 0.15, len(t))) / np.sqrt(np.arange(1, len(t) + 1))
    gone = np.cumsum(np.maximum(pace, 0.2))
    other = np.column_stack([np.interp(gone, np.arange(len(t)), way[:, side]) for side in (0, 1)])
    error, accuracy = noise(chance, len(t))
    return Walk(points_of(t, other + error, accuracy, began=BEGAN - timedelta(days=1)), Circumstances())


def forged(kind: str, chance: np.random.Generator, real: Sequence[tuple[Floats, Floats]] = ()) -> Walk:
    """Return a forged patrol of one of the twelve kinds, with the noise that a clever forger adds."""
    walk = honest(chance, real)
    return _MADE[kind](walk, chance)


def _moved(walk: Walk, xy: Floats) -> Walk:
    lonlat = np.round(TOWN.to_lonlat(xy), 7)
    made = [replace(one, lon=float(at[0]), lat=float(at[1])) for one, at in zip(walk.points, lonlat, strict=True)]
    return replace(walk, points=made)


def metres(walk: Walk) -> Floats:
    return TOWN.to_metres(np.array([(one.lon, one.lat) for one in walk.points]))


def _fast(walk: Walk, chance: np.random.Generator) -> Walk:
    """The whole way at 200 to 400 km/h."""
    xy = metres(walk)
    t = np.array([one.at.timestamp() for one in walk.points])
    course = np.array([np.sin(one := chance.uniform(0, 6)), np.cos(one)])
    along = (t - t[0])[:, None] * chance.uniform(56, 110) * course
    return _moved(walk, xy[0] + along + chance.normal(0, 3, xy.shape))


def _frozen(walk: Walk, chance: np.random.Generator) -> Walk:
    """The phone lies in a drawer, and the app sends the same place for most of the time."""
    xy = metres(walk)
    first = int(chance.integers(0, len(xy) // 5))
    xy[first : first + int(len(xy) * 0.75)] = xy[first]
    return _moved(walk, xy)


def _mock(walk: Walk, chance: np.random.Generator) -> Walk:
    part = chance.uniform(0.05, 1)
    return replace(walk, points=[replace(one, mock=bool(chance.random() < part)) for one in walk.points])


def _vague(walk: Walk, chance: np.random.Generator) -> Walk:
    """Positions of the mobile network: hundreds of metres, for half of the way or more."""
    part = chance.uniform(0.5, 1)
    return replace(
        walk,
        points=[
            replace(one, accuracy_m=float(chance.uniform(150, 2000))) if chance.random() < part else one
            for one in walk.points
        ],
    )


def _drawn(walk: Walk, chance: np.random.Generator) -> Walk:
    """On the planned line, with half a metre of noise so that it does not look drawn."""
    away = np.abs(chance.normal(0, chance.uniform(0.05, 0.5), len(walk.points)))
    return replace(walk, known=replace(walk.known, line_m=away))


def _replay_own(walk: Walk, chance: np.random.Generator) -> Walk:
    """The walk of another day sent again, from some point on."""
    return _after(walk, chance, shaken_m=0.0)


def _replay_shaken(walk: Walk, chance: np.random.Generator) -> Walk:
    """A colleague's walk of last week, shaken by a metre or two."""
    return _after(walk, chance, shaken_m=float(chance.uniform(0.5, 2)))


def _after(walk: Walk, chance: np.random.Generator, *, shaken_m: float) -> Walk:
    later = timedelta(days=float(chance.integers(1, 30)), seconds=float(chance.uniform(-3600, 3600)))
    before = replace(walk, points=[_shifted(one, -later) for one in walk.points])
    xy = metres(walk)
    sent = _moved(walk, xy + chance.normal(0, shaken_m, xy.shape)) if shaken_m else walk
    first = int(chance.integers(0, len(xy) // 3))
    return Walk(sent.points[first:], replace(walk.known, earlier=(packed(before),)))


def _shifted(one: PatrolPoint, by: timedelta) -> PatrolPoint:
    return replace(one, at=one.at + by, received_at=one.received_at + by)


def _teleport(walk: Walk, chance: np.random.Generator) -> Walk:
    """A way of many kilometres in no time, once or twice."""
    xy = metres(walk)
    for _ in range(int(chance.integers(1, 3))):
        where = int(chance.integers(len(xy) // 4, 3 * len(xy) // 4))
        turn = chance.uniform(0, 6)
        xy[where:] += chance.uniform(4000, 30_000) * np.array([np.sin(turn), np.cos(turn)])
    return _moved(walk, xy)


def _smooth(walk: Walk, chance: np.random.Generator) -> Walk:
    """Drawn on a map by straight lines and walked by a program."""
    t = np.array([one.at.timestamp() for one in walk.points])
    corners = np.cumsum(chance.normal(0, 300, (6, 2)), axis=0) + metres(walk)[0]
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    along = (t - t[0]) / (t[-1] - t[0]) * length[-1]
    return _moved(walk, np.column_stack([np.interp(along, length, corners[:, side]) for side in (0, 1)]))


def _clock(walk: Walk, chance: np.random.Generator) -> Walk:
    """The phone's clock is set 2 h back to 30 d ahead, by more than a quarter of an hour."""
    off = float(chance.uniform(900, 30 * 86_400)) if chance.random() < 0.8 else -float(chance.uniform(900, 7200))
    by = timedelta(seconds=off)
    clocks = [(here + off, there) for here, there in walk.known.clocks]
    return Walk([replace(one, at=one.at + by) for one in walk.points], replace(walk.known, clocks=clocks))


def _shared(walk: Walk, chance: np.random.Generator) -> Walk:
    return replace(walk, known=replace(walk.known, shared_s=float(chance.uniform(120, 3600))))


def _two_places(walk: Walk, chance: np.random.Generator) -> Walk:
    return replace(walk, known=replace(walk.known, apart_m=float(chance.uniform(500, 9000))))


_MADE = {
    "fast": _fast,
    "frozen": _frozen,
    "mock": _mock,
    "vague": _vague,
    "drawn": _drawn,
    "replay_own": _replay_own,
    "replay_shaken": _replay_shaken,
    "teleport": _teleport,
    "smooth": _smooth,
    "clock": _clock,
    "shared": _shared,
    "two_places": _two_places,
}


def packed(walk: Walk) -> Shape:
    """Return a walk as the house keeps it to compare later ones with."""
    track = track_of(walk.points, walk.known.clocks)
    return shape_from("earlier", shape_of(track, clean(track, patrol_policy().track)))


def doubts(walk: Walk) -> tuple[Reason, ...]:
    """Return what the house says of a walk."""
    limits = patrol_policy().track
    track = track_of(walk.points, walk.known.clocks)
    cleaned = clean(track, limits)
    line = walk.known.line_m
    known = walk.known if line is None else replace(walk.known, line_m=line[cleaned.kept])
    return score(track, cleaned, limits, known)
