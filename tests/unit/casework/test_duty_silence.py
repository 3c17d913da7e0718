"""Pauses and shelves keep quiet for exactly as long as they say: no word, hand-over or clock makes it more or less."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import DutyTown
from sqlalchemy import true

from pipewarden.casework import service, store
from pipewarden.casework.facts import AccidentReported, DutyState, Ended, OwnerGiven, Reopened, SiteState, Struck
from pipewarden.casework.store.owed import DutyFilter
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Shelf, Site, SiteDuty
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Person

SEC, MIN, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Desk:
    """A town with a patroller and a dispatcher on duty, and one site that is not critical."""

    def __init__(self, work: Work, clock: SetClock) -> None:
        self.town = DutyTown(work, clock)
        self.patroller: Person = self.town.on_duty(Role.PATROLLER)
        self.boss: Actor = self.town.actor(self.town.on_duty(Role.DISPATCHER))
        self.site: Site = self.town.site(zone=Zone.CONTROL)

    def arrive(self) -> SiteDuty:
        return self.town.duties(self.site.id)["arrive"].duty

    def pause(self, time: timedelta = H, duty_id: UUID | None = None) -> SiteDuty:
        until = self.town.clock.now() + time
        return service.pause(self.town.work, self.boss, duty_id or self.arrive().id, "storm", until).duty

    def shelve(self, time: timedelta = 2 * H) -> Shelf:
        return service.shelve(self.town.work, self.boss, self.site.id, "known", self.town.clock.now() + time)

    def count(self) -> int:
        return len(self.town.calls())


@pytest.fixture
def desk(work: Work, clock: SetClock) -> Desk:
    return Desk(work, clock)


def test_a_pause_outlives_a_hand_over_and_still_ends(desk: Desk) -> None:
    """A site that changes hands while a duty stands still must not stand still for ever."""
    due_at = desk.arrive().due_at
    desk.pause()
    other = desk.town.on_duty(Role.PATROLLER, rank=2)
    desk.town.happen(desk.site.id, OwnerGiven(other.id, "patroller", "shift ends"))
    kept = desk.town.duties(desk.site.id)["arrive"]
    assert (kept.duty.person_id, kept.duty.state) == (other.id, DutyState.PAUSED)
    assert kept.pause_until == desk.town.clock.now() + H
    desk.town.clock.advance(H)
    service.sweep(desk.town.work)
    assert (desk.arrive().state, desk.arrive().due_at) == (DutyState.OPEN, due_at + H)


def test_a_pause_ends_at_its_moment_and_not_a_second_before(desk: Desk) -> None:
    desk.pause()
    desk.town.clock.advance(H - SEC)
    service.sweep(desk.town.work)
    assert desk.arrive().state is DutyState.PAUSED
    desk.town.clock.advance(SEC)
    service.sweep(desk.town.work)
    assert desk.arrive().state is DutyState.OPEN


def test_a_paused_duty_is_not_late_in_any_list(desk: Desk) -> None:
    """Its time does not run: the lists of what is late must not name it, nor its site."""
    town = desk.town
    town.accept(desk.site.id, desk.patroller)
    due_at = desk.arrive().due_at
    desk.pause(4 * H)
    town.clock.advance(3 * H)
    late = store.owed.page(town.work, true(), DutyFilter(past_at=town.clock.now()), limit=9)
    assert [one.duty.kind for one in late if one.duty.site_id == desk.site.id] == []
    sites = store.sites.page(town.work, true(), store.SiteFilter(overdue_at=town.clock.now()), limit=9)
    assert desk.site.id not in {one.site.id for one in sites}
    filed = store.sites.one(town.work, true(), desk.site.id)
    assert filed is not None
    assert filed.next_due_at == due_at + 4 * H  # when it is due if nobody ends the pause before
    service.resume(town.work, desk.boss, desk.arrive().id)
    assert desk.arrive().due_at == due_at + 3 * H


def test_an_overdue_duty_that_stood_still_climbs_again_once_its_time_runs(desk: Desk) -> None:
    town = desk.town
    town.accept(desk.site.id, desk.patroller)
    town.pass_time(minutes=61)
    assert desk.arrive().state is DutyState.OVERDUE
    before = desk.count()
    desk.pause()
    town.pass_time(minutes=59)
    assert desk.count() == before
    town.pass_time(minutes=2)
    assert desk.arrive().state is DutyState.OVERDUE
    assert desk.count() > before


def test_a_paused_duty_that_is_done_is_over(desk: Desk) -> None:
    paused = desk.pause()
    desk.town.arrive(desk.site.id, desk.patroller)
    desk.town.clock.advance(2 * H)
    service.sweep(desk.town.work)
    kept = store.owed.read(desk.town.work, [paused.id])[paused.id]
    assert kept.duty.state is DutyState.DONE
    with pytest.raises(NotFoundError):
        service.resume(desk.town.work, desk.boss, paused.id)
    with pytest.raises(NotFoundError):
        desk.pause(duty_id=paused.id)


def test_the_longest_pause_is_a_week_to_the_second(desk: Desk) -> None:
    for wrong in (timedelta(0), -SEC, timedelta(days=7, seconds=1)):
        with pytest.raises(InputError) as told:
            desk.pause(wrong)
        assert told.value.field == "until"
    assert desk.arrive().state is DutyState.OPEN
    assert desk.pause(timedelta(days=7)).state is DutyState.PAUSED
    with pytest.raises(InputError, match="is paused"):
        desk.pause()


def test_pausing_and_resuming_without_any_time_between_changes_no_deadline(desk: Desk) -> None:
    before = desk.arrive()
    desk.pause()
    assert service.resume(desk.town.work, desk.boss, before.id).duty == before
    assert service.resume(desk.town.work, desk.boss, before.id).duty == before  # twice


def test_pauses_of_another_tenant_are_out_of_reach(desk: Desk) -> None:
    town = desk.town
    there = people.ensure_tenant(town.work.session, town.work.clock, town.work.ids, "gas-next-door").id
    with pytest.raises(NotFoundError):
        service.pause(replace(town.work, tenant_id=there), desk.boss, desk.arrive().id, "storm", town.clock.now() + MIN)
    assert desk.arrive().state is DutyState.OPEN


def test_a_word_about_an_older_call_does_not_wake_a_shelved_site(desk: Desk) -> None:
    """Whoever answers while the site is shelved buys no call before its shelf ends."""
    town = desk.town
    service.sweep(town.work)
    (call,) = town.calls()
    desk.shelve()
    dispatcher = town.person(Role.DISPATCHER)
    service.acknowledge_call(town.work, call.id, dispatcher.id)
    town.pass_time(minutes=45)  # past the half hour in which the proof would have been due
    assert desk.count() == 1
    town.pass_time(minutes=76)
    assert desk.count() > 1


def test_a_call_that_could_not_be_brought_does_not_wake_a_shelved_site(desk: Desk) -> None:
    town = desk.town
    service.sweep(town.work)
    (call,) = town.calls()
    desk.shelve()
    service.unreachable(town.work, call.id, "no channel")
    town.pass_time(minutes=2)
    assert desk.count() == 1
    town.clock.advance(2 * H)
    service.sweep(town.work)
    assert desk.count() > 1


def test_a_clock_set_back_ends_a_shelf_no_later(desk: Desk) -> None:
    """The shelf's end is a time to come like any other: it goes back with the clock, and can still be ended early."""
    town = desk.town
    service.sweep(town.work)
    shelf = desk.shelve()
    town.clock.advance(-H)
    service.sweep(town.work)
    (held,) = service.shelves(town.work, desk.boss)
    assert held.ends_at == shelf.ends_at - H
    town.clock.advance(5 * MIN)
    service.end_shelf(town.work, desk.boss, shelf.id)
    service.sweep(town.work)
    assert len([one for one in town.calls() if one.text != "breach"]) == 2


