"""An open site whose due call nobody was told of is found, whatever stage lost it; one that was told is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from act_office import DEAD, MAIL, SMS, WECOM, Office, Way
from sqlalchemy import update

from pipewarden.act import jobs, service
from pipewarden.act.store.tables import CallRow as MessageRow
from pipewarden.casework import service as casework
from pipewarden.casework.facts import CALLED, Discovered
from pipewarden.casework.store.duty_tables import CallRow, ChainRow, RungRow
from pipewarden.casework.store.tables import SiteRow
from pipewarden.main.act import CaseworkDesk
from pipewarden.main.reckoning.calls import LATE, compare_calls, compare_roster
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewArea, PersonState, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.act.service import Post
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.reckoning import Difference

PLACE = (116.3, 39.7)
SECOND = timedelta(seconds=1)


class Beat:
    """One beat with two on duty; the stages between a step and a channel run when a test says so."""

    def __init__(self, work: Work, clock: SetClock) -> None:
        self.office, self.work, self.clock = Office(work, clock), work, clock
        self.root = people.operator(work.tenant_id)
        square = bytes(shapely.to_wkb(shapely.box(116.2, 39.6, 116.4, 39.8)))
        self.area = people.add_area(work, self.root, NewArea("beat", "一号巡线段", wkb=square)).id
        self.persons = [self.office.person(one, role=Role.SAFETY_MANAGER) for one in (WECOM, MAIL)]
        for rank, person in enumerate(self.persons, start=1):
            self.duty(person, rank)

    def duty(self, person: UUID, rank: int, *, starts: float = 0.0) -> None:
        begins = self.clock.now() + timedelta(hours=starts)
        span = {"begins_at": begins, "ends_at": begins + timedelta(hours=12)}
        people.put_on_duty(self.work, self.root, person, Role.SAFETY_MANAGER, self.area, **span, rank=rank)

    @property
    def post(self) -> Post:
        return replace(self.office.post, casework=CaseworkDesk())

    def site(self) -> UUID:
        return casework.open_site(self.work, Discovered(None, Zone.PROTECTION, 1, *PLACE, "an excavator")).id

    def sweep(self) -> None:
        casework.sweep(self.work)

    def take_up(self) -> None:
        said = [one.fact_id for one in self.work.take_facts() if one.kind == CALLED]
        service.deliver(self.work, self.post, said)

    def send(self) -> None:
        jobs.send_waiting(self.office.begin, self.post, hands=1)

    def found(self) -> list[Difference]:
        return compare_calls(self.work)[1]


@pytest.fixture
def beat(work: Work, clock: SetClock) -> Beat:
    return Beat(work, clock)


def test_a_call_that_a_channel_took_is_no_difference(beat: Beat) -> None:
    site = beat.site()
    beat.sweep()
    beat.take_up()
    beat.send()
    beat.clock.advance(LATE + SECOND)
    beat.work.session.execute(update(ChainRow).values(due_at=None))  # the chain is not this test's
    asked, found = compare_calls(beat.work)
    assert asked >= 1
    assert found == []
    assert site


@pytest.mark.parametrize("lost", ["never taken up", "never sent", "every channel dead"])
def test_a_call_that_got_lost_on_its_way_is_found(beat: Beat, lost: str) -> None:
    site = beat.site()
    beat.sweep()
    if lost != "never taken up":
        beat.take_up()
    if lost == "every channel dead":
        for kind in ("wecom", "email"):
            beat.office.ways[kind] = Way(DEAD)
        beat.send()
    beat.work.session.execute(update(ChainRow).values(due_at=None))
    beat.clock.advance(LATE)
    assert beat.found() == []  # it may yet be on its way
    beat.clock.advance(SECOND)
    (one,) = beat.found()
    assert (one.what, one.count, one.site_ids, one.named) == ("call_untold", 1, (site,), (str(site),))
    assert one.tenant_id == beat.work.tenant_id
    assert "call the people yourself" in one.words


@pytest.mark.parametrize("how", ["acknowledged", "unreachable", "drill", "closed", "read"])
def test_what_is_settled_is_no_difference(beat: Beat, how: str) -> None:
    site = beat.site()
    beat.sweep()
    beat.take_up()
    beat.work.session.execute(update(ChainRow).values(due_at=None))
    now = beat.clock.now()
    change = {
        "acknowledged": update(CallRow).values(acked_at=now),
        "unreachable": update(CallRow).values(unreachable_at=now, unreachable_why="x"),
        "drill": update(CallRow).values(drill=True),
        "closed": update(SiteRow).where(SiteRow.id == site).values(open=False),
        "read": update(MessageRow).values(read_at=now),
    }[how]
    beat.clock.advance(LATE + SECOND)
    assert len(beat.found()) == 1
    beat.work.session.execute(change)
    assert beat.found() == []


def test_a_step_that_should_have_fired_and_did_not_is_found(beat: Beat) -> None:
    site = beat.site()  # and no sweep comes by at all
    beat.clock.advance(timedelta(days=2))
    (one,) = beat.found()
    assert one.site_ids == (site,)


def test_a_step_that_fired_and_never_became_a_call_is_found(beat: Beat) -> None:
    site = beat.site()
    beat.sweep()
    beat.take_up()
    beat.send()
    beat.work.session.execute(update(ChainRow).values(due_at=None))
    beat.clock.advance(LATE + SECOND)
    assert beat.found() == []
    beat.work.session.execute(update(RungRow).values(call_id=None))
    (one,) = beat.found()
    assert one.site_ids == (site,)
    beat.work.session.execute(update(RungRow).values(dropped_at=beat.clock.now()))
    assert beat.found() == []


def test_a_week_is_looked_back_and_another_tenants_calls_are_not_looked_at(beat: Beat) -> None:
    beat.site()
    beat.sweep()
    beat.work.session.execute(update(ChainRow).values(due_at=None))
    beat.clock.advance(timedelta(days=6))
    assert len(beat.found()) == 1
    assert compare_calls(replace(beat.work, tenant_id=beat.work.ids.new())) == (0, [])
    beat.clock.advance(timedelta(days=2))
    assert compare_calls(beat.work) == (0, [])


def test_of_many_sites_twenty_are_named_and_all_are_counted(beat: Beat) -> None:
    sites = {beat.site() for _ in range(23)}
    beat.clock.advance(timedelta(days=2))
    (one,) = beat.found()
    assert (one.count, len(one.named), set(one.site_ids)) == (23, 20, sites)


def test_who_is_on_duty_and_cannot_be_reached_is_found(beat: Beat) -> None:
    assert compare_roster(beat.work, beat.post) == (2, [])
    beat.office.ways["sms"] = Way(real=False)
    beat.duty(beat.office.person(SMS), 3)
    persons, (one,) = compare_roster(beat.work, beat.post)
    assert (persons, one.what, one.count) == (3, "duty_unreachable", 1)
    assert one.named == ("Person 3 (safety_manager, log_only)",)
    assert one.words == (
        "1 people on duty within 24 hours cannot be reached by any real channel: Person 3 (safety_manager, log_only)"
    )
    assert service.reach(beat.work, beat.root) is None  # asking is not telling: nothing was written


def test_who_is_on_duty_with_an_account_that_is_off_is_found(beat: Beat) -> None:
    platform = replace(beat.work, tenant_id=PLATFORM)
    people.set_person_state(platform, people.operator(), beat.persons[0], PersonState.DISABLED)
    _, found = compare_roster(beat.work, beat.post)
    assert ("duty_inactive", ("Person 1",)) in [(one.what, one.named) for one in found]


def test_a_duty_that_begins_in_two_days_is_asked_about_then(beat: Beat) -> None:
    beat.duty(beat.office.person(), 1, starts=48)
    assert compare_roster(beat.work, beat.post) == (2, [])
