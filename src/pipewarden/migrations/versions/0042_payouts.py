"""Payouts: payees, bills with their events, exchanges of points, comparisons with a provider's statement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_APPEND_ONLY = {"append_only": True}


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _units(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "market_payees",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _bytes("sealed"),
        _bytes("openid_sha256"),
        _text("masked"),
        _text("masked_name"),
        _flag("id_number"),
        _moment("at"),
        _moment("usable_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_payees")),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_payees_person_id", "market_payees", ["person_id", "id"], unique=False)
    _bills()
    op.create_table(
        "market_bill_events",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("bill_id"),
        _text("did"),
        _text("state"),
        _json("details"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_bill_events")),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_bill_events_bill_id", "market_bill_events", ["bill_id", "id"], unique=False)
    op.create_table(
        "market_exchanges",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _text("key"),
        _units("points"),
        _units("units"),
        _text("rate"),
        _uuid("transfer_id"),
        _moment("at"),
        sa.CheckConstraint("points > 0 AND units > 0", name=op.f("ck_market_exchanges_amounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_exchanges")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_market_exchanges_person_id_key")),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_exchanges_person_id", "market_exchanges", ["person_id", "id"], unique=False)
    op.create_table(
        "market_reconciliations",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("name"),
        _bytes("sha256"),
        _moment("since"),
        _moment("until"),
        _number("rows"),
        _number("other"),
        _number("matched"),
        _number("elsewhere"),
        _json("differences"),
        _uuid("by"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_reconciliations")),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_reconciliations_tenant_id", "market_reconciliations", ["tenant_id", "id"], unique=False)


def _bills() -> None:
    table = "market_bills"
    op.create_table(
        table,
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _uuid("payee_id"),
        _text("number"),
        _text("key"),
        _units("gross"),
        _units("fen"),
        _text("tax_kind"),
        _text("tax_month"),
        _units("tax_units"),
        _text("tax_policy"),
        _flag("id_number"),
        _uuid("hold_id"),
        _bytes("openid_sha256"),
        _text("state"),
        _moment("made_at"),
        _text("provider_no"),
        _text("step", nullable=True),
        _moment("asked_at", nullable=True),
        _flag("missing"),
        _text("odd"),
        _text("problem"),
        _number("tries"),
        _moment("next_at", nullable=True),
        _text("package"),
        _moment("confirm_until", nullable=True),
        _moment("cancel_at", nullable=True),
        _moment("over_at", nullable=True),
        sa.CheckConstraint(
            "fen > 0 AND gross = fen * 100 + tax_units AND tax_units >= 0", name=op.f("ck_market_bills_amounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_bills")),
        sa.UniqueConstraint("number", name=op.f("uq_market_bills_number")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_market_bills_person_id_key")),
    )
    op.create_index("ix_market_bills_person_id", table, ["person_id", "id"], unique=False)
    op.create_index("ix_market_bills_state", table, ["state", "id"], unique=False)
    op.create_index("ix_market_bills_over_at", table, ["over_at"], unique=False)
    due = sa.text("next_at IS NOT NULL")
    op.create_index("ix_market_bills_next_at", table, ["next_at"], unique=False, postgresql_where=due)


def downgrade() -> None:
    for table in (
        "market_reconciliations",
        "market_exchanges",
        "market_bill_events",
        "market_bills",
        "market_payees",
    ):
        op.drop_table(table)
