"""Runs the service: server, worker beside it, and an end that loses nothing.

The worker is a process of its own, so that a picture under the model never holds up a report at the door, and so that
either may die without the other. It watches its standard input: when the server is gone, however it went, so is it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
import uvicorn
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Status

from pipewarden.casework import jobs as casework_jobs
from pipewarden.casework.facts import CHANGED
from pipewarden.dedupe.facts import ALARM_CHANGED, PATROL_WANTED
from pipewarden.judge.facts import JUDGED
from pipewarden.kit.emit import Consumer
from pipewarden.kit.errors import UnavailableError
from pipewarden.locate.facts import PLACED
from pipewarden.main import (
    act,
    audit,
    backup,
    cameras,
    casework,
    deliveries,
    field,
    foundry,
    indoor,
    insight,
    judging,
    ledger,
    market,
    open311,
    patrols,
    payouts,
    reckoning,
    retention,
    synthetic,
)
from pipewarden.main.home import open_home
from pipewarden.main.operation import ALIVE_S, GRACE_S, LOOK_S, Watch
from pipewarden.main.queue import paced
from pipewarden.main.river import open_river
from pipewarden.main.web.app import Parts, build, real_gate
from pipewarden.main.web.lanes import Rates
from pipewarden.main.web.secret import WebSettings, service_secret
from pipewarden.network.facts.change import NETWORK_CHANGED
from pipewarden.operation.facts import BeatName
from pipewarden.people import service as people
from pipewarden.people.service import answers
from pipewarden.perceive.facts import SCREENED, SIGHT_CHANGED
from pipewarden.sense.facts import CAMERA_STATE, OBSERVED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from fastapi import FastAPI
    from procrastinate import App

    from pipewarden.kit.emit import Registry
    from pipewarden.kit.work import FactRef, Work
    from pipewarden.main.backup import BackupSettings
    from pipewarden.main.home import Home

log = structlog.get_logger(__name__)

ELSEWHERE = (
    ("perceive.screen", OBSERVED),
    ("locate.place", SCREENED),
    ("locate.camera", CAMERA_STATE),
    ("locate.sight", SIGHT_CHANGED),
    ("dedupe.join", PLACED),
    ("dedupe.reask", NETWORK_CHANGED),
    ("judge.consider", ALARM_CHANGED),
    ("casework.patrol", PATROL_WANTED),
    ("casework.follow", ALARM_CHANGED),
    ("casework.hear", JUDGED),
    ("casework.renew", CHANGED),
    ("learn.conclude", CHANGED),
    ("field.compare", SCREENED),
    ("field.reward", CHANGED),
    ("field.doubt", JUDGED),
    *market.ELSEWHERE,
    *act.ELSEWHERE,
)
DRAIN_S = 15
_STALLED_S = 30.0
_KEPT_FOR = timedelta(days=7)  # no retry comes later; keys of money are kept for ever elsewhere (market_bills)
_SWEEP_S = 15.0
_DEADLINES_S = 2.0  # a call goes out within seconds of its step, and a step at most ten seconds late
_AUDIT_S = 60.0
# river, cameras, their probes, second judge and messages one each: a drain gives way after its turn; a backup or a
# drill takes one of them while it runs, because a sixth would allow more jobs a minute than the queue may have
_HANDS = 5
_LONGEST_PAUSE_S = 30.0
_MOST_REQUESTS = 256
BESIDE = ("worker", "watchdog")


class Server(uvicorn.Server):
    """uvicorn, which first says that it is not ready, ends its streams and what runs beside it when asked to stop."""

    also: Callable[[], None] = staticmethod(lambda: None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take SIGTERM or SIGINT; a second one waits for nobody.

        uvicorn would raise the signal again once it has ended, and the home would never be closed.
        """
        app: FastAPI = self.config.app  # type: ignore[assignment]  # we gave it one
        app.state.live.stopping.set()
        self.also()
        self.force_exit = self.should_exit
        self.should_exit = True
        log.info("stopping", signal=sig, at=None if frame is None else frame.f_lineno)


