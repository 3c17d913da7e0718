"""When each watched address was asked last whether it answers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.sense.facts import Probe
from pipewarden.sense.store.river import CameraRow
from pipewarden.sense.store.watches import WatchRow

if TYPE_CHECKING:
    from collections.abc import Sequence


class ProbeRow(Base):
    """How one watched address answers."""

    __tablename__ = "sense_probes"

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    due_at: Mapped[datetime]
    reached_at: Mapped[datetime | None]
    failures: Mapped[int]
    failed_at: Mapped[datetime | None]


def due_probes(session: Session, now: datetime, *, slower_than_s: float, most: int) -> list[tuple[Probe, str]]:
    """Return the probes that are due, of every tenant, the longest due first, each with the address to ask.

    Args:
        session: of the transaction.
        now: the present.
        slower_than_s: cameras that are looked at as often as this need no probe.
        most: at most so many.
    """
    address = func.coalesce(WatchRow.substream, WatchRow.source)
    rows = session.execute(
        select(WatchRow.camera_id, WatchRow.tenant_id, address, ProbeRow)
        .join(CameraRow, CameraRow.id == WatchRow.camera_id)
        .outerjoin(ProbeRow, ProbeRow.camera_id == WatchRow.camera_id)
        .where(
            address.contains("://"),
            CameraRow.interval_s > slower_than_s,
            or_(ProbeRow.due_at.is_(None), ProbeRow.due_at <= now),
        )
        .order_by(ProbeRow.due_at.nulls_first(), WatchRow.camera_id)
        .limit(most)
        .execution_options(populate_existing=True)
    )
    return [
        (Probe(camera_id, tenant_id, now) if row is None else _probe(row), str(source))
        for camera_id, tenant_id, source, row in rows
    ]


def put_probes(session: Session, probes: Sequence[Probe]) -> None:
    """Write how addresses answered, in one order for everybody: rows are locked as they are written."""
    if not probes:
        return
    names = ("camera_id", "tenant_id", "due_at", "reached_at", "failures", "failed_at")
    rows = [{name: getattr(one, name) for name in names} for one in sorted(probes, key=lambda one: one.camera_id)]
    statement = insert(ProbeRow).values(rows)
    told = {name: statement.excluded[name] for name in names[2:]}
    session.execute(statement.on_conflict_do_update(index_elements=["camera_id"], set_=told))


def _probe(row: ProbeRow) -> Probe:
    return Probe(row.camera_id, row.tenant_id, row.due_at, row.reached_at, row.failures, row.failed_at)
