"""Each acknowledgement follows a flush of the log: read off the system calls of server and database together.

kill -9 cannot show this, the page cache survives it (safety.md, decision 2). The control, with a relaxed commit, shows
that the trace tells the two apart.
"""

from __future__ import annotations

import os
import re
import runpy
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx2
import pytest

from pipewarden.kit.postgres import Urls

if TYPE_CHECKING:
    from collections.abc import Callable

REPORTS = 40
PATIENCE_S = 30.0
_ACK = re.compile(r'(?:sendto|sendmsg|write)\(\d+.*"HTTP/1\.1 201 Created')
_FLUSH_WHOLE = re.compile(r"(?:fdatasync|fsync)\(\d+<[^>]*pg_wal[^>]*>\)\s+= 0")
_FLUSH_BEGUN = re.compile(r"^(\d+) .*(?:fdatasync|fsync)\(\d+<[^>]*pg_wal[^>]*> <unfinished")
_FLUSH_ENDED = re.compile(r"^(\d+) .*<\.\.\. (?:fdatasync|fsync) resumed>\)\s+= 0")


def postmaster(urls: Urls) -> int:
    socket = Path(unquote(urls.app.split("host=")[1]))
    return int((socket.parent / "data" / "postmaster.pid").read_text().split()[0])


def order(trace: str) -> list[str]:
    """Return ``flush`` and ``ack`` in the order in which the calls ended; a call counts when it has returned 0."""
    begun: set[str] = set()
    seen = []
    for line in trace.splitlines():
        if _ACK.search(line):
            seen.append("ack")
        elif _FLUSH_WHOLE.search(line):
            seen.append("flush")
        elif found := _FLUSH_BEGUN.search(line):
            begun.add(found[1])
        elif (found := _FLUSH_ENDED.search(line)) and found[1] in begun:
            begun.discard(found[1])
            seen.append("flush")
    return seen


def unflushed(seen: list[str]) -> int:
    """Return how many acknowledgements had no flush since the one before."""
    bare, flushed = 0, False
    for one in seen:
        if one == "flush":
            flushed = True
        else:
            bare += not flushed
            flushed = False
    return bare


def test_the_reader_of_traces_reads_right() -> None:
    whole = "12 1.0 fdatasync(7</d/pg_wal/0001>) = 0"
    ack = '9 1.1 sendto(5, "HTTP/1.1 201 Created\\r\\n"..., 300, 0, NULL, 0) = 300'
    begun, ended = "12 1.0 fdatasync(7</d/pg_wal/0001> <unfinished ...>", "12 1.2 <... fdatasync resumed>) = 0"
    failed = "12 1.0 fdatasync(7</d/pg_wal/0001>) = -1 EIO"
    other = "12 1.0 fdatasync(7</d/base/5/1249>) = 0"
    assert unflushed(order(f"{whole}\n{ack}")) == 0
    assert unflushed(order(f"{begun}\n{ack}\n{ended}")) == 1
    assert unflushed(order(f"{begun}\n{ended}\n{ack}\n{ack}")) == 1
    assert unflushed(order(f"{failed}\n{other}\n{ended}\n{ack}")) == 1


@pytest.fixture
def traced(town: Any, api_urls: Urls, tmp_path: Path) -> Callable[[str], list[str]]:
    """Serve, trace server and database, send reports one by one, and return the order of flushes and answers."""

    def run(app_url: str) -> list[str]:
        kills = runpy.run_path(str(Path(__file__).with_name("test_kills.py")))
        zygote = kills["open_zygote"](kills["service_environment"](Urls(api_urls.owner, app_url), town.home.folder))
        zygote.start()
        trace = tmp_path / f"trace-{len(list(tmp_path.iterdir()))}"
        command = ["strace", "-f", "-ttt", "-y", "-s", "24", "-e", "trace=fdatasync,fsync,sendto,sendmsg,write"]
        pids = [zygote.pid, postmaster(api_urls), *children(postmaster(api_urls))]
        watcher = subprocess.Popen([*command, "-o", str(trace), *(f"-p{pid}" for pid in pids)], stderr=subprocess.PIPE)
        try:
            until = time.monotonic() + PATIENCE_S
            while not (trace.exists() and attached(pids)) and time.monotonic() < until:
                time.sleep(0.05)
            assert attached(pids)
            who = town.who("patroller")
            with httpx2.Client(headers=who.headers(), timeout=30.0) as client:
                for n in range(REPORTS):
                    assert send(town, client, zygote.address, n).status_code == 201
        finally:
            watcher.send_signal(signal.SIGINT)
            watcher.wait(PATIENCE_S)
            assert zygote.end(signal.SIGTERM) == "exit 0"
            zygote.process.stdin.close()
            zygote.process.wait(PATIENCE_S)
        return order(trace.read_text(errors="replace"))

    return run


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def attached(pids: list[int]) -> bool:
    """Return whether every process is being traced, as the kernel says."""
    for pid in pids:
        status = Path(f"/proc/{pid}/status")
        if status.exists() and "TracerPid:\t0" in status.read_text():
            return False
    return True


def send(town: Any, client: httpx2.Client, address: str, n: int) -> httpx2.Response:
    town.made += 1
    event = {"specversion": "1.0", "id": f"w{town.made}-{n}", "source": "flush", "type": "pipewarden.report"}
    body = event | {"data": {"words": "flush", "lon": 116.66, "lat": 39.66}}
    return client.post(
        f"{address}/v1/observations", json=body, headers={"content-type": "application/cloudevents+json"}
    )


@pytest.mark.system("strace")
@pytest.mark.timeout(300)
def test_every_acknowledgement_follows_its_flush(api_urls: Urls, traced: Callable[[str], list[str]]) -> None:
    seen = traced(api_urls.app)
    assert seen.count("ack") == REPORTS
    assert unflushed(seen) == 0
    relaxed = traced(api_urls.app + "&options=-csynchronous_commit%3Doff")
    assert relaxed.count("ack") == REPORTS
    # how many slip between two flushes hangs on how fast the machine is: that some do shows that it sees
    assert unflushed(relaxed) >= REPORTS // 10
    print(  # noqa: T201  the figures of the report
        f"flushes: {REPORTS} acknowledgements, {unflushed(seen)} before their flush; control with a relaxed commit: "
        f"{unflushed(relaxed)} of {REPORTS} (euid {os.geteuid()})"
    )
