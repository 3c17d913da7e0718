"""Patrols that are wanted; written once, for whoever sends people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Double, Index, Text, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.dedupe.facts import PatrolReason, PatrolWanted
from pipewarden.dedupe.rules import box_about
from pipewarden.kit import facts_log
from pipewarden.kit.db import Base, insert_rows
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import GroundPoint


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


def lock_patrols(work: Work) -> None:
    """Wait until nobody else wants patrols of this tenant; held to the end of the transaction, grouping goes on."""
    key = facts_log.lock_key("dedupe.patrols", str(work.tenant_id))
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def add_patrols(work: Work, wanted: Sequence[PatrolWanted]) -> None:
    """Append patrols."""
    rows = [
        {name: getattr(one, name) for name in PatrolRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
        | {"zone": one.zone.value, "reason": one.reason.value}
        for one in wanted
    ]
    insert_rows(work.session, insert(PatrolRow).returning(PatrolRow.id), rows)


def wanted_about(work: Work, places: Sequence[tuple[GroundPoint, float]], since: datetime) -> list[tuple[float, float]]:
    """Return (lon, lat) of the patrols wanted since then in the boxes around places, each with its reach in metres."""
    boxes = [box_about(place, reach_m) for place, reach_m in places]
    inside = [
        and_(PatrolRow.lon.between(west, east), PatrolRow.lat.between(south, north))
        for west, south, east, north in boxes
    ]
    rows = work.session.execute(
        select(PatrolRow.lon, PatrolRow.lat).where(
            PatrolRow.tenant_id == work.tenant_id, PatrolRow.at >= since, or_(*inside)
        )
    )
    return [(lon, lat) for lon, lat in rows]


def patrols(work: Work, since: datetime, *, limit: int) -> list[PatrolWanted]:
    """Return the patrols wanted since then, oldest first."""
    rows = work.session.scalars(
        select(PatrolRow)
        .where(PatrolRow.tenant_id == work.tenant_id, PatrolRow.at >= since)
        .order_by(PatrolRow.at, PatrolRow.id)
        .limit(limit)
    )
    return [_patrol(row) for row in rows]


def patrols_by_id(work: Work, patrol_ids: Collection[UUID]) -> list[PatrolWanted]:
    """Return patrols by id, oldest first."""
    rows = work.session.scalars(
        select(PatrolRow)
        .where(PatrolRow.tenant_id == work.tenant_id, PatrolRow.id.in_(set(patrol_ids)))
        .order_by(PatrolRow.at, PatrolRow.id)
    )
    return [_patrol(row) for row in rows]


def _patrol(row: PatrolRow) -> PatrolWanted:
    told = {name: getattr(row, name) for name in PatrolRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    return PatrolWanted(**told | {"zone": Zone(row.zone), "reason": PatrolReason(row.reason)})
