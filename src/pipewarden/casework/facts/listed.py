"""What becomes of permit and one-call lists: rows that are filings now, messages and lists that never came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta
    from uuid import UUID

    from pipewarden.sense.facts import NumberGap, PermitNote, PermitProblem


class Took(StrEnum):
    """What an import made of one row."""

    FILED = "filed"
    REVISED = "revised"
    CANCELLED = "cancelled"  # taken back by the list
    UNCHANGED = "unchanged"
    LEFT_OUT = "left_out"  # outside the tenant's areas, or without dates: named, and no filing


@dataclass(frozen=True, slots=True)
class TookRow:
    """One row of a list and what became of it; ``filing_id`` is None where there is no filing, as in a dry run."""

    file: str
    row: int
    source_id: str
    took: Took
    words: str
    filing_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ListImport:
    """What an import did, or would do.

    Attributes:
        source: name of the mapping, which is the source of its filings.
        applied: whether anything was written: not in a dry run, and not where rows were refused and not to be skipped.
        read: rows found in the list.
        urgent: rows filed or revised that are emergency works.
        without_area: rows filed or revised of which the list draws only a line or point.
        passed: rows that are no permit, with the reason.
        gaps: messages missing by the sender's numbers inside this list; the audit looks across lists.
    """

    source: str
    dry_run: bool
    applied: bool
    read: int
    rows: tuple[TookRow, ...]
    refused: tuple[PermitProblem, ...]
    passed: tuple[PermitNote, ...]
    warned: tuple[PermitNote, ...]
    gaps: tuple[NumberGap, ...]
    urgent: int
    without_area: int

    def count(self, took: Took) -> int:
        """Return how many rows became this."""
        return sum(one.took is took for one in self.rows)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list said of one of its ids last.

    Attributes:
        filing_id: None where the list took it back before anybody had filed it.
        digest: of what it said, so that the same words twice change nothing.
        ended: the list has taken it back.
    """

    source_id: str
    filing_id: UUID | None
    revision: str | None
    digest: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages ``first`` to ``last`` of a station that never came; closed once one has: the rest is a new hole."""

    id: UUID
    source: str
    station: str
    day: date
    first: int
    last: int
    found_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownList:
    """A list that somebody has imported.

    Attributes:
        last_at: when it came last.
        every: how long it may stay away; None for a list that nobody expects again.
        silent_at: since when it is known to have stayed away.
    """

    id: UUID
    source: str
    since: datetime
    last_at: datetime
    every: timedelta | None
    silent_at: datetime | None = None

    def silent(self, at: datetime) -> bool:
        """Return whether it has stayed away too long by then."""
        return self.every is not None and at - self.last_at > self.every


@dataclass(frozen=True, slots=True)
class ListAudit:
    """What is missing of a tenant's lists at a moment: holes in numbers that are still open, lists that stay away."""

    at: datetime
    lists: tuple[KnownList, ...]
    gaps: tuple[Gap, ...]

    @property
    def silent(self) -> tuple[KnownList, ...]:
        """Return the lists that have stayed away too long."""
        return tuple(one for one in self.lists if one.silent(self.at))
