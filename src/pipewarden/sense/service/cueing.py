"""Ask cameras to look now: the next sweep takes them, by the same watch, lease and grabber as any look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.sense import store
from pipewarden.sense.facts import CUE_SETTLED, Cue, CueState
from pipewarden.sense.rules import Cadence

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work

HURRY_EVERY_S = 60.0  # one camera is not hurried twice within: its close looks come in that rhythm anyway
ANSWER_S = 90.0  # a grab may take a minute, and a sweep begins each five seconds


def cue(work: Work, wanted: Mapping[UUID, Collection[UUID]], *, cadence: Cadence | None = None) -> list[Cue]:
    """Let the watched ones among the cameras look at once, and closely after, and return whom was asked.

    A camera that nobody watches has no address and is left out. One that was hurried within the last minute is not
    hurried again; its next look answers.

    Args:
        work: of the cameras' tenant.
        wanted: the cameras to ask, by the observation for whose sake; asked again for the same one, a camera is left
            alone.
        cadence: the numbers of looking closely.
    """
    numbers, asked = cadence or Cadence(), []
    pairs = sorted({(camera_id, clue_id) for clue_id, cameras in wanted.items() for camera_id in cameras})
    for camera_id, clue_id in pairs:  # cameras in one order for everybody, or two batches would wait for each other
        made = _asked(work, camera_id, clue_id, numbers)
        if made is not None:
            asked.append(made)
    return asked


def _asked(work: Work, camera_id: UUID, clue_id: UUID, numbers: Cadence) -> Cue | None:
    watch = store.watch_of(work.session, work.tenant_id, camera_id)
    if watch is None:
        return None
    now = work.now()
    last = store.last_asked(work.session, camera_id)
    made = Cue(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        camera_id=camera_id,
        clue_id=clue_id,
        asked_at=now,
        due_at=now + timedelta(seconds=ANSWER_S),
        state=CueState.ASKED,
        frame_id=None,
    )
    if not store.add_cue(work.session, made):
        return None
    pulse = replace(watch.pulse, close_left=max(watch.pulse.close_left, numbers.close_frames))
    hurried = last is not None and (now - last).total_seconds() < HURRY_EVERY_S
    due = watch.due_at if hurried else min(watch.due_at, now)
    store.settle(work.session, replace(watch, pulse=pulse, due_at=due), release=False)
    return made


def cues_of(work: Work, clue_ids: Collection[UUID]) -> list[Cue]:
    """Return whom was asked for the sake of those observations, oldest first."""
    return store.cues_of(work.session, work.tenant_id, clue_ids) if clue_ids else []


def cues(work: Work, ids: Collection[UUID]) -> list[Cue]:
    """Return the tenant's cues among ``ids``."""
    return store.cues(work.session, work.tenant_id, ids) if ids else []


def answered(work: Work, camera_id: UUID, frame_id: UUID) -> None:
    """Note that a fresh picture of the camera came; emits CUE_SETTLED for each cue that waited for it."""
    _tell(work, store.answer_cues(work.session, camera_id, frame_id))


def silenced(work: Work) -> int:
    """Give up the tenant's cues that are overdue and return how many; emits CUE_SETTLED for each."""
    late = store.silence_cues(work.session, work.tenant_id, work.now())
    _tell(work, late)
    return len(late)


def _tell(work: Work, settled: Sequence[Cue]) -> None:
    for one in settled:
        work.emit(CUE_SETTLED, one.id, partition=work.own(str(one.clue_id)))
