"""Experts and commissions: standing, skills, links; commissions, engagements, deliveries, talks, the pool."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_APPEND_ONLY = {"append_only": True}
_TABLES = (
    "market_pool",
    "market_talks",
    "market_samples",
    "market_deliveries",
    "market_engagements",
    "market_commission_events",
    "market_commissions",
    "market_expert_links",
    "market_skills",
    "market_expert_events",
    "market_experts",
)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _texts(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=False)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _units(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _share(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=False)


def _flag(name: str, *, nullable: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{table}"))


def _once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(words, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.add_column("market_budgets", _uuid("parent_id", nullable=True))
    _experts()
    _commissions()
    _engagements()
    _deliveries()
    _talks()


def _experts() -> None:
    op.create_table(
        "market_experts",
        _uuid("person_id"),
        _uuid("tenant_id"),
        _text("grade"),
        _text("employer"),
        _text("job"),
        _texts("tags"),
        _text("words"),
        _flag("available"),
        _units("price_floor", nullable=True),
        _texts("conflicts"),
        _number("stars"),
        _number("ratings"),
        _moment("since"),
        _moment("verified_at", nullable=True),
        _uuid("link_id", nullable=True),
        _key("market_experts", "person_id"),
        _check("market_experts", "stars", "stars >= ratings AND stars <= 5 * ratings"),
    )
    op.create_index("ix_market_experts_list", "market_experts", ["available", "grade", "person_id"], unique=False)
    op.create_table(
        "market_expert_events",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _moment("at"),
        _text("actor", nullable=True),
        _text("kind"),
        _json("body"),
        _key("market_expert_events"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_expert_events_person_id", "market_expert_events", ["person_id", "id"], unique=False)
    op.create_table(
        "market_skills",
        _uuid("person_id"),
        _text("topic"),
        _uuid("tenant_id"),
        _number("right"),
        _number("wrong"),
        _key("market_skills", "person_id", "topic"),
        _check("market_skills", "counts", '"right" >= 0 AND wrong >= 0'),
    )
    op.create_table(
        "market_expert_links",
        _uuid("id"),
        _uuid("tenant_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _text("words"),
        _texts("tags"),
        _uuid("made_by"),
        _moment("made_at"),
        _moment("until"),
        _number("most"),
        _number("used"),
        _moment("ended_at", nullable=True),
        _key("market_expert_links"),
        _once("market_expert_links", "digest"),
        _check("market_expert_links", "used", "used >= 0 AND used <= most"),
    )
    op.create_index("ix_market_expert_links_list", "market_expert_links", ["tenant_id", "id"], unique=False)


def _commissions() -> None:
    op.create_table(
        "market_commissions",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("title"),
        _text("words"),
        _texts("tags"),
        _text("tool"),
        _flag("online"),
        _units("price"),
        _number("volume"),
        _units("budget"),
        _number("overlap"),
        _moment("due"),
        _json("acceptance"),
        _text("state"),
        _uuid("made_by"),
        _moment("made_at"),
        _moment("published_at", nullable=True),
        _uuid("budget_id", nullable=True),
        _moment("settle_at", nullable=True),
        _moment("ended_at", nullable=True),
        _number("stars"),
        _text("said"),
        _key("market_commissions"),
        _check("market_commissions", "amounts", "price > 0 AND volume > 0 AND budget > 0 AND overlap > 0"),
        _check("market_commissions", "stars", "stars >= 0 AND stars <= 5"),
    )
    op.create_index("ix_market_commissions_list", "market_commissions", ["tenant_id", "state", "id"], unique=False)
    waits = sa.text("settle_at IS NOT NULL AND ended_at IS NULL")
    op.create_index("ix_market_commissions_settle", "market_commissions", ["settle_at"], postgresql_where=waits)
    op.create_table(
        "market_commission_events",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("commission_id"),
        _uuid("engagement_id", nullable=True),
        _moment("at"),
        _text("actor", nullable=True),
        _text("kind"),
        _json("body"),
        _key("market_commission_events"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_market_commission_events_of", "market_commission_events", ["commission_id", "id"], unique=False)


def _engagements() -> None:
    op.create_table(
        "market_engagements",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("commission_id"),
        _uuid("person_id"),
        _text("state"),
        _units("price"),
        _number("volume"),
        _share("score"),
        _json("reasons"),
        _moment("made_at"),
        _uuid("demand_id", nullable=True),
        _moment("begun_at", nullable=True),
        _moment("ended_at", nullable=True),
        _text("why"),
        _flag("settled"),
        _number("stars"),
        _text("said"),
        _key("market_engagements"),
        _once("market_engagements", "commission_id", "person_id"),
        _once("market_engagements", "demand_id"),
        _check("market_engagements", "amounts", "price > 0 AND volume > 0"),
        _check("market_engagements", "stars", "stars >= 0 AND stars <= 5"),
    )
    op.create_index("ix_market_engagements_person", "market_engagements", ["person_id", "state", "id"], unique=False)
    unsettled = sa.text("state = 'done' AND NOT settled")
    op.create_index("ix_market_engagements_settle", "market_engagements", ["ended_at"], postgresql_where=unsettled)


def _deliveries() -> None:
    op.create_table(
        "market_deliveries",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("commission_id"),
        _uuid("engagement_id"),
        _uuid("person_id"),
        _text("sha256"),
        _units("size"),
        _texts("names"),
        _flag("early"),
        _text("words"),
        _text("state"),
        _moment("at"),
        _moment("ended_at", nullable=True),
        _number("charged"),
        _key("market_deliveries"),
        _once("market_deliveries", "engagement_id", "sha256"),
    )
    op.create_index("ix_market_deliveries_of", "market_deliveries", ["commission_id", "id"], unique=False)
    op.create_table(
        "market_samples",
        _uuid("delivery_id"),
        _text("name"),
        _uuid("tenant_id"),
        _flag("right", nullable=True),
        _text("reason"),
        _key("market_samples", "delivery_id", "name"),
    )


def _talks() -> None:
    op.create_table(
        "market_talks",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("commission_id"),
        _uuid("person_id"),
        _text("side"),
        _uuid("by"),
        _text("words"),
        _moment("at"),
        _moment("read_at", nullable=True),
        _key("market_talks"),
    )
    op.create_index("ix_market_talks_of", "market_talks", ["commission_id", "person_id", "id"], unique=False)
    op.create_index("ix_market_talks_by", "market_talks", ["by", "id"], unique=False)
    op.create_table(
        "market_pool",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("check_id"),
        _uuid("person_id"),
        _share("score"),
        _json("reasons"),
        _text("state"),
        _moment("at"),
        _moment("ended_at", nullable=True),
        _key("market_pool"),
        _once("market_pool", "check_id", "person_id"),
    )
    op.create_index("ix_market_pool_person", "market_pool", ["person_id", "state", "id"], unique=False)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.drop_column("market_budgets", "parent_id")
