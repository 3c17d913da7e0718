"""The database is cut off again and again while reports come in: 503 with Retry-After, nothing lost, nothing twice.

safety.md T15, D4: no 2xx without a commit, and the service comes back by itself once the database does.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx2
import pytest
from sqlalchemy import text

from pipewarden.kit.postgres import Cluster, cluster_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.postgres import Urls

CUTS = 8
SENDERS = 3
PATIENCE_S = 60.0
EVENT = {"specversion": "1.0", "source": "away", "type": "pipewarden.report"}


@dataclass(slots=True)
class Phone:
    """Sends one report after the other, each until it is acknowledged, and remembers every answer on the way."""

    name: str
    address: str
    headers: dict[str, str]
    stop: threading.Event
    acknowledged: dict[str, str] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        number = 0
        with httpx2.Client(timeout=30.0, headers=self.headers) as client:
            while not self.stop.is_set():
                number += 1
                self.send(client, f"{self.name}-{number}", 116.7 + number % 40 / 1000)

    def send(self, client: httpx2.Client, name: str, lon: float) -> None:
        data = {"words": f"report {name}", "lon": lon, "lat": 39.5, "accuracy_m": 9}
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            answer = client.post(
                f"{self.address}/v1/observations",
                json=EVENT | {"id": name, "data": data},
                headers={"content-type": "application/cloudevents+json"},
            )
            self.answers[str(answer.status_code)] += 1
            if answer.status_code in {200, 201}:
                self.acknowledged[name] = answer.json()["items"][0]["observation_id"]
                return
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["fix"]
            time.sleep(0.05)
        raise TimeoutError(f"{name} was never acknowledged")


@pytest.fixture
def cluster(api_urls: Urls) -> Cluster:
    found = Path(unquote(api_urls.owner.split("host=")[1]))
    return cluster_at(found.parents[1])


@pytest.fixture
def served(town: Any, api_urls: Urls) -> Iterator[str]:
    """``pipewarden serve --no-worker`` on the town's database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
        "PIPEWARDEN_HOME": str(town.home.folder),
        "PIPEWARDEN_DATABASE_URL": api_urls.app,
        "PIPEWARDEN_DATABASE_OWNER_URL": api_urls.owner,
        "PIPEWARDEN_SECRET": "0123456789abcdef0123456789abcdef",
    }
    command = [sys.executable, "-m", "pipewarden", "serve", "--port", str(port), "--no-worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        assert ready(f"http://127.0.0.1:{port}"), "the service did not come up"
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def ready(address: str, wanted: int = 200) -> bool:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            if httpx2.get(f"{address}/readyz", timeout=5.0).status_code == wanted:
                return True
        except httpx2.HTTPError:
            pass
        time.sleep(0.02)
    return False


def cut(cluster: Cluster) -> None:
    """Stop the server as a power cut does: no shutdown checkpoint, every connection gone; recovery at the start."""
    cluster._run("pg_ctl", "-w", "-m", "immediate", "-D", str(cluster.data), "stop", quiet=True)


@pytest.mark.timeout(600)
def test_a_database_that_is_cut_off_loses_nothing(town: Any, served: str, cluster: Cluster) -> None:
    device, stop = town.device(), threading.Event()
    phones = [Phone(f"p{n}", served, device.headers(), stop) for n in range(SENDERS)]
    threads = [threading.Thread(target=phone.run) for phone in phones]
    for thread in threads:
        thread.start()
    unready, progress = 0, []
    for _ in range(CUTS):
        before = sum(len(phone.acknowledged) for phone in phones)
        until = time.monotonic() + PATIENCE_S
        while sum(len(phone.acknowledged) for phone in phones) < before + SENDERS and time.monotonic() < until:
            time.sleep(0.01)
        refused = sum(phone.answers["503"] for phone in phones)
        cut(cluster)
        try:
            assert not cluster.running()
            unready += ready(served, 503)
            while sum(phone.answers["503"] for phone in phones) == refused and time.monotonic() < until:
                time.sleep(0.01)
        finally:
            cluster.start()
        assert ready(served), "the service did not come back by itself"
        progress.append(sum(len(phone.acknowledged) for phone in phones) - before)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    answers = sum((phone.answers for phone in phones), Counter())
    acknowledged = {name: one for phone in phones for name, one in phone.acknowledged.items()}
    with town.home.work() as work:
        rows = work.session.execute(
            text("SELECT event_id, observation_id::text FROM sense_told WHERE owner_id = :id"), {"id": device.id}
        ).all()
        facts = work.session.scalars(
            text(
                "SELECT fact_id::text FROM kit_facts JOIN sense_told ON observation_id = fact_id "
                "WHERE kind = 'sense.observed' AND owner_id = :id"
            ),
            {"id": device.id},
        ).all()
    stored = {row.event_id: row.observation_id for row in rows}
    print(  # noqa: T201  the figures of the report
        f"cuts {CUTS}, answers {dict(answers)}, acknowledged {len(acknowledged)}, stored {len(stored)}, "
        f"lost {len(set(acknowledged) - set(stored))}, doubled {len(rows) - len(stored)}"
    )
    # the fault happened: each cut was seen by the service and by somebody sending, and each time work went on
    assert unready == CUTS
    assert answers["503"] >= CUTS
    assert min(progress) >= SENDERS
    assert set(answers) <= {"200", "201", "503"}
    # and cost nothing
    assert acknowledged.items() <= stored.items()
    assert len(rows) == len(stored)
    assert sorted(facts) == sorted(stored.values())
