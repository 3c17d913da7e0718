"""Tables of payouts: where money goes, bills with everything that happened to them, exchanges, comparisons."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base


class PayeeRow(Base):
    """Where a person's money goes; a change is another row, so that a bill keeps the one it was made with."""

    __tablename__ = "market_payees"
    __table_args__ = (Index("ix_market_payees_person_id", "person_id", "id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    openid_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    masked: Mapped[str] = mapped_column(Text)
    masked_name: Mapped[str] = mapped_column(Text)
    id_number: Mapped[bool]
    at: Mapped[datetime]
    usable_at: Mapped[datetime]


class BillRow(Base):
    """One withdrawal; its number and its key are unique for ever, so that neither pays twice."""

    __tablename__ = "market_bills"
    __table_args__ = (
        CheckConstraint("fen > 0 AND gross = fen * 100 + tax_units AND tax_units >= 0", name="amounts"),
        UniqueConstraint("number"),
        UniqueConstraint("person_id", "key"),
        Index("ix_market_bills_person_id", "person_id", "id"),
        Index("ix_market_bills_state", "state", "id"),
        Index("ix_market_bills_over_at", "over_at"),
        Index("ix_market_bills_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    gross: Mapped[int] = mapped_column(BigInteger)
    fen: Mapped[int] = mapped_column(BigInteger)
    tax_kind: Mapped[str] = mapped_column(Text)
    tax_month: Mapped[str] = mapped_column(Text)
    tax_units: Mapped[int] = mapped_column(BigInteger)
    tax_policy: Mapped[str] = mapped_column(Text)
    id_number: Mapped[bool]
    hold_id: Mapped[UUID]
    openid_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    provider_no: Mapped[str] = mapped_column(Text)
    step: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime | None]
    missing: Mapped[bool]
    odd: Mapped[str] = mapped_column(Text)
    problem: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime | None]
    package: Mapped[str] = mapped_column(Text)
    confirm_until: Mapped[datetime | None]
    cancel_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]


class BillEventRow(Base):
    """One thing that happened to a bill; never changed."""

    __tablename__ = "market_bill_events"
    __table_args__ = (Index("ix_market_bill_events_bill_id", "bill_id", "id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    bill_id: Mapped[UUID]
    did: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, object]]
    at: Mapped[datetime]


class ExchangeRow(Base):
    """Points that became cash; one for each of a person's keys, for ever."""

    __tablename__ = "market_exchanges"
    __table_args__ = (
        CheckConstraint("points > 0 AND units > 0", name="amounts"),
        UniqueConstraint("person_id", "key"),
        Index("ix_market_exchanges_person_id", "person_id", "id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    points: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[int] = mapped_column(BigInteger)
    rate: Mapped[str] = mapped_column(Text)
    transfer_id: Mapped[UUID]
    at: Mapped[datetime]


class ReconciliationRow(Base):
    """One comparison with a provider's statement, as it came out then."""

    __tablename__ = "market_reconciliations"
    __table_args__ = (
        Index("ix_market_reconciliations_tenant_id", "tenant_id", "id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    since: Mapped[datetime]
    until: Mapped[datetime]
    rows: Mapped[int] = mapped_column(Integer)
    other: Mapped[int] = mapped_column(Integer)
    matched: Mapped[int] = mapped_column(Integer)
    elsewhere: Mapped[int] = mapped_column(Integer)
    differences: Mapped[list[object]]
    by: Mapped[UUID]
    at: Mapped[datetime]
