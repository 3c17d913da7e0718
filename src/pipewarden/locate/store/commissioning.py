"""Proofs that a camera's machines are found: where one stood or was pasted, and which picture shows it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.locate.facts import Depth, Proof, ProofKind

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


class ProofRow(Base):
    """One proof; written once. Whether it was found is read from what the screen said."""

    __tablename__ = "locate_commissioning"
    __table_args__ = (Index("ix_locate_commissioning_camera_id", "camera_id", "id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    how: Mapped[str] = mapped_column(Text)
    depth: Mapped[str] = mapped_column(Text)
    box: Mapped[list[float]] = mapped_column(JSONB)
    stood_at: Mapped[datetime]
    observation_id: Mapped[UUID | None]
    made_at: Mapped[datetime]
    actor_id: Mapped[UUID]


def add_proof(work: Work, proof: Proof) -> None:
    """Append a proof."""
    work.session.execute(
        insert(ProofRow).values(
            id=proof.id,
            tenant_id=proof.tenant_id,
            camera_id=proof.camera_id,
            how=proof.how,
            depth=proof.depth,
            box=list(proof.box),
            stood_at=proof.stood_at,
            observation_id=proof.observation_id,
            made_at=proof.made_at,
            actor_id=proof.actor_id,
        )
    )


def proofs(work: Work, camera_id: UUID, *, limit: int) -> list[Proof]:
    """Return the newest proofs of a camera, newest first."""
    rows = work.session.scalars(
        select(ProofRow)
        .where(ProofRow.tenant_id == work.tenant_id, ProofRow.camera_id == camera_id)
        .order_by(ProofRow.id.desc())
        .limit(limit)
    )
    return [
        Proof(
            id=row.id,
            tenant_id=row.tenant_id,
            camera_id=row.camera_id,
            how=ProofKind(row.how),
            depth=Depth(row.depth),
            box=(row.box[0], row.box[1], row.box[2], row.box[3]),
            stood_at=row.stood_at,
            observation_id=row.observation_id,
            made_at=row.made_at,
            actor_id=row.actor_id,
        )
        for row in rows
    ]
