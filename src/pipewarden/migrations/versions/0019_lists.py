"""Permit and one-call lists, what was heard of them and what was not, and the due moments of filings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("uq_casework_filings_source", table_name="casework_filings")
    op.create_index(
        "ix_casework_filings_source",
        "casework_filings",
        ["tenant_id", "source", "source_id"],
        unique=False,
        postgresql_where=sa.text("source_id <> ''"),
    )
    op.create_table(
        "casework_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("every_h", sa.Integer(), nullable=True),
        sa.Column("silent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_lists")),
        sa.UniqueConstraint("tenant_id", "source", name=op.f("uq_casework_lists_tenant_id_source")),
    )
    op.create_table(
        "casework_listed",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("filing_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "source", "source_id", name=op.f("pk_casework_listed")),
    )
    op.create_table(
        "casework_heard",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "source", "station", "day", "number", name=op.f("pk_casework_heard")),
    )
    op.create_table(
        "casework_gaps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_gaps")),
    )
    op.create_index(
        "ix_casework_gaps_open",
        "casework_gaps",
        ["tenant_id", "source"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    _dues()


def _dues() -> None:
    op.create_table(
        "casework_filing_dues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("filing_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["casework_filings.id"], name=op.f("fk_casework_filing_dues_filing_id_casework_filings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_filing_dues")),
    )
    op.create_index(
        "ix_casework_filing_dues_next_at",
        "casework_filing_dues",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_casework_filing_dues_told", "casework_filing_dues", ["told"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "uq_casework_filing_dues_open",
        "casework_filing_dues",
        ["filing_id", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("casework_filing_dues", "casework_gaps", "casework_heard", "casework_listed", "casework_lists"):
        op.drop_table(table)
    op.drop_index("ix_casework_filings_source", table_name="casework_filings")
    op.create_index(
        "uq_casework_filings_source",
        "casework_filings",
        ["tenant_id", "source", "source_id"],
        unique=True,
        postgresql_where=sa.text("source_id <> ''"),
    )
