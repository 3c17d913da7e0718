"""Compares, once a day, books that should say the same: blobs with rows, cases with notifications, rosters with people.

What differs is put on file as a breach, of which the tenant's safety manager is told by the messages that every breach
goes by, and the count is on record. Nothing is mended here: a difference is a question to a person.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from pipewarden.casework.store import watched
from pipewarden.main import backup
from pipewarden.main.reckoning import blobs, calls
from pipewarden.main.reckoning.facts import Difference, Reckoned, Reckoning
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM
from pipewarden.people.store.record import AuditRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

__all__ = ["Difference", "Reckoned", "Reckoning", "file", "last_reckoning", "reckon", "register"]

log = structlog.get_logger(__name__)
RECKON = "pipewarden.reckon"
DONE = "books.reckoned"
_DAILY = "40 21 * * *"  # UTC: twenty to six in China, before the morning's shift
_SITE_WORDS = "an open site has a due call that nobody was told of"


def reckon(home: Home, post: Post) -> Reckoning:
    """Compare everything, of every tenant, and return what differs; nothing is written."""
    with home.factory.begin(PLATFORM) as work:
        at = work.now()
        compared, found = blobs.compare(work.session, home.blobs, home.tenant_id, at)
    for key in ("calls", "on_duty"):
        compared[key] = 0
    for tenant_id in home.tenants():
        try:
            with home.factory.begin(tenant_id) as work:
                asked, untold = calls.compare_calls(work)
                on_duty, unreached = calls.compare_roster(work, post)
        except Exception as error:  # one tenant's broken rows must not leave everybody else's books unread
            log.exception("a tenant's books could not be compared", tenant=str(tenant_id))
            words = f"the books could not be compared ({type(error).__name__}): read the log"
            found.append(Difference("not_reckoned", tenant_id, 1, words, ()))
            continue
        compared["calls"] += asked
        compared["on_duty"] += on_duty
        found += [*untold, *unreached]
    return Reckoning(at, compared, tuple(found))


def file(home: Home, made: Reckoning, faults: list[backup.Fault]) -> None:
    """Put differences and faults of the backups where people are told of them, and the count on record."""
    by_tenant: dict[UUID, list[Difference]] = {}
    for one in made.differences:
        by_tenant.setdefault(one.tenant_id, []).append(one)
    by_tenant.setdefault(home.tenant_id, [])
    for tenant_id, differences in by_tenant.items():
        with home.factory.begin(tenant_id) as work:
            for one in differences:
                _breach(work, one)
            for fault in faults if tenant_id == home.tenant_id else ():
                watched.add_breach(work, fault.name, tenant_id, fault.words)
    counts: dict[str, object] = {}
    for one in made.differences:
        counts[one.what] = one.count + int(str(counts.get(one.what, 0)))
    with home.factory.begin(PLATFORM) as work:
        details = {"compared": made.compared, "differences": counts}
        people.record(work, people.operator(), DONE, ("books", "all"), details)


def _breach(work: Work, one: Difference) -> None:
    if one.site_ids:
        watched.add_breaches(work, one.what, _SITE_WORDS, one.site_ids)
    else:
        watched.add_breach(work, one.what, one.tenant_id, one.words)


def last_reckoning(home: Home) -> Reckoned | None:
    """Return the newest reckoning on record; None before the first."""
    with home.factory.begin(PLATFORM) as work:
        row = work.session.execute(
            select(AuditRow.at, AuditRow.details)
            .where(AuditRow.tenant_id == PLATFORM, AuditRow.object_kind == "books", AuditRow.act == DONE)
            .order_by(AuditRow.seq.desc())
            .limit(1)
        ).first()
    if row is None:
        return None
    told = json.loads(row.details)
    return Reckoned(row.at.astimezone(UTC), told["compared"], told["differences"])


def register(queue: Queue, home: Home, post: Post, settings: backup.BackupSettings) -> None:
    """Let workers of ``queue`` reckon every morning.

    Args:
        queue: gets a periodic task on the queue of the backups; it waits for one under way.
        home: whose books; those of every tenant.
        post: by which channels people can be reached.
        settings: what is expected of backups.
    """

    @queue.app.periodic(cron=_DAILY)
    @queue.app.task(name=RECKON, queue=backup.UPKEEP, queueing_lock=RECKON, lock=backup.UPKEEP)
    def reckon_books(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        made = reckon(home, post)
        file(home, made, backup.faults(home, settings))
        log.info("books compared", **made.compared, differences=len(made.differences))
        return len(made.differences)
