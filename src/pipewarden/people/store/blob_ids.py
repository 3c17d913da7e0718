"""The table of random ids: by which a stored picture is addressed, and never by the hash of its bytes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class BlobIdRow(Base):
    """One tenant's random id of one stored file; it never changes, and the app role may only insert."""

    __tablename__ = "people_blob_ids"
    __table_args__ = (UniqueConstraint("tenant_id", "sha256"), {"info": {"append_only": True}})

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


def ids_of(session: Session, tenant_id: UUID, hashes: Collection[str]) -> dict[str, str]:
    """Return the tenant's id of each hash that has one."""
    wanted = select(BlobIdRow.sha256, BlobIdRow.id).where(
        BlobIdRow.tenant_id == tenant_id, BlobIdRow.sha256.in_(hashes)
    )
    return dict(session.execute(wanted).all())


def hashes_of(session: Session, tenant_id: UUID, ids: Collection[str]) -> dict[str, str]:
    """Return the hash behind each id of the tenant; another tenant's id and one nobody gave are absent alike."""
    wanted = select(BlobIdRow.id, BlobIdRow.sha256).where(BlobIdRow.tenant_id == tenant_id, BlobIdRow.id.in_(ids))
    return dict(session.execute(wanted).all())


def add(session: Session, tenant_id: UUID, made: Mapping[str, str], at: datetime) -> None:
    """Insert ids by hash; where somebody else was first, theirs stays."""
    rows = [{"id": one, "tenant_id": tenant_id, "sha256": sha256, "made_at": at} for sha256, one in made.items()]
    session.execute(insert(BlobIdRow).on_conflict_do_nothing(index_elements=["tenant_id", "sha256"]), rows)
