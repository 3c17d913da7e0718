"""The server is killed again and again while reports come in: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import numpy as np
import pytest
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.postgres import Urls

KILLS = [20, pytest.param(60, marks=pytest.mark.release)]
SENDERS = 4
PATIENCE_S = 30.0


@dataclass(slots=True)
class Zygote:
    """Forks servers on one port and kills them."""

    process: subprocess.Popen[str]
    port: int
    pid: int = 0

    def ask(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def start(self) -> None:
        self.pid = int(self.ask(str(self.port)))
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                if httpx2.get(f"{self.address}/readyz", timeout=2.0).status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.02)
        raise TimeoutError("the server did not come up")

    def end(self, sig: signal.Signals) -> str:
        """Send a signal and return how the process ended, as the kernel tells its parent."""
        pid, self.pid = self.pid, 0
        os.kill(pid, sig)
        return self.ask(f"reap {pid}")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def service_environment(urls: Urls, folder: Path, **more: str) -> dict[str, str]:
    source = str(Path(__file__).resolve().parents[2] / "src")
    return os.environ | {
        "PYTHONPATH": source,
        "PIPEWARDEN_HOME": str(folder),
        "PIPEWARDEN_DATABASE_URL": urls.app,
        "PIPEWARDEN_DATABASE_OWNER_URL": urls.owner,
        "PIPEWARDEN_SECRET": "0123456789abcdef0123456789abcdef",
    } | more  # fmt: skip


def open_zygote(environment: dict[str, str]) -> Zygote:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    script = Path(__file__).with_name("zygote.py")
    process = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    return Zygote(process, port)


@pytest.fixture
def zygote(town: Any, api_urls: Urls) -> Iterator[Zygote]:
    made = open_zygote(service_environment(api_urls, town.home.folder))
    yield made
    if made.pid:  # a test that failed half way leaves a server
        made.end(signal.SIGKILL)
    assert made.process.stdin is not None
    made.process.stdin.close()
    assert made.process.wait(PATIENCE_S) == 0


@dataclass(slots=True)
class Sender:
    """Sends one report after the other, each until it is acknowledged, like a phone in a tunnel."""

    address: str
    headers: dict[str, str]
    name: str
    stop: threading.Event
    acknowledged: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    broken: int = 0
    before: int = 0
    odd: list[str] = field(default_factory=list)

    def run(self) -> None:
        with httpx2.Client(timeout=10.0, headers=self.headers) as client:
            while not self.stop.is_set():
                self.sent += 1
                self.until_acknowledged(client, f"{self.name}-{self.sent}")

    def until_acknowledged(self, client: httpx2.Client, name: str) -> None:
        place = {"lon": 116.7 + self.sent % 50 / 1000, "lat": 39.5, "accuracy_m": 9}
        event = {"specversion": "1.0", "id": name, "source": "kill", "type": "pipewarden.report"}
        while True:
            try:
                answer = client.post(
                    f"{self.address}/v1/observations",
                    json=event | {"data": place | {"words": f"report {name}"}},
                    headers={"content-type": "application/cloudevents+json"},
                )
            except httpx2.HTTPError:
                self.broken += 1
                if self.stop.is_set():
                    return
                time.sleep(0.01)
                continue
            if answer.status_code in {200, 201}:
                (item,) = answer.json()["items"]
                self.before += item["duplicate"]
                self.acknowledged[name] = item["observation_id"]
            else:
                self.odd.append(f"{name}: {answer.status_code} {answer.text[:200]}")
            return


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", KILLS)
def test_kills_lose_nothing_and_double_nothing(town: Any, zygote: Zygote, kills: int) -> None:
    rng = np.random.default_rng(60)
    stop = threading.Event()
    device = town.device()
    headers = device.headers()
    senders = [Sender(zygote.address, headers, f"s{n}", stop) for n in range(SENDERS)]
    threads = [threading.Thread(target=sender.run) for sender in senders]
    endings, progress = [], []
    for number in range(kills):
        zygote.start()
        before = sum(len(sender.acknowledged) for sender in senders)
        if number == 0:
            for thread in threads:
                thread.start()
        until = time.monotonic() + PATIENCE_S
        while sum(len(sender.acknowledged) for sender in senders) == before and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(float(rng.uniform(0.0, 0.15)))
        endings.append(zygote.end(signal.SIGKILL))
        progress.append(sum(len(sender.acknowledged) for sender in senders) - before)
    zygote.start()
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert zygote.end(signal.SIGTERM) == "exit 0"

    # the fault happened: so many processes died of signal 9, each while it was taking reports
    assert endings == ["signal 9"] * kills
    assert min(progress) >= 1
    assert sum(sender.broken for sender in senders) >= kills
    assert [line for sender in senders for line in sender.odd] == []

    acknowledged = {name: one for sender in senders for name, one in sender.acknowledged.items()}
    with town.home.work() as work:
        rows = work.session.execute(
            text("SELECT event_id, observation_id::text, words FROM sense_told WHERE owner_id = :id"), {"id": device.id}
        ).all()
        stored = {row.event_id: row.observation_id for row in rows}
        lane = work.own(f"device:{device.id}")
        facts = work.session.scalars(
            text(
                "SELECT fact_id::text FROM kit_facts JOIN sense_told ON observation_id = fact_id "
                "WHERE kind = 'sense.observed' AND partition = :lane AND owner_id = :id"
            ),
            {"lane": lane, "id": device.id},
        ).all()
        waiting = work.session.scalar(
            text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = :lane"),
            {"lane": lane},
        )
    lost = set(acknowledged) - set(stored)
    wrong = {name for name, one in acknowledged.items() if stored.get(name) != one}
    doubled = len(rows) - len(stored) + len(facts) - len(set(facts))
    again = sum(sender.before for sender in senders)
    print(  # noqa: T201  the figures of the report
        f"kills {len(endings)}, acknowledged {len(acknowledged)}, stored {len(stored)}, lost {len(lost)}, "
        f"doubled {doubled}, sent again after a lost answer {again}, broken requests "
        f"{sum(sender.broken for sender in senders)}"
    )
    assert lost == set()
    assert wrong == set()
    assert doubled == 0
    assert set(facts) == set(stored.values())
    assert all(row.words == f"report {row.event_id}" for row in rows)
    assert waiting == 1  # and the river was woken: one coalesced drain waits for all of them
