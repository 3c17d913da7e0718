"""What people decided, one row an alarm: the last word and who said it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from pipewarden.judge.facts import Decided, Decision
from pipewarden.judge.store.tables import CaseRow, JudgeEventRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work

_DECIDED: TypeAdapter[Decided] = TypeAdapter(Decided)


def page(work: Work, *, after: UUID | None, limit: int) -> list[Decision]:
    """Return up to ``limit`` decisions of the tenant's people, by alarm, past the alarm ``after``.

    An alarm that was merged into another says nothing any more: the other one does.
    """
    mine = (JudgeEventRow.tenant_id == work.tenant_id, JudgeEventRow.kind == "decided", CaseRow.merged_into.is_(None))
    wanted = (
        select(JudgeEventRow.alarm_id, JudgeEventRow.at, JudgeEventRow.actor, JudgeEventRow.body, CaseRow.audited)
        .ext(distinct_on(JudgeEventRow.alarm_id))
        .join(CaseRow, CaseRow.alarm_id == JudgeEventRow.alarm_id)
        .where(*mine, CaseRow.tenant_id == work.tenant_id)
    )
    if after is not None:
        wanted = wanted.where(JudgeEventRow.alarm_id > after)
    rows = work.session.execute(wanted.order_by(JudgeEventRow.alarm_id, JudgeEventRow.seq.desc()).limit(limit))
    return [
        Decision(alarm_id, _DECIDED.validate_python(body), actor or "", at, audited=audited)
        for alarm_id, at, actor, body, audited in rows
    ]


def words(work: Work, alarm_ids: Collection[UUID]) -> list[Decision]:
    """Return everything that the tenant's people decided about these alarms, in the order in which it was said."""
    mine = (JudgeEventRow.tenant_id == work.tenant_id, JudgeEventRow.kind == "decided")
    wanted = (
        select(JudgeEventRow.alarm_id, JudgeEventRow.at, JudgeEventRow.actor, JudgeEventRow.body, CaseRow.audited)
        .join(CaseRow, CaseRow.alarm_id == JudgeEventRow.alarm_id)
        .where(*mine, JudgeEventRow.alarm_id.in_(set(alarm_ids)))
        .order_by(JudgeEventRow.alarm_id, JudgeEventRow.seq)
    )
    return [
        Decision(alarm_id, _DECIDED.validate_python(body), actor or "", at, audited=audited)
        for alarm_id, at, actor, body, audited in work.session.execute(wanted)
    ]
