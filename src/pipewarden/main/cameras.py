"""Wires the cameras: who looks, when, what a sighting changes, and which quiet pictures may go.

The worker calls ``register`` after ``open_river``; its queue is one of its own, because a camera that does not answer
must not keep a picture waiting that has arrived.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from pipewarden.dedupe import jobs as dedupe_jobs
from pipewarden.dedupe.store import AlarmRow
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.emit import Consumer
from pipewarden.locate import jobs as locate_jobs
from pipewarden.locate import service as locate
from pipewarden.locate.facts import PLACED
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import SCREENED
from pipewarden.perceive.store import FindingRow, ReferenceRow
from pipewarden.sense import jobs
from pipewarden.sense import service as sense
from pipewarden.sense.adapters.grab import SourceGrabber
from pipewarden.sense.adapters.probe import TcpProber
from pipewarden.sense.facts import CUE_SETTLED
from pipewarden.sense.store import ObservationRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from uuid import UUID

    from pipewarden.kit.addresses import Network
    from pipewarden.kit.work import FactRef, Work
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue
    from pipewarden.sense.ports import CameraProber, FrameGrabber

log = structlog.get_logger(__name__)

CAMERAS = "cameras"
PROBES = "probes"
LOOK = "pipewarden.cameras.look"
THIN = "pipewarden.cameras.thin"
PROBE = "pipewarden.cameras.probe"
OVERLOOK = "pipewarden.cameras.overlook"
SILENT = "pipewarden.devices.silent"
_EVERY_5_S = "* * * * * */5"  # croniter's sixth field: seconds
_EVERY_MIN = "* * * * *"
_EVERY_10_MIN = "*/10 * * * *"


def register(
    queue: Queue, home: Home, *, grabber: FrameGrabber | None = None, prober: CameraProber | None = None, hands: int = 4
) -> jobs.Eyes:
    """Let workers of ``queue`` look at the cameras of every tenant, and this home's river tell them what was seen.

    Args:
        queue: gets five periodic tasks on the queues ``CAMERAS`` and ``PROBES``; any number of workers may share them.
        home: whose cameras.
        grabber: how a picture is taken; from real addresses and folders when None.
        prober: how an address is asked whether it answers; by TCP when None.
        hands: cameras looked at side by side by one worker.
    """
    opened = camera_networks(home)
    eyes = jobs.Eyes(
        begin=home.factory.begin,
        blobs=home.blobs,
        grabber=grabber or SourceGrabber(home.factory.clock, opened),
        hands=hands,
    )
    asked = prober or TcpProber(opened)
    home.registry.add(Consumer("sense.settle", SCREENED, settle, batch=64))
    home.registry.add(Consumer("sense.sight", PLACED, sight, batch=64))
    home.registry.add(Consumer("dedupe.cue", PLACED, dedupe_jobs.make_cueing(), batch=64))
    home.registry.add(Consumer("dedupe.patrol", CUE_SETTLED, dedupe_jobs.make_settling(), batch=64))
    with home.work() as work:
        home.registry.wake(work.session)  # facts that came while nobody was registered

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=LOOK, queue=CAMERAS, queueing_lock=LOOK)
    def look(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.sweep(eyes)

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=PROBE, queue=PROBES, queueing_lock=PROBE, lock=PROBE)
    def probe(timestamp: int) -> int:  # noqa: ARG001  as above
        return jobs.probe(home.factory.begin, asked)

    @queue.app.periodic(cron=_EVERY_10_MIN)
    @queue.app.task(name=THIN, queue=CAMERAS, queueing_lock=THIN)
    def thin(timestamp: int) -> int:  # noqa: ARG001  as above
        gone = drop_quiet(home)
        log.info("quiet pictures dropped", count=gone)
        return gone

    @queue.app.periodic(cron=_EVERY_MIN)
    @queue.app.task(name=OVERLOOK, queue=CAMERAS, queueing_lock=OVERLOOK, lock=OVERLOOK)
    def overlook(timestamp: int) -> int:  # noqa: ARG001  as above
        return locate_jobs.overlook(home.factory.begin, home.tenants())

    @queue.app.periodic(cron=_EVERY_MIN)
    @queue.app.task(name=SILENT, queue=CAMERAS, queueing_lock=SILENT)
    def silent(timestamp: int) -> int:  # noqa: ARG001  as above
        with home.factory.begin(PLATFORM) as work:
            return sense.end_silent(work)

    return eyes


def camera_networks(home: Home) -> Callable[[UUID], tuple[Network, ...]]:
    """Return which networks that are not public a tenant's cameras may lie in, as the operator's setting says.

    Raises:
        InputError: the setting holds what is no network.
    """
    told = read_opened(home.settings.camera_open, "PIPEWARDEN_CAMERA_OPEN")

    @cache  # a tenant's key never changes
    def opened(tenant_id: UUID) -> tuple[Network, ...]:
        with home.factory.begin(tenant_id) as work:
            tenant = people.tenant_acted_for(work)
        return told.to(None if tenant is None else tenant.key)

    return opened


def drop_quiet(home: Home) -> int:
    """Drop the quiet pictures of every tenant, each in its own transaction, and return how many looks lost theirs."""
    gone = 0
    for tenant_id in home.tenants():
        with home.factory.begin(tenant_id) as work:
            gone += jobs.drop_quiet(work, home.blobs, pointed_at)
    return gone


def settle(work: Work, facts: list[FactRef]) -> None:
    """Drain ``perceive.screened``: an unreadable picture is not quiet, it is evidence of a fault."""
    screened = perceive.screened(work, [fact.fact_id for fact in facts])
    jobs.settle_screened(work, {one: not seen.findings and seen.problem is None for one, seen in screened.items()})


def sight(work: Work, facts: list[FactRef]) -> None:
    """Drain ``locate.placed``: a camera's first finding in range of a pipe makes its next looks come sooner.

    It reads placements and not alarms, because an alarm needs two frames and the second should not take ten minutes.
    A place that is unknown counts as in range, as everywhere.
    """
    placed = locate.placements(work, [fact.fact_id for fact in facts])
    near = [place.finding_id for places in placed.values() for place in places if place.answer.zone is not Zone.OUTSIDE]
    raising = set(
        work.session.scalars(
            select(FindingRow.observation_id).where(
                FindingRow.tenant_id == work.tenant_id, FindingRow.id.in_(near), FindingRow.raises
            )
        )
    )
    for one in sorted(sense.observations(work, list(raising)).values(), key=lambda each: (each.at is None, each.id)):
        if one.camera_id is not None and one.at is not None:
            sense.sighted(work, one.camera_id, one.at)


def pointed_at(work: Work, pictures: Collection[str]) -> set[str]:
    """Return those pictures that show a finding, an alarm or the right view. Implements ``sense.ports.InUse``."""
    found = select(ObservationRow.picture).join(FindingRow, FindingRow.observation_id == ObservationRow.id)
    shown = select(AlarmRow.evidence).where(AlarmRow.evidence.in_(pictures))
    right = select(ObservationRow.picture).join(ReferenceRow, ReferenceRow.observation_id == ObservationRow.id)
    return {
        *work.session.scalars(found.where(ObservationRow.picture.in_(pictures)).distinct()),
        *work.session.scalars(shown.distinct()),
        *work.session.scalars(right.where(ObservationRow.picture.in_(pictures)).distinct()),
    }
