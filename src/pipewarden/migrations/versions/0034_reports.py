"""Reports of anybody: what was said and added, who sends, how pictures look, which rewards were wished for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _degrees(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=True)


def upgrade() -> None:
    _reports()
    op.create_table(
        "field_report_words",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("report_id"),
        _uuid("draft"),
        _text("words"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_report_words")),
        sa.UniqueConstraint("draft", name=op.f("uq_field_report_words_draft")),
    )
    op.create_index("ix_field_report_words_report_id", "field_report_words", ["report_id", "id"], unique=False)
    op.create_table(
        "field_reporters",
        _uuid("id"),
        _uuid("tenant_id"),
        _bytes("device"),
        _moment("aside_until", nullable=True),
        _text("aside_why"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_reporters")),
        sa.UniqueConstraint("tenant_id", "device", name=op.f("uq_field_reporters_tenant_id_device")),
    )
    op.create_table(
        "field_prints",
        _uuid("observation_id"),
        _uuid("tenant_id"),
        _uuid("report_id"),
        _moment("at"),
        _bytes("hashes"),
        _bytes("points"),
        _bytes("descriptors"),
        sa.Column("features", postgresql.ARRAY(sa.REAL()), nullable=False),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_field_prints")),
    )
    op.create_index("ix_field_prints_at", "field_prints", ["tenant_id", "at"], unique=False)
    op.create_table(
        "field_rewards",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("key"),
        _uuid("site_id"),
        _uuid("report_id"),
        _uuid("person_id", nullable=True),
        _text("reason"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_rewards")),
        sa.UniqueConstraint("key", name=op.f("uq_field_rewards_key")),
        info={"append_only": True},
    )


def _reports() -> None:
    op.create_table(
        "field_reports",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("draft"),
        _bytes("token_digest"),
        _bytes("content_sha256"),
        _uuid("reporter_id"),
        _bytes("network"),
        _uuid("person_id", nullable=True),
        _text("kind"),
        sa.Column("danger", sa.Boolean(), nullable=False),
        _text("state"),
        _text("why"),
        _text("words"),
        _text("place_words"),
        _degrees("lon"),
        _degrees("lat"),
        _degrees("accuracy_m"),
        _text("said_crs"),
        _moment("at"),
        _moment("taken_at", nullable=True),
        _moment("received_at"),
        _text("language"),
        _text("fresh"),
        _text("nonce", nullable=True),
        _text("contact"),
        sa.Column("notes", postgresql.JSONB(), nullable=False),
        sa.Column("pictures", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("observations", postgresql.ARRAY(sa.Uuid()), nullable=False),
        _uuid("confirms", nullable=True),
        _uuid("copy_of", nullable=True),
        _uuid("decided_by", nullable=True),
        _moment("called_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_reports")),
        sa.UniqueConstraint("draft", name=op.f("uq_field_reports_draft")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_field_reports_token_digest")),
        sa.UniqueConstraint("nonce", name=op.f("uq_field_reports_nonce")),
    )
    for name, columns in (
        ("ix_field_reports_list", ["tenant_id", "state", "id"]),
        ("ix_field_reports_place", ["tenant_id", "lat", "lon"]),
        ("ix_field_reports_reporter_id", ["reporter_id", "received_at"]),
        ("ix_field_reports_network", ["network", "received_at"]),
        ("ix_field_reports_person_id", ["person_id", "id"]),
    ):
        op.create_index(name, "field_reports", columns, unique=False)
    op.create_index(
        "ix_field_reports_observations", "field_reports", ["observations"], unique=False, postgresql_using="gin"
    )


def downgrade() -> None:
    for table in ("field_rewards", "field_prints", "field_reporters", "field_report_words", "field_reports"):
        op.drop_table(table)
