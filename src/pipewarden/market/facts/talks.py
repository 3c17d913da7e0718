"""Talks of an expert and a client about a commission (和我聊聊), and pictures that are shown to experts (待您鉴别)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.market.facts.commissions import Reason

SAID = "market.said"  # fact_id = Said.id, partition = tenant
POOLED = "market.pooled"  # fact_id = Pooled.id, partition = tenant


class Side(StrEnum):
    """Who speaks."""

    EXPERT = "expert"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said.

    Attributes:
        person_id: the expert with whom it is talked; a client talks with each apart.
        by: who said it; the nil id once they were forgotten.
        read_at: when the other side first saw it.
    """

    id: UUID
    tenant_id: UUID
    commission_id: UUID
    person_id: UUID
    side: Side
    by: UUID
    words: str
    at: datetime
    read_at: datetime | None = None


class PoolState(StrEnum):
    """How a picture that was shown to an expert stands."""

    WAITING = "waiting"
    DONE = "done"  # they said what it shows
    OVER = "over"  # somebody else did, or they put it aside


@dataclass(frozen=True, slots=True)
class Pooled:
    """A picture of somebody's self-inspection, shown to one expert."""

    id: UUID
    tenant_id: UUID
    check_id: UUID
    person_id: UUID
    score: float
    reasons: tuple[Reason, ...]
    state: PoolState
    at: datetime
    ended_at: datetime | None = None
