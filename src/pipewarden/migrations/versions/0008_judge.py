"""The judge: cases with their events and questions, and what it is told of cameras, places and papers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _cases()
    _cameras()
    _places()


def _cases() -> None:
    op.create_table(
        "judge_cases",
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("audit", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("decided", sa.Boolean(), nullable=True),
        sa.Column("audited", sa.Boolean(), nullable=False),
        sa.Column("stopped_by", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_judge_cases")),
    )
    op.create_index("ix_judge_cases_look_at", "judge_cases", ["tenant_id", "look_at"], unique=False)
    op.create_index("ix_judge_cases_made_at", "judge_cases", ["tenant_id", "made_at"], unique=False)
    op.create_index("ix_judge_cases_queue", "judge_cases", ["tenant_id", "rank", "due_at", "alarm_id"], unique=False)
    op.create_table(
        "judge_events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_judge_events")),
    )
    op.create_index("ix_judge_events_alarm_id", "judge_events", ["alarm_id", "seq"], unique=False)
    op.create_table(
        "judge_asks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["alarm_id"], ["judge_cases.alarm_id"], name=op.f("fk_judge_asks_alarm_id_judge_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_asks")),
    )
    op.create_index("ix_judge_asks_due", "judge_asks", ["tenant_id", "asked_at"], unique=False)


def _cameras() -> None:
    op.create_table(
        "judge_camera_settings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("off", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_judge_camera_settings_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_camera_settings")),
    )
    op.create_index("ix_judge_camera_settings_camera_id", "judge_camera_settings", ["camera_id", "id"], unique=False)
    op.create_table(
        "judge_corridors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("ring", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_judge_corridors_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_corridors")),
    )
    op.create_index("ix_judge_corridors_camera_id", "judge_corridors", ["camera_id", "id"], unique=False)
    op.create_table(
        "judge_memory",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("box", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("features", postgresql.ARRAY(sa.REAL()), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_judge_memory_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_memory")),
    )
    op.create_index("ix_judge_memory_camera_id", "judge_memory", ["camera_id"], unique=False)


def _places() -> None:
    op.create_table(
        "judge_open_places",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ring", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_judge_open_places")),
    )
    op.create_table(
        "judge_permitted",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ring", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("daily", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_judge_permitted")),
    )
    op.create_table(
        "judge_questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_questions")),
    )
    op.create_table(
        "judge_yards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("box", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("radius_m", sa.Double(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_yards")),
    )
    op.create_index("ix_judge_yards_until", "judge_yards", ["tenant_id", "until"], unique=False)


def downgrade() -> None:
    for table in (
        "judge_asks",
        "judge_memory",
        "judge_corridors",
        "judge_camera_settings",
        "judge_yards",
        "judge_questions",
        "judge_permitted",
        "judge_open_places",
        "judge_events",
        "judge_cases",
    ):
        op.drop_table(table)
