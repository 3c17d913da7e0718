"""Working days and hours in China: a deadline in working time never counts a holiday, and never guesses in silence.

The day on which a time begins does not count, and it ends when business ends on its last day (民法典 第二百零一条,
第二百零三条). Of a year whose notice is not on file only weekends are known; the answer names the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.casework.facts import CalendarYear
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked

if TYPE_CHECKING:
    from pipewarden.casework.facts import Calendar

LOCAL = ZoneInfo("Asia/Shanghai")
_SATURDAY = 5
_LONGEST_DAYS = 400
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """A deadline, and the years that it crosses of which no calendar is known."""

    due_at: datetime
    unknown: frozenset[int] = frozenset()


class _Span(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    begins: Annotated[date, Field(alias="from")]
    ends: Annotated[date, Field(alias="to")]


class _Year(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    year: Annotated[int, Field(ge=2000, le=2100)]
    country: str
    source: Annotated[str, Field(min_length=10)]
    confidence: Annotated[str, Field(pattern="^[HM]$")]
    free: list[_Span]
    worked: list[date]


def read_year(body: object, name: str) -> CalendarYear:
    """Return one year as ``policy/calendar`` writes it (``body`` is the parsed document, ``name`` its file).

    Raises:
        InputError: a key is missing, unknown or of a wrong kind; a day is of another year, or free and worked.
    """
    given = checked(_Year, body, name)
    if any(span.ends < span.begins for span in given.free):
        raise InputError(field=f"{name}: free", problem="a holiday ends before it begins", fix="Correct it.")
    free = {span.begins + _DAY * n for span in given.free for n in range((span.ends - span.begins).days + 1)}
    if free & set(given.worked):
        raise InputError(field=f"{name}: worked", problem="a day is free, too", fix="Correct it.")
    if {one.year for one in (*free, *given.worked)} - {given.year}:
        raise InputError(field=f"{name}: year", problem="a day lies in another year", fix="Write it into that one's.")
    return CalendarYear(given.year, frozenset(free), frozenset(given.worked), given.source, given.confidence)


def works_on(calendar: Calendar, day: date) -> bool:
    """Return whether a local day is worked; in a year that is not known, every weekday is."""
    known = calendar.years.get(day.year)
    if known is not None and day in known.worked:
        return True
    return day.weekday() < _SATURDAY and (known is None or day not in known.free)


def countable(time: timedelta) -> bool:
    """Return whether a time is a working time: whole days, up to 400, or less than one."""
    days, rest = divmod(time, _DAY)
    return timedelta(0) < time and days <= _LONGEST_DAYS and not (days and rest)


def add_working(calendar: Calendar, at: datetime, time: timedelta) -> Counted:
    """Return when a working time that begins at a moment ends: whole days as working days, the rest as hours.

    Args:
        calendar: which days are worked, and the hours of business.
        at: the beginning, with a zone.
        time: whole days, or less than a day.

    Raises:
        ValueError: ``time`` is neither, or longer than 400 days.
    """
    if not countable(time):
        raise ValueError(f"{time} is no working time: give whole days, or less than one")
    days, rest = divmod(time, _DAY)
    local = at.astimezone(LOCAL)
    day, passed = _days_on(calendar, local.date(), days) if days else (local.date(), {local.year})
    ends = datetime.combine(day, calendar.shuts, LOCAL)
    if rest:
        ends, passed = _hours_on(calendar, local, rest)
    return Counted(ends.astimezone(at.tzinfo), frozenset(passed - set(calendar.years)))


def _days_on(calendar: Calendar, day: date, count: int) -> tuple[date, set[int]]:
    passed = {day.year}
    while count:
        day += _DAY
        passed.add(day.year)
        count -= works_on(calendar, day)
    return day, passed


def _hours_on(calendar: Calendar, at: datetime, left: timedelta) -> tuple[datetime, set[int]]:
    day, passed = at.date(), {at.year}
    while True:
        opens = max(at, datetime.combine(day, calendar.opens, LOCAL))
        room = datetime.combine(day, calendar.shuts, LOCAL) - opens
        if works_on(calendar, day) and room > timedelta(0):
            if left <= room:
                return opens + left, passed
            left -= room
        day += _DAY
        passed.add(day.year)
