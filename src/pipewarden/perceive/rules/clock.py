"""Whether a camera's clock can be believed: what it says against when its pictures come (safety.md section 1, T22).

A picture that comes late is no wrong clock: only a skew that stays the same over several pictures, one that lies in
the future, or one that grows because picture after picture tells the same time, is the clock's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_LOOKS = 3
_STEADY_S = 5.0  # apart at most, for skews to be one skew; and a jump is more
_WRONG_S = 60.0


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known of a camera's clock.

    Attributes:
        skews: seconds by which our clock was ahead of it when its last pictures came, newest last.
        base: the skew that it had while it was right; None before the first.
        wrong_since: None while it is right.
    """

    skews: tuple[float, ...] = ()
    base: float | None = None
    wrong_since: datetime | None = None


def check_clock(clock: Clock, skew_s: float, now: datetime, *, stands: bool = False) -> Clock:
    """Return what is known of the clock after one more picture, which came at ``now`` by our own.

    ``stands`` says that the picture tells the time that the last judged one told.
    """
    skews = (*clock.skews, skew_s)[-_LOOKS:]
    told = replace(clock, skews=skews)
    if len(skews) < _LOOKS:
        return told
    ahead, steady = max(skews) < -_WRONG_S, max(skews) - min(skews) <= _STEADY_S
    level = float(median(skews))
    if not (ahead or steady or (stands and level > _WRONG_S)):
        return told
    jumped = clock.base is not None and abs(level - clock.base) > _STEADY_S and abs(level) > _STEADY_S
    if ahead or abs(level) > _WRONG_S or jumped:
        return replace(told, wrong_since=clock.wrong_since or now)
    return replace(told, base=level, wrong_since=None)
