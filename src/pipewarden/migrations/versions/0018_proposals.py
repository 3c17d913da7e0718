"""What was measured of pipes, proposed to their map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "network_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pipe_id", sa.Text(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.Column("sigma_m", sa.Double(), nullable=False),
        sa.Column("depth_m", sa.Double(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("regime", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("map_m", sa.Double(), nullable=True),
        sa.Column("off_m", sa.Double(), nullable=True),
        sa.Column("within_m", sa.Double(), nullable=True),
        sa.Column("map_error", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["network_versions.id"], name=op.f("fk_network_proposals_settled_by_network_versions")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["network_versions.id"], name=op.f("fk_network_proposals_version_id_network_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_proposals")),
    )
    op.create_index("ix_network_proposals_list", "network_proposals", ["tenant_id", "at", "id"], unique=False)
    op.create_index("ix_network_proposals_pipe", "network_proposals", ["tenant_id", "state", "pipe_id"], unique=False)
    op.create_index("ix_network_proposals_site_id", "network_proposals", ["site_id"], unique=False)


def downgrade() -> None:
    op.drop_table("network_proposals")
