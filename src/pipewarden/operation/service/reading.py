"""How a tenant's watch and the house stand now: each slice is asked for its own, nothing is read behind its back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from pipewarden.act import service as act
from pipewarden.casework import service as casework
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.inference import service as inference
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JUDGED
from pipewarden.kit import facts_log
from pipewarden.locate import service as locate
from pipewarden.locate.facts import PLACED
from pipewarden.operation import store
from pipewarden.operation.facts import BlindCamera, HouseReading, SwitchedOff, TenantReading
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role
from pipewarden.perceive.facts import SCREENED
from pipewarden.sense import service as sense
from pipewarden.sense.facts import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.operation.ports import Machine
    from pipewarden.people.facts import Switch

LATELY = timedelta(hours=1)
PAIRS = {"screen": (OBSERVED, SCREENED), "place": (SCREENED, PLACED), "judge": (ALARM_CHANGED, JUDGED)}
"""Stages of the river by the facts they begin and end with, which name the same thing."""


def tenant_reading(work: Work, post: Post, *, stuck: int | None = None) -> TenantReading:
    """Return how the watch of the tenant worked for stands; nobody's reach is asked.

    Args:
        work: of the tenant.
        post: which channels there are.
        stuck: facts of the tenant that were set aside, where the caller knows; asked for when None.
    """
    tenant = people.tenant_acted_for(work)
    cameras = {one.id: one for one in sense.all_cameras(work) if not one.test}
    blind = [one for one in locate.blind(work) if one.camera_id in cameras]
    switches = {one.name: one for one in sorted(people.switches(work), key=lambda one: one.tenant_id == PLATFORM)}
    reviews, since = judge.backlog(work)
    now = work.now()
    return TenantReading(
        tenant_id=work.tenant_id,
        tenant="" if tenant is None else tenant.key,
        at=now,
        chain=judge.chain(work),
        cameras=len(cameras),
        degraded=locate.eye_counts(work).get("degraded", 0),
        blind=tuple(
            BlindCamera(
                id=one.camera_id,
                name=cameras[one.camera_id].name,
                since=one.since,
                causes=tuple(str(each) for each in one.causes),
                metres=sum(part.metres for part in one.unwatched),
            )
            for one in sorted(blind, key=lambda one: (one.since, one.camera_id))
        ),
        off=tuple(
            SwitchedOff(one.name, one.reason, one.at, everywhere=one.tenant_id == PLATFORM)
            for one in _off(work, switches)
        ),
        unstaffed=tuple(one.name for one in people.unstaffed(work, Role.DISPATCHER, now)),
        nobody=not people.on_call(work, [Role.DISPATCHER], None, now),
        sites=casework.sites_standing(work),
        reviews=reviews,
        reviews_since=since,
        messages=act.messages_standing(work, post),
        models=inference.models_standing(work, now - LATELY),
        stuck=facts_log.count_stuck(work.session).get(work.tenant_id, 0) if stuck is None else stuck,
        erasures=tuple(people.erasures_waiting(work)),
    )


def _off(work: Work, names: Mapping[str, Switch]) -> list[Switch]:
    board = people.Switchboard(work)
    found = [board.off(name) for name in sorted(names)]
    return [one for one in found if one is not None]


def house_reading(work: Work, machine: Machine, consumers: Mapping[str, str], *, heartbeat: bool) -> HouseReading:
    """Return how the house stands; a database that cannot write is a reading, too.

    Args:
        work: of the platform; it is written in, so that the durable write is timed by the caller's commit as well.
        machine: disk, clock, shape of the database.
        consumers: who drains which kind of fact, by name.
        heartbeat: whether an outside address is set.
    """
    begun = machine.elapsed()
    try:
        with work.session.begin_nested():
            theirs = store.probe(work.session, work.now())
        fsync_s: float | None = machine.elapsed() - begun
        clock_s = (work.now() - theirs).total_seconds()
    except SQLAlchemyError:
        fsync_s, clock_s = None, 0.0
    now = work.now()
    oldest = {name: facts_log.oldest_waiting(work.session, name, kind) for name, kind in consumers.items()}
    return HouseReading(
        at=now,
        lanes=tuple(store.lanes(work.session)),
        lag={name: max((now - at).total_seconds(), 0.0) for name, at in oldest.items() if at is not None},
        beats=store.beats(work.session),
        free=machine.free(),
        reserve=machine.reserve(),
        clock_s=clock_s,
        head=machine.at_head(work.session),
        fsync_s=fsync_s,
        heartbeat=heartbeat,
    )
