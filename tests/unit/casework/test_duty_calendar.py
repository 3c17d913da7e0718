"""Working time in China: holidays, worked weekends, business hours, and years that nobody has told us of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.rules.calendar import LOCAL, add_working, read_year, works_on
from pipewarden.casework.store.duty_policy import shipped_duties
from pipewarden.kit.errors import InputError

CALENDAR = shipped_duties().calendar
DAY = timedelta(days=1)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LOCAL)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 11, 25), True),  # a Wednesday
        (date(2026, 11, 28), False),  # a Saturday
        (date(2026, 2, 17), False),  # Spring Festival, a Tuesday
        (date(2026, 2, 28), True),  # a Saturday worked for it
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
        (date(2030, 10, 1), True),  # nobody knows: a Tuesday counts, a Saturday does not
        (date(2030, 10, 5), False),
    ],
)
def test_which_days_are_worked(day: date, worked: bool) -> None:
    assert works_on(CALENDAR, day) is worked


def test_the_notices_add_up() -> None:
    """Each worked day is a weekend day, no day is both, and the spans are as long as the notices say."""
    days = {2025: 1 + 8 + 3 + 5 + 3 + 8, 2026: 3 + 9 + 3 + 5 + 3 + 3 + 7}
    for year, known in CALENDAR.years.items():
        assert len(known.free) == days[year]
        assert all(one.weekday() >= 5 for one in known.worked)
        assert not known.free & known.worked
        assert {one.year for one in known.free | known.worked} == {year}
        assert known.source
        assert known.confidence in {"H", "M"}


@pytest.mark.parametrize(
    ("begins", "days", "ends"),
    [
        (local(2026, 11, 25, 10), 2, local(2026, 11, 27, 18)),  # Wednesday to Friday
        (local(2026, 11, 27, 17), 2, local(2026, 12, 1, 18)),  # over a weekend
        (local(2026, 9, 30, 9), 2, local(2026, 10, 9, 18)),  # over the National Day: 8, 9
        (local(2026, 10, 8, 9), 2, local(2026, 10, 10, 18)),  # the worked Saturday counts
        (local(2026, 11, 29, 3), 1, local(2026, 11, 30, 18)),  # begins on a Sunday
    ],
)
def test_working_days(begins: datetime, days: int, ends: datetime) -> None:
    counted = add_working(CALENDAR, begins.astimezone(UTC), timedelta(days=days))
    assert (counted.due_at, counted.unknown) == (ends, frozenset())
    assert counted.due_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        (local(2026, 11, 25, 10), 2, local(2026, 11, 25, 12)),
        (local(2026, 11, 25, 17), 2, local(2026, 11, 26, 10)),
        (local(2026, 11, 25, 22), 2, local(2026, 11, 26, 11)),
        (local(2026, 11, 27, 17, 30), 1, local(2026, 11, 30, 9, 30)),
        (local(2026, 11, 28, 12), 9, local(2026, 11, 30, 18)),
    ],
)
def test_working_hours(begins: datetime, hours: int, ends: datetime) -> None:
    assert add_working(CALENDAR, begins, timedelta(hours=hours)).due_at == ends


def test_an_unknown_year_counts_weekends_only_and_is_named() -> None:
    counted = add_working(CALENDAR, local(2026, 12, 31, 10), 2 * DAY)
    assert counted.due_at == local(2027, 1, 4, 18)  # 1 January counts as worked: the notice is not on file
    assert counted.unknown == {2027}
    assert add_working(CALENDAR, local(2027, 12, 31, 17, 59), timedelta(hours=2)).unknown == {2027, 2028}


@pytest.mark.parametrize("time", [timedelta(0), -DAY, timedelta(days=1, hours=1), 500 * DAY])
def test_what_is_no_working_time_is_refused(time: timedelta) -> None:
    with pytest.raises(ValueError, match="is no working time"):
        add_working(CALENDAR, local(2026, 11, 25, 10), time)


@given(st.datetimes(datetime(2025, 1, 2), datetime(2026, 12, 20)), st.integers(1, 5))  # noqa: DTZ001  local times
def test_a_deadline_lies_on_a_worked_day_and_enough_of_them_have_passed(begins: datetime, days: int) -> None:
    at = begins.replace(tzinfo=LOCAL)
    due = add_working(CALENDAR, at, days * DAY).due_at
    between = [at.date() + DAY * n for n in range(1, (due.date() - at.date()).days + 1)]
    assert works_on(CALENDAR, due.date())
    assert sum(works_on(CALENDAR, one) for one in between) == days


def test_a_year_with_a_slip_is_told_by_file_and_key() -> None:
    written = {"year": 2027, "country": "CN", "source": "a notice of 2026", "confidence": "H", "worked": []}
    with pytest.raises(InputError, match=r"CN-2027.yaml: free: Field required"):
        read_year(written, "CN-2027.yaml")
    with pytest.raises(InputError, match="confidence"):
        read_year(written | {"free": [], "confidence": "sure"}, "CN-2027.yaml")


def worked_between(begins: datetime, ends: datetime) -> timedelta:
    """Count business time minute by minute: slow, and nothing like the way it is done."""
    step, total, at = timedelta(minutes=1), timedelta(0), begins
    while at < ends:
        local = at.astimezone(LOCAL)
        total += step * (works_on(CALENDAR, local.date()) and CALENDAR.opens <= local.time() < CALENDAR.shuts)
        at += step
    return total


@given(
    st.datetimes(datetime(2026, 9, 24), datetime(2026, 10, 12)).map(lambda at: at.replace(second=0, microsecond=0)),  # noqa: DTZ001  local times
    st.integers(1, 23 * 60),
)
def test_working_hours_are_what_a_minute_by_minute_count_says(begins: datetime, minutes: int) -> None:
    """Around the National Day of 2026, with its free week and its worked weekend days."""
    at = begins.replace(tzinfo=LOCAL)
    due = add_working(CALENDAR, at, timedelta(minutes=minutes)).due_at
    assert worked_between(at, due) == timedelta(minutes=minutes)
    last = (due - timedelta(minutes=1)).astimezone(LOCAL)
    assert works_on(CALENDAR, last.date())
    assert CALENDAR.opens <= last.time() < CALENDAR.shuts


@given(st.datetimes(datetime(2025, 1, 2), datetime(2026, 12, 1)), st.integers(1, 3), st.integers(1, 3))  # noqa: DTZ001  local times
def test_more_time_never_ends_earlier_and_a_later_beginning_neither(begins: datetime, days: int, more: int) -> None:
    at = begins.replace(tzinfo=LOCAL)
    short = add_working(CALENDAR, at, days * DAY).due_at
    assert add_working(CALENDAR, at, (days + more) * DAY).due_at > short
    assert add_working(CALENDAR, at + more * DAY, days * DAY).due_at >= short


@given(st.sampled_from([2025, 2026]), st.integers(0, 364))
def test_a_free_day_is_never_worked_and_a_worked_weekend_day_always(year: int, number: int) -> None:
    day = date(year, 1, 1) + number * DAY
    known = CALENDAR.years[year]
    if day in known.free:
        assert not works_on(CALENDAR, day)
    elif day in known.worked:
        assert works_on(CALENDAR, day)
        assert day.weekday() >= 5
    else:
        assert works_on(CALENDAR, day) is (day.weekday() < 5)


def test_each_span_of_a_notice_is_whole() -> None:
    """A free span has no hole: the days between its ends are free too."""
    for known in CALENDAR.years.values():
        ordered = sorted(known.free)
        holes = [later - earlier for earlier, later in pairwise(ordered) if later - earlier != DAY]
        assert all(gap > 2 * DAY for gap in holes)
        assert date(known.year, 1, 1) in known.free
        assert date(known.year, 10, 1) in known.free
        assert date(known.year, 5, 1) in known.free
        assert len(known.worked) >= 5
