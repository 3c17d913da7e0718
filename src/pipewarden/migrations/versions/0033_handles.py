"""Random ids by which stored pictures are addressed, in place of the hash of their bytes; looks found by who looked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_blob_ids",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_blob_ids")),
        sa.UniqueConstraint("tenant_id", "sha256", name=op.f("uq_people_blob_ids_tenant_id_sha256")),
        info={"append_only": True},
    )
    op.create_index("ix_people_views_actor_id", "people_views", ["actor_id", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_people_views_actor_id", table_name="people_views")
    op.drop_table("people_blob_ids")
