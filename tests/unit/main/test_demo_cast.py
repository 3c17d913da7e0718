"""The demo's people: who may sign in to what, from run to run, and whom nobody touches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from second_factor import set_up

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.clock import SetClock
from pipewarden.kit.vault import Sealer
from pipewarden.main.demo import cast
from pipewarden.main.demo.keyring import Keyring
from pipewarden.people import service as people
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.facts import (
    CROSSING,
    PLATFORM,
    Lack,
    NewArea,
    NewMembership,
    NewPerson,
    PersonState,
    Role,
    Scope,
    SignedIn,
    SignInRefused,
)
from pipewarden.people.service import Gate, Second
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.main.demo.cast import Seat
    from pipewarden.people.facts import Actor, Person

OTHER = "Kein Bagger am Rohr 7"
NEEDED = {
    Role.TENANT_ADMIN, Role.SECURITY_ADMIN, Role.SAFETY_MANAGER, Role.DISPATCHER, Role.PATROLLER, Role.GRID_WORKER,
    Role.REGULATOR, Role.CONTRACTOR, Role.RESIDENT, Role.AUDITOR, Role.PLATFORM_ADMIN,
}  # fmt: skip


@dataclass
class Counting:
    """The real hash, cheap and counted."""

    inner: ArgonHasher
    hashed: list[str] = field(default_factory=list)

    def hash(self, password: str) -> str:
        self.hashed.append(password)
        return self.inner.hash(password)

    def verify(self, encoded: str | None, password: str) -> bool:
        return self.inner.verify(encoded, password)

    def stale(self, encoded: str) -> bool:
        return self.inner.stale(encoded)


class Ticking(SetClock):
    """A clock that goes on between two looks at it, as a real one does."""

    def now(self) -> datetime:
        self.advance(timedelta(microseconds=1))
        return self.moment


@dataclass
class House:
    """One home in which demos are run one after the other."""

    work: Work
    clock: SetClock
    gate: Gate
    hasher: Counting
    keyring: Keyring

    def run(self, name: str) -> tuple[Work, dict[str, Seat]]:
        """Run the demo's casting in a tenant of its own, a minute later than the last."""
        self.clock.advance(timedelta(minutes=1))
        tenant = people.ensure_tenant(self.work.session, self.clock, self.work.ids, name)
        work = replace(self.work, tenant_id=tenant.id)
        areas: dict[str, UUID] = {}
        for one in sim.city_areas():
            parent = None if one.parent is None else areas[one.parent]
            new = NewArea(one.key, one.name, parent, None, one.jurisdiction)
            areas[one.key] = people.add_area(work, people.operator(tenant.id), new).id
        return work, {seat.part.key: seat for seat in cast.seat(work, self.gate, self.keyring, areas)}

    def enter(self, login: str, password: str) -> SignedIn | SignInRefused:
        return people.sign_in(self.work, self.gate, login, password, source="127.0.0.1")

    def actor(self, seat: Seat) -> Actor:
        """Sign in and return whom the door then sees."""
        entered = self.enter(seat.login, seat.password)
        assert isinstance(entered, SignedIn), seat.part.key
        assert not entered.must_change
        found = people.actor_by_token(self.work.session, entered.token, self.clock.now())
        assert found is not None
        return found

    def stranger(self, login: str) -> Person:
        wanted = NewPerson(login, "Somebody real", OTHER, must_change=False)
        person = people.add_person(self.work, self.gate, people.operator(), wanted)
        membership = NewMembership(person.id, self.work.tenant_id, Role.SAFETY_MANAGER, self.clock.now())
        people.grant(self.work, people.operator(), membership)
        return person


@pytest.fixture
def house(work: Work, clock: SetClock, tmp_path: Path) -> House:
    entropy = SystemChance().bytes
    hasher = Counting(ArgonHasher(entropy=entropy, parameters=Parameters(1, 64, 1)))
    return House(work, clock, Gate(hasher=hasher, entropy=entropy), hasher, Keyring.of(tmp_path))


