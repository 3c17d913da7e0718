"""Tables of the book: accounts with their balances, transfers and postings for good, open holds, the chain's end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base


class AccountRow(Base):
    """One account and its balance; the database itself refuses an overdraft."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        CheckConstraint("may_be_negative OR posted - held >= 0", name="covered"),
        CheckConstraint("held >= 0", name="held"),
        {"postgresql_with": {"fillfactor": 60}},  # balances change all the time: room for them on their own page
    )

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID]
    asset: Mapped[str] = mapped_column(Text)
    may_be_negative: Mapped[bool]
    posted: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[datetime]


class TransferRow(Base):
    """One transfer, chained to the one before it; the app role may only insert."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        UniqueConstraint("id"),
        UniqueConstraint("key"),
        Index(
            "uq_ledger_transfers_settled",
            "of",
            unique=True,
            postgresql_where=text("kind = ANY (ARRAY['post'::text, 'void'::text, 'expire'::text])"),
        ),
        Index("uq_ledger_transfers_reversed", "of", unique=True, postgresql_where=text("kind = 'reverse'::text")),
        Index("ix_ledger_transfers_at", "at", "seq"),
        {"info": {"append_only": True}},
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    of: Mapped[UUID | None]
    details: Mapped[str] = mapped_column(Text)  # text, not JSONB: the hash is over the text
    at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    inputs: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class PostingRow(Base):
    """One line of a transfer; with the balances after it where it moved something, without where it only holds."""

    __tablename__ = "ledger_postings"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("source <> destination", name="two_accounts"),
        Index(
            "ix_ledger_postings_source",
            "source",
            "transfer_seq",
            "line",
            postgresql_where=text("source_after IS NOT NULL"),
        ),
        Index(
            "ix_ledger_postings_destination",
            "destination",
            "transfer_seq",
            "line",
            postgresql_where=text("source_after IS NOT NULL"),
        ),
        {"info": {"append_only": True}},
    )

    transfer_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    tenant_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    destination: Mapped[str] = mapped_column(Text)
    asset: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    source_after: Mapped[int | None] = mapped_column(BigInteger)
    destination_after: Mapped[int | None] = mapped_column(BigInteger)


class HoldRow(Base):
    """A hold that nothing has settled yet: what the sweep looks through; the log alone decides."""

    __tablename__ = "ledger_holds"
    __table_args__ = (
        Index("ix_ledger_holds_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    transfer_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    expires_at: Mapped[datetime | None]


class ChainRow(Base):
    """The one row whose lock puts all transfers in a line, and the end of their chain."""

    __tablename__ = "ledger_chain"
    __table_args__ = (CheckConstraint("id = 1", name="one"), {"info": {"platform": True}})

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
