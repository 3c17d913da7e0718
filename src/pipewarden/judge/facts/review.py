"""One alarm in a person's queue, and what a person said of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.judge.facts.case import Case
    from pipewarden.judge.facts.events import Decided
    from pipewarden.network.facts import Zone


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An alarm that a person is to look at, or has looked at.

    Attributes:
        case: its state; ``case.reasons`` say why a person is needed.
        rank: 0 in the protection range or where the zone is unknown, 1 in the control range, 2 outside.
        lon: of the alarm, else of its camera, degrees WGS-84; None where neither is known.
        lat: the same.
        score: of the screen, 0-1; 0 for a report.
    """

    case: Case
    rank: int
    made_at: datetime
    camera_id: UUID | None
    lon: float | None
    lat: float | None
    zone: Zone
    score: float
    frames: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's last word about an alarm.

    Attributes:
        said: true or false, with the code and what it was judged by.
        actor: who said so, for instance ``person:<id>``.
        audited: the alarm was once drawn by chance from the rejected ones, and a person looked.
    """

    alarm_id: UUID
    said: Decided
    actor: str
    at: datetime
    audited: bool
