"""What stood for an alarm at a moment in the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from pipewarden.dedupe.facts import Clue
from pipewarden.dedupe.store.tables import FrameRow, SightingRow
from pipewarden.kit.ids import least_at
from pipewarden.perceive.facts import Box, FindingClass

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work


def best_machine(work: Work, alarm_id: UUID, before: datetime, without: Collection[UUID]) -> Clue | None:
    """Return the machine with the best score that an alarm had in pictures from before a moment.

    Ties as ``sums`` breaks them, so that it is the very picture that was shown.
    """
    row = work.session.execute(
        select(SightingRow.observation_id, SightingRow.finding_id, FrameRow.picture, SightingRow.box)
        .join(FrameRow, FrameRow.observation_id == SightingRow.observation_id)
        .where(
            SightingRow.tenant_id == work.tenant_id,
            SightingRow.alarm_id == alarm_id,
            SightingRow.raises,
            SightingRow.cls == FindingClass.MACHINE.value,
            SightingRow.observation_id < least_at(before),
            SightingRow.finding_id.not_in(without),
        )
        .order_by(SightingRow.score.desc(), SightingRow.finding_id)
        .limit(1)
    ).first()
    return None if row is None else Clue(row.observation_id, row.finding_id, row.picture, Box(*row.box))


def alarms_of(work: Work, observation_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return by observation of the tenant the alarm of its best finding, as it was joined; absent where it has none."""
    rows = work.session.execute(
        select(SightingRow.observation_id, SightingRow.alarm_id)
        .where(
            SightingRow.tenant_id == work.tenant_id,
            SightingRow.observation_id.in_(set(observation_ids)),
            SightingRow.alarm_id.is_not(None),
        )
        .order_by(SightingRow.score, SightingRow.finding_id)
    )
    return {observation_id: alarm_id for observation_id, alarm_id in rows if alarm_id is not None}
