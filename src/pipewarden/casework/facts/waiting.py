"""What a dispatcher has before them: alarms and sites that need somebody, an alarm and its site as one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class View(StrEnum):
    """Which things are asked for; each is in one view only."""

    NOW = "now"  # they need somebody
    SHELVED = "shelved"  # somebody answers for it that they call nobody for a time
    SILENT = "silent"  # a verdict keeps them silent for a time


class Hand(StrEnum):
    """In whose hand a thing is, the worst first."""

    STRUCK = "struck"  # a pipe was hit
    NOBODY = "nobody"  # nobody has taken it
    LATE = "late"  # somebody has it, and a duty is past its time
    DUE = "due"  # somebody has it, and a duty runs
    HELD = "held"  # somebody has it, and nothing is due


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that may need somebody: an alarm, a site, or an alarm with its site.

    Attributes:
        id: of the alarm where there is one, else of the site: an alarm that becomes a site keeps its name.
        level: 1 (danger) to 4: of a site the graver of its risk and its zone, of an alarm its zone's.
        struck: a pipe was hit there, and that is not dealt with.
        taken: somebody has acknowledged the alarm, accepted the site or already worked there.
        due_at: the earliest deadline of its duties.
        risk: the site's score, 0 to 100; None where none was weighed.
        since: when it began.
        shelf_id: on which shelf its site lies now.
    """

    id: UUID
    tenant_id: UUID
    alarm_id: UUID | None
    site_id: UUID | None
    level: int
    struck: bool
    taken: bool
    due_at: datetime | None
    risk: float | None
    since: datetime
    shelf_id: UUID | None = None