def test_a_shelf_that_was_over_holds_no_more_when_the_clock_is_set_back(desk: Desk) -> None:
    town = desk.town
    desk.shelve(H)
    town.clock.advance(2 * H)
    service.sweep(town.work)
    town.clock.advance(-90 * MIN)  # half an hour before the shelf's end, as the clock has it now
    service.sweep(town.work)
    assert service.shelves(town.work, desk.boss) == []
    assert store.watched.shelf_until(town.work, desk.site.id) is None


@pytest.mark.parametrize("again", [H, 4 * H])
def test_a_second_shelf_stands_for_the_first(desk: Desk, again: timedelta) -> None:
    town = desk.town
    service.sweep(town.work)
    first = desk.shelve(2 * H)
    second = desk.shelve(again)
    assert [one.id for one in service.shelves(town.work, desk.boss)] == [second.id]
    with pytest.raises(NotFoundError):
        service.end_shelf(town.work, desk.boss, first.id)
    town.clock.advance(again - SEC)
    service.sweep(town.work)
    assert desk.count() == 1
    town.clock.advance(SEC)
    service.sweep(town.work)
    assert desk.count() > 1


def test_a_deadline_that_passes_on_the_shelf_calls_when_it_ends(desk: Desk) -> None:
    """The duty is late all the same: a shelf silences calls, it moves no deadline."""
    town = desk.town
    town.accept(desk.site.id, desk.patroller)
    desk.shelve()
    town.pass_time(minutes=61)
    assert desk.arrive().state is DutyState.OVERDUE
    assert desk.count() == 0
    town.clock.advance(59 * MIN)
    service.sweep(town.work)
    assert [one.params["kind"] for one in town.calls()] == ["arrive"]


