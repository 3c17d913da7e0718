"""The one queue: Procrastinate in the same database, one drain task for the whole river."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from procrastinate import App, PsycopgConnector, RetryStrategy, SyncPsycopgConnector

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from procrastinate import JobContext
    from procrastinate.worker import Worker

DRAIN = "pipewarden.drain"
RIVER = "river"
PACE_S = 0.9
_RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of one home.

    Attributes:
        app: runs jobs; its connector is asynchronous.
        deferring: defers on a session's own connection, also from inside a running job, where the asynchronous
            connector would not take a synchronous connection.
    """

    app: App
    deferring: App

    def serve(self, run: Callable[[str], object]) -> None:
        """Let the drain task call ``run(partition)``."""

        @self.app.task(name=DRAIN, queue=RIVER, retry=_RETRY)
        def drain(partition: str) -> None:
            run(partition)

    def run_until_idle(self, *, concurrency: int = 1) -> None:
        """Work off every job that is due, in this process, and return."""
        self.app.run_worker(
            wait=False,
            concurrency=concurrency,
            install_signal_handlers=False,
            listen_notify=False,
            delete_jobs="successful",
        )


async def paced(call: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:  # noqa: ARG001  the names are Procrastinate's
    """Let a drain hold its hand of the worker for ``PACE_S`` at least, so that facts gather for the next one.

    A first fact is drained at once. However many come after it, and in however many streams, a hand then takes no more
    than 1 / ``PACE_S`` drains a second. Implements Procrastinate's worker middleware.
    """
    since = time.monotonic()
    try:
        return await call()
    finally:
        if context.job.task_name == DRAIN:
            await asyncio.sleep(max(0.0, since + PACE_S - time.monotonic()))


def make_queue(url: str) -> Queue:
    """Return the queue of the database at ``url``."""
    return Queue(
        app=App(connector=PsycopgConnector(conninfo=url)), deferring=App(connector=SyncPsycopgConnector(conninfo=url))
    )
