"""How many jobs the queue is given at 10,000 observations a minute, over HTTP, from many senders: one JSON line.

``pipewarden serve`` and its worker run on 127.0.0.1 with a database of their own. Batches of reports with a place are
posted at fixed times, whatever the server answers (open loop), each by one of many devices with a key and a stream of
its own. A trigger in the database counts every job that is really put into the queue (refused doubles are not, and the
worker deletes what succeeded). Told are also what waits at the end, how long the alarms take after the acknowledgement
(to the moment the alarm is written, a few milliseconds before its commit), and whether the alarms are as planted.

The figure to hold: fewer than 500 jobs a minute, in the worst 60 seconds.

    python bench/jobs.py [--seconds N] [--rate PER_MINUTE] [--senders N] [--batch N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import httpx2
import numpy as np
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import planted
from pipewarden.kit.db import make_engine
from pipewarden.kit.postgres import embedded
from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.web.app import real_gate
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipewarden.kit.postgres import Urls
    from pipewarden.main.home import Home
    from planted import Said

SEED = 20261122
LIMIT = 500  # jobs in a minute
PATIENCE_S = 120.0
COUNTER = """
CREATE TABLE bench_jobs (task text, at timestamptz);
GRANT SELECT ON bench_jobs TO pipewarden_app;
CREATE FUNCTION bench_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  'BEGIN INSERT INTO bench_jobs VALUES (NEW.task_name, clock_timestamp()); RETURN NULL; END';
CREATE TRIGGER bench_count AFTER INSERT ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION bench_count();
"""
LATENCY = """
SELECT s.observation_id::text, extract(epoch FROM min(e.at)) FROM dedupe_events e
CROSS JOIN LATERAL jsonb_array_elements_text(e.findings) AS f(id)
JOIN dedupe_sightings s ON s.finding_id = f.id::uuid GROUP BY s.observation_id
"""


@dataclass(slots=True)
class Load:
    """What was sent, and when it was acknowledged (seconds since 1970), by observation."""

    address: str
    keys: list[str]
    acknowledged: dict[str, tuple[int, float]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    late: int = 0

    async def send(self, said: Sequence[Said], batch: int, per_s: float) -> None:
        """Post the reports in batches, each at its time."""
        limits = httpx2.Limits(max_connections=64)
        async with httpx2.AsyncClient(timeout=60.0, limits=limits) as client, asyncio.TaskGroup() as group:
            since = time.monotonic()
            for number, start in enumerate(range(0, len(said), batch)):
                wait = since + start / per_s - time.monotonic()
                if wait > 0:
                    await asyncio.sleep(wait)
                self.late += wait < -1.0
                group.create_task(self._post(client, number, said[start : start + batch]))

    async def _post(self, client: httpx2.AsyncClient, number: int, said: Sequence[Said]) -> None:
        body = [
            {
                "specversion": "1.0",
                "id": f"{one.site}-{one.number}",
                "source": "bench",
                "type": "pipewarden.report",
                "data": {"words": "挖机", "lon": one.lon, "lat": one.lat, "accuracy_m": planted.ACCURACY_M},
            }
            for one in said
        ]
        headers = {
            "Authorization": f"Bearer {self.keys[number % len(self.keys)]}",
            "content-type": "application/cloudevents-batch+json",
        }
        began = time.monotonic()
        answer = await client.post(f"{self.address}/v1/observations", content=json.dumps(body), headers=headers)
        at = datetime.now(UTC).timestamp()
        self.waits.append(time.monotonic() - began)
        if answer.status_code != 201:
            self.refused.append(f"{answer.status_code} {answer.text[:200]}")
            return
        for one, item in zip(said, answer.json()["items"], strict=True):
            self.acknowledged[item["observation_id"]] = (one.site, at)


@contextmanager
def served(urls: Urls, folder: Path) -> Iterator[str]:
    """Run server and worker; the address, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIPEWARDEN_")}
    environment = clean | {
        "PYTHONPATH": str(Path(__file__).resolve().parents[1] / "src"),
        "PIPEWARDEN_HOME": str(folder),
        "PIPEWARDEN_DATABASE_URL": urls.app,
        "PIPEWARDEN_DATABASE_OWNER_URL": urls.owner,
        "PIPEWARDEN_SECRET": "0123456789abcdef0123456789abcdef",
    }
    command = [sys.executable, "-m", "pipewarden", "serve", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env=environment) as process:
        try:
            until = time.monotonic() + PATIENCE_S
            while True:
                try:
                    if httpx2.get(f"{address}/readyz", timeout=2.0).status_code == 200:
                        break
                except httpx2.HTTPError:
                    if process.poll() is not None or time.monotonic() > until:
                        raise
                    time.sleep(0.1)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60.0)


def make_keys(home: Home, count: int) -> list[str]:
    """Return the keys of as many devices."""
    gate = real_gate()
    with home.work() as work:
        actor, until = people.operator(work.tenant_id), work.now() + timedelta(days=1)
        may = ["observation:create"]
        return [
            people.make_key(work, gate, actor, f"box {n}", permissions=may, expires_at=until).text for n in range(count)
        ]


