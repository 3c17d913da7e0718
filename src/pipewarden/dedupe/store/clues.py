"""The clues of an alarm: all of them by time, and what stood for it at a moment in the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from pipewarden.dedupe.facts import Clue, SeenClue
from pipewarden.dedupe.store.tables import FrameRow, SightingRow, ground_of
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


def clue_page(
    work: Work, alarm_id: UUID, *, limit: int, before: tuple[float, UUID] | None = None, finding_id: UUID | None = None
) -> list[SeenClue]:
    """Return members of an alarm of the tenant, the newest first; with ``finding_id`` that one alone."""
    row = SightingRow
    wanted = [row.tenant_id == work.tenant_id, row.alarm_id == alarm_id]
    if finding_id is not None:
        wanted.append(row.finding_id == finding_id)
    if before is not None:
        seen_s, last = before
        wanted.append(or_(row.seen_s < seen_s, and_(row.seen_s == seen_s, row.finding_id < last)))
    found = work.session.execute(
        select(row, FrameRow.at, FrameRow.picture)
        .join(FrameRow, FrameRow.observation_id == row.observation_id)
        .where(*wanted)
        .order_by(row.seen_s.desc(), row.finding_id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_seen(one, at, picture) for one, at, picture in found]


def _seen(row: SightingRow, at: datetime | None, picture: str) -> SeenClue:
    return SeenClue(
        finding_id=row.finding_id,
        observation_id=row.observation_id,
        seen_s=row.seen_s,
        at=at,
        stream=row.stream,
        cls=row.cls,
        type=row.type,
        score=row.score,
        raises=row.raises,
        ground=ground_of(row.lon, row.lat, row.covariance),
        box=Box(*row.box),
        size=(row.width, row.height),
        picture=picture,
        reason=row.reason or "seen before",
    )


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