def serve(settings: WebSettings, *, host: str, port: int, worker: bool) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first.

    Raises:
        UnavailableError: there is no secret, no database, or the port is taken.
    """
    if settings.database_url is not None:
        service_secret(settings, settings.home)  # said before anything is opened
    with listening(host, port) as door, open_home(settings) as home, beside(*(BESIDE if worker else ())) as stop:
        secret = service_secret(settings, home.folder)
        parts = Parts(secret=secret, gate=real_gate(secret), cookie_secure=settings.cookie_secure, rates=Rates())
        answer(home, door, parts, stop)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Hold the port from the first moment: who comes early waits, and nobody opens a home for a port that is taken.

    Raises:
        UnavailableError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        door = socket.create_server((host, port), family=family)
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]  # Python adds the address once more
        raise UnavailableError(
            field="--port",
            problem=f"{host}:{port} cannot be listened on ({why})",
            fix="Choose another port or stop its user.",
        ) from error
    with door:
        yield door


def answer(home: Home, door: socket.socket, parts: Parts, also: Callable[[], None] = lambda: None) -> None:
    """Answer requests that come through ``door`` until SIGTERM or SIGINT; main thread only.

    ``also`` is called with the signal: what runs beside ends while the last requests are answered, and not after them.

    Raises:
        UnavailableError: the application did not start.
    """
    refer(home.registry)
    config = uvicorn.Config(
        build(home, parts),
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_REQUESTS,
        timeout_graceful_shutdown=DRAIN_S,
        timeout_keep_alive=30,
    )
    server = Server(config)
    server.also = also
    with suppress(SystemExit):  # uvicorn's word for a start that failed; told below
        server.run(sockets=[door])
    if not server.started:
        raise UnavailableError(field="serve", problem="could not start", fix="Read the log above.")


def refer(registry: Registry) -> None:
    """Let this process wake the worker's drains without opening a model."""

    def never(work: Work, facts: list[FactRef]) -> None:  # noqa: ARG001  the names are the Protocol's
        raise UnavailableError(field="worker", problem="is another process", fix="Run: pipewarden worker")

    for name, kind in ELSEWHERE:
        registry.add(Consumer(name, kind, never))


@contextmanager
def beside(*words: str) -> Iterator[Callable[[], None]]:
    """Keep a process of each command running while the context lasts; one that dies is started again, ever slower.

    What it yields ends them, and does not wait.
    """
    stopping = threading.Event()
    keepers = [threading.Thread(target=_keep, args=(stopping, one), name=f"{one}-keeper") for one in words]
    for keeper in keepers:
        keeper.start()
    try:
        yield stopping.set
    finally:
        stopping.set()
        for keeper in keepers:
            keeper.join()


