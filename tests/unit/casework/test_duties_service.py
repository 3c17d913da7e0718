"""Somebody has every site in hand: owners, duties, chains, calls, as rows that time and people act on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, NOWHERE, SOUTH, DutyTown
from sqlalchemy import text

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    CALLED,
    Declined,
    DutyState,
    Ended,
    OwnerGiven,
    Proof,
    Reopened,
    SiteState,
    StopOrdered,
    Struck,
    Urgency,
    Verified,
)
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from pipewarden.casework.facts import Call
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

MIN = timedelta(minutes=1)


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


def steps(calls: list[Call]) -> list[tuple[float, str]]:
    """Minutes after the first call, and whom the step called."""
    return [((one.at - calls[0].at) / MIN, one.params["step"]) for one in calls if one.params.get("step")]


def test_a_new_site_has_a_named_owner_in_the_same_transaction_and_the_words_say_why(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER, town.north)
    town.on_duty(Role.PATROLLER, town.south)
    site = town.site()
    assert site.owner_id == patroller.id
    given = [one.body for one in store.history.events(town.work, site.id) if isinstance(one.body, OwnerGiven)]
    assert [(one.person_id, one.role) for one in given] == [(patroller.id, "patroller")]
    assert "of the nearest roster" in given[0].why
    duties = town.duties(site.id)
    assert {kind: kept.duty.person_id for kind, kept in duties.items()} == {
        "accept": patroller.id,
        "arrive": patroller.id,
    }
    assert duties["accept"].duty.due_at == town.clock.now() + 5 * MIN
    assert store.sites.read(town.work, [site.id])
    filed = store.sites.one(town.work, text("true"), site.id)
    assert filed is not None
    assert filed.next_due_at == duties["accept"].duty.due_at


def test_load_decides_between_two_on_one_roster(town: DutyTown) -> None:
    first, second = (town.on_duty(Role.PATROLLER, town.north, rank=rank) for rank in (1, 2))
    owners = [town.site().owner_id for _ in range(4)]
    assert owners == [first.id, second.id, first.id, second.id]


def test_the_first_call_goes_out_with_the_next_sweep(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site()
    town.work.take_facts()
    service.sweep(town.work)
    (call,) = town.calls()
    assert (call.person_id, call.site_ids, call.text, call.step) == (patroller.id, (site.id,), "duty.accept", 0)
    assert call.urgency is Urgency.ALARM
    assert call.ack_by == town.clock.now() + 5 * MIN
    said = [one for one in town.work.take_facts() if one.kind == CALLED]
    assert [(one.fact_id, one.partition) for one in said] == [(call.id, town.work.own(str(patroller.id)))]
    service.sweep(town.work)
    assert len(town.calls()) == 1


def test_nobody_answers_and_it_climbs_to_the_manager_and_the_authority(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    town.on_duty(Role.DISPATCHER)
    town.on_duty(Role.DISPATCHER, rank=2)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    town.site()
    service.sweep(town.work)
    town.pass_time(minutes=61)
    of_accept = [one for one in town.calls() if one.params["kind"] == "accept"]
    assert steps(of_accept) == [
        (0, "owner"),
        (5, "dispatcher"),
        (15, "lead"),
        (30, "safety_manager"),
        (60, "authority"),
    ]
    assert len({one.person_id for one in of_accept}) == 4
    assert of_accept[-1].person_id == manager.id  # no regulator is on duty: the manager tells the authority
    assert town.duties(of_accept[0].site_ids[0])["arrive"].duty.state is DutyState.OVERDUE


def test_accepting_stops_the_chain_and_arriving_ends_both_duties(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    town.on_duty(Role.DISPATCHER)
    site = town.site()
    service.sweep(town.work)
    town.accept(site.id, patroller)
    town.pass_time(minutes=20)
    assert len(town.calls()) == 1
    town.arrive(site.id, patroller)
    assert set(town.duties(site.id)) == {"verify"}
    town.happen(site.id, Verified(true=True, code="digging", proof=Proof(pictures=("0" * 64,), words="seen")))
    assert set(town.duties(site.id)) == {"notify"}


def test_the_owners_acknowledgement_of_a_new_site_is_its_acceptance(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site()
    service.sweep(town.work)
    (call,) = town.calls()
    service.acknowledge_call(town.work, call.id, patroller.id)
    service.acknowledge_call(town.work, call.id, patroller.id)
    assert store.sites.read(town.work, [site.id])[site.id].accepted_at == town.clock.now()
    assert set(town.duties(site.id)) == {"arrive"}
    assert service.acknowledged(town.work, [call.id]) == {call.id}
    kinds = [one.body.kind for one in store.history.events(town.work, site.id)]
    assert kinds.count("accepted") == 1


def test_a_word_without_proof_starts_the_chain_again(town: DutyTown) -> None:
    """The dispatcher says that they see to it, and nobody accepts: after ten minutes the owner is called again."""
    town.on_duty(Role.PATROLLER)
    dispatcher = town.on_duty(Role.DISPATCHER)
    site = town.site()
    service.sweep(town.work)
    town.pass_time(minutes=5)
    (call,) = town.calls(dispatcher)
    service.acknowledge_call(town.work, call.id, dispatcher.id)
    assert town.duties(site.id)["accept"].duty.acked_at == town.clock.now()
    before = len(town.calls())
    town.pass_time(minutes=9, seconds=50)
    assert len(town.calls()) == before
    town.pass_time(seconds=15)
    again = town.calls()[-1]
    assert (again.loop, again.step, again.params["step"]) == (1, 0, "owner")


def test_an_unknown_call_is_not_found(town: DutyTown) -> None:
    with pytest.raises(NotFoundError):
        service.acknowledge_call(town.work, town.work.ids.new(), town.work.ids.new())


def test_who_cannot_be_reached_is_followed_by_the_next_step_at_once(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    dispatcher = town.on_duty(Role.DISPATCHER)
    town.site()
    service.sweep(town.work)
    (call,) = town.calls()
    service.unreachable(town.work, call.id, "no channel")
    service.unreachable(town.work, call.id, "no channel")
    town.pass_time(seconds=5)
    assert [one.person_id for one in town.calls()][1:] == [dispatcher.id]
    answered = store.calls.read(town.work, [call.id])[call.id]
    assert answered.unreachable_why == "no channel"


def test_an_empty_step_is_passed_over_at_once(town: DutyTown) -> None:
    """No dispatcher is on duty: at five minutes the chain goes on to who is."""
    town.on_duty(Role.PATROLLER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    town.site()
    service.sweep(town.work)
    town.pass_time(minutes=5, seconds=5)
    assert [(one.params["step"], one.person_id == manager.id) for one in town.calls()][1:] == [("lead", True)]


def test_a_roster_that_changes_in_flight_changes_whom_the_next_step_calls(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    first = town.person(Role.DISPATCHER)
    duty = town.roster(first, Role.DISPATCHER)
    town.site()
    service.sweep(town.work)
    town.pass_time(minutes=3)
    second = town.person(Role.DISPATCHER)
    now = town.clock.now()
    people.substitute(
        town.work, town.root, duty.id, second.id, begins_at=now, ends_at=now + timedelta(hours=8), reason="ill"
    )
    town.pass_time(minutes=3)
    assert town.calls(first) == []
    assert len(town.calls(second)) == 1


def test_declining_finds_the_next_one_and_everybody_declining_comes_round(town: DutyTown) -> None:
    first, second = (town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2))
    manager = town.on_duty(Role.SAFETY_MANAGER)
    site = town.site()
    owners = [site.owner_id]
    for person in (first, second, manager):
        site = town.happen(site.id, Declined("no car"), by=person)
        owners.append(site.owner_id)
    assert owners[:3] == [first.id, second.id, manager.id]
    assert owners[3] is not None
    assert town.duties(site.id)["accept"].duty.person_id == owners[3]
    assert town.duties(site.id)["arrive"].duty.person_id == owners[3]


def test_where_no_roster_names_anybody_the_manager_gets_it_and_is_told(town: DutyTown) -> None:
    manager = town.person(Role.SAFETY_MANAGER)
    site = town.site()
    assert site.owner_id == manager.id
    service.sweep(town.work)
    breaches = [one for one in town.calls(manager) if one.text == "breach"]
    assert [(one.params["what"], one.site_ids) for one in breaches] == [("nobody_on_duty", (site.id,))]


def test_a_site_without_anybody_is_found_by_the_audit_and_gets_an_owner_when_somebody_comes(town: DutyTown) -> None:
    site = town.site()
    assert site.owner_id is None
    assert service.audit(town.work).unowned == 1
    patroller = town.on_duty(Role.PATROLLER)
    assert service.audit(town.work).unowned == 1
    assert store.sites.read(town.work, [site.id])[site.id].owner_id == patroller.id
    assert service.audit(town.work) == service.Audited(0, 0)


def test_a_forgotten_site_is_told_once_a_day(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    site = town.site()
    assert service.audit(town.work).forgotten == 0
    town.work.session.execute(text("UPDATE casework_duties SET state = 'done'"))
    town.work.session.execute(text("UPDATE casework_chains SET due_at = NULL"))
    assert service.audit(town.work).forgotten == 1
    assert service.audit(town.work).forgotten == 1
    service.sweep(town.work)
    told = [one for one in town.calls(manager) if one.params.get("what") == "no_deadline"]
    assert [one.site_ids for one in told] == [(site.id,)]
    town.clock.advance(timedelta(days=1))
    service.audit(town.work)
    service.sweep(town.work)
    assert len([one for one in town.calls(manager) if one.params.get("what") == "no_deadline"]) == 2


@pytest.mark.parametrize("place", [None, NOWHERE])
def test_a_site_of_no_place_or_outside_every_area_finds_somebody_all_the_same(
    town: DutyTown, place: tuple[float, float] | None
) -> None:
    wide = town.on_duty(Role.PATROLLER, town.city)
    town.on_duty(Role.PATROLLER, town.north)
    assert town.site(place).owner_id == wide.id


def test_a_role_that_is_on_duty_nowhere_falls_to_the_owner(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER, town.north)
    site = town.site()
    town.happen(site.id, StopOrdered(town.work.ids.new(), "no plan"))
    kept = town.duties(site.id)["stopped"]
    assert kept.duty.person_id == site.owner_id


def test_a_strike_is_the_managers_at_once(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    site = town.site(zone=Zone.CONTROL)
    service.sweep(town.work)
    town.happen(site.id, Struck("gas is coming out"))
    service.sweep(town.work)
    (call,) = town.calls(manager)
    assert (call.text, call.urgency) == ("duty.accident", Urgency.ALARM)
    assert town.duties(site.id)["accident"].duty.due_at == town.clock.now() + 60 * MIN


def test_an_ended_site_calls_nobody_any_more_and_a_reopened_one_does(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site()
    town.happen(site.id, Ended(SiteState.FALSE, "no_works", "nothing there"), by=patroller)
    assert town.duties(site.id) == {}
    service.sweep(town.work)
    assert town.calls() == []  # the first call had not gone out, and is not wanted any more
    town.pass_time(minutes=6)
    assert town.calls() == []
    town.happen(site.id, Reopened("seen again"))
    service.sweep(town.work)
    assert [one.text for one in town.calls()] == ["duty.accept"]


def test_a_pause_stops_the_time_and_ends_by_itself(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    dispatcher = town.actor(town.on_duty(Role.DISPATCHER))
    site = town.site()
    town.accept(site.id, patroller)
    arrive = town.duties(site.id)["arrive"].duty
    until = town.clock.now() + 60 * MIN
    paused = service.pause(town.work, dispatcher, arrive.id, "storm", until)
    assert (paused.duty.state, paused.pause_until) == (DutyState.PAUSED, until)
    assert service.audit(town.work).forgotten == 0
    town.pass_time(minutes=59)
    assert town.duties(site.id)["arrive"].duty.state is DutyState.PAUSED
    town.pass_time(minutes=2)
    back = town.duties(site.id)["arrive"].duty
    assert (back.state, back.due_at) == (DutyState.OPEN, arrive.due_at + 60 * MIN)
    with pytest.raises(InputError, match="is no reason"):
        service.pause(town.work, dispatcher, arrive.id, "lunch", town.clock.now() + MIN)
    again = service.pause(town.work, dispatcher, arrive.id, "storm", town.clock.now() + 60 * MIN)
    town.clock.advance(10 * MIN)
    assert service.resume(town.work, dispatcher, again.duty.id).duty.due_at == back.due_at + 10 * MIN
    acts = {one.act for one in people.read(town.work, town.actor(town.person(Role.AUDITOR)))}
    assert {"site_duty.paused", "site_duty.resumed"} <= acts


def test_only_those_in_reach_pause(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site(NORTH)
    arrive = town.duties(site.id)["arrive"].duty
    until = town.clock.now() + MIN
    with pytest.raises(NotFoundError):
        service.pause(town.work, town.actor(town.person(Role.DISPATCHER, area=town.south)), arrive.id, "storm", until)
    with pytest.raises(ForbiddenError):
        service.pause(town.work, town.actor(town.person(Role.LOCATOR)), arrive.id, "storm", until)


def test_a_shelved_site_is_silent_until_its_shelf_ends(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    boss = town.on_duty(Role.DISPATCHER)
    site = town.site(zone=Zone.CONTROL)
    service.sweep(town.work)
    until = town.clock.now() + 120 * MIN
    service.shelve(town.work, town.actor(boss), site.id, "the crew is known", until)
    town.pass_time(minutes=119)
    assert len(town.calls()) == 1
    assert service.audit(town.work).forgotten == 0
    town.pass_time(minutes=2)
    assert len(town.calls()) > 1
    assert service.shelves(town.work, town.actor(boss)) == []


def test_ending_a_shelf_early_brings_back_what_it_held(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    boss = town.actor(town.on_duty(Role.DISPATCHER))
    site = town.site(zone=Zone.CONTROL)
    service.sweep(town.work)
    shelf = service.shelve(town.work, boss, site.id, "known", town.clock.now() + 120 * MIN)
    assert [one.id for one in service.shelves(town.work, boss)] == [shelf.id]
    town.clock.advance(MIN)
    service.end_shelf(town.work, boss, shelf.id)
    service.sweep(town.work)
    assert len(town.calls()) == 2
    with pytest.raises(NotFoundError):
        service.end_shelf(town.work, boss, shelf.id)


def test_a_site_that_turns_critical_leaves_its_shelf(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    boss = town.actor(town.on_duty(Role.DISPATCHER))
    site = town.site(zone=Zone.CONTROL)
    service.sweep(town.work)
    service.shelve(town.work, boss, site.id, "known", town.clock.now() + 120 * MIN)
    town.happen(site.id, Struck("gas"))
    service.sweep(town.work)
    assert [one.text for one in town.calls(manager)] == ["duty.accident"]
    assert service.shelves(town.work, boss) == []


def test_what_cannot_be_shelved(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    boss = town.actor(town.on_duty(Role.DISPATCHER))
    now = town.clock.now()
    plain, worst, over = town.site(zone=Zone.CONTROL), town.site(level=1), town.site()
    town.happen(over.id, Ended(SiteState.FALSE, "no_works", "nothing"))
    with pytest.raises(InputError, match="eight hours"):
        service.shelve(town.work, boss, plain.id, "known", now + timedelta(hours=9))
    with pytest.raises(RefusedError, match="critical"):
        service.shelve(town.work, boss, worst.id, "known", now + MIN)
    with pytest.raises(RefusedError, match="calls nobody"):
        service.shelve(town.work, boss, over.id, "known", now + MIN)
    with pytest.raises(NotFoundError):
        service.shelve(
            town.work, town.actor(town.person(Role.DISPATCHER, area=town.south)), plain.id, "known", now + MIN
        )


def test_a_hand_over_lists_what_is_open_and_waits_for_the_incoming_word(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    out, incoming = town.on_duty(Role.DISPATCHER), town.on_duty(Role.DISPATCHER, rank=2)
    site = town.site()
    town.clock.advance(6 * MIN)
    made = service.write_log(town.work, town.actor(out), "quiet, one new site", to_id=incoming.id)
    assert {(one.site_id, one.kind, one.overdue) for one in made.items} == {
        (site.id, "accept", True),
        (site.id, "arrive", False),
    }
    assert made.acked_at is None
    with pytest.raises(RefusedError, match="not handed over to you"):
        service.take_over(town.work, town.actor(out), made.id)
    taken = service.take_over(town.work, town.actor(incoming), made.id)
    assert taken.acked_at == town.clock.now()
    town.clock.advance(MIN)
    assert service.take_over(town.work, town.actor(incoming), made.id) == taken
    note = service.write_log(town.work, town.actor(incoming), "rain", to_id=None)
    assert note.items == ()
    assert [one.id for one in service.shift_log(town.work, town.actor(out), limit=9)] == [note.id, made.id]
    with pytest.raises(InputError, match="is yourself"):
        service.write_log(town.work, town.actor(out), "x", to_id=out.id)


def test_a_clock_set_back_makes_nobody_wait_an_hour_longer(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    town.on_duty(Role.DISPATCHER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    town.site()
    service.sweep(town.work)
    town.pass_time(minutes=2)
    town.clock.advance(-60 * MIN)
    town.pass_time(minutes=2, seconds=55)
    assert [one.params["step"] for one in town.calls() if "step" in one.params] == ["owner"]
    town.pass_time(seconds=10)
    assert {one.params["step"] for one in town.calls() if "step" in one.params} == {"owner", "dispatcher"}
    assert [one.params["what"] for one in town.calls(manager)] == ["clock_set_back"]


def test_a_clock_set_forward_doubles_nothing_and_leaves_nothing_out(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    town.on_duty(Role.DISPATCHER)
    town.on_duty(Role.DISPATCHER, rank=2)
    town.on_duty(Role.SAFETY_MANAGER)
    town.site()
    service.sweep(town.work)
    town.clock.advance(61 * MIN)
    town.pass_time(minutes=5)
    found = [(one.loop, one.step) for one in town.calls() if one.params["kind"] == "accept"]
    assert found == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]


def test_a_calendar_that_nobody_filed_is_told_to_the_manager(town: DutyTown) -> None:
    town.clock.moment = replace_year(town)
    town.on_duty(Role.PATROLLER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    site = town.site(zone=Zone.CONTROL)
    opened = store.shipped_duties().duties["reply"]
    assert opened.due[0].count.value == "working"
    town.work.session.execute(
        text("UPDATE casework_sites SET state = 'notified', sum = jsonb_set(sum, '{state}', '\"notified\"')")
    )
    from pipewarden.casework.facts import Advanced  # noqa: PLC0415

    before = store.sites.read(town.work, [site.id])[site.id]
    event = store.history.events(town.work, site.id)[-1]
    body = Advanced(SiteState.FILED, Proof())
    service.react(town.work, before, replace(event, body=body), replace(before, state=SiteState.FILED))
    service.sweep(town.work)
    assert [one.params["what"] for one in town.calls(manager)] == ["calendar_2027"]


def replace_year(town: DutyTown):
    return town.clock.now().replace(year=2027)


def test_a_roster_far_away_is_not_asked(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER, town.north)
    manager = town.person(Role.SAFETY_MANAGER)
    assert town.site(SOUTH).owner_id == manager.id
