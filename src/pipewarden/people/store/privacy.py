"""The tables of privacy: holds and key places, proofs of deletion, consents, own days, erase requests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import PersonState
from pipewarden.people.facts.privacy import (
    Consent,
    DataClass,
    Deletion,
    Erasure,
    ErasureState,
    Mark,
    MarkKind,
    OwnDays,
    Purpose,
)
from pipewarden.people.store.contacts import AddressRow, ContactRow
from pipewarden.people.store.people import PersonRow
from pipewarden.people.store.signin import CredentialRow, SessionRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute


class MarkRow(Base):
    """One hold or key place; the app may lift it, once."""

    __tablename__ = "people_marks"
    __table_args__ = (Index("ix_people_marks_tenant_id", "tenant_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    cls: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime]
    set_by: Mapped[UUID]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]
    lift_reason: Mapped[str] = mapped_column(Text)


class DeletionRow(Base):
    """One proof of deletion; the app role may only insert."""

    __tablename__ = "people_deletions"
    __table_args__ = (
        Index("ix_people_deletions_digest", "tenant_id", "digest", "deleted_at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    cls: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    deleted_at: Mapped[datetime]


class ConsentRow(Base):
    """One word of a person about a purpose; the app role may only insert, and the last word counts."""

    __tablename__ = "people_consents"
    __table_args__ = (Index("ix_people_consents_person_id", "person_id", "seq"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    given: Mapped[bool]
    at: Mapped[datetime]


class OwnDaysRow(Base):
    """One choice of a tenant about a class's days; the app role may only insert, and the last one counts."""

    __tablename__ = "people_keeping"
    __table_args__ = (Index("ix_people_keeping_tenant_id", "tenant_id", "cls", "seq"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    tenant_id: Mapped[UUID]
    cls: Mapped[str] = mapped_column(Text)
    kept: Mapped[int]
    kept_key: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[UUID]


class ErasureRow(Base):
    """One person's wish to be forgotten, and what became of it."""

    __tablename__ = "people_erasures"
    __table_args__ = (Index("ix_people_erasures_tenant_id", "tenant_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    words: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(Text)
    deleted: Mapped[int]
    held: Mapped[int]


def add_mark(session: Session, mark: Mark) -> None:
    """Insert a mark."""
    values = {name: getattr(mark, name) for name in MarkRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    session.execute(insert(MarkRow).values(values))


def lift_mark(session: Session, tenant_id: UUID, mark_id: UUID, *, at: datetime, by: UUID, reason: str) -> bool:
    """Lift a mark that stands and say whether there was one."""
    mine = (MarkRow.tenant_id == tenant_id, MarkRow.id == mark_id, MarkRow.lifted_at.is_(None))
    lifted = update(MarkRow).where(*mine).values(lifted_at=at, lifted_by=by, lift_reason=reason)
    return session.scalar(lifted.returning(MarkRow.id)) is not None


def marks(session: Session, tenant_id: UUID, *, standing: bool) -> list[Mark]:
    """Return a tenant's marks, oldest first; only those that stand if asked so."""
    mine: list[ColumnElement[bool]] = [MarkRow.tenant_id == tenant_id]
    if standing:
        mine.append(MarkRow.lifted_at.is_(None))
    rows = session.scalars(select(MarkRow).where(*mine).order_by(MarkRow.set_at, MarkRow.id))
    return [
        Mark(
            id=row.id,
            tenant_id=row.tenant_id,
            kind=MarkKind(row.kind),
            cls=None if row.cls is None else DataClass(row.cls),
            subject=row.subject,
            reason=row.reason,
            set_at=row.set_at,
            set_by=row.set_by,
            lifted_at=row.lifted_at,
            lifted_by=row.lifted_by,
            lift_reason=row.lift_reason,
        )
        for row in rows
    ]


def add_deletions(session: Session, several: Sequence[Deletion]) -> None:
    """Insert proofs."""
    columns = DeletionRow.__table__.columns.keys()
    if several:
        session.execute(insert(DeletionRow), [{name: getattr(one, name) for name in columns} for one in several])


def deletions(session: Session, tenant_id: UUID, *, after: UUID | None, limit: int) -> list[Deletion]:
    """Return a tenant's proofs by id, that is by time."""
    mine: list[ColumnElement[bool]] = [DeletionRow.tenant_id == tenant_id]
    if after is not None:
        mine.append(DeletionRow.id > after)
    rows = session.scalars(select(DeletionRow).where(*mine).order_by(DeletionRow.id).limit(limit))
    return [
        Deletion(row.id, row.tenant_id, DataClass(row.cls), row.digest, row.rule, row.since, row.deleted_at)
        for row in rows
    ]


def proved_gone(
    tenant_id: UUID | InstrumentedAttribute[UUID],
    digest: ColumnElement[str] | InstrumentedAttribute[str],
    since: ColumnElement[datetime] | InstrumentedAttribute[datetime],
) -> ColumnElement[bool]:
    """Return the condition that a thing of this digest, there since then, was deleted after it had come."""
    return (
        select(literal(1))
        .where(DeletionRow.tenant_id == tenant_id, DeletionRow.digest == digest, DeletionRow.deleted_at >= since)
        .exists()
    )


def add_own_days(session: Session, row: dict[str, object]) -> None:
    """Insert a tenant's choice."""
    session.execute(insert(OwnDaysRow).values(row))


def own_days(session: Session, tenant_id: UUID) -> dict[DataClass, OwnDays]:
    """Return a tenant's last choice for each class."""
    rows = session.scalars(select(OwnDaysRow).where(OwnDaysRow.tenant_id == tenant_id).order_by(OwnDaysRow.seq))
    return {DataClass(row.cls): OwnDays(DataClass(row.cls), row.kept, row.kept_key) for row in rows}


def old_sessions(session: Session, tenant_id: UUID, before: datetime, limit: int) -> list[SessionRow]:
    """Return sessions of a tenant that ended, or could be used no more, by a moment; the oldest first."""
    ended = func.coalesce(SessionRow.ended_at, SessionRow.expires_at)
    mine = (SessionRow.tenant_id == tenant_id, ended <= before)
    return list(session.scalars(select(SessionRow).where(*mine).order_by(ended, SessionRow.id).limit(limit)))


def drop_sessions(session: Session, ids: Collection[UUID]) -> None:
    """Delete sessions."""
    session.execute(delete(SessionRow).where(SessionRow.id.in_(ids)))


def add_consent(session: Session, one: Consent) -> None:
    """Insert one word about a purpose."""
    values = {
        "id": one.id,
        "tenant_id": one.tenant_id,
        "person_id": one.person_id,
        "purpose": one.purpose.value,
        "version": one.version,
        "given": one.given,
        "at": one.at,
    }
    session.execute(insert(ConsentRow).values(values))


def consents(session: Session, tenant_id: UUID, person_id: UUID) -> list[Consent]:
    """Return everything a person said about purposes in a tenant, oldest first."""
    mine = (ConsentRow.tenant_id == tenant_id, ConsentRow.person_id == person_id)
    rows = session.scalars(select(ConsentRow).where(*mine).order_by(ConsentRow.seq))
    return [
        Consent(row.id, row.tenant_id, row.person_id, Purpose(row.purpose), row.version, row.given, row.at)
        for row in rows
    ]


def add_erasure(session: Session, one: Erasure) -> None:
    """Insert a wish to be forgotten."""
    values = {name: getattr(one, name) for name in ErasureRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    session.execute(insert(ErasureRow).values(values))


def erasures(session: Session, tenant_id: UUID, *, person_id: UUID | None = None) -> list[Erasure]:
    """Return a tenant's wishes to be forgotten, the oldest first; of one person if named."""
    mine: list[ColumnElement[bool]] = [ErasureRow.tenant_id == tenant_id]
    if person_id is not None:
        mine.append(ErasureRow.person_id == person_id)
    rows = session.scalars(select(ErasureRow).where(*mine).order_by(ErasureRow.id))
    return [_erasure(row) for row in rows]


def asked_since(session: Session, tenant_id: UUID) -> list[datetime]:
    """Return when each wish to be forgotten that nobody answered was asked, the oldest first."""
    waiting = (ErasureRow.tenant_id == tenant_id, ErasureRow.state == ErasureState.ASKED.value)
    return list(session.scalars(select(ErasureRow.asked_at).where(*waiting).order_by(ErasureRow.asked_at)))


def end_erasure(session: Session, one: Erasure) -> None:
    """Write what became of a wish."""
    told = {
        "state": one.state.value,
        "ended_at": one.ended_at,
        "ended_by": one.ended_by,
        "reason": one.reason,
        "deleted": one.deleted,
        "held": one.held,
    }
    session.execute(update(ErasureRow).where(ErasureRow.id == one.id).values(told))


def _erasure(row: ErasureRow) -> Erasure:
    told = {name: getattr(row, name) for name in ErasureRow.__table__.columns.keys()}  # noqa: SIM118  not a dict
    return Erasure(**told | {"state": ErasureState(row.state)})


def empty_person(session: Session, person_id: UUID, now: datetime) -> None:
    """Take name, sign-in and contacts from a person; the id stays, records name it."""
    name = {"name": "已注销 erased", "login": f"erased-{person_id.hex}", "state": PersonState.DISABLED.value}
    session.execute(update(PersonRow).where(PersonRow.id == person_id).values(name))
    session.execute(delete(CredentialRow).where(CredentialRow.person_id == person_id))
    open_ones = (SessionRow.person_id == person_id, SessionRow.ended_at.is_(None))
    session.execute(update(SessionRow).where(*open_ones).values(ended_at=now, ended_why="erased"))
    mine = select(ContactRow.id).where(ContactRow.person_id == person_id)
    session.execute(delete(AddressRow).where(AddressRow.contact_id.in_(mine)))
    gone = func.coalesce(ContactRow.removed_at, now)
    session.execute(
        update(ContactRow).where(ContactRow.person_id == person_id).values(shown="", name="", removed_at=gone)
    )
