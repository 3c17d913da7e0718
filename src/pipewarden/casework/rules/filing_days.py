"""Days of a filing: where a local day begins and ends, and by when a notice must have been given.

A date without a time is a day of the place's own zone. Neither the day of a notice nor the day of the start counts
(民法典 第二百零一条): five days before a start on the 10th lie whole between it and the 4th, so that the notice is due
before the 5th begins. Nothing here asks in which zone the server stands.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from pipewarden.casework.facts import Span
from pipewarden.casework.rules.calendar import add_working, works_on
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pipewarden.casework.facts import Calendar, Due

_DAY = timedelta(days=1)
_YEARS = (2000, 2100)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which a local day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the local day of a moment."""
    return at.astimezone(zone).date()


def edge(text: str, zone: ZoneInfo, *, field: str, last: bool) -> datetime:
    """Return a moment in UTC from a date or a time as people write them (ISO 8601).

    Args:
        text: a date is a day of ``zone``; a time without an offset is local, too.
        zone: of the place.
        field: for the error.
        last: the text is an end: a date means that whole day, so that the next one's beginning is returned.

    Raises:
        InputError: it is neither, a local time that the clocks leapt over, or lies outside 2000 to 2099.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        at = _moment(text, zone, field)
    else:
        if _YEARS[0] <= day.year < _YEARS[1]:
            return midnight(day + _DAY if last else day, zone)
        at = datetime.combine(day, time(), UTC)
    if not _YEARS[0] <= at.year < _YEARS[1]:
        raise _bad(field, f"{text!r} lies outside the years {_YEARS[0]} to {_YEARS[1] - 1}")
    return at


def _moment(text: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        there = at if at.tzinfo is not None else at.replace(tzinfo=zone)
        utc = there.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _bad(field, f"{text[:40]!r} is no date or time") from error
    if at.tzinfo is None and utc.astimezone(zone).replace(tzinfo=None) != at:
        raise _bad(field, f"{text!r} is a time that the clocks of {zone.key} leap over")
    return utc


def _bad(field: str, problem: str) -> InputError:
    return InputError(field=field, problem=problem, fix="Write 2026-03-10, or 2026-03-10T08:00+08:00.")


def due_at(
    due: Due, *, start: datetime, filed: datetime, zone: ZoneInfo, calendar: Calendar
) -> tuple[datetime, bool, frozenset[int]]:
    """Return by when, whether that moment itself is in time, and the years without a known calendar."""
    if due.of == "before_start":
        return _before(due, start, zone, calendar)
    base = filed if due.of == "after_filing" else start
    if due.span is Span.WORKING:
        counted = add_working(calendar, base.astimezone(zone), due.time)
        return counted.due_at.astimezone(UTC), True, counted.unknown
    if due.span is Span.DAYS:
        return midnight(day_of(base, zone) + due.time + _DAY, zone), False, frozenset()
    return base + due.time, True, frozenset()


def _before(due: Due, start: datetime, zone: ZoneInfo, calendar: Calendar) -> tuple[datetime, bool, frozenset[int]]:
    if due.span is Span.HOURS:
        return start - due.time, True, frozenset()
    first, unknown = _walk(day_of(start, zone), -_DAY, due, calendar)
    return midnight(first, zone), False, unknown


def may_begin_at(due: Due, *, filed: datetime, zone: ZoneInfo, calendar: Calendar) -> datetime:
    """Return the earliest start before which a notice given at ``filed`` is in time (``due.of`` before_start)."""
    if due.span is Span.HOURS:
        return filed + due.time
    last, _ = _walk(day_of(filed, zone), _DAY, due, calendar)
    return midnight(last + _DAY, zone)


def _walk(day: date, step: timedelta, due: Due, calendar: Calendar) -> tuple[date, frozenset[int]]:
    """Return the last of so many days beside ``day``, which does not count itself."""
    left, passed = due.time // _DAY, {day.year}
    while left:
        day += step
        passed.add(day.year)
        left -= due.span is Span.DAYS or works_on(calendar, day)
    return day, frozenset() if due.span is Span.DAYS else frozenset(passed - set(calendar.years))
