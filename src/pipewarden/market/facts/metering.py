"""Calls of a paid capability: admitted against a budget, charged once when delivered, booked in batches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class MeterState(StrEnum):
    """Where one call stands."""

    ADMITTED = "admitted"  # its price is kept free in the budget
    CHARGED = "charged"  # delivered
    RELEASED = "released"  # failed, or never answered in time: it costs nothing


class DemandState(StrEnum):
    """Whether a demand takes calls."""

    OPEN = "open"
    EXHAUSTED = "exhausted"  # the next call did not fit its budget
    CLOSED = "closed"  # everything is booked, the rest is back in the purse


@dataclass(frozen=True, slots=True)
class Price:
    """What one call costs from a moment on, in units of 0.0001 yuan."""

    capability_id: UUID
    since: datetime
    units: int


@dataclass(frozen=True, slots=True)
class Capability:
    """One version of something that can be called, and whose it is. Issue 12 builds what surrounds it."""

    id: UUID
    tenant_id: UUID
    slug: str
    version: str
    expert_id: UUID
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Demand:
    """Somebody wants so many calls of a capability, for a budget.

    Attributes:
        wanted: calls; more are refused, also where the budget would pay them.
        taken: calls that were admitted or delivered.
    """

    id: UUID
    tenant_id: UUID
    title: str
    capability_id: UUID
    budget_id: UUID
    wanted: int
    taken: int
    made_at: datetime
    state: DemandState = DemandState.OPEN


@dataclass(frozen=True, slots=True)
class Meter:
    """One call, once for each (capability, request).

    Attributes:
        units: its price when it was admitted; of it ``expert``, ``house`` and the reviewers together (``review``) get
            so much, the rest is rounding.
        tries: how often it was admitted; a retry after a failure is the same call.
        until: of an admitted one: then its money is free again.
        batch_id: of the transfer that booked it; None while it waits.
        version_id: which version of a capability built in the foundry answered; its reviewers share ``review``.
    """

    id: UUID
    tenant_id: UUID
    demand_id: UUID
    capability_id: UUID
    request_id: str
    units: int
    expert: int
    house: int
    state: MeterState
    admitted_at: datetime
    until: datetime
    tries: int = 1
    charged_at: datetime | None = None
    batch_id: UUID | None = None
    review: int = 0
    version_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """How the price of one call is shared; the parts sum to it. ``review`` divides evenly among the reviewers."""

    expert: int
    house: int
    rounding: int
    review: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls of one demand booked by one transfer."""

    id: UUID
    tenant_id: UUID
    demand_id: UUID
    calls: int
    units: int
    transfer_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class MeterCheck:
    """Whether the meters and the book say the same; all in units of 0.0001 yuan.

    Attributes:
        booked: what the book moved for batches; ``waiting``: charged and not booked yet.
        difference: charged - booked - waiting; 0, or something is wrong.
    """

    calls: int
    charged: int
    booked: int
    waiting: int
    difference: int
    problems: tuple[str, ...]