def test_the_longest_shelf_is_eight_hours_to_the_second(desk: Desk) -> None:
    for wrong in (timedelta(0), -SEC, 8 * H + SEC):
        with pytest.raises(InputError) as told:
            desk.shelve(wrong)
        assert told.value.field == "until"
    assert desk.shelve(8 * H).ends_at == desk.town.clock.now() + 8 * H


def test_a_shelf_that_is_over_is_ended_by_nobody(desk: Desk) -> None:
    shelf = desk.shelve(H)
    desk.town.clock.advance(H)
    with pytest.raises(NotFoundError):
        service.end_shelf(desk.town.work, desk.boss, shelf.id)


def test_who_ends_a_shelf_reaches_its_site(desk: Desk) -> None:
    town, shelf = desk.town, desk.shelve()
    south = town.actor(town.person(Role.DISPATCHER, area=town.south))
    assert service.shelves(town.work, south) == []
    with pytest.raises(NotFoundError):
        service.end_shelf(town.work, south, shelf.id)
    with pytest.raises(ForbiddenError):
        service.end_shelf(town.work, town.actor(desk.patroller), shelf.id)
    north = town.actor(town.person(Role.DISPATCHER, area=town.north))
    service.end_shelf(town.work, north, shelf.id)
    assert service.shelves(town.work, north) == []


def test_a_site_that_ends_and_opens_again_on_its_shelf_calls_for_an_owner(desk: Desk) -> None:
    """What cannot wait begins at once on a shelved site too: an owner has five minutes to say yes."""
    town = desk.town
    desk.shelve()
    town.happen(desk.site.id, Ended(SiteState.FALSE, "no_works", "nothing"))
    town.happen(desk.site.id, Reopened("seen again"))
    service.sweep(town.work)
    assert [one.params["kind"] for one in town.calls()] == ["accept"]


def test_a_struck_site_goes_on_no_shelf_until_the_strike_is_reported(desk: Desk) -> None:
    desk.town.on_duty(Role.SAFETY_MANAGER)
    desk.town.happen(desk.site.id, Struck("gas"))
    with pytest.raises(RefusedError, match="critical") as told:
        desk.shelve()
    assert told.value.field == "site"
    desk.town.happen(desk.site.id, AccidentReported("应急局"))
    assert desk.shelve().site_id == desk.site.id
