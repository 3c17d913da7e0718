"""When a day begins at a place, found by looking at its clock only: nothing of the code that is tried is used here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from random import Random

# summer time at midnight, half hours, three quarters, both ends of the world, a day that was left out
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Asia/Taipei",
        "Asia/Shanghai",
        "Asia/Kathmandu",
        "Asia/Beirut",
        "Africa/Cairo",
        "Europe/London",
        "Europe/Paris",
        "Europe/Zurich",
        "America/Los_Angeles",
        "America/Sao_Paulo",
        "America/Havana",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Kiritimati",
    )
]
EPOCH = date(1970, 1, 1)


def first_moment(day: date, zone: ZoneInfo) -> datetime:
    """Return the first second at which the clock of a place shows ``day`` or a later one, in UTC."""
    noon = (day - EPOCH).days * 86_400
    low, high = noon - 2 * 86_400, noon + 2 * 86_400
    while high - low > 1:
        middle = (low + high) // 2
        if (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=middle)).astimezone(zone).date() >= day:
            high = middle
        else:
            low = middle
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=high)


def some_day(chance: Random, first: int = 1952, last: int = 2147) -> date:
    """Return a day of these years; often at the edge of a month or a year, a leap day, or of our time."""
    year = chance.randint(first, last) if chance.random() < 0.5 else chance.randint(2011, 2035)
    edges = [date(year, 1, 1), date(year, 12, 31), date(year, 2, 28), date(year, 3, 1), date(year, 2, 28)]
    if chance.random() < 0.2:
        return chance.choice(edges) + timedelta(days=chance.randint(0, 1))
    return date(year, 1, 1) + timedelta(days=chance.randint(0, 365))
