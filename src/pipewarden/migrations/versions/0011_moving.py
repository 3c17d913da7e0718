"""Cameras that move: trips, each picture's place and ground; cameras asked to look now, and patrols wanted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dedupe_sightings", sa.Column("moves", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "sense_trips",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_sense_trips_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sense_trips")),
        sa.UniqueConstraint("tenant_id", "camera_id", "name", name=op.f("uq_sense_trips_tenant_id_camera_id_name")),
    )
    op.create_table(
        "sense_fixes",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("heading_deg", sa.Double(), nullable=True),
        sa.Column("course_deg", sa.Double(), nullable=True),
        sa.Column("sigma_deg", sa.Double(), nullable=True),
        sa.Column("height_m", sa.Double(), nullable=True),
        sa.Column("tilt_deg", sa.Double(), nullable=True),
        sa.Column("hfov_deg", sa.Double(), nullable=True),
        sa.Column("speed_mps", sa.Double(), nullable=True),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["observation_id"],
            ["sense_observations.id"],
            name=op.f("fk_sense_fixes_observation_id_sense_observations"),
        ),
        sa.ForeignKeyConstraint(["trip_id"], ["sense_trips.id"], name=op.f("fk_sense_fixes_trip_id_sense_trips")),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_sense_fixes")),
    )
    op.create_index("ix_sense_fixes_trip_at", "sense_fixes", ["trip_id", "at"], unique=False)
    op.create_table(
        "locate_views",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ring", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_locate_views")),
    )
    op.create_index("ix_locate_views_at", "locate_views", ["tenant_id", "at"], unique=False)
    _cues()


def _cues() -> None:
    op.create_table(
        "sense_cues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("clue_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("frame_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_sense_cues_camera_id_sense_cameras")
        ),
        sa.ForeignKeyConstraint(
            ["clue_id"], ["sense_observations.id"], name=op.f("fk_sense_cues_clue_id_sense_observations")
        ),
        sa.ForeignKeyConstraint(
            ["frame_id"], ["sense_observations.id"], name=op.f("fk_sense_cues_frame_id_sense_observations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sense_cues")),
        sa.UniqueConstraint(
            "tenant_id", "clue_id", "camera_id", name=op.f("uq_sense_cues_tenant_id_clue_id_camera_id")
        ),
    )
    op.create_index("ix_sense_cues_camera", "sense_cues", ["camera_id", "asked_at"], unique=False)
    op.create_index("ix_sense_cues_due", "sense_cues", ["state", "due_at"], unique=False)
    op.create_table(
        "dedupe_patrols",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("clue_id", sa.Uuid(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("radius_m", sa.Double(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_patrols")),
    )
    op.create_index("ix_dedupe_patrols_place", "dedupe_patrols", ["tenant_id", "lat", "lon", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("dedupe_patrols")
    op.drop_table("sense_cues")
    op.drop_table("locate_views")
    op.drop_table("sense_fixes")
    op.drop_table("sense_trips")
    op.drop_column("dedupe_sightings", "moves")
