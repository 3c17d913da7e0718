"""What people on duty do with duties beside doing them: list, pause, shelve, hand a shift over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_

from pipewarden.casework import store
from pipewarden.casework.facts import OpenItem, Shelf, ShiftEntry, ShiftKind
from pipewarden.casework.rules import duties as rules
from pipewarden.casework.rules import escalate
from pipewarden.casework.service.calling import flood_state
from pipewarden.casework.service.reacting import unshelve
from pipewarden.casework.store.duty_tables import CALLS, DUTIES, SHIFTS, ShiftRow, SiteDutyRow
from pipewarden.casework.store.owed import DutyFilter
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.casework.facts import FloodState, Site
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

READ, PAUSE, SHELVE = "duty:read", "duty:pause", "duty:shelve"
CALL_READ, CALL_ANSWER = "call:read", "call:acknowledge"
SHIFT_READ, SHIFT_WRITE = "shift:read", "shift:write"
LONGEST_SHELF = timedelta(hours=8)
_MOST_ITEMS = 200
_MOST_SHELVES = 500


def duties(
    work: Work, actor: Actor, wanted: DutyFilter, *, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[store.owed.Kept]:
    """Return running duties within the actor's reach, the first due first.

    Raises:
        ForbiddenError: the actor reads no duties.
    """
    scope = people.scope_filter(actor, READ, DUTIES)
    return store.owed.page(work, scope, wanted, limit=limit, after=after)


def duty_words() -> dict[str, tuple[str, str]]:
    """Return how people call each kind of duty: Chinese, English."""
    return {kind: (rule.zh, rule.en) for kind, rule in store.shipped_duties().duties.items()}


def pause(work: Work, actor: Actor, duty_id: UUID, reason: str, until: datetime) -> store.owed.Kept:
    """Stop a duty's time for a named reason, until a moment at the latest; its chain ends until it is late again.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no running duty in reach.
        InputError: the duty allows no such reason, is not running, or the pause is too long.
    """
    kept = _reached(work, actor, duty_id)
    paused = rules.pause(store.shipped_duties(), kept.duty, reason, work.now(), until)
    store.owed.save(work, paused, pause_until=until)
    running = store.chains.running(work, duty_id=duty_id)
    store.chains.save(work, *(escalate.end(chain, work.now()) for chain in running))
    store.chains.drop_held(work, [duty_id], work.now())
    store.sites.set_next_due(work, paused.site_id, store.owed.next_due(work, paused.site_id))
    details = {"kind": paused.kind, "reason": reason, "until": until.isoformat()}
    people.record(work, actor, "site_duty.paused", ("site_duty", duty_id), details)
    return store.owed.read(work, [duty_id])[duty_id]


def resume(work: Work, actor: Actor, duty_id: UUID) -> store.owed.Kept:
    """Let a paused duty's time run again; one that runs stays as it is.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no running duty in reach.
    """
    kept = _reached(work, actor, duty_id)
    resumed = rules.resume(kept.duty, work.now())
    if resumed != kept.duty:
        store.owed.save(work, resumed)
        store.sites.set_next_due(work, resumed.site_id, store.owed.next_due(work, resumed.site_id))
        people.record(work, actor, "site_duty.resumed", ("site_duty", duty_id), {"kind": resumed.kind})
    return store.owed.read(work, [duty_id])[duty_id]


def _reached(work: Work, actor: Actor, duty_id: UUID) -> store.owed.Kept:
    """Return a running duty in reach, its site locked before it, as everybody does."""
    mine = (people.scope_filter(actor, PAUSE, DUTIES), SiteDutyRow.tenant_id == work.tenant_id)
    there = people.visible(store.owed.one(work, *mine, SiteDutyRow.id == duty_id), "duty")
    store.sites.lock(work, [there.duty.site_id])
    return people.visible(next(iter(store.owed.lock(work, SiteDutyRow.id == duty_id)), None), "duty")


def list_calls(
    work: Work,
    actor: Actor,
    *,
    everybody: bool,
    waits: bool | None,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[store.calls.Answered]:
    """Return one's own calls, or everybody's within reach, newest first.

    Raises:
        ForbiddenError: the actor reads no calls.
    """
    scope = people.scope_filter(actor, CALL_READ, CALLS)
    person_id = None if everybody else actor.id
    return store.calls.page(work, scope, person_id=person_id, waits=waits, limit=limit, after=after)


def call_to_answer(work: Work, actor: Actor, call_id: UUID) -> store.calls.Answered:
    """Return a call that the actor may acknowledge.

    Raises:
        ForbiddenError, NotFoundError: the actor acknowledges nothing, or there is no such call in reach.
    """
    scope = people.scope_filter(actor, CALL_ANSWER, CALLS)
    found = people.visible(store.calls.one(work, scope, call_id), "call")
    if found.call.tenant_id != work.tenant_id:
        return people.visible(None, "call")
    return found


def shelve(work: Work, actor: Actor, site_id: UUID, reason: str, until: datetime) -> Shelf:
    """Let a site call nobody until a moment, because the actor answers for it; it comes back by itself.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such open site in reach.
        InputError: the moment is past, or more than eight hours away.
        RefusedError: a pipe was hit there, a stop order is refused, or its level is the highest: it cannot be silent.
    """
    now = work.now()
    scope = people.scope_filter(actor, SHELVE, store.SITES)
    site = people.visible(_locked(work, scope, site_id), "site")
    if not now < until <= now + LONGEST_SHELF:
        raise InputError(field="until", problem="is not within eight hours from now", fix="Shelve it for less.")
    if not site.open:
        raise RefusedError(field="site", problem=f"is {site.state} and calls nobody", fix="Nothing is to be done.")
    if rules.is_critical(site):
        raise RefusedError(field="site", problem="is critical and cannot be silent", fix="Act on it, or hand it over.")
    unshelve(work, site_id)
    made = Shelf(work.ids.new(), work.tenant_id, site_id, actor.id, reason, now, until)
    store.shifts.add_shelf(work, made)
    store.chains.save(work, *(escalate.hold(chain, until) for chain in store.chains.running(work, site_id=site_id)))
    details = {"reason": reason, "until": until.isoformat()}
    people.record(work, actor, "site.shelved", ("site", site_id), details)
    return made


def _locked(work: Work, scope: ColumnElement[bool], site_id: UUID) -> Site | None:
    """Return a site of the tenant within ``scope``, held alone until the transaction ends."""
    found = store.sites.one(work, scope, site_id)
    if found is None or found.site.tenant_id != work.tenant_id:
        return None
    return store.sites.lock(work, [site_id]).get(site_id)


def end_shelf(work: Work, actor: Actor, shelf_id: UUID) -> None:
    """Take a site off its shelf: what was held back is due now.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach that holds.
    """
    scope = people.scope_filter(actor, SHELVE, store.SITES)
    found = people.visible(store.shifts.shelf(work, scope, shelf_id), "shelf")
    people.visible(_locked(work, scope, found.site_id), "shelf")
    unshelve(work, found.site_id)
    people.record(work, actor, "site.unshelved", ("site", found.site_id), {})


def flood(work: Work, actor: Actor) -> FloodState:
    """Return whether more comes in than the tenant's people can take in; of the sites that wait those in reach.

    Raises:
        ForbiddenError: the actor reads no duties.
    """
    found = flood_state(work)
    there = store.watched.within(work, people.scope_filter(actor, READ, store.SITES), found.sites)
    return replace(found, sites=tuple(one for one in found.sites if one in there))


def shelves(work: Work, actor: Actor) -> list[Shelf]:
    """Return the shelves that hold now within the actor's reach, the first to end first.

    Raises:
        ForbiddenError: the actor reads no duties.
    """
    return store.shifts.shelves(work, people.scope_filter(actor, READ, store.SITES), limit=_MOST_SHELVES)


def write_log(work: Work, actor: Actor, words: str, *, to_id: UUID | None) -> ShiftEntry:
    """Write into the shift log; with somebody to hand over to, what is open in reach goes with it.

    Raises:
        ForbiddenError: the actor writes no shift log.
        InputError: nobody can hand over to themselves, or to who takes no shift over here.
    """
    people.require(actor, SHIFT_WRITE)
    if to_id == actor.id:
        raise InputError(field="to_id", problem="is yourself", fix="Name who takes over.")
    incoming = None if to_id is None else people.actor_of(work, to_id)
    if to_id is not None and (incoming is None or not incoming.grants_for(SHIFT_WRITE)):
        raise InputError(field="to_id", problem="is nobody who takes a shift over here", fix="Name who takes over.")
    now = work.now()
    found = [] if to_id is None else duties(work, actor, DutyFilter(), limit=_MOST_ITEMS)
    made = ShiftEntry(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        kind=ShiftKind.NOTE if to_id is None else ShiftKind.HANDOVER,
        author_id=actor.id,
        at=now,
        words=words,
        to_id=to_id,
        items=tuple(OpenItem(k.duty.site_id, k.duty.kind, k.duty.due_at, k.duty.due_at <= now) for k in found),
    )
    store.shifts.add_entry(work, made, next((one.area_id for one in actor.memberships if one.area_id), None))
    people.record(work, actor, f"shift.{made.kind}", ("shift", made.id), {"open": len(found)})
    return made


def take_over(work: Work, actor: Actor, entry_id: UUID) -> ShiftEntry:
    """Take a shift over: the incoming person's word. A second one changes nothing.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no shift log, or there is no such entry in reach.
        RefusedError: it hands nothing over, or to somebody else.
    """
    scope = _shifts(actor, SHIFT_WRITE)
    found = people.visible(store.shifts.entry(work, scope, entry_id), "entry")
    if found.to_id != actor.id:
        raise RefusedError(field="entry", problem="is not handed over to you", fix="Let its addressee take it.")
    if found.acked_at is None:
        store.shifts.acknowledge_entry(work, entry_id, work.now())
        people.record(work, actor, "shift.taken", ("shift", entry_id), {"from": str(found.author_id)})
    return people.visible(store.shifts.entry(work, scope, entry_id), "entry")


def shift_log(work: Work, actor: Actor, *, limit: int, after: tuple[datetime, UUID] | None = None) -> list[ShiftEntry]:
    """Return the shift log within the actor's reach, newest first.

    Raises:
        ForbiddenError: the actor reads no shift log.
    """
    return store.shifts.log(work, _shifts(actor, SHIFT_READ), limit=limit, after=after)


def _shifts(actor: Actor, permission: str) -> ColumnElement[bool]:
    """Return the condition for entries in reach; what is handed over to somebody reaches them from any area."""
    tenants = sorted({grant.tenant_id for grant in actor.grants_for(permission)})
    mine = and_(ShiftRow.to_id == actor.id, ShiftRow.tenant_id.in_(tenants))
    return or_(people.scope_filter(actor, permission, SHIFTS), mine)
