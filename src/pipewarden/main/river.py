"""Wires the river: which model looks, which child decodes, and who drains which fact."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, select

from pipewarden.casework import jobs as casework_jobs
from pipewarden.casework import service as casework
from pipewarden.casework.facts import CHANGED
from pipewarden.dedupe import jobs as dedupe_jobs
from pipewarden.dedupe.facts import ALARM_CHANGED, PATROL_WANTED, Policy
from pipewarden.field import service as field
from pipewarden.field.jobs import reports as field_jobs
from pipewarden.field.jobs import tasks as task_jobs
from pipewarden.inference import service as inference
from pipewarden.inference.adapters.models import Models, open_models
from pipewarden.judge import jobs as judge_jobs
from pipewarden.judge.facts import JUDGED
from pipewarden.judge.service import Bench
from pipewarden.kit.emit import Consumer
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.facts_log import StuckRow
from pipewarden.learn import jobs as learn_jobs
from pipewarden.locate import jobs as locate_jobs
from pipewarden.locate.facts import PLACED
from pipewarden.main.corridors import Corridors
from pipewarden.main.judging import open_bench
from pipewarden.network.facts.change import NETWORK_CHANGED
from pipewarden.perceive import jobs as perceive_jobs
from pipewarden.perceive.facts import SCREENED, SIGHT_CHANGED
from pipewarden.perceive.service import Eye, nowhere
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sense.facts import CAMERA_STATE, OBSERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.judge.ports import SecondJudge
    from pipewarden.main.home import Home

log = structlog.get_logger(__name__)
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class River:
    """A home with its eyes open: facts that are emitted are drained through to alarms and verdicts."""

    home: Home
    models: Models
    decoder: ChildDecoder
    bench: Bench
    eye: Eye

    def drain(self) -> None:
        """Work off every fact of the home's tenant, also when another process has taken up some of it.

        Raises:
            UnavailableError: a stage is down, or nothing moved for a minute; the facts are kept.
        """
        self.home.queue.run_until_idle()
        deadline = time.monotonic() + _PATIENCE_S
        while behind := self._behind():
            taken = sum(self.home.registry.run(self.home.factory, *one) for one in behind)
            if taken:
                deadline = time.monotonic() + _PATIENCE_S
            elif time.monotonic() > deadline:
                raise UnavailableError(
                    field="river",
                    problem=f"{len(behind)} drain(s) did not move for {_PATIENCE_S:.0f} s",
                    fix="Read the log above; the facts are kept and are taken up at the next start.",
                )

    def _behind(self) -> list[tuple[str, str]]:
        with self.home.work() as work:
            return self.home.registry.behind(work.session, work.tenant_id)

    def stuck(self) -> int:
        """Return how many facts of the tenant were set aside for a person."""
        with self.home.work() as work:
            mine = select(func.count()).select_from(StuckRow).where(StuckRow.tenant_id == work.tenant_id)
            return work.session.scalar(mine) or 0


def _models(home: Home) -> Models:
    """Open the active models; when a published one cannot be trusted, the shipped ones look: somebody must."""
    with home.work() as work:
        inference.register_shipped(work)
    try:
        with home.work() as work:
            folder = inference.active_weights(work, home.blobs, home.folder / "weights")
        return open_models(folder, threads=home.settings.threads)
    except InputError as error:
        log.error("the active models are refused, the shipped ones look instead", problem=str(error))  # noqa: TRY400  the words say it
        return open_models(threads=home.settings.threads)


@contextmanager
def open_river(home: Home, *, single_makes_alarm: bool = False, second: SecondJudge | None = None) -> Iterator[River]:
    """Open models and decoder and register every drain of the river.

    Args:
        home: where facts are kept.
        single_makes_alarm: let a single picture make an alarm (``scan --single``).
        second: who is asked a second time; whom the home's settings name when None.
    """
    models = _models(home)
    with ChildDecoder() as decoder, open_bench(home, models.verifier) as named:
        bench = named if second is None else Bench(second=second)
        tiled = Corridors(home.factory) if home.settings.corridor_tiles else nowhere
        eye = Eye(models.detector, models.look, models.types, decoder, time.perf_counter, tiled)
        screen = perceive_jobs.make_drain(
            models.detector, models.look, models.types, decoder, home.blobs, corridor=tiled
        )
        seer = field.Seer(decoder, home.blobs, models.look)
        join = dedupe_jobs.make_drain(Policy(single_makes_alarm=single_makes_alarm))
        for consumer in (
            Consumer("perceive.screen", OBSERVED, screen, batch=64),
            Consumer("locate.place", SCREENED, locate_jobs.make_drain(), batch=64),
            Consumer("locate.camera", CAMERA_STATE, locate_jobs.camera_changed, batch=64),
            Consumer("locate.sight", SIGHT_CHANGED, locate_jobs.sight_changed, batch=64),
            Consumer("dedupe.join", PLACED, join, batch=64),
            Consumer("dedupe.reask", NETWORK_CHANGED, dedupe_jobs.make_reasking(casework.in_hand), batch=1),
            Consumer("judge.consider", ALARM_CHANGED, judge_jobs.make_drain(bench), batch=16),
            Consumer("casework.patrol", PATROL_WANTED, casework_jobs.drain_patrols),
            Consumer("casework.follow", ALARM_CHANGED, casework_jobs.drain, batch=64),
            Consumer("casework.hear", JUDGED, casework_jobs.drain, batch=64),
            Consumer("casework.renew", CHANGED, casework_jobs.drain_changed, batch=64),
            Consumer("learn.conclude", CHANGED, learn_jobs.drain, batch=64),
            Consumer("field.compare", SCREENED, field_jobs.make_comparing(seer), batch=16),
            Consumer("field.reward", CHANGED, field_jobs.reward, batch=64),
            Consumer("field.doubt", JUDGED, task_jobs.doubt, batch=64),  # after casework: it has opened the site
        ):
            home.registry.add(consumer)
        with home.work() as work:
            home.registry.wake(work.session)
        yield River(home=home, models=models, decoder=decoder, bench=bench, eye=eye)
