"""Days at a gas company's desk as one reads them: who was called, who came, what was owed next, how it ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, SOUTH, DutyTown

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Advanced,
    Arrived,
    Declined,
    DutyState,
    Ended,
    Proof,
    RepairDeclared,
    RepairPapers,
    ReportAnswered,
    Reported,
    Resumed,
    Severity,
    SiteState,
    StandbyChecked,
    StopOrdered,
    StopRefused,
    Verified,
    ViolationFixed,
    ViolationOpened,
)
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Body
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Person

S = SiteState
MIN = timedelta(minutes=1)
PROOF = Proof(
    pictures=("0" * 64,),
    lon=NORTH[0],
    lat=NORTH[1],
    accuracy_m=6.0,
    words="seen there",
    signed_by=("owner", "contractor", "supervisor", "operator"),
)


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


def kinds(town: DutyTown, site_id: UUID) -> set[str]:
    return set(town.duties(site_id))


def steps(town: DutyTown, site_id: UUID, by: Person, *bodies: Body) -> None:
    for body in bodies:
        town.happen(site_id, body, by=by)
        town.pass_time(seconds=30)


def told(town: DutyTown, person: Person) -> list[str]:
    return [one.text for one in town.calls(person)]


def test_an_unfiled_excavator_at_night(town: DutyTown) -> None:
    """三更半夜的挖机: the patroller sleeps, the dispatcher wakes them; stopped, filed, watched to the end."""
    patroller = town.on_duty(Role.PATROLLER, town.north)
    dispatcher = town.on_duty(Role.DISPATCHER)
    town.on_duty(Role.STANDBY_SUPERVISOR)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    town.clock.moment = town.clock.now().replace(hour=18)  # two at night in China
    site = town.site(level=1)
    service.sweep(town.work)
    assert told(town, patroller) == ["duty.accept"]
    town.pass_time(minutes=5)
    assert told(town, dispatcher) == ["duty.accept"]
    service.acknowledge_call(town.work, town.calls(dispatcher)[0].id, dispatcher.id)
    town.pass_time(minutes=4)
    service.acknowledge_call(town.work, town.calls(patroller)[0].id, patroller.id)
    assert kinds(town, site.id) == {"arrive"}
    town.pass_time(minutes=12)
    town.arrive(site.id, patroller)
    steps(town, site.id, patroller, Verified(true=True, code="digging", proof=PROOF))
    assert kinds(town, site.id) == {"notify"}
    stop = town.work.ids.new()
    steps(town, site.id, patroller, Advanced(S.NOTIFIED, PROOF), StopOrdered(stop, "no plan"))
    assert kinds(town, site.id) == {"filing", "stopped"}
    steps(town, site.id, patroller, StopRefused(stop, PROOF))
    assert told(town, manager)[-1] == "duty.report"
    report = town.work.ids.new()
    steps(town, site.id, manager, Reported(report, "城管", "they go on digging"))
    assert kinds(town, site.id) == {"filing", "answer"}
    steps(town, site.id, manager, ReportAnswered(report, "stopped and fined"), Resumed(stop, PROOF))
    assert kinds(town, site.id) == {"filing"}
    for to in (S.FILED, S.LOCATED, S.BRIEFED, S.PLAN_SIGNED, S.READY, S.UNDER_STANDBY):
        steps(town, site.id, patroller, Advanced(to, PROOF))
    assert kinds(town, site.id) == {"standby"}
    for _ in range(3):
        town.pass_time(minutes=50)
        town.happen(site.id, StandbyChecked(PROOF), by=patroller)
    assert town.duties(site.id)["standby"].duty.due_at == town.clock.now() + 60 * MIN
    steps(town, site.id, patroller, Advanced(S.COMPLETED, PROOF), Advanced(S.CLOSED, PROOF))
    assert kinds(town, site.id) == set()
    assert service.audit(town.work) == service.Audited(0, 0)


def test_an_emergency_water_repair(town: DutyTown) -> None:
    """抢修先挖后补: they may dig first; their papers have a day, and nobody is woken before it is over."""
    patroller = town.on_duty(Role.PATROLLER)
    dispatcher = town.on_duty(Role.DISPATCHER)
    site = town.site(zone=Zone.CONTROL)
    service.sweep(town.work)
    town.accept(site.id, patroller)
    steps(town, site.id, patroller, Arrived(PROOF), Verified(true=True, code="digging", proof=PROOF))
    steps(town, site.id, patroller, RepairDeclared("自来水公司"), Advanced(S.NOTIFIED, PROOF))
    owed = town.duties(site.id)["repair_papers"].duty
    assert owed.clause.startswith("城市道路管理条例 第三十四条")
    before = len(town.calls())
    town.clock.moment = owed.due_at - MIN
    service.sweep(town.work)
    assert [one.text for one in town.calls()[before:] if one.text == "duty.repair_papers"] == []
    town.pass_time(minutes=17)
    late = [one for one in town.calls()[before:] if one.params["kind"] == "repair_papers"]
    assert [one.person_id for one in late] == [patroller.id, dispatcher.id]
    town.happen(site.id, RepairPapers(PROOF), by=patroller)
    assert "repair_papers" not in kinds(town, site.id)


def test_an_overloaded_shift(town: DutyTown) -> None:
    """一个人忙不过来: thirty sites in ten minutes, a patroller a district: all told, nobody over ten."""
    north, south = town.on_duty(Role.PATROLLER, town.north), town.on_duty(Role.PATROLLER, town.south)
    dispatcher = town.on_duty(Role.DISPATCHER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    sites = []
    for number in range(30):
        sites.append(town.site(NORTH if number % 3 else SOUTH, zone=Zone.CONTROL, level=2))
        town.pass_time(seconds=20)
    town.pass_time(minutes=3)
    reached = {site_id for one in town.calls() for site_id in one.site_ids}
    assert reached == {one.id for one in sites}
    for person in (north, south, dispatcher, manager):
        mine = town.calls(person)
        for one in mine:
            window = [other for other in mine if one.at - 10 * MIN < other.at <= one.at]
            assert len(window) <= 10, person.name
    owners = {one.owner_id for one in sites}
    assert {north.id, south.id} <= owners
    assert len(town.calls(dispatcher)) <= 10


def test_a_false_alarm_ends_and_owes_nothing(town: DutyTown) -> None:
    """扫地车误报: somebody looked, there is nothing, and nobody is called again."""
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site()
    service.sweep(town.work)
    town.accept(site.id, patroller)
    steps(town, site.id, patroller, Arrived(PROOF), Verified(true=False, code="no_works", proof=PROOF))
    assert kinds(town, site.id) == {"conclude"}
    town.happen(site.id, Ended(S.FALSE, "no_works", "a sweeper"), by=patroller)
    before = len(town.calls())
    town.pass_time(minutes=30)
    assert len(town.calls()) == before


def test_a_violation_that_is_not_put_right_climbs_and_ends_when_it_is(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    dispatcher = town.on_duty(Role.DISPATCHER)
    site = town.site()
    service.sweep(town.work)
    town.accept(site.id, patroller)
    town.arrive(site.id, patroller)
    broken = town.work.ids.new()
    town.happen(site.id, ViolationOpened(broken, "V-PLAN", Severity.MAJOR, "条例 34", "digs on"), by=patroller)
    due = town.duties(site.id)["rectify"].duty.due_at
    assert due == town.clock.now() + 120 * MIN
    town.happen(site.id, Verified(true=True, code="digging", proof=PROOF), by=patroller)
    town.happen(site.id, Advanced(S.NOTIFIED, PROOF), by=patroller)
    town.clock.moment = due
    service.sweep(town.work)
    town.pass_time(minutes=6)
    late = [one.person_id for one in town.calls() if one.params["kind"] == "rectify"]
    assert late == [patroller.id, dispatcher.id]
    town.happen(site.id, ViolationFixed(broken, PROOF), by=patroller)
    count = len(town.calls())
    town.pass_time(minutes=30)
    assert [one for one in town.calls()[count:] if one.params["kind"] == "rectify"] == []


def test_the_shift_changes_in_the_middle_of_a_chain(town: DutyTown) -> None:
    """交接班: the night dispatcher goes home two minutes before the step; the day dispatcher is called."""
    town.on_duty(Role.PATROLLER)
    night = town.person(Role.DISPATCHER)
    day = town.person(Role.DISPATCHER)
    now = town.clock.now()
    for person, begins, ends in ((night, -480, 3), (day, 3, 480)):
        people.put_on_duty(
            town.work,
            town.root,
            person.id,
            Role.DISPATCHER,
            town.city.id,
            begins_at=now + begins * MIN,
            ends_at=now + ends * MIN,
        )
    site = town.site()
    service.sweep(town.work)
    entry = service.write_log(town.work, town.actor(night), "one new site, the patroller is silent", to_id=day.id)
    assert {one.site_id for one in entry.items} == {site.id}
    town.pass_time(minutes=3)
    service.take_over(town.work, town.actor(day), entry.id)
    town.pass_time(minutes=3)
    assert told(town, night) == []
    assert told(town, day) == ["duty.accept"]


def test_everybody_declines_and_the_manager_keeps_it(town: DutyTown) -> None:
    first, second = (town.on_duty(Role.PATROLLER, rank=rank) for rank in (1, 2))
    dispatcher = town.on_duty(Role.DISPATCHER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    site = town.site()
    for person in (first, second, dispatcher):
        assert store.sites.read(town.work, [site.id])[site.id].owner_id == person.id
        town.happen(site.id, Declined("on another site"), by=person)
    assert store.sites.read(town.work, [site.id])[site.id].owner_id == manager.id
    service.sweep(town.work)
    assert told(town, manager) == ["duty.accept"]
    assert {told(town, one)[0] if told(town, one) else "" for one in (first, second, dispatcher)} == {""}


def test_a_storm_stops_the_clock_for_who_cannot_get_there(town: DutyTown) -> None:
    """暴雨封路: the dispatcher pauses the arrival for an hour; nobody is called for being late, and then they are."""
    patroller = town.on_duty(Role.PATROLLER)
    dispatcher = town.on_duty(Role.DISPATCHER)
    site = town.site()
    service.sweep(town.work)
    town.accept(site.id, patroller)
    town.pass_time(minutes=20)
    duty = town.duties(site.id)["arrive"].duty
    service.pause(town.work, town.actor(dispatcher), duty.id, "storm", town.clock.now() + 60 * MIN)
    town.pass_time(minutes=65)
    assert town.duties(site.id)["arrive"].duty.state is DutyState.OPEN
    assert "duty.arrive" not in told(town, patroller)
    town.pass_time(minutes=6)
    assert told(town, patroller)[-1] == "duty.arrive"
    assert town.duties(site.id)["arrive"].duty.state is DutyState.OVERDUE
