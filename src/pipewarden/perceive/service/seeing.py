"""Does a camera still see: hold each of its pictures against those that are known to be right."""

from __future__ import annotations

from dataclasses import replace
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
)
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

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


def note_looks(work: Work, looks: Sequence[tuple[Observation, View]]) -> None:
    """Judge what pictures say of their cameras; emits SIGHT_CHANGED for one that lost or regained sight or clock.

    What is known is read once for all of them, and written once. A picture older than the last one says nothing, and a
    camera that moves has no view to lose. While a camera's last look speaks against its state the next comes soon.

    Args:
        work: the unit of work.
        looks: frames in the order in which they came, with their views; one without a camera or a time says nothing.
    """
    known = sense.cameras(work, list({one.camera_id for one, _ in looks if one.camera_id is not None}))
    cameras = {camera_id for camera_id, one in known.items() if not one.moves}
    if not cameras:
        return
    kept, references = store.kept_sights(work, cameras), store.references(work, cameras)
    sent = sense.told(work, [one.id for one, _ in looks])
    looked: set[UUID] = set()
    for one, view in looks:
        if one.camera_id not in cameras or one.camera_id is None or one.at is None:
            continue
        before, views = kept.get(one.camera_id), references.setdefault(one.camera_id, [])
        after = kept[one.camera_id] = _judged(one, one.at, view, before, views, sent=one.id in sent)
        if after.observation_id == one.id:
            looked.add(one.camera_id)
            _tell(work, one, one.camera_id, before, after)
            _learn(work, one.camera_id, after, views)
    store.put_sights(work, kept)
    for camera_id in sorted(looked):
        sight = kept[camera_id].sight
        if suspects(sight):
            sense.hasten(work, camera_id, PATIENT_AGAIN_S if sight.shows in PATIENT else LOOK_AGAIN_S)


def _judged(
    observation: Observation,
    said: datetime,
    view: View,
    before: store.Kept | None,
    references: Sequence[View],
    *,
    sent: bool,
) -> store.Kept:
    """Return what is known of a camera after a picture of it; one older than the last tells of the clock alone."""
    clock = _clock(observation, said, before, sent=sent)
    at = _moment(observation, said, clock)
    if before is not None and at <= before.looked_at:
        # a clock that went back or stands still is found by pictures that seem old, and they were heard
        return replace(before, clock=clock, heard_at=observation.received_at)
    name, names = view_name(view), () if before is None else before.names
    past = Past(last=() if before is None else (before.view,), references=references, seen_before=names)
    shown = shows(view, name, past, _LIMITS, drawn=observation.rendered)
    return store.Kept(
        sight=judge_sight(Sight() if before is None else before.sight, shown, at, _LIMITS),
        looked_at=at,
        heard_at=observation.received_at,
        observation_id=observation.id,
        view=view,
        names=(*names, name)[-store.NAMES :],
        agreed=0 if shown is not None else _agreed(view, before),
        clock=clock,
    )


def _agreed(view: View, before: store.Kept | None) -> int:
    """Return how many looks in a row, with this one, show one place."""
    return 1 if before is None or not agrees(view, before.view, _LIMITS) else before.agreed + 1


def _moment(observation: Observation, said: datetime, clock: Clock) -> datetime:
    """Return when a picture was taken: by our clock where its own is wrong, or it would hide every later one."""
    ahead = (said - observation.received_at).total_seconds() > _AHEAD_S
    return observation.received_at if ahead or clock.wrong_since is not None else said


def _clock(observation: Observation, said: datetime, before: store.Kept | None, *, sent: bool) -> Clock:
    """Return what is known of the clock of a camera that sends by itself; a recording that we read tells of none."""
    clock = Clock() if before is None else before.clock
    skew_s = (observation.received_at - said).total_seconds()
    if observation.rendered or not (sent or abs(skew_s) <= _BELIEVED_S):
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
    kept = store.kept_sights(work, [camera_id]).get(camera_id)
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


def _learn(work: Work, camera_id: UUID, kept: store.Kept, references: list[View]) -> None:
    """Add to the references: another light on the same place, or, of a camera without any, what its looks agree on."""
    if kept.sight.shows is not None or kept.sight.fault is not None:
        return
    first = not references
    if kept.agreed < _LIMITS.agree if first else not teaches(kept.view, references, _LIMITS):
        return
    version = max((one.version for one in store.versions(work, camera_id)), default=1)
    store.add_reference(work, camera_id, kept, version=version, learned=not first, actor_id=None)
    references.append(kept.view)


def _tell(work: Work, observation: Observation, camera_id: UUID, before: store.Kept | None, after: store.Kept) -> None:
    """Say so when the camera lost or regained its sight or its clock."""
    wrong = after.clock.wrong_since is not None
    was = (None, False) if before is None else (before.sight.fault, before.clock.wrong_since is not None)
    if (after.sight.fault, wrong) == was:
        return
    event = SightEvent(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        camera_id=camera_id,
        fault=after.sight.fault,
        at=after.looked_at,
        since=after.sight.since or after.looked_at,
        clock_wrong=wrong,
    )
    store.add_sight_event(work, event)
    work.emit(SIGHT_CHANGED, event.id, partition=work.own(observation.stream))
