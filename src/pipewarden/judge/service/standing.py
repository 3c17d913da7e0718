"""Where alarms stand, for the lists of an earlier slice that knows no judge; implements its ``ports.Verdicts``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.dedupe.facts import AlarmVerdict, Standing
from pipewarden.judge import store
from pipewarden.judge.facts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, SQLColumnExpression

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.work import Work


class Standings:
    """Reads verdicts from the cases."""

    def of(self, work: Work, alarms: Sequence[Alarm]) -> dict[UUID, Standing]:
        """Return where each alarm stands that has a case: one query a tenant, however many alarms."""
        found: dict[UUID, Standing] = {}
        for tenant_id in sorted({one.tenant_id for one in alarms}):
            ids = [one.id for one in alarms if one.tenant_id == tenant_id]
            told = store.cases.verdicts(replace(work, tenant_id=tenant_id), ids)
            found |= {one: Standing(AlarmVerdict(verdict), until) for one, (verdict, until) in told.items()}
        return found

    def having(self, alarm_id: SQLColumnExpression[UUID], verdict: AlarmVerdict) -> ColumnElement[bool]:
        """Return the condition that the alarm of a column has this verdict; without a case it needs a person."""
        return store.cases.having(alarm_id, Verdict(verdict))


def silent(
    alarm_id: SQLColumnExpression[UUID], last_seen: SQLColumnExpression[datetime | None], now: datetime
) -> ColumnElement[bool]:
    """Return the condition that a rejection keeps the alarm of two columns silent; what was seen after it is not."""
    return store.cases.silent(alarm_id, last_seen, now)


def silent_past(alarm_id: SQLColumnExpression[UUID], now: datetime) -> ColumnElement[bool]:
    """Return the condition that the silence of the alarm of a column still runs."""
    return store.cases.silent_past(alarm_id, now)
