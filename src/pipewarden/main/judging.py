"""Wires the judge: who is asked a second time, when questions are put, and when the clock looks again.

The worker calls ``register`` after ``open_river``; the queue is one of its own, because a model that does not answer
must keep neither a picture nor a camera waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.judge import jobs
from pipewarden.judge.adapters.people import HumanJudge, LocalJudge
from pipewarden.judge.service import Bench

if TYPE_CHECKING:
    from pipewarden.judge.ports import SecondJudge
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

JUDGE = "judge"
ASK = "pipewarden.judge.ask"
CLOCK = "pipewarden.judge.clock"
_EVERY_5_S = "* * * * * */5"  # croniter's sixth field: seconds


def open_bench(home: Home) -> Bench:
    """Return the bench that the home's settings name."""
    judges: dict[str, SecondJudge] = {"human": HumanJudge(), "local": LocalJudge()}
    return Bench(second=judges[home.settings.judge])


def register(queue: Queue, home: Home, bench: Bench | None = None) -> Bench:
    """Let workers of ``queue`` put questions to the second judge and watch the judge's clock.

    Args:
        queue: gets two periodic tasks on the queue ``JUDGE``; one worker runs each at a time, whoever dies.
        home: whose alarms; those of every tenant.
        bench: who judges; the one the settings name when None.
    """
    seated = bench or open_bench(home)

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=ASK, queue=JUDGE, queueing_lock=ASK, lock=ASK)
    def ask(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.ask_waiting(home.factory.begin, seated)

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=CLOCK, queue=JUDGE, queueing_lock=CLOCK, lock=CLOCK)
    def clock(timestamp: int) -> int:  # noqa: ARG001  as above
        return jobs.sweep(home.factory.begin, seated)

    return seated
