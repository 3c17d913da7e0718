"""A contractor as a thing of its own, its record, and its right of appeal against each entry of it (北京 art. 40)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta  # noqa: TC003  pydantic reads the types of answers
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  as above

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

APPEALED = "casework.appealed"  # fact_id = Appeal.id, twice: when it is made and when it is decided


class EntryKind(StrEnum):
    """What stands in a record, the gravest first."""

    STRIKE = "strike"
    STOP_REFUSED = "stop_refused"
    MAJOR = "major"
    MINOR = "minor"
    MISSING_FILING = "missing_filing"
    LATE_FILING = "late_filing"
    GOOD_CONDUCT = "good_conduct"


BAD: tuple[EntryKind, ...] = tuple(one for one in EntryKind if one is not EntryKind.GOOD_CONDUCT)


class AppealState(StrEnum):
    """Where an appeal stands; while it is open the entry counts, and is marked."""

    OPEN = "open"
    UPHELD = "upheld"  # the entry stays
    STRUCK_OUT = "struck_out"  # the entry counts no more, from the decision on


@dataclass(frozen=True, slots=True)
class Named:
    """What somebody calls a contractor.

    Attributes:
        code: unified social credit code (统一社会信用代码, GB 32100-2015); empty where it was not given.
    """

    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Contractor:
    """A contractor of a tenant.

    Attributes:
        name: as it was filed first; ``key`` the same for all ways to write it.
        speaker_id: the person who sees its record and speaks for it.
        merged_into: the contractor that it is, as a person said; undone by None.
    """

    id: UUID
    tenant_id: UUID
    name: str
    key: str
    code: str
    created_at: datetime
    speaker_id: UUID | None = None
    merged_into: UUID | None = None


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal against one entry.

    Attributes:
        by: the person who made it; ``evidence`` what it rests on, in words or document numbers.
        due_at: by when it should be decided.
        words: the reason of the decision.
    """

    id: UUID
    entry_id: UUID
    by: UUID | None
    at: datetime
    reason: str
    evidence: tuple[str, ...]
    due_at: datetime
    state: AppealState = AppealState.OPEN
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a record.

    Attributes:
        event_id: of the site or the filing, which says it; ``code`` the violation's.
        made_at: when it was written: it counts from then on, and may be appealed against.
        made_by: whose doing the event was, as the audit names them; None for the house's own rules.
        void_at: from when on it counts no more: struck out on appeal, or the works were another contractor's.
    """

    id: UUID
    contractor_id: UUID
    kind: EntryKind
    at: datetime
    event_id: UUID
    made_at: datetime
    site_id: UUID | None = None
    filing_id: UUID | None = None
    code: str = ""
    words: str = ""
    made_by: str | None = None
    void_at: datetime | None = None
    void_why: str = ""
    appeals: tuple[Appeal, ...] = ()

    @property
    def under_appeal(self) -> bool:
        """Whether an appeal against it is open."""
        return any(one.state is AppealState.OPEN for one in self.appeals)


@dataclass(frozen=True, slots=True)
class Points:
    """What one kind of entry counts, and for how long."""

    points: float
    counts_for: timedelta
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class ContractorPolicy:
    """Dated rules of the record.

    Attributes:
        mark_at: from so many points on a record is marked.
        good_most: as many points as good conduct takes off, at most.
        appeal_within: after an entry was made; ``decide_within`` after the appeal.
        not_theirs: codes of violations that are no contractor's doing.
    """

    version: str
    since: date
    zone: ZoneInfo
    mark_at: float
    good_most: float
    appeal_within: timedelta
    decide_within: timedelta
    kinds: Mapping[EntryKind, Points]
    not_theirs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Record:
    """What a record adds up to at a moment; see ``rules.contractor.sum_up``."""

    version: str
    points: float
    strikes: int
    counting: frozenset[UUID]
