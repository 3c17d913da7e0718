"""Wires the foundry: who runs capabilities in the service and in the worker, and when calls that wait are answered."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from pipewarden.inference import service as inference
from pipewarden.inference.adapters.models import open_models
from pipewarden.inference.adapters.openai import open_endpoint
from pipewarden.main.judging import JUDGE
from pipewarden.main.masking import masking
from pipewarden.market.adapters.runners import (
    ExampleRunner,
    KnowledgeRunner,
    ModelRunner,
    Nets,
    PictureLooker,
    QuestionsRunner,
    RuleRunner,
)
from pipewarden.market.facts.foundry import Kind
from pipewarden.market.jobs import foundry as jobs
from pipewarden.market.service.runners import Runners
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipewarden.inference.adapters.models import Models
    from pipewarden.inference.service import Door
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue
    from pipewarden.perceive.service import Lens, PictureDecoder, Showing

ANSWER, FORGET = "pipewarden.foundry.answer", "pipewarden.foundry.forget"
_EVERY_5_S = "* * * * * */5"  # croniter's sixth field: seconds
_HOURLY = "41 * * * *"


def nets_of(models: Models) -> Nets:
    """Return the nets that capabilities look with."""
    return Nets(models.detector, models.look, models.types, models.verifier)


@cache
def shipped_nets() -> Nets:
    """Return the shipped nets, opened once a process at first use: a service that nobody asks loads none."""
    return nets_of(open_models(threads=1))


def runners_of(
    home: Home, nets: Callable[[], Nets], decoder: PictureDecoder, showing: Showing, door: Door | None = None
) -> Runners:
    """Return a runner for each kind of capability.

    Args:
        home: whose tenants.
        nets: opens the nets, or returns open ones.
        decoder: decodes in child processes.
        showing: masked.
        door: to a vision endpoint; None where none is set, and in the service, which puts no question itself.
    """
    return Runners(
        {
            Kind.EXAMPLE: ExampleRunner(nets, decoder),
            Kind.QUESTIONS: QuestionsRunner(home.factory.begin, showing, door),
            Kind.RULE: RuleRunner(),
            Kind.KNOWLEDGE: KnowledgeRunner(),
            Kind.MODEL: ModelRunner(nets, decoder),
        },
        PictureLooker(nets, decoder, showing),
    )


def served(home: Home, lens: Lens) -> Runners:
    """Return the runners of the service."""
    return runners_of(home, shipped_nets, lens.plain, perceive.masked(lens))


@contextmanager
def open_foundry(home: Home, models: Models, decoder: PictureDecoder) -> Iterator[Runners]:
    """Open the runners of a worker, with a vision endpoint where the home's settings name one.

    Raises:
        InputError: a setting of the endpoint cannot be used.
    """
    nets = nets_of(models)
    with masking() as masked:
        showing = perceive.only_masked(masked)
        if home.settings.vision_url is None:
            yield runners_of(home, lambda: nets, decoder, showing)
            return
        with open_endpoint(home.settings) as endpoint:
            yield runners_of(home, lambda: nets, decoder, showing, inference.Door(endpoint))


def register(queue: Queue, home: Home, runners: Runners) -> None:
    """Let workers of ``queue`` answer calls of capabilities that wait, and forget what old ones said."""

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=ANSWER, queue=JUDGE, queueing_lock=ANSWER, lock=ANSWER)
    def answer(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.answer_waiting(home.factory.begin, runners)

    @queue.app.periodic(cron=_HOURLY)
    @queue.app.task(name=FORGET, queue=JUDGE, queueing_lock=FORGET, lock=FORGET)
    def forget(timestamp: int) -> int:  # noqa: ARG001  as above
        return jobs.forget(home.factory.begin)
