"""Answers calls that wait: taken in a short transaction, run outside of any, charged and written by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.market.service import invoking
from pipewarden.market.store import foundry_calls as calls
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Said
    from pipewarden.market.service.invoking import Taken
    from pipewarden.market.service.runners import Runners

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
_MOST = 100  # of one sweep: the next one comes in five seconds


def answer_waiting(begin: Begin, runners: Runners) -> int:
    """Answer the calls of every tenant that wait, the oldest first; return how many were answered or failed."""
    with begin(PLATFORM) as work:
        waiting = calls.waiting(work, limit=_MOST)
    done = 0
    for tenant_id, call_id in waiting:
        with begin(tenant_id) as work:
            taken = invoking.take(work, call_id)
        if taken is None:
            continue
        outcome = _run(runners, taken)
        with begin(tenant_id) as work:
            done += invoking.settle(work, call_id, outcome) is not None
    return done


def forget(begin: Begin) -> int:
    """Forget what old calls said; return how many."""
    with begin(PLATFORM) as work:
        return invoking.forget_said(work)


def _run(runners: Runners, taken: Taken) -> Said | PipewardenError:
    """Return what the capability says, or what stood against it; a fault of the house costs the caller nothing."""
    try:
        return runners.of(taken.runnable.kind).run(taken.runnable, taken.ask)
    except (InputError, UnavailableError) as error:
        return error
    except Exception as error:  # one capability that breaks must not keep the others waiting
        log.exception("a capability broke", capability=taken.runnable.name)
        return UnavailableError(field="capability", problem=f"broke ({type(error).__name__})", fix="Ask again later.")
