"""What time brings: pauses that end, deadlines that pass, steps that are due, calls that go out, a clock set back.

Everything is a row with its moment, so whoever sweeps next goes on where the last one stopped, and two that sweep at
once take different rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.casework import store
from pipewarden.casework.facts import DutyState
from pipewarden.casework.rules import duties, escalate
from pipewarden.casework.service.calling import send_calls
from pipewarden.casework.service.finding import Rosters, person_for
from pipewarden.casework.service.reminding import put_back
from pipewarden.casework.store.chains import Fired
from pipewarden.casework.store.duty_tables import SiteDutyRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Chain
    from pipewarden.kit.work import Work

log = structlog.get_logger(__name__)
_MOST = 500  # rows of one transaction; the rest comes with the next sweep


def sweep(work: Work) -> int:
    """Do what is due for one tenant and return how many steps fired."""
    _mind_the_clock(work)
    _end_pauses(work)
    _pass_deadlines(work)
    fired = _fire(work)
    send_calls(work)
    return fired


def _mind_the_clock(work: Work) -> None:
    """Take off every time to come what the clock was set back by: nobody waits an hour longer because of it."""
    now = work.now()
    last = store.watched.swept(work)
    if last is None or last - now <= store.watched.TICK:
        return
    log.warning("the clock was set back", tenant=str(work.tenant_id), by_s=(last - now).total_seconds())
    store.owed.put_back(work, last - now)
    store.shifts.put_back(work, last - now)
    put_back(work, last - now)
    running = store.chains.all_running(work)
    store.chains.save(work, *(escalate.back(chain, last - now) for chain in running))
    words = f"the clock was set back by {int((last - now).total_seconds())} s"
    store.watched.add_breach(work, "clock_set_back", work.tenant_id, words)


def _end_pauses(work: Work) -> None:
    """Let the time of duties run again whose pause is over; the site is held before its duties, as everybody does."""
    now = work.now()
    for site_id in store.watched.lock_free(work, store.owed.pauses_over(work, now, limit=_MOST)):
        mine = (SiteDutyRow.site_id == site_id, SiteDutyRow.state == DutyState.PAUSED.value)
        for kept in store.owed.lock(work, *mine, SiteDutyRow.pause_until <= now, limit=_MOST):
            store.owed.save(work, duties.resume(kept.duty, now))
        store.sites.set_next_due(work, site_id, store.owed.next_due(work, site_id))


def _pass_deadlines(work: Work) -> None:
    """Mark what was not done in time, and let its chain begin where it does not climb already; a shelf holds it."""
    now, policy = work.now(), store.shipped_duties()
    past = (SiteDutyRow.state == DutyState.OPEN.value, SiteDutyRow.due_at <= now)
    late = store.owed.lock(work, *past, limit=_MOST, skip_locked=True)
    if not late:
        return
    store.owed.set_overdue(work, [kept.duty.id for kept in late])
    climbs = [kept for kept in late if not policy.duties[kept.duty.kind].at_once]
    shelved = store.watched.shelves_until(work, {kept.duty.site_id for kept in climbs})
    chains = []
    for kept in climbs:
        chain = escalate.begin(work.ids.new(), kept.duty, policy.ladders[kept.ladder], kept.duty.due_at)
        until = shelved.get(chain.site_id)
        chains.append(chain if until is None else escalate.hold(chain, until))
    store.chains.add(work, *chains)


def _fire(work: Work) -> int:
    """Let every chain fire what is due; one whose step finds nobody goes on to the next step at once."""
    due = store.chains.lock_due(work, work.now(), limit=_MOST)
    if not due:
        return 0
    kept = store.owed.read(work, {chain.duty_id for chain in due})
    sites = store.sites.read(work, {chain.site_id for chain in due})
    told, rosters = store.chains.told(work, due), Rosters(work)
    fired: list[Fired] = []
    after = []
    for chain in due:
        critical = duties.is_critical(sites[chain.site_id])
        mine = _climb(rosters, chain, kept[chain.duty_id], told[chain.id], critical=critical)
        fired += mine[0]
        after.append(mine[1])
    store.chains.add_rungs(work, fired)
    store.chains.save(work, *after)
    return len(fired)


def _climb(
    rosters: Rosters, chain: Chain, kept: store.owed.Kept, told: set[UUID], *, critical: bool
) -> tuple[list[Fired], Chain]:
    """Return the steps that fire now, up to the first that finds somebody, and the chain after them."""
    now, fired = rosters.work.now(), list[Fired]()
    for _ in chain.ladder.steps:
        was_due, loop = chain.due_at, chain.loop
        rung, after = escalate.fire(chain, now)
        if rung is None or was_due is None:
            return fired, after
        if rung.loop != loop:  # it was acknowledged and begins anew
            told = set()
        person = person_for(rosters, rung, kept.duty, kept.area_path, told)
        fired.append(Fired(after, rung, person, critical, was_due, now))
        if person is not None:
            return fired, after
        chain = escalate.hurry(after, rung, now)
    return fired, chain
