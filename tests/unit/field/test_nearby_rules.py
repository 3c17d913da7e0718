"""The order of what stands near: distance, age and kind, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from pipewarden.field.facts.reports import Nearby
from pipewarden.field.rules.nearby import box, metres, rank
from pipewarden.field.store.report_policy import shipped_reports

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
POLICY = shipped_reports().near
HERE = (116.7, 39.5)
ONE = Nearby(UUID(int=1), "digging", NOW, NOW, *HERE, 1, "received")
EAST_M = 1 / 85_900  # degrees of longitude a metre there


def at(metres_: float, number: int = 2, **more: object) -> Nearby:
    return replace(ONE, id=UUID(int=number), lon=HERE[0] + metres_ * EAST_M, **more)  # type: ignore[arg-type]


@given(
    st.tuples(st.floats(-179, 179), st.floats(-85, 85)),
    st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02)),
)
def test_metres_are_those_of_the_ellipsoid_to_half_a_percent(a: tuple[float, float], step: tuple[float, float]) -> None:
    b = (a[0] + step[0], a[1] + step[1])
    _, _, true = Geod(ellps="WGS84").inv(*a, *b)
    assert abs(metres(a, b) - true) <= 0.006 * true + 0.01


@given(st.tuples(st.floats(-179, 179), st.floats(-85, 85)), st.floats(0, 359), st.floats(0, 3000))
def test_the_box_holds_everything_within_reach(place: tuple[float, float], azimuth: float, reach: float) -> None:
    lon, lat, _ = Geod(ellps="WGS84").fwd(*place, azimuth, reach)
    west, south, east, north = box(place, reach)
    assert south - 1e-9 <= lat <= north + 1e-9
    assert west - 1e-9 <= lon <= east + 1e-9 or abs(lon - place[0]) > 180


def test_the_nearer_the_younger_and_the_same_kind_come_first() -> None:
    near, far = at(10, 2), at(60, 3)
    assert [one.item for one in rank([far, near], HERE, "digging", NOW, POLICY)] == [near, far]
    old, young = at(10, 4, seen=NOW - timedelta(days=28)), at(10, 5)
    assert [one.item for one in rank([old, young], HERE, "digging", NOW, POLICY)] == [young, old]
    same, other = at(10, 6), at(10, 7, kind="hoarding")
    assert [one.item for one in rank([other, same], HERE, "digging", NOW, POLICY)] == [same, other]
    assert all(one.same_kind for one in rank([other, same], HERE, "", NOW, POLICY)), "nothing said yet"


def test_weights_are_halved_as_the_policy_says() -> None:
    (half,) = rank([at(POLICY.half_m)], HERE, "digging", NOW, POLICY)
    assert abs(half.weight - 0.5) < 0.01
    (aged,) = rank([at(0, seen=NOW - timedelta(days=POLICY.half_days))], HERE, "digging", NOW, POLICY)
    assert abs(aged.weight - 0.5) < 1e-9
    (other,) = rank([at(0, kind="piling")], HERE, "digging", NOW, POLICY)
    assert other.weight == POLICY.other_kind


def test_what_is_out_of_reach_is_left_out_unless_the_place_itself_is_unsure() -> None:
    far = at(POLICY.reach_m + 50)
    assert rank([far], HERE, "digging", NOW, POLICY) == []
    (found,) = rank([far], HERE, "digging", NOW, POLICY, accuracy_m=100)
    assert abs(found.weight - 0.5 ** ((found.distance_m - 100) / POLICY.half_m)) < 1e-9


@given(st.lists(st.floats(0, 150), max_size=12))
def test_five_at_most_in_the_order_of_their_weights(steps: list[float]) -> None:
    items = [at(step, number) for number, step in enumerate(steps)]
    found = rank(items, HERE, "digging", NOW, POLICY)
    assert len(found) == min(len(items), POLICY.most)
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    left = {one.id for one in items} - {one.item.id for one in found}
    if left:
        rest = rank([one for one in items if one.id in left], HERE, "digging", NOW, POLICY)
        assert min(one.distance_m for one in rest) >= max(one.distance_m for one in found) - 1e-6
