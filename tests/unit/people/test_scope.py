"""The SQL filter and the plain rule pick the same rows, for random actors and rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Double, MetaData, Table, Text, Uuid, insert, select

from pipewarden.people import service
from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    ActorKind,
    Area,
    AreaRef,
    ForbiddenError,
    Grant,
    NewArea,
    NotFoundError,
    Role,
    Scope,
    ScopedRow,
)
from pipewarden.people.rules.access import allows
from pipewarden.people.store.scope import ScopedTable, scope_filter

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from tests.unit.people.conftest import City

THINGS = Table(
    "people_test_things",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("owner_id", Uuid),
    Column("area_id", Uuid),
    Column("area_path", Text),
    Column("lon", Double),
    Column("lat", Double),
    prefixes=["TEMPORARY"],
)
PERMISSION = "alarm:read"
ME, YOU = UUID(int=101), UUID(int=102)
# points off every border by far more than PostgreSQL's tolerance of 1e-6 degrees
POINTS = [(115.03, 37.01), (116.31, 39.71), (116.51, 39.91), (116.31, 39.11), (116.91, 39.41), (10.0, 10.0)]

BY_PATH = ScopedTable(tenant_id=THINGS.c.tenant_id, owner_id=THINGS.c.owner_id, area_path=THINGS.c.area_path)
BY_ID = ScopedTable(tenant_id=THINGS.c.tenant_id, owner_id=THINGS.c.owner_id, area_id=THINGS.c.area_id)
BY_POINT = ScopedTable(tenant_id=THINGS.c.tenant_id, owner_id=THINGS.c.owner_id, lon=THINGS.c.lon, lat=THINGS.c.lat)


def actor_with(*grants: Grant, actor_id: UUID = ME) -> Actor:
    return Actor(kind=ActorKind.PERSON, id=actor_id, name="x", tenant_id=PLATFORM, grants=grants)


def grant(scope: Scope, tenant_id: UUID, area: Area | None = None, permission: str = PERMISSION) -> Grant:
    return Grant(permission, scope, tenant_id, None if area is None else area.path, Role.DISPATCHER)


@pytest.fixture
def things(city: City) -> list[dict[str, object]]:
    """Every combination of tenant, owner and place, in the table."""
    session: Session = city.work.session
    THINGS.create(session.connection())
    service.add_area(
        city.at(city.b.id),
        city.root,
        NewArea("b-wide", "乙区", city.north.id, shapely.to_wkb(shapely.box(115, 36.5, 117, 40))),
    )
    areas = [None, *service.areas(city.at(city.a.id))]
    rows = []
    for tenant in (city.a.id, city.b.id, PLATFORM):
        for shift, owner in enumerate((ME, YOU, None)):
            for index, area in enumerate(areas):
                lon, lat = POINTS[(index + shift) % len(POINTS)]
                rows.append(
                    {
                        "id": UUID(int=1000 + len(rows)),
                        "tenant_id": tenant,
                        "owner_id": owner,
                        "area_id": None if area is None else area.id,
                        "area_path": None if area is None else area.path,
                        "lon": None if index == 0 else lon,
                        "lat": None if index == 0 else lat,
                    }
                )
    session.execute(insert(THINGS), rows)
    return rows


def picked(session: Session, actor: Actor, table: ScopedTable) -> set[UUID]:
    return set(session.scalars(select(THINGS.c.id).where(scope_filter(actor, PERMISSION, table))))


def expected(city: City, rows: list[dict[str, object]], actor: Actor, how: str) -> set[UUID]:
    shapes = {}
    everywhere = {area.path: area for tenant in (city.a, city.b) for area in service.areas(city.at(tenant.id))}
    by_id = {area.id: area for area in everywhere.values()}
    for area in everywhere.values():
        shapes[area.path] = shapely.from_wkb(area.wkb)

    def areas_of(row: dict[str, object]) -> tuple[AreaRef, ...]:
        if how == "point":
            if row["lon"] is None:
                return ()
            point = shapely.Point(row["lon"], row["lat"])
            return tuple(AreaRef(everywhere[p].tenant_id, p) for p, shape in shapes.items() if shape.covers(point))
        if row["area_id"] is None:
            return ()
        area = by_id[row["area_id"]]
        # a stamped path is believed as it is; an id is looked up with its owner
        return (AreaRef(PLATFORM if how == "path" else area.tenant_id, area.path),)

    return {
        row["id"]
        for row in rows
        if allows(actor, PERMISSION, ScopedRow(row["tenant_id"], row["owner_id"], areas_of(row)))
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_filter_picks_exactly_what_the_rule_allows(
    city: City, things: list[dict[str, Any]], data: st.DataObject
) -> None:
    places = [None, city.he, city.langfang, city.north, city.south, city.beat]
    grants = data.draw(
        st.lists(
            st.builds(
                grant,
                st.sampled_from([s for s in Scope for _ in range(1 if s is Scope.PLATFORM else 4)]),
                st.sampled_from([city.a.id, city.b.id, PLATFORM]),
                st.sampled_from(places),
                st.sampled_from([PERMISSION, PERMISSION, PERMISSION, "alarm:merge"]),
            ),
            max_size=4,
        )
    )
    actor = actor_with(*grants, actor_id=data.draw(st.sampled_from([ME, YOU])))
    for how, table in (("path", BY_PATH), ("id", BY_ID), ("point", BY_POINT)):
        right = expected(city, things, actor, how)
        if not actor.grants_for(PERMISSION):
            assert right == set()
            with pytest.raises(ForbiddenError):
                scope_filter(actor, PERMISSION, table)
        else:
            assert picked(city.work.session, actor, table) == right, how


def test_the_cases_are_not_hollow(city: City, things: list[dict[str, Any]]) -> None:
    """Each scope picks some rows and leaves some, else the property above proves nothing."""
    session = city.work.session
    sizes = {}
    for scope in Scope:
        tenant = PLATFORM if scope is Scope.TENANTS_IN_AREA else city.a.id
        sizes[scope] = [
            len(picked(session, actor_with(grant(scope, tenant, city.north)), t)) for t in (BY_PATH, BY_ID, BY_POINT)
        ]
    assert sizes[Scope.PLATFORM] == [len(things)] * 3
    for scope in set(Scope) - {Scope.PLATFORM}:
        assert all(0 < size < len(things) for size in sizes[scope]), (scope, sizes[scope])


def test_a_regulator_sees_both_companies_inside_the_area_only(city: City, things: list[dict[str, Any]]) -> None:
    regulator = actor_with(grant(Scope.TENANTS_IN_AREA, PLATFORM, city.north))
    ids = picked(city.work.session, regulator, BY_POINT)
    seen = [row for row in things if row["id"] in ids]
    assert {row["tenant_id"] for row in seen} >= {city.a.id, city.b.id}
    assert all(116 <= row["lon"] <= 117 and 39.5 <= row["lat"] <= 40 for row in seen)


def test_another_tenants_wide_area_opens_nothing(city: City, things: list[dict[str, Any]]) -> None:
    """Tenant b drew an area over half the province below north; a's dispatcher and the regulator gain nothing by it."""
    far = next(row for row in things if row["tenant_id"] == city.a.id and row["lon"] == 115.03)
    for who in (
        actor_with(grant(Scope.AREA, city.a.id, city.north)),
        actor_with(grant(Scope.TENANTS_IN_AREA, PLATFORM, city.north)),
    ):
        assert far["id"] not in picked(city.work.session, who, BY_POINT)
    own = actor_with(grant(Scope.AREA, city.b.id, city.north))
    assert any(
        row["tenant_id"] == city.b.id and row["lon"] == 115.03 and row["id"] in picked(city.work.session, own, BY_POINT)
        for row in things
    )


