"""The table of looks at personal data; rows only come in, and the audit chain holds digests of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text, UniqueConstraint, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import ActorKind, View, Viewed

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from pipewarden.people.facts import ViewFilter


class ViewRow(Base):
    """One look; the app role may only insert."""

    __tablename__ = "people_views"
    __table_args__ = (
        UniqueConstraint("seq"),
        Index("ix_people_views_tenant_id_seq", "tenant_id", "seq"),
        Index("ix_people_views_about", "about", "seq"),
        Index("ix_people_views_actor_id", "actor_id", "at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    tenant_id: Mapped[UUID]
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID]
    what: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    about: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(Text)


def seen_since(session: Session, tenant_id: UUID, actor_id: UUID, subject: tuple[str, str], since: datetime) -> bool:
    """Say whether somebody's look at exactly this is on record since a moment."""
    same = select(ViewRow.id).where(
        ViewRow.actor_id == actor_id,
        ViewRow.at > since,
        ViewRow.tenant_id == tenant_id,
        ViewRow.subject_kind == subject[0],
        ViewRow.subject_id == subject[1],
    )
    return session.scalar(same.limit(1)) is not None


def add(session: Session, view: View) -> int:
    """Insert one look and return its ``seq``; whoever seals waits until the transaction has ended."""
    session.execute(select(func.pg_advisory_xact_lock_shared(_lock(view.tenant_id))))
    values = {
        "id": view.id,
        "tenant_id": view.tenant_id,
        "at": view.at,
        "actor_kind": view.actor_kind,
        "actor_id": view.actor_id,
        "what": view.what,
        "subject_kind": view.subject_kind,
        "subject_id": view.subject_id,
        "about": view.about,
        "reason": view.reason,
    }
    return session.scalars(insert(ViewRow).values(values).returning(ViewRow.seq)).one()


def wait_for_lookers(session: Session, tenant_id: UUID) -> None:
    """Hold off who looks, once all who are looking have ended: no ``seq`` below the last one is still to come.

    The wait, and that for the chain after it, is shorter than PostgreSQL takes to see a deadlock (1 s): where a request
    holds the chain and wants to look, or the other way round, it is always the seal that gives way.

    Raises:
        OperationalError: somebody's transaction did not end in time; the next round tries again.
    """
    session.execute(text("SET LOCAL lock_timeout = '500ms'"))
    session.execute(select(func.pg_advisory_xact_lock(_lock(tenant_id))))


def views(
    session: Session, *conditions: ColumnElement[bool], limit: int | None = None, newest: bool = False
) -> list[View]:
    """Return the looks that conditions on ``ViewRow`` pick, oldest first unless ``newest``."""
    order = ViewRow.seq.desc() if newest else ViewRow.seq
    # columns, not objects: what the database holds now must be read, never a copy kept by the session
    rows = session.execute(select(*ViewRow.__table__.columns).where(*conditions).order_by(order).limit(limit))
    return [
        View(**{**row._mapping, "actor_kind": ActorKind(row.actor_kind), "what": Viewed(row.what)})  # noqa: SLF001  SQLAlchemy's public name
        for row in rows
    ]


def wanted(asked: ViewFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    pairs = ((ViewRow.what, asked.what), (ViewRow.actor_id, asked.actor_id), (ViewRow.about, asked.about))
    found = [column == value for column, value in pairs if value is not None]
    if asked.since is not None:
        found.append(ViewRow.at >= asked.since)
    if asked.until is not None:
        found.append(ViewRow.at < asked.until)
    return found


def tenants_with(session: Session) -> list[UUID]:
    """Return the tenants of whose data anybody ever looked at any."""
    return list(session.scalars(select(ViewRow.tenant_id).distinct()))


def _lock(tenant_id: UUID) -> ColumnElement[int]:
    return func.hashtextextended(f"people_views:{tenant_id}", 0)