def test_every_role_has_somebody_and_every_reporter_of_the_day_is_there() -> None:
    parts = cast.parts()
    assert {part.role for part in parts} >= NEEDED
    assert Role.DEVICE not in {part.role for part in parts}
    keys = [part.key for part in parts]
    assert len(keys) == len(set(keys))
    assert {event.who for event in sim.demo_day().events} - {None} <= set(keys)
    assert all("虚构" in part.name for part in parts), "nobody is taken for a real person"
    areas = {one.key for one in sim.city_areas()}
    assert all(part.area is None or part.area in areas for part in parts)


def test_everybody_signs_in_to_this_run_in_their_role_and_area(house: House) -> None:
    work, seats = house.run("demo-a")
    areas = {one.id: one.key for one in people.areas(work)}
    for key, seat in seats.items():
        actor = house.actor(seat)
        (held,) = actor.memberships
        assert held.role is seat.part.role, key
        assert actor.tenant_id == (PLATFORM if held.role is Role.PLATFORM_ADMIN else work.tenant_id), key
        assert (None if held.area_id is None else areas[held.area_id]) == seat.part.area, key
        assert actor.grants, key
        assert seat.look_at
    sees = {key for key, seat in seats.items() if house.actor(seat).grants_for("alarm:read")}
    assert {"dispatcher", "safety-manager", "regulator", "auditor"} <= sees
    assert not sees & {"contractor", "resident-1", "platform-admin"}


def test_whoever_is_called_is_on_duty_for_all_of_the_city(house: House) -> None:
    clock = Ticking(house.clock.now())
    house = replace(house, work=replace(house.work, clock=clock), clock=clock)
    work, _ = house.run("demo-a")
    clock.advance(timedelta(days=6))
    for role in (Role.PATROLLER, Role.DISPATCHER, Role.SAFETY_MANAGER):
        for area in people.areas(work):
            assert people.on_duty(work, role, area.path, work.now()), (role, area.key)


def test_passwords_are_drawn_for_each_home_and_shown_nowhere_else(house: House, tmp_path: Path) -> None:
    _, first = house.run("demo-a")
    words = [seat.password for seat in first.values()]
    assert len(set(words)) == len(words)
    assert all(len(word) >= 12 for word in words)
    assert not any(word in repr(list(first.values())) for word in words)
    (tmp_path / "other").mkdir()
    _, other = replace(house, keyring=Keyring.of(tmp_path / "other")).run("demo-b")
    assert not set(words) & {seat.password for seat in other.values()}


def test_a_second_run_keeps_sign_ins_and_lands_in_the_new_tenant(house: House) -> None:
    work, first = house.run("demo-a")
    entered = house.enter(first["dispatcher"].login, first["dispatcher"].password)
    assert isinstance(entered, SignedIn)
    again, second = house.run("demo-b")
    assert {key: (one.login, one.password) for key, one in first.items()} == {
        key: (one.login, one.password) for key, one in second.items()
    }
    assert again.tenant_id != work.tenant_id
    assert people.actor_by_token(work.session, entered.token, house.clock.now()) is None, "the old page is signed out"
    for seat in second.values():
        assert {one.tenant_id for one in house.actor(seat).memberships} <= {again.tenant_id, PLATFORM}
    old = people.actor_of(work, entered.session.person_id)
    assert old is not None
    assert old.memberships == (), "nothing is held in the older demo any more"


def test_a_run_without_changes_computes_no_slow_hash(house: House) -> None:
    _, seats = house.run("demo-a")
    assert len(house.hasher.hashed) == len(seats)
    house.run("demo-b")
    assert len(house.hasher.hashed) == len(seats)


def test_a_password_somebody_changed_is_the_printed_one_again(house: House) -> None:
    work, seats = house.run("demo-a")
    seat = seats["dispatcher"]
    changed = people.change_password(work, house.gate, house.actor(seat), seat.password, OTHER, source="127.0.0.1")
    assert isinstance(changed, SignedIn)
    _, again = house.run("demo-b")
    assert again["dispatcher"].password == seat.password
    assert house.actor(again["dispatcher"]).grants
    assert isinstance(house.enter(seat.login, OTHER), SignInRefused)


def test_somebody_switched_off_or_made_to_change_the_password_is_back(house: House) -> None:
    work, seats = house.run("demo-a")
    root = people.operator()
    off, waiting = (house.actor(seats[key]).id for key in ("auditor", "patroller-1"))
    people.set_person_state(work, root, off, PersonState.DISABLED)
    people.reset_password(work, house.gate, root, waiting, seats["patroller-1"].password)
    _, again = house.run("demo-b")
    assert house.actor(again["auditor"]).id == off
    assert house.actor(again["patroller-1"]).id == waiting


