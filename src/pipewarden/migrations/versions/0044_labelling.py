"""Labelling: items of commissions, people's turns at them, what happened to either."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _flag(name: str, *, nullable: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=nullable)


def _json(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(words, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    _items()
    _answers()
    op.create_table(
        "market_label_events",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("item_id"),
        _uuid("answer_id", nullable=True),
        _moment("at"),
        _text("actor", nullable=True),
        _text("kind"),
        _json("body", nullable=False),
        _key("market_label_events"),
        info={"append_only": True},
    )
    op.create_index("ix_market_label_events_item", "market_label_events", ["item_id", "id"], unique=False)


def _items() -> None:
    table = "market_label_items"
    op.create_table(
        table,
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("commission_id"),
        _text("kind"),
        _text("picture", nullable=True),
        _number("width"),
        _number("height"),
        _text("source"),
        _moment("made_at"),
        _text("words"),
        sa.Column("authors", postgresql.ARRAY(sa.Uuid()), nullable=False),
        _json("guess"),
        sa.Column("score", sa.Double(), nullable=True),
        _json("gold"),
        _text("reason"),
        _number("shown"),
        _flag("told"),
        _number("wanted"),
        _number("asked"),
        _text("state"),
        _json("settled"),
        _moment("settled_at", nullable=True),
        _key(table),
        _once(table, "commission_id", "source"),
        _check(table, "counts", "asked >= 0 AND wanted > 0 AND shown >= 0"),
    )
    waiting, known = sa.text("state = 'open' AND gold IS NULL"), sa.text("gold IS NOT NULL AND NOT told")
    columns = ["commission_id", "score", "id"]
    op.create_index("ix_market_label_items_open", table, columns, unique=False, postgresql_where=waiting)
    op.create_index(
        "ix_market_label_items_gold", table, ["commission_id", "shown"], unique=False, postgresql_where=known
    )
    op.create_index("ix_market_label_items_list", table, ["tenant_id", "commission_id", "id"], unique=False)


def _answers() -> None:
    table = "market_label_answers"
    op.create_table(
        table,
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("commission_id"),
        _uuid("item_id"),
        _uuid("engagement_id"),
        _uuid("person_id"),
        _flag("measures"),
        _moment("drawn_at"),
        _moment("until"),
        _text("state"),
        _json("said"),
        _moment("given_at", nullable=True),
        _flag("right_first", nullable=True),
        _text("reason"),
        _number("tries"),
        _moment("charged_at", nullable=True),
        _key(table),
        _once(table, "item_id", "person_id"),
        _check(table, "tries", "tries >= 0"),
    )
    op.create_index("ix_market_label_answers_person", table, ["person_id", "state", "id"], unique=False)
    op.create_index("ix_market_label_answers_commission", table, ["commission_id", "state", "id"], unique=False)
    unpaid = sa.text("charged_at IS NULL AND state IN ('given', 'right')")
    op.create_index("ix_market_label_answers_pay", table, ["given_at"], unique=False, postgresql_where=unpaid)


def downgrade() -> None:
    for table in ("market_label_events", "market_label_answers", "market_label_items"):
        op.drop_table(table)
