"""Ask watched addresses between two looks whether they still answer, and tell of those that do not.

One worker does it at a time. A camera that is lost is looked at no sooner for it, and one that answers again within
half a minute of its turn: cameras that went with their switch do not all come back at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.people.facts import PLATFORM
from pipewarden.sense import store
from pipewarden.sense.facts import CameraState, Outcome
from pipewarden.sense.jobs.looks import tell
from pipewarden.sense.rules import PROBE_EVERY_S, is_lost, probed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Probe, Watch
    from pipewarden.sense.ports import CameraProber

_MOST = 1000
_BACK_S = 30.0
_SILENT = "does not answer"


def probe(begin: Callable[[UUID], AbstractContextManager[Work]], prober: CameraProber) -> int:
    """Ask every address that is due, whosever it is, and return how many were asked."""
    with begin(PLATFORM) as work:
        due = store.due_probes(work.session, work.now(), slower_than_s=PROBE_EVERY_S, most=_MOST)
    answers = prober.reach([(before.tenant_id, address) for before, address in due])
    with begin(PLATFORM) as work:
        noted = [
            (before, probed(before, reached=reached, now=work.now(), chance=work.chance()))
            for (before, _), reached in zip(due, answers, strict=True)
        ]
        store.put_probes(work.session, [after for before, after in noted if not _tells(before, after)])
    for before, after in noted:
        if _tells(before, after):
            with begin(after.tenant_id) as work:  # each its own: a look under way holds its watch
                _tell(work, after)
    return len(due)


def _tells(before: Probe, after: Probe) -> bool:
    """Return whether an answer says anything of the camera: it answers again, or it is lost."""
    return is_lost(after) if after.failures else before.failures > 0


def _tell(work: Work, after: Probe) -> None:
    watch = store.watch_of(work.session, work.tenant_id, after.camera_id)
    if watch is None:
        return
    if not after.failures:
        _hear_again(work, watch)
    elif after.failed_at is not None and watch.pulse.state is not CameraState.OFFLINE:
        if watch.seen_at is not None and watch.seen_at > after.failed_at:  # pictures come by another way
            after = replace(after, reached_at=None, failures=0, failed_at=None)
        else:
            _lose(work, watch, after)
    store.put_probes(work.session, [after])


def _hear_again(work: Work, watch: Watch) -> None:
    soon = work.now() + timedelta(seconds=_BACK_S * work.chance())
    if watch.pulse.state is CameraState.OFFLINE and soon < watch.due_at:
        store.settle(work.session, replace(watch, due_at=soon), release=False)


def _lose(work: Work, watch: Watch, probe: Probe) -> None:
    since = watch.pulse.bad_since or probe.failed_at
    pulse = replace(
        watch.pulse, state=CameraState.OFFLINE, last=Outcome.FAILED, run=1, run_since=since, bad_since=since
    )
    after = replace(watch, pulse=pulse, problem=_SILENT)
    store.settle(work.session, after, release=False)
    tell(work, after, CameraState.OFFLINE)
