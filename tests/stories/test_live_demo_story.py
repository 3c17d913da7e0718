"""Somebody new starts the demo and looks: people sign in, a day is played, alarms come, everything ends together."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mosquitto import free_port

from pipewarden.kit.postgres import cluster_at
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_S = 240.0  # how long to wait on a machine that many share; no promise of the product
SPEED = "3000"  # the whole day in about twenty seconds
pytestmark = pytest.mark.timeout(900)


@dataclass
class Demo:
    """A running ``pipewarden demo``."""

    process: subprocess.Popen[str]
    address: str
    home: Path
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)

    def wait_for(self, words: str) -> str:
        """Wait until it has printed a line with these words, and return the line."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for line in [*self.out, *self.err]:
                if words in line:
                    return line
            assert self.process.poll() is None, self.err
            time.sleep(0.1)
        raise TimeoutError(f"{words!r} did not come: {self.out} {self.err}")

    def sign_ins(self) -> dict[str, tuple[str, str]]:
        """Return login and password of each login that the table shows, as a person reads it."""
        self.wait_for("demo-platform-admin")
        rows = [line.split() for line in self.out]
        return {row[1]: (row[0], row[2]) for row in rows if len(row) > 2 and row[1].startswith("demo-")}

    def enter(self, login: str) -> Visitor:
        """Sign in with what the table shows."""
        _, password = self.sign_ins()[login]
        asked = {"login": login, "password": password}
        answer = httpx2.post(f"{self.address}/v1/session", json=asked, timeout=PATIENCE_S)
        assert answer.status_code == 201, answer.text
        assert not answer.json()["must_change"]
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return Visitor(self.address, cookie, answer.json()["tenant_id"])

    def end(self) -> int:
        """Read what is left after the process went, and return its exit code."""
        code = self.process.wait(PATIENCE_S)
        for one in self.readers:
            one.join(PATIENCE_S)
        return code


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in."""

    address: str
    cookie: str
    tenant_id: str

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"{self.address}{path}", headers={"Cookie": self.cookie}, timeout=PATIENCE_S)

    def items(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def first_picture_of_the_stream(self) -> dict[str, Any]:
        """Follow the live stream until an alarm with a picture comes."""
        headers = {"Cookie": self.cookie}
        url = f"{self.address}/v1/alarms/stream"
        with httpx2.stream("GET", url, headers=headers, timeout=PATIENCE_S) as stream:
            assert stream.status_code == 200
            for line in stream.iter_lines():
                if line.startswith("data: {") and (alarm := json.loads(line[6:])).get("has_picture"):
                    found: dict[str, Any] = alarm
                    return found
        raise AssertionError("the stream ended without an alarm")


def started(home: Path, *words: str) -> Demo:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIPEWARDEN_")}
    source = str(Path(__file__).resolve().parents[2] / "src")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipewarden", "demo", "--port", str(port), *words],
        env=clean | {"PYTHONPATH": source, "PIPEWARDEN_HOME": str(home), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    demo = Demo(process, f"http://127.0.0.1:{port}", home)
    for pipe, lines in ((process.stdout, demo.out), (process.stderr, demo.err)):
        assert pipe is not None
        reader = threading.Thread(target=lambda pipe=pipe, lines=lines: lines.extend(pipe), daemon=True)  # type: ignore[misc]
        reader.start()
        demo.readers.append(reader)
    return demo


def of_home(home: Path) -> list[str]:
    """Return the command lines of every process that works on this home, read off the system."""
    mark, found = f"PIPEWARDEN_HOME={home}".encode(), []
    for one in Path("/proc").iterdir():
        if not one.name.isdigit():
            continue
        try:
            if mark in (one / "environ").read_bytes().split(b"\0"):
                found.append((one / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [words for words in found if words]  # a zombie has none


def assert_nothing_runs(home: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while (of_home(home) or cluster_at(home).running()) and time.monotonic() < until:
        time.sleep(0.1)
    assert of_home(home) == []
    assert not cluster_at(home).running()


@pytest.fixture(scope="module")
def home(roomy: Callable[[], Path]) -> Path:
    return roomy() / "home"


@pytest.fixture(scope="module")
def demo(home: Path, weights: None) -> Iterator[Demo]:
    """The first start in a new home, with a day that hurries."""
    _ = weights
    made = started(home, "--speed", SPEED)
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.end()


def test_the_first_alarm_comes_with_its_picture(demo: Demo) -> None:
    dispatcher = demo.enter("demo-dispatcher")
    alarm = dispatcher.first_picture_of_the_stream()
    assert alarm["tenant_id"] == dispatcher.tenant_id
    assert alarm["what"] == "machine"
    assert alarm["rendered"] is True, "nobody takes it for a photograph"
    assert alarm["place"] is not None
    assert alarm["network"]["pipe_id"] is not None
    picture = dispatcher.get(f"/v1/alarms/{alarm['id']}/evidence")
    assert picture.status_code == 200
    assert picture.content.startswith(b"\xff\xd8")


def test_the_address_shows_the_console_or_says_that_it_is_not_built(demo: Demo) -> None:
    demo.sign_ins()
    page = httpx2.get(f"{demo.address}/", timeout=PATIENCE_S)
    assert page.headers["content-type"].startswith("text/html")
    demo.wait_for("the day begins")
    said = any("console is not built" in line for line in demo.err)
    assert page.status_code == (503 if said else 200)


def test_sign_ins_are_kept_where_only_the_user_reads_them(demo: Demo) -> None:
    shown = demo.sign_ins()
    file = demo.home / "demo.people.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = {one["login"]: one["password"] for one in json.loads(file.read_text()).values()}
    assert {login: password for login, (_, password) in shown.items()} == kept
    roles = {role for role, _ in shown.values()}
    assert roles >= {
        "tenant_admin", "safety_manager", "dispatcher", "patroller", "grid_worker", "regulator", "contractor",
        "resident", "auditor", "platform_admin",
    }  # fmt: skip
    assert not any(password in line for password in kept.values() for line in demo.err)


def test_each_sees_what_is_theirs(demo: Demo) -> None:
    demo.wait_for("works shown / found")
    everything = {one["id"] for one in demo.enter("demo-dispatcher").items("/v1/alarms?limit=200")}
    assert everything
    assert {one["id"] for one in demo.enter("demo-regulator").items("/v1/alarms?limit=200")} == everything
    one_district = {one["id"] for one in demo.enter("demo-standby-supervisor").items("/v1/alarms?limit=200")}
    assert one_district < everything
    contractor = demo.enter("demo-contractor")
    assert contractor.get("/v1/alarms").status_code == 403
    assert contractor.get("/v1/alarms/stream").status_code == 403
    assert contractor.get(f"/v1/alarms/{min(everything)}").status_code == 403
    assert contractor.items("/v1/observations") == []
    assert demo.enter("demo-platform-admin").get("/v1/alarms").status_code == 403


def test_every_report_arrived_under_its_persons_name(demo: Demo) -> None:
    demo.wait_for("works shown / found")
    reports = [event for event in sim.demo_day().events if event.who is not None]
    sent = {one["event_id"]: one for one in demo.enter("demo-dispatcher").items("/v1/observations?limit=200")}
    for event in reports:
        told = sent[event.key]
        assert (told["kind"], told["words"], told["source"]) == ("report", event.words, f"demo/{event.who}")
    own = demo.enter("demo-grid-worker-1").items("/v1/observations?limit=200")
    assert {one["event_id"] for one in own} == {event.key for event in reports if event.who == "grid-worker-1"}


def test_no_event_claims_another_time_than_the_walls(demo: Demo) -> None:
    demo.wait_for("works shown / found")
    sent = demo.enter("demo-safety-manager").items("/v1/observations?limit=200")
    assert {one["event_id"] for one in sent} == {event.key for event in sim.demo_day().events}, "all of the day arrived"
    for one in sent:
        at, received = (datetime.fromisoformat(one[name]) for name in ("at", "received_at"))
        assert timedelta(0) <= received - at < timedelta(seconds=PATIENCE_S)
        assert received <= datetime.now(UTC)


def test_the_day_ends_with_its_score(demo: Demo) -> None:
    shown, found = demo.wait_for("works shown / found").split("found")[-1].split("/")
    truth = sim.demo_truth()
    machines = [site for site in truth.sites if site.expected_alarm]
    assert int(shown) == sum(work.shown for work in truth.works)
    assert len(machines) <= int(found) <= int(shown)
    assert demo.wait_for("look-alikes shown / alarmed").split("/")[-2].split()[-1] == str(len(truth.look_alikes))
    demo.wait_for("say nothing about real streets")
    count = len(sim.demo_day().events)
    assert "refused" not in demo.wait_for(f"{count}/{count} events sent")


def test_a_second_demo_of_the_same_home_is_refused_and_the_first_stands(demo: Demo) -> None:
    demo.sign_ins()
    second = started(demo.home)
    assert second.end() == 3
    assert any("another demo plays" in line for line in second.err)
    assert demo.enter("demo-dispatcher").get("/v1/me").status_code == 200


def test_sigterm_ends_server_worker_and_database(demo: Demo) -> None:
    demo.wait_for("the service goes on")
    assert any(" worker " in f"{words} " for words in of_home(demo.home))
    demo.process.send_signal(signal.SIGTERM)
    assert demo.end() == 0
    assert_nothing_runs(demo.home)
    assert not any("Traceback" in line for line in demo.err)


def test_a_second_start_shows_the_same_sign_ins_for_a_new_city_and_a_kill_leaves_nothing(demo: Demo) -> None:
    first = demo.sign_ins()
    if demo.process.poll() is None:
        demo.process.terminate()
    demo.end()
    again = started(demo.home)  # at its own pace: it is killed in the middle of the day
    try:
        assert again.sign_ins() == first
        dispatcher = again.enter("demo-dispatcher")
        alarm = dispatcher.first_picture_of_the_stream()
        tenants = {one["tenant_id"] for one in dispatcher.items("/v1/alarms?limit=200")}
        assert tenants == {dispatcher.tenant_id} == {alarm["tenant_id"]}, "nothing of the first city is seen"
        assert again.process.poll() is None
        assert not any("the service goes on" in line for line in again.err), "the day is being played"
    finally:
        again.process.kill()
    assert again.end() == -signal.SIGKILL
    assert_nothing_runs(demo.home)
