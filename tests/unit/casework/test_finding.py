"""Whom a site, a duty, a step finds: rosters first, the nearest first, nobody twice in a round, somebody at last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, NOWHERE, SOUTH, DutyTown

from pipewarden.casework import store
from pipewarden.casework.facts import Call, Rung, Shape, Urgency, Who
from pipewarden.casework.service.finding import (
    FLOOD,
    Rosters,
    area_of,
    areas_of,
    full_of,
    holder_for,
    owner_for,
    person_for,
)
from pipewarden.casework.store.chains import Fired
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, PersonState, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


def busy(town: DutyTown, person_id: UUID, calls: int) -> None:
    """Let a person have had calls within the window."""
    for _ in range(calls):
        work = town.work
        made = Call(
            work.ids.new(), work.tenant_id, person_id, Urgency.DUE, (), None, 0, 0, "duty.accept", {}, work.now()
        )
        store.calls.add(work, made, Shape.ONE)


def test_a_place_lies_in_its_deepest_area_or_in_none(town: DutyTown) -> None:
    assert area_of(town.work, *NORTH) == town.north.path
    assert area_of(town.work, *SOUTH) == town.south.path
    assert area_of(town.work, *NOWHERE) is None
    assert area_of(town.work, None, None) is None
    assert areas_of(town.work, [SOUTH, None, NOWHERE, NORTH]) == [town.south.path, None, None, town.north.path]
    assert areas_of(town.work, []) == []


def test_owners_are_patrollers_then_dispatchers_then_managers(town: DutyTown) -> None:
    path = town.north.path
    assert owner_for(town.work, path, ()) is None
    boss = town.on_duty(Role.SAFETY_MANAGER)
    assert owner_for(town.work, path, ()).person_id == boss.id  # type: ignore[union-attr]
    dispatcher = town.on_duty(Role.DISPATCHER)
    assert owner_for(town.work, path, ()).person_id == dispatcher.id  # type: ignore[union-attr]
    patroller = town.on_duty(Role.PATROLLER)
    assert owner_for(town.work, path, ()).person_id == patroller.id  # type: ignore[union-attr]
    assert owner_for(town.work, path, {patroller.id}).person_id == dispatcher.id  # type: ignore[union-attr]


def test_who_has_no_room_for_a_call_gets_no_further_site_while_another_is_there(town: DutyTown) -> None:
    first, second = (town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2))
    busy(town, first.id, FLOOD.most - FLOOD.reserve)
    assert full_of(town.work, [first.id, second.id]) == {first.id}
    assert owner_for(town.work, town.north.path, ()).person_id == second.id  # type: ignore[union-attr]
    town.clock.advance(FLOOD.window)
    assert full_of(town.work, [first.id, second.id]) == set()


def test_the_last_resort_is_a_membership_and_says_so(town: DutyTown) -> None:
    admin = town.person(Role.TENANT_ADMIN)
    found = owner_for(town.work, town.north.path, ())
    assert found is not None
    assert (found.person_id, found.on_roster) == (admin.id, False)
    boss = town.person(Role.SAFETY_MANAGER)
    assert owner_for(town.work, town.north.path, ()).person_id == boss.id  # type: ignore[union-attr]
    people.set_person_state(replace(town.work, tenant_id=PLATFORM), town.root, boss.id, PersonState.DISABLED)
    assert owner_for(town.work, town.north.path, ()).person_id == admin.id  # type: ignore[union-attr]


def test_a_duty_of_a_role_goes_to_who_is_on_duty_in_it_else_to_the_owner(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site()
    mine = holder_for(town.work, "owner", site, town.north.path)
    assert (mine.person_id, mine.role) == (patroller.id, "owner")  # type: ignore[union-attr]
    instead = holder_for(town.work, "standby_supervisor", site, town.north.path)
    assert instead.person_id == patroller.id  # type: ignore[union-attr]
    assert "no standby_supervisor is on duty there" in instead.why  # type: ignore[union-attr]
    standing = town.on_duty(Role.STANDBY_SUPERVISOR, town.north)
    assert holder_for(town.work, "standby_supervisor", site, town.north.path).person_id == standing.id  # type: ignore[union-attr]


def test_the_managers_duties_are_never_the_owners(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site()
    assert holder_for(town.work, "safety_manager", site, town.north.path) is None
    boss = town.person(Role.SAFETY_MANAGER)
    assert holder_for(town.work, "safety_manager", site, town.north.path).person_id == boss.id  # type: ignore[union-attr]


def test_a_duty_of_a_site_without_an_owner_has_nobody_yet(town: DutyTown) -> None:
    site = replace(town.site(), owner_id=None)
    assert holder_for(town.work, "owner", site, None) is None


def rung(town: DutyTown, who: Who) -> tuple[Rung, UUID]:
    site = town.site()
    kept = town.duties(site.id)["accept"]
    (chain,) = store.chains.running(town.work, duty_id=kept.duty.id)
    return Rung(chain.id, 0, 1, who, Urgency.DUE), kept.duty.id


def whom(town: DutyTown, one: tuple[Rung, UUID]) -> UUID | None:
    kept = store.owed.read(town.work, [one[1]])[one[1]]
    (chain,) = store.chains.lock(town.work, [one[0].chain_id])
    return person_for(
        Rosters(town.work), one[0], kept.duty, kept.area_path, store.chains.told(town.work, [chain])[chain.id]
    )


def test_each_step_finds_its_own(town: DutyTown) -> None:
    owner = town.on_duty(Role.PATROLLER)
    first, second = (town.on_duty(Role.DISPATCHER, rank=rank) for rank in (1, 2))
    boss = town.on_duty(Role.SAFETY_MANAGER)
    assert whom(town, rung(town, Who.OWNER)) == owner.id
    assert whom(town, rung(town, Who.DISPATCHER)) == first.id
    assert whom(town, rung(town, Who.SAFETY_MANAGER)) == boss.id
    assert whom(town, rung(town, Who.AUTHORITY)) == boss.id
    one = rung(town, Who.LEAD)
    (chain,) = store.chains.lock(town.work, [one[0].chain_id])
    told = replace(one[0], step=0, who=Who.DISPATCHER)
    now = town.work.now()
    store.chains.add_rungs(town.work, [Fired(chain, told, first.id, critical=False, due_at=now, at=now)])
    assert whom(town, one) == second.id


def test_a_deputy_is_the_next_on_the_owners_own_roster(town: DutyTown) -> None:
    owner, next_one = (town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2))
    one = rung(town, Who.DEPUTY)
    (chain,) = store.chains.lock(town.work, [one[0].chain_id])
    now = town.work.now()
    fired = Fired(chain, replace(one[0], step=0), owner.id, critical=False, due_at=now, at=now)
    store.chains.add_rungs(town.work, [fired])
    assert whom(town, one) == next_one.id


def test_without_a_second_dispatcher_the_lead_is_the_manager_and_nobody_where_they_know(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    boss = town.on_duty(Role.SAFETY_MANAGER)
    one = rung(town, Who.LEAD)
    assert whom(town, one) == boss.id
    (chain,) = store.chains.lock(town.work, [one[0].chain_id])
    now = town.work.now()
    fired = Fired(chain, replace(one[0], step=0), boss.id, critical=False, due_at=now, at=now)
    store.chains.add_rungs(town.work, [fired])
    assert whom(town, one) is None


def test_an_authority_on_duty_is_called_itself(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    town.on_duty(Role.SAFETY_MANAGER)
    assert Rosters(town.work).manager() is not None
    one = rung(town, Who.AUTHORITY)
    regulator = town.on_duty(Role.REGULATOR)
    assert whom(town, one) == regulator.id


def test_who_else_is_asked_ends_with_the_manager_and_names_nobody_twice(town: DutyTown) -> None:
    patrollers = [town.on_duty(Role.PATROLLER, rank=rank).id for rank in (1, 2)]
    dispatcher = town.on_duty(Role.DISPATCHER).id
    boss = town.on_duty(Role.SAFETY_MANAGER).id
    rosters = Rosters(town.work)
    found = rosters.others("patroller", town.north.path)
    assert found == (*patrollers, dispatcher, boss)
    assert rosters.others("owner", town.north.path) == found  # an owner is a patroller at first


def test_the_manager_is_on_duty_before_one_by_membership(town: DutyTown) -> None:
    assert Rosters(town.work).manager() is None
    by_membership = town.person(Role.SAFETY_MANAGER)
    assert Rosters(town.work).manager() == by_membership.id
    on_duty = town.on_duty(Role.SAFETY_MANAGER)
    assert Rosters(town.work).manager(town.north.path) == on_duty.id
    town.clock.advance(timedelta(days=30))  # the roster is over
    assert Rosters(town.work).manager(town.north.path) == by_membership.id
