"""The tables of tenants and organisations and every query on them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import Organisation, OrganisationKind, Tenant

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class TenantRow(Base):
    """One tenant."""

    __tablename__ = "people_tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class OrganisationRow(Base):
    """One organisation as a tenant knows it; the platform's own carry the nil tenant."""

    __tablename__ = "people_organisations"
    __table_args__ = (Index("ix_people_organisations_tenant_id", "tenant_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


ORGANISATION_ID = ForeignKey("people_organisations.id")


def by_key(session: Session, key: str) -> Tenant | None:
    """Return the tenant with this key, or None."""
    row = session.scalar(select(TenantRow).where(TenantRow.key == key))
    return None if row is None else _tenant(row)


def by_id(session: Session, tenant_id: UUID) -> Tenant | None:
    """Return the tenant with this id, or None."""
    row = session.get(TenantRow, tenant_id)
    return None if row is None else _tenant(row)


def tenants(session: Session, condition: ColumnElement[bool]) -> list[Tenant]:
    """Return the tenants that a condition on ``TenantRow`` picks, oldest first."""
    return [_tenant(row) for row in session.scalars(select(TenantRow).where(condition).order_by(TenantRow.id))]


def _tenant(row: TenantRow) -> Tenant:
    return Tenant(id=row.id, key=row.key, name=row.name, created_at=row.created_at)


def add(session: Session, tenant: Tenant) -> None:
    """Insert the tenant unless its key is taken."""
    values = {"id": tenant.id, "key": tenant.key, "name": tenant.name, "created_at": tenant.created_at}
    session.execute(insert(TenantRow).values(values).on_conflict_do_nothing(index_elements=["key"]))


def rename(session: Session, tenant_id: UUID, name: str) -> None:
    """Give the tenant another name."""
    session.execute(update(TenantRow).where(TenantRow.id == tenant_id).values(name=name))


def add_organisation(session: Session, made: Organisation) -> None:
    """Insert one organisation."""
    session.add(
        OrganisationRow(
            id=made.id, tenant_id=made.tenant_id, kind=made.kind, name=made.name, created_at=made.created_at
        )
    )
    session.flush()


def organisation(session: Session, organisation_id: UUID) -> Organisation | None:
    """Return one organisation, or None."""
    row = session.get(OrganisationRow, organisation_id)
    return None if row is None else organisation_of(row)


def organisations(session: Session, condition: ColumnElement[bool]) -> list[Organisation]:
    """Return the organisations that a condition on ``OrganisationRow`` picks, oldest first."""
    rows = session.scalars(select(OrganisationRow).where(condition).order_by(OrganisationRow.id))
    return [organisation_of(row) for row in rows]


def organisation_of(row: OrganisationRow) -> Organisation:
    """Return the row as a fact."""
    return Organisation(
        id=row.id,
        tenant_id=row.tenant_id,
        kind=OrganisationKind(row.kind),
        name=row.name,
        created_at=row.created_at,
    )