def test_a_second_factor_that_a_visitor_set_up_went_with_the_visitor(house: House) -> None:
    """Else the day's own reporters could not report, and next week nobody could come in."""
    _, seats = house.run("demo-a")
    entered = house.enter(seats["dispatcher"].login, seats["dispatcher"].password)
    assert isinstance(entered, SignedIn)
    second = replace(house.gate, second=Second(Sealer(b"a secret of this test run alone.", house.gate.entropy), str))
    set_up(house.work, second, entered, "127.0.0.1")
    half = house.enter(seats["dispatcher"].login, seats["dispatcher"].password)
    assert isinstance(half, SignedIn)
    assert half.lacks is Lack.FACTOR
    house.clock.advance(timedelta(days=8))
    _, again = house.run("demo-b")
    for seat in again.values():
        assert house.actor(seat).lacks is None, seat.part.key
    assert house.actor(again["dispatcher"]).grants


def test_a_login_that_somebody_else_has_is_left_alone(house: House) -> None:
    stranger = house.stranger("demo-dispatcher")
    _, seats = house.run("demo-a")
    assert seats["dispatcher"].login == "demo-dispatcher-2"
    house.run("demo-b")
    entered = house.enter("demo-dispatcher", OTHER)
    assert isinstance(entered, SignedIn), "their password is untouched"
    found = people.actor_by_token(house.work.session, entered.token, house.clock.now())
    assert found is not None
    assert (found.id, found.tenant_id) == (stranger.id, house.work.tenant_id)
    assert [one.role for one in found.memberships] == [Role.SAFETY_MANAGER]


def test_a_lost_file_makes_new_people_and_leaves_the_old_ones(house: House) -> None:
    work, first = house.run("demo-a")
    house.keyring.path.unlink()
    _, second = house.run("demo-b")
    assert second["dispatcher"].login == "demo-dispatcher-2"
    assert house.actor(first["dispatcher"]).tenant_id == work.tenant_id


def test_a_file_of_another_database_makes_its_people_here_with_the_same_passwords(house: House) -> None:
    _, first = house.run("demo-a")
    known = house.keyring.read()
    ids = {key: replace(one, person_id=house.work.ids.new(), login="gone") for key, one in known.items()}
    for one in known.values():  # as if this database had never seen them
        people.set_person_state(house.work, people.operator(), one.person_id, PersonState.DISABLED)
    house.keyring.write(ids)
    _, second = house.run("demo-b")
    assert {key: one.password for key, one in first.items()} == {key: one.password for key, one in second.items()}
    assert second["dispatcher"].login == "demo-dispatcher-2"
    assert house.actor(second["dispatcher"]).grants


def test_the_demo_lets_nobody_in_after_a_week(house: House) -> None:
    _, seats = house.run("demo-a")
    house.clock.advance(cast.KEPT_FOR + timedelta(seconds=1))
    for seat in seats.values():
        assert house.actor(seat).grants == ()


def test_the_regulator_reads_this_tenant_only_and_no_other_regulator_changes(house: House) -> None:
    work, seats = house.run("demo-a")
    actor = house.actor(seats["regulator"])
    grants = (*actor.grants, *actor.waiting)
    assert {grant.tenant_id for grant in grants} == {work.tenant_id}
    assert not CROSSING & {grant.scope for grant in grants}
    shipped = people.permitted(house.work, house.work.tenant_id, Role.REGULATOR)
    assert Scope.TENANTS_IN_AREA in shipped.values()
    assert {grant.permission for grant in grants} == set(shipped), "what they may do is as shipped"


def test_a_drawn_password_never_holds_a_part_of_the_login() -> None:
    bad, good = bytes(range(16)), b"\xff" * 16
    login = f"demo-{people.one_time_password(lambda _: bad)[2:5]}"
    drawn = iter([bad, bad, good])
    word = cast.drawn(lambda _: next(drawn), login)
    assert word == people.one_time_password(lambda _: good)[: len(word)]
    assert len(word) == 13
