"""The one queue: Procrastinate in the same database, one drain task for the whole river."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from procrastinate import App, PsycopgConnector, RetryStrategy, SyncPsycopgConnector

if TYPE_CHECKING:
    from collections.abc import Callable


DRAIN = "pipewarden.drain"
RIVER = "river"
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

    def serve(self, run: Callable[[str, str], object]) -> None:
        """Let the drain task call ``run(consumer, partition)``."""

        @self.app.task(name=DRAIN, queue=RIVER, retry=_RETRY)
        def drain(consumer: str, partition: str) -> None:
            run(consumer, partition)

    def run_until_idle(self, *, concurrency: int = 1) -> None:
        """Work off every job that is due, in this process, and return."""
        self.app.run_worker(
            wait=False,
            concurrency=concurrency,
            install_signal_handlers=False,
            listen_notify=False,
            delete_jobs="successful",
        )


def make_queue(url: str) -> Queue:
    """Return the queue of the database at ``url``."""
    return Queue(
        app=App(connector=PsycopgConnector(conninfo=url)), deferring=App(connector=SyncPsycopgConnector(conninfo=url))
    )
