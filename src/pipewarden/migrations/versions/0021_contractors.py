"""Contractors with their records and appeals, compounds, and what lists of sites are ordered and narrowed by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _contractors()
    _appeals()
    op.create_table(
        "casework_compounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wkb", sa.LargeBinary(), nullable=False),
        *(sa.Column(side, sa.Double(), nullable=False) for side in ("west", "south", "east", "north")),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_compounds")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_casework_compounds_tenant_id_key")),
    )
    op.create_index("ix_casework_compounds_box", "casework_compounds", ["tenant_id", "west", "east"], unique=False)
    op.add_column("casework_filings", sa.Column("contractor_id", sa.Uuid(), nullable=True))
    for column in (
        sa.Column("filing", sa.Text(), nullable=False, server_default="unknown"),
        sa.Column("filing_score", sa.Double(), nullable=True),
        sa.Column("filing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("compound", sa.Text(), nullable=True),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("risk_score", sa.Double(), nullable=True),
        sa.Column("risk_level", sa.Integer(), nullable=True),
        sa.Column("risk_version", sa.Text(), nullable=True),
        sa.Column("risk_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("casework_sites", column)
    # open sites are weighed by the next look, a few seconds after the start; ended ones need nobody
    op.execute("UPDATE casework_sites SET risk_level = level, risk_at = CASE WHEN open THEN NULL ELSE now() END")
    op.alter_column("casework_sites", "risk_level", nullable=False)
    op.alter_column("casework_sites", "filing", server_default=None)
    op.create_index("ix_casework_sites_contractor_id", "casework_sites", ["contractor_id"], unique=False)
    op.create_index(
        "ix_casework_sites_risk", "casework_sites", ["tenant_id", "risk_level", "risk_score", "id"], unique=False
    )
    op.create_index(
        "ix_casework_sites_unweighed",
        "casework_sites",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("risk_at IS NULL"),
    )


def _contractors() -> None:
    op.create_table(
        "casework_contractors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("speaker_id", sa.Uuid(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_contractors")),
    )
    op.create_index("ix_casework_contractors_key", "casework_contractors", ["tenant_id", "key"], unique=False)
    op.create_index("ix_casework_contractors_merged_into", "casework_contractors", ["merged_into"], unique=False)
    op.create_index("ix_casework_contractors_speaker_id", "casework_contractors", ["speaker_id"], unique=False)
    op.create_index(
        "uq_casework_contractors_code",
        "casework_contractors",
        ["tenant_id", "code"],
        unique=True,
        postgresql_where=sa.text("code <> ''"),
    )
    op.create_table(
        "casework_contractor_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("filing_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_contractor_entries")),
        sa.UniqueConstraint(
            "contractor_id", "event_id", "kind", name=op.f("uq_casework_contractor_entries_contractor_id_event_id_kind")
        ),
    )
    op.create_index("ix_casework_contractor_entries_site_id", "casework_contractor_entries", ["site_id"], unique=False)


def _appeals() -> None:
    op.create_table(
        "casework_contractor_appeals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_contractor_appeals")),
    )
    op.create_index(
        "ix_casework_contractor_appeals_entry_id", "casework_contractor_appeals", ["entry_id"], unique=False
    )
    op.create_index(
        "uq_casework_contractor_appeals_open",
        "casework_contractor_appeals",
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    for name in ("unweighed", "risk", "contractor_id"):
        op.drop_index(f"ix_casework_sites_{name}", table_name="casework_sites")
    for name in (
        "risk_at", "risk_version", "risk_level", "risk_score", "contractor_id", "compound", "filing_at", "filing_score",
        "filing",
    ):  # fmt: skip
        op.drop_column("casework_sites", name)
    op.drop_column("casework_filings", "contractor_id")
    for table in (
        "casework_compounds", "casework_contractor_appeals", "casework_contractor_entries", "casework_contractors",
    ):  # fmt: skip
        op.drop_table(table)
