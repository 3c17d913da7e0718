"""When cameras became blind or degraded and when they saw again; how one stands is what was written of it last.

Rows of the past are never read to know the present: a camera that comes and goes writes thousands a year.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.locate.facts import CameraBlind, Cause, EyeState
from pipewarden.network.facts import PressureClass, Regime, Stretch

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pipewarden.kit.work import Work


class EyeRow(Base):
    """A camera became blind or degraded, or is online again; written once."""

    __tablename__ = "locate_eyes"
    __table_args__ = ({"info": {"append_only": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    state: Mapped[str] = mapped_column(Text)
    causes: Mapped[list[str]] = mapped_column(JSONB)
    at: Mapped[datetime]
    since: Mapped[datetime]
    unwatched: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class EyeNowRow(Base):
    """How a camera stands: which change of it was the last, so that nobody looks for it among all that ever were."""

    __tablename__ = "locate_eyes_now"

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    eye_id: Mapped[UUID] = mapped_column(ForeignKey("locate_eyes.id"))
    state: Mapped[str] = mapped_column(Text)


def hold_eyes(work: Work) -> None:
    """Let nobody else judge the tenant's cameras until the transaction ends: two would tell one change twice."""
    key = func.hashtextextended(f"locate_eyes:{work.tenant_id}", 0)
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def add_eyes(work: Work, events: Sequence[CameraBlind]) -> None:
    """Append changes, one of a camera at most."""
    if not events:
        return
    rows = [
        {
            "id": event.id,
            "tenant_id": event.tenant_id,
            "camera_id": event.camera_id,
            "state": event.state,
            "causes": list(event.causes),
            "at": event.at,
            "since": event.since,
            "unwatched": [
                {
                    "pipe_id": one.pipe_id,
                    "regime": one.regime,
                    "pressure_class": one.pressure_class,
                    "metres": round(one.metres, 1),
                }
                for one in event.unwatched
            ],
        }
        for event in events
    ]
    work.session.execute(insert(EyeRow).values(rows))
    stands = insert(EyeNowRow).values(
        [
            {"camera_id": one.camera_id, "tenant_id": one.tenant_id, "eye_id": one.id, "state": one.state}
            for one in events
        ]
    )
    told = {"eye_id": stands.excluded.eye_id, "state": stands.excluded.state}
    work.session.execute(stands.on_conflict_do_update(index_elements=["camera_id"], set_=told))


def eyes(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, CameraBlind]:
    """Return what was written last of each of the cameras, of any tenant: the caller brings the scope."""
    rows = work.session.scalars(
        select(EyeRow).join(EyeNowRow, EyeNowRow.eye_id == EyeRow.id).where(EyeNowRow.camera_id.in_(camera_ids))
    )
    return {row.camera_id: _event(row) for row in rows}


def events(work: Work, ids: Collection[UUID]) -> list[CameraBlind]:
    """Return changes of the tenant's cameras that are still what was written last of them."""
    stands = select(EyeRow).join(EyeNowRow, EyeNowRow.eye_id == EyeRow.id)
    rows = work.session.scalars(stands.where(EyeRow.id.in_(ids), EyeRow.tenant_id == work.tenant_id))
    return [_event(row) for row in rows]


def not_online(work: Work) -> list[UUID]:
    """Return the cameras of every tenant that are blind or degraded."""
    return list(work.session.scalars(select(EyeNowRow.camera_id).where(EyeNowRow.state != EyeState.ONLINE)))


def counts(work: Work) -> dict[str, int]:
    """Return how many of the tenant's cameras that ever changed stand in each state."""
    rows = work.session.execute(
        select(EyeNowRow.state, func.count()).where(EyeNowRow.tenant_id == work.tenant_id).group_by(EyeNowRow.state)
    )
    return {state: count for state, count in rows}  # noqa: C416  rows are no pairs to the type checker


def blind(work: Work) -> list[UUID]:
    """Return the tenant's cameras that are blind."""
    mine = (EyeNowRow.tenant_id == work.tenant_id, EyeNowRow.state == EyeState.BLIND)
    return list(work.session.scalars(select(EyeNowRow.camera_id).where(*mine)))


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
