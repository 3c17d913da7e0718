"""What is missing of permit and one-call lists: messages that never came, lists that stay away; each told once.

Who sends numbers what is sent, so a hole is a dig that nobody here knows of. It is told to the safety manager, as what
the house finds wrong with itself is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from pipewarden.casework import store
from pipewarden.casework.facts import Gap, ListAudit
from pipewarden.casework.store.lists import GapFilter
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, ScopedRow
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from pipewarden.casework.facts import KnownList
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

log = structlog.get_logger(__name__)
READ, IMPORT = "filing:read", "filing:import"
_LONGEST = timedelta(days=366)
_HOUR = timedelta(hours=1)
_MOST = 1000  # holes that the rule tells of one list


def audit_lists(work: Work) -> ListAudit:
    """Look at every list of the tenant: put holes on file, close those that are filled, tell each fault once."""
    for one in store.lists.known(work):
        store.lists.lock(work, one.source)
        reckon(work, one)
        if one.silent(work.now()) and one.silent_at is None:
            store.lists.silent(work, one.id)
            words = f"list {one.source} has not come since {one.last_at:%Y-%m-%d %H:%M} UTC"
            store.watched.add_breach(work, "list_silent", one.id, words)
            log.warning("a list stays away", tenant=str(work.tenant_id), source=one.source)
    return _present(work)


def reckon(work: Work, one: KnownList) -> None:
    """Bring the holes of one list, whose lock the caller holds, up to what was heard of it.

    A hole of which a part has come since is closed, and what is left of it is a new one that nobody is told of again.
    """
    missing = sense.missing_numbers(store.lists.heard(work, one.source), one.source)
    every = store.lists.gaps(work, GapFilter(one.source, is_open=False))
    there = {(gap.station, gap.day, gap.first, gap.last) for gap in missing}
    is_open = {(gap.station, gap.day, gap.first, gap.last): gap for gap in every if gap.closed_at is None}
    if len(missing) < _MOST:  # of more the rest is not known, and nothing may be closed by it
        store.lists.close_gaps(work, [gap.id for key, gap in is_open.items() if key not in there])
    found = [
        Gap(work.ids.new(), one.source, gap.station, gap.day, gap.first, gap.last, work.now())
        for gap in missing
        if (gap.station, gap.day, gap.first, gap.last) not in is_open
    ]
    store.lists.add_gaps(work, found)
    daily = sense.numbered_daily(one.source)
    for gap in found:
        if not any(_inside(gap, known, daily=daily) for known in every):
            count = gap.last - gap.first + 1
            words = f"{gap.source}: {count} of {gap.station} by {gap.day} never came, {gap.first} to {gap.last}"
            store.watched.add_breach(work, "message_missing", gap.id, words)


def _inside(gap: Gap, known: Gap, *, daily: bool) -> bool:
    """Return whether a hole is a part of one that somebody was told of."""
    same = gap.station == known.station and (gap.day == known.day or not daily)
    return same and known.first <= gap.first and gap.last <= known.last


def list_audit(work: Work, actor: Actor) -> ListAudit:
    """Return what is missing now of the lists of the tenant worked for.

    Raises:
        ForbiddenError: the actor does not read the tenant's filings all over: what never came has no place.
    """
    _require_all(work, actor, READ)
    return _present(work)


def _require_all(work: Work, actor: Actor, permission: str) -> None:
    try:
        people.require_row(actor, permission, ScopedRow(work.tenant_id), "tenant")
    except NotFoundError:
        raise ForbiddenError.of(permission) from None


def _present(work: Work) -> ListAudit:
    gaps = store.lists.gaps(work, GapFilter(), limit=_MOST)
    return ListAudit(work.now(), tuple(store.lists.known(work)), tuple(gaps))


def expect_list(work: Work, actor: Actor, source: str, every: timedelta | None) -> ListAudit:
    """Say how long a list may stay away; None for as long as it likes.

    Raises:
        ForbiddenError: the actor must not import for the whole tenant.
        InputError: the tenant has never had it, or the time is none.
    """
    _require_all(work, actor, IMPORT)
    if every is not None and not _HOUR <= every <= _LONGEST:
        raise InputError(field="--every", problem="is not between an hour and a year", fix="Give 1 to 8784 hours.")
    if not store.lists.expect(work, source, every):
        raise InputError(field="LIST", problem=f"{source!r} was never imported here", fix="Import it first.")
    details = {"every_h": None if every is None else every // _HOUR}
    people.record(work, actor, "filing.list_expected", ("permit_list", source), details)
    return _present(work)
