"""The daily start declaration: once a day, taken back the same day, late by its hours, missing where works are seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import shapely

from pipewarden.casework.facts import (
    Cancelled,
    Filed,
    Filing,
    FilingBody,
    FilingEvent,
    Hours,
    Method,
    Works,
)
from pipewarden.casework.facts.filing_day import DayStarted, DayState, DayTakenBack
from pipewarden.casework.rules.filing_day import KEPT, check_day, check_now, day_told, is_late, with_day
from pipewarden.casework.rules.filing_life import apply_filing, check_follows
from pipewarden.casework.rules.fold import IllegalEventError
from pipewarden.kit.errors import InputError, RefusedError

CHINA = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 10)
AREA = bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521)))
WORKS = Works(
    "CN-HE", AREA, Method.OPEN_CUT, datetime(2026, 3, 8, 16, tzinfo=UTC), datetime(2026, 5, 20, 16, tzinfo=UTC)
)
ONE, TENANT = UUID(int=7), UUID(int=8)
FILING = Filing(ONE, TENANT, WORKS, filed_at=datetime(2026, 3, 2, tzinfo=UTC))


def local(hour: int, minute: int = 0, *, day: date = DAY) -> datetime:
    return datetime.combine(day, time(hour, minute), CHINA).astimezone(UTC)


def started(day: date = DAY, **more: object) -> DayStarted:
    return DayStarted(day, **({"heads": 6, "machines": ("excavator",)} | more))  # type: ignore[arg-type]


def declared(body: DayStarted, at: datetime, filing: Filing = FILING) -> Filing:
    return with_day(filing, body, at)


def test_a_day_is_declared_once_and_again_only_after_it_was_taken_back() -> None:
    filing = declared(started(), local(7))
    with pytest.raises(RefusedError, match="declared already"):
        check_day(filing, started(heads=2), local(8))
    check_day(filing, started(DAY + timedelta(days=1)), local(8))
    check_day(filing, DayTakenBack(DAY, "下雨"), local(9))
    again = with_day(filing, DayTakenBack(DAY, "下雨"), local(9))
    assert again.days == ()
    check_day(again, started(), local(10))
    with pytest.raises(RefusedError, match="was not declared"):
        check_day(again, DayTakenBack(DAY, "x"), local(10))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (started(heads=0), "heads"),
        (started(heads=1001), "heads"),
        (started(machines=("crane",)), "machines"),
        (started(opens=time(8)), "hours"),
        (started(DAY + timedelta(days=9)), "day"),
        (started(DAY - timedelta(days=9)), "day"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_field(body: DayStarted, field: str) -> None:
    with pytest.raises(InputError) as refused:
        check_day(FILING, body, local(7))
    assert refused.value.field == field
    assert refused.value.fix


def test_a_day_before_the_works_begin_is_refused() -> None:
    later = replace(FILING, works=replace(WORKS, valid_from=local(0, day=DAY + timedelta(days=2))))
    with pytest.raises(InputError, match="before the works begin"):
        check_day(later, started(), local(7))


def test_only_today_and_two_forgotten_days_are_declared_by_the_clock_of_the_place() -> None:
    just_past_midnight = local(0, 5)  # still the day before in UTC
    check_now(started(), just_past_midnight, CHINA)
    check_now(started(DAY - timedelta(days=2)), just_past_midnight, CHINA)
    for day in (DAY + timedelta(days=1), DAY - timedelta(days=3)):
        with pytest.raises(InputError) as refused:
            check_now(started(day), just_past_midnight, CHINA)
        assert refused.value.field == "day"
    check_now(DayTakenBack(DAY, "x"), local(23, 59), CHINA)
    with pytest.raises(InputError, match="is over"):
        check_now(DayTakenBack(DAY, "x"), local(0, 1, day=DAY + timedelta(days=1)), CHINA)


def test_late_is_after_its_own_hour_else_the_filings_else_after_the_day() -> None:
    own = started(opens=time(8), shuts=time(17))
    filed = replace(FILING, works=replace(WORKS, hours=Hours(time(6), time(18))))

    def late(filing: Filing, body: DayStarted, at: datetime) -> bool:
        return is_late(filing, declared(body, at).days[0], CHINA)

    assert [late(filed, own, local(8)), late(filed, own, local(8, 1))] == [False, True]
    assert [late(filed, started(), local(6)), late(filed, started(), local(7))] == [False, True]
    assert [late(FILING, started(), local(23)), late(FILING, started(), local(1, day=DAY + timedelta(days=1)))] == [
        False,
        True,
    ]


def test_a_day_at_a_site_is_quiet_missing_declared_or_late() -> None:
    seen, before = local(9), local(9, day=DAY - timedelta(days=1))
    assert day_told(FILING, local(12), None, CHINA).state is DayState.QUIET
    yesterday = day_told(FILING, local(12), before, CHINA)
    assert (yesterday.state, yesterday.seen_at) == (DayState.QUIET, None)
    missing = day_told(FILING, local(12), seen, CHINA)
    assert (missing.state, missing.seen_at, missing.day) == (DayState.MISSING, seen, DAY)
    told = day_told(declared(started(), local(7)), local(12), seen, CHINA)
    assert (told.state, told.declared is not None) == (DayState.DECLARED, True)
    own = started(opens=time(8), shuts=time(17))
    assert day_told(declared(own, local(10)), local(12), seen, CHINA).state is DayState.LATE
    tomorrow = day_told(declared(started(), local(7)), local(7, day=DAY + timedelta(days=1)), None, CHINA)
    assert tomorrow.state is DayState.QUIET


def test_a_filing_carries_its_last_days_in_their_order() -> None:
    filing = FILING
    for n in range(KEPT + 5):
        day = DAY + timedelta(days=n)
        filing = declared(started(day), local(7, day=day), filing)
    forgotten = declared(started(DAY + timedelta(days=50)), local(7), filing)
    days = [one.said.day for one in forgotten.days]
    assert len(days) == KEPT
    assert days == sorted(days)
    assert days[-1] == DAY + timedelta(days=50)


def test_a_history_of_days_folds_and_nothing_follows_on_a_cancelled_filing() -> None:
    def event(version: int, body: FilingBody, at: datetime) -> FilingEvent:
        return FilingEvent(UUID(int=version), TENANT, ONE, at, "user:1", version, body)

    filing = apply_filing(None, event(1, Filed(WORKS), local(7)))
    filing = apply_filing(filing, event(2, started(), local(7)))
    assert [one.said.heads for one in filing.days] == [6]
    with pytest.raises(IllegalEventError, match="declared already"):
        apply_filing(filing, event(3, started(), local(8)))
    gone = apply_filing(filing, event(3, Cancelled("x"), local(8)))
    with pytest.raises(RefusedError):
        check_follows(gone, started(DAY + timedelta(days=1)), local(8))
    assert gone.days == filing.days, "what was declared stays on record"
