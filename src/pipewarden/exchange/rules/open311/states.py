"""Our states in Open311's words: ``open`` and ``closed`` for every client, and mySociety's longer list in updates.

``closed`` is said when casework has closed the site, when somebody who went there found no works, when a person set the
report aside, or when it was checked and nothing is to be done and no site stands; never before. A closed site is never
called ``fixed``: closed is not fixed (mysociety/fixmystreet#1339). A report that was joined with another is not called
``duplicate``, which readers take for the end: it follows the case that it was joined with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from pipewarden.exchange.facts.open311 import Update311

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.exchange.facts.open311 import Request311
    from pipewarden.field.facts.reports import Answer, Step

# mySociety, "Open311 FMS - Additional states", and "received" for what nobody has looked at
_EXTENDED = {
    "received": "received",
    "waiting": "received",
    "checking": "investigating",
    "person": "investigating",
    "confirmed": "action_scheduled",
    "in_hand": "in_progress",
    "verified": "in_progress",
    "rejected": "no_further_action",
    "not_works": "no_further_action",
    "aside": "not_councils_responsibility",
    "closed": "closed",
}
_OVER = frozenset({"closed", "no_further_action", "not_councils_responsibility", "duplicate", "fixed"})
_STEPS = {
    "received": "received",
    "waiting": "received",
    "placed": "investigating",
    "joined": "investigating",
    "confirmed_by_you": "investigating",
    "aside": "not_councils_responsibility",
    "judged_person": "investigating",
    "judged_confirmed": "action_scheduled",
    "judged_rejected": "no_further_action",
    "site": "in_progress",
    "accepted": "in_progress",
    "arrived": "in_progress",
    "verified_true": "in_progress",
    "verified_false": "in_progress",
    "stop_ordered": "in_progress",
    "resumed": "in_progress",
    "struck": "in_progress",
    "ended": "in_progress",
    "closed": "closed",
}
REOPENED = ("已重新打开", "Opened again")


def status_of(state: str) -> tuple[str, str]:
    """Return what a report's state is: ``open`` or ``closed``, and the extended word."""
    extended = _EXTENDED[state]
    return ("closed" if extended in _OVER else "open"), extended


def over(extended: str) -> bool:
    """Say whether an extended word means the end."""
    return extended in _OVER


def news(
    request: Request311,
    known: Sequence[Update311],
    steps: Sequence[Step],
    now: datetime,
    *,
    state: str,
    answer: Answer,
) -> list[Update311]:
    """Return what a reader has not been told yet, in order; the last of all that was told says how it stands now.

    Args:
        request: whose.
        known: what was told, the oldest first.
        steps: everything that really happened.
        now: when a reader can first see it.
        state: as the report stands.
        answer: in words.
    """
    told = {one.id for one in known}
    found = []
    for step in steps:
        status = _STEPS.get(step.key)
        if status is None:
            continue
        update_id = uuid5(request.id, f"{step.key} {step.at.isoformat()}")
        if update_id not in told:
            told.add(update_id)
            found.append(_update(request, update_id, status, (step.zh, step.en), at=step.at, now=now))
    _, extended = status_of(state)
    last = found[-1].status if found else known[-1].status if known else ""
    if last != extended:
        words = REOPENED if over(last) and not over(extended) else (answer.zh, answer.en)
        update_id = uuid5(request.id, f"{extended} {now.isoformat()}")
        found.append(_update(request, update_id, extended, words, at=now, now=now))
    return found


def _update(
    request: Request311, update_id: UUID, status: str, words: tuple[str, str], *, at: datetime, now: datetime
) -> Update311:
    return Update311(
        id=update_id,
        tenant_id=request.tenant_id,
        request_id=request.id,
        status=status,
        description=f"{words[0]} {words[1]}",
        at=at,
        recorded_at=now,
        push=now if request.server_id is not None else None,
    )
