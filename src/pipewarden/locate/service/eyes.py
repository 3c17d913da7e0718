"""Which cameras do not see, and which metres of pipe nobody watches because of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.locate import store
from pipewarden.locate.facts import CAMERA_BLIND, CameraBlind, EyeState
from pipewarden.locate.rules import judge_eye
from pipewarden.locate.service.placing import coverage
from pipewarden.network import service as network
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.locate.rules import Eye
    from pipewarden.network.facts import Stretch
    from pipewarden.sense.facts import Camera

    Ring = tuple[tuple[float, float], ...]


def judge_cameras(work: Work, camera_ids: Sequence[UUID]) -> list[CameraBlind]:
    """Judge what cameras are worth now and return what changed; emits CAMERA_BLIND for each change.

    It reads how they stand and not what was said of them, so that facts may come twice or late. A camera that was
    never blind tells nothing by being online.
    """
    cameras = sense.cameras(work, list(camera_ids))
    return _judge(work, list(cameras.values()))


def overlook(work: Work) -> list[CameraBlind]:
    """Judge every camera of the tenant: silence makes no fact, so somebody has to look for it."""
    return _judge(work, sense.all_cameras(work))


def eyes(work: Work, cameras: Sequence[Camera]) -> dict[UUID, CameraBlind]:
    """Return what is known of each of ``cameras``, of any tenant; those never blind are absent."""
    return store.eyes(work, [one.id for one in cameras]) if cameras else {}


def still_so(work: Work, ids: Collection[UUID]) -> list[CameraBlind]:
    """Return those of the changes ``ids`` after which the camera has not changed again."""
    return store.events(work, ids)


def not_online(work: Work) -> list[UUID]:
    """Return the cameras of every tenant that are blind or degraded: the caller keeps those the reader may see."""
    return store.not_online(work)


def blind(work: Work) -> list[CameraBlind]:
    """Return what is known of the tenant's cameras that are blind now: since when, why, and which pipe it leaves."""
    return list(store.eyes(work, store.blind(work)).values())


def eye_counts(work: Work) -> dict[str, int]:
    """Return how many of the tenant's cameras that were ever blind or degraded stand in each state now."""
    return store.eye_counts(work)


def unwatched(work: Work, blind: Sequence[Camera]) -> list[Stretch]:
    """Return the pipes that ``blind`` cameras would watch and no other camera does, longest first.

    Args:
        work: of the tenant whose cameras and network they are.
        blind: ground that several of them would see counts once.
    """
    rings = [ring for ring in (_ring(work, one) for one in blind) if ring]
    return _stretches(work, rings, _watched(work, {one.id for one in blind})) if rings else []


def _stretches(work: Work, rings: Sequence[Ring], watched: Sequence[Ring]) -> list[Stretch]:
    return network.metres_in(work, rings, [one for one in watched if _near(one, rings)])


def _watched(work: Work, lost: Collection[UUID]) -> list[Ring]:
    """Return the ground that the tenant's cameras watch now, without those just lost and those blind on record."""
    gone = {*lost, *store.blind(work)}
    rings = [_ring(work, one) for one in sense.all_cameras(work) if one.id not in gone]
    return [one for one in rings if one]


def _ring(work: Work, camera: Camera) -> Ring:
    covered = coverage(work, camera)
    return () if covered is None else covered.ring


def _near(ring: Ring, others: Sequence[Ring]) -> bool:
    """Say whether the box around a ring touches that of another: what cannot overlap is not laid over anything."""
    west, south, east, north = _box(ring)
    return any(
        west <= e and w <= east and south <= n and s <= north for w, s, e, n in (_box(other) for other in others)
    )


def _box(ring: Ring) -> tuple[float, float, float, float]:
    lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
    return min(lons), min(lats), max(lons), max(lats)


def _judge(work: Work, cameras: Sequence[Camera]) -> list[CameraBlind]:
    if not cameras:
        return []
    store.hold_eyes(work)
    ids = [one.id for one in cameras]
    healths, seeings, before = sense.healths(work, cameras), perceive.seeing(work, ids), store.eyes(work, ids)
    sent = sense.told(work, [one.observation_id for one in seeings.values()])
    changed = []
    for camera in cameras:
        health, seeing = healths.get(camera.id), seeings.get(camera.id)
        # what is rendered ends, and nobody is blind for it
        sends = seeing is not None and seeing.observation_id in sent and not camera.rendered
        eye = judge_eye(health, seeing, interval_s=camera.interval_s, now=work.now(), sends=sends)
        if eye is not None and _differs(eye, before.get(camera.id)):
            changed.append((camera, eye))
    return _tell(work, changed)


def _differs(eye: Eye, was: CameraBlind | None) -> bool:
    if was is None:
        return eye.state is not EyeState.ONLINE
    return (eye.state, eye.causes) != (was.state, was.causes)


def _tell(work: Work, changed: Sequence[tuple[Camera, Eye]]) -> list[CameraBlind]:
    """Write the changes; what another camera watches that is lost in the same moment is not watched."""
    lost = {camera.id: _ring(work, camera) for camera, eye in changed if eye.state is EyeState.BLIND}
    watched = _watched(work, lost) if any(lost.values()) else []
    events = [
        CameraBlind(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            camera_id=camera.id,
            state=eye.state,
            causes=eye.causes,
            at=work.now(),
            since=eye.since,
            unwatched=tuple(_stretches(work, [lost[camera.id]], watched)) if lost.get(camera.id) else (),
        )
        for camera, eye in changed
    ]
    store.add_eyes(work, events)
    for event, (camera, _) in zip(events, changed, strict=True):
        work.emit(CAMERA_BLIND, event.id, partition=work.own(camera.key))
    return events