@pytest.mark.usefixtures("things")
def test_forgotten_columns_open_nothing(city: City) -> None:
    bare = ScopedTable(tenant_id=THINGS.c.tenant_id)
    session = city.work.session
    for scope in (Scope.OWN, Scope.AREA, Scope.TENANTS_IN_AREA):
        assert picked(session, actor_with(grant(scope, city.a.id, city.north)), bare) == set()
    assert picked(session, actor_with(grant(Scope.TENANT, city.a.id)), bare)


@pytest.mark.usefixtures("things")
def test_an_area_scope_without_an_area_opens_nothing(city: City) -> None:
    for scope in (Scope.AREA, Scope.TENANTS_IN_AREA):
        for table in (BY_PATH, BY_ID, BY_POINT):
            assert picked(city.work.session, actor_with(grant(scope, city.a.id, None)), table) == set()


def test_holes_and_islands_of_an_outline_count(city: City) -> None:
    """A ring with a lake in it and an island in the lake: inside, outside, inside."""
    session = city.work.session
    THINGS.create(session.connection())
    lake = shapely.Polygon([(20, 20), (30, 20), (30, 30), (20, 30)], [[(22, 22), (28, 22), (28, 28), (22, 28)]])
    island = shapely.box(24, 24, 26, 26)
    area = service.add_area(
        city.at(PLATFORM),
        city.root,
        NewArea("lake", "湖区", wkb=shapely.to_wkb(shapely.MultiPolygon([lake, island]))),
        shared=True,
    )
    spots = {"land": (21.0, 21.0), "water": (23.0, 23.0), "island": (25.0, 25.0), "outside": (31.0, 25.0)}
    rows = [
        {"id": UUID(int=number), "tenant_id": city.a.id, "lon": lon, "lat": lat}
        for number, (lon, lat) in enumerate(spots.values())
    ]
    session.execute(insert(THINGS), rows)
    ids = picked(session, actor_with(grant(Scope.AREA, city.a.id, area)), BY_POINT)
    assert {name for number, name in enumerate(spots) if UUID(int=number) in ids} == {"land", "island"}
    found = service.areas_at(city.at(city.a.id), [list(spot) for spot in spots.values()])
    assert [one.area is not None for one in found] == [True, False, True, False]


