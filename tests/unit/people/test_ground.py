"""What is drawn follows the rule of what is listed: ground, outlines for maps, and names of those who acted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Double, Integer, Uuid, column, select, values

from pipewarden.kit.geo import LocalFrame
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, Area, ForbiddenError, Grant, NewArea, Role, Scope
from pipewarden.people.rules.area import join, sketch
from pipewarden.people.service import ScopedTable, scope_filter

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

READ = "network:read"


def actor_with(city: City, *grants: Grant) -> Actor:
    return Actor(kind=ActorKind.PERSON, id=UUID(int=7), name="x", tenant_id=city.a.id, grants=grants)


def grant(scope: Scope, tenant_id: UUID, area: Area | None = None) -> Grant:
    return Grant(READ, scope, tenant_id, None if area is None else area.path, Role.DISPATCHER)


def shape(wkb: bytes | None) -> shapely.Geometry:
    assert wkb is not None
    return shapely.from_wkb(wkb)


def ground_of(city: City, *grants: Grant) -> shapely.Geometry:
    return shape(service.ground(city.at(city.a.id), actor_with(city, *grants), READ).wkb)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_point_is_on_the_ground_when_the_one_scoped_query_picks_a_row_there(city: City, data: st.DataObject) -> None:
    grants = data.draw(
        st.lists(
            st.builds(
                grant,
                st.sampled_from([Scope.AREA, Scope.AREA, Scope.TENANTS_IN_AREA, Scope.TENANT, Scope.OWN]),
                st.sampled_from([city.a.id, city.a.id, city.b.id]),
                st.sampled_from([None, city.he, city.langfang, city.north, city.south, city.beat]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    actor = actor_with(city, *grants)
    lonlat = np.random.default_rng(data.draw(st.integers(0, 999))).uniform((113, 35), (120, 43), (60, 2))
    rows = [(n, city.a.id, lon, lat) for n, (lon, lat) in enumerate(lonlat.tolist())]
    table = values(
        column("n", Integer), column("tenant_id", Uuid), column("lon", Double), column("lat", Double), name="rows"
    ).data(rows)
    scoped = ScopedTable(tenant_id=table.c.tenant_id, lon=table.c.lon, lat=table.c.lat)
    listed = set(city.work.session.scalars(select(table.c.n).where(scope_filter(actor, READ, scoped))))
    found = service.ground(city.at(city.a.id), actor, READ)
    if found.wkb is None:
        assert listed == set(range(60))
    else:
        assert listed == set(np.flatnonzero(shapely.contains_xy(shape(found.wkb), *lonlat.T)).tolist())


def test_who_sees_the_tenant_has_no_limit(city: City) -> None:
    work = city.at(city.a.id)
    for role in (Role.SAFETY_MANAGER, Role.TENANT_ADMIN, Role.AUDITOR):
        assert service.ground(work, city.actor(role, tenant=city.a), READ).wkb is None
    assert service.ground(work, service.operator(city.a.id), READ).wkb is None


def test_an_area_reaches_its_outline_and_those_below(city: City) -> None:
    found = ground_of(city, grant(Scope.AREA, city.a.id, city.north))
    assert found.equals(shapely.box(116, 39.5, 117, 40))
    assert ground_of(city, grant(Scope.AREA, city.a.id, city.beat)).equals(shapely.box(116.2, 39.6, 116.4, 39.8))


def test_two_memberships_add_up(city: City) -> None:
    both = ground_of(city, grant(Scope.AREA, city.a.id, city.north), grant(Scope.AREA, city.a.id, city.south))
    assert both.equals(shapely.box(116, 39, 117, 40))


def test_another_tenants_grant_and_area_reach_nothing_here(city: City) -> None:
    assert ground_of(city, grant(Scope.AREA, city.b.id, city.north)).is_empty
    assert ground_of(city, grant(Scope.TENANT, city.b.id)).is_empty
    service.add_area(
        city.at(city.b.id),
        city.root,
        NewArea("wide", "乙", city.beat.parent_id, bytes(shapely.to_wkb(shapely.box(110, 30, 120, 45)))),
    )
    assert ground_of(city, grant(Scope.AREA, city.a.id, city.north)).bounds == (116, 39.5, 117, 40)


def test_no_area_is_no_ground_and_no_permission_is_refused(city: City) -> None:
    assert ground_of(city, grant(Scope.AREA, city.a.id)).is_empty
    assert ground_of(city, grant(Scope.OWN, city.a.id)).is_empty
    with pytest.raises(ForbiddenError):
        service.ground(city.at(city.a.id), actor_with(city), READ)


def test_the_key_tells_grounds_apart_and_follows_a_redrawing(city: City) -> None:
    work = city.at(city.a.id)
    north, south = (actor_with(city, grant(Scope.AREA, city.a.id, area)) for area in (city.north, city.south))
    key = service.ground(work, north, READ).key
    assert service.ground(work, north, READ).key == key
    assert service.ground(work, south, READ).key != key
    redrawn = bytes(shapely.to_wkb(shapely.box(116, 39.6, 117, 40)))
    service.redraw_area(city.at(PLATFORM), city.root, city.north.id, redrawn)
    after = service.ground(work, north, READ)
    assert after.key != key
    assert shape(after.wkb).equals(shapely.from_wkb(redrawn))


def test_a_known_ground_takes_two_queries_and_no_outline(city: City, count_statements: list[str]) -> None:
    work, actor = city.at(city.a.id), actor_with(city, grant(Scope.AREA, city.a.id, city.north))
    service.ground(work, actor, READ)
    count_statements.clear()
    service.ground(work, actor, READ)
    assert len(count_statements) == 2
    assert "sha256" in count_statements[1]


def test_the_grounds_held_are_bounded(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["pipewarden.people.service.areas"]  # the package's name of it is the use case
    monkeypatch.setattr(module, "_MOST_GROUNDS", 2)
    monkeypatch.setattr(module, "_GROUNDS", {})
    for area in (city.north, city.south, city.beat, city.langfang):
        ground_of(city, grant(Scope.AREA, city.a.id, area))
        assert len(module._GROUNDS) <= 2


def test_outlines_are_joined_and_none_is_empty() -> None:
    boxes = [bytes(shapely.to_wkb(shapely.box(n, 0, n + 1, 1))) for n in range(3)]
    assert shape(join(boxes)).equals(shapely.box(0, 0, 3, 1))
    assert shape(join([])).is_empty
    assert shape(join([])).geom_type == "Polygon"


def wavy(points: int, radius_m: float = 3000.0, amplitude_m: float = 6.0) -> shapely.Polygon:
    turns = np.linspace(0, 2 * np.pi, points, endpoint=False)
    reach = radius_m + amplitude_m * np.sin(turns * 97)
    return shapely.Polygon(np.column_stack([np.cos(turns) * reach, np.sin(turns) * reach]))


@pytest.mark.parametrize("points", [50, 5000])
def test_a_sketch_is_closed_small_and_within_ten_metres(points: int) -> None:
    frame = LocalFrame(116.7, 39.5)
    metres = wavy(points).difference(shapely.box(-500, -500, 500, 500))
    rings = sketch(bytes(shapely.to_wkb(shapely.transform(metres, frame.to_lonlat))))
    assert len(rings) == 2
    assert all(ring[0] == ring[-1] for ring in rings)
    assert sum(map(len, rings)) < min(points + 10, 600)
    drawn = shapely.transform(shapely.Polygon(rings[0], rings[1:]), frame.to_metres)
    assert drawn.is_valid
    left_out = shapely.points(shapely.get_coordinates(metres))
    assert float(shapely.distance(left_out, drawn.boundary).max()) < 10.0
    assert float(shapely.distance(shapely.points(shapely.get_coordinates(drawn)), metres.boundary).max()) < 0.2


def test_a_small_island_is_kept() -> None:
    frame = LocalFrame(116.7, 39.5)
    two = shapely.MultiPolygon([shapely.box(0, 0, 2000, 2000), shapely.box(5000, 0, 5004, 4)])
    rings = sketch(bytes(shapely.to_wkb(shapely.transform(two, frame.to_lonlat))))
    assert len(rings) == 2
    assert min(map(len, rings)) >= 4


class TestNames:
    """Who acted, in the words the history keeps."""

    def test_persons_and_devices_have_names(self, city: City) -> None:
        person = city.person()
        word = f"person:{person.id}"
        assert service.names(city.work, [word, word]) == {word: person.name}

    def test_a_device_is_called_as_its_key(self, city: City) -> None:
        admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
        made = service.make_key(
            city.at(city.a.id), city.gate, admin, "camera box", permissions=["observation:create"],
            expires_at=city.work.now().replace(year=2027),
        )  # fmt: skip
        word = f"device:{made.key.id}"
        assert service.names(city.work, [word]) == {word: "camera box"}

    def test_nobody_of_ours_is_left_out(self, city: City) -> None:
        asked = [f"operator:{PLATFORM}", f"person:{UUID(int=5)}", f"device:{UUID(int=5)}", "the river"]
        assert service.names(city.work, asked) == {}

    def test_nobody_asked_is_no_query(self, city: City, count_statements: list[str]) -> None:
        assert service.names(city.work, []) == {}
        assert count_statements == []

    def test_many_take_two_queries(self, city: City, count_statements: list[str]) -> None:
        words = [f"person:{city.person().id}" for _ in range(5)] + [f"device:{UUID(int=n)}" for n in range(5)]
        count_statements.clear()
        assert len(service.names(city.work, words)) == 5
        assert len(count_statements) == 2
