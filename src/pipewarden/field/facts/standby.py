"""Shifts of standing by: who is there since when, each check of the hour with what it is worth, what was missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta  # noqa: TC003  pydantic reads the policy's types
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID


class Doubt(StrEnum):
    """Why something is not verified; it is kept all the same (safety.md T11, T12)."""

    PLACE_POOR = "place_poor"  # the phone does not know where it is
    OUTSIDE = "outside"  # it knows, and it is elsewhere
    SITE_UNPLACED = "site_unplaced"  # nobody knows where the site is
    ON_A_MAP = "on_a_map"  # a finger said it, not the phone
    NO_PICTURE = "no_picture"
    NO_NONCE = "no_nonce"  # none, or none of ours
    NONCE_LATE = "nonce_late"  # given too long before the picture
    NONCE_USED = "nonce_used"
    CAME_LATE = "came_late"  # made offline; the server's time is the truth
    TASK_OVER = "task_over"  # it was answered, withdrawn or over before
    CLOCK = "clock"  # the phone's time lies ahead, or before its shift


class ShiftEnd(StrEnum):
    """How a shift came to its end."""

    ENDED = "ended"  # by its supervisor, there
    LEFT = "left"  # by its supervisor, elsewhere or nobody knows where
    TOO_LONG = "too_long"  # nobody ended it
    WORKS_OVER = "works_over"  # nobody has to stand by there any more


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist.

    Attributes:
        violation: what is opened when the answer is no; None where nothing is.
    """

    key: str
    zh: str
    en: str
    violation: str | None = None


@dataclass(frozen=True, slots=True)
class StandbyPolicy:
    """One edition of the policy; see policy/standby for what each number means (metres, ppm)."""

    version: str
    since: date
    geofence_m: float
    poor_m: float
    every: timedelta
    late_after: timedelta
    longest: timedelta
    fresh: timedelta
    still: timedelta
    lel_ppm: float
    gas_limit_ppm: float
    checklist: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a phone says that it is: degrees WGS-84, the error in metres (95 of 100); ``finger``: picked on a map."""

    lon: float
    lat: float
    accuracy_m: float
    finger: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """One person standing by at one site.

    Attributes:
        began_at: by the server's clock, as every time here that is not called said.
        doubts: why nobody can be sure that it began there.
        next_check_by: by when the next check should come; None once it is over.
        checks: checks that counted; ``missed`` hours without one.
    """

    id: UUID
    tenant_id: UUID
    site_id: UUID
    person_id: UUID
    policy: str
    began_at: datetime
    doubts: tuple[Doubt, ...]
    next_check_by: datetime | None
    checks: int = 0
    missed: int = 0
    ended_at: datetime | None = None
    end: ShiftEnd | None = None


@dataclass(frozen=True, slots=True)
class NewCheck:
    """A check of the hour on its way in.

    Attributes:
        taken_at: by the phone's clock: evidence. None: now.
        gas_ppm: volume parts per million; None where nothing was read.
        distance_m: from the works to the pipe.
    """

    draft: UUID
    stood: Stood
    nonce: str | None
    checklist: Mapping[str, bool]
    gas_ppm: float | None
    machines: tuple[str, ...]
    distance_m: float | None
    exposed: bool | None
    words: str
    taken_at: datetime | None
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Check:
    """A check as it was kept.

    Attributes:
        at: when it came; ``said_at`` what the phone says; ``late``: it came much later than it was made.
        counts: it is the check of its hour; otherwise it is a note, and the hour is still owed.
        doubts: why it is not verified; none where it is.
        lon: where the phone said that it was, degrees WGS-84; None once its days are over, as ``lat``, ``accuracy_m``.
        danger: more gas than the policy allows.
        violations: codes that its noes opened.
        observation_id: of its picture in the river.
    """

    id: UUID
    tenant_id: UUID
    shift_id: UUID
    site_id: UUID
    person_id: UUID
    at: datetime
    said_at: datetime | None
    late: bool
    counts: bool
    doubts: tuple[Doubt, ...]
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    picture: str
    checklist: Mapping[str, bool]
    gas_ppm: float | None
    machines: tuple[str, ...]
    distance_m: float | None
    exposed: bool | None
    words: str
    danger: bool
    violations: tuple[str, ...]
    observation_id: UUID | None


@dataclass(frozen=True, slots=True)
class Missed:
    """An hour without its check: written once, never taken back, whatever comes later."""

    id: UUID
    tenant_id: UUID
    shift_id: UUID
    site_id: UUID
    person_id: UUID
    check_by: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class OwedHour:
    """One check that a shift owed: it came (``kept``), or it did not.

    Attributes:
        id: of the check, or of the missed one.
        at: when it came, or by when it should have.
        doubted: it came, and is not verified.
    """

    id: UUID
    tenant_id: UUID
    site_id: UUID
    at: datetime
    kept: bool
    doubted: bool = False
