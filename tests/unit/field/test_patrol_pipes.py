"""Leg × pipe against shapely's own buffers and intersections, and the passes of one track by a pipe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from patrol_tracks import TOWN

from pipewarden.field.rules import patrol_pipes as pipes
from pipewarden.field.rules.patrol_seen import NOTHING, SeenPipes, pack, seen_by, unpack
from pipewarden.field.rules.patrol_track import Legs
from pipewarden.field.store.patrol_policy import patrol_policy
from pipewarden.network.facts import Datum, Kind, Pipe, PressureClass

if TYPE_CHECKING:
    from collections.abc import Sequence

POLICY = patrol_policy()
AT = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
_number = st.integers(-4000, 4000).map(lambda one: one / 20)
_place = st.tuples(_number, _number)


def pipe(name: str, *lines: Sequence[tuple[float, float]], cls: str = "medium", kind: Kind = Kind.PIPE) -> Pipe:
    shapes = [shapely.LineString(TOWN.to_lonlat(np.array(line, dtype=float))) for line in lines]
    shape = shapes[0] if len(shapes) == 1 else shapely.MultiLineString(shapes)
    return Pipe(
        1,
        name,
        kind,
        Datum.CENTRE_LINE,
        PressureClass(cls),
        None,
        200,
        None,
        None,
        None,
        None,
        shapely.to_wkb(shape),
        {},
    )


def laid(*held: Pipe) -> pipes.Mains:
    found = pipes.lay_out(held)
    assert found is not None
    return found


def walk(*places: tuple[float, float], pace: float = 1.4, began: float = AT) -> Legs:
    """Return legs along places in metres of the town."""
    xy = np.array(places, dtype=float)
    took = np.hypot(*np.diff(xy, axis=0).T) / pace
    t = began + np.concatenate([[0.0], np.cumsum(took)])
    return Legs(xy[:-1], xy[1:], t[:-1], t[1:], np.zeros(len(took), dtype=bool))


def seen(mains: pipes.Mains | None, legs: Legs) -> SeenPipes:
    return seen_by(mains, TOWN, legs, POLICY)


@given(_place, _place, _place, _place, st.integers(1, 60).map(float))
def test_what_lies_within_reach_of_a_leg_is_what_shapely_says(
    a: tuple[float, float], b: tuple[float, float], p: tuple[float, float], q: tuple[float, float], reach: float
) -> None:
    line, way = np.array([a, b]), np.array([p, q])
    low, high = pipes._within(line[:1], line[1:], way[:1], way[1:], np.array([reach]))
    capsule = shapely.buffer(shapely.LineString(way), reach, quad_segs=256)
    exact = shapely.length(shapely.intersection(shapely.LineString(line), capsule))
    assert max(0.0, float(high[0] - low[0])) == pytest.approx(exact, abs=max(0.08, 0.02 * reach))


@given(_place, _place, _place, st.integers(1, 60).map(float))
def test_ends_of_the_stretch_lie_on_the_rim(
    a: tuple[float, float], p: tuple[float, float], q: tuple[float, float], reach: float
) -> None:
    line, way = np.array([a, (a[0] + 150.0, a[1] + 90.0)]), np.array([p, q])
    low, high = pipes._within(line[:1], line[1:], way[:1], way[1:], np.array([reach]))
    if high[0] < low[0]:
        assert shapely.distance(shapely.LineString(line), shapely.LineString(way)) >= reach - 1e-6
        return
    size = float(np.hypot(150, 90))
    for at in (float(low[0]), float(high[0])):
        place = line[0] + at / size * (line[1] - line[0])
        away = shapely.distance(shapely.Point(place), shapely.LineString(way))
        assert away == pytest.approx(reach, abs=1e-5) or at == pytest.approx(0) or at == pytest.approx(size)
        assert away <= reach + 1e-5


def test_a_walk_along_a_pipe_sees_its_metres_once() -> None:
    mains = laid(pipe("p", [(0, 0), (300, 0)]))
    found = seen(mains, walk((50, 10), (150, 10), (250, 10), (150, 10), (50, 10)))
    (one,) = found.stretches
    # 15 m around the ends at 10 m aside: 11.2 m more on both
    assert (one.from_m, one.to_m) == (pytest.approx(38.8, abs=0.1), pytest.approx(261.2, abs=0.1))
    assert one.pipe_id == "p"
    assert one.at == datetime.fromtimestamp(AT, UTC)


def test_what_is_too_far_or_too_fast_sees_nothing() -> None:
    mains = laid(pipe("p", [(0, 0), (300, 0)]))
    assert seen(mains, walk((0, 15.5), (300, 15.5))).metres == 0
    assert seen(mains, walk((0, 1), (300, 1), pace=20)).metres == 0
    assert seen(mains, walk((0, 9), (300, 9), pace=14)).metres == pytest.approx(300, abs=0.1)
    assert seen(mains, walk((0, 11), (300, 11), pace=14)).metres == 0
    assert seen(mains, walk((0, 11), (300, 11), pace=7)).metres == pytest.approx(300, abs=0.1)


def test_crossing_is_leg_by_pipe_and_not_point_by_pipe() -> None:
    mains = laid(pipe("p", [(0, 0), (300, 0)]))
    found = seen(mains, walk((100, -90), (100, 90)))  # both points lie far outside
    assert [(one.pipe_id, one.crossed) for one in found.passes] == [("p", True)]
    assert found.metres == pytest.approx(30, abs=0.1)


def test_one_pass_is_one_pass_however_it_wavers() -> None:
    """Three notices for one pass were the complaint (traccar/traccar#5089)."""
    mains = laid(pipe("p", [(0, 0), (600, 0)]))
    wavering = [(float(x), 12.0 if x % 40 else 20.0) for x in range(0, 600, 20)]
    found = seen(mains, walk(*wavering))
    assert len(found.passes) == 1
    assert not found.passes[0].crossed
    away = [(600.0, 200.0), (300.0, 200.0), (0.0, 200.0), (0.0, 100.0), (0.0, 60.0), (0.0, 5.0), (300.0, 5.0)]
    assert len(seen(mains, walk(*wavering, *away)).passes) == 2


def test_a_near_miss_is_no_pass() -> None:
    assert seen(laid(pipe("p", [(0, 0), (300, 0)])), walk((0, 20), (300, 20))).passes == ()


def test_stations_and_valves_have_no_metres_and_doubles_count_once() -> None:
    line = [(0.0, 0.0), (100.0, 0.0)]
    mains = laid(pipe("p", line), pipe("p", line), pipe("v", line, kind=Kind.VALVE), pipe("s", line, kind=Kind.STATION))
    assert mains.pipes == ("p",)
    assert mains.metres == pytest.approx(100, abs=0.01)
    assert pipes.lay_out([pipe("v", line, kind=Kind.VALVE)]) is None
    assert pipes.lay_out([]) is None
    assert seen(None, walk((0, 0), (10, 0))) == NOTHING


def test_metres_run_through_the_parts_of_one_line() -> None:
    mains = laid(pipe("two", [(0, 0), (100, 0)], [(200, 0), (250, 0)]), pipe("next", [(0, 50), (30, 50)]))
    assert np.diff(mains.start) == pytest.approx([150, 30], abs=0.01)
    found = seen(mains, walk((200, 0), (250, 0)))
    assert [(one.from_m, one.to_m) for one in found.stretches] == [
        (pytest.approx(100, abs=0.1), pytest.approx(150, abs=0.1))
    ]


def test_a_line_keeps_its_name_while_its_course_stays() -> None:
    old, new = pipe("p", [(0, 0), (100, 0)]), pipe("p", [(0, 0), (100, 1)])
    assert pipes.key_of(old) == pipes.key_of(pipe("p", [(0, 0), (100, 0)], cls="high"))
    assert pipes.key_of(old) != pipes.key_of(new)
    assert pipes.key_of(old) != pipes.key_of(pipe("q", [(0, 0), (100, 0)]))


def test_what_was_seen_outlives_a_new_map_where_the_line_stayed() -> None:
    stays, moves = pipe("stays", [(0, 0), (100, 0)]), pipe("moves", [(0, 5), (100, 5)])
    found = seen(laid(stays, moves), walk((0, 0), (100, 0)))
    assert {one.pipe_id for one in found.stretches} == {"stays", "moves"}
    newer = laid(pipe("moves", [(0, 6), (100, 6)]), pipe("new", [(0, 9), (100, 9)]), stays)
    rows = unpack(newer, [pack(found.stretches)])
    assert [newer.pipes[place] for place in rows.line.tolist()] == ["stays"]
    assert rows.at.tolist() == [AT]


def test_a_stretch_is_drawn_on_its_line() -> None:
    mains = laid(pipe("other", [(0, 90), (70, 90)]), pipe("bent", [(0, 0), (100, 0), (100, 50)]))
    begin = float(mains.start[1])
    line = np.array(pipes.stretch_line(mains, begin + 80, begin + 120))
    assert TOWN.to_metres(line) == pytest.approx(np.array([[80, 0], [100, 0], [100, 20]]), abs=0.01)
    whole = np.array(pipes.stretch_line(mains, begin, begin + 150))
    assert TOWN.to_metres(whole) == pytest.approx(np.array([[0, 0], [100, 0], [100, 50]]), abs=0.01)


def test_ground_cuts_the_axis_where_it_cuts_the_pipes() -> None:
    mains = laid(
        pipe("in", [(10, 10), (90, 10)]), pipe("half", [(50, 50), (250, 50)]), pipe("out", [(0, 900), (9, 900)])
    )
    ground = shapely.Polygon(TOWN.to_lonlat(np.array([(0, 0), (100, 0), (100, 100), (0, 100)], dtype=float)))
    low, high = pipes.inside(mains, ground)
    assert (high - low) == pytest.approx([80, 50], abs=0.01)
    assert low == pytest.approx([0, 80], abs=0.01)


def test_union_joins_on_one_line_only_and_keeps_the_earliest_time() -> None:
    low, high, t, line = pipes.union(
        np.array([5.0, 0.0, 10.0, 30.0]),
        np.array([8.0, 6.0, 20.0, 40.0]),
        np.array([3.0, 9.0, 1.0, 2.0]),
        np.array([0, 0, 1, 1]),
    )
    assert low.tolist() == [0.0, 10.0, 30.0]
    assert high.tolist() == [8.0, 20.0, 40.0]
    assert t.tolist() == [3.0, 1.0, 2.0]
    assert line.tolist() == [0, 1, 1]
