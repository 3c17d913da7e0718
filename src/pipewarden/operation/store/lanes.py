"""How far behind the house is: jobs that are due by queue, and how long the stages of the river took lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from pipewarden.operation.facts import LaneReading, StageReading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

_LANES = text(
    "SELECT queue_name, count(*), coalesce(extract(epoch FROM clock_timestamp() - min(due)), 0) FROM ("
    "SELECT job.queue_name, greatest(job.scheduled_at, (SELECT min(event.at) FROM procrastinate_events AS event"
    " WHERE event.job_id = job.id)) AS due FROM procrastinate_jobs AS job"
    " WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= clock_timestamp())"
    ") AS waiting GROUP BY queue_name ORDER BY queue_name"
)
# the newest facts by their number, so that it costs the same however long the log is
_STAGES = text(
    "WITH lately AS (SELECT kind, fact_id, min(emitted_at) AS at FROM ("
    "SELECT kind, fact_id, emitted_at FROM kit_facts ORDER BY seq DESC LIMIT :most) AS newest"
    " WHERE emitted_at > :since GROUP BY kind, fact_id)"
    " SELECT count(*), coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY took), 0),"
    " coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY took), 0) FROM ("
    "SELECT extract(epoch FROM ended.at - begun.at)::double precision AS took FROM lately AS begun"
    " JOIN lately AS ended USING (fact_id) WHERE begun.kind = :first AND ended.kind = :last) AS pairs"
)
_MOST = 20_000


def lanes(session: Session) -> list[LaneReading]:
    """Return each queue of jobs that has some due; where the queue was never made there is none."""
    if session.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is None:
        return []
    rows = session.execute(_LANES)
    return [LaneReading(name, depth, max(float(oldest), 0.0)) for name, depth, oldest in rows]


def stages(session: Session, pairs: Mapping[str, tuple[str, str]], since: datetime) -> list[StageReading]:
    """Return how long lay between two facts about the same thing, for each named pair of kinds."""
    found = []
    for name, (first, last) in pairs.items():
        asked = {"most": _MOST, "since": since, "first": first, "last": last}
        count, median, p95 = session.execute(_STAGES, asked).one()
        found.append(StageReading(name, count, float(median), float(p95)))
    return found
