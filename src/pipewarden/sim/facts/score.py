"""What a product made of the demo's day, and how well that was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DayAlarm:
    """One alarm that stands at the end of the day; one merged into another stands no more and is left out.

    Attributes:
        lon: its place, degrees WGS-84; None for an alarm without a place.
        lat: the same.
        camera_s: when a camera first told it, seconds after the day's start; None when no camera did.
        people_s: when a person first told it; the same.
        sigma_m: one sigma of the place as the product states it; 0 where it states none.
        filed: whether the product takes it for works that somebody filed (备案).
    """

    key: str
    lon: float | None
    lat: float | None
    camera_s: float | None = None
    people_s: float | None = None
    sigma_m: float = 0.0
    filed: bool = False


@dataclass(frozen=True, slots=True)
class Discovery:
    """How long works went on before one source told them.

    Attributes:
        found: works that this source found.
        mean_s: seconds from their start; None when it found none.
        longest_s: the same.
    """

    found: int
    mean_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class UnfiledScore:
    """Unfiled works in a protection or control range: who was there first, the product or the operator's patrol.

    Attributes:
        near: such works of the day, those that no source of the product was shown included.
        found: told by the product while they went on, and not taken for filed ones.
        days: the patrol's days that were drawn (``rules.patrol``); the works' day is always the same.
        before_patrol: works that the product told before the patrol came upon them, mean over those days.
        least_before: the same, on the worst of those days.
        by_anybody: found by the product or met by the patrol, mean over those days.
    """

    near: int
    found: int
    days: int
    before_patrol: float
    least_before: int
    by_anybody: float


@dataclass(frozen=True, slots=True)
class DayScore:
    """The day in numbers; every share is left to the reader, who sees both parts of it.

    Attributes:
        works: all of the day.
        works_shown: those that a picture shows or a report tells, so that they could be found.
        works_found: those with an alarm at their place while they went on.
        missed: keys of works shown and not found.
        alarms: standing at the end of the day.
        alarms_late: at the place of works that were over when the alarm was first told.
        alarms_per_site: mean number of alarms of a found works; 1 is right. None when nothing was found.
        most_alarms_per_site: the worst of them.
        look_alikes_shown: things that look like works and are none.
        look_alikes_alarmed: those with an alarm at their place.
        alarms_of_nothing: alarms at no works and no look-alike, or without a place.
        by_camera: what the cameras found.
        by_people: what people's reports found.
        unfiled: unfiled works, against the operator's patrol.
    """

    works: int
    works_shown: int
    works_found: int
    missed: tuple[str, ...]
    alarms: int
    alarms_late: int
    alarms_per_site: float | None
    most_alarms_per_site: int
    look_alikes_shown: int
    look_alikes_alarmed: int
    alarms_of_nothing: int
    by_camera: Discovery
    by_people: Discovery
    unfiled: UnfiledScore
