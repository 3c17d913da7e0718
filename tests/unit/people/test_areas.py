"""The area tree: where a point lies, which jurisdiction holds there, and who may change the tree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, ForbiddenError, NewArea, NotFoundError, Role
from pipewarden.people.rules import area as rules

if TYPE_CHECKING:
    from tests.unit.people.conftest import City


def box(west: float, south: float, east: float, north: float) -> bytes:
    return shapely.to_wkb(shapely.box(west, south, east, north))


def test_a_path_is_the_way_from_the_root(city: City) -> None:
    assert city.he.path == f"{city.he.id.hex}/"
    assert city.beat.path == "".join(f"{area.id.hex}/" for area in (city.he, city.langfang, city.north, city.beat))
    assert [area.depth for area in (city.he, city.langfang, city.north, city.beat)] == [1, 2, 3, 4]


def test_the_deepest_area_wins_and_only_ones_own_beats_count(city: City) -> None:
    assert service.area_at(city.at(city.a.id), 116.3, 39.7).key == "beat-1"
    assert service.area_at(city.at(city.b.id), 116.3, 39.7).key == "north"
    assert service.area_at(city.at(city.a.id), 116.3, 39.2).key == "south"
    assert service.area_at(city.at(city.a.id), 114.5, 37.0).key == "he"
    assert service.area_at(city.at(city.a.id), 0.0, 0.0) is None


def test_jurisdiction_comes_from_the_area_or_the_nearest_above(city: City) -> None:
    work = city.at(city.a.id)
    assert service.jurisdiction_at(work, 116.3, 39.7) == "CN-HE-langfang"
    assert service.jurisdiction_at(work, 114.5, 37.0) == "CN-GB55009"
    assert service.jurisdiction_at(work, 0.0, 0.0) is None
    service.add_area(
        city.at(PLATFORM),
        city.root,
        NewArea("zone", "临空", city.south.id, box(116.5, 39.1, 116.6, 39.2), "CN-HE-special"),
        shared=True,
    )
    assert service.jurisdiction_at(work, 116.55, 39.15) == "CN-HE-special"
    assert service.jurisdiction_at(work, 116.65, 39.15) == "CN-HE-langfang"


def test_many_points_take_one_query(city: City, count_statements: list[str]) -> None:
    points = np.array([[116.3, 39.7], [116.3, 39.2], [math.nan, 39.0], [0.0, 0.0], [114.5, 37.0]])
    count_statements.clear()
    found = service.areas_at(city.at(city.a.id), points)
    assert len(count_statements) == 1
    assert [None if one.area is None else one.area.key for one in found] == ["beat-1", "south", None, None, "he"]
    assert service.areas_at(city.at(city.a.id), np.empty((0, 2))) == []
    assert [one.area for one in service.areas_at(city.at(city.a.id), [[math.nan, math.nan]])] == [None]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(113, 120), st.floats(35, 43)), min_size=1, max_size=12))
def test_many_points_agree_with_a_plain_search(city: City, points: list[tuple[float, float]]) -> None:
    known = service.areas(city.at(city.a.id))
    for point, found in zip(points, service.areas_at(city.at(city.a.id), points), strict=True):
        inside = [one for one in known if shapely.from_wkb(one.wkb).covers(shapely.Point(*point))]
        assert (found.area is None) == (not inside)
        if found.area is not None:
            assert found.area in inside
            assert found.area.depth == max(one.depth for one in inside)


def test_sisters_that_overlap_answer_the_same_in_any_order(city: City) -> None:
    areas = service.areas(city.at(city.a.id))
    both = [area for area in areas if area.key in {"north", "south"}]
    border = np.array([[116.5, 39.5]])
    answers = {rules.deepest_of_each(order, border)[0].area.id for order in (both, both[::-1])}
    assert len(answers) == 1


def test_the_tree_lists_shared_and_own_areas_parents_first(city: City) -> None:
    assert [area.key for area in service.areas(city.at(city.a.id))] == ["he", "langfang", "north", "south", "beat-1"]
    assert [area.key for area in service.areas(city.at(city.b.id))] == ["he", "langfang", "north", "south"]
    assert service.area(city.at(city.a.id), city.beat.id) == city.beat
    with pytest.raises(NotFoundError):
        service.area(city.at(city.b.id), city.beat.id)


def test_two_tenants_may_use_one_key_below_one_shared_area(city: City) -> None:
    other = service.add_area(city.at(city.b.id), city.root, NewArea("beat-1", "乙一段", city.north.id))
    assert other.key == city.beat.key
    with pytest.raises(InputError, match="taken"):
        service.add_area(city.at(city.a.id), city.root, NewArea("beat-1", "再来", city.north.id))


@pytest.mark.parametrize("key", ["", "a b", "a/b", "区", "x" * 41, "a%"])
def test_a_bad_key_is_refused(city: City, key: str) -> None:
    with pytest.raises(InputError) as caught:
        service.add_area(city.at(city.a.id), city.root, NewArea(key, "名", city.north.id))
    assert caught.value.field == "key"


@pytest.mark.parametrize(
    ("wkb", "why"),
    [
        (b"nonsense", "not WKB"),
        (shapely.to_wkb(shapely.Point(1, 1)), "not a polygon"),
        (shapely.to_wkb(shapely.Polygon()), "not a polygon"),
        (shapely.to_wkb(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])), "not valid"),
        (box(500000, 4000000, 500100, 4000100), "degrees"),
        (shapely.to_wkb(shapely.Point(0, 0).buffer(1, quad_segs=30_000)), "points"),
    ],
)
def test_a_bad_outline_is_refused(city: City, wkb: bytes, why: str) -> None:
    with pytest.raises(InputError) as caught:
        service.add_area(city.at(city.a.id), city.root, NewArea("k", "名", city.north.id, wkb))
    assert caught.value.field == "polygon"
    assert why in caught.value.problem


def test_an_outline_with_heights_loses_them() -> None:
    tall = shapely.Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 5)])
    wkb, bbox, rings = rules.read_polygon(shapely.to_wkb(tall))
    assert not shapely.from_wkb(wkb).has_z
    assert bbox == (0.0, 0.0, 1.0, 1.0)
    assert [len(ring) for ring in rings] == [3]


def test_a_group_without_an_outline_holds_no_point_but_carries_paths(city: City) -> None:
    group = service.add_area(city.at(city.a.id), city.root, NewArea("east-team", "东组", city.langfang.id))
    assert group.bbox is None
    below = service.add_area(
        city.at(city.a.id), city.root, NewArea("b2", "二段", group.id, box(116.8, 39.1, 116.9, 39.2))
    )
    assert service.area_at(city.at(city.a.id), 116.85, 39.15) == below
    assert service.jurisdiction_at(city.at(city.a.id), 116.85, 39.15) == "CN-HE-langfang"


def test_a_shared_area_never_hangs_below_a_tenants_own(city: City) -> None:
    with pytest.raises(InputError, match="belongs to a tenant"):
        service.add_area(city.at(city.a.id), city.root, NewArea("x", "名", city.beat.id), shared=True)
    with pytest.raises(NotFoundError):
        service.add_area(city.at(city.b.id), city.root, NewArea("x", "名", city.beat.id))


def test_the_tree_has_a_bottom(city: City) -> None:
    work, parent = city.at(city.a.id), city.beat
    for level in range(parent.depth, 12):
        parent = service.add_area(work, city.root, NewArea(f"level-{level}", "层", parent.id))
    with pytest.raises(RefusedError, match="12 levels"):
        service.add_area(work, city.root, NewArea("deeper", "层", parent.id))


def test_moving_takes_everything_below_along(city: City) -> None:
    work = city.at(city.a.id)
    leaf = service.add_area(work, city.root, NewArea("leaf", "叶", city.beat.id))
    assert service.move_area(work, city.root, city.beat.id, city.south.id) == 2
    assert service.area(work, city.beat.id).path == f"{city.south.path}{city.beat.id.hex}/"
    assert service.area(work, leaf.id).path == f"{city.south.path}{city.beat.id.hex}/{leaf.id.hex}/"
    assert service.area(work, city.beat.id).parent_id == city.south.id
    assert service.move_area(work, city.root, city.beat.id, None) == 2
    assert service.area(work, leaf.id).path == f"{city.beat.id.hex}/{leaf.id.hex}/"


def test_an_area_never_hangs_below_itself(city: City) -> None:
    work = city.at(city.a.id)
    leaf = service.add_area(work, city.root, NewArea("leaf", "叶", city.beat.id))
    for parent in (city.beat.id, leaf.id):
        with pytest.raises(RefusedError, match="below the area itself"):
            service.move_area(work, city.root, city.beat.id, parent)


def test_moving_onto_a_sister_with_the_same_key_is_refused(city: City) -> None:
    work = city.at(city.a.id)
    service.add_area(work, city.root, NewArea("beat-1", "南一段", city.south.id))
    with pytest.raises(InputError, match="taken"):
        service.move_area(work, city.root, city.beat.id, city.south.id)


def test_redrawing_moves_the_border_in_both_places(city: City) -> None:
    work = city.at(city.a.id)
    drawn = service.redraw_area(work, city.root, city.beat.id, box(116.6, 39.6, 116.7, 39.7))
    assert drawn.bbox == (116.6, 39.6, 116.7, 39.7)
    assert service.area_at(work, 116.65, 39.65).id == city.beat.id
    assert service.area_at(work, 116.3, 39.7).key == "north"
    assert service.area(work, city.beat.id).bbox == drawn.bbox


def test_only_those_in_reach_change_the_tree(city: City) -> None:
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    work = city.at(city.a.id)
    assert service.add_area(work, admin, NewArea("mine", "本段", city.north.id)).tenant_id == city.a.id
    with pytest.raises(NotFoundError):
        service.add_area(work, admin, NewArea("shared", "共", city.langfang.id), shared=True)
    with pytest.raises(NotFoundError):
        service.move_area(work, admin, city.north.id, None)
    with pytest.raises(NotFoundError):
        service.redraw_area(work, admin, city.north.id, box(0, 0, 1, 1))
    with pytest.raises(NotFoundError):
        service.move_area(city.at(city.b.id), admin, UUID(int=5), None)
    with pytest.raises(ForbiddenError):
        service.add_area(work, city.actor(Role.DISPATCHER, tenant=city.a, area=city.north), NewArea("x", "名"))


def test_ancestors_go_up_to_the_root(city: City) -> None:
    assert rules.ancestors(city.north.path) == [city.north.path, city.langfang.path, city.he.path]
    assert rules.inherited({}, city.north.path) is None


def test_names_are_bounded(city: City) -> None:
    for name in ("", "   ", "x" * 101, "a\nb"):
        with pytest.raises(InputError) as caught:
            service.add_area(city.at(city.a.id), city.root, NewArea("k", name, city.north.id))
        assert caught.value.field == "name"
