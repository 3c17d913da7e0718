"""What a reckoning compares and finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """Two books that should say the same, and do not.

    Attributes:
        what: which kind, ``blob_missing`` for instance.
        tenant_id: whose; a blob that nobody names is nobody's and stands under the house's own tenant.
        count: how often.
        words: in one line, for the person who is told.
        named: which ones, at most twenty.
        site_ids: the sites that it is about, where it is about sites.
    """

    what: str
    tenant_id: UUID
    count: int
    words: str
    named: tuple[str, ...]
    site_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One reckoning: how much was compared, and what differed.

    Attributes:
        at: when.
        compared: how many of each: ``rows_with_blobs``, ``blobs``, ``calls``, ``on_duty``.
    """

    at: datetime
    compared: dict[str, int]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A reckoning as it stands on record: when, how much was compared, how many differences of each kind."""

    at: datetime
    compared: dict[str, int]
    counts: dict[str, int]
