"""The double-entry book: accounts, transfers, postings, open holds, the end of the chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_APPEND_ONLY = {"append_only": True}


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _units(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "ledger_accounts",
        _text("address"),
        _uuid("tenant_id"),
        _text("asset"),
        sa.Column("may_be_negative", sa.Boolean(), nullable=False),
        _units("posted"),
        _units("held"),
        _moment("opened_at"),
        sa.CheckConstraint("may_be_negative OR posted - held >= 0", name=op.f("ck_ledger_accounts_covered")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_ledger_accounts_held")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_ledger_accounts")),
        postgresql_with={"fillfactor": 60},
    )
    _transfers()
    _postings()
    op.create_table(
        "ledger_holds",
        _uuid("transfer_id"),
        _uuid("tenant_id"),
        _moment("expires_at", nullable=True),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_ledger_holds")),
    )
    op.create_index(
        "ix_ledger_holds_expires_at", "ledger_holds", ["expires_at"], postgresql_where=sa.text("expires_at IS NOT NULL")
    )
    op.create_table(
        "ledger_chain",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        _units("seq"),
        _bytes("hash"),
        _moment("at"),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_chain_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_chain")),
    )


def _transfers() -> None:
    table = "ledger_transfers"
    op.create_table(
        table,
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        _uuid("id"),
        _uuid("tenant_id"),
        _text("key"),
        _text("kind"),
        _text("what"),
        _uuid("of", nullable=True),
        _text("details"),
        _moment("at"),
        _moment("expires_at", nullable=True),
        _bytes("inputs"),
        _bytes("previous"),
        _bytes("hash"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_transfers")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_transfers_id")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_transfers_key")),
        info=_APPEND_ONLY,
    )
    settled = sa.text("kind = ANY (ARRAY['post'::text, 'void'::text, 'expire'::text])")
    op.create_index("uq_ledger_transfers_settled", table, ["of"], unique=True, postgresql_where=settled)
    reversed_ = sa.text("kind = 'reverse'::text")
    op.create_index("uq_ledger_transfers_reversed", table, ["of"], unique=True, postgresql_where=reversed_)
    op.create_index("ix_ledger_transfers_at", table, ["at", "seq"], unique=False)


def _postings() -> None:
    table = "ledger_postings"
    op.create_table(
        table,
        sa.Column("transfer_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.SmallInteger(), autoincrement=False, nullable=False),
        _uuid("tenant_id"),
        _text("source"),
        _text("destination"),
        _text("asset"),
        _units("amount"),
        _units("source_after", nullable=True),
        _units("destination_after", nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_postings_amount")),
        sa.CheckConstraint("source <> destination", name=op.f("ck_ledger_postings_two_accounts")),
        sa.PrimaryKeyConstraint("transfer_seq", "line", name=op.f("pk_ledger_postings")),
        info=_APPEND_ONLY,
    )
    moved = sa.text("source_after IS NOT NULL")
    for side in ("source", "destination"):
        columns = [side, "transfer_seq", "line"]
        op.create_index(f"ix_ledger_postings_{side}", table, columns, unique=False, postgresql_where=moved)


def downgrade() -> None:
    for table in ("ledger_chain", "ledger_holds", "ledger_postings", "ledger_transfers", "ledger_accounts"):
        op.drop_table(table)
