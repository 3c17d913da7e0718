"""Edges of local days, notices and working days; nothing may hang on the zone in which the server stands."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts import Due, Span
from pipewarden.casework.rules.filing_days import due_at, edge, may_begin_at, midnight
from pipewarden.casework.store import shipped_duties
from pipewarden.kit.errors import InputError

CHINA = ZoneInfo("Asia/Shanghai")
CALENDAR = shipped_duties().calendar
DAY = timedelta(days=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


def due(of: str, time: timedelta, span: Span, *, start: str = "2026-03-10T00:00", filed: str = "2026-03-02T09:00"):
    asked = Due(of, time, span)  # type: ignore[arg-type]
    return due_at(asked, start=local(start), filed=local(filed), zone=CHINA, calendar=CALENDAR)


def test_a_date_is_a_whole_local_day_the_last_one_included():
    assert edge("2026-03-10", CHINA, field="valid_from", last=False) == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert edge("2026-03-10", CHINA, field="valid_until", last=True) == datetime(2026, 3, 10, 16, tzinfo=UTC)


def test_a_time_without_an_offset_is_the_places_own_and_one_with_keeps_it():
    assert edge("2026-03-10T08:00", CHINA, field="at", last=False) == datetime(2026, 3, 10, 0, tzinfo=UTC)
    assert edge("2026-03-10T08:00+00:00", CHINA, field="at", last=True) == datetime(2026, 3, 10, 8, tzinfo=UTC)


def test_a_day_of_23_hours_has_its_own_edges():
    berlin = ZoneInfo("Europe/Berlin")
    begins = edge("2026-03-29", berlin, field="valid_from", last=False)
    ends = edge("2026-03-29", berlin, field="valid_until", last=True)
    assert ends - begins == timedelta(hours=23)
    with pytest.raises(InputError, match="leap over"):
        edge("2026-03-29T02:30", berlin, field="valid_from", last=False)


BAD = ["", "tomorrow", "2026-02-30", "10.03.2026", "0001-01-01", "9999-12-31", "2026-13-01T08:00"]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_date_is_refused_by_its_field(text: str):
    with pytest.raises(InputError) as caught:
        edge(text, CHINA, field="valid_until", last=True)
    assert caught.value.field == "valid_until"
    assert "2026-03-10" in caught.value.fix


def test_five_days_lie_whole_between_the_notice_and_the_start():
    at, included, unknown = due("before_start", 5 * DAY, Span.DAYS)
    assert (at, included, unknown) == (local("2026-03-05T00:00"), False, frozenset())


def test_the_hour_of_the_start_changes_no_day():
    early, late = (due("before_start", 5 * DAY, Span.DAYS, start=f"2026-03-10T{at}")[0] for at in ("00:00", "23:59"))
    assert early == late


def test_hours_run_and_their_last_moment_is_in_time():
    at, included, _ = due("before_start", DAY, Span.HOURS, start="2026-03-10T08:00")
    assert (at, included) == (local("2026-03-09T08:00"), True)
    assert due("after_start", DAY, Span.HOURS, start="2026-03-10T08:00")[:2] == (local("2026-03-11T08:00"), True)


def test_a_reply_in_days_ends_with_the_last_one():
    assert due("after_filing", 3 * DAY, Span.DAYS)[:2] == (local("2026-03-06T00:00"), False)


def test_working_days_leave_out_the_spring_festival_and_take_the_worked_saturday():
    # 2026-02-15 to 02-23 are free, Saturday 02-14 and 02-28 are worked
    reply = due("after_filing", 2 * DAY, Span.WORKING, filed="2026-02-13T10:00")
    assert reply[0] == local("2026-02-24T18:00")
    notice = due("before_start", 3 * DAY, Span.WORKING, start="2026-02-25T08:00")
    assert notice[0] == local("2026-02-13T00:00")


def test_a_year_without_a_calendar_is_named():
    assert due("before_start", 2 * DAY, Span.WORKING, start="2031-01-02T08:00")[2] == frozenset({2030, 2031})
    assert due("before_start", 2 * DAY, Span.WORKING)[2] == frozenset()


@given(
    filed=st.integers(0, 60_000_000).map(lambda s: datetime(2025, 1, 2, tzinfo=UTC) + timedelta(seconds=s)),
    days=st.integers(1, 20),
    span=st.sampled_from(Span),
)
def test_the_earliest_start_is_in_time_and_a_moment_earlier_is_not(filed: datetime, days: int, span: Span):
    asked, at = Due("before_start", timedelta(days=days), span), filed
    start = may_begin_at(asked, filed=at, zone=CHINA, calendar=CALENDAR)

    def in_time(begins: datetime) -> bool:
        last, included, _ = due_at(asked, start=begins, filed=at, zone=CHINA, calendar=CALENDAR)
        return at < last or (included and at == last)

    assert in_time(start)
    assert not in_time(start - timedelta(microseconds=1))


@given(day=st.dates(date(2001, 1, 1), date(2099, 12, 30)), zone=st.sampled_from(["Asia/Shanghai", "Asia/Kathmandu"]))
def test_days_meet_without_a_gap(day: date, zone: str):
    place = ZoneInfo(zone)
    last = edge(day.isoformat(), place, field="valid_until", last=True)
    assert last == edge((day + DAY).isoformat(), place, field="valid_from", last=False) == midnight(day + DAY, place)


_ASK = """
from datetime import UTC, datetime
from pipewarden.casework import service
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
body = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates":
        [[[116.7, 39.52], [116.701, 39.52], [116.701, 39.521], [116.7, 39.52]]]},
        "properties": {"method": "open_cut", "valid_from": "2026-03-10", "valid_until": "2026-03-20"}}
for place in ("CN-HE-langfang", "CN-SD-qingdao", "CN-ZJ-hangzhou", "CN-BJ", "CN-GD-shenzhen", "CN-LONGDISTANCE"):
    for at in ("2026-03-04T23:59:59", "2026-03-05", "2026-02-13T17:59", "2026-02-13T18:01"):
        at = service.filing_edge(at, service.filing_zone(place, MARCH), field="at", last=False)
        works = service.read_filing(body, {}, place=place, at=at)
        found = service.check_filing(works, at=at)
        print(place, at.isoformat(), works.valid_from.isoformat(), works.valid_until.isoformat())
        for one in found.required:
            print(one.kind, one.due_at and one.due_at.isoformat(), one.late, one.may_begin_at)
"""


def test_four_server_zones_give_equal_decisions():
    said = set()
    for zone in ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"):
        run = subprocess.run(
            [sys.executable, "-c", _ASK], env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True
        )
        said.add(run.stdout)
    assert len(said) == 1
    assert "file 2026-03-04T16:00:00+00:00 False None" in said.pop()
