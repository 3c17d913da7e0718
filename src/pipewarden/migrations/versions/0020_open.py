"""Deliveries of the GIS with what they changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    _diffs()
    _deliveries()


def _diffs() -> None:
    op.create_table(
        "network_diffs",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("summary", _JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["network_versions.id"], name=op.f("fk_network_diffs_version_id_network_versions")
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_network_diffs")),
    )
    op.create_table(
        "network_changes",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("pipe_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", _JSON, nullable=False),
        sa.Column("moved_m", sa.Double(), nullable=True),
        sa.Column("class_before", sa.Text(), nullable=True),
        sa.Column("class_after", sa.Text(), nullable=True),
        sa.Column("metres_before", sa.Double(), nullable=False),
        sa.Column("metres_after", sa.Double(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.Column("after", sa.LargeBinary(), nullable=True),
        sa.Column("lon_min", sa.Double(), nullable=False),
        sa.Column("lat_min", sa.Double(), nullable=False),
        sa.Column("lon_max", sa.Double(), nullable=False),
        sa.Column("lat_max", sa.Double(), nullable=False),
        sa.Column("downgrade", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["network_versions.id"], name=op.f("fk_network_changes_version_id_network_versions")
        ),
        sa.PrimaryKeyConstraint("version_id", "seq", name=op.f("pk_network_changes")),
    )


def _deliveries() -> None:
    op.create_table(
        "network_boxes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lon_min", sa.Double(), nullable=False),
        sa.Column("lat_min", sa.Double(), nullable=False),
        sa.Column("lon_max", sa.Double(), nullable=False),
        sa.Column("lat_max", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_boxes")),
    )
    op.create_table(
        "network_syncs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("crs", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=True),
        sa.Column("regime", sa.Text(), nullable=True),
        sa.Column("options", _JSON, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", _JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_syncs")),
    )
    op.create_index("ix_network_syncs_state", "network_syncs", ["state", "id"], unique=False)


def downgrade() -> None:
    for table in ("network_syncs", "network_boxes", "network_changes", "network_diffs"):
        op.drop_table(table)
