"""What the house does again and again goes on: one tenant's fault or a clock set back silences nobody else."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, DutyTown
from sqlalchemy import text

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import Call, Ended, MergedInto, Shape, SiteState, Urgency
from pipewarden.casework.service.finding import FLOOD, full_of
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Person

SEC, MIN, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def begin(work: Work) -> Callable[[UUID], AbstractContextManager[Work]]:
    """Transactions of any tenant inside the one that is rolled back."""

    @contextmanager
    def made(tenant_id: UUID) -> Iterator[Work]:
        with work.session.begin_nested():
            yield replace(work, tenant_id=tenant_id)

    return made


@pytest.fixture
def towns(work: Work, clock: SetClock) -> tuple[DutyTown, DutyTown]:
    """Two tenants, each with a crew and a site whose first step is due, in the order in which they are swept."""
    other = people.ensure_tenant(work.session, work.clock, work.ids, "gas-next-door").id
    made = [DutyTown(one, clock) for one in (work, replace(work, tenant_id=other))]
    for town in made:
        town.on_duty(Role.PATROLLER)
        town.on_duty(Role.SAFETY_MANAGER)
        town.site()
    first, second = sorted(made, key=lambda one: one.work.tenant_id)
    return first, second


def breaking(monkeypatch: pytest.MonkeyPatch, name: str, tenant_id: UUID) -> None:
    """Let one use case break for one tenant."""
    whole = getattr(service, name)

    def broken(work: Work, *args: object, **more: object) -> object:
        if work.tenant_id == tenant_id:
            raise ValueError("this tenant's rows are broken")
        return whole(work, *args, **more)

    monkeypatch.setattr(jobs.service, name, broken)


def busy(town: DutyTown, person: Person, calls: int, shape: Shape = Shape.ONE) -> None:
    """Let a person have had calls just now."""
    for _ in range(calls):
        work = town.work
        made = Call(
            work.ids.new(), work.tenant_id, person.id, Urgency.DUE, (), None, 0, 0, "duty.accept", {}, work.now()
        )
        store.calls.add(work, made, shape)


def steps(town: DutyTown) -> list[str]:
    return [one.params["step"] for one in town.calls() if one.params.get("kind") == "accept"]


def test_a_tenant_whose_sweep_breaks_silences_no_other(
    towns: tuple[DutyTown, DutyTown],
    begin: Callable[[UUID], AbstractContextManager[Work]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaking(monkeypatch, "sweep", towns[0].work.tenant_id)
    with pytest.raises(ValueError, match="this tenant's rows"):
        jobs.sweep(begin)
    assert (towns[0].calls(), steps(towns[1])) == ([], ["owner"])


@pytest.mark.parametrize("broken", ["sweep", "remind", "ask_rules"])
def test_a_job_of_the_sweep_that_breaks_takes_back_none_of_the_others(
    towns: tuple[DutyTown, DutyTown],
    begin: Callable[[UUID], AbstractContextManager[Work]],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    mine, ran = towns[0].work.tenant_id, list[str]()

    def noted(name: str) -> Callable[[Work], int]:
        return lambda work: ran.append(name) or 0 if work.tenant_id == mine else 0

    for name in ("remind", "ask_rules"):
        monkeypatch.setattr(jobs.service, name, noted(name))
    breaking(monkeypatch, broken, mine)
    with pytest.raises(ValueError, match="this tenant's rows"):
        jobs.sweep(begin)
    assert ran == [one for one in ("remind", "ask_rules") if one != broken]
    assert steps(towns[0]) == ([] if broken == "sweep" else ["owner"])


def test_a_site_that_cannot_be_renewed_takes_back_no_site_that_was_opened(
    towns: tuple[DutyTown, DutyTown],
    begin: Callable[[UUID], AbstractContextManager[Work]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[UUID] = []

    def opens(work: Work, **_page: object) -> int:
        town = next((one for one in towns if one.work.tenant_id == work.tenant_id), None)
        made.extend([] if town is None else [town.site().id])
        return int(town is not None)

    monkeypatch.setattr(jobs.service, "look_for", opens)
    breaking(monkeypatch, "renew_waiting", towns[0].work.tenant_id)
    with pytest.raises(ValueError, match="this tenant's rows"):
        jobs.look_for_waiting(begin)
    assert set(store.sites.read(towns[0].work, made)) | set(store.sites.read(towns[1].work, made)) == set(made)
    assert len(made) == len(towns)
    breaking(monkeypatch, "look_for", towns[0].work.tenant_id)
    renewed: list[UUID] = []
    monkeypatch.setattr(jobs.service, "renew_waiting", lambda work, **_limit: renewed.append(work.tenant_id) or 0)
    with pytest.raises(ValueError, match="this tenant's rows"):
        jobs.look_for_waiting(begin)
    assert towns[0].work.tenant_id in renewed


def test_a_tenant_whose_audit_breaks_hides_no_other(
    towns: tuple[DutyTown, DutyTown],
    begin: Callable[[UUID], AbstractContextManager[Work]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaking(monkeypatch, "audit", towns[0].work.tenant_id)
    towns[1].work.session.execute(text("UPDATE casework_duties SET state = 'done'"))
    towns[1].work.session.execute(text("UPDATE casework_chains SET due_at = NULL"))
    with pytest.raises(ValueError, match="this tenant's rows"):
        jobs.audit(begin)
    assert {one.what for one in store.watched.untold(towns[1].work, limit=9)} == {"no_deadline"}


def test_a_tenant_whose_alarms_break_keeps_no_other_waiting(
    towns: tuple[DutyTown, DutyTown],
    begin: Callable[[UUID], AbstractContextManager[Work]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[UUID] = []
    monkeypatch.setattr(jobs.service, "look_for", lambda work, **_page: asked.append(work.tenant_id) or 0)
    breaking(monkeypatch, "look_for", towns[0].work.tenant_id)
    with pytest.raises(ValueError, match="this tenant's rows"):
        jobs.look_for_waiting(begin)
    assert towns[1].work.tenant_id in asked


def test_each_tenants_people_are_called_about_its_own_sites(
    towns: tuple[DutyTown, DutyTown], begin: Callable[[UUID], AbstractContextManager[Work]]
) -> None:
    assert jobs.sweep(begin) == 2
    for town in towns:
        (call,) = town.calls()
        assert set(store.sites.read(town.work, call.site_ids)) == set(call.site_ids)
    assert jobs.sweep(begin) == 0


def test_a_clock_set_back_between_sweeps_with_nothing_due_is_seen(
    work: Work, clock: SetClock, begin: Callable[[UUID], AbstractContextManager[Work]]
) -> None:
    """Four of five minutes had passed: the dispatcher is called a minute later, not five, whatever the clock says."""
    town = DutyTown(work, clock)
    town.on_duty(Role.PATROLLER)
    town.on_duty(Role.DISPATCHER)
    town.site()
    for _ in range(120):
        jobs.sweep(begin)
        clock.advance(2 * SEC)
    assert steps(town) == ["owner"]
    clock.advance(-H)
    waited = timedelta(0)
    while len(steps(town)) < 2 and waited < 10 * MIN:
        jobs.sweep(begin)
        clock.advance(2 * SEC)
        waited += 2 * SEC
    assert 50 * SEC <= waited <= 70 * SEC


def test_calls_of_an_hour_that_is_still_to_come_fill_nobody_up(work: Work, clock: SetClock) -> None:
    """After the clock was set back the last calls lie ahead: they must not keep the next ones back until then."""
    town = DutyTown(work, clock)
    patroller, manager = town.on_duty(Role.PATROLLER), town.on_duty(Role.SAFETY_MANAGER)
    for person in (patroller, manager):
        busy(town, person, FLOOD.most, Shape.GATHERED)
    assert full_of(work, [patroller.id, manager.id]) == {patroller.id, manager.id}
    clock.advance(-H)
    site = town.site(level=1)
    service.sweep(work)
    assert full_of(work, [manager.id]) == set()
    assert [one.site_ids for one in town.calls(patroller) if one.site_ids] == [(site.id,)]
    assert not service.flood_state(work).critical


def test_clocks_of_one_house_that_differ_by_seconds_count_the_same_calls(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    patroller = town.on_duty(Role.PATROLLER)
    busy(town, patroller, FLOOD.most)
    clock.advance(-3 * SEC)
    assert full_of(work, [patroller.id]) == {patroller.id}


def test_a_breach_waits_until_the_manager_has_room_and_is_told_once(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    store.watched.add_breach(work, "no_owner", work.ids.new(), "an open site has no owner")
    busy(town, manager, FLOOD.most)
    service.sweep(work)
    assert [one.text for one in town.calls(manager)].count("breach") == 0
    clock.advance(FLOOD.window)
    for _ in range(3):
        service.sweep(work)
    (told,) = [one for one in town.calls(manager) if one.text == "breach"]
    assert (told.params["what"], told.params["count"], told.ack_by) == ("no_owner", "1", None)


def test_a_breach_that_nobody_can_be_told_waits_for_a_manager(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    store.watched.add_breach(work, "no_owner", work.ids.new(), "an open site has no owner")
    service.sweep(work)
    assert len(store.watched.untold(work, limit=9)) == 1
    admin = town.person(Role.TENANT_ADMIN)  # by membership: nobody else is there
    service.sweep(work)
    assert [one.text for one in town.calls(admin)] == ["breach"]


def test_many_breaches_are_one_call_that_names_each_kind_once(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    sites = [town.site(zone=Zone.CONTROL).id for _ in range(3)]
    for site_id in sites:
        for what in ("no_owner", "no_deadline"):
            store.watched.add_breach(work, what, site_id, f"{what} there", site_id=site_id)
    service.sweep(work)
    (told,) = [one for one in town.calls(manager) if one.text == "breach"]
    assert set(told.site_ids) == set(sites)
    assert "no_owner" in told.params["what"]
    assert told.params["words"].count("no_deadline there") == 1
    assert store.watched.untold(work, limit=9) == []


def test_breaches_that_keep_coming_leave_room_for_what_is_critical(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    for _ in range(30):
        store.watched.add_breach(work, "no_owner", work.ids.new(), "an open site has no owner")
        service.sweep(work)
        clock.advance(2 * SEC)
    told = [one for one in town.calls(manager) if one.text == "breach"]
    assert 5 <= len(told) <= 6  # the first ones at once, then one a minute
    site = town.site(zone=Zone.PROTECTION, level=1)
    clock.advance(MIN)
    service.sweep(work)
    assert site.id in {site_id for one in town.calls(manager) for site_id in one.site_ids}


def test_ended_and_merged_sites_break_no_promise(work: Work, clock: SetClock) -> None:
    """The audit looks at open sites: one that is over owes nobody anything, owner or not."""
    town = DutyTown(work, clock)
    ended, merged = town.site(NORTH), town.site(NORTH)
    assert service.audit(work) == service.Audited(2, 0)
    town.happen(ended.id, Ended(SiteState.FALSE, "no_works", "nothing"))
    town.happen(merged.id, MergedInto(ended.id, "one pit"))
    assert service.audit(work) == service.Audited(0, 0)
    assert store.watched.tenants_open(work).count(work.tenant_id) == 0
