"""Random trees, rosters and careers against a plain model, on the database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pipewarden.kit.errors import RefusedError
from pipewarden.people import service
from pipewarden.people.facts import NewArea, NewMembership, Role
from pipewarden.people.store.areas import AreaRow

if TYPE_CHECKING:
    from uuid import UUID

    from tests.unit.people.conftest import City

LOOSE = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


def paths_by_parents(parents: dict[UUID, UUID | None]) -> dict[UUID, str]:
    """The paths a tree must have, found by walking up from every node."""
    paths = {}
    for node in parents:
        way, at = [], node
        while at is not None:
            way.append(at.hex)
            at = parents[at]
        paths[node] = "".join(f"{one}/" for one in reversed(way))
    return paths


@LOOSE
@given(
    shape=st.lists(st.integers(0, 30), min_size=2, max_size=10),
    moves=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8),
)
def test_paths_follow_the_parents_through_any_moves(city: City, shape: list[int], moves: list[tuple[int, int]]) -> None:
    work, root = city.at(city.a.id), city.root
    with work.session.begin_nested() as point:
        parents: dict[UUID, UUID | None] = {}
        for number, pick in enumerate(shape):
            known = [None, *parents]
            parent = known[pick % len(known)]
            made = service.add_area(work, root, NewArea(f"k{number}", "n", parent))
            parents[made.id] = parent
        for who, where in moves:
            nodes = list(parents)
            node, target = nodes[who % len(nodes)], [None, *nodes][where % (len(nodes) + 1)]
            below = target
            while below is not None and below != node:
                below = parents[below]
            try:
                moved = service.move_area(work, root, node, target)
            except RefusedError:
                assert below == node, "only a move below itself is refused"
                continue
            assert below != node
            if parents[node] == target:
                assert moved == 0
                continue
            parents[node] = target
            assert moved == sum(path.find(node.hex) >= 0 for path in paths_by_parents(parents).values())
        rows = work.session.execute(select(AreaRow.id, AreaRow.path).where(AreaRow.id.in_(list(parents))))
        stored = {row.id: row.path for row in rows}
        assert stored == paths_by_parents(parents)
        point.rollback()


@LOOSE
@given(
    asked=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 2), st.integers(0, 20), st.integers(1, 8)),
        max_size=10,
    )
)
def test_a_roster_never_has_two_in_one_place(city: City, asked: list[tuple[int, int, int, int, int]]) -> None:
    work, root = city.at(city.a.id), city.root
    with work.session.begin_nested() as point:
        people = [city.person(), city.person()]
        for person in people:
            city.member(person, Role.DISPATCHER, tenant=city.a, area=city.langfang)
        areas, start = [city.north, city.south], work.now()
        taken: dict[tuple[int, int, int], UUID] = {}
        for who, where, rank, begin, length in asked:
            hours = [(where, rank, hour) for hour in range(begin, begin + length)]
            free = not any(hour in taken for hour in hours)
            try:
                service.put_on_duty(
                    work,
                    root,
                    people[who].id,
                    Role.DISPATCHER,
                    areas[where].id,
                    begins_at=start + timedelta(hours=begin),
                    ends_at=start + timedelta(hours=begin + length),
                    rank=rank,
                )
            except RefusedError:
                assert not free
                continue
            assert free
            taken.update(dict.fromkeys(hours, people[who].id))
        for where, area in enumerate(areas):
            for hour in range(29):
                moment = start + timedelta(hours=hour, minutes=30)
                found = service.on_duty(work, Role.DISPATCHER, area.path, moment)
                model = [taken[where, rank, hour] for rank in (1, 2) if (where, rank, hour) in taken]
                assert [duty.person_id for duty in found] == model
        point.rollback()


@LOOSE
@given(
    careers=st.lists(
        st.tuples(
            st.sampled_from([Role.DISPATCHER, Role.PATROLLER, Role.LOCATOR]),
            st.booleans(),
            st.integers(-5, 5),
            st.one_of(st.none(), st.integers(1, 6)),
        ),
        max_size=6,
    )
)
def test_an_actor_holds_the_roles_of_the_moment_and_of_the_tenant(
    city: City, careers: list[tuple[Role, bool, int, int | None]]
) -> None:
    with city.work.session.begin_nested() as point:
        person, now = city.person(), city.work.now()
        for role, at_a, begin, length in careers:
            tenant = city.a if at_a else city.b
            begins = now + timedelta(days=begin)
            service.grant(
                city.at(tenant.id),
                city.root,
                NewMembership(
                    person.id,
                    tenant.id,
                    role,
                    begins,
                    ends_at=None if length is None else begins + timedelta(days=length),
                    area_id=city.north.id,
                ),
            )
        for tenant in (city.a, city.b):
            actor = service.actor_of(city.at(tenant.id), person.id)
            assert actor is not None
            model = sorted(
                role
                for role, at_a, begin, length in careers
                if at_a == (tenant is city.a) and begin <= 0 and (length is None or begin + length > 0)
            )
            assert sorted(membership.role for membership in actor.memberships) == model
            book = service.shipped_roles().roles
            assert actor.permissions() == {name for role in model for name in book[role]}
        point.rollback()
