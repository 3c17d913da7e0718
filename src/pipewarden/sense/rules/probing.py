"""Whether a camera's address still answers, asked between two looks: safety.md section 1 gives 60 s to say it does not.

Three failures in a row within 60 s of the last answer, whenever the camera went: 20 s at most until the first, 8 s to
each of the next, and every one may wait 5 s for its turn and 2 s for an answer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.sense.facts import Probe

PROBE_EVERY_S = 20.0
AGAIN_S = 8.0
LOST = 3
LONGEST_S = 60.0  # between two probes of a camera that is known to be lost


def probed(before: Probe, *, reached: bool | None, now: datetime, chance: float) -> Probe:
    """Return the probe after one more try; None for ``reached`` says that nobody could be asked.

    ``chance``, 0 to 1, keeps cameras that went together from staying so.
    """
    due = now + timedelta(seconds=PROBE_EVERY_S * (0.75 + 0.25 * chance))
    if reached is None:
        return replace(before, due_at=due)
    if reached:
        return replace(before, due_at=due, reached_at=now, failures=0, failed_at=None)
    failures = before.failures + 1
    wait = AGAIN_S if failures < LOST else LONGEST_S * (0.5 + 0.5 * chance)
    return replace(before, due_at=now + timedelta(seconds=wait), failures=failures, failed_at=before.failed_at or now)


def is_lost(probe: Probe) -> bool:
    """Return whether the camera is to be called lost: one whose address never answered a probe cannot be."""
    return probe.reached_at is not None and probe.failures >= LOST
