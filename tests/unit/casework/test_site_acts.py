"""What people do to a site through the one door: who may, from how near, with which word, and what is on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from duty_town import NORTH, SOUTH, DutyTown
from step_records import record

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Accepted,
    Advanced,
    Arrived,
    Declined,
    Ended,
    Noted,
    OwnerGiven,
    Proof,
    Reopened,
    RepairDeclared,
    ReportAnswered,
    Reported,
    Resumed,
    SiteState,
    StandbyChecked,
    StopOrdered,
    Struck,
    Verified,
)
from pipewarden.casework.service import StaleError, StepRefusedError
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ForbiddenError, NewMembership, NotFoundError, PersonState, Role

if TYPE_CHECKING:
    from pipewarden.casework.facts import Body, Site
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Person

LOOK = Proof(pictures=("0" * 64,), lon=NORTH[0], lat=NORTH[1], accuracy_m=5.0, words="I stand here")


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


@pytest.fixture
def patroller(town: DutyTown) -> Person:
    return town.on_duty(Role.PATROLLER)


@pytest.fixture
def boss(town: DutyTown) -> Actor:
    return town.actor(town.on_duty(Role.DISPATCHER))


def act(town: DutyTown, who: Actor, site: Site, *bodies: Body) -> Site:
    """Let somebody do one thing after another, each at the version that the last one left."""
    for body in bodies:
        site = service.act(town.work, who, site.id, site.version, body).site
    return site


def refused(town: DutyTown, who: Actor, site: Site, body: Body) -> str:
    before = store.sites.read(town.work, [site.id])
    with pytest.raises(StepRefusedError) as told:
        act(town, who, site, body)
    assert store.sites.read(town.work, [site.id]) == before
    return told.value.refusal.code


def records(town: DutyTown) -> list[str]:
    return [one.act for one in people.read(town.work, town.actor(town.person(Role.AUDITOR))) if "site." in one.act]


DECIDED = (
    OwnerGiven(UUID(int=1), "patroller", "x"),
    Resumed(UUID(int=1), LOOK),
    Ended(SiteState.FALSE, "passing_vehicle", "x"),
    Reopened("x"),
    Reported(UUID(int=1), "城管", "x"),
    ReportAnswered(UUID(int=1), "x"),
    Advanced(SiteState.CLOSED, LOOK),
)
WORKED = (
    Accepted(),
    Declined("x"),
    Arrived(LOOK),
    Verified(true=True, code="digging", proof=LOOK),
    Advanced(SiteState.NOTIFIED, LOOK),
    StopOrdered(UUID(int=1), "x"),
    StandbyChecked(LOOK),
    Struck("gas"),
    Noted("x"),
)


@pytest.mark.parametrize("body", DECIDED, ids=lambda one: one.kind)
def test_who_works_on_the_spot_decides_nothing(town: DutyTown, patroller: Person, body: Body) -> None:
    site = town.site()
    with pytest.raises(ForbiddenError):
        act(town, town.actor(patroller), site, body)
    assert store.sites.read(town.work, [site.id])[site.id].version == site.version


@pytest.mark.parametrize("body", WORKED, ids=lambda one: one.kind)
def test_what_is_done_on_the_spot_asks_for_no_more_than_work(body: Body) -> None:
    assert service.permission_of(body) == service.WORK


def test_an_act_is_on_record_with_its_version_and_a_refused_one_is_not(
    town: DutyTown, patroller: Person, boss: Actor
) -> None:
    site = act(town, town.actor(patroller), town.site(), Accepted())
    assert records(town) == ["site.accepted"]
    event = store.history.events(town.work, site.id)[-1]
    assert (event.actor, event.version) == (f"person:{patroller.id}", site.version)
    assert refused(town, boss, site, Advanced(SiteState.READY, LOOK)) == "not_next"
    assert records(town) == ["site.accepted"]


def test_a_site_that_has_moved_on_is_stale_and_shows_how_it_stands(town: DutyTown, boss: Actor) -> None:
    site = town.site()
    act(town, boss, site, Noted("first"))
    with pytest.raises(StaleError) as told:
        service.act(town.work, boss, site.id, site.version, Noted("second"))
    assert told.value.site.version == site.version + 1
    assert told.value.more["code"] == "stale"
    with pytest.raises(StaleError):
        service.act(town.work, boss, site.id, site.version + 2, Noted("from the future"))


def test_another_tenants_site_is_out_of_reach_of_every_act(town: DutyTown, boss: Actor) -> None:
    site = town.site()
    there = people.ensure_tenant(town.work.session, town.work.clock, town.work.ids, "gas-next-door").id
    other = replace(town.work, tenant_id=there)
    with pytest.raises(NotFoundError):
        service.act(other, boss, site.id, site.version, Noted("x"))
    onward = service.onward(other, boss, site.id)
    assert (onward.may_work, onward.may_decide) == (False, False)


def test_only_the_owner_says_yes_or_no(town: DutyTown, patroller: Person, boss: Actor) -> None:
    site = town.site()
    assert refused(town, boss, site, Accepted()) == "not_owner"
    assert refused(town, boss, site, Declined("x")) == "not_owner"
    mine = act(town, town.actor(patroller), site, Declined("no car"))
    assert mine.owner_id == boss.id  # the next one was found in the same transaction
    assert refused(town, town.actor(patroller), mine, Accepted()) == "not_owner"
    assert act(town, boss, mine, Accepted()).accepted_at == town.clock.now()


def test_whoever_is_near_enough_is_there_owner_or_not(town: DutyTown, patroller: Person, boss: Actor) -> None:
    site = town.site()
    metre = 1 / 111_195.0
    near, far = (replace(LOOK, pictures=(), lat=NORTH[1] + metres * metre) for metres in (204, 206))
    assert refused(town, boss, site, Arrived(far)) == "too_far"
    assert refused(town, boss, site, Arrived(replace(near, accuracy_m=None))) == "too_far"  # 200 m, and no more
    assert act(town, boss, site, Arrived(near)).arrived_at == town.clock.now()  # 200 m and the 5 it may be off
    assert patroller.id != boss.id


def test_a_vague_position_is_no_nearer_than_two_hundred_metres_more(
    town: DutyTown, patroller: Person, boss: Actor
) -> None:
    site = town.site()
    metre = 1 / 111_195.0
    vague = replace(LOOK, pictures=(), accuracy_m=100_000.0)
    assert refused(town, boss, site, Arrived(replace(vague, lat=NORTH[1] + 402 * metre))) == "too_far"
    assert act(town, boss, site, Arrived(replace(vague, lat=NORTH[1] + 398 * metre))).arrived_at is not None
    assert patroller.id != boss.id


def test_who_checks_in_from_standby_is_there(town: DutyTown, patroller: Person, boss: Actor) -> None:
    site = town.happen(town.site().id, RepairDeclared("water"))
    away = replace(LOOK, pictures=(), lat=NORTH[1] + 0.1)
    written = record("standby_check", town.clock.now(), NORTH)
    assert refused(town, boss, site, StandbyChecked(away, written)) == "too_far"
    assert act(town, boss, site, StandbyChecked(replace(away, lat=NORTH[1]), written)).standby_at == town.clock.now()
    assert patroller.id != boss.id


def test_a_picture_stands_in_for_the_position_and_a_site_of_no_place_takes_any(
    town: DutyTown, patroller: Person
) -> None:
    who, elsewhere = town.actor(patroller), replace(LOOK, lat=NORTH[1] + 0.1)
    assert act(town, who, town.site(), Arrived(elsewhere)).arrived_at is not None
    nowhere = town.site(None)
    town.happen(nowhere.id, OwnerGiven(patroller.id, "patroller", "x")) if nowhere.owner_id != patroller.id else None
    nowhere = store.sites.read(town.work, [nowhere.id])[nowhere.id]
    assert act(town, who, nowhere, Arrived(replace(elsewhere, pictures=()))).arrived_at is not None


def test_the_word_for_what_was_seen_is_one_of_its_kind(town: DutyTown, patroller: Person, boss: Actor) -> None:
    site = act(town, town.actor(patroller), town.site(), Accepted(), Arrived(LOOK))
    for true, code in ((True, "passing_vehicle"), (False, "digging"), (True, "sneezing")):
        with pytest.raises(InputError, match="is not of the list") as told:
            act(town, boss, site, Verified(true=true, code=code, proof=LOOK))
        assert told.value.field == "code"
        assert code not in told.value.fix
    with pytest.raises(InputError, match="is not of the list"):
        act(town, boss, site, Ended(SiteState.FALSE, "digging", "x"))
    assert store.sites.read(town.work, [site.id])[site.id].verified is None


def test_who_finds_no_works_ends_the_site_with_their_own_words(town: DutyTown, patroller: Person) -> None:
    site = act(town, town.actor(patroller), town.site(), Accepted(), Arrived(LOOK))
    done = act(town, town.actor(patroller), site, Verified(true=False, code="passing_vehicle", proof=LOOK))
    assert (done.state, done.open, done.version) == (SiteState.FALSE, False, site.version + 2)
    seen, ended = store.history.events(town.work, site.id)[-2:]
    assert isinstance(ended.body, Ended)
    assert (ended.body.code, ended.body.reason) == ("passing_vehicle", "I stand here")
    assert seen.actor == ended.actor == f"person:{patroller.id}"
    assert store.owed.running(town.work, site.id) == []


def test_a_site_is_given_only_to_who_may_work_there(town: DutyTown, patroller: Person) -> None:
    site = town.site(NORTH)
    given = service.owner(town.work, patroller.id, site.id, "nearest")
    assert (given.person_id, given.role, given.why) == (patroller.id, "patroller", "nearest")
    south = town.person(Role.PATROLLER, area=town.south)
    gone = town.person(Role.PATROLLER)
    people.set_person_state(replace(town.work, tenant_id=PLATFORM), town.root, gone.id, PersonState.DISABLED)
    for who in (south.id, gone.id, town.person(Role.AUDITOR).id, town.person(Role.PATROLLER, tenant=False).id, site.id):
        with pytest.raises(InputError) as told:
            service.owner(town.work, who, site.id, "nearest")
        assert told.value.field == "person_id"


def test_a_violation_of_the_list_is_due_in_its_own_time_and_another_is_none(town: DutyTown) -> None:
    kinds = store.violations()
    for code in ("V-PLAN", "V-SIGNS"):
        made = service.violation(town.work, code, "seen")
        assert made.due_at == town.clock.now() + timedelta(hours=kinds[code].fix_h)
        assert (made.severity, made.clause) == (kinds[code].severity, kinds[code].clause)
    for code in ("v-plan", "V-PLAN ", ""):
        with pytest.raises(InputError) as told:
            service.violation(town.work, code, "seen")
        assert told.value.field == "code"


def test_whoever_has_a_site_in_hand_reaches_it_wherever_it_lies(town: DutyTown, patroller: Person) -> None:
    """A site that moves out of a district stays in the hands, and in the sight, of who is there."""
    local = town.person(Role.PATROLLER, area=town.south)
    site = town.site(SOUTH)
    town.happen(site.id, OwnerGiven(local.id, "patroller", "x"))
    from_south, elsewhere = town.actor(local), town.actor(town.person(Role.PATROLLER, area=town.south))
    moved = town.site(NORTH)
    for who in (from_south, elsewhere):
        with pytest.raises(NotFoundError):
            service.site(town.work, who, moved.id)
    town.happen(moved.id, OwnerGiven(local.id, "patroller", "x"))
    assert service.site(town.work, from_south, moved.id).site.owner_id == local.id
    events = [one.id for one in store.history.events(town.work, moved.id)]
    assert [one.site.id for one in service.changed(town.work, from_south, events)] == [moved.id]
    assert service.changed(town.work, elsewhere, events) == []
    with pytest.raises(NotFoundError):
        service.history(town.work, elsewhere, moved.id, limit=9)
    assert service.names(town.work, [service.site(town.work, from_south, moved.id)]) == {local.id: local.name}
    assert patroller.id != local.id


def test_a_list_of_one_area_holds_what_lies_in_it(town: DutyTown, patroller: Person, boss: Actor) -> None:
    north, south = town.site(NORTH), town.site(SOUTH)

    def ids(area: object) -> set[UUID]:
        found = service.sites(town.work, boss, store.SiteFilter(), limit=50, area=area)  # type: ignore[arg-type]
        return {one.site.id for one in found}

    assert ids(None) == {north.id, south.id} == ids(town.city)
    assert (ids(town.north), ids(town.south)) == ({north.id}, {south.id})
    assert service.site(town.work, town.actor(patroller), north.id).site.id == north.id


def test_a_person_of_two_roles_may_do_what_either_may(town: DutyTown, patroller: Person) -> None:
    site = town.site()
    with pytest.raises(ForbiddenError):
        act(town, town.actor(patroller), site, Ended(SiteState.FALSE, "passing_vehicle", "x"))
    begins_at = town.clock.now() - timedelta(hours=1)
    more = NewMembership(patroller.id, town.work.tenant_id, Role.DISPATCHER, begins_at=begins_at, area_id=town.city.id)
    people.grant(town.work, town.root, more)
    onward = service.onward(town.work, town.actor(patroller), site.id)
    assert (onward.may_work, onward.may_decide) == (True, True)
    assert not act(town, town.actor(patroller), site, Ended(SiteState.FALSE, "passing_vehicle", "x")).open
