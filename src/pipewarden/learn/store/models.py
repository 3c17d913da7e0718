"""The table that leads from a published model to the data set it was trained on; a row is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.work import Work


class PublishedRow(Base):
    """One published model, with its card as it was given."""

    __tablename__ = "learn_models"
    __table_args__ = ({"info": {"append_only": True}},)

    model_id: Mapped[UUID] = mapped_column(ForeignKey("inference_models.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("learn_manifests.id"))
    card: Mapped[dict[str, object]]
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Published:
    """A row of the table."""

    model_id: UUID
    manifest_id: UUID
    card: Mapping[str, object]
    actor: str
    at: datetime


def add(work: Work, model_id: UUID, manifest_id: UUID, card: Mapping[str, object], actor: str) -> None:
    """Insert what a model was trained on."""
    row = PublishedRow(
        model_id=model_id,
        tenant_id=work.tenant_id,
        manifest_id=manifest_id,
        card=dict(card),
        actor=actor,
        at=work.now(),
    )
    work.session.add(row)
    work.session.flush()


def every(work: Work) -> dict[UUID, Published]:
    """Return what the tenant's published models were trained on, by model."""
    rows = work.session.scalars(select(PublishedRow).where(PublishedRow.tenant_id == work.tenant_id))
    return {row.model_id: Published(row.model_id, row.manifest_id, row.card, row.actor, row.at) for row in rows}
