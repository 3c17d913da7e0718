"""The first minutes of a new house: nothing configured, one command, one person, one report, one alarm."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from pipewarden.kit.postgres import cluster_at

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
READY_S, ALARM_S = 60.0, 60.0  # bounds for a machine that many share; the 15 s and 30 s are measured by bench
EVENT = "application/cloudevents+json"


def environment(folder: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIPEWARDEN_")}
    source = str(Path(__file__).resolve().parents[2] / "src")
    return clean | {"PYTHONPATH": source, "PIPEWARDEN_HOME": str(folder)}


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty home that the lent user of the embedded server can walk to."""
    made = Path(tempfile.mkdtemp(prefix="pipewarden-first-"))
    made.chmod(0o755)
    yield made
    cluster = cluster_at(made)
    cluster.stop()
    shutil.rmtree(cluster.data, ignore_errors=True)
    shutil.rmtree(made, ignore_errors=True)


def serve(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "pipewarden", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment(folder), stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        try:
            if httpx2.get(f"{address}/readyz", timeout=2.0).status_code == 200:
                return process, address
        except httpx2.HTTPError:
            time.sleep(0.05)
    process.kill()
    raise TimeoutError("the server did not come up")


def workers(folder: Path) -> list[int]:
    """Return the pids of the workers of this home, read off the system."""
    found = []
    for one in Path("/proc").iterdir():
        try:
            words = (one / "cmdline").read_bytes().split(b"\0")
            mine = f"PIPEWARDEN_HOME={folder}".encode() in (one / "environ").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if one.name.isdigit() and b"worker" in words and mine:
            found.append(int(one.name))
    return found


def gone(folder: Path, seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while workers(folder) and time.monotonic() < until:
        time.sleep(0.1)
    return not workers(folder)


def add_user(folder: Path) -> None:
    words = ["user", "add", "--login", "boss", "--name", "Boss", "--role", "safety_manager"]
    command = [sys.executable, "-m", "pipewarden", *words, "--password-stdin", "--keep-password", "--json"]
    done = subprocess.run(
        command, env=environment(folder), input=PASSWORD + "\n", text=True, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tenant"] == "default"


def signed_in(address: str) -> dict[str, str]:
    answer = httpx2.post(f"{address}/v1/session", json={"login": "boss", "password": PASSWORD}, timeout=30.0)
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrf"]}


def report(address: str, headers: dict[str, str], name: str, lon: float) -> str:
    data = {"words": "路口有挖机", "lon": lon, "lat": 39.5, "accuracy_m": 10}
    event = {"specversion": "1.0", "id": name, "source": "phone", "type": "pipewarden.report", "data": data}
    answer = httpx2.post(
        f"{address}/v1/observations", json=event, headers=headers | {"content-type": EVENT}, timeout=30.0
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["items"][0]["observation_id"])


def wait_for_alarms(address: str, headers: dict[str, str], count: int) -> list[dict[str, Any]]:
    until = time.monotonic() + ALARM_S
    while time.monotonic() < until:
        items: list[dict[str, Any]] = httpx2.get(f"{address}/v1/alarms", headers=headers, timeout=10.0).json()["items"]
        if len(items) >= count:
            return items
        time.sleep(0.1)
    raise TimeoutError("no alarm")


@pytest.mark.timeout(300)
def test_from_nothing_to_an_alarm_and_through_a_kill(folder: Path) -> None:
    process, address = serve(folder)
    try:
        assert stat.S_IMODE((folder / "service.secret").stat().st_mode) == 0o600
        add_user(folder)
        headers = signed_in(address)
        assert httpx2.get(f"{address}/v1/alarms", headers=headers).json() == {"items": [], "next": None}
        report(address, headers, "one", 116.70)
        (alarm,) = wait_for_alarms(address, headers, 1)
        assert alarm["what"] == "report"
        assert alarm["network"]["zone"] == "unknown"

        # killed without a word: its worker goes too, and the next start finds everything
        assert len(workers(folder)) == 1
        process.kill()
        assert process.wait(20) == -signal.SIGKILL
        assert gone(folder)
        process, address = serve(folder)
        assert httpx2.get(f"{address}/v1/me", headers=headers, timeout=10.0).status_code == 200
        report(address, headers, "two", 116.71)
        assert len(wait_for_alarms(address, headers, 2)) == 2

        # a worker that is killed is started again
        (worker,) = workers(folder)
        os.kill(worker, signal.SIGKILL)
        report(address, headers, "three", 116.72)
        assert len(wait_for_alarms(address, headers, 3)) == 3
        assert worker not in workers(folder)

        process.terminate()
        assert process.wait(40) == 0
        assert gone(folder, 1.0)
        assert not cluster_at(folder).running()
    finally:
        if process.poll() is None:
            process.kill()
