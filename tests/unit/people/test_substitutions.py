"""Substitutes and holidays at their edges: which moment, whose word, and who has left meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service
from pipewarden.people.facts import Duty, ForbiddenError, NewMembership, NotFoundError, Role, Substitution
from pipewarden.people.rules.duty import followed

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Person

HOUR = timedelta(hours=1)
MOMENT = datetime(2026, 11, 20, tzinfo=UTC)


class Roster:
    """The dispatchers' roster of a district, as its safety manager keeps it; times are hours from now."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.manager = city.actor(Role.SAFETY_MANAGER, tenant=city.a)

    @property
    def work(self) -> Work:
        return self.city.at(self.city.a.id)

    def member(self, person: Person, *, until: float | None = None) -> None:
        """Make somebody a dispatcher, for good or for so many hours."""
        ends_at = None if until is None else self.work.now() + until * HOUR
        begins_at = self.work.now() - 24 * HOUR
        wanted = NewMembership(
            person.id, self.city.a.id, Role.DISPATCHER, begins_at=begins_at, area_id=self.city.north.id, ends_at=ends_at
        )
        service.grant(self.work, self.city.root, wanted)

    def crew(self, count: int) -> list[Person]:
        people = [self.city.person() for _ in range(count)]
        for one in people:
            self.member(one)
        return people

    def put(self, person: Person, begin: float, end: float, *, rank: int = 1, wide: bool = False) -> Duty:
        area, now = self.city.langfang if wide else self.city.north, self.work.now()
        span = {"begins_at": now + begin * HOUR, "ends_at": now + end * HOUR}
        return service.put_on_duty(self.work, self.manager, person.id, Role.DISPATCHER, area.id, rank=rank, **span)

    def swap(self, duty: Duty, who: Person | None, begin: float, end: float) -> Substitution:
        now, person_id = self.work.now(), None if who is None else who.id
        span = {"begins_at": now + begin * HOUR, "ends_at": now + end * HOUR}
        return service.substitute(self.work, self.manager, duty.id, person_id, reason="ill", **span)

    def called(self, hours: float) -> list[UUID]:
        """Return who is on duty for the district then, in order."""
        moment = self.work.now() + hours * HOUR
        return [one.person_id for one in service.on_duty(self.work, Role.DISPATCHER, self.city.north.path, moment)]

    def callable(self, hours: float) -> list[UUID]:
        """Return who can be called there then, up the tree, in order."""
        moment = self.work.now() + hours * HOUR
        return [one.person_id for one in service.on_call(self.work, [Role.DISPATCHER], self.city.north.path, moment)]

    def leave(self, person: Person, *, after: timedelta = timedelta(0)) -> None:
        """End what somebody holds, now or later."""
        held = [one for who, one in service.memberships(self.work, self.city.root) if who.id == person.id]
        for one in held:
            service.end_membership(self.work, self.city.root, one.id, at=self.work.now() + after)


@pytest.fixture
def roster(city: City) -> Roster:
    return Roster(city)


def test_a_substitute_serves_from_the_first_moment_to_the_last_excluded(roster: Roster) -> None:
    first, second = roster.crew(2)
    duty = roster.put(first, 0, 8)
    roster.swap(duty, second, 2, 4)
    second_of = timedelta(seconds=1) / HOUR
    seen = [roster.called(hours) for hours in (2 - second_of, 2, 4 - second_of, 4)]
    assert seen == [[first.id], [second.id], [second.id], [first.id]]


def test_the_whole_duty_may_be_given_away_and_not_a_second_more(roster: Roster) -> None:
    first, second = roster.crew(2)
    duty = roster.put(first, 1, 8)
    second_of = timedelta(seconds=1) / HOUR
    for begin, end in ((1 - second_of, 8), (1, 8 + second_of), (8, 1), (3, 3)):
        with pytest.raises(InputError) as told:
            roster.swap(duty, second, begin, end)
        assert told.value.field == "ends_at"
        assert duty.begins_at.isoformat() in told.value.fix
    assert roster.swap(duty, second, 1, 8).person_id == second.id


