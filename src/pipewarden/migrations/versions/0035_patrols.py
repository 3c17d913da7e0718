"""What people do outdoors: nonces of pictures, patrols, their points, the metres of pipe they saw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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


def downgrade() -> None:
    op.drop_table("field_captures")
