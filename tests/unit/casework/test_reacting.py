"""What follows from each event: owners found, duties handed over, chains begun and ended, the next deadline kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import DutyTown
from sqlalchemy import true

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Declined,
    Ended,
    MergedInto,
    OwnerGiven,
    Parted,
    Reopened,
    Replaced,
    Severity,
    SiteState,
    Struck,
    ViolationOpened,
    When,
)
from pipewarden.casework.service.finding import holder_for
from pipewarden.casework.service.reacting import declined
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

MIN = timedelta(minutes=1)


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


def next_due(town: DutyTown, site_id: UUID) -> object:
    filed = store.sites.one(town.work, true(), site_id)
    assert filed is not None
    return filed.next_due_at


def running(town: DutyTown, site_id: UUID) -> set[str]:
    duties = {kept.duty.id: kept.duty.kind for kept in store.owed.running(town.work, site_id)}
    return {duties[chain.duty_id] for chain in store.chains.running(town.work, site_id=site_id)}


def test_the_sites_next_deadline_is_kept_beside_it(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site()
    assert next_due(town, site.id) == town.clock.now() + 5 * MIN
    town.accept(site.id, patroller)
    assert next_due(town, site.id) == town.clock.now() + 30 * MIN
    town.happen(site.id, Ended(SiteState.FALSE, "no_works", "nothing"))
    assert next_due(town, site.id) is None


def test_what_the_owner_owes_goes_with_the_site_and_what_others_owe_does_not(town: DutyTown) -> None:
    first, second = (town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2))
    boss = town.on_duty(Role.SAFETY_MANAGER)
    site = town.site()
    assert site.owner_id == first.id
    town.happen(site.id, Struck("gas"))
    town.happen(site.id, OwnerGiven(second.id, "patroller", "knows the street"))
    held = {kind: kept.duty.person_id for kind, kept in town.duties(site.id).items()}
    assert held == {"accept": second.id, "arrive": second.id, "accident": boss.id}
    assert town.duties(site.id)["arrive"].duty.why == "knows the street"


def test_what_fell_to_the_owner_for_want_of_its_role_goes_on_to_the_next_one(town: DutyTown) -> None:
    first, second = (town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2))
    site = town.site()
    third = town.person(Role.PATROLLER)
    duty = town.duties(site.id)["arrive"].duty
    fallen = holder_for(town.work, "standby_supervisor", site, town.north.path)
    assert fallen is not None
    store.owed.save(town.work, replace(duty, role=fallen.role, person_id=fallen.person_id, why=fallen.why))
    town.happen(site.id, OwnerGiven(second.id, "patroller", "knows the street"))
    assert town.duties(site.id)["arrive"].duty.person_id == second.id
    standing = town.on_duty(Role.STANDBY_SUPERVISOR)
    town.happen(site.id, OwnerGiven(third.id, "patroller", "x"))
    assert town.duties(site.id)["arrive"].duty.person_id == standing.id  # somebody is on duty in it by now
    town.happen(site.id, OwnerGiven(first.id, "patroller", "x"))
    assert town.duties(site.id)["arrive"].duty.person_id == standing.id


def test_a_duty_that_a_hand_over_itself_closes_stays_closed(town: DutyTown, monkeypatch: pytest.MonkeyPatch) -> None:
    second = [town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2)][1]
    site = town.site()
    policy = store.shipped_duties()
    arrive = replace(policy.duties["arrive"], closes=(When(event="owner_given"),))
    monkeypatch.setattr(store, "shipped_duties", lambda: replace(policy, duties={**policy.duties, "arrive": arrive}))
    town.happen(site.id, OwnerGiven(second.id, "patroller", "knows the street"))
    assert set(town.duties(site.id)) == {"accept"}


def test_a_chain_begins_at_once_only_where_the_policy_says_so(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site()
    assert running(town, site.id) == {"accept"}
    town.clock.advance(31 * MIN)
    service.sweep(town.work)
    assert running(town, site.id) == {"accept", "arrive"}


def test_the_chain_of_a_new_owner_begins_anew(town: DutyTown) -> None:
    first, second = (town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2))
    site = town.site()
    service.sweep(town.work)
    town.clock.advance(4 * MIN)
    town.happen(site.id, Declined("no car"), by=first)
    (chain,) = store.chains.running(town.work, site_id=site.id)
    assert (chain.round_at, chain.step, chain.loop) == (town.clock.now(), 0, 0)
    service.sweep(town.work)
    assert [one.person_id for one in town.calls()] == [first.id, second.id]


def test_who_declined_is_forgotten_once_somebody_accepts_or_it_comes_back(town: DutyTown) -> None:
    first, second = (town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2))
    site = town.site()
    town.happen(site.id, Declined("no car"), by=first)
    assert declined(town.work, site.id) == {first.id}
    town.accept(site.id, second)
    assert declined(town.work, site.id) == set()
    town.happen(site.id, Declined("a strike elsewhere"), by=second)
    assert declined(town.work, site.id) == {second.id}
    town.happen(site.id, Ended(SiteState.FALSE, "no_works", "nothing"))
    town.happen(site.id, Reopened("seen again"))
    assert declined(town.work, site.id) == set()


def test_a_merged_site_owes_nothing_and_a_parted_one_everything_again(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site, other = town.site(), town.site()
    broken = town.work.ids.new()
    town.happen(site.id, ViolationOpened(broken, "V-PLAN", Severity.MAJOR, "条例 34", "no plan"))
    town.happen(site.id, MergedInto(other.id, "one site"))
    assert town.duties(site.id) == {}
    assert store.chains.running(town.work, site_id=site.id) == []
    town.happen(site.id, Parted("two after all"))
    assert {"arrive", "rectify"} <= set(town.duties(site.id))
    assert town.duties(site.id)["rectify"].duty.about == broken
    assert service.audit(town.work) == service.Audited(0, 0)


def test_a_site_that_comes_back_finds_an_owner_anew(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site()
    town.happen(site.id, Ended(SiteState.FALSE, "no_works", "nothing"))
    back = town.happen(site.id, Reopened("seen again"))
    assert back.owner_id is not None
    assert set(town.duties(site.id)) == {"accept", "arrive"}


def test_a_site_nobody_had_finds_its_owner_with_the_next_event(town: DutyTown) -> None:
    site = town.site()
    assert site.owner_id is None
    patroller = town.on_duty(Role.PATROLLER)
    moved = town.happen(site.id, Replaced(Zone.PROTECTION, 1, 116.7001, 39.55, "it moved"))
    assert moved.owner_id == patroller.id
    assert town.duties(site.id)["arrive"].duty.person_id == patroller.id


def test_an_event_that_owes_nothing_changes_no_duty(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site()
    before = store.owed.running(town.work, site.id)
    town.happen(site.id, Replaced(Zone.PROTECTION, 2, 116.7001, 39.55, "it moved"))
    assert store.owed.running(town.work, site.id) == before


def test_a_duty_knows_where_its_people_are_looked_for(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site()
    kept = town.duties(site.id)["arrive"]
    assert (kept.area_path, kept.lon, kept.lat) == (town.north.path, site.lon, site.lat)
    assert kept.ladder == "danger"
    plain = town.duties(town.site(zone=Zone.CONTROL).id)["arrive"]
    assert plain.ladder == "usual"
