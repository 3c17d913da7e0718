"""When a failed attempt is made again and when it is over: always bounded, and the next channel comes within a minute.

Attempts of a message begin 0, 3 and 6 s after the last ended; with 8 s of patience each (``PATIENCE_S``) a dead channel
gives way after 8 + 3 + 8 + 6 + 8 = 33 s and the steps of the sweep, within the minute that safety.md 1 promises.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.act.facts import CLOUDEVENTS, Outcome
from pipewarden.casework.facts import Urgency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.act.facts import Delivery, Receipt

PATIENCE_S = 8.0
LEASE = timedelta(seconds=20)  # the longest attempt, its two transactions and a machine under load
PAUSE_AFTER = 10  # failures of a subscription in a row
_MESSAGE = tuple(timedelta(seconds=s) for s in (3, 6))
_HOOK = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600))
_PATIENT = timedelta(hours=2)  # so long a message waits for a full robot, when there is no other channel
_HOOK_PATIENT = timedelta(days=3)
_PER_MINUTE = 20  # WeCom, DingTalk and Feishu robots alike
_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)


def again_at(one: Delivery, receipt: Receipt, now: datetime, *, spare: bool) -> datetime | None:
    """Return when to try once more after an attempt that did not succeed; None when it is over.

    Args:
        one: with this attempt counted.
        receipt: what the channel said.
        now: when.
        spare: whether another channel waits for its turn.
    """
    if receipt.outcome in {Outcome.REFUSED, Outcome.LOGGED}:
        return None
    if receipt.outcome is Outcome.BUSY:
        wait = wait_of(receipt, _MINUTE)
        urgent = one.urgency is not Urgency.NOTE and one.channel != CLOUDEVENTS
        patient = _HOOK_PATIENT if one.channel == CLOUDEVENTS else _PATIENT
        too_long = one.attempts > len(_HOOK) or now + wait > one.created_at + patient
        return None if (urgent and spare) or too_long else now + wait
    pauses = _HOOK if one.channel == CLOUDEVENTS else _MESSAGE
    return now + pauses[one.attempts - 1] if one.attempts <= len(pauses) else None


def wait_of(receipt: Receipt, otherwise: timedelta) -> timedelta:
    """Return how long a channel is left alone: as long as it wants, and never so long that nobody hears it again."""
    return min(receipt.again_after or otherwise, _LONGEST)


def free_at(stamps: Sequence[datetime], closed_until: datetime | None, now: datetime) -> datetime | None:
    """Return when a robot may be spoken to again; None for now.

    Args:
        stamps: when it was spoken to, the oldest first; those of the last minute count.
        closed_until: until when the vendor has shut it.
        now: when.
    """
    if closed_until is not None and closed_until > now:
        return closed_until
    near = [one for one in stamps if one > now - _MINUTE]
    return None if len(near) < _PER_MINUTE else near[-_PER_MINUTE] + _MINUTE


def stamped(stamps: Sequence[datetime], now: datetime) -> list[datetime]:
    """Return the times of the last minute with this one: never more than a robot may be spoken to in it."""
    return [*(one for one in stamps if one > now - _MINUTE), now][-_PER_MINUTE:]
