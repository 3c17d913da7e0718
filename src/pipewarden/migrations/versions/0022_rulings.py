"""A tenant's own versions of rules and weights; when time alone may change what a rule says; machines of a permit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_SIDES = ("west", "south", "east", "north")
_DUE = sa.text("open AND rules_due_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "casework_policy_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("base_sha256", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("previewed", postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True),
        sa.Column("activated_by", sa.Text(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_policy_versions")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "version", name=op.f("uq_casework_policy_versions_tenant_id_kind_version")
        ),
    )
    op.create_index(
        "uq_casework_policy_versions_active",
        "casework_policy_versions",
        ["tenant_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.add_column("casework_sites", sa.Column("rules_due_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE casework_sites SET rules_due_at = now() WHERE open")  # each is asked once, and then as it says
    op.create_index(
        "ix_casework_sites_rules_due_at", "casework_sites", ["rules_due_at"], unique=False, postgresql_where=_DUE
    )
    machines = sa.Column("machines", postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True)
    op.execute("DELETE FROM judge_permitted")  # nobody has pushed any; a filing pushes its own with its next change
    op.add_column("judge_permitted", machines)
    for side in _SIDES:
        op.add_column("judge_permitted", sa.Column(side, sa.Double(), nullable=False))


def downgrade() -> None:
    for column in (*_SIDES, "machines"):
        op.drop_column("judge_permitted", column)
    op.drop_index("ix_casework_sites_rules_due_at", table_name="casework_sites", postgresql_where=_DUE)
    op.drop_column("casework_sites", "rules_due_at")
    op.drop_table("casework_policy_versions")
