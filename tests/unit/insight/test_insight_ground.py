"""A reader narrowed to an area reaches what both reach, whatever they hold; streets are what all tenants share."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pipewarden.insight.rules import ground
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, Area, AreaRef, Grant, Role, Scope, ScopedRow
from pipewarden.people.rules.access import allows

ME, OURS, THEIRS = UUID(int=9), UUID(int=1), UUID(int=2)
READ = "insight:read"
PATHS = ("a/", "a/b/", "a/b/c/", "a/d/", "e/")


def area(path: str, tenant: UUID = PLATFORM) -> Area:
    return Area(
        UUID(int=7), tenant, None, path, "k", f"street {path}", None, None, None, datetime(2026, 1, 1, tzinfo=UTC)
    )


grants = st.builds(
    Grant,
    permission=st.just(READ),
    scope=st.sampled_from([one for one in Scope if one is not Scope.OWN]),
    tenant_id=st.sampled_from([OURS, THEIRS]),
    area_path=st.sampled_from(PATHS),
    role=st.just(Role.DISPATCHER),
)


@given(st.lists(grants, max_size=3), st.sampled_from(PATHS), st.sampled_from(PATHS), st.sampled_from([OURS, THEIRS]))
def test_narrowing_is_the_intersection(held: list[Grant], wanted: str, lies: str, owner: UUID) -> None:
    actor = Actor(kind=ActorKind.PERSON, id=ME, name="x", tenant_id=OURS, grants=tuple(held))
    parts = lies.split("/")[:-1]
    inside = tuple(AreaRef(PLATFORM, "/".join(parts[: n + 1]) + "/") for n in range(len(parts)))
    row = ScopedRow(owner, areas=inside)
    narrow = ground.narrowed(actor, READ, area(wanted))
    assert allows(narrow, READ, row) == (allows(actor, READ, row) and lies.startswith(wanted))
    assert not allows(narrow, READ, ScopedRow(owner)), "what has no place lies in no area"


def test_narrowing_touches_no_other_permission_and_no_foreign_beat() -> None:
    other = Grant("site:read", Scope.TENANT, OURS, None, Role.AUDITOR)
    mine = Grant(READ, Scope.TENANT, OURS, None, Role.AUDITOR)
    own = Grant(READ, Scope.OWN, OURS, None, Role.CONTRACTOR)
    actor = Actor(kind=ActorKind.PERSON, id=ME, name="x", tenant_id=OURS, grants=(other, mine, own))
    assert ground.narrowed(actor, READ, area("a/")).grants_for("site:read") == (other,)
    assert ground.narrowed(actor, READ, area("a/", THEIRS)).grants_for(READ) == ()
    assert [one.scope for one in ground.narrowed(actor, READ, area("a/", OURS)).grants_for(READ)] == [Scope.AREA]


def test_a_street_is_the_deepest_that_is_shared() -> None:
    city, street, beat = area("a/"), area("a/b/"), area("a/b/c/", OURS)
    lone = area("e/", OURS)
    by_path = {one.path: one for one in (city, street, beat, lone)}
    assert ground.street_of(beat, by_path) == street
    assert ground.street_of(city, by_path) == city
    assert ground.street_of(lone, by_path) == lone
    assert ground.street_of(None, by_path) is None


def test_cells_say_how_large_they_are() -> None:
    for resolution in range(ground.COARSEST, ground.FINEST + 1):
        cell = ground.cell_of(116.7, 39.5, resolution)
        assert (ground.is_cell(cell), ground.resolution_of(cell)) == (True, resolution)
    for resolution in (ground.COARSEST - 1, ground.FINEST + 1):
        assert not ground.is_cell(ground.cell_of(116.7, 39.5, resolution))
    assert not ground.is_cell("street")
