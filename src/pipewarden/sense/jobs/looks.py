"""One look after another at cameras that are due, shared between workers through the database.

A camera is taken in a short transaction that puts a lease on it; the grabbing, which may take a minute, holds no
transaction; the result is written only by whoever still holds the lease. A worker that dies loses its lease by time.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog

from pipewarden.kit.errors import InputError, PipewardenError
from pipewarden.people.facts import PLATFORM
from pipewarden.sense import service, store
from pipewarden.sense.facts import (
    CAMERA_STATE,
    CameraEvent,
    CameraState,
    Frame,
    NewObservation,
    ObservationKind,
    Outcome,
    Watch,
)
from pipewarden.sense.rules import Cadence, check_header, judge, next_due, without_address

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.sense.ports import FrameGrabber

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What a worker needs to look.

    Attributes:
        begin: opens a unit of work of a tenant, committed at its end; called from several threads.
        hands: cameras looked at side by side, so that a dead one keeps nobody waiting.
        lease_s: longer than any grab may take.
        most: looks of one hand in one sweep.
    """

    begin: Callable[[UUID], AbstractContextManager[Work]]
    blobs: BlobStore
    grabber: FrameGrabber
    cadence: Cadence = field(default_factory=Cadence)
    hands: int = 4
    lease_s: float = 180.0
    most: int = 100


@dataclass(frozen=True, slots=True)
class _Caught:
    """What one grab brought: a frame, or why there is none."""

    frame: Frame | None
    problem: str | None


def sweep(eyes: Eyes) -> int:
    """Look at every camera that is due, whosever it is, and return how many looks were made.

    Cameras that were asked to look at once and gave no fresh picture in time are given up then.
    """
    with ThreadPoolExecutor(eyes.hands, thread_name_prefix="camera") as pool:
        looks = sum(hand.result() for hand in [pool.submit(_one_hand, eyes) for _ in range(eyes.hands)])
    with eyes.begin(PLATFORM) as work:
        late = store.overdue_tenants(work.session, work.now())
    for tenant_id in late:
        with eyes.begin(tenant_id) as work:
            service.silenced(work)
    return looks


def _one_hand(eyes: Eyes) -> int:
    for count in range(eyes.most):
        with eyes.begin(PLATFORM) as work:
            now, lease = work.now(), work.ids.new()
            due = store.claim(work.session, lease=lease, now=now, lease_s=eyes.lease_s, most=1)
        if not due:
            return count
        caught = _grab(eyes.grabber, due[0], now)
        with eyes.begin(due[0].tenant_id) as work:
            _record(work, eyes, due[0].camera_id, lease, caught)
    return eyes.most


def _grab(grabber: FrameGrabber, watch: Watch, now: datetime) -> _Caught:
    try:
        frame = grabber.grab(watch, now)
        check_header(frame.picture, frame.name)
    except PipewardenError as error:
        return _Caught(None, _told(watch, error.problem))
    except Exception as error:  # whatever a stranger's camera brings about costs its look, not the others'
        log.exception("look failed", camera=watch.key)
        return _Caught(None, type(error).__name__)
    return _Caught(frame, None)


def _told(watch: Watch, words: str) -> str:
    """Return why a look failed as everybody who sees the camera may read it."""
    return without_address(words, [watch.source, watch.substream or ""])


def _record(work: Work, eyes: Eyes, camera_id: UUID, lease: UUID, caught: _Caught) -> None:
    watch = store.watch_of(work.session, work.tenant_id, camera_id, lease=lease)
    if watch is None:
        log.warning("look came too late: its lease ran out or the watch ended", camera_id=str(camera_id))
        return
    now = work.now()
    picture, outcome, problem = _keep(work, eyes.blobs, watch, caught)
    pulse = judge(watch.pulse, outcome, now, eyes.cadence)
    due = next_due(pulse, watch.due_at, now, interval_s=watch.interval_s, chance=work.chance(), cadence=eyes.cadence)
    fresh = outcome is Outcome.FRESH
    after = replace(
        watch, pulse=pulse, due_at=due, picture=picture, seen_at=now if fresh else watch.seen_at, problem=problem
    )
    store.settle(work.session, after, release=True)
    if pulse.state is not None and pulse.state is not watch.pulse.state:
        tell(work, after, pulse.state)


def _keep(work: Work, blobs: BlobStore, watch: Watch, caught: _Caught) -> tuple[str, Outcome, str | None]:
    """Observe a fresh picture and return the last picture's hash, the outcome and the problem.

    The same bytes again are not observed: a frozen camera must not confirm its own sighting.
    """
    frame = caught.frame
    if frame is None:
        return watch.picture, Outcome.FAILED, caught.problem
    sha256 = hashlib.sha256(frame.picture).hexdigest()
    if sha256 == watch.picture:
        return sha256, Outcome.SAME, "gives the very same picture again"
    at = frame.at or work.now()
    new = NewObservation(
        stream=watch.key,
        source_id=f"{at:%Y%m%dT%H%M%S.%f}Z",
        kind=ObservationKind.FRAME,
        picture=frame.picture,
        picture_name=frame.name,
        offset_s=max(0.0, (at - watch.started_at).total_seconds()),
        at=at,
        camera_id=watch.camera_id,
        rendered=frame.rendered,
    )
    try:
        observation = service.observe(work, blobs, new)
    except InputError as error:
        return watch.picture, Outcome.FAILED, _told(watch, f"{error.field}: {error.problem}")
    store.add_look(work.session, watch, observation.id, at=at, picture=sha256)
    service.answered(work, watch.camera_id, observation.id)
    return sha256, Outcome.FRESH, None


def tell(work: Work, watch: Watch, state: CameraState) -> None:
    """Say that a camera's state changed."""
    event = CameraEvent(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        camera_id=watch.camera_id,
        state=state,
        at=work.now(),
        since=watch.pulse.bad_since or watch.pulse.run_since or work.now(),
        problem=watch.problem,
    )
    store.add_state(work.session, event)
    work.emit(CAMERA_STATE, event.id, partition=work.own(watch.key))
    log.info("camera changed", camera=watch.key, state=state.value, problem=watch.problem)
