"""The market's tables: own pay rules, rewards with their events, debts, deposits, budgets."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable

_LOG = {"info": {"append_only": True}}


class EditionRow(Base):
    """A tenant's own pay rules; never changed: another edition takes its place."""

    __tablename__ = "market_pay_editions"
    __table_args__ = (UniqueConstraint("tenant_id", "version"), UniqueConstraint("tenant_id", "since"), _LOG)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    version: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


class RewardRow(Base):
    """A reward as its events add up; ``day`` and ``month`` in China, by which caps and bonuses count."""

    __tablename__ = "market_rewards"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("units > 0", name="units"),
        CheckConstraint("owed >= 0 AND owed <= units", name="owed"),
        Index("ix_market_rewards_list", "tenant_id", "state", "id"),
        Index("ix_market_rewards_due", "state", "pay_at"),
        Index("ix_market_rewards_cap", "person_id", "rule", "day"),
        Index("ix_market_rewards_person", "person_id", "id"),
        Index("ix_market_rewards_case", "tenant_id", "case"),
        Index("ix_market_rewards_site_id", "site_id", postgresql_where=text("site_id IS NOT NULL")),
        Index("ix_market_rewards_claim", "claim_key", postgresql_where=text("claim_key IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    edition: Mapped[str] = mapped_column(Text)
    case: Mapped[str] = mapped_column(Text)
    site_id: Mapped[UUID | None]
    claim_key: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    asset: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(BigInteger)
    earned_at: Mapped[datetime]
    day: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    budget_id: Mapped[UUID | None]
    hold_id: Mapped[UUID | None]
    paid_id: Mapped[UUID | None]
    pay_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)
    owed: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)


class RewardEventRow(Base):
    """One thing that happened to a reward."""

    __tablename__ = "market_reward_events"
    __table_args__ = (
        UniqueConstraint("reward_id", "seq"),
        Index("ix_market_reward_events_month", "tenant_id", "kind", "at"),
        _LOG,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    reward_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, object]]


class DebtRow(Base):
    """What a person owes a tenant; ``remaining`` goes down as later earnings pay it."""

    __tablename__ = "market_debts"
    __table_args__ = (
        UniqueConstraint("reward_id"),
        CheckConstraint("remaining >= 0 AND remaining <= units", name="remaining"),
        Index("ix_market_debts_person", "person_id", "asset", "id", postgresql_where=text("remaining > 0")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    reward_id: Mapped[UUID]
    person_id: Mapped[UUID]
    asset: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(BigInteger)
    remaining: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class DepositRow(Base):
    """One bank receipt, booked once."""

    __tablename__ = "market_deposits"
    __table_args__ = (
        UniqueConstraint("tenant_id", "asset", "number"),
        CheckConstraint("units > 0", name="units"),
        Index("ix_market_deposits_list", "tenant_id", "id"),
        _LOG,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    asset: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[str] = mapped_column(Text)
    value_date: Mapped[date] = mapped_column(Date)
    booked_by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    transfer_id: Mapped[UUID]


class BudgetRow(Base):
    """One budget; the database itself refuses more in it than its cap."""

    __tablename__ = "market_budgets"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("funded >= 0 AND funded <= cap", name="cap"),
        CheckConstraint("committed >= 0", name="committed"),
        Index("ix_market_budgets_list", "tenant_id", "purpose", "asset", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    asset: Mapped[str] = mapped_column(Text)
    cap: Mapped[int] = mapped_column(BigInteger)
    funded: Mapped[int] = mapped_column(BigInteger)
    committed: Mapped[int] = mapped_column(BigInteger)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    parent_id: Mapped[UUID | None]


REWARDS = ScopedTable(tenant_id=RewardRow.tenant_id, owner_id=RewardRow.person_id)
