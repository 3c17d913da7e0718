"""Judged alarms as the figures count them: plain columns, so that a year of them is one cheap query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipewarden.judge.facts import Code, FalseAlarm, Judged, ReviewCode, Source, Tally, Verdict
from pipewarden.judge.store.tables import CaseRow, JudgeEventRow
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


def judged(
    work: Work, scope: ColumnElement[bool], *, since: datetime, until: datetime, camera_id: UUID | None
) -> list[Judged]:
    """Return the tenant's alarms within ``scope`` that were made in a time, of one camera or of all."""
    row = CaseRow
    conditions = [scope, row.tenant_id == work.tenant_id, row.merged_into.is_(None)]
    conditions += [row.made_at >= since, row.made_at < until]
    if camera_id is not None:
        conditions.append(row.camera_id == camera_id)
    found = work.session.execute(
        select(
            row.alarm_id,
            row.camera_id,
            row.made_at,
            row.zone,
            row.score,
            row.frames,
            row.verdict,
            row.by,
            row.decided,
            row.audited,
            row.stopped_by,
            row.calls,
            row.cost,
        )
        .where(*conditions)
        .order_by(row.alarm_id)
    )
    return [
        Judged(
            alarm_id=one.alarm_id,
            camera_id=one.camera_id,
            made_at=one.made_at,
            zone=Zone(one.zone),
            score=one.score,
            frames=one.frames,
            verdict=Verdict(one.verdict),
            by=Source(one.by),
            decided=one.decided,
            audited=one.audited,
            stopped_by=tuple(Code(code) for code in one.stopped_by),
            calls=one.calls,
            cost=one.cost,
        )
        for one in found
    ]


def false_alarms(
    work: Work, scope: ColumnElement[bool], *, since: datetime, until: datetime, camera_id: UUID | None
) -> list[FalseAlarm]:
    """Return the alarms of ``judged`` that people called false, audits left out, with the last word, newest first."""
    row, event = CaseRow, JudgeEventRow
    conditions = [scope, row.tenant_id == work.tenant_id, row.merged_into.is_(None), row.decided.is_(False)]
    conditions += [row.audited.is_(False), row.made_at >= since, row.made_at < until]
    if camera_id is not None:
        conditions.append(row.camera_id == camera_id)
    found = work.session.execute(
        select(row.alarm_id, row.made_at, event.body["code"].astext)
        .ext(distinct_on(row.alarm_id))
        .join(event, event.alarm_id == row.alarm_id)
        .where(*conditions, event.tenant_id == work.tenant_id, event.kind == "decided")
        .order_by(row.alarm_id, event.seq.desc())
    )
    made = [FalseAlarm(alarm_id, made_at, ReviewCode(code)) for alarm_id, made_at, code in found]
    return sorted(made, key=lambda one: (one.made_at, one.alarm_id), reverse=True)


def tally(work: Work) -> Tally:
    """Return what became of the tenant's alarms and how often a second judge was asked."""
    verdicts = work.session.execute(
        select(CaseRow.verdict, func.count())
        .where(CaseRow.tenant_id == work.tenant_id, CaseRow.merged_into.is_(None), CaseRow.test.is_(False))
        .group_by(CaseRow.verdict)
    )
    counted = {verdict: count for verdict, count in verdicts}  # noqa: C416  a row is a tuple of two at run time only
    # one that was given up and answered late came to two ends, and is one question
    ended = select(func.count(JudgeEventRow.body["ask_id"].astext.distinct())).where(
        CaseRow.alarm_id == JudgeEventRow.alarm_id,
        CaseRow.test.is_(False),
        JudgeEventRow.tenant_id == work.tenant_id,
        JudgeEventRow.kind.in_(("answered", "failed")),
        JudgeEventRow.body["opinion"]["judge"].astext != "human",
    )
    return Tally(
        confirmed=counted.get(Verdict.CONFIRMED, 0),
        silenced=counted.get(Verdict.REJECTED, 0),
        person=counted.get(Verdict.PERSON, 0),
        questions=work.session.scalar(ended) or 0,
    )
