"""The table of answers already given: the same request under the same key gets the same answer, never a second act."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary, Text, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class AnswerRow(Base):
    """One answer, by who asked and under which key; ``request_sha256`` says to what."""

    __tablename__ = "people_answers"
    __table_args__ = (Index("ix_people_answers_made_at", "made_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    request_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(Integer)
    media: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """Who asked, and under which key."""

    tenant_id: UUID
    actor_id: UUID
    key: str

    def lock(self) -> int:
        """Return the signed 64-bit advisory lock key."""
        digest = hashlib.sha256(f"answer\0{self.tenant_id}\0{self.actor_id}\0{self.key}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)


def try_lock(session: Session, key: AnswerKey) -> bool:
    """Take the key until the transaction ends; False when another transaction holds it."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(key.lock()))))


def given(session: Session, key: AnswerKey) -> AnswerRow | None:
    """Return the answer given before under this key."""
    return session.get(AnswerRow, (key.tenant_id, key.actor_id, key.key))


def keep(session: Session, row: AnswerRow) -> None:
    """Insert one answer."""
    session.add(row)
    session.flush()


def forget(session: Session, before: datetime) -> int:
    """Drop answers made before a moment and return how many."""
    return len(session.scalars(delete(AnswerRow).where(AnswerRow.made_at < before).returning(AnswerRow.key)).all())