def test_a_time_that_has_passed_is_given_to_nobody_and_one_that_runs_is(roster: Roster) -> None:
    first, second = roster.crew(2)
    duty = roster.put(first, 0, 8)
    roster.city.work.clock.advance(4 * HOUR)  # type: ignore[attr-defined]
    with pytest.raises(InputError):
        roster.swap(duty, second, -4, 0)
    roster.swap(duty, second, -1, 1)
    assert roster.called(0) == [second.id]


def test_a_duty_that_is_over_has_no_substitute(roster: Roster) -> None:
    first, second = roster.crew(2)
    duty = roster.put(first, 0, 8)
    roster.city.work.clock.advance(8 * HOUR)  # type: ignore[attr-defined]
    with pytest.raises(NotFoundError):
        roster.swap(duty, second, -2, -1)


def test_who_holds_the_role_for_a_part_only_cannot_take_more(roster: Roster) -> None:
    (first,) = roster.crew(1)
    duty = roster.put(first, 0, 8)
    briefly = roster.city.person()
    roster.member(briefly, until=4)
    with pytest.raises(RefusedError, match="is not dispatcher for all that time") as told:
        roster.swap(duty, briefly, 2, 5)
    assert told.value.field == "person_id"
    roster.swap(duty, briefly, 2, 4)
    assert roster.called(3) == [briefly.id]


def test_who_has_left_is_called_no_more(roster: Roster) -> None:
    """A membership that ends takes its holder off the roster: the next one in order is called."""
    first, second = roster.crew(2)
    roster.put(first, 0, 8)
    roster.put(second, 0, 8, rank=2)
    assert roster.called(1) == roster.callable(1) == [first.id, second.id]
    roster.leave(first)
    assert roster.called(1) == roster.callable(1) == [second.id]


def test_a_substitute_who_has_left_leaves_nobody_in_that_place(roster: Roster) -> None:
    """Not the one on holiday either: the roster up the tree is asked."""
    first, second, third = roster.crew(3)
    duty = roster.put(first, 0, 8)
    roster.put(third, 0, 8, wide=True)
    roster.swap(duty, second, 0, 8)
    assert roster.called(1) == [second.id]
    roster.leave(second)
    assert roster.called(1) == roster.callable(1) == [third.id]


def test_a_membership_that_ends_later_counts_until_then(roster: Roster) -> None:
    first, second = roster.crew(2)
    roster.put(first, 0, 8)
    roster.put(second, 0, 8, rank=2)
    roster.leave(first, after=2 * HOUR)
    assert roster.called(1.9) == [first.id, second.id]
    assert roster.called(2) == [second.id]


def test_ending_the_last_word_lets_the_one_before_hold_again(roster: Roster) -> None:
    first, second = roster.crew(2)
    duty = roster.put(first, 0, 8)
    roster.swap(duty, None, 0, 8)
    later = roster.swap(duty, second, 0, 8)
    assert roster.called(1) == [second.id]
    service.end_substitution(roster.work, roster.manager, later.id)
    assert roster.called(1) == []
    with pytest.raises(NotFoundError, match="substitution"):
        service.end_substitution(roster.work, roster.manager, later.id)  # it is over


def test_one_that_has_not_begun_ends_as_if_it_had_never_been(roster: Roster) -> None:
    first, second = roster.crew(2)
    duty = roster.put(first, 0, 8)
    made = roster.swap(duty, second, 4, 6)
    service.end_substitution(roster.work, roster.manager, made.id)
    assert roster.called(5) == [first.id]
    (kept,) = service.substitutions(roster.work, [duty.id])
    assert kept.begins_at == kept.ends_at  # the record stays
    with pytest.raises(NotFoundError, match="substitution"):
        service.end_substitution(roster.work, roster.manager, made.id)


