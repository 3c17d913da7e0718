"""Four tables: issued documents, how far their numbers have come, which were voided, a tenant's own templates."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable


class DocumentRow(Base):
    """One issued document with what it says; never changed. ``token`` is known to who holds the paper."""

    __tablename__ = "act_documents"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "kind", "year", "place"),
        UniqueConstraint("token"),
        Index("ix_act_documents_site_id", "tenant_id", "site_id", "id"),
        Index("ix_act_documents_sha256", "sha256"),
        Index("uq_act_documents_replaces", "replaces", unique=True, postgresql_where=text("replaces IS NOT NULL")),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(Integer)
    place: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID]
    template: Mapped[str] = mapped_column(Text)
    sheet: Mapped[dict[str, object]]
    sha256: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Integer)
    token: Mapped[str] = mapped_column(Text)
    about: Mapped[UUID | None]
    event_id: Mapped[UUID | None]
    replaces: Mapped[UUID | None] = mapped_column(ForeignKey("act_documents.id"))


class DocumentNumberRow(Base):
    """The last number given of one kind in one year; its row is what makes numbers free of gaps."""

    __tablename__ = "act_document_numbers"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)


class DocumentVoidRow(Base):
    """Why an issued document no longer counts."""

    __tablename__ = "act_document_voids"
    __table_args__ = ({"info": {"append_only": True}},)

    document_id: Mapped[UUID] = mapped_column(ForeignKey("act_documents.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    at: Mapped[datetime]
    by: Mapped[UUID]
    reason: Mapped[str] = mapped_column(Text)


class DocumentTemplateRow(Base):
    """One version of a tenant's own template; an empty one goes back to the shipped."""

    __tablename__ = "act_document_templates"
    __table_args__ = (UniqueConstraint("tenant_id", "kind", "number"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(Integer)
    template: Mapped[dict[str, object]]
    note: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID]


TEMPLATES = ScopedTable(tenant_id=DocumentTemplateRow.tenant_id)
