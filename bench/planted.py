"""Planted works for the benches of the river: sites on a made-up map, and what many people say about each of them.

Everything is synthetic. A site is one excavator; one to six people report it in words, each with a place of their own
that is off by at most 3 m and said to be good to 8 m. Sites lie 150 m or more apart, so the right answer is known: one
alarm per site, with exactly its reports in it.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import text

from pipewarden.kit.geo import LocalFrame
from pipewarden.main.files import import_network
from pipewarden.main.scan import all_alarms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from pipewarden.main.home import Home

CENTRE = (116.7, 39.5)
STEP_M = 150.0  # between two sites
SIDE_M = 15_000.0
STREET_M = 500.0
OFF_M = 3.0
ACCURACY_M = 8.0
MOST_REPORTS = 6
FAULTS = ("lost", "doubled", "parted", "mixed")


@dataclass(frozen=True, slots=True)
class Said:
    """One report: which site it is about, where its sender says it is (degrees WGS-84), and its number."""

    number: int
    site: int
    lon: float
    lat: float


def most_sites() -> int:
    """Return how many sites the map has room for."""
    return int(SIDE_M // STEP_M) ** 2


def plant(count: int, rng: np.random.Generator, *, first_site: int = 0) -> list[Said]:
    """Return at least ``count`` reports about whole sites in mixed order, the sites numbered from ``first_site``.

    Four sites in ten are reported by one person only.
    """
    frame, across = LocalFrame(*CENTRE), int(SIDE_M // STEP_M)
    metres: list[tuple[float, float]] = []
    sites: list[int] = []
    site = first_site
    while len(sites) < count:
        if site >= most_sites():
            raise ValueError(f"the map has room for {most_sites()} sites")
        corner = np.array([site % across, site // across]) * STEP_M - SIDE_M / 2
        for _ in range(1 if rng.random() < 0.4 else int(rng.integers(2, MOST_REPORTS + 1))):
            off, turn = OFF_M * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
            metres.append((corner[0] + off * math.cos(turn), corner[1] + off * math.sin(turn)))
            sites.append(site)
        site += 1
    order = rng.permutation(len(sites))
    places = frame.to_lonlat(np.array(metres))
    return [Said(n, sites[at], float(places[at][0]), float(places[at][1])) for n, at in enumerate(order)]


def take_map(home: Home, folder: Path) -> None:
    """Import the map: a street grid of 15 x 15 km, every fifth street under high pressure."""
    frame, ends = LocalFrame(*CENTRE), np.arange(-SIDE_M / 2, SIDE_M / 2 + 1, STREET_M)
    features = []
    for turned in (False, True):
        for number, off in enumerate(ends):
            line = np.column_stack([np.full(ends.size, off), ends])
            points = frame.to_lonlat(line[:, ::-1] if turned else line).tolist()
            high = number % 5 == 0
            columns = {
                "pipe_id": f"{'EW' if turned else 'NS'}-{number}",
                "kind": "pipe",
                "pressure_mpa": 2.5 if high else 0.2,
                "pressure_class": "高压" if high else "中压",
                "diameter_mm": 300,
                "sigma_m": 0.5,
            }
            features.append(
                {"type": "Feature", "properties": columns, "geometry": {"type": "LineString", "coordinates": points}}
            )
    path = folder / "streets.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    with home.work() as work:
        import_network(work, path, crs="EPSG:4326", jurisdiction="CN-HE-langfang", mapping="demo")


def faults(home: Home, planted: Mapping[UUID, int]) -> dict[str, int]:
    """Return what is wrong with the home's alarms, by the site of each observation.

    ``lost``: observations in no alarm; ``doubled``: in two; ``parted``: sites with more than one alarm; ``mixed``:
    alarms of more than one site.
    """
    seen: dict[UUID, int] = defaultdict(int)
    of_site: dict[int, int] = defaultdict(int)
    mixed = 0
    for alarm in all_alarms(home):
        observations = {member.observation_id for member in alarm.members}
        sites = {planted[one] for one in observations}
        for one in observations:
            seen[one] += 1
        for site in sites:
            of_site[site] += 1
        mixed += len(sites) > 1
    return {
        "lost": sum(one not in seen for one in planted),
        "doubled": sum(count > 1 for count in seen.values()),
        "parted": sum(count > 1 for count in of_site.values()),
        "mixed": mixed,
    }


def postmaster(home: Home) -> int:
    """Return the process that runs the home's database: the parent of our own session's backend."""
    with home.work() as work:
        backend = work.session.scalar(text("SELECT pg_backend_pid()"))
    status = Path(f"/proc/{backend}/stat").read_text(encoding="ascii")
    return int(status.rpartition(")")[2].split()[1])


def processor_s(pids: Iterable[int]) -> float:
    """Return the seconds that processes and their living children have run (Linux schedstat of every thread)."""
    return ran_s(one for pid in pids for one in (pid, *children(pid)))


def ran_s(pids: Iterable[int]) -> float:
    """Return the seconds that processes have run (Linux schedstat of every living thread)."""
    total = 0
    for one in pids:
        try:
            total += sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{one}/task").glob("*/schedstat"))
        except OSError:  # ended meanwhile
            continue
    return total / 1e9


def children(pid: int) -> list[int]:
    """Return the living children of a process, theirs too."""
    try:
        mine = [
            int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
        ]
    except OSError:
        return []
    return [one for child in mine for one in (child, *children(child))]
