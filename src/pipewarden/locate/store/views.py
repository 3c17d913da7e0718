"""Which ground each picture of a moving camera showed; written once, read to say what was seen and what was not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, Text, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base, insert_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Observation

    Ring = tuple[tuple[float, float], ...]

_DIGITS = 7  # a centimetre


class ViewRow(Base):
    """The ground one picture of a trip showed: a closed ring of (lon, lat)."""

    __tablename__ = "locate_views"
    __table_args__ = (Index("ix_locate_views_at", "tenant_id", "at"), {"info": {"append_only": True}})

    observation_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    stream: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    ring: Mapped[list[list[float]]] = mapped_column(JSONB)


def add_views(work: Work, rings: Mapping[UUID, Ring], observations: Mapping[UUID, Observation]) -> None:
    """Insert what pictures that have just been placed showed."""
    rows = [
        {
            "observation_id": one,
            "tenant_id": work.tenant_id,
            "stream": observations[one].stream,
            "at": observations[one].at or observations[one].received_at,
            "ring": [[round(lon, _DIGITS), round(lat, _DIGITS)] for lon, lat in ring],
        }
        for one, ring in rings.items()
    ]
    insert_rows(work.session, insert(ViewRow).on_conflict_do_nothing().returning(ViewRow.observation_id), rows)


def views(work: Work, since: datetime, until: datetime, *, stream: str | None = None, limit: int) -> list[Ring]:
    """Return the ground shown from ``since`` up to but not at ``until``, in order of time; of one trip if named."""
    asked = (
        select(ViewRow.ring)
        .where(ViewRow.tenant_id == work.tenant_id, ViewRow.at >= since, ViewRow.at < until)
        .order_by(ViewRow.at)
        .limit(limit)
    )
    if stream is not None:
        asked = asked.where(ViewRow.stream == stream)
    return [tuple((corner[0], corner[1]) for corner in ring) for ring in work.session.scalars(asked)]
