"""What casework does when an alarm, its verdict or a patrol comes from upstream, and when time passes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework import service, store
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import FactRef, Work

    Begin = Callable[[UUID], AbstractContextManager[Work]]

_BACK = timedelta(hours=1)  # longer than the worker is ever away without anybody noticing; facts tell the rest
_MOST = 500


def drain(work: Work, facts: list[FactRef]) -> None:
    """Take changes of alarms (``dedupe.alarm_changed``) and of verdicts (``judge.judged``): both name the alarm."""
    service.follow(work, list(dict.fromkeys(fact.fact_id for fact in facts)))


def look_for_waiting(begin: Begin) -> int:
    """Open the sites of alarms that only time has brought before a person, of every tenant; return how many."""
    with begin(PLATFORM) as work:
        tenants = [one.id for one in people.tenants(work, people.operator())]
    count = 0
    for tenant_id in tenants:
        with begin(tenant_id) as work:
            count += service.look_for(work, work.now() - _BACK, limit=_MOST)
            service.push_places(work)
    return count


def drain_patrols(work: Work, facts: list[FactRef]) -> None:
    """Take wanted patrols (``dedupe.patrol_wanted``)."""
    service.patrol_wanted(work, [fact.fact_id for fact in facts])


def sweep(begin: Begin) -> int:
    """Do what is due of every tenant's duties, one transaction each; return how many steps fired."""
    with begin(PLATFORM) as work:
        tenants = store.watched.tenants_due(work)
    count = 0
    for tenant_id in tenants:
        with begin(tenant_id) as work:
            count += service.sweep(work)
    return count


def audit(begin: Begin) -> int:
    """Look at the open sites of every tenant; return how many promises did not hold."""
    with begin(PLATFORM) as work:
        tenants = store.watched.tenants_open(work)
    count = 0
    for tenant_id in tenants:
        with begin(tenant_id) as work:
            found = service.audit(work)
            count += found.unowned + found.forgotten
    return count
