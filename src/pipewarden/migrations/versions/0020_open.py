"""Deliveries of the GIS with what they changed; messages of other platforms; an order in what goes out to one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    _diffs()
    _deliveries()
    _exchange()


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


def _exchange() -> None:
    op.create_table(
        "exchange_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_items")),
        sa.UniqueConstraint(
            "tenant_id",
            "platform",
            "source",
            "event_id",
            name=op.f("uq_exchange_items_tenant_id_platform_source_event_id"),
        ),
    )
    op.create_index("ix_exchange_items_list", "exchange_items", ["tenant_id", "state", "id"], unique=False)
    op.create_table(
        "exchange_secrets",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "platform", name=op.f("pk_exchange_secrets")),
    )
    op.add_column("act_webhooks", sa.Column("batch", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("act_deliveries", sa.Column("lane", sa.Text(), nullable=True))
    op.create_index(
        "ix_act_deliveries_lane",
        "act_deliveries",
        ["tenant_id", "lane", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting' AND lane IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_act_deliveries_lane", "act_deliveries")
    op.drop_column("act_deliveries", "lane")
    op.drop_column("act_webhooks", "batch")
    for table in (
        "exchange_secrets",
        "exchange_items",
        "network_syncs",
        "network_boxes",
        "network_changes",
        "network_diffs",
    ):
        op.drop_table(table)
