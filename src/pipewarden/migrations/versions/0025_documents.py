"""Documents: issued, numbered, voided; tenants' own templates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _documents()
    op.create_table(
        "act_document_numbers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "year", name=op.f("pk_act_document_numbers")),
    )
    op.create_table(
        "act_document_voids",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["act_documents.id"], name=op.f("fk_act_document_voids_document_id_act_documents")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_act_document_voids")),
    )
    op.create_table(
        "act_document_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("template", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_document_templates")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "number", name=op.f("uq_act_document_templates_tenant_id_kind_number")
        ),
    )


def _documents() -> None:
    op.create_table(
        "act_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("sheet", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["replaces"], ["act_documents.id"], name=op.f("fk_act_documents_replaces_act_documents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_documents")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_act_documents_tenant_id_number")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "year", "place", name=op.f("uq_act_documents_tenant_id_kind_year_place")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_act_documents_token")),
    )
    op.create_index("ix_act_documents_site_id", "act_documents", ["tenant_id", "site_id", "id"], unique=False)
    op.create_index("ix_act_documents_sha256", "act_documents", ["sha256"], unique=False)
    op.create_index(
        "uq_act_documents_replaces",
        "act_documents",
        ["replaces"],
        unique=True,
        postgresql_where=sa.text("replaces IS NOT NULL"),
    )


def downgrade() -> None:
    for table in ("act_document_templates", "act_document_voids", "act_document_numbers", "act_documents"):
        op.drop_table(table)
