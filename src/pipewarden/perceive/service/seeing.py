"""Does a camera still see: hold each of its pictures against those that are known to be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.perceive import store
from pipewarden.perceive.facts import SIGHT_CHANGED, SightEvent
from pipewarden.perceive.rules import (
    PATIENT,
    Limits,
    Past,
    Sight,
    judge_sight,
    shows,
    suspects,
    teaches,
    view_name,
    view_of,
)
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.kit.work import Work
    from pipewarden.perceive.facts import Reference, Seeing
    from pipewarden.sense.facts import Observation

LOOK_AGAIN_S = 20.0  # three looks then fit into the 120 s in which a frozen, black or turned camera must be told
PATIENT_AGAIN_S = 60.0
_LIMITS = Limits()


def note_look(work: Work, observation: Observation, pixels: NDArray[np.uint8]) -> None:
    """Judge what a camera's picture says of the camera; emits SIGHT_CHANGED when it lost or regained its sight.

    A picture older than the last one says nothing. While a look speaks against the state the next one comes soon.

    Args:
        work: the unit of work.
        observation: a frame of a known camera, with its time.
        pixels: BGR, (rows, columns, 3).
    """
    camera_id, at = observation.camera_id, observation.at
    if camera_id is None or at is None:
        return
    before = store.kept_sight(work, camera_id)
    if before is not None and at <= before.looked_at:
        return
    view = view_of(pixels)
    name, names = view_name(view), () if before is None else before.names
    references = store.references(work, camera_id)
    past = Past(last=() if before is None else (before.view,), references=references, seen_before=names)
    shown = shows(view, name, past, _LIMITS, drawn=observation.rendered)
    was = Sight() if before is None else before.sight
    sight = judge_sight(was, shown, at, _LIMITS)
    kept = store.Kept(sight, at, observation.id, view, (*names, name))
    store.put_sight(work, camera_id, kept)
    if shown is None and sight.fault is None and teaches(view, references, _LIMITS):
        # without any reference the first picture that shows something is one: nothing is replaced by it
        _learn(work, camera_id, kept, first=not references)
    if sight.fault is not was.fault:
        _tell(work, observation, sight)
    if suspects(sight):
        sense.hasten(work, camera_id, PATIENT_AGAIN_S if shown in PATIENT else LOOK_AGAIN_S)


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


def _learn(work: Work, camera_id: UUID, kept: store.Kept, *, first: bool) -> None:
    version = max((one.version for one in store.versions(work, camera_id)), default=1)
    store.add_reference(work, camera_id, kept, version=version, learned=not first, actor_id=None)


def _tell(work: Work, observation: Observation, sight: Sight) -> None:
    if observation.camera_id is None or observation.at is None:
        raise RuntimeError("only a camera's look is told of")
    event = SightEvent(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        camera_id=observation.camera_id,
        fault=sight.fault,
        at=observation.at,
        since=sight.since or observation.at,
    )
    store.add_sight_event(work, event)
    work.emit(SIGHT_CHANGED, event.id, partition=work.own(observation.stream))
