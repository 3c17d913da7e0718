"""The foundry: lines, versions, labelled pictures, contracts, calls; a meter's version and its reviewers' part."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_APPEND_ONLY = {"append_only": True}
_PARTS = "units > 0 AND expert >= 0 AND house >= 0 AND expert + house <= units"
_PARTS_NOW = "units > 0 AND expert >= 0 AND house >= 0 AND review >= 0 AND expert + house + review <= units"


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _units(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{table}"))


def _once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(words, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.create_table(
        "market_lines",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("slug"),
        _text("kind"),
        _text("title"),
        _uuid("author_id"),
        _moment("made_at"),
        _key("market_lines"),
        _once("market_lines", "tenant_id", "slug"),
        info=_APPEND_ONLY,
    )
    _versions()
    _examples()
    _sales()
    _calls()
    op.add_column("market_meters", sa.Column("review", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("market_meters", "review", server_default=None)
    op.add_column("market_meters", _uuid("version_id", nullable=True))
    op.drop_constraint(op.f("ck_market_meters_units"), "market_meters")
    op.create_check_constraint(op.f("ck_market_meters_units"), "market_meters", _PARTS_NOW)


def _versions() -> None:
    table = "market_versions"
    op.create_table(
        table,
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("line_id"),
        _number("number"),
        _json("content"),
        _text("state"),
        _moment("made_at"),
        _json("figures", nullable=True),
        _json("card", nullable=True),
        _json("fitted", nullable=True),
        _text("frozen", nullable=True),
        _units("price", nullable=True),
        _number("percent"),
        _key(table),
        _once(table, "line_id", "number"),
        _check(table, "price", "price IS NULL OR price > 0"),
        _check(table, "percent", "percent >= 0 AND percent <= 100"),
    )
    for state in ("live", "canary"):
        where = sa.text(f"state = '{state}'")
        op.create_index(f"uq_market_versions_{state}", table, ["line_id"], unique=True, postgresql_where=where)
    op.create_table(
        "market_version_events",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("version_id"),
        _number("seq"),
        _moment("at"),
        _uuid("actor_id", nullable=True),
        _text("act"),
        _json("body"),
        _key("market_version_events"),
        _once("market_version_events", "version_id", "seq"),
        info=_APPEND_ONLY,
    )


def _examples() -> None:
    op.create_table(
        "market_examples",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("line_id"),
        _text("purpose"),
        _text("label"),
        _text("source"),
        _text("sha256"),
        _text("look"),
        _moment("made_at"),
        sa.Column("features", postgresql.ARRAY(sa.REAL()), nullable=False),
        _bytes("masked"),
        _key("market_examples"),
        _once("market_examples", "line_id", "sha256"),
    )
    op.create_index("ix_market_examples_list", "market_examples", ["line_id", "id"], unique=False)


def _sales() -> None:
    op.create_table(
        "market_contracts",
        _uuid("line_id"),
        _moment("since"),
        _uuid("tenant_id"),
        _number("expert"),
        _number("house"),
        _number("reviewers"),
        _text("made_by"),
        _moment("made_at"),
        _key("market_contracts", "line_id", "since"),
        _check(
            "market_contracts",
            "parts",
            "expert >= 0 AND house >= 0 AND reviewers >= 0 AND expert + house + reviewers = 10000",
        ),
        info=_APPEND_ONLY,
    )
    op.create_table(
        "market_sold",
        _uuid("capability_id"),
        _uuid("tenant_id"),
        _uuid("line_id"),
        _key("market_sold", "capability_id"),
        _once("market_sold", "tenant_id", "line_id"),
        info=_APPEND_ONLY,
    )


def _calls() -> None:
    table = "market_calls"
    op.create_table(
        table,
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("line_id"),
        _uuid("version_id"),
        _uuid("demand_id", nullable=True),
        _text("request_id", nullable=True),
        _text("sha256"),
        _text("caller"),
        _text("state"),
        _moment("asked_at"),
        _units("units"),
        _moment("answered_at", nullable=True),
        _json("given"),
        _json("answer"),
        _text("said_by"),
        _flag("abstained"),
        _text("problem"),
        _flag("said"),
        _bytes("picture", nullable=True),
        _key(table),
        _once(table, "tenant_id", "line_id", "request_id"),
        _check(table, "units", "units >= 0"),
        _check(table, "picture", "picture IS NULL OR state = 'waiting'"),
    )
    op.create_index("ix_market_calls_version", table, ["version_id", "state"], unique=False)
    for name, columns, where in (
        ("waiting", ["asked_at"], "state = 'waiting'"),
        ("said", ["asked_at"], "said"),
        ("tries", ["line_id", "caller", "asked_at"], "request_id IS NULL"),
    ):
        op.create_index(f"ix_{table}_{name}", table, columns, unique=False, postgresql_where=sa.text(where))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_market_meters_units"), "market_meters")
    op.create_check_constraint(op.f("ck_market_meters_units"), "market_meters", _PARTS)
    op.drop_column("market_meters", "version_id")
    op.drop_column("market_meters", "review")
    for table in (
        "market_calls",
        "market_sold",
        "market_contracts",
        "market_examples",
        "market_version_events",
        "market_versions",
        "market_lines",
    ):
        op.drop_table(table)
