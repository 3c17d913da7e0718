"""The table of signed ends of audit chains: the house's own copy of what lies outside."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import SignedAnchor

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class AnchorRow(Base):
    """One anchor; the app role may only insert."""

    __tablename__ = "people_anchors"
    __table_args__ = (UniqueConstraint("tenant_id", "seq"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    public: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


def add(session: Session, anchor_id: UUID, anchor: SignedAnchor) -> None:
    """Insert one anchor; of two hands that anchor one entry at once the first one's is kept."""
    values = {
        "id": anchor_id,
        "tenant_id": anchor.tenant_id,
        "seq": anchor.seq,
        "hash": anchor.hash,
        "at": anchor.at,
        "public": anchor.public,
        "signature": anchor.signature,
    }
    session.execute(insert(AnchorRow).values(values).on_conflict_do_nothing())


def anchors(
    session: Session, *conditions: ColumnElement[bool], limit: int | None = None, newest: bool = False
) -> list[SignedAnchor]:
    """Return the anchors that conditions on ``AnchorRow`` pick, in the chain's order unless ``newest``."""
    order = AnchorRow.seq.desc() if newest else AnchorRow.seq
    columns = [column for column in AnchorRow.__table__.columns if column.name != "id"]
    rows = session.execute(select(*columns).where(*conditions).order_by(order).limit(limit))
    return [SignedAnchor(**row._mapping) for row in rows]  # noqa: SLF001  SQLAlchemy's public name
