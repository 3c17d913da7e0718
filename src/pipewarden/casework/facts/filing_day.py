"""The daily start declaration (开工告知): who has filed works says each morning that they dig today, with whom.

Why: a filing covers weeks; on which of its days somebody digs only the site knows. A machine seen on a day that
nobody declared is works out of sight of the operator. Product default, no law asks it in this form (domain.md 4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time  # noqa: TC003  pydantic reads the types of bodies
from enum import StrEnum
from typing import Literal
from uuid import UUID  # noqa: TC003  as above


@dataclass(frozen=True, slots=True)
class DayStarted:
    """Today we dig.

    Attributes:
        day: local to the place of the works.
        heads: how many people work there.
        machines: types as ``perceive`` names them.
        opens: hours of the day, local; None where the filing's own hold.
    """

    day: date
    heads: int
    machines: tuple[str, ...] = ()
    opens: time | None = None
    shuts: time | None = None
    words: str = ""
    kind: Literal["day_started"] = "day_started"


@dataclass(frozen=True, slots=True)
class DayTakenBack:
    """We do not dig today after all."""

    day: date
    reason: str
    kind: Literal["day_taken_back"] = "day_taken_back"


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was declared and not taken back; ``at`` is when the server heard of it."""

    at: datetime
    said: DayStarted


class DayState(StrEnum):
    """How the declaration of a day stands."""

    DECLARED = "declared"
    LATE = "late"  # declared after the works should have begun, or after the day
    MISSING = "missing"  # works were seen there that day and nobody has declared it
    QUIET = "quiet"  # neither


@dataclass(frozen=True, slots=True)
class DayTold:
    """A day at a site: what was declared under its filing, and whether works were seen.

    Attributes:
        seen_at: when works were seen there last, by machine or by whoever stands by, if it was on that day.
    """

    filing_id: UUID
    day: date
    state: DayState
    declared: Day | None
    seen_at: datetime | None
