"""What people do outdoors: nonces of pictures, patrols, their points, the metres of pipe they saw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _double(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def upgrade() -> None:
    op.create_table(
        "field_captures",
        _uuid("id"),
        _uuid("tenant_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _text("holder"),
        _moment("issued_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _key("field_captures"),
    )
    op.create_index("ix_field_captures_digest", "field_captures", ["tenant_id", "digest"], unique=True)
    op.create_index("ix_field_captures_expires_at", "field_captures", ["tenant_id", "expires_at"], unique=False)
    _patrols()
    _parts()


def _patrols() -> None:
    op.create_table(
        "field_patrols",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _uuid("draft"),
        _text("source"),
        _text("device"),
        _json("phone"),
        _moment("began_said"),
        _moment("began_at"),
        _moment("ended_said", nullable=True),
        _moment("ended_at", nullable=True),
        _uuid("end_draft", nullable=True),
        _text("area_path"),
        sa.Column("points", sa.Integer(), nullable=False),
        _moment("heard_at"),
        _json("clocks"),
        _double("skew_s", nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=True),
        _json("reasons"),
        _double("walked_m"),
        _double("seen_m"),
        _double("stood_s"),
        sa.Column("dropped", sa.Integer(), nullable=False),
        _moment("first_at", nullable=True),
        _moment("last_at", nullable=True),
        sa.Column("shape", sa.LargeBinary(), nullable=True),
        _double("west", nullable=True),
        _double("south", nullable=True),
        _double("east", nullable=True),
        _double("north", nullable=True),
        _key("field_patrols"),
        sa.UniqueConstraint("tenant_id", "person_id", "draft", name=op.f("uq_field_patrols_tenant_id_person_id_draft")),
    )
    op.create_index("ix_field_patrols_person_id", "field_patrols", ["tenant_id", "person_id", "id"], unique=False)
    op.create_index("ix_field_patrols_last_at", "field_patrols", ["tenant_id", "last_at"], unique=False)


def _parts() -> None:
    op.create_table(
        "field_patrol_points",
        _uuid("patrol_id"),
        sa.Column("n", sa.BigInteger(), nullable=False),
        _uuid("tenant_id"),
        _moment("at"),
        _moment("received_at"),
        _double("lon"),
        _double("lat"),
        _double("accuracy_m"),
        _double("speed_mps", nullable=True),
        _double("course_deg", nullable=True),
        sa.Column("mock", sa.Boolean(), nullable=True),
        _text("activity", nullable=True),
        sa.PrimaryKeyConstraint("patrol_id", "n", name=op.f("pk_field_patrol_points")),
        info={"forgets": True},
    )
    op.create_table(
        "field_patrol_seen",
        _uuid("patrol_id"),
        _uuid("tenant_id"),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("patrol_id", name=op.f("pk_field_patrol_seen")),
    )
    op.create_table(
        "field_patrol_phones",
        _uuid("key_id"),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _moment("bound_at"),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_field_patrol_phones")),
    )


def downgrade() -> None:
    for table in ("field_patrol_phones", "field_patrol_seen", "field_patrol_points", "field_patrols", "field_captures"):
        op.drop_table(table)
