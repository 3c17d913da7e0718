"""Nonces that were given out, by the SHA-256 of each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.field.facts.captures import CaptureKept
from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


class CaptureRow(Base):
    """One nonce."""

    __tablename__ = "field_captures"
    __table_args__ = (
        Index("ix_field_captures_digest", "tenant_id", "digest", unique=True),
        Index("ix_field_captures_expires_at", "tenant_id", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    holder: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def add(work: Work, kept: CaptureKept) -> None:
    """Keep a nonce."""
    row = {name: getattr(kept, name) for name in CaptureRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    work.session.execute(insert(CaptureRow).values(row))


def by_digest(work: Work, digest: bytes) -> CaptureKept | None:
    """Return the tenant's nonce of this digest, locked until the transaction ends: two pictures never share it."""
    row = work.session.scalar(
        select(CaptureRow)
        .where(CaptureRow.tenant_id == work.tenant_id, CaptureRow.digest == digest)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    return CaptureKept(row.id, row.tenant_id, row.digest, row.holder, row.issued_at, row.expires_at, row.used_at)


def use(work: Work, capture_id: UUID) -> None:
    """Say that a nonce came with a picture now."""
    work.session.execute(update(CaptureRow).where(CaptureRow.id == capture_id).values(used_at=work.now()))


def forget(work: Work, before: datetime) -> None:
    """Delete the tenant's nonces that ended before a moment."""
    work.session.execute(
        delete(CaptureRow).where(CaptureRow.tenant_id == work.tenant_id, CaptureRow.expires_at < before)
    )
