"""Wires patrols: ends those of apps that know no end, works them out, and takes tracks from files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from pipewarden.field.facts.patrols import PatrolPoint, PatrolSource
from pipewarden.field.service import patrols
from pipewarden.kit.errors import InputError
from pipewarden.main.retention import RETENTION
from pipewarden.people import service as people
from pipewarden.sense.rules.track import read_gpx

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.field.facts.patrols import Patrol
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

log = structlog.get_logger(__name__)
RUN = "pipewarden.patrols.end"
_OFTEN = "*/10 * * * *"
_AT_ONCE = 500


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


def bring_gpx(work: Work, login: str, path: Path) -> tuple[Patrol, bool]:
    """Record the track of a GPX file as a patrol of a person's own; return it, and whether it is new.

    The file's bytes name the patrol: the same file again is the same patrol. A point without an error of its own counts
    as good to 10 m; the moment of the import is the server's time of every point.

    Raises:
        InputError: it is no GPX with times, or the person is no patroller here.
        NotFoundError: nobody has this login.
        RefusedError: the person did not agree that their way is recorded.
    """
    content = path.read_bytes()
    track = read_gpx(content, path.name)
    person = people.person_by_login(work, people.operator(work.tenant_id), login)
    actor = people.actor_of(work, person.id)
    if actor is None or not actor.grants_for(patrols.WALK):
        raise InputError(field="person", problem=f"{login} is no patroller here", fix="Give them the role patroller.")
    now, draft = work.now(), UUID(bytes=hashlib.sha256(content).digest()[:16])
    points = [
        PatrolPoint(n, one.at, now, one.lon, one.lat, one.accuracy_m) for n, one in enumerate(track.points, start=1)
    ]
    begun, fresh = patrols.begin(work, actor, draft, points[0].at, {}, sent=now, source=PatrolSource.GPX)
    if not fresh:
        return patrols.patrol(work, actor, begun.id), False
    for start in range(0, len(points), _AT_ONCE):
        patrols.add_points(work, actor, begun.id, points[start : start + _AT_ONCE], sent=now)
    return patrols.end(work, actor, begun.id, draft, points[-1].at), True
