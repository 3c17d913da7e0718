"""Days and moments of permit lists, each in the place's own zone: a day taken in the server's zone is a day wrong."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from pipewarden.sense.rules.devices.said import refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

Day = TypeVar("Day", date, datetime)

_ROC = re.compile(r"(\d{2,3})[/.-](\d{1,2})[/.-](\d{1,2})")
_ROC_EPOCH = 1911  # 民國 1 = 1912
_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?")  # xs:date may carry an offset; the day is as written
_LAST_MINUTE = time(23, 59)
_YEARS = (1950, 2150)
_FIX = "Write a day that the calendar has, in the form of the list."


def _roc(text: str, name: str, _: ZoneInfo) -> date:
    found = _ROC.fullmatch(text)
    if found is None:
        raise refused(name, f"{text[:40]!r} is no ROC date (年/月/日, 民國)", _FIX)
    year, month, day = (int(part) for part in found.groups())
    return date(year + _ROC_EPOCH, month, day)


def _basic(text: str, name: str, _: ZoneInfo) -> date:
    found = _BASIC.fullmatch(text)
    if found is None:
        raise refused(name, f"{text[:40]!r} is no date of eight digits", _FIX)
    year, month, day = (int(part) for part in found.groups())
    return date(year, month, day)


def _day(text: str, name: str, _: ZoneInfo) -> date:
    found = _DAY.fullmatch(text)
    if found is None:
        raise refused(name, f"{text[:40]!r} is no date (2026-11-20)", _FIX)
    return date.fromisoformat(found.group(1))


def _day_of_moment(text: str, name: str, zone: ZoneInfo) -> date:
    """Return the place's own day: a service that stores days as moments may mean midnight in UTC or at the place.

    West of Greenwich midnight in UTC is the evening before: it is taken for the day that it was written for.
    """
    found = moment(text, name, zone)
    return found.date() if found.time() == time() else found.astimezone(zone).date()


FORMS: dict[str, Callable[[str, str, ZoneInfo], date]] = {
    "roc": _roc,
    "basic": _basic,
    "day": _day,
    "day_of_moment": _day_of_moment,
}
"""How a list writes a day; ``moment`` is the form of one that writes moments."""


def day(value: object, form: str, name: str, zone: ZoneInfo) -> date:
    """Return the day that a list means.

    Args:
        value: as it came.
        form: one of ``FORMS``.
        name: its field.
        zone: of the place.

    Raises:
        InputError: it is no such day, or lies outside the years 1950 to 2149.
    """
    try:
        found = FORMS[form](str(value).strip(), name, zone)
    except (ValueError, OverflowError) as error:
        raise refused(name, f"{str(value)[:40]!r} is no day of the calendar", _FIX) from error
    return _in_years(found, value, name)


def moment(value: object, name: str, zone: ZoneInfo) -> datetime:
    """Return a moment in UTC; one without an offset is meant in the place's own zone.

    Raises:
        InputError: it is no moment, or lies outside the years 1950 to 2149.
    """
    try:
        found = datetime.fromisoformat(str(value).strip())
        found = (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise refused(name, f"{str(value)[:40]!r} is no moment (RFC 3339)", _FIX) from error
    return _in_years(found, value, name)


def end_moment(value: object, name: str, zone: ZoneInfo) -> datetime:
    """Return the end of a period in UTC, itself excluded.

    23:59 or 23:59:59 at the place is the end of that day, and so is a day that stands without a time.

    Raises:
        InputError: as ``moment``.
    """
    if _DAY.fullmatch(str(value).strip()) is not None:
        return end_of(day(value, "day", name, zone), zone)
    found = moment(value, name, zone)
    local = found.astimezone(zone)
    return end_of(local.date(), zone) if local.time() >= _LAST_MINUTE else found


def start_of(one: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day at the place, in UTC."""
    return datetime.combine(one, time(), zone).astimezone(UTC)


def end_of(one: date, zone: ZoneInfo) -> datetime:
    """Return the first moment after a day at the place, in UTC."""
    return start_of(one + timedelta(days=1), zone)


def last_day(first: date, days: int) -> date:
    """Return the last of so many days when the first is one of them."""
    return first + timedelta(days=days - 1)


def last_half_day(first: date, begins: time | None, halves: int) -> date:
    """Return the day of the last of so many half days, counted from the half in which the works begin."""
    afternoon = begins is not None and begins.hour >= 12  # noqa: PLR2004  noon
    return first + timedelta(days=(halves - 1 + afternoon) // 2)


def _in_years(found: Day, value: object, name: str) -> Day:
    if not _YEARS[0] <= found.year < _YEARS[1]:
        raise refused(name, f"{str(value)[:40]!r} lies in the year {found.year}", "Check its calendar and century.")
    return found
