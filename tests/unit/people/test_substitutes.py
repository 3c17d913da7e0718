"""The rosters as they are really served, and everybody who can be called: by the pure rules, drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pipewarden.people.facts import Duty, Role, Substitution
from pipewarden.people.rules.duty import callable_for, followed, nearest

T0 = datetime(2026, 11, 20, tzinfo=UTC)
PATHS = ("a/", "a/b/", "a/b/c/", "a/d/")
TENANT = UUID(int=1)


def duty(number: int, path: str, person: int, rank: int = 1) -> Duty:
    return Duty(
        id=UUID(int=1000 + number),
        tenant_id=TENANT,
        area_id=UUID(int=5),
        area_path=path,
        role=Role.PATROLLER,
        rank=rank,
        person_id=UUID(int=person),
        begins_at=T0,
        ends_at=T0 + timedelta(hours=8),
    )


def swap(number: int, person: int | None) -> Substitution:
    to = None if person is None else UUID(int=person)
    return Substitution(UUID(int=7), TENANT, UUID(int=1000 + number), to, T0, T0 + timedelta(hours=1), "ill")


_DUTIES = st.lists(st.tuples(st.sampled_from(PATHS), st.integers(1, 9), st.integers(1, 3)), max_size=8).map(
    lambda drawn: [duty(number, *one) for number, one in enumerate(drawn)]
)
_SWAPS = st.dictionaries(st.integers(0, 7), st.one_of(st.none(), st.integers(20, 29)), max_size=4)


@given(_DUTIES, _SWAPS)
def test_a_substitute_serves_in_the_same_place_and_a_holiday_leaves_it_empty(
    duties: list[Duty], swaps: dict[int, int | None]
) -> None:
    told = {UUID(int=1000 + number): swap(number, person) for number, person in swaps.items()}
    served = {one.id: one for one in followed(duties, told)}
    for one in duties:
        if one.id not in told:
            assert served[one.id] == one
        elif told[one.id].person_id is None:
            assert one.id not in served
        else:
            taken = served[one.id]
            assert (taken.person_id, taken.stands_in_for) == (told[one.id].person_id, one.person_id)
            assert replace(taken, person_id=one.person_id, stands_in_for=None) == one


@given(_DUTIES, st.sampled_from(PATHS))
def test_the_first_who_can_be_called_is_the_first_of_the_nearest_roster(duties: list[Duty], path: str) -> None:
    first = nearest(duties, path)
    found = callable_for(duties, path)
    assert [one.person_id for one in found][: len(first)] == [one.person_id for one in first]
    assert {one.distance for one in found[: len(first)]} <= {0}
    assert [one.distance for one in found] == sorted(one.distance for one in found)


@given(_DUTIES, st.sampled_from(PATHS))
def test_only_rosters_up_the_tree_can_be_called(duties: list[Duty], path: str) -> None:
    up = [one for one in duties if path.startswith(one.area_path)]
    assert len(callable_for(duties, path)) == len(up)


@given(_DUTIES)
def test_of_a_place_in_no_area_everybody_can_be_called_the_widest_area_first(duties: list[Duty]) -> None:
    found = callable_for(duties, None)
    assert len(found) == len(duties)
    assert [one.distance for one in found] == sorted(one.area_path.count("/") for one in duties)


def test_nobody_can_be_called_where_there_is_no_roster() -> None:
    assert callable_for([], "a/") == ()
    assert callable_for([], None) == ()
    assert followed([], {}) == []
