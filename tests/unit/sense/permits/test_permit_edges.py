"""0 permits are off by one day: random days, zones and forms against an oracle that only looks at the place's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from day_oracle import ZONES, first_moment, some_day

from pipewarden.sense.rules.permits import dates

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAYS, MOMENTS = 10_000, 4_000
DAY = timedelta(days=1)


def written(day: date, form: str, zone: ZoneInfo, chance: Random) -> str:
    """Return a day as a list of that form writes it."""
    if form == "roc":
        mark = chance.choice("/.-")
        pad = chance.choice([2, 1])
        return f"{day.year - 1911}{mark}{day.month:0{pad}d}{mark}{day.day:0{pad}d}"
    if form == "basic":
        return day.strftime("%Y%m%d")
    if form == "day":
        return day.isoformat() + chance.choice(["", "Z", "+02:00", "-07:00"])
    ways = [f"{day}T00:00:00.000Z", first_moment(day, zone).isoformat(), day.isoformat()]
    return chance.choice(ways)


def test_days_of_lists_begin_and_end_with_the_day_of_the_place() -> None:
    chance, wrong = Random("edges"), []  # noqa: S311  no secret
    for number in range(DAYS):
        zone, first, form = chance.choice(ZONES), some_day(chance), chance.choice(sorted(dates.FORMS))
        if first_moment(first, zone).astimezone(zone).date() != first:
            continue  # a day that the place never had: 2011-12-30 in Apia
        length = chance.choice([1, 1, 2, 7, chance.randint(1, 400)])
        text = written(first, form, zone, chance)
        read = dates.day(text, form, "x", zone)
        last = dates.last_day(read, length)
        told = read, dates.start_of(read, zone), dates.end_of(last, zone)
        wanted = first, first_moment(first, zone), first_moment(first + length * DAY, zone)
        if told != wanted:
            wrong.append((number, text, form, zone.key, length, told, wanted))
    assert wrong == []


def test_moments_of_lists_are_the_seconds_that_they_say() -> None:
    """A moment with an offset is arithmetic; the end of a period at 23:59, or as a day, is the end of that day."""
    chance, wrong = Random("moments"), []  # noqa: S311  no secret
    for number in range(MOMENTS):
        zone, day = chance.choice(ZONES), some_day(chance)
        seconds, hours = chance.randint(0, 86_399), chance.randint(-11, 13)
        wall = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
        text = f"{wall:%Y-%m-%dT%H:%M:%S}{hours:+03d}:00"
        found = dates.moment(text, "x", zone)
        if found != wall - timedelta(hours=hours):
            wrong.append((number, text, found))
        last = chance.choice([day.isoformat(), f"{day}T23:59", f"{day}T23:59:59"])
        ended = dates.end_moment(last, "x", zone)
        if ended != first_moment(day + DAY, zone):
            wrong.append((number, last, zone.key, ended))
    assert wrong == []


def test_the_oracle_knows_its_clocks() -> None:
    """What is known of summer time, so that the oracle itself is tried by something else."""
    known = {
        ("Asia/Taipei", date(2024, 2, 29)): datetime(2024, 2, 28, 16, tzinfo=UTC),
        ("Europe/London", date(2020, 6, 10)): datetime(2020, 6, 9, 23, tzinfo=UTC),
        ("America/Sao_Paulo", date(2018, 11, 4)): datetime(2018, 11, 4, 3, tzinfo=UTC),  # there is no midnight
        ("America/Havana", date(2025, 11, 2)): datetime(2025, 11, 2, 4, tzinfo=UTC),  # there are two
        ("Pacific/Apia", date(2011, 12, 30)): datetime(2011, 12, 30, 10, tzinfo=UTC),  # there is no such day
        ("Pacific/Apia", date(2011, 12, 31)): datetime(2011, 12, 30, 10, tzinfo=UTC),
    }
    zones = {zone.key: zone for zone in ZONES}
    assert {key: first_moment(key[1], zones[key[0]]) for key in known} == known
