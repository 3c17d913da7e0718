"""Patrols that are wanted; written once, for whoever sends people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Double, Index, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.dedupe.facts import PatrolReason, PatrolWanted
from pipewarden.dedupe.rules import apart, box_about
from pipewarden.kit.db import Base
from pipewarden.locate.facts import GroundPoint
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


class PatrolRow(Base):
    """One place where somebody should look."""

    __tablename__ = "dedupe_patrols"
    __table_args__ = (
        Index("ix_dedupe_patrols_place", "tenant_id", "lat", "lon", "at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    clue_id: Mapped[UUID]
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    radius_m: Mapped[float] = mapped_column(Double)
    zone: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    due_at: Mapped[datetime]


def add_patrol(work: Work, wanted: PatrolWanted) -> None:
    """Append a patrol."""
    values = {name: getattr(wanted, name) for name in PatrolRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    told = {"zone": wanted.zone.value, "reason": wanted.reason.value}
    work.session.execute(insert(PatrolRow).values(**values | told))


def wanted_near(work: Work, place: GroundPoint, reach_m: float, since: datetime) -> bool:
    """Return whether a patrol is wanted since then within ``reach_m`` of the place."""
    west, south, east, north = box_about(place, reach_m)
    rows = work.session.execute(
        select(PatrolRow.lon, PatrolRow.lat).where(
            PatrolRow.tenant_id == work.tenant_id,
            PatrolRow.at >= since,
            PatrolRow.lon.between(west, east),
            PatrolRow.lat.between(south, north),
        )
    )
    spread = (0.0, 0.0, 0.0)
    steps = (apart(place, GroundPoint(lon=lon, lat=lat, covariance=spread)) for lon, lat in rows)
    return any(float(step @ step) <= reach_m**2 for step in steps)


def patrols(work: Work, since: datetime, *, limit: int) -> list[PatrolWanted]:
    """Return the patrols wanted since then, oldest first."""
    rows = work.session.scalars(
        select(PatrolRow)
        .where(PatrolRow.tenant_id == work.tenant_id, PatrolRow.at >= since)
        .order_by(PatrolRow.at, PatrolRow.id)
        .limit(limit)
    )
    return [_patrol(row) for row in rows]


def _patrol(row: PatrolRow) -> PatrolWanted:
    told = {name: getattr(row, name) for name in PatrolRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    return PatrolWanted(**told | {"zone": Zone(row.zone), "reason": PatrolReason(row.reason)})
