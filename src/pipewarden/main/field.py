"""Wires field: when the clock looks for checks of standing by that did not come, and for tasks that are over.

The worker calls ``register`` after ``open_river``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.field.jobs import standby, tasks

if TYPE_CHECKING:
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

FIELD = "field"
STANDBY, TASKS = "pipewarden.field.standby", "pipewarden.field.tasks"
_EVERY_MINUTE = "* * * * *"
_EVERY_20_S = "* * * * * */20"  # croniter's sixth field: seconds


def register(queue: Queue, home: Home) -> None:
    """Let workers of ``queue`` find missed checks and tasks that are over.

    Args:
        queue: gets a periodic task on the queue ``FIELD``; one worker runs it at a time, whoever dies.
        home: whose shifts; those of every tenant.
    """

    @queue.app.periodic(cron=_EVERY_20_S)
    @queue.app.task(name=STANDBY, queue=FIELD, queueing_lock=STANDBY, lock=STANDBY)
    def look(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return standby.sweep(home.factory.begin)

    @queue.app.periodic(cron=_EVERY_MINUTE)
    @queue.app.task(name=TASKS, queue=FIELD, queueing_lock=TASKS, lock=TASKS)
    def expire(timestamp: int) -> int:  # noqa: ARG001  as above
        return tasks.sweep(home.factory.begin)
