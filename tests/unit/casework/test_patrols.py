"""A wanted patrol becomes a duty: of the site that lies there, or of one opened for it; none is lost or doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, SOUTH, DutyTown

from pipewarden.casework import jobs, service, store
from pipewarden.dedupe.facts import PATROL_WANTED, PatrolReason, PatrolWanted
from pipewarden.dedupe.store import add_patrols
from pipewarden.kit.work import FactRef
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


def open_ids(town: DutyTown) -> list[UUID]:
    """Return the sites that need somebody, by id."""
    mine = store.SiteRow.tenant_id == town.work.tenant_id
    found = store.sites.page(town.work, mine, store.SiteFilter(open=True), limit=9)
    return sorted(one.site.id for one in found)


def wanted(town: DutyTown, place: tuple[float, float], *, radius_m: float = 20.0) -> PatrolWanted:
    work = town.work
    made = PatrolWanted(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        clue_id=work.ids.new(),
        lon=place[0],
        lat=place[1],
        radius_m=radius_m,
        zone=Zone.PROTECTION,
        reason=PatrolReason.NO_CAMERA,
        at=work.now(),
        due_at=work.now() + timedelta(minutes=40),
    )
    add_patrols(work, [made])
    return made


def test_a_patrol_where_no_site_is_opens_one_with_an_owner_and_calls_at_once(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    patrol = wanted(town, NORTH)
    service.patrol_wanted(town.work, [patrol.id])
    (site_id,) = open_ids(town)
    site = store.sites.read(town.work, [site_id])[site_id]
    assert (site.owner_id, site.alarm_id, site.zone) == (patroller.id, None, Zone.PROTECTION)
    duty = town.duties(site_id)["patrol"].duty
    assert (duty.about, duty.due_at, duty.person_id) == (patrol.id, patrol.due_at, patroller.id)
    service.sweep(town.work)
    (call,) = town.calls()  # accepting and patrolling are one annunciation
    assert call.site_ids == (site_id,)
    town.accept(site_id, patroller)
    town.arrive(site_id, patroller)
    assert "patrol" not in town.duties(site_id)


def test_a_patrol_near_a_site_is_that_sites(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site(NORTH)
    patrol = wanted(town, (NORTH[0] + 0.0002, NORTH[1]))  # about 17 m east
    service.patrol_wanted(town.work, [patrol.id])
    assert open_ids(town) == [site.id]
    assert town.duties(site.id)["patrol"].duty.about == patrol.id


def test_the_reach_grows_with_the_patrols_own_error(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site(NORTH)
    far = (NORTH[0] + 0.001, NORTH[1])  # about 86 m
    service.patrol_wanted(town.work, [wanted(town, far, radius_m=120.0).id])
    assert open_ids(town) == [site.id]
    service.patrol_wanted(town.work, [wanted(town, far, radius_m=20.0).id])
    assert len(open_ids(town)) == 2


def test_two_patrols_of_one_site_are_two_duties_and_one_told_twice_is_one(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    first, second = wanted(town, NORTH), wanted(town, NORTH)
    facts = [FactRef(PATROL_WANTED, "p", town.work.tenant_id, one.id) for one in (first, second, first)]
    jobs.drain_patrols(town.work, facts)
    jobs.drain_patrols(town.work, facts)
    (site_id,) = open_ids(town)
    about = [kept.duty.about for kept in store.owed.running(town.work, site_id) if kept.duty.kind == "patrol"]
    assert sorted(one.int for one in about if one) == sorted([first.id.int, second.id.int])


def test_another_tenants_patrol_is_not_ours(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    patrol = wanted(town, SOUTH)
    service.patrol_wanted(replace(town.work, tenant_id=town.work.ids.new()), [patrol.id])
    assert open_ids(town) == []


def test_with_nobody_on_duty_a_patrol_is_the_owners(town: DutyTown) -> None:
    manager = town.person(Role.SAFETY_MANAGER)
    service.patrol_wanted(town.work, [wanted(town, NORTH).id])
    (site_id,) = open_ids(town)
    kept = town.duties(site_id)["patrol"]
    assert kept.duty.person_id == manager.id
    assert "no patroller is on duty" in kept.duty.why
