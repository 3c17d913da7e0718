"""Which recorded questions to models an open review rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import or_, select

from pipewarden.judge.facts import Verdict
from pipewarden.judge.store.tables import CaseRow, JudgeEventRow

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

_SPOKEN = ("answered", "failed")


def in_hand(work: Work) -> set[UUID]:
    """Return the questions about alarms that wait for a person, or were merged into one that does."""
    row = CaseRow
    waits = or_(row.due_at.is_not(None), row.audit, row.verdict == Verdict.PERSON.value)
    mine = row.tenant_id == work.tenant_id
    alarms = set(work.session.scalars(select(row.alarm_id).where(mine, row.merged_into.is_(None), waits)))
    fresh = alarms
    while fresh:
        fresh = set(work.session.scalars(select(row.alarm_id).where(mine, row.merged_into.in_(fresh)))) - alarms
        alarms |= fresh
    said = JudgeEventRow.body["opinion"]["call_id"].astext
    found = work.session.scalars(
        select(said).where(
            JudgeEventRow.tenant_id == work.tenant_id,
            JudgeEventRow.alarm_id.in_(alarms),
            JudgeEventRow.kind.in_(_SPOKEN),
            said.is_not(None),
        )
    )
    return {UUID(one) for one in found if one is not None}
