"""When cameras became blind or degraded and when they saw again; how one stands is what was written of it last."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.locate.facts import CameraBlind, Cause, EyeState
from pipewarden.network.facts import PressureClass, Regime, Stretch

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select

    from pipewarden.kit.work import Work


class EyeRow(Base):
    """A camera became blind or degraded, or is online again; written once."""

    __tablename__ = "locate_eyes"
    __table_args__ = (Index("ix_locate_eyes_camera_id", "camera_id", "at"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    state: Mapped[str] = mapped_column(Text)
    causes: Mapped[list[str]] = mapped_column(JSONB)
    at: Mapped[datetime]
    since: Mapped[datetime]
    unwatched: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


def _last() -> Select[EyeRow]:
    newest = (EyeRow.camera_id, EyeRow.at.desc(), EyeRow.id.desc())
    return select(EyeRow).order_by(*newest).ext(distinct_on(EyeRow.camera_id))


def add_eye(work: Work, event: CameraBlind) -> None:
    """Append a change."""
    work.session.execute(
        insert(EyeRow).values(
            id=event.id,
            tenant_id=event.tenant_id,
            camera_id=event.camera_id,
            state=event.state,
            causes=list(event.causes),
            at=event.at,
            since=event.since,
            unwatched=[
                {
                    "pipe_id": one.pipe_id,
                    "regime": one.regime,
                    "pressure_class": one.pressure_class,
                    "metres": round(one.metres, 1),
                }
                for one in event.unwatched
            ],
        )
    )


def eyes(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, CameraBlind]:
    """Return what was written last of each of the cameras, of any tenant: the caller brings the scope."""
    rows = work.session.scalars(_last().where(EyeRow.camera_id.in_(camera_ids)))
    return {row.camera_id: _event(row) for row in rows}


def eye_events(work: Work, camera_id: UUID) -> list[CameraBlind]:
    """Return everything that was written of a camera, oldest first."""
    rows = work.session.scalars(
        select(EyeRow)
        .where(EyeRow.tenant_id == work.tenant_id, EyeRow.camera_id == camera_id)
        .order_by(EyeRow.at, EyeRow.id)
    )
    return [_event(row) for row in rows]


def not_online(work: Work) -> list[UUID]:
    """Return the cameras of every tenant that are blind or degraded."""
    last = _last().subquery()
    return list(work.session.scalars(select(last.c.camera_id).where(last.c.state != EyeState.ONLINE)))


def blind(work: Work) -> list[UUID]:
    """Return the tenant's cameras that are blind."""
    last = _last().where(EyeRow.tenant_id == work.tenant_id).subquery()
    return list(work.session.scalars(select(last.c.camera_id).where(last.c.state == EyeState.BLIND)))


def _event(row: EyeRow) -> CameraBlind:
    return CameraBlind(
        id=row.id,
        tenant_id=row.tenant_id,
        camera_id=row.camera_id,
        state=EyeState(row.state),
        causes=tuple(Cause(one) for one in row.causes),
        at=row.at,
        since=row.since,
        unwatched=tuple(
            Stretch(
                pipe_id=one["pipe_id"],
                regime=Regime(one["regime"]),
                pressure_class=PressureClass(one["pressure_class"]),
                metres=one["metres"],
            )
            for one in row.unwatched
        ),
    )
