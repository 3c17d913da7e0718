"""Rosters: one named person per area, role and rank at every moment, and the nearest roster up the tree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, Duty, ForbiddenError, NewMembership, NotFoundError, PersonState, Role
from pipewarden.people.rules import duty as rules
from pipewarden.people.store import record as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Actor, Area, Person, Substitution

MOMENT = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def manager(city: City):
    return city.actor(Role.SAFETY_MANAGER, tenant=city.a)


@pytest.fixture
def pair(city: City):
    people = [city.person(), city.person()]
    for person in people:
        city.member(person, Role.DISPATCHER, tenant=city.a, area=city.langfang)
    return people


def put(city: City, manager: Actor, person: Person, area: Area, *hours: float, rank: int = 1) -> Duty:
    now, (begin, end) = city.work.now(), hours
    return service.put_on_duty(
        city.at(city.a.id),
        manager,
        person.id,
        Role.DISPATCHER,
        area.id,
        begins_at=now + timedelta(hours=begin),
        ends_at=now + timedelta(hours=end),
        rank=rank,
    )


def at(city: City, area: Area, hours: float) -> list[UUID]:
    moment = city.work.now() + timedelta(hours=hours)
    return [duty.person_id for duty in service.on_duty(city.at(city.a.id), Role.DISPATCHER, area.path, moment)]


def test_shifts_follow_each_other_without_a_gap_or_an_overlap(city: City, manager: Actor, pair: list[Person]) -> None:
    put(city, manager, pair[0], city.north, 0, 8)
    put(city, manager, pair[1], city.north, 8, 16)
    assert at(city, city.north, 0) == [pair[0].id]
    assert at(city, city.north, 7.99) == [pair[0].id]
    assert at(city, city.north, 8) == [pair[1].id]
    assert at(city, city.north, 16) == []
    for begin, end in ((7, 9), (0, 8), (2, 3), (-1, 20)):
        with pytest.raises(RefusedError, match="somebody is on duty"):
            put(city, manager, pair[1], city.north, begin, end)


def test_ranks_are_called_in_order(city: City, manager: Actor, pair: list[Person]) -> None:
    put(city, manager, pair[1], city.north, 0, 8, rank=2)
    put(city, manager, pair[0], city.north, 0, 8)
    assert at(city, city.north, 1) == [pair[0].id, pair[1].id]


def test_the_nearest_roster_up_the_tree_counts(city: City, manager: Actor, pair: list[Person]) -> None:
    put(city, manager, pair[0], city.langfang, 0, 24)
    assert at(city, city.beat, 1) == [pair[0].id]
    assert at(city, city.south, 1) == [pair[0].id]
    put(city, manager, pair[1], city.north, 0, 8)
    assert at(city, city.beat, 1) == [pair[1].id]
    assert at(city, city.beat, 9) == [pair[0].id]
    assert at(city, city.he, 1) == []


def test_another_tenants_roster_does_not_answer(city: City, manager: Actor, pair: list[Person]) -> None:
    put(city, manager, pair[0], city.langfang, 0, 24)
    moment = city.work.now() + timedelta(hours=1)
    assert service.on_duty(city.at(city.b.id), Role.DISPATCHER, city.north.path, moment) == ()
    assert service.on_duty(city.at(city.a.id), Role.PATROLLER, city.north.path, moment) == ()


def test_only_holders_of_the_role_for_all_that_time_serve(city: City, manager: Actor) -> None:
    person = city.person()
    with pytest.raises(RefusedError, match="is not dispatcher"):
        put(city, manager, person, city.north, 0, 8)
    service.grant(
        city.at(city.a.id),
        city.root,
        NewMembership(
            person_id=person.id,
            tenant_id=city.a.id,
            role=Role.DISPATCHER,
            begins_at=city.work.now(),
            ends_at=city.work.now() + timedelta(hours=6),
            area_id=city.north.id,
        ),
    )
    put(city, manager, person, city.north, 0, 6)
    with pytest.raises(RefusedError, match="is not dispatcher"):
        put(city, manager, person, city.south, 0, 8)


def test_ending_frees_the_place(city: City, manager: Actor, pair: list[Person], later: Callable[..., None]) -> None:
    duty = put(city, manager, pair[0], city.north, 0, 8)
    future = put(city, manager, pair[0], city.north, 8, 9)
    later(hours=2)
    service.end_duty(city.at(city.a.id), manager, duty.id)
    service.end_duty(city.at(city.a.id), manager, future.id)
    assert at(city, city.north, 0) == []
    assert at(city, city.north, 6.5) == []
    put(city, manager, pair[1], city.north, 0, 6)
    assert at(city, city.north, 1) == [pair[1].id]
    with pytest.raises(NotFoundError):
        service.end_duty(city.at(city.a.id), manager, duty.id)


@pytest.mark.parametrize(
    ("hours", "rank", "field"),
    [
        ((2, 2), 1, "ends_at"),
        ((3, 2), 1, "ends_at"),
        ((-9, -1), 1, "ends_at"),
        ((0, 1), 0, "rank"),
        ((0, 1), 10, "rank"),
    ],
)
def test_impossible_duties_are_refused(
    city: City, manager: Actor, pair: list[Person], *, hours: tuple[float, float], rank: int, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        put(city, manager, pair[0], city.north, *hours, rank=rank)
    assert caught.value.field == field


def test_only_those_in_reach_write_rosters(city: City, manager: Actor, pair: list[Person]) -> None:
    with pytest.raises(ForbiddenError):
        put(city, city.actor(Role.DISPATCHER, tenant=city.a, area=city.north), pair[0], city.north, 0, 8)
    with pytest.raises(NotFoundError):
        put(city, city.actor(Role.SAFETY_MANAGER, tenant=city.b), pair[0], city.north, 0, 8)
    duty = put(city, manager, pair[0], city.north, 0, 8)
    with pytest.raises(NotFoundError):
        service.end_duty(city.at(city.a.id), city.actor(Role.SAFETY_MANAGER, tenant=city.b), duty.id)
    now = city.work.now()
    window = (now, now + timedelta(days=1))
    assert service.roster(city.at(city.a.id), manager, *window) == [duty]
    north = city.actor(Role.DISPATCHER, tenant=city.a, area=city.north)
    south = city.actor(Role.DISPATCHER, tenant=city.a, area=city.south)
    assert service.roster(city.at(city.a.id), north, *window) == [duty]
    assert service.roster(city.at(city.a.id), south, *window) == []
    assert service.roster(city.at(city.a.id), manager, window[1], window[1] + timedelta(days=1)) == []


def test_a_week_is_written_once_more_and_what_cannot_stand_is_told(
    city: City, manager: Actor, pair: list[Person]
) -> None:
    early, late = (
        put(city, manager, one, city.langfang, begin, begin + 8) for one, begin in zip(pair, (1, 9), strict=True)
    )
    taken = put(city, manager, pair[0], city.langfang, 24 + 10, 24 + 11)
    start = early.begins_at
    copied = service.copy_roster(city.at(city.a.id), manager, start, start + 16 * HOUR, start + 24 * HOUR)
    (made,) = copied.made
    assert (made.person_id, made.role, made.area_id, made.rank) == (early.person_id, early.role, early.area_id, 1)
    assert (made.begins_at, made.ends_at) == (early.begins_at + 24 * HOUR, early.ends_at + 24 * HOUR)
    ((told, problem),) = [(one.duty, one.problem) for one in copied.left]
    assert told == late
    assert taken.ends_at.isoformat() in problem
    again = service.copy_roster(city.at(city.a.id), manager, start, start + 16 * HOUR, start + 24 * HOUR)
    assert (len(again.made), len(again.left)) == (0, 2)  # a double click writes nothing twice


def test_a_copy_takes_only_what_the_actor_may_write_and_never_another_tenants(
    city: City, manager: Actor, pair: list[Person]
) -> None:
    duty = put(city, manager, pair[0], city.langfang, 1, 9)
    span = (duty.begins_at, duty.ends_at, duty.ends_at)
    foreign = city.actor(Role.SAFETY_MANAGER, tenant=city.b)
    assert service.copy_roster(city.at(city.b.id), foreign, *span).made == ()
    with pytest.raises(ForbiddenError):
        service.copy_roster(city.at(city.a.id), city.actor(Role.DISPATCHER, tenant=city.a, area=city.langfang), *span)
    with pytest.raises(InputError, match="until"):
        service.copy_roster(city.at(city.a.id), manager, duty.ends_at, duty.begins_at, duty.ends_at)


def test_a_roster_pages_in_its_order_and_a_long_one_is_not_copied_at_once(
    city: City, manager: Actor, pair: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [
        put(city, manager, pair[rank % 2], city.langfang, 1 + rank // 2, 2 + rank // 2, rank=1 + rank % 2)
        for rank in range(4)
    ]
    seen: list[Duty] = []
    span = (whole[0].begins_at, whole[-1].ends_at)
    while page := service.roster(
        city.at(city.a.id), manager, *span, limit=3,
        after=(seen[-1].begins_at, seen[-1].rank, seen[-1].id) if seen else None,
    ):  # fmt: skip
        seen += page
    assert seen == whole
    monkeypatch.setattr("pipewarden.people.service.duties._MOST_COPIED", 3)
    with pytest.raises(InputError, match="more than 3 duties"):
        service.copy_roster(city.at(city.a.id), manager, *span, span[1])


def test_two_writers_of_one_roster_wait_for_each_other(
    city: City, manager: Actor, pair: list[Person], engine: Engine
) -> None:
    put(city, manager, pair[0], city.north, 0, 8)
    with engine.connect() as second, second.begin(), Session(bind=second) as session:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        store.lock_roster(session, city.a.id, city.south.id, Role.DISPATCHER)
        with pytest.raises(OperationalError, match="lock timeout"):
            store.lock_roster(session, city.a.id, city.north.id, Role.DISPATCHER)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=20), st.integers(0, 50), st.integers(1, 20))
def test_overlaps_are_what_a_moment_by_moment_look_says(spans: list[tuple[int, int]], begin: int, length: int) -> None:
    duties = [
        Duty(
            id=UUID(int=number),
            tenant_id=UUID(int=1),
            area_id=UUID(int=2),
            area_path="a/",
            role=Role.PATROLLER,
            rank=1,
            person_id=UUID(int=3),
            begins_at=MOMENT + timedelta(hours=start),
            ends_at=MOMENT + timedelta(hours=start + long),
        )
        for number, (start, long) in enumerate(spans)
    ]
    found = rules.overlapping(duties, MOMENT + timedelta(hours=begin), MOMENT + timedelta(hours=begin + length))
    wanted = set(range(begin, begin + length))
    slow = [number for number, (start, long) in enumerate(spans) if wanted & set(range(start, start + long))]
    assert [duty.id.int for duty in found] == slow


def test_nobody_is_on_duty_where_there_is_no_roster() -> None:
    assert rules.nearest([], "a/b/") == ()


def swap(city: City, manager: Actor, duty: Duty, who: Person | None, *hours: float) -> Substitution:
    now, (begin, end) = city.work.now(), hours
    return service.substitute(
        city.at(city.a.id),
        manager,
        duty.id,
        None if who is None else who.id,
        begins_at=now + timedelta(hours=begin),
        ends_at=now + timedelta(hours=end),
        reason="ill",
    )


def test_a_substitute_is_on_duty_for_that_part_and_on_record(city: City, manager: Actor, pair: list[Person]) -> None:
    duty = put(city, manager, pair[0], city.north, 0, 8)
    made = swap(city, manager, duty, pair[1], 2, 4)
    assert [at(city, city.north, hours) for hours in (1, 2, 3.9, 4)] == [
        [pair[0].id],
        [pair[1].id],
        [pair[1].id],
        [pair[0].id],
    ]
    moment = city.work.now() + timedelta(hours=3)
    (standing,) = service.on_duty(city.at(city.a.id), Role.DISPATCHER, city.beat.path, moment)
    assert standing.stands_in_for == pair[0].id
    auditor = city.actor(Role.AUDITOR, tenant=city.a)
    assert "duty.substituted" in {one.act for one in service.read(city.at(city.a.id), auditor)}
    service.end_substitution(city.at(city.a.id), manager, made.id)
    assert at(city, city.north, 3) == [pair[0].id]


def test_who_is_on_holiday_is_not_called_and_the_next_one_is(city: City, manager: Actor, pair: list[Person]) -> None:
    duty = put(city, manager, pair[0], city.north, 0, 8)
    put(city, manager, pair[1], city.langfang, 0, 8)
    swap(city, manager, duty, None, 0, 8)
    assert at(city, city.north, 1) == [pair[1].id]


def test_the_last_word_on_a_time_holds(city: City, manager: Actor, pair: list[Person]) -> None:
    duty = put(city, manager, pair[0], city.north, 0, 8)
    swap(city, manager, duty, None, 0, 8)
    swap(city, manager, duty, pair[1], 2, 4)
    assert [at(city, city.north, hours) for hours in (1, 3)] == [[], [pair[1].id]]


def test_impossible_substitutions_are_refused(city: City, manager: Actor, pair: list[Person]) -> None:
    duty = put(city, manager, pair[0], city.north, 1, 8)
    stranger = city.person()
    for who, begin, end, words in (
        (pair[1], 0, 4, "part of the duty"),
        (pair[1], 4, 9, "part of the duty"),
        (pair[1], 4, 4, "part of the duty"),
        (pair[0], 2, 4, "whose duty it is"),
        (stranger, 2, 4, "is not dispatcher"),
    ):
        with pytest.raises((InputError, RefusedError), match=words):
            swap(city, manager, duty, who, begin, end)
    outsider = city.actor(Role.SAFETY_MANAGER, tenant=city.b)
    with pytest.raises(NotFoundError):
        swap(city, outsider, duty, pair[1], 2, 4)
    made = swap(city, manager, duty, pair[1], 2, 4)
    for actor, given_id in ((outsider, made.id), (manager, duty.id)):
        with pytest.raises(NotFoundError, match="substitution"):
            service.end_substitution(city.at(city.a.id), actor, given_id)


def test_everybody_who_can_be_called_nearest_first_and_the_disabled_never(
    city: City, manager: Actor, pair: list[Person]
) -> None:
    put(city, manager, pair[0], city.langfang, 0, 8)
    put(city, manager, pair[1], city.north, 0, 8)
    there, moment = city.at(city.a.id), city.work.now() + timedelta(hours=1)
    roles = [Role.PATROLLER, Role.DISPATCHER]

    def found(path: str | None) -> list[tuple[UUID, int]]:
        return [(one.person_id, one.distance) for one in service.on_call(there, roles, path, moment)]

    assert found(city.beat.path) == [(pair[1].id, 0), (pair[0].id, 1)]
    assert [one for one, _ in found(None)] == [pair[0].id, pair[1].id]  # of a place in no area the widest roster
    assert found(city.he.path) == []
    assert set(service.holders(there, roles)) == {(Role.DISPATCHER, one.id) for one in pair}
    service.set_person_state(city.at(PLATFORM), city.root, pair[1].id, PersonState.DISABLED)
    assert found(city.beat.path) == [(pair[0].id, 1)]
    assert [one for _, one in service.holders(there, roles)] == [pair[0].id]
