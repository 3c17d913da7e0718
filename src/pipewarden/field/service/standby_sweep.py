"""What time brings to shifts of standing by: missed hours, a shift that nobody ends, works that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.casework import service as casework
from pipewarden.casework.facts.standby import StandbyMissed
from pipewarden.field.facts.standby import Missed, ShiftEnd
from pipewarden.field.rules import standby as rules
from pipewarden.field.service.standby import policy_of
from pipewarden.field.store import standby as store
from pipewarden.kit.errors import RefusedError

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.field.facts.standby import Shift
    from pipewarden.kit.work import Work

log = structlog.get_logger(__name__)
_MOST = 200  # shifts of one transaction; the rest comes with the next sweep


def sweep_standby(work: Work) -> int:
    """Write down what is missed of the tenant's shifts by now, and return how many hours that were.

    Whoever sweeps after a stop of the house finds every hour that passed meanwhile, each once.
    """
    return sum(_one(work, shift) for shift in store.due(work, limit=_MOST))


def _one(work: Work, shift: Shift) -> int:
    policy, now = policy_of(work), work.now()
    if not casework.stood_by(work, shift.site_id):
        store.put(work, rules.over(shift, ShiftEnd.WORKS_OVER, now))
        return 0
    hours, after = rules.missed_hours(policy, shift, now)
    if after == shift:
        return 0
    written = []
    for check_by in hours:
        one = Missed(work.ids.new(), work.tenant_id, shift.id, shift.site_id, shift.person_id, check_by, now)
        try:
            if casework.standby_missed(work, shift.site_id, StandbyMissed(one.id, shift.id, check_by)):
                written.append(one)
        except RefusedError:  # somebody ended the site in this very moment
            log.info("a missed check is owed no more", site=str(shift.site_id))
    store.add_missed(work, written)
    unpaused = len(hours) - len(written)
    store.put(work, rules.forgiven(after, unpaused))
    return len(written)


def tenants_late(work: Work) -> list[UUID]:
    """Return the tenants of which a check should have come by now."""
    return store.tenants_due(work)
