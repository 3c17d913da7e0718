"""Wires the book: who releases holds, who puts the chain's end on record, and how the whole is checked.

The end goes into the platform's audit chain, whose own end is signed and handed out of the house (``main.audit``): so
whoever writes the book anew has to write that anew as well, under the eyes of everybody who keeps an anchor.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from pipewarden.kit.work import Work
from pipewarden.ledger import jobs
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import End
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, AuditFilter

if TYPE_CHECKING:
    from pipewarden.ledger.facts import Checked
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

log = structlog.get_logger(__name__)
LEDGER = "ledger"
EXPIRE = "pipewarden.ledger.expire"
ANCHOR = "pipewarden.ledger.anchor"
ENDED = "ledger.anchored"
_BOOK = UUID(int=0)  # the one book
_EVERY_MIN = "* * * * *"
_HOURLY = "7 * * * *"
_NEWEST = 1000  # anchors that are compared; one an hour, when the book has grown


def register(queue: Queue, home: Home) -> None:
    """Let workers of ``queue`` release holds each minute and anchor the book each hour."""

    @queue.app.periodic(cron=_EVERY_MIN)
    @queue.app.task(name=EXPIRE, queue=LEDGER, queueing_lock=EXPIRE, lock=EXPIRE)
    def expire(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.expire(home.factory.begin, home.tenant_id)

    @queue.app.periodic(cron=_HOURLY)
    @queue.app.task(name=ANCHOR, queue=LEDGER, queueing_lock=ANCHOR, lock=ANCHOR)
    def anchor(timestamp: int) -> bool:  # noqa: ARG001  as above
        return anchor_end(home)


def anchor_end(home: Home) -> bool:
    """Put the end of the book's chain on the platform's audit chain, unless it stands there; say whether it was put."""
    with home.factory.begin(PLATFORM) as work:
        end, kept = ledger.end(work), anchored(work, newest=1)
        if not end.seq or (kept and kept[0].seq == end.seq):
            return False
        details = {"seq": end.seq, "hash": end.hash.hex(), "at": end.at.isoformat()}
        people.record(work, people.operator(), ENDED, (LEDGER, _BOOK), details)
        log.info("anchored the book", seq=end.seq)
        return True


def anchored(work: Work, newest: int = _NEWEST) -> list[End]:
    """Return the ends of the book that are on record, the newest first."""
    found = people.audit_page(work, people.operator(), AuditFilter(act=ENDED), limit=newest)
    told = [json.loads(one.details) for one in found]
    return [End(one["seq"], bytes.fromhex(one["hash"]), work.now()) for one in told]


def check(home: Home) -> Checked:
    """Check the whole book on one snapshot, against every end of it that is on record; others go on booking."""
    with home.factory.sessions() as session, session.begin():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        work = Work(session, home.factory.clock, home.factory.ids, PLATFORM)
        return ledger.check(work, anchored(work))
