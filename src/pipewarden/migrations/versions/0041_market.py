"""The market: own pay rules, rewards with their events, debts, deposits, budgets, capabilities, demands, meters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_APPEND_ONLY = {"append_only": True}
_TABLES = (
    "market_batches",
    "market_meters",
    "market_demands",
    "market_prices",
    "market_capabilities",
    "market_budgets",
    "market_deposits",
    "market_debts",
    "market_reward_events",
    "market_rewards",
    "market_pay_editions",
)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _units(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{table}"))


def _once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(words, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.create_table(
        "market_pay_editions",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("version"),
        _moment("since"),
        _text("text"),
        _text("why"),
        _text("made_by"),
        _moment("made_at"),
        _key("market_pay_editions"),
        _once("market_pay_editions", "tenant_id", "version"),
        _once("market_pay_editions", "tenant_id", "since"),
        info=_APPEND_ONLY,
    )
    _rewards()
    _finance()
    _metering()


def _rewards() -> None:
    op.create_table(
        "market_rewards",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("key"),
        _text("kind"),
        _text("rule"),
        _text("edition"),
        _text("case"),
        _uuid("site_id", nullable=True),
        _uuid("claim_key", nullable=True),
        _uuid("person_id", nullable=True),
        _text("asset"),
        _units("units"),
        _moment("earned_at"),
        _text("day"),
        _text("month"),
        _text("state"),
        _moment("since"),
        _uuid("budget_id", nullable=True),
        _uuid("hold_id", nullable=True),
        _uuid("paid_id", nullable=True),
        _moment("pay_at", nullable=True),
        _text("reason"),
        _units("owed"),
        _number("version"),
        _key("market_rewards"),
        _once("market_rewards", "key"),
        _check("market_rewards", "units", "units > 0"),
        _check("market_rewards", "owed", "owed >= 0 AND owed <= units"),
    )
    for name, columns in (
        ("list", ["tenant_id", "state", "id"]),
        ("due", ["state", "pay_at"]),
        ("cap", ["person_id", "rule", "day"]),
        ("person", ["person_id", "id"]),
        ("case", ["tenant_id", "case"]),
    ):
        op.create_index(f"ix_market_rewards_{name}", "market_rewards", columns, unique=False)
    for name, column in (("site_id", "site_id"), ("claim", "claim_key")):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_market_rewards_{name}", "market_rewards", [column], unique=False, postgresql_where=there)
    _what_follows()


def _what_follows() -> None:
    op.create_table(
        "market_reward_events",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("reward_id"),
        _number("seq"),
        _moment("at"),
        _text("actor", nullable=True),
        _text("kind"),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _key("market_reward_events"),
        _once("market_reward_events", "reward_id", "seq"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_reward_events_month", "market_reward_events", ["tenant_id", "kind", "at"], unique=False)
    op.create_table(
        "market_debts",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("reward_id"),
        _uuid("person_id"),
        _text("asset"),
        _units("units"),
        _units("remaining"),
        _moment("at"),
        _key("market_debts"),
        _once("market_debts", "reward_id"),
        _check("market_debts", "remaining", "remaining >= 0 AND remaining <= units"),
    )
    owed = sa.text("remaining > 0")
    op.create_index("ix_market_debts_person", "market_debts", ["person_id", "asset", "id"], postgresql_where=owed)


def _finance() -> None:
    op.create_table(
        "market_deposits",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("asset"),
        _units("units"),
        _text("number"),
        sa.Column("value_date", sa.Date(), nullable=False),
        _text("booked_by"),
        _moment("at"),
        _uuid("transfer_id"),
        _key("market_deposits"),
        _once("market_deposits", "tenant_id", "asset", "number"),
        _check("market_deposits", "units", "units > 0"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_deposits_list", "market_deposits", ["tenant_id", "id"], unique=False)
    op.create_table(
        "market_budgets",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("name"),
        _text("purpose"),
        _text("asset"),
        _units("cap"),
        _units("funded"),
        _units("committed"),
        _text("made_by"),
        _moment("made_at"),
        _moment("closed_at", nullable=True),
        _key("market_budgets"),
        _once("market_budgets", "tenant_id", "name"),
        _check("market_budgets", "cap", "funded >= 0 AND funded <= cap"),
        _check("market_budgets", "committed", "committed >= 0"),
    )
    op.create_index("ix_market_budgets_list", "market_budgets", ["tenant_id", "purpose", "asset", "id"], unique=False)


def _metering() -> None:
    op.create_table(
        "market_capabilities",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("slug"),
        _text("version"),
        _uuid("expert_id"),
        _moment("made_at"),
        _key("market_capabilities"),
        _once("market_capabilities", "tenant_id", "slug", "version"),
        info=_APPEND_ONLY,
    )
    op.create_table(
        "market_prices",
        _uuid("capability_id"),
        _moment("since"),
        _uuid("tenant_id"),
        _units("units"),
        _key("market_prices", "capability_id", "since"),
        _check("market_prices", "units", "units > 0"),
        info=_APPEND_ONLY,
    )
    op.create_table(
        "market_demands",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("title"),
        _uuid("capability_id"),
        _uuid("budget_id"),
        _number("wanted"),
        _number("taken"),
        _moment("made_at"),
        _text("state"),
        _key("market_demands"),
        _once("market_demands", "budget_id"),
        _check("market_demands", "taken", "taken >= 0 AND taken <= wanted"),
    )
    op.create_index("ix_market_demands_list", "market_demands", ["tenant_id", "state", "id"], unique=False)
    _meters()
    op.create_table(
        "market_batches",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("demand_id"),
        _number("calls"),
        _units("units"),
        _uuid("transfer_id"),
        _moment("at"),
        _key("market_batches"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_batches_demand", "market_batches", ["demand_id", "id"], unique=False)


def _meters() -> None:
    op.create_table(
        "market_meters",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("demand_id"),
        _uuid("capability_id"),
        _text("request_id"),
        _units("units"),
        _units("expert"),
        _units("house"),
        _text("state"),
        _moment("admitted_at"),
        _moment("until"),
        _number("tries"),
        _moment("charged_at", nullable=True),
        _uuid("batch_id", nullable=True),
        _key("market_meters"),
        _once("market_meters", "capability_id", "request_id"),
        _check("market_meters", "units", "units > 0 AND expert >= 0 AND house >= 0 AND expert + house <= units"),
    )
    for name, columns, where in (
        ("unbooked", ["demand_id", "id"], "state = 'charged' AND batch_id IS NULL"),
        ("late", ["until"], "state = 'admitted'"),
        ("batch", ["batch_id"], "batch_id IS NOT NULL"),
    ):
        op.create_index(
            f"ix_market_meters_{name}", "market_meters", columns, unique=False, postgresql_where=sa.text(where)
        )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
