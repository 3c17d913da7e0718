"""What casework does when an alarm, its verdict or a patrol comes from upstream, and when time passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.casework import service, store
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import FactRef, Work

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
_PAGE = 500
_RENEWED = 200  # sites of one look; the rest comes with the next


def drain(work: Work, facts: list[FactRef]) -> None:
    """Take changes of alarms (``dedupe.alarm_changed``) and of verdicts (``judge.judged``): both name the alarm."""
    service.follow(work, list(dict.fromkeys(fact.fact_id for fact in facts)))


def look_for_waiting(begin: Begin) -> int:
    """Open the sites of alarms that only time has brought before a person, of every tenant; return how many."""
    with begin(PLATFORM) as work:
        tenants = [one.id for one in people.tenants(work, people.operator())]
    return _apart(begin, tenants, _look, lambda work: service.renew_waiting(work, limit=_RENEWED))[0]


def _look(work: Work) -> int:
    count = service.look_for(work, page=_PAGE)
    service.push_places(work)
    return count


def drain_changed(work: Work, facts: list[FactRef]) -> None:
    """Take events of sites (``casework.changed``): what is kept beside them is renewed."""
    service.renew_changed(work, [fact.fact_id for fact in facts])


def drain_patrols(work: Work, facts: list[FactRef]) -> None:
    """Take wanted patrols (``dedupe.patrol_wanted``)."""
    service.patrol_wanted(work, [fact.fact_id for fact in facts])


def sweep(begin: Begin) -> int:
    """Do what is due of every tenant: duties, then filings, then rules that the clock may change.

    Returns:
        How many steps fired.
    """
    with begin(PLATFORM) as work:
        tenants = store.watched.tenants_due(work)
        store.watched.tick(work)
    return sum(_apart(begin, tenants, service.sweep, service.remind, service.ask_rules)[:2])


def audit(begin: Begin) -> int:
    """Look at the open sites of every tenant; return how many promises did not hold."""
    with begin(PLATFORM) as work:
        tenants = store.watched.tenants_open(work)
    return _each(begin, tenants, _audit)


def ask_days(begin: Begin) -> int:
    """Ask for the days of filed works that are seen and not declared, of every tenant; return how many are new."""
    with begin(PLATFORM) as work:
        tenants = store.watched.tenants_open(work)
    return _each(begin, tenants, service.ask_days)


def audit_lists(begin: Begin) -> int:
    """Look at the permit and one-call lists of every tenant that has any; return how much is missing."""
    with begin(PLATFORM) as work:
        tenants = store.lists.tenants(work)
    return _each(begin, tenants, _audit_lists)


def _audit_lists(work: Work) -> int:
    found = service.audit_lists(work)
    return len(found.gaps) + len(found.silent)


def _audit(work: Work) -> int:
    found = service.audit(work)
    return found.unowned + found.forgotten


def _apart(begin: Begin, tenants: Iterable[UUID], *jobs: Callable[[Work], int]) -> list[int]:
    """Return the sum of each job, done one after the other in transactions of their own; none waits for one that broke.

    Raises:
        Exception: the last fault, once every job has had its turn.
    """
    counts, broken = [], None
    for do in jobs:
        try:
            counts.append(_each(begin, tenants, do))
        except Exception as error:  # noqa: BLE001  logged by then
            broken = error
    if broken is not None:
        raise broken
    return counts


def _each(begin: Begin, tenants: Iterable[UUID], do: Callable[[Work], int]) -> int:
    """Return the sum of what is done for each tenant, in a transaction of its own; none waits for one that breaks.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    count, broken = 0, None
    for tenant_id in tenants:
        try:
            with begin(tenant_id) as work:
                count += do(work)
        except Exception as error:
            log.exception("a tenant's turn broke", tenant=str(tenant_id))
            broken = error
    if broken is not None:
        raise broken
    return count
