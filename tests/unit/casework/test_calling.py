"""What a call says, whom it speaks for, and what is held back: gathered, spilled, flooded, told of the house itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, DutyTown

from pipewarden.casework import service, store
from pipewarden.casework.facts import Call, Severity, Shape, StopOrdered, Urgency, ViolationOpened
from pipewarden.casework.service.finding import FLOOD
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


def busy(town: DutyTown, person_id: UUID, calls: int, urgency: Urgency = Urgency.DUE) -> None:
    for _ in range(calls):
        work = town.work
        made = Call(work.ids.new(), work.tenant_id, person_id, urgency, (), None, 0, 0, "other", {}, work.now())
        store.calls.add(work, made, Shape.ONE)


def fresh(town: DutyTown) -> list[Call]:
    """Sweep, and return what that sent."""
    before = {one.id for one in town.calls()}
    service.sweep(town.work)
    return [one for one in town.calls() if one.id not in before]


def test_a_call_says_what_where_and_until_when(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    site = town.site(NORTH, zone=Zone.CONTROL, level=2)
    (call,) = fresh(town)
    assert call.params == {
        "kind": "accept",
        "step": "owner",
        "count": "1",
        "zone": "control",
        "level": "2",
        "spilled": "",
    }
    assert (call.site_ids, call.urgency, call.loop) == ((site.id,), Urgency.DUE, 0)
    assert call.duty_id == town.duties(site.id)["accept"].duty.id
    assert call.ack_by == town.clock.now() + 15 * MIN  # the dispatcher is next on the usual ladder


def test_two_duties_of_one_site_are_one_call_about_both(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site(zone=Zone.CONTROL, level=2)
    town.accept(site.id, patroller)
    town.happen(site.id, StopOrdered(town.work.ids.new(), "danger"))
    broken = ViolationOpened(town.work.ids.new(), "V-PLAN", Severity.MINOR, "条例 34", "no plan")
    town.happen(site.id, broken)
    town.clock.advance(timedelta(hours=24))
    late = [one for one in fresh(town) if one.person_id == patroller.id]
    assert len(late) == 1
    assert late[0].duty_id is None  # of several duties
    assert late[0].site_ids == (site.id,)
    kinds = {
        kept.duty.kind for kept in store.owed.read(town.work, store.chains.duties_of(town.work, late[0].id)).values()
    }
    assert kinds == {"arrive", "rectify", "stopped"}


def test_an_answer_to_one_call_answers_everything_it_speaks_of(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    sites = [town.site(zone=Zone.CONTROL, level=2) for _ in range(3)]
    (call,) = fresh(town)
    assert call.text == "gathered"
    assert call.params["count"] == "3"
    service.acknowledge_call(town.work, call.id, patroller.id)
    read = store.sites.read(town.work, [one.id for one in sites])
    assert all(one.accepted_at is not None for one in read.values())


def test_a_person_without_room_is_spared_and_the_words_say_that_it_spilled(town: DutyTown) -> None:
    first = town.on_duty(Role.PATROLLER)
    dispatcher = town.on_duty(Role.DISPATCHER)
    town.site(level=1)
    busy(town, first.id, FLOOD.most - FLOOD.reserve)
    (call,) = fresh(town)
    assert (call.person_id, call.params["spilled"]) == (dispatcher.id, "yes")


def test_notes_are_no_annunciations(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    busy(town, patroller.id, 30, Urgency.NOTE)
    town.site(level=1)
    assert [one.person_id for one in fresh(town)] == [patroller.id]


def test_what_nobody_can_take_waits_in_the_list_and_goes_out_when_a_window_frees(town: DutyTown) -> None:
    people_ = [town.on_duty(Role.PATROLLER), town.on_duty(Role.DISPATCHER), town.on_duty(Role.SAFETY_MANAGER)]
    site = town.site(level=1)
    for person in people_:
        busy(town, person.id, FLOOD.most)
    assert fresh(town) == []
    state = service.flood_state(town.work)
    assert (state.on, state.waiting, state.critical, state.sites) == (True, 1, 1, (site.id,))
    assert state.full == 3
    town.clock.advance(FLOOD.window)
    accepts = [one for one in fresh(town) if site.id in one.site_ids]
    assert accepts
    assert not service.flood_state(town.work).on


def test_everything_that_finds_nobody_is_named_in_one_call_to_the_manager(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    boss = town.on_duty(Role.SAFETY_MANAGER)
    sites = {town.site(level=1).id for _ in range(4)}
    for person in (patroller, boss):
        busy(town, person.id, FLOOD.most - FLOOD.reserve)
    (call,) = fresh(town)
    assert (call.person_id, call.text) == (boss.id, "flood")
    assert set(call.site_ids) == sites
    service.acknowledge_call(town.work, call.id, boss.id)
    for site_id in sites:
        assert town.duties(site_id)["accept"].duty.acked_at == town.clock.now()


def test_breaches_are_told_together_and_wait_for_room(town: DutyTown) -> None:
    boss = town.person(Role.SAFETY_MANAGER)
    sites = [town.site() for _ in range(3)]  # nobody is on duty
    busy(town, boss.id, FLOOD.most)
    assert [one for one in fresh(town) if one.text == "breach"] == []
    town.clock.advance(FLOOD.window)
    (told,) = [one for one in fresh(town) if one.text == "breach"]
    assert set(told.site_ids) == {one.id for one in sites}
    assert (told.params["what"], told.params["count"]) == ("nobody_on_duty", "3")
    assert [one for one in fresh(town) if one.text == "breach"] == []


def test_a_breach_that_reaches_nobody_is_a_breach_of_its_own(town: DutyTown) -> None:
    town.person(Role.SAFETY_MANAGER)
    town.site()
    (told,) = [one for one in fresh(town) if one.text == "breach"]
    service.unreachable(town.work, told.id, "no channel")
    (again,) = [one for one in fresh(town) if one.text == "breach"]
    assert again.params["what"] == "unreachable"
    assert "no channel" in again.params["words"]
    service.unreachable(town.work, again.id, "no channel")
    assert [one for one in fresh(town) if one.text == "breach"] == []  # once a day


def test_unknown_calls_are_left_alone(town: DutyTown) -> None:
    service.unreachable(town.work, town.work.ids.new(), "no channel")
    assert service.calls(town.work, [town.work.ids.new()]) == []
    assert service.acknowledged(town.work, [town.work.ids.new()]) == set()


def test_a_dispatchers_word_does_not_accept_for_the_owner(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    dispatcher = town.on_duty(Role.DISPATCHER)
    site = town.site()
    fresh(town)
    town.clock.advance(5 * MIN)
    (call,) = fresh(town)
    service.acknowledge_call(town.work, call.id, dispatcher.id)
    assert store.sites.read(town.work, [site.id])[site.id].accepted_at is None
    assert "accept" in town.duties(site.id)
