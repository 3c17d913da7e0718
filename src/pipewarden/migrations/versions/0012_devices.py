"""Other people's devices, what goes on at them, and what a device's observation says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _devices()
    _alarms()
    for column in (
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("noticed", sa.Text(), nullable=True),
        sa.Column("area", postgresql.JSONB(), nullable=True),
    ):
        op.add_column("sense_told", column)


def _devices() -> None:
    op.create_table(
        "sense_devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("line", postgresql.JSONB(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=True),
        sa.Column("senders", postgresql.JSONB(), nullable=False),
        sa.Column("silence_s", sa.Double(), nullable=False),
        sa.Column("field_map", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("problem_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_sense_devices_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sense_devices")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_sense_devices_tenant_id_key")),
    )


def _alarms() -> None:
    op.create_table(
        "sense_device_alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("threads", postgresql.JSONB(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("silent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("extra", postgresql.JSONB(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["sense_devices.id"], name=op.f("fk_sense_device_alarms_device_id_sense_devices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sense_device_alarms")),
    )
    op.create_index(
        "ix_sense_device_alarms_device_id",
        "sense_device_alarms",
        ["device_id", "originator", "kind", "ended_at"],
        unique=False,
    )
    op.create_index(
        "ix_sense_device_alarms_silent_at",
        "sense_device_alarms",
        ["tenant_id", "silent_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    for name in ("area", "noticed", "device_id"):
        op.drop_column("sense_told", name)
    for table in ("sense_device_alarms", "sense_devices"):
        op.drop_table(table)
