"""When to look at a camera next, what its silence means, and which quiet frames are worth keeping.

All of it is decided from values, so that two workers that share a camera through the database decide the same. Limits
for a lost (60 s) and a frozen camera (120 s) are those of safety.md section 1, counted from the first bad look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from pipewarden.sense.facts import CameraState, Keeping, Outcome, Pulse

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

_MEANS = {
    Outcome.FRESH: CameraState.ONLINE,
    Outcome.SAME: CameraState.STALLED,
    Outcome.FAILED: CameraState.OFFLINE,
}
_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Cadence:
    """The schedule's numbers, in seconds where not said otherwise.

    Attributes:
        close_s: between two looks while watching closely.
        close_frames: fresh frames to be taken so after a first sighting.
        probe_s: between two looks while a change of state is being held back.
        first_retry_s: after the first failed look; doubles with each further one, then jitter takes up to half off.
        longest_retry_s: no retry comes later than this, or than the camera's interval where that is longer.
        online_hold_s: how long fresh pictures must come before a lost camera counts as online.
        stalled_hold_s: how long the same picture must come before a camera counts as stalled.
        offline_hold_s: how long a camera must be silent before it counts as offline.
        keep_every: of the quiet frames each so-manieth is kept.
    """

    close_s: float = 60.0
    close_frames: int = 3
    probe_s: float = 20.0
    first_retry_s: float = 15.0
    longest_retry_s: float = 600.0
    online_hold_s: float = 15.0
    stalled_hold_s: float = 120.0
    offline_hold_s: float = 60.0
    keep_every: int = 6

    def hold_s(self, state: CameraState) -> float:
        """Return how long ``state`` must show before it counts."""
        return {
            CameraState.ONLINE: self.online_hold_s,
            CameraState.STALLED: self.stalled_hold_s,
            CameraState.OFFLINE: self.offline_hold_s,
        }[state]


def judge(pulse: Pulse, outcome: Outcome, now: datetime, cadence: Cadence) -> Pulse:
    """Return the pulse after one more look.

    A camera's first fresh picture makes it online at once. Every other change waits until nothing has spoken against it
    for its hold time, so that a camera that answers now and then causes no flood of facts.
    """
    same_run = pulse.last is outcome and pulse.run_since is not None
    fresh = outcome is Outcome.FRESH
    told = replace(
        pulse,
        last=outcome,
        run=pulse.run + 1 if same_run else 1,
        run_since=pulse.run_since if same_run else now,
        bad_since=None if fresh else pulse.bad_since or now,
        close_left=max(0, pulse.close_left - 1) if fresh else pulse.close_left,
    )
    state = _MEANS[outcome]
    if state is pulse.state:
        return told
    if pulse.state is None and fresh:
        return replace(told, state=state)
    held = (now - (_began(told) or now)).total_seconds()
    return replace(told, state=state) if held >= cadence.hold_s(state) else told


def _began(pulse: Pulse) -> datetime | None:
    """From a working camera both kinds of badness count together; between two bad states only the new one does."""
    working = pulse.state in (None, CameraState.ONLINE)
    return pulse.bad_since if working else pulse.run_since


def settled(pulse: Pulse) -> bool:
    """Return whether the last look agrees with the state."""
    return pulse.last is not None and _MEANS[pulse.last] is pulse.state


def next_due(
    pulse: Pulse, was_due: datetime, now: datetime, *, interval_s: float, chance: float, cadence: Cadence
) -> datetime:
    """Return when to look again; always later than ``now``.

    Args:
        pulse: after the look at ``now``.
        was_due: when that look was due; the rhythm is kept from there, so cameras stay spread over time.
        now: when it was made.
        interval_s: of the camera.
        chance: 0 to 1, spreads retries of cameras that failed together.
        cadence: the numbers.
    """
    if pulse.last is Outcome.FAILED:
        return now + timedelta(seconds=retry_s(pulse.run, interval_s=interval_s, chance=chance, cadence=cadence))
    if not settled(pulse):
        return now + timedelta(seconds=min(interval_s, cadence.probe_s))
    if pulse.close_left:
        return now + timedelta(seconds=min(interval_s, cadence.close_s))
    missed = max(0, math.floor((now - was_due).total_seconds() / interval_s))
    due = was_due + timedelta(seconds=(missed + 1) * interval_s)
    return due if due > now else due + timedelta(seconds=interval_s)


def retry_s(failures: int, *, interval_s: float, chance: float, cadence: Cadence) -> float:
    """Return the seconds to wait after so many failures in a row: doubling, capped, with jitter over the upper half.

    The half that stays fixed keeps a retry from coming at once; the other half spreads the herd ("equal jitter",
    M. Brooker, Exponential Backoff And Jitter, AWS 2015).
    """
    longest = max(cadence.longest_retry_s, interval_s)
    first = min(cadence.first_retry_s, interval_s)
    most = min(longest, first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
    return most * (0.5 + 0.5 * min(max(chance, 0.0), 1.0))


def is_first_sighting(sighted_at: datetime | None, now: datetime, interval_s: float) -> bool:
    """Return whether a look without a sighting lies between the last sighting and now: works under way never re-arm."""
    return sighted_at is None or (now - sighted_at).total_seconds() > 2 * interval_s


def keeping(
    *,
    quiet: bool,
    close: bool,
    at: datetime,
    sampled_at: datetime | None,
    since_sample: int,
    cadence: Cadence,
    zone: tzinfo = UTC,
) -> Keeping:
    """Return whether the picture of a screened look is kept.

    The rule: a frame with findings, one that could not be read, and one taken while watching closely are always kept.
    Of the quiet rest the first of each day is kept and then each ``keep_every``-th after the last that was kept.

    Args:
        quiet: the screen read it and found nothing at all.
        close: it was taken while watching closely.
        at: when it was taken.
        sampled_at: when the last kept quiet frame of the camera was taken, None when there is none.
        since_sample: quiet frames of the camera that were not kept after that one.
        cadence: the numbers.
        zone: whose days count.
    """
    if not quiet or close:
        return Keeping.FOUND
    if sampled_at is None or _day(sampled_at, zone) != _day(at, zone):
        return Keeping.SAMPLED
    return Keeping.SAMPLED if since_sample + 1 >= cadence.keep_every else Keeping.QUIET


def _day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()
