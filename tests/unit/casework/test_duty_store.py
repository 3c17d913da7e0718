"""Duties, chains, calls, shelves and the shift log as rows: once each, found again, paged, scoped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, SOUTH, DutyTown
from sqlalchemy import false, select, true

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Call,
    DutyState,
    OpenItem,
    Rung,
    Sent,
    Shape,
    Shelf,
    ShiftEntry,
    ShiftKind,
    SiteDuty,
    Urgency,
    Who,
)
from pipewarden.casework.rules import escalate
from pipewarden.casework.store.duty_tables import SiteDutyRow
from pipewarden.casework.store.owed import DutyFilter, Kept
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

MIN = timedelta(minutes=1)


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


def duty(work: Work, site_id: UUID, kind: str = "brief", minutes: float = 60, **more: object) -> Kept:
    """Write a duty that no rule has opened."""
    one = SiteDuty(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        site_id=site_id,
        kind=kind,
        about=None,
        person_id=work.ids.new(),
        role="patroller",
        why="a test",
        clause="none",
        opened_at=work.now(),
        due_at=work.now() + minutes * MIN,
    )
    kept = Kept(replace(one, **more), "a/", *NORTH, "usual")  # type: ignore[arg-type]
    assert store.owed.add(work, kept)
    return kept


def call(work: Work, person_id: UUID, urgency: Urgency = Urgency.DUE, *, ack: bool = True) -> Call:
    made = Call(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        person_id=person_id,
        urgency=urgency,
        site_ids=(work.ids.new(), work.ids.new()),
        duty_id=None,
        step=2,
        loop=1,
        text="duty.brief",
        params={"kind": "brief"},
        at=work.now(),
        ack_by=work.now() + MIN if ack else None,
    )
    store.calls.add(work, made, Shape.GATHERED)
    return made


def test_a_duty_comes_back_as_it_was_written_and_runs_once(town: DutyTown) -> None:
    site = town.site()
    kept = duty(town.work, site.id)
    assert store.owed.read(town.work, [kept.duty.id]) == {kept.duty.id: kept}
    again = replace(kept, duty=replace(kept.duty, id=town.work.ids.new()))
    assert not store.owed.add(town.work, again)
    other = replace(kept, duty=replace(kept.duty, id=town.work.ids.new(), about=town.work.ids.new()))
    assert store.owed.add(town.work, other)
    store.owed.save(town.work, replace(kept.duty, state=DutyState.DONE, done_at=town.work.now()))
    assert store.owed.add(town.work, again)  # the first one is over


def test_what_a_site_is_owed_is_what_runs(town: DutyTown) -> None:
    site = town.site()
    before = {one.duty.id for one in store.owed.running(town.work, site.id)}
    kept = duty(town.work, site.id)
    dropped = replace(kept.duty, state=DutyState.DROPPED, done_at=town.work.now())
    assert {one.duty.id for one in store.owed.running(town.work, site.id)} - before == {kept.duty.id}
    store.owed.save(town.work, dropped, why="merged")
    assert {one.duty.id for one in store.owed.running(town.work, site.id)} == before
    row = select(SiteDutyRow.ended_why).where(SiteDutyRow.id == kept.duty.id)
    assert town.work.session.scalar(row) == "merged"  # on record


def test_the_next_deadline_is_the_earliest_that_runs(town: DutyTown) -> None:
    site = town.site()
    first = store.owed.next_due(town.work, site.id)
    early = duty(town.work, site.id, minutes=1)
    assert store.owed.next_due(town.work, site.id) == early.duty.due_at
    store.owed.save(town.work, replace(early.duty, state=DutyState.DONE))
    assert store.owed.next_due(town.work, site.id) == first
    assert store.owed.next_due(town.work, town.work.ids.new()) is None


def test_load_counts_what_runs_of_each(town: DutyTown) -> None:
    site, person = town.site(), town.work.ids.new()
    for kind in ("brief", "plan", "ready"):
        kept = duty(town.work, site.id, kind, person_id=person)
    store.owed.save(town.work, replace(kept.duty, state=DutyState.DONE))
    assert store.owed.load(town.work, [person, town.work.ids.new()]) == {person: 2}


def test_lists_are_narrowed_and_go_on_where_they_ended(town: DutyTown) -> None:
    site, other = town.site(NORTH), town.site(SOUTH)
    person = town.work.ids.new()
    mine = [duty(town.work, site.id, kind, minutes, person_id=person) for kind, minutes in (("plan", 9), ("brief", 9))]
    late = duty(town.work, other.id, "plan", minutes=-5)

    def found(**narrow: object) -> list[UUID]:
        wanted = DutyFilter(**narrow)  # type: ignore[arg-type]
        return [one.duty.id for one in store.owed.page(town.work, true(), wanted, limit=99)]

    assert set(found(person_id=person)) == {one.duty.id for one in mine}
    assert found(kind="plan") == [late.duty.id, mine[0].duty.id]
    assert found(past_at=town.work.now()) == [late.duty.id]
    assert late.duty.id not in found(site_id=site.id)
    assert store.owed.page(town.work, false(), DutyFilter(), limit=9) == []
    whole = [one.duty for one in store.owed.page(town.work, true(), DutyFilter(), limit=99)]
    seen: list[UUID] = []
    after = None
    while rows := store.owed.page(town.work, true(), DutyFilter(), limit=2, after=after):
        seen += [one.duty.id for one in rows]
        after = (rows[-1].duty.due_at, rows[-1].duty.id)
    assert seen == [one.id for one in whole]


def test_putting_back_moves_every_time_of_what_runs_and_nothing_else(town: DutyTown) -> None:
    site = town.site()
    runs, over = duty(town.work, site.id), duty(town.work, site.id, "plan")
    store.owed.save(town.work, replace(over.duty, state=DutyState.DONE))
    paused = duty(town.work, site.id, "ready")
    until = town.work.now() + 30 * MIN
    stopped = replace(paused.duty, state=DutyState.PAUSED, paused_at=town.work.now(), pause_reason="works_at_rest")
    store.owed.save(town.work, stopped, pause_until=until)
    store.owed.put_back(town.work, 10 * MIN)
    now = store.owed.read(town.work, [runs.duty.id, over.duty.id, paused.duty.id])
    assert now[runs.duty.id].duty.due_at == runs.duty.due_at - 10 * MIN
    assert now[over.duty.id].duty.due_at == over.duty.due_at
    assert now[paused.duty.id].pause_until == until - 10 * MIN
    assert now[paused.duty.id].duty.paused_at == town.work.now() - 10 * MIN
    assert store.owed.pauses_over(town.work, until, limit=9) == {site.id}
    assert store.owed.pauses_over(town.work, town.work.now(), limit=9) == set()


def test_a_chain_and_its_steps_come_back_and_a_step_is_a_row_once(town: DutyTown) -> None:
    site = town.site()
    kept = duty(town.work, site.id)
    chain = escalate.begin(town.work.ids.new(), kept.duty, store.shipped_duties().ladders["usual"], town.work.now())
    store.chains.add(town.work, chain)
    assert store.chains.lock(town.work, [chain.id]) == [chain]
    assert store.chains.running(town.work, duty_id=kept.duty.id) == [chain]
    assert chain in store.chains.running(town.work, site_id=site.id)
    rung, after = escalate.fire(chain, town.work.now())
    assert rung is not None
    store.chains.save(town.work, after)
    assert store.chains.lock(town.work, [chain.id]) == [after]
    person, now = town.work.ids.new(), town.work.now()
    fired = store.chains.Fired(after, rung, person, critical=True, due_at=now, at=now)
    assert [store.chains.add_rungs(town.work, [fired]) for _ in range(2)] == [1, 0]
    assert store.chains.told(town.work, [after]) == {chain.id: {person}}
    assert store.chains.told(town.work, [replace(after, loop=1)]) == {chain.id: set()}
    assert store.chains.due(town.work, [chain.id]) == {chain.id: after.due_at}
    (held,) = [one for one in store.chains.held(town.work, limit=9) if one.rung.chain_id == chain.id]
    assert (held.rung, held.person_id, held.kind, held.critical) == (rung, person, "brief", True)
    made = call(town.work, person)
    store.chains.put_out(town.work, [rung], made.id)
    assert store.chains.of_call(town.work, made.id) == [rung]
    assert store.chains.duties_of(town.work, made.id) == {kept.duty.id}
    assert chain.id not in {one.rung.chain_id for one in store.chains.held(town.work, limit=9)}
    store.chains.save(town.work, escalate.end(after, now))
    assert store.chains.running(town.work, duty_id=kept.duty.id) == []


def test_held_steps_come_critical_first_and_dropped_ones_not_at_all(town: DutyTown) -> None:
    site, now = town.site(), town.work.now()
    made = []
    for number, critical in enumerate((False, True, False)):
        kept = duty(town.work, site.id, ("brief", "plan", "ready")[number])
        ladder = store.shipped_duties().ladders["usual"]
        chain = escalate.begin(town.work.ids.new(), kept.duty, ladder, now)
        store.chains.add(town.work, chain)
        rung = Rung(chain.id, 0, 0, Who.OWNER, Urgency.DUE)
        person = town.work.ids.new()
        fired = store.chains.Fired(chain, rung, person, critical=critical, due_at=now, at=now + number * MIN)
        store.chains.add_rungs(town.work, [fired])
        made.append((chain.id, kept.duty.id))
    mine = {chain for chain, _ in made}
    assert [one.rung.chain_id for one in store.chains.held(town.work, limit=9) if one.rung.chain_id in mine] == [
        made[1][0],
        made[0][0],
        made[2][0],
    ]
    store.chains.drop_held(town.work, [made[1][1]], now)
    assert made[1][0] not in {one.rung.chain_id for one in store.chains.held(town.work, limit=9)}


def test_calls_come_back_with_what_was_answered(town: DutyTown) -> None:
    person, other = town.work.ids.new(), town.work.ids.new()
    one, quiet = call(town.work, person), call(town.work, person, Urgency.NOTE, ack=False)
    town.clock.advance(MIN)
    two = call(town.work, other)
    assert service.calls(town.work, [one.id]) == [one]
    since = town.work.now() - 5 * MIN
    assert store.calls.sent(town.work, since) == {
        person: [Sent(one.at, Shape.GATHERED)],
        other: [Sent(two.at, Shape.GATHERED)],
    }
    assert set(store.calls.sent(town.work, since, [other])) == {other}
    assert store.calls.sent(town.work, town.work.now()) == {}
    store.calls.acknowledge(town.work, one.id, other, town.work.now())
    store.calls.unreachable(town.work, two.id, "no channel", town.work.now())
    answered = store.calls.read(town.work, [one.id, two.id])
    assert (answered[one.id].acked_by, answered[one.id].acked_at) == (other, town.work.now())
    assert answered[two.id].unreachable_why == "no channel"

    def found(*, person_id: UUID | None = None, waits: bool | None = None) -> list[UUID]:
        rows = store.calls.page(town.work, true(), person_id=person_id, waits=waits, limit=9)
        return [row.call.id for row in rows if row.call.tenant_id == town.work.tenant_id]

    assert found() == [two.id, quiet.id, one.id]
    assert found(person_id=person) == [quiet.id, one.id]
    assert found(waits=True) == [two.id]
    assert found(waits=False) == [quiet.id, one.id]
    first = store.calls.page(town.work, true(), person_id=None, waits=None, limit=1)[0].call
    rest = store.calls.page(town.work, true(), person_id=None, waits=None, limit=9, after=(first.at, first.id))
    assert [row.call.id for row in rest] == [quiet.id, one.id]
    assert store.calls.one(town.work, false(), one.id) is None


def test_a_call_is_over_when_everything_it_speaks_of_is(town: DutyTown) -> None:
    site, now = town.site(), town.work.now()
    ladder = store.shipped_duties().ladders["usual"]
    kept = [duty(town.work, site.id, kind) for kind in ("brief", "plan")]
    made = call(town.work, town.work.ids.new())
    for one in kept:
        chain = escalate.begin(town.work.ids.new(), one.duty, ladder, now)
        store.chains.add(town.work, chain)
        rung = Rung(chain.id, 0, 0, Who.OWNER, Urgency.DUE)
        fired = store.chains.Fired(chain, rung, made.person_id, critical=False, due_at=now, at=now)
        store.chains.add_rungs(town.work, [fired])
        store.chains.put_out(town.work, [rung], made.id)
    assert store.calls.over(town.work, [made.id]) == set()
    store.owed.save(town.work, replace(kept[0].duty, state=DutyState.DONE))
    assert store.calls.over(town.work, [made.id]) == set()
    store.owed.save(town.work, replace(kept[1].duty, state=DutyState.DROPPED))
    assert store.calls.over(town.work, [made.id]) == {made.id}
    assert service.acknowledged(town.work, [made.id]) == {made.id}


def test_a_shelf_holds_until_it_ends(town: DutyTown) -> None:
    site, now = town.site(), town.work.now()
    shelf = Shelf(town.work.ids.new(), town.work.tenant_id, site.id, town.work.ids.new(), "known", now, now + 60 * MIN)
    store.shifts.add_shelf(town.work, shelf)
    assert store.shifts.shelf(town.work, true(), shelf.id) == shelf
    assert store.shifts.shelf(town.work, false(), shelf.id) is None
    assert store.watched.shelf_until(town.work, site.id) == shelf.ends_at
    town.clock.advance(60 * MIN)
    assert store.watched.shelf_until(town.work, site.id) is None
    assert store.shifts.shelves(town.work, true(), limit=9) == []


def test_the_shift_log_comes_back_newest_first(town: DutyTown) -> None:
    author, to = town.work.ids.new(), town.work.ids.new()
    items = (OpenItem(town.work.ids.new(), "accept", town.work.now(), overdue=True),)
    made = []
    for kind, to_id, held in ((ShiftKind.NOTE, None, ()), (ShiftKind.HANDOVER, to, items)):
        entry = ShiftEntry(town.work.ids.new(), town.work.tenant_id, kind, author, town.work.now(), "x", to_id, held)
        store.shifts.add_entry(town.work, entry, town.north.id)
        made.append(entry)
        town.clock.advance(MIN)
    assert store.shifts.log(town.work, true(), limit=9)[:2] == [made[1], made[0]]
    last = store.shifts.log(town.work, true(), limit=1)[0]
    assert store.shifts.log(town.work, true(), limit=9, after=(last.at, last.id))[0] == made[0]
    store.shifts.acknowledge_entry(town.work, made[1].id, town.work.now())
    found = store.shifts.entry(town.work, true(), made[1].id)
    assert found is not None
    assert found.acked_at == town.work.now()


def test_a_breach_is_on_file_once_a_local_day(town: DutyTown) -> None:
    about = town.work.ids.new()
    town.clock.moment = town.clock.now().replace(hour=15, minute=30)  # half past eleven at night in China
    assert store.watched.add_breach(town.work, "no_owner", about, "nobody", site_id=about)
    assert not store.watched.add_breach(town.work, "no_owner", about, "nobody", site_id=about)
    assert store.watched.add_breach(town.work, "no_deadline", about, "nothing")
    town.clock.advance(31 * MIN)  # the next day there, the same one in UTC
    assert store.watched.add_breach(town.work, "no_owner", about, "nobody")
    untold = store.watched.untold(town.work, limit=9)
    assert [one.what for one in untold] == ["no_owner", "no_deadline", "no_owner"]
    store.watched.told(town.work, [one.id for one in untold[:2]])
    town.work.session.expire_all()
    assert len(store.watched.untold(town.work, limit=9)) == 1


def test_the_sweep_remembers_when_it_was_last_there(town: DutyTown) -> None:
    assert store.watched.swept(town.work) is None
    before = town.work.now()
    town.clock.advance(MIN)
    assert store.watched.swept(town.work) == before


def test_the_nearest_open_site_is_found_within_its_reach_only(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    near, far = town.site(NORTH), town.site((NORTH[0] + 0.0005, NORTH[1]))
    assert store.watched.open_near(town.work, NORTH, 100.0) == near.id
    assert store.watched.open_near(town.work, (NORTH[0] + 0.0004, NORTH[1]), 100.0) == far.id
    assert store.watched.open_near(town.work, SOUTH, 100.0) is None
    assert store.watched.within(town.work, true(), [near.id]) == {near.id}
    assert store.watched.within(town.work, false(), [near.id]) == set()


def test_what_is_due_next_is_the_earliest_of_all_kinds(town: DutyTown) -> None:
    assert store.watched.next_moment(town.work) is None
    town.on_duty(Role.PATROLLER)
    town.site()
    assert store.watched.next_moment(town.work) == town.work.now()  # the first step
    assert town.work.tenant_id in store.watched.tenants_due(town.work)
    assert town.work.tenant_id in store.watched.tenants_open(town.work)
    service.sweep(town.work)
    assert store.watched.next_moment(town.work) == town.work.now() + 5 * MIN
    assert town.work.tenant_id not in store.watched.tenants_due(town.work)


def test_timers_that_were_late_out_of_order_or_forgotten_are_counted(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    town.on_duty(Role.DISPATCHER)
    town.site()
    service.sweep(town.work)
    ten = timedelta(seconds=10)
    assert store.watched.lost(town.work, ten) == 0
    town.clock.advance(6 * MIN)
    assert store.watched.lost(town.work, ten) == 2  # the deadline and the second step have passed by
    service.sweep(town.work)
    assert store.watched.lost(town.work, ten) == 1  # done, and a minute late


def test_only_running_duties_are_locked_and_the_first_due_comes_first(town: DutyTown) -> None:
    site = town.site()
    later, sooner = duty(town.work, site.id, "plan", 30), duty(town.work, site.id, "brief", 10)
    mine = SiteDutyRow.id.in_([later.duty.id, sooner.duty.id])
    assert [one.duty.id for one in store.owed.lock(town.work, mine, limit=9)] == [sooner.duty.id, later.duty.id]
    store.owed.save(town.work, replace(sooner.duty, state=DutyState.DONE))
    assert [one.duty.id for one in store.owed.lock(town.work, mine, limit=9)] == [later.duty.id]
    assert store.owed.one(town.work, SiteDutyRow.id == sooner.duty.id) is None
