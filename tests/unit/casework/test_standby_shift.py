"""What a shift of standing by tells a site: a missed check-in climbs, gas stops the works, a stop is one act."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH
from standby_town import WHOLE, StandbyTown

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    AccidentReported,
    Advanced,
    DutyState,
    Noted,
    Proof,
    Refusal,
    Replaced,
    Resumed,
    SiteState,
    StandbyChecked,
    Struck,
)
from pipewarden.casework.facts.standby import GasFound, StandbyMissed
from pipewarden.casework.rules import allowed, headline
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import Zone
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

THERE = Proof(pictures=("0" * 64,), lon=NORTH[0], lat=NORTH[1], accuracy_m=5.0)


@pytest.fixture
def town(work: Work, clock: SetClock) -> StandbyTown:
    return StandbyTown(work, clock)


def missed(town: StandbyTown) -> StandbyMissed:
    return StandbyMissed(town.work.ids.new(), town.work.ids.new(), town.clock.now())


def missing(town: StandbyTown, site_id: UUID) -> list[UUID | None]:
    running = store.owed.running(town.work, site_id)
    return [one.duty.about for one in running if one.duty.kind == "standby_missed"]


def read(town: StandbyTown, site_id: UUID) -> tuple[str, int, bool]:
    """Return the headline as lists have it, the level and whether a stop order holds."""
    mine = store.SiteRow.tenant_id == town.work.tenant_id
    filed = store.sites.one(town.work, mine, site_id)
    assert filed is not None
    assert filed.headline == headline(filed.site)
    return filed.headline, filed.site.level, filed.site.stopped


def test_each_missed_check_is_a_duty_of_its_own_that_the_dispatcher_is_called_for_at_once(town: StandbyTown) -> None:
    staff = town.staffed()
    site = town.stood_by(zone=Zone.PROTECTION)
    assert "standby" in town.duties(site.id)
    first, second = missed(town), missed(town)
    assert service.standby_missed(town.work, site.id, first)
    duty = next(one.duty for one in store.owed.running(town.work, site.id) if one.duty.kind == "standby_missed")
    assert (duty.person_id, duty.role, duty.about) == (staff[Role.DISPATCHER].id, "dispatcher", first.missed_id)
    assert "standby" not in town.duties(site.id)  # one thing, one chain
    assert read(town, site.id)[0] == "unattended"
    service.sweep(town.work)
    assert [one.text for one in town.calls(staff[Role.DISPATCHER])] == ["duty.standby_missed"]
    assert service.standby_missed(town.work, site.id, second)
    assert set(missing(town, site.id)) == {first.missed_id, second.missed_id}
    town.pass_time(minutes=31)
    assert town.calls(staff[Role.SAFETY_MANAGER])  # the ladder of every danger
    town.happen(site.id, StandbyChecked(THERE))
    assert missing(town, site.id) == []
    assert town.duties(site.id)["standby"].duty.due_at == town.clock.now() + timedelta(hours=1)
    assert read(town, site.id)[0] == "under_standby"


def test_nothing_is_missed_where_nobody_must_stand_by(town: StandbyTown) -> None:
    town.staffed()
    ready = town.stood_by(to=SiteState.READY)
    assert not service.standby_missed(town.work, ready.id, missed(town))
    assert not service.standby_missed(town.work, town.work.ids.new(), missed(town))
    why = allowed(ready, missed(town), town.clock.now())
    assert isinstance(why, Refusal)
    assert why.code == "no_standby"


def test_nothing_is_missed_while_check_ins_are_paused(town: StandbyTown) -> None:
    staff = town.staffed()
    site = town.stood_by()
    kept = town.duties(site.id)["standby"]
    manager = town.who(staff[Role.SAFETY_MANAGER])
    service.pause(town.work, manager, kept.duty.id, "night_rest", town.clock.now() + timedelta(hours=9))
    assert not service.standby_missed(town.work, site.id, missed(town))
    assert town.duties(site.id)["standby"].duty.state is DutyState.PAUSED
    service.resume(town.work, manager, kept.duty.id)
    assert service.standby_missed(town.work, site.id, missed(town))


def test_what_was_missed_is_owed_no_longer_once_the_works_are_over(town: StandbyTown) -> None:
    town.staffed()
    site = town.stood_by()
    assert service.standby_missed(town.work, site.id, missed(town))
    over = town.happen(site.id, Advanced(SiteState.COMPLETED, WHOLE))
    assert (missing(town, site.id), headline(over)) == ([], "completed")


def test_gas_is_level_one_stops_the_works_and_calls_the_safety_manager_until_the_operator_says_it_is_gone(
    town: StandbyTown,
) -> None:
    staff = town.staffed()
    site = town.stood_by()
    by = town.who(staff[Role.STANDBY_SUPERVISOR])
    service.gas_found(town.work, by, site.id, GasFound(12_000, 10_000, "泄漏"))
    assert read(town, site.id) == ("stopped", 1, True)
    duty = town.duties(site.id)["gas"]
    assert (duty.duty.person_id, duty.ladder) == (staff[Role.SAFETY_MANAGER].id, "danger")
    service.sweep(town.work)
    (call,) = [one for one in town.calls(staff[Role.SAFETY_MANAGER]) if one.text == "duty.gas"]
    assert (call.urgency.value, call.params["level"]) == ("alarm", "1")
    moved = town.happen(site.id, Replaced(Zone.OUTSIDE, 4, *NORTH, "placed anew"))
    assert moved.level == 1  # wherever it is placed
    service.gas_found(town.work, by, site.id, GasFound(15_000, 10_000, ""))
    (stop,) = moved.stops
    assert len(town.happen(site.id, Noted("still")).stops) == 1  # one order, not two
    gone = town.happen(site.id, Resumed(stop.id, WHOLE))
    assert (gone.level, gone.gas_at, "gas" in town.duties(site.id)) == (4, None, False)


def test_the_end_of_gas_hides_no_strike(town: StandbyTown) -> None:
    staff = town.staffed()
    site = town.stood_by()
    service.gas_found(town.work, town.who(staff[Role.STANDBY_SUPERVISOR]), site.id, GasFound(12_000, 10_000, ""))
    struck = town.happen(site.id, Struck("a tooth through the pipe"))
    gone = town.happen(site.id, Resumed(struck.stops[0].id, WHOLE))
    assert gone.level == 1
    assert town.happen(site.id, AccidentReported("住建局")).level != 1


def test_gas_is_told_only_by_who_works_there(town: StandbyTown) -> None:
    town.staffed()
    site = town.stood_by()
    found = GasFound(12_000, 10_000, "")
    with pytest.raises(ForbiddenError):
        service.gas_found(town.work, town.who(town.person(Role.RESIDENT)), site.id, found)
    elsewhere = town.who(town.person(Role.STANDBY_SUPERVISOR, area=town.south))
    with pytest.raises(NotFoundError):
        service.gas_found(town.work, elsewhere, site.id, found)
    assert read(town, site.id)[2] is False


def test_a_stop_is_a_violation_and_an_order_both_or_neither(town: StandbyTown) -> None:
    staff = town.staffed()
    site = town.stood_by()
    by = town.who(staff[Role.STANDBY_SUPERVISOR])
    with pytest.raises(InputError) as slip:
        service.stop_for(town.work, by, site.id, "V-NONE", "x")
    assert slip.value.field == "code"
    assert read(town, site.id) == ("under_standby", 2, False)
    filed, violation, stop = service.stop_for(town.work, by, site.id, "V-HAND-DIG", "挖机在管道上方")
    assert ([one.id for one in filed.site.violations], [one.id for one in filed.site.stops]) == (
        [violation],
        [stop],
    )
    assert filed.headline == "stopped"
    again = service.stop_for(town.work, by, site.id, "V-SIGNS", "gone")  # the order holds already
    assert again[2] == stop
    assert len(again[0].site.violations) == 2
    with pytest.raises(RefusedError) as both:
        service.stop_for(town.work, by, site.id, "V-SIGNS", "gone")
    assert both.value.field == "violation"


def test_a_violation_that_is_open_is_followed_by_the_order_alone(town: StandbyTown) -> None:
    staff = town.staffed()
    site = town.stood_by()
    by = town.who(staff[Role.STANDBY_SUPERVISOR])
    service.act(town.work, by, site.id, None, service.violation(town.work, "V-SIGNS", "gone"))
    filed, violation, _stop = service.stop_for(town.work, by, site.id, "V-SIGNS", "still gone")
    assert [one.id for one in filed.site.violations] == [violation]
    assert filed.site.stopped
