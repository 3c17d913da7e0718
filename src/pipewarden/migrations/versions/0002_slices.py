"""The river's slices: network, inference, sense, perceive, locate, dedupe."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _network()
    _inference()
    _sense()
    _perceive()
    _locate()
    _dedupe()
    _dedupe_members()


def _network() -> None:
    op.create_table(
        "network_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("crs", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("length_km", sa.Double(), nullable=False),
        sa.Column("lon_min", sa.Double(), nullable=False),
        sa.Column("lat_min", sa.Double(), nullable=False),
        sa.Column("lon_max", sa.Double(), nullable=False),
        sa.Column("lat_max", sa.Double(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_versions")),
        sa.UniqueConstraint("tenant_id", "regime", "number", name=op.f("uq_network_versions_tenant_id_regime_number")),
    )
    op.create_index(
        "uq_network_versions_active",
        "network_versions",
        ["tenant_id", "regime"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "network_pipes",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("pipe_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("pressure_class", sa.Text(), nullable=False),
        sa.Column("pressure", sa.Text(), nullable=True),
        sa.Column("diameter_mm", sa.Double(), nullable=True),
        sa.Column("material", sa.Text(), nullable=True),
        sa.Column("depth_m", sa.Double(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("sigma_m", sa.Double(), nullable=True),
        sa.Column("geometry", sa.LargeBinary(), nullable=False),
        sa.Column("lon_min", sa.Double(), nullable=False),
        sa.Column("lat_min", sa.Double(), nullable=False),
        sa.Column("lon_max", sa.Double(), nullable=False),
        sa.Column("lat_max", sa.Double(), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["network_versions.id"], name=op.f("fk_network_pipes_version_id_network_versions")
        ),
        sa.PrimaryKeyConstraint("version_id", "row", name=op.f("pk_network_pipes")),
    )
    op.create_index("ix_network_pipes_pipe_id", "network_pipes", ["version_id", "pipe_id"], unique=False)


def _inference() -> None:
    op.create_table(
        "inference_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("ms", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inference_calls")),
    )
    op.create_index("ix_inference_calls_tenant_id_at", "inference_calls", ["tenant_id", "at"], unique=False)
    op.create_table(
        "inference_models",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("manifest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inference_models")),
        sa.UniqueConstraint("tenant_id", "name", "sha256", name=op.f("uq_inference_models_tenant_id_name_sha256")),
    )
    op.create_table(
        "inference_aliases",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["inference_models.id"], name=op.f("fk_inference_aliases_model_id_inference_models")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_inference_aliases")),
    )
    op.create_index(
        "ix_inference_aliases_tenant_id_name_seq",
        "inference_aliases",
        ["tenant_id", "name", "alias", "seq"],
        unique=False,
    )


def _sense() -> None:
    op.create_table(
        "sense_cameras",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("image_width", sa.Integer(), nullable=True),
        sa.Column("image_height", sa.Integer(), nullable=True),
        sa.Column("calibration", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("interval_s", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sense_cameras")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_sense_cameras_tenant_id_key")),
    )
    op.create_table(
        "sense_observations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offset_s", sa.Double(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("picture_name", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["sense_cameras.id"], name=op.f("fk_sense_observations_camera_id_sense_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sense_observations")),
        sa.UniqueConstraint(
            "tenant_id", "stream", "source_id", name=op.f("uq_sense_observations_tenant_id_stream_source_id")
        ),
    )
    op.create_index("ix_sense_observations_camera_id", "sense_observations", ["camera_id"], unique=False)
    op.create_index(
        "ix_sense_observations_stream_at", "sense_observations", ["tenant_id", "stream", "at"], unique=False
    )
    op.create_index(
        "ix_sense_observations_stream_offset", "sense_observations", ["tenant_id", "stream", "offset_s"], unique=False
    )


def _perceive() -> None:
    op.create_table(
        "perceive_screened",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("screened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_perceive_screened")),
    )
    op.create_table(
        "perceive_findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("cls", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("raises", sa.Boolean(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("w", sa.Double(), nullable=False),
        sa.Column("h", sa.Double(), nullable=False),
        sa.Column("dhash", sa.LargeBinary(), nullable=True),
        sa.Column("features", postgresql.ARRAY(sa.REAL()), nullable=True),
        sa.Column("model", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["observation_id"],
            ["perceive_screened.observation_id"],
            name=op.f("fk_perceive_findings_observation_id_perceive_screened"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_perceive_findings")),
    )
    op.create_index("ix_perceive_findings_observation_id", "perceive_findings", ["observation_id"], unique=False)


def _locate() -> None:
    op.create_table(
        "locate_placed",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_locate_placed")),
    )
    op.create_table(
        "locate_placements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("covariance", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("own_covariance", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("footprint", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("network_version_id", sa.Uuid(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["observation_id"],
            ["locate_placed.observation_id"],
            name=op.f("fk_locate_placements_observation_id_locate_placed"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locate_placements")),
        sa.UniqueConstraint("tenant_id", "finding_id", name=op.f("uq_locate_placements_tenant_id_finding_id")),
    )
    op.create_index("ix_locate_placements_observation_id", "locate_placements", ["observation_id"], unique=False)
    op.create_index(
        "ix_locate_placements_tenant_id_lat_lon", "locate_placements", ["tenant_id", "lat", "lon"], unique=False
    )


def _dedupe() -> None:
    op.create_table(
        "dedupe_alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("cls", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("covariance", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_offset_s", sa.Double(), nullable=False),
        sa.Column("last_offset_s", sa.Double(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("streams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("evidence_box", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ring", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("ring_error_m", sa.Double(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_alarms")),
    )
    op.create_index("ix_dedupe_alarms_page", "dedupe_alarms", ["tenant_id", "id"], unique=False)
    op.create_table(
        "dedupe_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_events")),
    )
    op.create_index("ix_dedupe_events_alarm_id", "dedupe_events", ["alarm_id", "id"], unique=False)
    op.create_table(
        "dedupe_frames",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Boolean(), nullable=False),
        sa.Column("seen_s", sa.Double(), nullable=False),
        sa.Column("timed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offset_s", sa.Double(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_dedupe_frames")),
    )
    op.create_index(
        "ix_dedupe_frames_order", "dedupe_frames", ["tenant_id", "stream", "seen_s", "observation_id"], unique=False
    )


def _dedupe_members() -> None:
    op.create_table(
        "dedupe_sightings",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seen_s", sa.Double(), nullable=False),
        sa.Column("timed", sa.Boolean(), nullable=False),
        sa.Column("cls", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("raises", sa.Boolean(), nullable=False),
        sa.Column("box", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("covariance", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("own", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("footprint", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dhash", sa.LargeBinary(), nullable=True),
        sa.Column("features", postgresql.ARRAY(sa.REAL()), nullable=True),
        sa.Column("track_id", sa.Uuid(), nullable=True),
        sa.Column("alarm_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["observation_id"],
            ["dedupe_frames.observation_id"],
            name=op.f("fk_dedupe_sightings_observation_id_dedupe_frames"),
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_dedupe_sightings")),
    )
    op.create_index("ix_dedupe_sightings_alarm_id", "dedupe_sightings", ["alarm_id", "seen_s"], unique=False)
    op.create_index("ix_dedupe_sightings_observation_id", "dedupe_sightings", ["observation_id"], unique=False)
    op.create_table(
        "dedupe_tracks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=True),
        sa.Column("last_finding_id", sa.Uuid(), nullable=False),
        sa.Column("last_s", sa.Double(), nullable=False),
        sa.Column("timed", sa.Boolean(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["last_finding_id"],
            ["dedupe_sightings.finding_id"],
            name=op.f("fk_dedupe_tracks_last_finding_id_dedupe_sightings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_tracks")),
    )
    op.create_index("ix_dedupe_tracks_alarm_id", "dedupe_tracks", ["alarm_id"], unique=False)
    op.create_index("ix_dedupe_tracks_place", "dedupe_tracks", ["tenant_id", "lat", "lon", "last_s"], unique=False)
    op.create_index("ix_dedupe_tracks_stream", "dedupe_tracks", ["tenant_id", "stream", "last_s"], unique=False)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


_TABLES = (
    "network_versions",
    "network_pipes",
    "inference_calls",
    "inference_models",
    "inference_aliases",
    "sense_cameras",
    "sense_observations",
    "perceive_screened",
    "perceive_findings",
    "locate_placed",
    "locate_placements",
    "dedupe_alarms",
    "dedupe_events",
    "dedupe_frames",
    "dedupe_sightings",
    "dedupe_tracks",
)
