"""Looks at personal data, with their reasons, and signed ends of the audit chains."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_views")),
        sa.UniqueConstraint("seq", name=op.f("uq_people_views_seq")),
        info={"append_only": True},
    )
    op.create_index("ix_people_views_tenant_id_seq", "people_views", ["tenant_id", "seq"], unique=False)
    op.create_index("ix_people_views_about", "people_views", ["about", "seq"], unique=False)
    op.create_table(
        "people_anchors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_anchors")),
        sa.UniqueConstraint("tenant_id", "seq", name=op.f("uq_people_anchors_tenant_id_seq")),
        info={"append_only": True},
    )


def downgrade() -> None:
    op.drop_table("people_anchors")
    op.drop_table("people_views")
