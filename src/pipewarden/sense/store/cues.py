"""Cameras that were asked to look now, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.sense.facts import Cue, CueState

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


class CueRow(Base):
    """One camera asked to look now for the sake of one observation."""

    __tablename__ = "sense_cues"
    __table_args__ = (
        UniqueConstraint("tenant_id", "clue_id", "camera_id"),
        Index("ix_sense_cues_camera", "camera_id", "asked_at"),
        Index("ix_sense_cues_due", "state", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    clue_id: Mapped[UUID] = mapped_column(ForeignKey("sense_observations.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    frame_id: Mapped[UUID | None] = mapped_column(ForeignKey("sense_observations.id"))


def add_cue(session: Session, cue: Cue) -> bool:
    """Insert the cue and return whether it is new: a camera is asked once for one observation."""
    values = {name: getattr(cue, name) for name in CueRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    made = insert(CueRow).values(**values | {"state": cue.state.value}).on_conflict_do_nothing().returning(CueRow.id)
    return session.scalar(made) is not None


def last_asked(session: Session, camera_id: UUID) -> datetime | None:
    """Return when the camera was last asked."""
    return session.scalar(select(func.max(CueRow.asked_at)).where(CueRow.camera_id == camera_id))


def cues_of(session: Session, tenant_id: UUID, clue_ids: Collection[UUID]) -> list[Cue]:
    """Return every cue for the sake of those observations, oldest first."""
    rows = session.scalars(
        select(CueRow)
        .where(CueRow.tenant_id == tenant_id, CueRow.clue_id.in_(clue_ids))
        .order_by(CueRow.asked_at, CueRow.id)
        .execution_options(populate_existing=True)
    )
    return [_cue(row) for row in rows]


def cues(session: Session, tenant_id: UUID, ids: Collection[UUID]) -> list[Cue]:
    """Return the tenant's cues among ``ids``."""
    rows = session.scalars(
        select(CueRow)
        .where(CueRow.tenant_id == tenant_id, CueRow.id.in_(ids))
        .execution_options(populate_existing=True)
    )
    return [_cue(row) for row in rows]


def answer_cues(session: Session, camera_id: UUID, frame_id: UUID) -> list[Cue]:
    """Note that the camera's picture came and return the cues that waited for it."""
    rows = session.scalars(
        update(CueRow)
        .where(CueRow.camera_id == camera_id, CueRow.state == CueState.ASKED.value)
        .values(state=CueState.ANSWERED.value, frame_id=frame_id)
        .returning(CueRow),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return [_cue(row) for row in rows]


def overdue_tenants(session: Session, now: datetime) -> list[UUID]:
    """Return whose cameras were asked and have not answered in time."""
    late = (CueRow.state == CueState.ASKED.value, CueRow.due_at <= now)
    return list(session.scalars(select(CueRow.tenant_id).where(*late).distinct().order_by(CueRow.tenant_id)))


def silence_cues(session: Session, tenant_id: UUID, now: datetime) -> list[Cue]:
    """Note that the tenant's cameras that have not answered in time are silent, and return those cues."""
    late = (CueRow.tenant_id == tenant_id, CueRow.state == CueState.ASKED.value, CueRow.due_at <= now)
    rows = session.scalars(
        update(CueRow).where(*late).values(state=CueState.SILENT.value).returning(CueRow),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return [_cue(row) for row in rows]


def _cue(row: CueRow) -> Cue:
    told = {name: getattr(row, name) for name in CueRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    return Cue(**told | {"state": CueState(row.state)})
