"""When each moment of the demo day is played: pure, so that the pace can be proved without a service or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.sim.facts import DayEvent, Truth

DAY_S = 300.0  # how long the day takes when nobody chooses a speed
OPENING_S = 6.0  # what leads to the first alarm is played in so long; the start and the river need the rest of 30 s
_NEEDED = 2  # frames that show a machine before it is an alarm (docs/adr/0008)


@dataclass(frozen=True, slots=True)
class Cue:
    """An event with its moment: ``due_s`` seconds after the play began."""

    due_s: float
    event: DayEvent


def cues(events: Sequence[DayEvent], *, first_s: float, speed: float | None = None) -> list[Cue]:
    """Return the events with the moments they are played at, in the story's own order.

    Args:
        events: in order of time.
        first_s: story second of the frame that brings the first alarm. What comes before it is hurried, so that nobody
            who has just opened the page waits through a quiet morning.
        speed: story seconds per second; by default the whole day takes ``DAY_S``.
    """
    if not events:
        return []
    begin, end = events[0].at_s, events[-1].at_s
    first = min(max(first_s, begin), end)
    pace = speed or max((end - first) / (DAY_S - OPENING_S), 1.0)
    opening = min(OPENING_S, (first - begin) / pace)
    hurried = opening / (first - begin) if first > begin else 0.0
    return [
        Cue(min(one.at_s - begin, first - begin) * hurried + max(one.at_s - first, 0.0) / pace, one) for one in events
    ]


def first_alarm_s(events: Sequence[DayEvent], truth: Truth) -> float:
    """Return the story second of the frame with which the first machine at work becomes an alarm; 0 when none does."""
    moments = []
    for site in truth.sites:
        work = next(one for one in truth.works if one.key == site.key)
        for camera in site.cameras:
            shown = [one.at_s for one in events if one.camera == camera and one.at_s >= work.start_s]
            moments += shown[_NEEDED - 1 : _NEEDED]
    return min(moments, default=0.0)
