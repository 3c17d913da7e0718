"""Commissioning tests of cameras, each written once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.locate.facts import Band, BandResult, Commissioning, CommissionKind

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


class CommissioningRow(Base):
    """One test of one camera."""

    __tablename__ = "locate_commissionings"
    __table_args__ = (
        Index("ix_locate_commissionings_camera_id", "camera_id", "at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    observation_id: Mapped[UUID | None]
    bands: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    actor: Mapped[str] = mapped_column(Text)


def add_commissioning(work: Work, one: Commissioning) -> None:
    """Append a test."""
    work.session.execute(
        insert(CommissioningRow).values(
            id=one.id,
            tenant_id=one.tenant_id,
            camera_id=one.camera_id,
            at=one.at,
            kind=one.kind,
            model=one.model,
            observation_id=one.observation_id,
            bands=[asdict(band) for band in one.bands],
            actor=one.actor,
        )
    )


def commissionings(work: Work, camera_id: UUID, *, limit: int) -> list[Commissioning]:
    """Return a camera's tests, newest first."""
    rows = work.session.scalars(
        select(CommissioningRow)
        .where(CommissioningRow.tenant_id == work.tenant_id, CommissioningRow.camera_id == camera_id)
        .order_by(CommissioningRow.at.desc(), CommissioningRow.id.desc())
        .limit(limit)
    )
    return [
        Commissioning(
            id=row.id,
            tenant_id=row.tenant_id,
            camera_id=row.camera_id,
            at=row.at,
            kind=CommissionKind(row.kind),
            model=row.model,
            observation_id=row.observation_id,
            bands=tuple(BandResult(**{**one, "band": Band(one["band"])}) for one in row.bands),
            actor=row.actor,
        )
        for row in rows
    ]
