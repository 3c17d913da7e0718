"""Wires the river: which model looks, which child decodes, and who drains which fact."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from pipewarden.dedupe import jobs as dedupe_jobs
from pipewarden.dedupe.facts import Policy
from pipewarden.inference import service as inference
from pipewarden.inference.adapters.models import Models, open_models
from pipewarden.kit.emit import Consumer
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.facts_log import StuckRow
from pipewarden.locate import jobs as locate_jobs
from pipewarden.locate.facts import PLACED
from pipewarden.main.queue import check_idle
from pipewarden.perceive import jobs as perceive_jobs
from pipewarden.perceive.facts import SCREENED
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sense.facts import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.main.home import Home


@dataclass(frozen=True, slots=True)
class River:
    """A home with its eyes open: facts that are emitted are drained through to alarms."""

    home: Home
    models: Models
    decoder: ChildDecoder

    def drain(self) -> None:
        """Work off everything that waits.

        Raises:
            UnavailableError: a drain could not finish, or a fact was set aside for a person.
        """
        self.home.queue.run_until_idle()
        with self.home.work() as work:
            check_idle(work.session)
            stuck = work.session.scalar(
                select(func.count()).select_from(StuckRow).where(StuckRow.tenant_id == work.tenant_id)
            )
        if stuck:
            raise UnavailableError(
                field="river",
                problem=f"{stuck} fact(s) could not be taken and wait for a person",
                fix="Read table kit_stuck: it holds the consumer, the fact and what went wrong.",
            )


@contextmanager
def open_river(home: Home, *, single_makes_alarm: bool = False) -> Iterator[River]:
    """Open models and decoder and register every drain of the river.

    Args:
        home: where facts are kept.
        single_makes_alarm: let a single picture make an alarm (``scan --single``).
    """
    models = open_models(threads=home.settings.threads)
    with home.work() as work:
        inference.register_shipped(work)
    with ChildDecoder() as decoder:
        screen = perceive_jobs.make_drain(models.detector, models.look, models.types, decoder, home.blobs)
        join = dedupe_jobs.make_drain(Policy(single_makes_alarm=single_makes_alarm))
        for consumer in (
            Consumer("perceive.screen", OBSERVED, screen, batch=8),
            Consumer("locate.place", SCREENED, locate_jobs.make_drain(), batch=32),
            Consumer("dedupe.join", PLACED, join, batch=32),
        ):
            home.registry.add(consumer)
        yield River(home=home, models=models, decoder=decoder)
