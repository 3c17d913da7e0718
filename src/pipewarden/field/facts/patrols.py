"""Patrols: where somebody went, what of the pipes they passed, and whether the track is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, timedelta
    from uuid import UUID

    from pipewarden.network.facts import PressureClass


class PatrolSource(StrEnum):
    """By which way the points come."""

    PHONE = "phone"  # the house's own phone page
    OSMAND = "osmand"  # an app that speaks the OsmAnd protocol, with a device key
    GPX = "gpx"  # a file, from the command line


class Doubt(StrEnum):
    """Why a track is not believed. It is kept, counts nothing, pays nothing and closes nothing."""

    SPEED = "speed"
    TELEPORT = "teleport"
    IDENTICAL = "identical"
    MOCK = "mock"
    ACCURACY = "accuracy"
    ON_LINE = "on_line"
    SMOOTH = "smooth"
    REPLAY = "replay"
    CLOCK = "clock"
    FUTURE = "future"
    SHARED_PHONE = "shared_phone"
    TWO_PLACES = "two_places"


@dataclass(frozen=True, slots=True)
class Reason:
    """One doubt with its numbers.

    Attributes:
        value: what was measured, in the unit that ``words`` name.
        limit: what is still believed.
        words: for people, in English; the pages have their own words by ``doubt``.
    """

    doubt: Doubt
    value: float
    limit: float
    words: str


@dataclass(frozen=True, slots=True)
class PatrolPoint:
    """One position as it was sent.

    Attributes:
        n: the phone's own number of it, growing; the order of the track.
        at: the phone's time: evidence.
        received_at: the server's time: the truth.
        lon: degrees WGS-84, as ``lat``.
        accuracy_m: radius that the phone claims; 95 of 100 cases at best.
        mock: whether the phone says that another app made the position up; None where it does not say.
    """

    n: int
    at: datetime
    received_at: datetime
    lon: float
    lat: float
    accuracy_m: float
    speed_mps: float | None = None
    course_deg: float | None = None
    mock: bool | None = None
    activity: str | None = None


@dataclass(frozen=True, slots=True)
class Patrol:
    """One patrol of one person.

    Attributes:
        draft: made by the phone; the same draft is the same patrol.
        device: what names the phone: its installation, or the key that it holds; empty where nothing does.
        began_said: when the phone says it began; ``began_at`` when the server heard of it.
        skew_s: by how much the server's clock is ahead of the phone's, seconds; None before any point.
        verified: whether the track is believed; None while it was not looked at.
        walked_m: way in metres, jumps and standing left out.
        seen_m: metres of pipe that it passed near enough; each counts once.
        first_at: time of the first and the last point by the house's reckoning.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID
    draft: UUID
    source: PatrolSource
    device: str
    began_said: datetime
    began_at: datetime
    ended_said: datetime | None = None
    ended_at: datetime | None = None
    area_path: str = ""
    points: int = 0
    skew_s: float | None = None
    verified: bool | None = None
    reasons: tuple[Reason, ...] = ()
    walked_m: float = 0.0
    seen_m: float = 0.0
    stood_s: float = 0.0
    dropped: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A stretch of a pipe that a patrol passed near enough to see it.

    Attributes:
        line: names one drawn line: its pipe's id and its course; a line drawn anew must be walked anew.
        from_m: metres along the line, as ``to_m``.
        at: the earliest moment of the pass, so that nothing counts as seen later than it was.
    """

    line: int
    pipe_id: str
    from_m: float
    to_m: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """One time that a patrol came by a pipe, whatever the number of points near it.

    Attributes:
        crossed: a leg of the track crosses the pipe; a point between two legs need not lie near it.
    """

    pipe_id: str
    entered_at: datetime
    left_at: datetime
    crossed: bool


@dataclass(frozen=True, slots=True)
class ClassCoverage:
    """One pressure class in metres of pipe.

    Attributes:
        due_every: how often each metre is to be seen.
        covered_m: seen within that time by a patrol that is believed; ``overdue_m`` the rest.
        never_m: of the rest, what no patrol of the last 90 days saw.
    """

    pressure_class: PressureClass
    due_every: timedelta
    metres: float
    covered_m: float
    overdue_m: float
    never_m: float
    source: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A stretch of pipe that is overdue.

    Attributes:
        from_m: metres along the drawn line, as ``to_m``.
        last_seen: None: by no patrol of the last 90 days.
        overdue_s: seconds since it was due; None where it was never seen.
        line: (lon, lat) of the stretch, degrees WGS-84.
    """

    pipe_id: str
    pressure_class: PressureClass
    from_m: float
    to_m: float
    last_seen: datetime | None
    overdue_s: float | None
    line: tuple[tuple[float, float], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pace:
    """Up to which speed, how far from the way a pipe's ground is seen."""

    name: str
    up_to_mps: float
    metres: float


@dataclass(frozen=True, slots=True)
class TrackLimits:
    """What is a jump, a gap, a stop. Metres, seconds, metres a second.

    Attributes:
        jump_mps: no patrol is faster between two points (safety.md T11: 150 km/h).
        accuracy_m: a point that claims more is left out (T11).
        agree: so many points that agree with each other make a new start after a jump.
        gap_s: between two points farther apart in time, or in place (``gap_m``), nobody knows the way.
        stand_m: within it for ``stand_s`` somebody stands.
        leave_m: a pipe is left that much beyond the seeing distance, for ``leave_legs`` legs.
    """

    jump_mps: float
    accuracy_m: float
    agree: int
    gap_s: float
    gap_m: float
    stand_m: float
    stand_s: float
    leave_m: float
    leave_legs: int


@dataclass(frozen=True, slots=True)
class PatrolPolicy:
    """The rules of patrols of a day.

    Attributes:
        due: by jurisdiction and pressure class: how often each metre is to be seen, and who says so.
        silent: a patrol that sends nothing for so long has ended.
        compared: tracks of so many days back are looked at for replays.
    """

    version: str
    since: date
    paces: tuple[Pace, ...]
    track: TrackLimits
    due: Mapping[str, Mapping[PressureClass, tuple[timedelta, str]]]
    silent: timedelta
    compared: timedelta
