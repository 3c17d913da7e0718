"""How a tenant's open sites, their timers and the people who are called stand now: for who watches over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SitesStanding:
    """Counts of one moment; nothing in it names a person.

    Attributes:
        open: sites that are open.
        unowned: of these, those that nobody has in hand.
        forgotten: of these, those of which nothing will ever become due.
        overdue_since: when the oldest step or deadline was due that has not fired; None where none is late.
        held: calls that wait until somebody has room; ``held_since`` is the oldest's moment.
        steps: escalation steps that fired within the last hour, by their number.
        told: annunciations of the last ten minutes to each person who had any, the most first.
    """

    open: int
    unowned: int
    forgotten: int
    overdue_since: datetime | None
    held: int
    held_since: datetime | None
    steps: Mapping[int, int]
    told: tuple[int, ...]
