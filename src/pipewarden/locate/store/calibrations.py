"""Calibrations of cameras: every one that was in force, and the one that is being clicked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Text, UniqueConstraint, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.locate.facts import CalibrationDraft, CalibrationSource, CalibrationVersion

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


class CalibrationRow(Base):
    """One calibration that was put in force."""

    __tablename__ = "locate_calibrations"
    __table_args__ = (UniqueConstraint("camera_id", "version"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    version: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    restores: Mapped[int | None]
    image_width: Mapped[int | None]
    image_height: Mapped[int | None]
    calibration: Mapped[dict[str, object] | None]


class DraftRow(Base):
    """Points that are being clicked."""

    __tablename__ = "locate_calibration_drafts"

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    version: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, object]]


def add_calibration(work: Work, one: CalibrationVersion) -> None:
    """Append a version."""
    width, height = one.image_size or (None, None)
    work.session.execute(
        insert(CalibrationRow).values(
            id=one.id,
            tenant_id=one.tenant_id,
            camera_id=one.camera_id,
            version=one.version,
            at=one.at,
            actor=one.actor,
            source=one.source,
            restores=one.restores,
            image_width=width,
            image_height=height,
            calibration=one.calibration,
        )
    )


def calibrations(work: Work, camera_id: UUID, *, limit: int, version: int | None = None) -> list[CalibrationVersion]:
    """Return a camera's versions, newest first; only the one named where ``version`` is given."""
    mine = [CalibrationRow.tenant_id == work.tenant_id, CalibrationRow.camera_id == camera_id]
    if version is not None:
        mine.append(CalibrationRow.version == version)
    rows = work.session.scalars(
        select(CalibrationRow).where(*mine).order_by(CalibrationRow.version.desc()).limit(limit)
    )
    return [_version(row) for row in rows]


def _version(row: CalibrationRow) -> CalibrationVersion:
    size = None if row.image_width is None or row.image_height is None else (row.image_width, row.image_height)
    return CalibrationVersion(
        id=row.id,
        tenant_id=row.tenant_id,
        camera_id=row.camera_id,
        version=row.version,
        at=row.at,
        actor=row.actor,
        source=CalibrationSource(row.source),
        restores=row.restores,
        image_size=size,
        calibration=row.calibration,
    )


def calibration_draft(work: Work, camera_id: UUID) -> CalibrationDraft | None:
    """Return what is being clicked for a camera; None where nothing is."""
    mine = (DraftRow.tenant_id == work.tenant_id, DraftRow.camera_id == camera_id)
    row = work.session.scalar(select(DraftRow).where(*mine))
    return None if row is None else CalibrationDraft(row.camera_id, row.version, row.at, row.actor, row.content)


def put_calibration_draft(work: Work, one: CalibrationDraft) -> None:
    """Keep a draft in place of the one before; the camera is held."""
    told = {"version": one.version, "at": one.at, "actor": one.actor, "content": one.content}
    statement = insert(DraftRow).values(camera_id=one.camera_id, tenant_id=work.tenant_id, **told)
    work.session.execute(statement.on_conflict_do_update(index_elements=["camera_id"], set_=told))


def drop_calibration_draft(work: Work, camera_id: UUID) -> None:
    """Forget what was clicked for a camera."""
    mine = (DraftRow.tenant_id == work.tenant_id, DraftRow.camera_id == camera_id)
    work.session.execute(delete(DraftRow).where(*mine))
