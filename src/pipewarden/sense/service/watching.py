"""Begin, end and hasten the watch over a camera."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.sense import store
from pipewarden.sense.facts import Pulse, Watch
from pipewarden.sense.rules import Cadence, is_first_sighting

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Camera, CameraEvent, Health

_SCHEMES = ("rtsp://", "rtsps://", "http://", "https://")
_LEAST_INTERVAL_S = 1.0


def watch(work: Work, camera_id: UUID, source: str, *, substream: str | None = None) -> Watch:
    """Look at a camera by the clock from now on; the first look is due at once, also when it was watched before.

    Args:
        work: the unit of work.
        camera_id: a registered camera of the tenant; its ``interval_s`` is the rhythm.
        source: an rtsp(s) or http(s) address, or the absolute path of a folder that is played by the clock.
        substream: the camera's smaller stream, looked at instead of ``source``. A calibration in pixels must belong to
            the stream that is looked at.

    Raises:
        InputError: no such camera, or an address that is none.
    """
    camera = store.cameras(work.session, work.tenant_id, [camera_id]).get(camera_id)
    if camera is None:
        raise InputError(field="camera_id", problem=f"{camera_id} is not a camera here", fix="Register it first.")
    if camera.interval_s < _LEAST_INTERVAL_S:
        raise InputError(field="interval_s", problem="is under 1 s", fix="Give 1 s or more; 600 s is usual.")
    for field, address in (("source", source), ("substream", substream)):
        if address is not None and (not address.startswith((*_SCHEMES, "/")) or "\0" in address):
            raise InputError(
                field=field, problem="is no camera's address", fix="Give rtsp(s)://, http(s):// or a folder's path."
            )
    now = work.now()
    store.put_watch(
        work.session,
        Watch(
            camera_id=camera_id,
            tenant_id=work.tenant_id,
            key=camera.key,
            source=source,
            substream=substream,
            interval_s=camera.interval_s,
            started_at=now,
            due_at=now,
            pulse=Pulse(),
        ),
    )
    made = store.watch_of(work.session, work.tenant_id, camera_id)
    if made is None:
        raise RuntimeError("a watch that was written must be readable")
    return made


def unwatch(work: Work, camera_id: UUID) -> bool:
    """Look at the camera no more and return whether it was watched; what it saw stays."""
    return store.end_watch(work.session, work.tenant_id, camera_id)


def watch_closely(work: Work, camera_id: UUID, until_frames: int = 3, *, cadence: Cadence | None = None) -> bool:
    """Take the next ``until_frames`` fresh frames at the short interval and return whether the camera is watched."""
    found = store.watch_of(work.session, work.tenant_id, camera_id)
    if found is None:
        return False
    soon = work.now() + timedelta(seconds=min(found.interval_s, (cadence or Cadence()).close_s))
    pulse = replace(found.pulse, close_left=max(found.pulse.close_left, until_frames))
    store.settle(work.session, replace(found, pulse=pulse, due_at=min(found.due_at, soon)), release=False)
    return True


def hasten(work: Work, camera_id: UUID, within_s: float) -> bool:
    """Let the next look come within so many seconds, no later than it would; return whether the camera is watched."""
    found = store.watch_of(work.session, work.tenant_id, camera_id)
    if found is None:
        return False
    soon = work.now() + timedelta(seconds=within_s)
    if soon < found.due_at:
        store.settle(work.session, replace(found, due_at=soon), release=False)
    return True


def sighted(work: Work, camera_id: UUID, at: datetime, *, cadence: Cadence | None = None) -> bool:
    """Note that the camera saw something in range of a pipe at ``at``; return whether it is watched closely for it.

    Only a first sighting makes it so: as long as looks keep showing something, works are under way and known.
    """
    numbers = cadence or Cadence()
    found = store.watch_of(work.session, work.tenant_id, camera_id)
    if found is None or (found.sighted_at is not None and at <= found.sighted_at):
        return False
    store.settle(work.session, replace(found, sighted_at=at), release=False)
    if not is_first_sighting(found.sighted_at, at, found.interval_s):
        return False
    return watch_closely(work, camera_id, numbers.close_frames, cadence=numbers)


def watches(work: Work) -> list[Watch]:
    """Return the tenant's watches by camera key; their addresses may hold passwords and are not for people's eyes."""
    return store.watches(work.session, work.tenant_id)


def healths(work: Work, cameras: Sequence[Camera]) -> dict[UUID, Health]:
    """Return how each of ``cameras`` that is watched is doing; ``seen_cameras``, which gave them, knows the scope."""
    return store.healths(work.session, [one.id for one in cameras]) if cameras else {}


def camera_events(
    work: Work, camera_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int | None = None
) -> list[CameraEvent]:
    """Return how the camera's state changed, oldest first.

    Args:
        work: the tenant whose camera it is.
        camera_id: the camera.
        after: time and id of the event that the page before ended with.
        limit: most events; all of them when None.
    """
    return store.states(work.session, work.tenant_id, camera_id, after=after, limit=limit)


def changed_cameras(work: Work, event_ids: Collection[UUID]) -> list[UUID]:
    """Return the cameras whose state changed by those events."""
    return store.camera_of_states(work.session, work.tenant_id, event_ids)
