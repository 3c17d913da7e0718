"""The synthetic alarm: the house sends itself a test picture, and how long ago one came through says what works."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class Stage(StrEnum):
    """Where a test stands that has not come through."""

    SEND = "send"  # none is sent: the worker is down
    SCREEN = "screen"
    UNSEEN = "unseen"  # the screen looked and raised nothing: it would miss a machine too
    PLACE = "place"
    GROUP = "group"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class Synthetic:
    """One test of the whole chain.

    Attributes:
        slot: when its quarter of an hour began; a tenant has one test in each.
        stream: of its pictures; no other picture has it.
        arrived_at: when its alarm had a verdict; None before.
        verdict: which one; any will do, a person's queue included.
    """

    slot: datetime
    stream: str
    observation_ids: tuple[UUID, ...]
    sent_at: datetime
    arrived_at: datetime | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Chain:
    """How a tenant's chain from a picture to a verdict does.

    Attributes:
        since: when the newest test was sent that came through; before the first one, when the tenant was made.
        age_s: seconds since then: the figure to watch.
        loud: it is older than it may be.
        came: the newest test that came through; None before the first.
        sent_at: when the newest one was sent.
        stage: where the newest one stands that should have come through and did not.
    """

    since: datetime
    age_s: float
    loud: bool
    came: Synthetic | None
    sent_at: datetime | None
    stage: Stage | None
