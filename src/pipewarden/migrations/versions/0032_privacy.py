"""Privacy: holds and key places, proofs of deletion, consents, a tenant's own days, wishes to be forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_APPEND_ONLY = {"append_only": True}


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _seq() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def upgrade() -> None:
    op.create_table(
        "people_marks",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("kind"),
        _text("cls", nullable=True),
        _text("subject"),
        _text("reason"),
        _moment("set_at"),
        _uuid("set_by"),
        _moment("lifted_at", nullable=True),
        _uuid("lifted_by", nullable=True),
        _text("lift_reason"),
        _key("people_marks"),
    )
    op.create_index("ix_people_marks_tenant_id", "people_marks", ["tenant_id", "id"], unique=False)
    op.create_table(
        "people_deletions",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("cls"),
        _text("digest"),
        _text("rule"),
        _moment("since"),
        _moment("deleted_at"),
        _key("people_deletions"),
        info=_APPEND_ONLY,
    )
    op.create_index(
        "ix_people_deletions_digest", "people_deletions", ["tenant_id", "digest", "deleted_at"], unique=False
    )
    _said()


def _said() -> None:
    """Make the tables of what people and tenants said."""
    op.create_table(
        "people_consents",
        _uuid("id"),
        _seq(),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _text("purpose"),
        _number("version"),
        sa.Column("given", sa.Boolean(), nullable=False),
        _moment("at"),
        _key("people_consents"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_people_consents_person_id", "people_consents", ["person_id", "seq"], unique=False)
    op.create_table(
        "people_keeping",
        _uuid("id"),
        _seq(),
        _uuid("tenant_id"),
        _text("cls"),
        _number("kept"),
        _number("kept_key"),
        _text("reason"),
        _moment("at"),
        _uuid("by"),
        _key("people_keeping"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_people_keeping_tenant_id", "people_keeping", ["tenant_id", "cls", "seq"], unique=False)
    op.create_table(
        "people_erasures",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _text("words"),
        _moment("asked_at"),
        _moment("due_at"),
        _text("state"),
        _moment("ended_at", nullable=True),
        _uuid("ended_by", nullable=True),
        _text("reason"),
        _number("deleted"),
        _number("held"),
        _key("people_erasures"),
    )
    op.create_index("ix_people_erasures_tenant_id", "people_erasures", ["tenant_id", "id"], unique=False)


def downgrade() -> None:
    for table in ("people_erasures", "people_keeping", "people_consents", "people_deletions", "people_marks"):
        op.drop_table(table)
