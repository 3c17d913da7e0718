"""A track: places between points, courses with their errors, gaps and impossible speeds; GPX as strangers write it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import distance_m, near_frame
from pipewarden.sense.facts import Fix
from pipewarden.sense.rules import Track, fix_at, read_gpx
from pipewarden.sense.rules.track import Point

START = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)


def track(*steps: tuple[float, float, float]) -> Track:
    """Points at (seconds, metres east, metres north)."""
    frame = near_frame(116.7, 39.5)
    places = frame.to_lonlat(np.array([(east, north) for _, east, north in steps]))
    return Track(
        tuple(
            Point(START + timedelta(seconds=at), float(lon), float(lat), 10.0)
            for (at, _, _), (lon, lat) in zip(steps, places, strict=True)
        )
    )


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def placed(found: Fix | str) -> Fix:
    assert isinstance(found, Fix), found
    return found


def test_between_two_points_the_place_is_interpolated_by_time() -> None:
    east = track((0, 0, 0), (4, 40, 0), (8, 80, 0))
    fix = placed(fix_at(east, at(3)))
    assert distance_m((fix.lon, fix.lat), (east.points[0].lon, east.points[0].lat)) == pytest.approx(30, abs=0.1)
    assert fix.speed_mps == pytest.approx(10, rel=0.01)
    assert fix.course_deg == pytest.approx(90, abs=0.2)
    assert fix.sigma_deg == pytest.approx(math.degrees(math.sqrt(2) / 40), rel=0.01)
    assert fix.accuracy_m == pytest.approx(math.hypot(10, 2 * 16 / 8))
    assert fix.flags == ()


def test_a_gap_is_not_guessed_across_and_says_how_long_it_is() -> None:
    broken = track((0, 0, 0), (1, 10, 0), (13, 130, 0))
    assert fix_at(broken, at(5)) == "the track has a gap of 12 s here"
    assert placed(fix_at(broken, at(1))).course_deg == pytest.approx(90, abs=0.2)
    before, after = fix_at(broken, at(-1)), fix_at(broken, at(14))
    assert before == after == "the track covers 01:00:00 to 01:00:13 UTC only"


def test_a_turn_makes_the_course_less_sure() -> None:
    straight = track(*((n, 10.0 * n, 0.0) for n in range(7)))
    corner = track((0, 0, 0), (1, 10, 0), (2, 20, 0), (3, 20, 10), (4, 20, 20))
    calm, turning = placed(fix_at(straight, at(3))), placed(fix_at(corner, at(2)))
    assert calm.sigma_deg is not None
    assert turning.sigma_deg is not None
    assert turning.course_deg == pytest.approx(45, abs=1)
    assert turning.sigma_deg > 40 > calm.sigma_deg


def test_what_stands_has_no_course() -> None:
    assert placed(fix_at(track(*((n, 0.3 * (n % 2), 0.0) for n in range(20))), at(9.5))).course_deg is None


def test_faster_than_any_road_allows_is_flagged_and_kept() -> None:
    fix = placed(fix_at(track((0, 0, 0), (1, 55, 0)), at(0.5)))
    assert fix.flags == ("198 km/h, more than any road allows",)
    assert placed(fix_at(track((0, 0, 0), (1, 40, 0)), at(0.5))).flags == ()


@given(turn=st.floats(0, 359.9), speed=st.floats(3, 20), part=st.floats(0, 1), lag=st.floats(0.5, 9.5))
def test_on_a_straight_road_place_and_course_are_right(turn: float, speed: float, part: float, lag: float) -> None:
    way = np.array([math.sin(math.radians(turn)), math.cos(math.radians(turn))])
    road = track(*((n * lag, *(way * speed * lag * n)) for n in range(8)))
    moment = (3 + part) * lag
    fix = placed(fix_at(road, at(moment)))
    place = near_frame(116.7, 39.5).to_metres(np.array([(fix.lon, fix.lat)]))[0]
    assert np.hypot(*(place - way * speed * moment)) < 0.05
    if fix.course_deg is not None:
        assert abs((fix.course_deg - turn + 180) % 360 - 180) < 0.5


GPX = """<?xml version="1.0"?>
<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="box"><trk><name>7</name><trkseg>
<trkpt lat="39.5" lon="116.7"><ele>12</ele><time>2026-07-12T01:00:04Z</time><hdop>1.2</hdop></trkpt>
<trkpt lat="39.5001" lon="116.7"><time>2026-07-12T01:00:00Z</time></trkpt>
<trkpt lat="39.5002" lon="116.7"></trkpt>
</trkseg></trk></gpx>"""


def test_gpx_is_read_in_the_order_of_its_times() -> None:
    read = read_gpx(GPX.encode(), "a.gpx")
    assert [one.at for one in read.points] == [at(0), at(4)]
    assert read.points[0].accuracy_m == 10.0  # it does not say
    assert read.points[1].accuracy_m == pytest.approx(1.2 * 2.4477 * 3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not xml", "is not XML"),
        ("<gpx></gpx>", "no points with a time"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><gpx/>', "document type"),
        ('<gpx><trkpt lat="39" lon="999"><time>2026-07-12T01:00:00Z</time></trkpt></gpx>', "999"),
        ('<gpx><trkpt lat="39"><time>2026-07-12T01:00:00Z</time></trkpt></gpx>', "without lon and lat"),
        ('<gpx><trkpt lat="39" lon="116"><time>noon</time></trkpt></gpx>', "'noon'"),
    ],
)
def test_what_is_no_track_is_refused_by_its_name(content: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        read_gpx(content.encode(), "b.gpx")
    assert refused.value.field == "b.gpx"
