"""Judged alarms as the figures count them: plain columns, so that a year of them is one cheap query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from pipewarden.judge.facts import Code, Judged, Source, Verdict
from pipewarden.judge.store.tables import CaseRow
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
