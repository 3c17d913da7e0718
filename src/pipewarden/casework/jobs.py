"""What casework does when an alarm or its verdict changed upstream, and when time passes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework import service
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
