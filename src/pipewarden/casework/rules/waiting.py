"""Which thing a dispatcher looks at first: the graver level, then what nobody has in hand, then what is due first.

The order is a product default; no law asks for one. Within a level a pipe that was hit comes before everything, and
what nobody has taken before what somebody is late with: the latter has a name that its ladder calls.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipewarden.casework.facts.waiting import Hand

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.casework.facts.waiting import Waiting

Place = tuple[int, int, float, float, float, str]
_HANDS = tuple(Hand)


def hand(one: Waiting, now: datetime) -> Hand:
    """Return in whose hand a thing is at a moment."""
    if one.struck:
        return Hand.STRUCK
    if not one.taken:
        return Hand.NOBODY
    if one.due_at is None:
        return Hand.HELD
    return Hand.LATE if one.due_at <= now else Hand.DUE


def place(one: Waiting, now: datetime) -> Place:
    """Return where a thing stands in the queue at a moment: the smaller, the worse; no two stand at the same place.

    Level, then hand, then the earliest deadline (none: last), then the highest risk (not weighed: as if the highest,
    for what is not known to be mild is not), then the longest waiting, then the id.
    """
    return (
        one.level,
        _HANDS.index(hand(one, now)),
        math.inf if one.due_at is None else one.due_at.timestamp(),
        -math.inf if one.risk is None else -one.risk,
        one.since.timestamp(),
        str(one.id),
    )


def ranked(found: Iterable[Waiting], now: datetime, *, after: Place | None = None) -> list[Waiting]:
    """Return things the worst first, those that stand past ``after``.

    A thing whose place changes while somebody pages may come twice or not at all; the stream tells of it.
    """
    placed = sorted(((place(one, now), one) for one in found), key=lambda pair: pair[0])
    return [one for where, one in placed if after is None or where > after]