def test_the_filter_sends_no_query_and_stays_one_condition_per_tenant(city: City, count_statements: list[str]) -> None:
    actor = actor_with(
        *[grant(Scope.AREA, city.a.id, area) for area in (city.north, city.south, city.beat, city.langfang)]
    )
    count_statements.clear()
    condition = scope_filter(actor, PERMISSION, BY_PATH)
    assert count_statements == []
    written = str(condition.compile(compile_kwargs={"literal_binds": True}))
    assert written.count("LIKE") == 1, "areas below another of the actor's areas add nothing"
    assert city.langfang.path in written


def test_a_get_of_a_foreign_row_reads_like_an_absent_one(city: City, things: list[dict[str, Any]]) -> None:
    actor = actor_with(grant(Scope.TENANT, city.a.id))
    foreign = next(row["id"] for row in things if row["tenant_id"] == city.b.id)
    errors = []
    for wanted in (foreign, UUID(int=7)):
        found = city.work.session.scalar(
            select(THINGS.c.id).where(THINGS.c.id == wanted, scope_filter(actor, PERMISSION, BY_PATH))
        )
        with pytest.raises(NotFoundError) as caught:
            service.visible(found, "alarm")
        errors.append(caught.value.as_dict())
    assert errors[0] == errors[1]
    assert (NotFoundError.exit_code, ForbiddenError.exit_code) == (5, 6)


def test_the_path_index_serves_the_prefix(city: City) -> None:
    session = city.work.session
    session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = "\n".join(
        row[0]
        for row in session.connection().exec_driver_sql(
            f"EXPLAIN SELECT id FROM people_areas WHERE path LIKE '{city.langfang.path}%%'"  # noqa: S608  hex only
        )
    )
    assert "ix_people_areas_path_prefix" in plan


def test_a_hidden_row_is_in_nobodys_scope(city: City, things: list[dict[str, object]]) -> None:
    session: Session = city.work.session
    hidden = replace(BY_PATH, hidden=THINGS.c.owner_id.is_not_distinct_from(ME))
    for one in (grant(Scope.PLATFORM, PLATFORM), grant(Scope.TENANT, city.a.id), grant(Scope.OWN, city.a.id)):
        actor = actor_with(one)
        mine = {row["id"] for row in things if row["owner_id"] == ME}
        assert picked(session, actor, hidden) == picked(session, actor, BY_PATH) - mine
    assert picked(session, actor_with(grant(Scope.PLATFORM, PLATFORM)), hidden)


def test_an_areas_outline_narrows_to_it_whatever_the_reader_reaches_and_no_outline_to_nothing(
    city: City, things: list[dict[str, Any]]
) -> None:
    session = city.work.session
    everything = actor_with(grant(Scope.PLATFORM, PLATFORM))

    def inside(area: Area, actor: Actor = everything) -> set[UUID]:
        return set(session.scalars(select(THINGS.c.id).where(service.area_filter(actor, PERMISSION, BY_POINT, area))))

    found = inside(city.north)
    assert found == {
        row["id"] for row in things if row["lon"] is not None and 116 <= row["lon"] <= 117 and 39.5 <= row["lat"] <= 40
    }
    assert 0 < len(found) < len(things)
    assert inside(replace(city.north, path="")) == set()
    with pytest.raises(ForbiddenError):
        inside(city.north, actor_with())
