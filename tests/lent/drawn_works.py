"""Drawn works, filed and not, with the truth of which filing each belongs to: nothing of it is real.

Streets of 400 m by 400 m; the errors are those that the product tells of itself (a 95 % radius), the manners of people
are guesses that are written here. What is drawn knows nothing of ``policy/matching``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from pipewarden.casework.facts import Candidate, Discovery, Filing, Hours, Method, Works
from pipewarden.kit.geo import LocalFrame

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight there
FRAME = LocalFrame(116.7, 39.5)
WIDE_M = 400.0
TENANT = UUID(int=1)
METHODS = (Method.OPEN_CUT, Method.EXCAVATION, Method.TRENCHLESS, Method.PILING)
MACHINES = ("excavator", "loader_dozer", "dump_truck")
OFF_M = (4.0, 8.0, 12.0, 25.0)  # cameras, then phones


@dataclass(frozen=True, slots=True)
class Drawn:
    """Works that were seen, and the filing that is truly theirs; None where nobody filed them."""

    seen: Discovery
    truth: UUID | None


@dataclass(frozen=True, slots=True)
class Town:
    """What was filed in some streets, and what was seen there."""

    candidates: tuple[Candidate, ...]
    drawn: tuple[Drawn, ...]


def town(seed: int, filings: int = 20) -> Town:
    """Return drawn streets: filings that live, were cancelled or are over, works of theirs, and works of nobody's."""
    rng = np.random.default_rng(seed)
    candidates = [_filed(rng, UUID(int=(seed << 32) + index)) for index in range(filings)]
    drawn: list[Drawn] = []
    for one in candidates:
        drawn += _works_of(rng, one)
    for _ in range(filings // 2):  # anywhere, and so now and then inside what others filed
        drawn.append(Drawn(_seen(rng, rng.uniform(0, WIDE_M, 2), _moment(rng), _machine(rng, None)), None))
    for one in candidates[: filings // 4]:  # next to works that are filed, on another's account
        drawn.append(Drawn(_seen(rng, _beside(rng, one), _day(rng, one), _machine(rng, None)), None))
    return Town(tuple(candidates), tuple(drawn))


def _filed(rng: np.random.Generator, name: UUID) -> Candidate:
    half = np.array([rng.uniform(8, 45), rng.uniform(4, 10)])
    angle = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.1)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    ring = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half @ turn + rng.uniform(30, WIDE_M - 30, 2)
    begins = START + timedelta(days=int(rng.integers(0, 20)))
    works = Works(
        "CN-HE-langfang",
        bytes(shapely.to_wkb(shapely.Polygon(FRAME.to_lonlat(ring)))),
        METHODS[rng.integers(len(METHODS))],
        begins,
        begins + timedelta(days=int(rng.integers(3, 15))),
        machines=tuple(sorted(set(rng.choice(MACHINES, 2)))) if rng.random() < 0.6 else (),
        hours=Hours(time(7), time(19)) if rng.random() < 0.6 else None,
    )
    cancelled = begins - timedelta(days=1) if rng.random() < 0.1 else None
    return Candidate(Filing(name, TENANT, works, START, START, cancelled), LOCAL)


def _works_of(rng: np.random.Generator, one: Candidate) -> Iterator[Drawn]:
    """Yield what is seen of one filing: none to three sites; those of cancelled or ended works belong to none."""
    area = shapely.transform(shapely.from_wkb(one.filing.works.area), FRAME.to_metres)
    for _ in range(rng.integers(0, 4)):
        strays = rng.random() < 0.1
        place = _point(rng, area.buffer(6).difference(area) if strays else area)
        at = _day(rng, one)
        yield Drawn(
            _seen(rng, place, at, _machine(rng, one.filing.works)),
            None if one.filing.cancelled_at is not None else one.filing.id,
        )
    if rng.random() < 0.2:  # they go on when their time is over
        late = one.filing.works.valid_until + timedelta(days=rng.uniform(0, 5))
        yield Drawn(_seen(rng, _point(rng, area), late, _machine(rng, one.filing.works)), None)


def _point(rng: np.random.Generator, area: shapely.Geometry) -> np.ndarray:
    west, south, east, north = area.bounds
    while True:
        point = rng.uniform((west, south), (east, north))
        if area.covers(shapely.Point(point)):
            return point


def _beside(rng: np.random.Generator, one: Candidate) -> np.ndarray:
    area = shapely.transform(shapely.from_wkb(one.filing.works.area), FRAME.to_metres)
    return _point(rng, area.buffer(80).difference(area.buffer(25)))


def _day(rng: np.random.Generator, one: Candidate) -> datetime:
    """Return a moment of a filing's period: in the day, one in ten at night."""
    works = one.filing.works
    days = (works.valid_until - works.valid_from).days
    hour = rng.uniform(19, 24) if rng.random() < 0.1 else rng.uniform(7, 19)
    return works.valid_from + timedelta(days=int(rng.integers(0, days)), hours=hour)


def _moment(rng: np.random.Generator) -> datetime:
    return START + timedelta(days=int(rng.integers(0, 30)), hours=rng.uniform(6, 23))


def _machine(rng: np.random.Generator, works: Works | None) -> str | None:
    """Return the type that was recognised: one in five is not, one in ten is taken for another."""
    if rng.random() < 0.2:
        return None
    if works is None or not works.machines or rng.random() < 0.1:
        return MACHINES[rng.integers(len(MACHINES))]
    return works.machines[rng.integers(len(works.machines))]


def _seen(rng: np.random.Generator, place: np.ndarray, at: datetime, machine: str | None) -> Discovery:
    off = OFF_M[rng.integers(len(OFF_M))]
    told = FRAME.to_lonlat(place + rng.normal(0, off / 2.4477, 2))[
        0
    ]  # the radius that holds 95 % of a round normal error
    return Discovery((float(told[0]), float(told[1])), off, at, machine)
