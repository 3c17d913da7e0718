"""The people floor, answers kept for idempotency, and what people told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


class _Polygon(sa.types.UserDefinedType[Any]):
    """PostgreSQL's own polygon, which SQLAlchemy has no name for."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        """Return the type as DDL writes it."""
        return "POLYGON"


def upgrade() -> None:
    _places()
    _persons()
    _signin()
    _record()
    _reports()


def _places() -> None:
    op.create_table(
        "people_areas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wkb", sa.LargeBinary(), nullable=True),
        sa.Column("west", sa.Double(), nullable=True),
        sa.Column("south", sa.Double(), nullable=True),
        sa.Column("east", sa.Double(), nullable=True),
        sa.Column("north", sa.Double(), nullable=True),
        sa.Column("jurisdiction", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["people_areas.id"], name=op.f("fk_people_areas_parent_id_people_areas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_areas")),
        sa.UniqueConstraint("path", name=op.f("uq_people_areas_path")),
    )
    op.create_index(
        "ix_people_areas_path_prefix",
        "people_areas",
        ["path"],
        unique=False,
        postgresql_ops={"path": "text_pattern_ops"},
    )
    op.create_index("ix_people_areas_tenant_id", "people_areas", ["tenant_id"], unique=False)
    op.create_table(
        "people_area_rings",
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ring", _Polygon(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["people_areas.id"], name=op.f("fk_people_area_rings_area_id_people_areas")
        ),
        sa.PrimaryKeyConstraint("area_id", "number", name=op.f("pk_people_area_rings")),
    )
    op.create_table(
        "people_organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_organisations")),
    )
    op.create_index("ix_people_organisations_tenant_id", "people_organisations", ["tenant_id"], unique=False)


def _persons() -> None:
    op.create_table(
        "people_persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_persons")),
        sa.UniqueConstraint("login", name=op.f("uq_people_persons_login")),
        info={"platform": True},
    )
    op.create_table(
        "people_memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["people_areas.id"], name=op.f("fk_people_memberships_area_id_people_areas")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["people_organisations.id"],
            name=op.f("fk_people_memberships_organisation_id_people_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_memberships_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_memberships")),
    )
    op.create_index("ix_people_memberships_person_id", "people_memberships", ["person_id"], unique=False)
    op.create_index("ix_people_memberships_tenant_id_role", "people_memberships", ["tenant_id", "role"], unique=False)
    op.create_table(
        "people_role_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_role_versions")),
        sa.UniqueConstraint(
            "tenant_id",
            "role",
            "effective_from",
            "source",
            name=op.f("uq_people_role_versions_tenant_id_role_effective_from_source"),
        ),
    )
    op.create_table(
        "people_credentials",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_credentials_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_people_credentials")),
        info={"platform": True},
    )


def _signin() -> None:
    op.create_table(
        "people_attempts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_people_attempts")),
        info={"platform": True},
    )
    op.create_table(
        "people_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_sessions_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_sessions")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_people_sessions_token_sha256")),
    )
    op.create_index("ix_people_sessions_person_id", "people_sessions", ["person_id"], unique=False)
    op.create_table(
        "people_api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["people_areas.id"], name=op.f("fk_people_api_keys_area_id_people_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_people_api_keys_prefix")),
    )
    op.create_index("ix_people_api_keys_tenant_id", "people_api_keys", ["tenant_id"], unique=False)
    op.create_table(
        "people_answers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "actor_id", "key", name=op.f("pk_people_answers")),
    )
    op.create_index("ix_people_answers_made_at", "people_answers", ["made_at"], unique=False)


def _record() -> None:
    op.create_table(
        "people_audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_audit")),
        sa.UniqueConstraint("tenant_id", "seq", name=op.f("uq_people_audit_tenant_id_seq")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_people_audit_tenant_id_object", "people_audit", ["tenant_id", "object_kind", "object_id"], unique=False
    )
    op.create_table(
        "people_switches",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_people_switches")),
    )
    op.create_table(
        "people_duties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["people_areas.id"], name=op.f("fk_people_duties_area_id_people_areas")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_duties_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_duties")),
    )
    op.create_index(
        "ix_people_duties_tenant_id_role_ends_at", "people_duties", ["tenant_id", "role", "ends_at"], unique=False
    )


def _reports() -> None:
    op.create_table(
        "sense_told",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("picture_problem", sa.Text(), nullable=True),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["observation_id"], ["sense_observations.id"], name=op.f("fk_sense_told_observation_id_sense_observations")
        ),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_sense_told")),
    )
    op.create_index("ix_sense_told_owner_id", "sense_told", ["owner_id"], unique=False)
    op.create_index("ix_sense_told_place", "sense_told", ["lat", "lon"], unique=False)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


_TABLES = (
    "people_areas",
    "people_area_rings",
    "people_organisations",
    "people_persons",
    "people_memberships",
    "people_role_versions",
    "people_credentials",
    "people_attempts",
    "people_sessions",
    "people_api_keys",
    "people_answers",
    "people_audit",
    "people_switches",
    "people_duties",
    "sense_told",
)