def test_only_who_manages_the_roster_there_gives_and_ends(roster: Roster) -> None:
    first, second = roster.crew(2)
    city, duty = roster.city, roster.put(first, 0, 8)
    span = {"begins_at": duty.begins_at, "ends_at": duty.ends_at, "reason": "ill"}
    dispatcher = city.actor(Role.DISPATCHER, tenant=city.a, area=city.north)
    with pytest.raises(ForbiddenError):
        service.substitute(roster.work, dispatcher, duty.id, second.id, **span)
    made = roster.swap(duty, second, 0, 8)
    with pytest.raises(ForbiddenError):
        service.end_substitution(roster.work, dispatcher, made.id)
    with pytest.raises(NotFoundError):
        service.end_substitution(city.at(city.b.id), city.actor(Role.SAFETY_MANAGER, tenant=city.b), made.id)
    assert roster.called(1) == [second.id]


def test_a_refused_substitution_leaves_nothing(roster: Roster) -> None:
    (first,) = roster.crew(1)
    duty = roster.put(first, 0, 8)
    with pytest.raises(RefusedError, match="whose duty it is"):
        roster.swap(duty, first, 1, 2)
    assert service.substitutions(roster.work, [duty.id]) == []
    auditor = roster.city.actor(Role.AUDITOR, tenant=roster.city.a)
    assert "duty.substituted" not in {one.act for one in service.read(roster.work, auditor)}


def test_substitutions_of_another_tenants_duties_are_not_listed(roster: Roster) -> None:
    first, second = roster.crew(2)
    duty = roster.put(first, 0, 8)
    made = roster.swap(duty, second, 0, 8)
    assert service.substitutions(roster.work, [duty.id]) == [made]
    assert service.substitutions(roster.city.at(roster.city.b.id), [duty.id]) == []
    assert service.substitutions(roster.work, []) == []


def test_a_duty_that_was_ended_before_it_began_is_as_if_it_had_never_been(roster: Roster) -> None:
    first, second = roster.crew(2)
    duty = roster.put(first, 8, 16)
    service.end_duty(roster.work, roster.manager, duty.id)
    now = roster.work.now()
    assert service.roster(roster.work, roster.manager, now, now + 24 * HOUR) == []
    with pytest.raises(NotFoundError):
        service.end_duty(roster.work, roster.manager, duty.id)
    with pytest.raises(InputError):
        roster.swap(duty, second, 9, 10)
    other = roster.put(second, 4, 12)  # across the moment at which the first one would have begun
    assert roster.called(9) == [second.id]
    assert service.roster(roster.work, roster.manager, now, now + 24 * HOUR) == [other]


DUTIES = [
    Duty(
        id=UUID(int=number),
        tenant_id=UUID(int=1),
        area_id=UUID(int=2),
        area_path="a/",
        role=Role.PATROLLER,
        rank=number,
        person_id=UUID(int=10 + number),
        begins_at=MOMENT,
        ends_at=MOMENT + 8 * HOUR,
    )
    for number in range(1, 5)
]


def given_to(duty: Duty, who: int | None) -> Substitution:
    person_id = None if who is None else UUID(int=who)
    return Substitution(UUID(int=99), duty.tenant_id, duty.id, person_id, duty.begins_at, duty.ends_at, "ill")


@given(st.dictionaries(st.sampled_from(DUTIES), st.one_of(st.none(), st.integers(100, 104)), max_size=4))
def test_a_roster_is_served_as_it_stands_but_for_what_was_given_away(given_away: dict[Duty, int | None]) -> None:
    swaps: dict[object, Substitution] = {one.id: given_to(one, who) for one, who in given_away.items()}
    served = followed(DUTIES, swaps)  # type: ignore[arg-type]
    by_id = {one.id: one for one in served}
    assert [one.id for one in served] == [one.id for one in DUTIES if given_away.get(one, 0) is not None]
    for duty in DUTIES:
        if duty not in given_away:
            assert by_id[duty.id] == duty
        elif (who := given_away[duty]) is not None:
            assert by_id[duty.id].person_id.int == who
            assert by_id[duty.id].stands_in_for == duty.person_id
            assert (by_id[duty.id].rank, by_id[duty.id].area_path) == (duty.rank, duty.area_path)
