"""Does a camera still see: hold each of its pictures against those that are known to be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.perceive import store
from pipewarden.perceive.facts import SIGHT_CHANGED, SightEvent
from pipewarden.perceive.rules import (
    PATIENT,
    Clock,
    Limits,
    Past,
    Sight,
    agrees,
    check_clock,
    judge_sight,
    shows,
    suspects,
    teaches,
    view_name,
    view_of,
)
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.kit.work import Work
    from pipewarden.perceive.facts import Reference, Seeing
    from pipewarden.perceive.rules import View
    from pipewarden.sense.facts import Observation

LOOK_AGAIN_S = 20.0  # three looks then fit into the 120 s in which a frozen, black or turned camera must be told
PATIENT_AGAIN_S = 60.0
_AHEAD_S = 60.0
_BELIEVED_S = 5.0  # from a picture to its coming; who sends it need not be asked
_SAME_S = 1.0  # a clock that stands may be rounded either way
_LIMITS = Limits()


def note_look(work: Work, observation: Observation, pixels: NDArray[np.uint8]) -> None:
    """Judge what a camera's picture says of the camera; emits SIGHT_CHANGED when it lost or regained sight or clock.

    A picture older than the last one says nothing, and a camera that moves has no view to lose. While a look speaks
    against the state the next one comes soon.

    Args:
        work: the unit of work.
        observation: a frame of a known camera, with its time.
        pixels: BGR, (rows, columns, 3).
    """
    camera_id = observation.camera_id
    camera = None if camera_id is None else sense.cameras(work, [camera_id]).get(camera_id)
    if camera is None or camera.moves or observation.at is None:
        return
    before = store.kept_sight(work, camera.id)
    clock = _clock(work, observation, observation.at, before)
    at = _moment(observation, observation.at, clock)
    if before is not None and at <= before.looked_at:
        # a clock that went back or stands still is found by pictures that seem old, and they were heard
        store.put_clock(work, camera.id, clock, heard_at=observation.received_at)
        return
    view = view_of(pixels)
    name, names = view_name(view), () if before is None else before.names
    references = store.references(work, camera.id)
    past = Past(last=() if before is None else (before.view,), references=references, seen_before=names)
    shown = shows(view, name, past, _LIMITS, drawn=observation.rendered)
    was = Sight() if before is None else before.sight
    sight = judge_sight(was, shown, at, _LIMITS)
    agreed = 0 if shown is not None else _agreed(view, before)
    kept = store.Kept(sight, at, observation.received_at, observation.id, view, (*names, name), agreed, clock)
    store.put_sight(work, camera.id, kept)
    if shown is None and sight.fault is None:
        _learn(work, camera.id, kept, references)
    wrong = None if before is None else before.clock.wrong_since
    if sight.fault is not was.fault or (clock.wrong_since is None) is not (wrong is None):
        _tell(work, observation, camera.id, kept)
    if suspects(sight):
        sense.hasten(work, camera.id, PATIENT_AGAIN_S if shown in PATIENT else LOOK_AGAIN_S)


def _agreed(view: View, before: store.Kept | None) -> int:
    """Return how many looks in a row, with this one, show one place."""
    return 1 if before is None or not agrees(view, before.view, _LIMITS) else before.agreed + 1


def _moment(observation: Observation, said: datetime, clock: Clock) -> datetime:
    """Return when a picture was taken: by our clock where its own is wrong, or it would hide every later one."""
    ahead = (said - observation.received_at).total_seconds() > _AHEAD_S
    return observation.received_at if ahead or clock.wrong_since is not None else said


def _clock(work: Work, observation: Observation, said: datetime, before: store.Kept | None) -> Clock:
    """Return what is known of the clock of a camera that sends by itself; a recording that we read tells of none."""
    clock = Clock() if before is None else before.clock
    skew_s = (observation.received_at - said).total_seconds()
    tells = abs(skew_s) <= _BELIEVED_S or observation.id in sense.told(work, [observation.id])
    if observation.rendered or not tells:
        return clock
    stands = before is not None and abs((said - before.looked_at).total_seconds()) <= _SAME_S
    return check_clock(clock, skew_s, observation.received_at, stands=stands)


def seeing(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, Seeing]:
    """Return how each of the cameras sees, of any tenant: who gave them knows the scope; never judged: absent."""
    return store.sights(work, camera_ids) if camera_ids else {}


def told_of(work: Work, event_ids: Collection[UUID]) -> list[UUID]:
    """Return the cameras whose sight changed by those events."""
    return store.sight_cameras(work, event_ids)


def reference_versions(work: Work, camera_id: UUID) -> list[Reference]:
    """Return the reference views that were put in force, newest first."""
    return store.versions(work, camera_id)


def set_reference(work: Work, camera_id: UUID, observation_id: UUID, *, actor_id: UUID) -> Reference:
    """Hold the camera from now on against its last picture: where it looks now is right. Older versions stay on record.

    Args:
        work: of the camera's tenant.
        camera_id: whose view.
        observation_id: the picture the person saw; it must still be the last.
        actor_id: who says so.

    Raises:
        RefusedError: there is no such picture, or another came since, or the picture shows nothing.
    """
    kept = store.kept_sight(work, camera_id)
    if kept is None or kept.observation_id != observation_id:
        raise RefusedError(
            field="observation_id",
            problem="is not the camera's last picture",
            fix="Load the picture again, look at it, and say so of that one.",
        )
    if shows(kept.view, b"", Past((), ()), _LIMITS) is not None:
        raise RefusedError(field="observation_id", problem="shows nothing", fix="Wait for a picture that does.")
    version = 1 + max((one.version for one in store.versions(work, camera_id)), default=0)
    store.add_reference(work, camera_id, kept, version=version, learned=False, actor_id=actor_id)
    sense.hasten(work, camera_id, 0.0)
    return store.versions(work, camera_id)[0]


def _learn(work: Work, camera_id: UUID, kept: store.Kept, references: Sequence[View]) -> None:
    """Add to the references: another light on the same place, or, of a camera without any, what its looks agree on."""
    first = not references
    if kept.agreed < _LIMITS.agree if first else not teaches(kept.view, references, _LIMITS):
        return
    version = max((one.version for one in store.versions(work, camera_id)), default=1)
    store.add_reference(work, camera_id, kept, version=version, learned=not first, actor_id=None)


def _tell(work: Work, observation: Observation, camera_id: UUID, kept: store.Kept) -> None:
    event = SightEvent(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        camera_id=camera_id,
        fault=kept.sight.fault,
        at=kept.looked_at,
        since=kept.sight.since or kept.looked_at,
        clock_wrong=kept.clock.wrong_since is not None,
    )
    store.add_sight_event(work, event)
    work.emit(SIGHT_CHANGED, event.id, partition=work.own(observation.stream))
