"""Wires patrols: ends those of apps that know no end, and works them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.field.service import patrols
from pipewarden.main.retention import RETENTION

if TYPE_CHECKING:
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

log = structlog.get_logger(__name__)
RUN = "pipewarden.patrols.end"
_OFTEN = "*/10 * * * *"


def end_silent(home: Home) -> int:
    """End the patrols of every tenant that sent nothing for hours, each tenant in its own transaction."""
    ended = 0
    for tenant_id in home.tenants():
        with home.factory.begin(tenant_id) as work:
            ended += patrols.end_silent(work)
    return ended


def register(queue: Queue, home: Home) -> None:
    """Let workers of ``queue`` look every ten minutes; one worker at a time."""

    @queue.app.periodic(cron=_OFTEN)
    @queue.app.task(name=RUN, queue=RETENTION, queueing_lock=RUN, lock=RUN)
    def end(timestamp: int) -> int:  # noqa: ARG001  Procrastinate passes it
        ended = end_silent(home)
        log.info("patrols", ended=ended)
        return ended
