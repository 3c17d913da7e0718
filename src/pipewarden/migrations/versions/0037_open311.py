"""Open311: what anybody may read of requests, their updates, cities' servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _degrees(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=True)


def upgrade() -> None:
    _requests()
    op.create_table(
        "exchange_open311_updates",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("request_id"),
        _number("number"),
        _text("status"),
        _text("description"),
        _moment("at"),
        _moment("recorded_at"),
        _moment("push", nullable=True),
        _number("tries"),
        _moment("pushed_at", nullable=True),
        _text("problem"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_open311_updates")),
    )
    for name, columns in (
        ("window", ["tenant_id", "recorded_at", "id"]),
        ("request", ["request_id", "recorded_at"]),
        ("push", ["tenant_id", "push"]),
    ):
        op.create_index(f"ix_exchange_open311_updates_{name}", "exchange_open311_updates", columns, unique=False)
    op.create_table(
        "exchange_open311_servers",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("name"),
        _text("address"),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        _text("jurisdiction"),
        sa.Column("codes", postgresql.JSONB(), nullable=False),
        _text("format"),
        sa.Column("accuracy_m", sa.Double(), nullable=False),
        _text("zone"),
        _moment("since"),
        _moment("updates_since"),
        _moment("pulled_at", nullable=True),
        _text("problem"),
        _moment("created_at"),
        _moment("removed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_open311_servers")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_exchange_open311_servers_tenant_id_name")),
    )


def _requests() -> None:
    table = "exchange_open311_requests"
    op.create_table(
        table,
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("draft"),
        _uuid("key_id", nullable=True),
        _uuid("server_id", nullable=True),
        _text("external"),
        sa.Column("repeat", sa.LargeBinary(), nullable=False),
        _text("code"),
        _text("description"),
        _text("address"),
        _degrees("lon"),
        _degrees("lat"),
        _text("status"),
        _text("extended"),
        _text("notes"),
        _moment("requested_at"),
        _moment("updated_at"),
        sa.Column("public", sa.Boolean(), nullable=False),
        _number("pictures"),
        _text("media_url"),
        _text("media"),
        _text("media_why"),
        _number("media_tries"),
        _moment("next_look_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_open311_requests")),
        sa.UniqueConstraint("tenant_id", "server_id", "external", name="uq_exchange_open311_requests_server"),
    )
    for name, columns in (
        ("list", ["tenant_id", "requested_at", "id"]),
        ("key", ["tenant_id", "key_id", "external"]),
        ("repeat", ["tenant_id", "repeat"]),
        ("look", ["tenant_id", "next_look_at"]),
    ):
        op.create_index(f"ix_exchange_open311_requests_{name}", table, columns, unique=False)


def downgrade() -> None:
    for table in ("exchange_open311_servers", "exchange_open311_updates", "exchange_open311_requests"):
        op.drop_table(table)
