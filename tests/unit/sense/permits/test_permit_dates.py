"""A day is the place's own day, whatever the server's zone: no permit is off by one at its edges."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import permit_rows as rows
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.sense.rules.permits import dates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipewarden.sense.facts import PermitList

    Read = Callable[..., PermitList]

SERVERS = ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati")
PLACES = [ZoneInfo(name) for name in ("Asia/Taipei", "Europe/London", "America/Los_Angeles", "Europe/Zurich", "UTC")]
LONDON = ZoneInfo("Europe/London")


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the process live in another time zone."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


def lists() -> list[tuple[object, str, str, str]]:
    """Return each source's row with its own first and last day, and what its zone makes of them."""
    french = rows.french(rows.dict_(begins="2026-03-29+01:00", days="1"))
    return [
        ([rows.taipei(CB_DA="113/02/29", CE_DA="113/02/29")], "taipei-dig", "2024-02-28T16:00", "2024-02-29T16:00"),
        (rows.ticket(), "usan811", "2026-09-20T00:01", "2026-10-14T07:00"),
        (french, "fr-dtdict", "2026-03-28T23:00", "2026-03-29T22:00"),  # summer time begins: 23 hours
        (rows.street(), "street-manager", "2020-06-09T23:00", "2020-06-12T23:00"),
        (
            rows.features(rows.zurich(Baubeginn="20151025", Bauende="20151025")),
            "zurich-tiefbau",
            "2015-10-24T22:00",
            "2015-10-25T23:00",  # summer time ends: 25 hours
        ),
        (rows.features(rows.road_event()), "wzdx", "2026-01-01T14:00", "2026-01-05T23:00"),
    ]


@pytest.mark.parametrize("case", range(6))
def test_four_server_zones_give_one_result(read: Read, server: str, case: int) -> None:
    told, mapping, begins, ends = lists()[case]
    one = read(told, mapping).permits[0]
    assert (one.valid_from, one.valid_until) == (
        datetime.fromisoformat(f"{begins}:00+00:00"),
        datetime.fromisoformat(f"{ends}:00+00:00"),
    ), server
    assert one.valid_from.tzinfo is UTC


@pytest.mark.parametrize("case", range(6))
def test_the_edges_are_held_to_the_second(read: Read, case: int) -> None:
    told, mapping, _, _ = lists()[case]
    one = read(told, mapping).permits[0]
    second = timedelta(seconds=1)
    assert [one.covers(one.valid_from + shift) for shift in (-second, 0 * second)] == [False, True]
    assert [one.covers(one.valid_until + shift) for shift in (-second, 0 * second)] == [True, False]


@given(
    first=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    days=st.integers(1, 400),
    place=st.sampled_from(PLACES),
)
def test_whole_days_cover_those_days_at_the_place_and_no_other(first: date, days: int, place: ZoneInfo) -> None:
    last = dates.last_day(first, days)
    begins, ends = dates.start_of(first, place), dates.end_of(last, place)
    assert begins.astimezone(place).date() == first
    assert (begins - timedelta(seconds=1)).astimezone(place).date() == first - timedelta(days=1)
    assert (ends - timedelta(seconds=1)).astimezone(place).date() == last
    assert ends.astimezone(place).date() == last + timedelta(days=1)


@given(day=st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_roc_day_is_1911_years_on(day: date) -> None:
    told = f"{day.year - 1911}/{day.month:02d}/{day.day:02d}"
    assert dates.day(told, "roc", "CB_DA", PLACES[0]) == day


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("113/02/30", "roc"),
        ("112/02/29", "roc"),
        ("113/13/01", "roc"),
        ("2024-06-03", "roc"),
        ("0/06/03", "roc"),
        ("20150229", "basic"),
        ("2015029", "basic"),
        ("20150201T00", "basic"),
        ("99990101", "basic"),
        ("00000000", "basic"),
        ("2016-02-30+02:00", "day"),
        ("01/04/2016", "day"),
        ("2016-04-01+02", "day"),
        ("2020-06-31T00:00:00.000Z", "day_of_moment"),
        ("0001-01-01T00:00:00+14:00", "day_of_moment"),
        ("soon", "day_of_moment"),
    ],
)
def test_impossible_days_are_refused(told: str, form: str) -> None:
    with pytest.raises(InputError) as error:
        dates.day(told, form, "theirs", LONDON)
    assert error.value.field == "theirs"
    assert error.value.fix


@pytest.mark.parametrize(
    "told", ["2020-06-10T00:00:00.000Z", "2020-06-09T23:00:00.000Z", "2020-06-10", "2020-06-10T23:59:59+01:00"]
)
def test_midnight_in_utc_and_at_the_place_are_one_british_day(told: str) -> None:
    assert dates.day(told, "day_of_moment", "proposed_start_date", LONDON) == date(2020, 6, 10)


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ("2022-10-13T23:59:59-07:00", "2022-10-14T07:00:00+00:00"),
        ("2022-10-14T06:59:59Z", "2022-10-14T07:00:00+00:00"),
        ("2022-10-13T23:59", "2022-10-14T07:00:00+00:00"),
        ("2022-10-13", "2022-10-14T07:00:00+00:00"),
        ("2022-10-13T23:58:59-07:00", "2022-10-14T06:58:59+00:00"),
        ("2022-10-14T00:00:00-07:00", "2022-10-14T07:00:00+00:00"),
    ],
)
def test_the_last_minute_of_a_day_is_its_end(told: str, ends: str) -> None:
    assert dates.end_moment(told, "x", ZoneInfo("America/Los_Angeles")) == datetime.fromisoformat(ends)


@pytest.mark.parametrize(
    ("begins", "halves", "after"),
    [(None, 1, 0), (clock(8), 2, 0), (clock(8), 3, 1), (clock(12), 1, 0), (clock(12), 2, 1)],
)
def test_half_days(begins: clock | None, halves: int, after: int) -> None:
    assert dates.last_half_day(date(2026, 8, 24), begins, halves) == date(2026, 8, 24 + after)


@pytest.mark.parametrize("zone", SERVERS)
def test_a_moment_without_an_offset_is_the_places_own(zone: str) -> None:
    told = dates.moment("2026-11-20T08:00:00", "x", ZoneInfo(zone))
    assert told.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime(2026, 11, 20, 8)  # noqa: DTZ001  as told
    with pytest.raises(InputError, match="no moment"):
        dates.moment("20 November", "x", LONDON)
    with pytest.raises(InputError, match="year 2900"):
        dates.moment("2900-01-01T00:00:00Z", "x", LONDON)
