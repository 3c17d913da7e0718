"""The watchdog's round: every tenant, then the house; one that breaks holds up no other, and the round says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.kit import facts_log
from pipewarden.operation import service
from pipewarden.operation.facts import BeatName
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.operation.ports import Machine, Outside

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)


def watch(begin: Begin, post: Post, machine: Machine, consumers: Mapping[str, str], *, heartbeat: bool) -> int:
    """Look at every tenant and at the house once, and return how many faults last.

    Raises:
        Exception: the last thing that broke a tenant's turn or the house's, once all had theirs.
    """
    with begin(PLATFORM) as work:
        tenants = [one.id for one in people.tenants(work, people.operator())]
        stuck = facts_log.count_stuck(work.session)
    count, broken = 0, None
    for tenant_id in tenants:
        try:
            with begin(tenant_id) as work:
                seen = service.tenant_reading(work, post, stuck=stuck.get(tenant_id, 0))
                count += len(service.watch_tenant(work, post, seen))
        except Exception as error:
            log.exception("a tenant could not be watched over", tenant=str(tenant_id))
            broken = error
    with begin(PLATFORM) as work:
        reading = service.house_reading(work, machine, consumers, heartbeat=heartbeat)
        due = service.watch_house(work, reading)
        count += len(service.faults_of_house(work))
    for tenant_id in tenants if due else ():
        try:
            with begin(tenant_id) as work:
                service.tell_house(work, post, due)
        except Exception as error:
            log.exception("a tenant could not be told of the house", tenant=str(tenant_id))
            broken = error
    if broken is not None:
        raise broken
    return count


def say_alive(begin: Begin, name: str) -> None:
    """Write that a process is alive."""
    with begin(PLATFORM) as work:
        service.beat(work, name)


def tell_outside(begin: Begin, outside: Outside, faults: int) -> bool:
    """Give the outside a sign of life, outside of any transaction, and write down whether it was taken.

    To be called only after a look was committed: a house that cannot look falls silent, and the outside calls people.
    """
    if not outside.set_up:
        return False
    with begin(PLATFORM) as work:
        words = service.heartbeat_words(work.now(), faults)
    problem = outside.tell(words)
    with begin(PLATFORM) as work:
        service.beat(work, BeatName.HEARTBEAT, ok=problem is None, words=problem or "")
    return problem is None
