"""The tables of contact points, their addresses apart from them, and every query on them."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, Time, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import Address, Contact, ContactKind, Language, Quiet

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


class ContactRow(Base):
    """One contact point of a person for a tenant, or of the tenant's own groups; never deleted, messages name it."""

    __tablename__ = "people_contacts"
    __table_args__ = (Index("ix_people_contacts_tenant_id_person_id", "tenant_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people_persons.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    shown: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(Text)
    quiet_begins: Mapped[time | None] = mapped_column(Time)
    quiet_ends: Mapped[time | None] = mapped_column(Time)
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    removed_at: Mapped[datetime | None]


class AddressRow(Base):
    """Where a contact point leads; whoever lists contacts never reads this table. Gone with its contact point."""

    __tablename__ = "people_contact_addresses"

    contact_id: Mapped[UUID] = mapped_column(ForeignKey("people_contacts.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    address: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)


def lock(session: Session, tenant_id: UUID, person_id: UUID | None) -> None:
    """Let nobody else change these contact points until the transaction ends."""
    key = f"people_contacts:{tenant_id}:{person_id}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def contacts(session: Session, *conditions: ColumnElement[bool]) -> list[Contact]:
    """Return the contact points in use that conditions on ``ContactRow`` pick, in the order they are tried."""
    rows = session.scalars(
        select(ContactRow)
        .where(ContactRow.removed_at.is_(None), *conditions)
        .order_by(ContactRow.person_id, ContactRow.position, ContactRow.id)
        .execution_options(populate_existing=True)
    )
    return [_contact(row) for row in rows]


def _contact(row: ContactRow) -> Contact:
    quiet = None
    if row.quiet_begins is not None and row.quiet_ends is not None:
        quiet = Quiet(row.quiet_begins, row.quiet_ends)
    return Contact(
        id=row.id,
        tenant_id=row.tenant_id,
        person_id=row.person_id,
        kind=ContactKind(row.kind),
        name=row.name,
        shown=row.shown,
        position=row.position,
        language=Language(row.language),
        quiet=quiet,
        verified_at=row.verified_at,
    )


def put(session: Session, one: Contact, now: datetime, by: UUID) -> None:
    """Write a contact point, new or changed."""
    values = {
        "kind": one.kind.value,
        "name": one.name,
        "shown": one.shown,
        "position": one.position,
        "language": one.language.value,
        "quiet_begins": None if one.quiet is None else one.quiet.begins,
        "quiet_ends": None if one.quiet is None else one.quiet.ends,
        "verified_at": one.verified_at,
    }
    session.execute(
        insert(ContactRow)
        .values(id=one.id, tenant_id=one.tenant_id, person_id=one.person_id, created_at=now, created_by=by, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


def put_address(session: Session, tenant_id: UUID, one: Address) -> None:
    """Write where a contact point leads."""
    values = {"address": one.address, "secret": one.secret}
    session.execute(
        insert(AddressRow)
        .values(contact_id=one.contact_id, tenant_id=tenant_id, **values)
        .on_conflict_do_update(index_elements=["contact_id"], set_=values)
    )


def remove(session: Session, ids: Collection[UUID], now: datetime) -> None:
    """Take contact points out of use and forget where they led."""
    session.execute(delete(AddressRow).where(AddressRow.contact_id.in_(ids)))
    session.execute(update(ContactRow).where(ContactRow.id.in_(ids)).values(removed_at=now))


def address(session: Session, tenant_id: UUID, contact_id: UUID) -> Address | None:
    """Return where a contact point in use leads, or None."""
    row = session.execute(
        select(AddressRow.address, AddressRow.secret).where(
            AddressRow.contact_id == contact_id, AddressRow.tenant_id == tenant_id
        )
    ).first()
    return None if row is None else Address(contact_id, row.address, row.secret)


def verify(session: Session, tenant_id: UUID, contact_id: UUID, now: datetime) -> None:
    """Note that an acknowledgement came back by a contact point; the first time counts."""
    session.execute(
        update(ContactRow)
        .where(ContactRow.id == contact_id, ContactRow.tenant_id == tenant_id, ContactRow.verified_at.is_(None))
        .values(verified_at=now)
    )