def waiting(home: Home) -> int:
    """Return how many observations are kept and not grouped yet."""
    with home.work() as work:
        asked = text("SELECT (SELECT count(*) FROM sense_observations) - (SELECT count(*) FROM dedupe_frames)")
        return int(work.session.scalar(asked) or 0)


def until_idle(home: Home) -> float:
    """Return the seconds until nothing waits."""
    since = time.monotonic()
    while waiting(home):
        if time.monotonic() - since > PATIENCE_S:
            raise TimeoutError(f"{waiting(home)} observations still wait")
        time.sleep(0.1)
    return time.monotonic() - since


def jobs(home: Home, since: datetime, until: datetime) -> tuple[int, int, float]:
    """Return the jobs deferred between two moments, the most in any 60 s of it, and the drains among all a minute."""
    with home.work() as work:
        asked = text("SELECT task, extract(epoch FROM at) FROM bench_jobs WHERE at BETWEEN :a AND :b ORDER BY at")
        rows = work.session.execute(asked, {"a": since, "b": until}).all()
    times = np.array([float(at) for _, at in rows])
    worst = max((int(np.searchsorted(times, at + 60.0) - n) for n, at in enumerate(times)), default=0)
    drains = sum(task == "pipewarden.drain" for task, _ in rows)
    return len(rows), worst, drains / (until - since).total_seconds() * 60


def measure(home: Home, address: str, postmaster: int, given: argparse.Namespace) -> dict[str, object]:
    """Send the load and return what became of it."""
    load = Load(address, make_keys(home, given.senders))
    reports = planted.plant(round(given.rate * given.seconds / 60), np.random.default_rng(SEED))
    asyncio.run(load.send(reports[: given.batch], given.batch, given.rate / 60))
    until_idle(home)  # the worker is up and warm
    pids, before = (os.getpid(), postmaster), planted.processor_s([os.getpid(), postmaster])
    began, clock = datetime.now(UTC), time.monotonic()
    asyncio.run(load.send(reports[given.batch :], given.batch, given.rate / 60))
    sent_s = time.monotonic() - clock
    backlog, ended = waiting(home), datetime.now(UTC)
    idle_s = until_idle(home)
    count, worst, drains = jobs(home, began, ended)
    with home.work() as work:
        alarmed = {row[0]: float(row[1]) for row in work.session.execute(text(LATENCY))}
    gaps = [max(0.0, alarmed[one] - at) for one, (_, at) in load.acknowledged.items() if one in alarmed]
    sites = {one.site for one in reports}
    found = planted.faults(home, {UUID(one): site for one, (site, _) in load.acknowledged.items()})
    p50, p95 = np.percentile(gaps, [50, 95])
    w50, w95 = np.percentile(load.waits, [50, 95])
    return {
        "bench": "jobs",
        "observations": len(reports),
        "acknowledged": len(load.acknowledged),
        "refused": len(load.refused),
        "refusals": load.refused[:2],
        "observations_per_min": round((len(reports) - given.batch) / sent_s * 60),
        "senders": given.senders,
        "batch": given.batch,
        "late_posts": load.late,
        "jobs_per_min": round(count / sent_s * 60),
        "jobs_worst_60_s": worst,
        "drains_per_min": round(drains),
        "limit": LIMIT,
        "backlog_at_end": backlog,
        "idle_after_s": round(idle_s, 1),
        "ack_to_alarm_p50_s": round(float(p50), 2),
        "ack_to_alarm_p95_s": round(float(p95), 2),
        "post_p50_ms": round(float(w50) * 1e3),
        "post_p95_ms": round(float(w95) * 1e3),
        "cpu_s_per_1000": round((planted.processor_s(pids) - before) / (len(reports) - given.batch) * 1e3, 2),
        "sites": len(sites),
        "alarms": sum(1 for _ in planted.all_alarms(home)),
        **found,
    }


def main() -> int:
    """Print the figures; exit 1 when the queue is given too many jobs or an alarm is not as planted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--rate", type=int, default=10_000, help="observations a minute")
    parser.add_argument("--senders", type=int, default=1000, help="devices, each with a stream of its own")
    parser.add_argument("--batch", type=int, default=20, help="reports of one post")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pwb-"))
    folder.chmod(0o755)
    try:
        with embedded(folder, temporary=True) as urls:
            settings = Settings(home=folder, database_url=urls.app, database_owner_url=urls.owner)
            with open_home(settings) as home:
                owner = make_engine(urls.owner, pool_size=1)
                with owner.begin() as connection:
                    connection.execute(text(COUNTER))
                owner.dispose()
                planted.take_map(home, folder)
                with served(urls, folder) as address:
                    result = measure(home, address, planted.postmaster(home), given)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    right = result["alarms"] == result["sites"] and not any(result[fault] for fault in planted.FAULTS)
    return 0 if right and int(str(result["jobs_worst_60_s"])) < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
