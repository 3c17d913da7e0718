"""From reports with a place to alarms: how much the river's batches save, and what each stage costs.

Prints one JSON line. Three kinds of rounds are taken in turn, so that a change of the machine's load meets all of them:
``river`` (the product's way: reports kept in batches, the queue drains them to alarms), ``each`` (the peer: one
transaction and one drain of every stage per report, nothing is coalesced) and ``stages`` (the product's batches, each
stage by itself, to tell its share). The unit is the CPU second of this process and the database server together,
because the cores are shared; alarms a second by the wall are told beside it and asserted by nobody. ``ratio`` is
processor time per report, peer / product. The whole answer is checked: one alarm per planted site, no report lost,
none in two alarms.

    python bench/alarms.py [--reports N] [--peer N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import planted
from pipewarden.kit.postgres import embedded
from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.river import open_river
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.main.home import Home
    from pipewarden.main.river import River
    from planted import Said

SEED = 20261122
BATCH = 100  # reports of one request, the most that the door takes
STAGES = ("perceive.screen", "locate.place", "dedupe.join")


@dataclass(slots=True)
class Bench:
    """The open river, which process the database is, and what was planted so far."""

    home: Home
    river: River
    postmaster: int
    rng: np.random.Generator
    sites: int = 0
    planted: dict[UUID, int] = field(default_factory=dict)

    def plant(self, count: int) -> list[Said]:
        """Return reports about sites that nobody reported before."""
        said = planted.plant(count, self.rng, first_site=self.sites)
        self.sites = max(one.site for one in said) + 1
        return said

    def cost(self, job: Callable[[], object]) -> tuple[float, float]:
        """Return the CPU seconds, database included, and wall seconds that ``job`` takes."""
        pids = [self.postmaster]
        cpu, wall = time.process_time() + planted.processor_s(pids), time.perf_counter()
        job()
        return time.process_time() + planted.processor_s(pids) - cpu, time.perf_counter() - wall

    def keep(self, said: Sequence[Said]) -> None:
        """Keep reports in one transaction, each in the stream of a person of its own."""
        with self.home.work() as work:
            actor = people.operator(work.tenant_id)
            taken = sense.take_all(work, self.home.blobs, actor, [event_of(one, work.now()) for one in said])
        self.planted |= {kept.observation.id: one.site for kept, one in zip(taken, said, strict=True)}

    def drain(self, stage: str) -> None:
        """Drain one stage wherever facts wait for it."""
        with self.home.work() as work:
            behind = self.home.registry.behind(work.session, work.tenant_id)
        for name, partition in behind:
            if name == stage:
                self.home.registry.run(self.home.factory, name, partition)


def event_of(one: Said, at: datetime) -> NewEvent:
    """Return the report as the door takes it, in the stream of a person of its own."""
    name = f"{one.site}-{one.number}"
    observation = NewObservation(
        stream=f"person:{name}",
        source_id=f"phone#{name}",
        kind=ObservationKind.REPORT,
        picture=b"",
        picture_name=f"phone {name}",
        at=at,
    )
    return NewEvent(
        observation=observation,
        source="phone",
        event_id=name,
        words="挖机在管线旁作业",
        lon=one.lon,
        lat=one.lat,
        accuracy_m=planted.ACCURACY_M,
    )


def by_river(bench: Bench, count: int) -> dict[str, float]:
    """Keep reports in batches, let the queue drain them, and return the costs."""
    said = bench.plant(count)
    sites = len({one.site for one in said})

    def job() -> None:
        for start in range(0, len(said), BATCH):
            bench.keep(said[start : start + BATCH])
        bench.river.drain()

    cpu, wall = bench.cost(job)
    return {"cpu_ms": cpu / len(said) * 1e3, "alarms_per_s": sites / wall, "reports_per_s": len(said) / wall}


def one_by_one(bench: Bench, count: int) -> dict[str, float]:
    """Take each report through every stage by itself and return the costs."""
    said = bench.plant(count)

    def job() -> None:
        for one in said:
            bench.keep([one])
            for stage in STAGES:
                bench.drain(stage)

    cpu, wall = bench.cost(job)
    return {"cpu_ms": cpu / len(said) * 1e3, "reports_per_s": len(said) / wall}


def by_stage(bench: Bench, count: int) -> dict[str, float]:
    """Take batches of reports stage by stage and return each stage's CPU seconds per 1,000 reports."""
    said = bench.plant(count)

    def kept() -> None:
        for start in range(0, len(said), BATCH):
            bench.keep(said[start : start + BATCH])

    costs = {"sense.take": bench.cost(kept)[0]}
    for stage in STAGES:
        costs[stage] = bench.cost(lambda stage=stage: bench.drain(stage))[0]  # type: ignore[misc]  # mypy: bound now
    return {name: cpu / len(said) * 1e3 for name, cpu in costs.items()}


def measure(bench: Bench, reports: int, peer: int, rounds: int) -> dict[str, object]:
    """Run the rounds and return the medians."""
    by_river(bench, 50)  # warm up: models, statements, the compiled kernel of the map
    river, each, stages = [], [], []
    for _ in range(rounds):
        river.append(by_river(bench, reports))
        each.append(one_by_one(bench, peer))
        stages.append(by_stage(bench, reports))
    found = planted.faults(bench.home, bench.planted)
    alarms = sum(1 for _ in planted.all_alarms(bench.home))

    def middle(rows: list[dict[str, float]], name: str, digits: int = 2) -> float:
        return round(statistics.median(row[name] for row in rows), digits)

    return {
        "bench": "alarms",
        "rounds": rounds,
        "reports": len(bench.planted),
        "sites": bench.sites,
        "alarms": alarms,
        **found,
        "ratio": round(statistics.median(b["cpu_ms"] / a["cpu_ms"] for a, b in zip(river, each, strict=True)), 2),
        "alarms_per_s": middle(river, "alarms_per_s", 1),
        "reports_per_s": middle(river, "reports_per_s", 1),
        "cpu_s_per_1000": middle(river, "cpu_ms"),
        "peer_reports_per_s": middle(each, "reports_per_s", 1),
        "peer_cpu_s_per_1000": middle(each, "cpu_ms"),
        "stages_cpu_s_per_1000": {name: middle(stages, name) for name in stages[0]},
    }


def main() -> int:
    """Print the figures; exit 1 when an alarm is not as planted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=1000, help="of one round of the product")
    parser.add_argument("--peer", type=int, default=100, help="of one round of the peer")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pwb-"))
    folder.chmod(0o755)
    try:
        with embedded(folder, temporary=True) as urls:
            settings = Settings(home=folder, database_url=urls.app, database_owner_url=urls.owner)
            with open_home(settings) as home, open_river(home) as river:
                planted.take_map(home, folder)
                bench = Bench(home, river, planted.postmaster(home), np.random.default_rng(SEED))
                result = measure(bench, given.reports, given.peer, given.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    right = result["alarms"] == result["sites"] and not any(result[fault] for fault in planted.FAULTS)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
