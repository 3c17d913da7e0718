"""What time brings: pauses that end, deadlines that pass, steps that are due, calls that go out, a clock set back.

Everything is a row with its moment, so whoever sweeps next goes on where the last one stopped, and two that sweep at
once take different rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from pipewarden.casework import store
from pipewarden.casework.facts import DutyState
from pipewarden.casework.rules import duties, escalate
from pipewarden.casework.service.calling import send_calls
from pipewarden.casework.service.finding import person_for
from pipewarden.casework.service.reacting import begin_chain
from pipewarden.casework.store.duty_tables import SiteDutyRow

if TYPE_CHECKING:
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
    for chain in store.chains.all_running(work):
        store.chains.save(work, escalate.back(chain, last - now))
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
    """Mark what was not done in time, and let its chain begin where it does not climb already."""
    now, policy = work.now(), store.shipped_duties()
    past = (SiteDutyRow.state == DutyState.OPEN.value, SiteDutyRow.due_at <= now)
    for kept in store.owed.lock(work, *past, limit=_MOST, skip_locked=True):
        store.owed.save(work, replace(kept.duty, state=DutyState.OVERDUE))
        if not policy.duties[kept.duty.kind].at_once:
            begin_chain(work, kept.duty, policy.ladders[kept.ladder], kept.duty.due_at)


def _fire(work: Work) -> int:
    """Let every chain fire what is due; one whose step finds nobody goes on to the next step at once."""
    fired, now = 0, work.now()
    due = store.chains.lock_due(work, now, limit=_MOST)
    kept = store.owed.read(work, {chain.duty_id for chain in due})
    sites = store.sites.read(work, {chain.site_id for chain in due})
    for chain in due:
        critical = duties.is_critical(sites[chain.site_id])
        fired += _climb(work, chain, kept[chain.duty_id], critical=critical)
    return fired


def _climb(work: Work, chain: Chain, kept: store.owed.Kept, *, critical: bool) -> int:
    now = work.now()
    for count in range(len(chain.ladder.steps)):
        was_due = chain.due_at
        rung, after = escalate.fire(chain, now)
        if rung is None or was_due is None:
            store.chains.save(work, after)
            return count
        person = person_for(work, rung, kept.duty, kept.area_path)
        store.chains.add_rung(work, after, rung, person_id=person, critical=critical, due_at=was_due, at=now)
        chain = after if person is not None else escalate.hurry(after, rung, now)
        store.chains.save(work, chain)
        if person is not None:
            return count + 1
    return len(chain.ladder.steps)
