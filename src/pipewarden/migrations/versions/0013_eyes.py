"""Cameras that do not see, what their pictures are held against, and what the house sends itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TESTED = ("sense_cameras", "sense_observations", "dedupe_alarms", "dedupe_tracks", "judge_cases")


def upgrade() -> None:
    for table in _TESTED:
        op.add_column(table, sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("perceive_screened", sa.Column("model", sa.Text(), nullable=True))
    _probes()
    _sights()
    _eyes()
    _synthetics()
    _commissionings()


def _probes() -> None:
    op.create_table(
        "sense_probes",
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_sense_probes_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_sense_probes")),
    )


def _view() -> list[sa.Column[object]]:
    return [
        sa.Column("grey", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("mean", "spread", "sharp")),
    ]


def _sights() -> None:
    op.create_table(
        "perceive_sights",
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("names", sa.LargeBinary(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shows", sa.Text(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("turn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed", sa.Integer(), nullable=False),
        sa.Column("skews", postgresql.ARRAY(sa.Double()), nullable=False),
        sa.Column("skew_base", sa.Double(), nullable=True),
        sa.Column("clock_wrong_since", sa.DateTime(timezone=True), nullable=True),
        *_view(),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_perceive_sights_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_perceive_sights")),
    )
    op.create_table(
        "perceive_references",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("learned", sa.Boolean(), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        *_view(),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_perceive_references_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_perceive_references")),
        info={"append_only": True},
    )
    op.create_index("ix_perceive_references_camera_id", "perceive_references", ["camera_id", "version"], unique=False)
    op.create_table(
        "perceive_sight_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_wrong", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_perceive_sight_events_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_perceive_sight_events")),
        info={"append_only": True},
    )
    op.create_index("ix_perceive_sight_events_camera_id", "perceive_sight_events", ["camera_id", "at"], unique=False)


def _eyes() -> None:
    op.create_table(
        "locate_eyes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("causes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unwatched", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_locate_eyes_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locate_eyes")),
        info={"append_only": True},
    )
    op.create_table(
        "locate_eyes_now",
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("eye_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_locate_eyes_now_camera_id_sense_cameras")
        ),
        sa.ForeignKeyConstraint(["eye_id"], ["locate_eyes.id"], name=op.f("fk_locate_eyes_now_eye_id_locate_eyes")),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_locate_eyes_now")),
    )


def _synthetics() -> None:
    op.create_table(
        "judge_synthetics",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("observation_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "slot", name=op.f("pk_judge_synthetics")),
    )
    op.create_index("ix_judge_synthetics_stream", "judge_synthetics", ["tenant_id", "stream"], unique=False)


def _commissionings() -> None:
    op.create_table(
        "locate_commissionings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=True),
        sa.Column("bands", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_locate_commissionings_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locate_commissionings")),
        info={"append_only": True},
    )
    op.create_index("ix_locate_commissionings_camera_id", "locate_commissionings", ["camera_id", "at"], unique=False)


def downgrade() -> None:
    for table in (
        "locate_commissionings",
        "judge_synthetics",
        "locate_eyes_now",
        "locate_eyes",
        "perceive_sight_events",
        "perceive_references",
        "perceive_sights",
        "sense_probes",
    ):
        op.drop_table(table)
    op.drop_column("perceive_screened", "model")
    for table in _TESTED:
        op.drop_column(table, "test")
