"""Wires deliveries and drafts of the map: one worker at a time does them, on the queue where slow work waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.main.judging import JUDGE
from pipewarden.network import jobs
from pipewarden.network.adapters.files import FileReader

if TYPE_CHECKING:
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

SYNC = "pipewarden.network.sync"
_EVERY_5_S = "* * * * * */5"  # croniter's sixth field: seconds


def register(queue: Queue, home: Home) -> None:
    """Let workers of ``queue`` work off the deliveries and drafts of every tenant that wait."""

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=SYNC, queue=JUDGE, queueing_lock=SYNC, lock=SYNC)
    def sync(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        deliveries = jobs.work_off(home.factory.begin, FileReader(), home.blobs)
        return deliveries + jobs.work_off_drafts(home.factory.begin, FileReader(), home.blobs)