def _keep(stopping: threading.Event, word: str) -> None:
    pause = 1.0
    while not stopping.is_set():
        command = [sys.executable, "-m", "pipewarden", word, "--with-parent"]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as child:  # noqa: S603  ourselves
            while child.poll() is None and not stopping.wait(0.2):
                pass
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(DRAIN_S + 2)
                except subprocess.TimeoutExpired:
                    child.kill()  # safe: a drain that was cut off rolls back and is taken again
                return
        log.error("a process beside ended and is started again", process=word, code=child.returncode, pause_s=pause)
        stopping.wait(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def drain(settings: BackupSettings, *, with_parent: bool) -> None:
    """Drain the river, look at the cameras and put questions to the second judge until SIGTERM or SIGINT.

    Args:
        settings: where data lives.
        with_parent: also end when standard input ends.

    Raises:
        UnavailableError: no database, or no model.
    """
    with (
        open_home(settings) as home,
        open_river(home) as river,
        indoor.open_indoor(home, river.models.look, river.decoder) as rooms,
        foundry.open_foundry(home, river.models, river.decoder) as runners,
    ):
        cameras.register(home.queue, home)
        judging.register(home.queue, home, river.bench)
        casework.register(home.queue, home)
        field.register(home.queue, home)
        indoor.register(home.queue, home, rooms)
        foundry.register(home.queue, home, runners)
        deliveries.register(home.queue, home)
        synthetic.register(home.queue, home)
        post = act.open_post(settings, service_secret(settings, home.folder))
        act.register(home.queue, home, post)
        market.register(home.queue, home, post)
        backup.register(home.queue, home, settings)
        reckoning.register(home.queue, home, post, settings)
        audit.register(home.queue, home, post)
        retention.register(home.queue, home)
        insight.register(home.queue, home, post)
        ledger.register(home.queue, home)
        patrols.register(home.queue, home)
        open311.register(home.queue, home, open311.house_of(home, settings, service_secret(settings, home.folder)))
        payouts.register(home.queue, home, payouts.open_cashier(settings, service_secret(settings, home.folder)))
        if with_parent:
            threading.Thread(target=until_orphaned, name="parent-watch", daemon=True).start()
        asyncio.run(_drain_for_ever(home, Watch(home, post, home.registry.kinds())))


def until_orphaned() -> None:
    """End this process when its parent is gone, however it went."""
    while os.read(sys.stdin.fileno(), 4096):  # raw: a buffered read would hold its lock when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


async def _drain_for_ever(home: Home, watch: Watch) -> None:
    app = home.queue.app
    async with app.open_async():
        sweepers = [
            asyncio.create_task(_sweep(home)),
            asyncio.create_task(_every(_DEADLINES_S, lambda: casework_jobs.sweep(home.factory.begin), "deadlines")),
            asyncio.create_task(_every(_AUDIT_S, lambda: casework_jobs.audit(home.factory.begin), "audit")),
            asyncio.create_task(_every(ALIVE_S, lambda: watch.alive(BeatName.WORKER), "alive")),
            asyncio.create_task(_every(LOOK_S, watch.look, "watch", first_s=GRACE_S)),
        ]
        try:
            await app.run_worker_async(
                concurrency=_HANDS,
                delete_jobs="successful",
                shutdown_graceful_timeout=DRAIN_S,
                update_heartbeat_interval=10,
                stalled_worker_timeout=_STALLED_S,
                worker_middleware=[paced],
            )
        finally:
            for sweeper in sweepers:
                sweeper.cancel()


async def _every(pause_s: float, run: Callable[[], object], name: str, *, first_s: float = 0.0) -> None:
    """Run something again and again, in a thread; not by the queue, where slow strangers might keep it waiting."""
    await asyncio.sleep(first_s)
    while True:
        try:
            await asyncio.to_thread(run)
        except Exception:  # whatever broke it once, deadlines go on
            log.exception("sweep failed and is tried again", sweep=name)
        await asyncio.sleep(pause_s)


async def _sweep(home: Home) -> None:
    """Give jobs of workers that were killed back to the queue, wake drains that nobody woke, forget old answers."""
    while True:
        try:
            await give_back(home.queue.app)
            await asyncio.to_thread(wake, home)
            await asyncio.to_thread(forget_answers, home)
        except Exception:  # the net below the river: whatever tore it once, it is spread again
            log.exception("sweep failed and is tried again")
        await asyncio.sleep(_SWEEP_S)


def wake(home: Home) -> int:
    """Wake the drains that have facts to take and return how many: those whose job gave up, or that no job knew."""
    with home.work() as work:
        return home.registry.wake(work.session)


def forget_answers(home: Home) -> int:
    """Drop idempotent answers older than a week and return how many; sign-ins from outside of days ago go with them."""
    with home.work() as work:
        people.forget_outside(work)
        return answers.forget(work, work.now() - _KEPT_FOR)


async def give_back(app: App, *, silent_for_s: float = _STALLED_S) -> int:
    """Retry the jobs whose worker has been silent for so long and return how many there were."""
    count = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_for_s):
        try:
            await app.job_manager.retry_job(job)
        except ProcrastinateException:  # the same drain waits already: one is enough
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        log.warning("job of a lost worker given back", job=job.id, task=job.task_name)
        count += 1
    return count
