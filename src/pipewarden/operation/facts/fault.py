"""Faults: what is wrong with the house or with a tenant's watch, each kind with a page in the runbook."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class FaultKind(StrEnum):
    """What is wrong; the value is the anchor of its runbook page and part of its alert's name."""

    # of a tenant
    CHAIN = "chain"
    CAMERAS_BLIND = "cameras_blind"
    SCREEN_OFF = "screen_off"
    NO_OWNER = "no_owner"
    NO_DEADLINE = "no_deadline"
    TIMERS_LATE = "timers_late"
    REVIEWS_OLD = "reviews_old"
    NOBODY_ON_DUTY = "nobody_on_duty"
    UNREACHABLE = "unreachable"
    MESSAGES_LATE = "messages_late"
    SUBSCRIPTION_PAUSED = "subscription_paused"
    MODEL_DOWN = "model_down"
    FACTS_STUCK = "facts_stuck"
    ERASURE_SOON = "erasure_soon"
    ERASURE_LATE = "erasure_late"
    # of the house
    QUEUE_OLD = "queue_old"
    WORKER_SILENT = "worker_silent"
    WATCHDOG_SILENT = "watchdog_silent"
    HEARTBEAT_LOST = "heartbeat_lost"
    DISK_LOW = "disk_low"
    CLOCK_OFF = "clock_off"
    NOT_AT_HEAD = "not_at_head"
    DRILL_OLD = "drill_old"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A fault as one look found it.

    Attributes:
        count: how many things it is about; seconds, where it is an age.
        names: of cameras, areas, subscriptions or queues, a few at most; never of persons.
    """

    kind: FaultKind
    count: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault from the look that found it first to the one that found it gone.

    Attributes:
        tenant_id: whose; the platform's where it is the house's.
        told_at: when people were told last; None before.
        ended_at: None while it lasts.
    """

    id: UUID
    tenant_id: UUID
    kind: FaultKind
    count: int
    names: tuple[str, ...]
    since: datetime
    seen_at: datetime
    told_at: datetime | None
    ended_at: datetime | None
