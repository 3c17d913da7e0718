"""Every query on how reported pictures look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.field.rules.likeness import HASH_BYTES, Print
from pipewarden.field.store.report_tables import PrintRow, ReportRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work


def add(work: Work, observation_id: UUID, report_id: UUID, at: datetime, made: Print) -> None:
    """Write how a picture looks, once."""
    values = {
        "observation_id": observation_id,
        "tenant_id": work.tenant_id,
        "report_id": report_id,
        "at": at,
        "hashes": made.hashes.tobytes(),
        "points": made.points.astype("<f4").tobytes(),
        "descriptors": made.descriptors.tobytes(),
        "features": list(made.features),
    }
    work.session.execute(insert(PrintRow).values(**values).on_conflict_do_nothing())


def known(work: Work, observation_ids: Collection[UUID]) -> set[UUID]:
    """Return which observations of the tenant were compared."""
    mine = (PrintRow.tenant_id == work.tenant_id, PrintRow.observation_id.in_(set(observation_ids)))
    return set(work.session.scalars(select(PrintRow.observation_id).where(*mine)))


def heads(work: Work, since: datetime, *, but: UUID, limit: int) -> list[tuple[UUID, UUID, Print]]:
    """Return the tenant's prints since a moment, without their points, the oldest first: observation, report, print.

    Pictures of reports that are copies themselves are left out: whoever sends one again sends their original, and a
    flood of copies must not crowd it out.

    Args:
        work: the transaction.
        since: not older.
        but: the report whose own pictures are left out.
        limit: the newest so many.
    """
    columns = (PrintRow.observation_id, PrintRow.report_id, PrintRow.hashes, PrintRow.features)
    mine = (PrintRow.tenant_id == work.tenant_id, PrintRow.at >= since, PrintRow.report_id != but)
    copies = select(ReportRow.id).where(ReportRow.tenant_id == work.tenant_id, ReportRow.copy_of.is_not(None))
    asked = select(*columns).where(*mine, PrintRow.report_id.not_in(copies)).order_by(PrintRow.at.desc()).limit(limit)
    rows = work.session.execute(asked).all()
    bare = (np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
    return [
        (one.observation_id, one.report_id, Print(_hashes(one.hashes), *bare, tuple(one.features)))
        for one in rows[::-1]
    ]


def whole(work: Work, observation_id: UUID) -> Print | None:
    """Return a print with its points."""
    row = work.session.get(PrintRow, observation_id)
    if row is None or row.tenant_id != work.tenant_id:
        return None
    points = np.frombuffer(row.points, "<f4").reshape(-1, 2).astype(np.float32)
    described = np.frombuffer(row.descriptors, np.uint8).reshape(-1, 32)
    return Print(_hashes(row.hashes), points, described, tuple(row.features))


def _hashes(raw: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.frombuffer(raw, np.uint8).reshape(-1, HASH_BYTES)
