"""Wires casework: when the clock looks for alarms that wait for a person, and tells the judge what is in hand.

The worker calls ``register`` after ``open_river``; the drains of alarms and verdicts are the river's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import jobs

if TYPE_CHECKING:
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

CASEWORK = "casework"
LOOK = "pipewarden.casework.look"
DAYS = "pipewarden.casework.ask_days"
LISTS = "pipewarden.casework.audit_lists"
_EVERY_5_S = "* * * * * */5"  # croniter's sixth field: seconds
_EVERY_5_MIN = "*/5 * * * *"
_DAILY = "0 22 * * *"  # UTC: 06:00 in China, before the morning's shift


def register(queue: Queue, home: Home) -> None:
    """Let workers of ``queue`` open the sites that only time asks for.

    Args:
        queue: gets a periodic task on the queue ``CASEWORK``; one worker runs it at a time, whoever dies.
        home: whose alarms; those of every tenant.
    """

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=LOOK, queue=CASEWORK, queueing_lock=LOOK, lock=LOOK)
    def look(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.look_for_waiting(home.factory.begin)

    @queue.app.periodic(cron=_EVERY_5_MIN)
    @queue.app.task(name=DAYS, queue=CASEWORK, queueing_lock=DAYS, lock=DAYS)
    def ask_days(timestamp: int) -> int:  # noqa: ARG001  as above
        return jobs.ask_days(home.factory.begin)

    @queue.app.periodic(cron=_DAILY)
    @queue.app.task(name=LISTS, queue=CASEWORK, queueing_lock=LISTS, lock=LISTS)
    def audit_lists(timestamp: int) -> int:  # noqa: ARG001  as above
        return jobs.audit_lists(home.factory.begin)
