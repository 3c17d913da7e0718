"""Letting go of old questions: what they cost stays with the day's spending, the words and the answers go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from pipewarden.inference.store.vision import VisionCallRow
from pipewarden.kit.ids import least_at

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class Kept:
    """A question on record; ``cached_from`` names the one that it was answered from."""

    id: UUID
    cached_from: UUID | None


def old_calls(work: Work, before: datetime, *, after: UUID | None, limit: int) -> list[Kept]:
    """Return the tenant's questions from before a moment that follow ``after``, by id."""
    wanted = select(VisionCallRow.id, VisionCallRow.cached_from).where(
        VisionCallRow.tenant_id == work.tenant_id, VisionCallRow.at < before, VisionCallRow.id < least_at(before)
    )
    if after is not None:
        wanted = wanted.where(VisionCallRow.id > after)
    return [Kept(*row) for row in work.session.execute(wanted.order_by(VisionCallRow.id).limit(limit))]


def repeats(work: Work, calls: Collection[UUID]) -> list[Kept]:
    """Return the questions that were answered from one of ``calls``."""
    rows = work.session.execute(
        select(VisionCallRow.id, VisionCallRow.cached_from).where(
            VisionCallRow.tenant_id == work.tenant_id, VisionCallRow.cached_from.in_(calls)
        )
    )
    return [Kept(*row) for row in rows]


def forget(work: Work, calls: Collection[UUID]) -> int:
    """Delete questions of the tenant and return how many there were."""
    gone = delete(VisionCallRow).where(VisionCallRow.tenant_id == work.tenant_id, VisionCallRow.id.in_(calls))
    return len(work.session.scalars(gone.returning(VisionCallRow.id)).all())
