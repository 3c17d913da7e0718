"""Wires insight: when the report of the last month is printed, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.act.adapters.press import ChildPress
from pipewarden.insight import service as insight
from pipewarden.main.retention import RETENTION

if TYPE_CHECKING:
    from pipewarden.act.service import Post
    from pipewarden.insight.facts import MonthReport
    from pipewarden.insight.ports import Press
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

log = structlog.get_logger(__name__)
MONTHLY = "pipewarden.insight.monthly"
_HOURLY = "7 * * * *"  # each hour it looks whether one is due: the first is within an hour of the month's end


def open_press() -> ChildPress:
    """Return the press that prints reports, to be entered by who uses it."""
    return ChildPress()


def print_due(home: Home, post: Post, press: Press) -> list[MonthReport]:
    """Print the last month's report of every tenant that has none yet and tell who reads it, one transaction each.

    One that fails (a month with too many cases, a press that is not there) holds up no other, and is tried again.
    """
    done = []
    for tenant_id in home.tenants():
        try:
            with home.factory.begin(tenant_id) as work:
                made = insight.make_due(work, home.blobs, press)
                if made is not None:
                    told = insight.tell(work, post, made)
                    log.info("report of a month", tenant=str(tenant_id), month=str(made.month), told=told)
                    done.append(made)
        except Exception:
            log.exception("the report of a month could not be made", tenant=str(tenant_id))
    return done


def register(queue: Queue, home: Home, post: Post) -> None:
    """Let workers of ``queue`` print reports of months.

    Args:
        queue: gets a periodic task on the queue of retention, which runs as seldom.
        home: whose months; those of every tenant.
        post: the ways out.
    """

    @queue.app.periodic(cron=_HOURLY)
    @queue.app.task(name=MONTHLY, queue=RETENTION, queueing_lock=MONTHLY, lock=MONTHLY)
    def monthly(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        with open_press() as press:
            return len(print_due(home, post, press))
