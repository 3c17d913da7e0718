"""Sites and what happens to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "casework_sites",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("machine_s", sa.Double(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sum", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_sites")),
        sa.UniqueConstraint("alarm_id", name=op.f("uq_casework_sites_alarm_id")),
    )
    op.create_index("ix_casework_sites_list", "casework_sites", ["tenant_id", "rank", "opened_at", "id"], unique=False)
    op.create_index("ix_casework_sites_next_due_at", "casework_sites", ["tenant_id", "next_due_at"], unique=False)
    op.create_index(
        "ix_casework_sites_open", "casework_sites", ["tenant_id", "id"], unique=False, postgresql_where=sa.text("open")
    )
    op.create_index("ix_casework_sites_owner_id", "casework_sites", ["owner_id"], unique=False)
    op.create_table(
        "casework_events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_casework_events")),
        sa.UniqueConstraint("id", name=op.f("uq_casework_events_id")),
        sa.UniqueConstraint("site_id", "version", name=op.f("uq_casework_events_site_id_version")),
    )


def downgrade() -> None:
    for table in ("casework_events", "casework_sites"):
        op.drop_table(table)
