"""The tenants' table and every query on it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import Tenant


class TenantRow(Base):
    """One tenant."""

    __tablename__ = "people_tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


def by_key(session: Session, key: str) -> Tenant | None:
    """Return the tenant with this key, or None."""
    row = session.scalar(select(TenantRow).where(TenantRow.key == key))
    return None if row is None else Tenant(id=row.id, key=row.key, name=row.name, created_at=row.created_at)


def add(session: Session, tenant: Tenant) -> None:
    """Insert the tenant unless its key is taken."""
    values = {"id": tenant.id, "key": tenant.key, "name": tenant.name, "created_at": tenant.created_at}
    session.execute(insert(TenantRow).values(values).on_conflict_do_nothing(index_elements=["key"]))
