"""Cameras looked at by the clock: their state, what is due, and which looks were kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _watches()
    _looks()


def _watches() -> None:
    op.create_table(
        "sense_camera_states",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_sense_camera_states_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sense_camera_states")),
        info={"append_only": True},
    )
    op.create_index("ix_sense_camera_states_camera_id", "sense_camera_states", ["camera_id", "at"], unique=False)
    op.create_table(
        "sense_watches",
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("substream", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("last", sa.Text(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("run_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bad_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_left", sa.Integer(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sighted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_sense_watches_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_sense_watches")),
    )
    op.create_index("ix_sense_watches_due", "sense_watches", ["tenant_id", "due_at"], unique=False)


def _looks() -> None:
    op.create_table(
        "sense_looks",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("close", sa.Boolean(), nullable=False),
        sa.Column("keeping", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_sense_looks_camera_id_sense_cameras")
        ),
        sa.ForeignKeyConstraint(
            ["observation_id"], ["sense_observations.id"], name=op.f("fk_sense_looks_observation_id_sense_observations")
        ),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_sense_looks")),
    )
    op.create_index("ix_sense_looks_camera_keeping_at", "sense_looks", ["camera_id", "keeping", "at"], unique=False)
    op.create_index(
        "ix_sense_looks_keeping_id", "sense_looks", ["tenant_id", "keeping", "observation_id"], unique=False
    )
    op.create_index("ix_sense_looks_picture", "sense_looks", ["picture"], unique=False)
    op.create_index("ix_sense_observations_picture", "sense_observations", ["picture"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_sense_observations_picture", table_name="sense_observations")
    for table in ("sense_looks", "sense_watches", "sense_camera_states"):
        op.drop_table(table)
