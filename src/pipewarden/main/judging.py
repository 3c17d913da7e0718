"""Wires the judge: who is asked a second time, when questions are put, and when the clock looks again.

The worker calls ``register`` after ``open_river``; the queue is one of its own, because a model that does not answer
must keep neither a picture nor a camera waiting.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from pipewarden.inference import jobs as forgetting
from pipewarden.inference import service as inference
from pipewarden.inference.adapters.openai import open_endpoint
from pipewarden.judge import jobs
from pipewarden.judge import service as judge
from pipewarden.judge.adapters.openai import OpenAiJudge
from pipewarden.judge.adapters.people import HumanJudge, LocalJudge
from pipewarden.judge.service import Bench
from pipewarden.kit.errors import InputError
from pipewarden.main.masking import masking
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.inference.service import Verifier
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

log = structlog.get_logger(__name__)
JUDGE = "judge"
ASK = "pipewarden.judge.ask"
CLOCK = "pipewarden.judge.clock"
FORGET = "pipewarden.vision.forget"
_EVERY_5_S = "* * * * * */5"  # croniter's sixth field: seconds
_HOURLY = "17 * * * *"


@contextmanager
def open_bench(home: Home, verifier: Verifier | None) -> Iterator[Bench]:
    """Open the bench that the home's settings name, with whatever its second judge needs.

    Args:
        home: whose alarms and pictures.
        verifier: the shipped crop verifier, None where there is none.

    Raises:
        InputError: a setting of the endpoint cannot be used, or ``openai`` is asked for and no endpoint is set.
    """
    settings = home.settings
    named = settings.judge or ("local" if settings.vision_url is None else "openai")
    if named == "human":
        yield Bench(second=HumanJudge())
        return
    if named == "local":
        yield Bench(second=LocalJudge(verifier))
        return
    if settings.vision_url is None:
        raise InputError(
            field="PIPEWARDEN_JUDGE", problem="is openai, and no endpoint is set", fix="Set PIPEWARDEN_VISION_URL."
        )
    with open_endpoint(settings) as endpoint, masking() as masked:
        shown = perceive.only_masked(masked)
        yield Bench(second=OpenAiJudge(inference.Door(endpoint), home.factory.begin, home.blobs, shown))


def register(queue: Queue, home: Home, bench: Bench) -> None:
    """Let workers of ``queue`` put questions to the second judge, watch the judge's clock, and forget old questions.

    Args:
        queue: gets three periodic tasks on the queue ``JUDGE``; one worker runs each at a time, whoever dies.
        home: whose alarms; those of every tenant.
        bench: who judges.
    """

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=ASK, queue=JUDGE, queueing_lock=ASK, lock=ASK)
    def ask(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.ask_waiting(home.factory.begin, bench)

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=CLOCK, queue=JUDGE, queueing_lock=CLOCK, lock=CLOCK)
    def clock(timestamp: int) -> int:  # noqa: ARG001  as above
        return jobs.sweep(home.factory.begin, bench)

    @queue.app.periodic(cron=_HOURLY)
    @queue.app.task(name=FORGET, queue=JUDGE, queueing_lock=FORGET, lock=FORGET)
    def forget(timestamp: int) -> int:  # noqa: ARG001  as above
        gone = forget_calls(home)
        log.info("old questions forgotten", count=gone)
        return gone


def forget_calls(home: Home) -> int:
    """Delete every tenant's questions to vision endpoints that are past their age, and return how many.

    Those that a review or an audit rests on which nobody has decided stay.
    """
    gone = 0
    for tenant_id in home.tenants():
        with home.factory.begin(tenant_id) as work:
            needed = judge.calls_in_hand(work)
            gone += forgetting.forget_calls(work, needed, kept=timedelta(days=home.settings.vision_kept_days))
    return gone
