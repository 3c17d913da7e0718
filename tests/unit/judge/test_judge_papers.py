from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.judge.facts import Look, OpenPlace, Permitted, Yard
from pipewarden.judge.rules import Scene, Sight, View
from pipewarden.judge.rules.papers import filed, open_site, open_until, yard
from pipewarden.locate.facts import GroundPoint
from pipewarden.network.facts import Zone

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # 10:00 in Langfang
D = 0.0002
RING = ((116.7, 39.5), (116.7 + D, 39.5), (116.7 + D, 39.5 + D), (116.7, 39.5 + D), (116.7, 39.5))
INSIDE = GroundPoint(116.7 + D / 2, 39.5 + D / 2, (4.0, 0.0, 4.0))
BESIDE = GroundPoint(116.7 + 1.05 * D, 39.5 + D / 2, (400.0, 0.0, 400.0))
BOX = (0.4, 0.5, 0.1, 0.1)


def scene(ground: GroundPoint | None = INSIDE, **more: Any) -> Scene:
    sight = Sight(UUID(int=1), UUID(int=1), NOW.timestamp(), BOX)
    told = {
        "alarm_id": UUID(int=3),
        "zone": Zone.CONTROL,
        "ground": ground,
        "timed": True,
        "first_s": NOW.timestamp(),
        "last_s": NOW.timestamp(),
        "now": NOW,
        "views": (View("cam-a", None, (sight,)),),
    }
    return Scene(**(told | more))


def window(**more: Any) -> Permitted:
    told = {
        "key": "works-1",
        "ring": RING,
        "starts_at": NOW - timedelta(days=3),
        "ends_at": NOW + timedelta(days=3),
        "daily": (time(8), time(18)),
    }
    return Permitted(**(told | more))


def test_filed_fires_inside_the_area_within_the_hours_and_ends_with_them():
    out = filed(scene(permitted=(window(),)))
    assert out.reason is not None
    assert out.reason.closes
    assert out.reason.until == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # 18:00 in Langfang
    assert out.words == "within works-1"


@pytest.mark.parametrize(
    "changed",
    [
        {"daily": (time(12), time(18))},
        {"daily": (time(20), time(6))},
        {"ends_at": NOW},
        {"starts_at": NOW + timedelta(seconds=1)},
    ],
)
def test_filed_is_silent_outside_its_time(changed: dict[str, Any]):
    assert filed(scene(permitted=(window(**changed),))).look is Look.SILENT


@pytest.mark.parametrize("zone", [Zone.PROTECTION, Zone.UNKNOWN])
def test_no_paper_silences_anything_in_the_protection_range(zone: Zone):
    out = filed(scene(zone=zone, permitted=(window(),)))
    assert (out.look, out.reason) == (Look.SILENT, None)
    assert filed(scene(zone=Zone.OUTSIDE, permitted=(window(),))).look is Look.FIRED


@pytest.mark.parametrize(
    ("kind", "look"), [("excavator", Look.FIRED), ("dump_truck", Look.SILENT), (None, Look.SILENT)]
)
def test_filed_takes_only_the_machines_that_were_filed_and_never_one_of_unknown_type(kind: str | None, look: Look):
    named = window(machines=frozenset({"excavator"}))
    assert filed(scene(kind=kind, permitted=(named,))).look is look
    assert filed(scene(kind=kind, permitted=(named, window(key="any")))).look is Look.FIRED


def test_filed_asks_for_the_place_itself_however_unsure_it_is():
    assert filed(scene(BESIDE, permitted=(window(),))).look is Look.SILENT
    assert filed(scene(None, permitted=(window(),))).look is Look.BLIND
    assert filed(scene()).look is Look.BLIND


def test_filed_tells_a_place_that_is_unknown_from_works_that_are():
    nowhere = filed(scene(None))  # the store looks works up by place: without one there are none
    assert (nowhere.look, nowhere.words) == (Look.BLIND, "its place is unknown")
    assert filed(scene()).words == "no permitted works are known"


def test_hours_past_midnight_belong_to_the_evening_before():
    night = window(daily=(time(22), time(6)))
    at = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)  # 04:00 in Langfang
    assert open_until(night, at) == datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    assert open_until(night, datetime(2026, 11, 20, 22, 0, tzinfo=UTC)) is None


def test_hours_are_local_across_a_change_of_the_clock():
    end = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)  # New York puts its clock back on this day
    works = window(
        starts_at=end - timedelta(days=5),
        ends_at=end + timedelta(days=5),
        daily=(time(7), time(19)),
        zone="America/New_York",
    )
    assert open_until(works, end) == datetime(2026, 11, 2, 0, 0, tzinfo=UTC)  # 19:00 EST
    assert open_until(works, datetime(2026, 11, 1, 11, 30, tzinfo=UTC)) is None  # 06:30 EST
    assert open_until(works, datetime(2026, 10, 31, 11, 30, tzinfo=UTC)) is not None  # 07:30 EDT


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  made aware below
    st.times(),
    st.times(),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_permitted_hours_are_what_a_clock_on_the_wall_says(at: datetime, begin: time, end: time, zone: str):
    begin, end = (one.replace(microsecond=0) for one in (begin, end))
    now = at.replace(tzinfo=UTC)
    works = window(starts_at=now - timedelta(days=9), ends_at=now + timedelta(days=9), daily=(begin, end), zone=zone)
    wall = now.astimezone(ZoneInfo(zone)).time()
    wanted = begin <= wall < end if begin < end else wall >= begin or wall < end
    found = open_until(works, now)
    assert (found is not None) == wanted
    if found is not None:
        assert now - timedelta(hours=1) <= found <= now + timedelta(hours=25)  # the hour a clock is put back or on


def test_an_open_site_takes_other_alarms_and_not_its_own():
    mine = OpenPlace("site-1", RING, UUID(int=3))
    other = OpenPlace("site-2", RING, UUID(int=4))
    assert open_site(scene(open_places=(mine,))).look is Look.BLIND
    out = open_site(scene(open_places=(mine, other)))
    assert out.reason is not None
    assert out.words == "at site site-2"
    assert open_site(scene(BESIDE, open_places=(other,))).look is Look.SILENT
    assert open_site(scene(None, open_places=(other,))).look is Look.BLIND


def held(**more: Any) -> Yard:
    told = {
        "alarm_id": UUID(int=8),
        "stream": "cam-a",
        "box": BOX,
        "lon": None,
        "lat": None,
        "radius_m": 12.0,
        "until": NOW + timedelta(days=2),
    }
    return Yard(**(told | more))


def test_a_yard_is_known_by_its_place_in_the_picture_or_on_the_ground():
    assert yard(scene(None, yards=(held(),))).look is Look.FIRED
    assert yard(scene(None, yards=(held(stream="cam-b"),))).look is Look.SILENT
    assert yard(scene(None, yards=(held(box=(0.7, 0.5, 0.1, 0.1)),))).look is Look.SILENT
    near = held(stream="cam-b", lon=INSIDE.lon + 0.0001, lat=INSIDE.lat)  # 8.6 m
    assert yard(scene(yards=(near,))).look is Look.FIRED
    far = held(lon=INSIDE.lon + 0.0002, lat=INSIDE.lat)
    assert yard(scene(yards=(far,))).look is Look.SILENT


def test_a_yard_holds_as_long_as_its_reviewer_said():
    out = yard(scene(None, yards=(held(),)))
    assert out.reason is not None
    assert out.reason.until == NOW + timedelta(days=2)
    assert yard(scene(None, yards=(held(until=NOW),))).look is Look.BLIND
