"""What follows from a filing: the fact that it changed, and the moments by which somebody must act on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

FILING_CHANGED = "casework.filing_changed"  # fact_id = FilingEvent.id, partition = work.own(filing id)


@dataclass(frozen=True, slots=True)
class FilingChanged:
    """What ``casework.filing_changed`` names: something happened to a filing, which then had this version."""

    event_id: UUID
    tenant_id: UUID
    filing_id: UUID
    kind: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class FilingDue:
    """One moment of a filing by which somebody must act, and whom it is told; its chain is a row beside it.

    Attributes:
        kind: ``reply``, ``emergency``, ``ending``, or ``day``: works are seen and nobody has declared the day.
        person_id: whom the first step calls; None where nobody was on duty.
        role: in which a substitute is looked for.
    """

    id: UUID
    tenant_id: UUID
    filing_id: UUID
    kind: str
    person_id: UUID | None
    role: str
    clause: str
    opened_at: datetime
    due_at: datetime
