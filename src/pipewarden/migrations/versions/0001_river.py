"""The river's first tables: facts, cursors, tenants, and the queue's own schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate import App, PsycopgConnector

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kit_facts",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("emitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_kit_facts"),
    )
    op.create_index("ix_kit_facts_kind_partition_seq", "kit_facts", ["kind", "partition", "seq"])
    op.create_table(
        "kit_cursors",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "partition", name="pk_kit_cursors"),
    )
    op.create_table(
        "kit_stuck",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("stuck_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "seq", name="pk_kit_stuck"),
    )
    op.create_table(
        "people_tenants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people_tenants"),
        sa.UniqueConstraint("key", name="uq_people_tenants_key"),
    )
    _queue_schema()


def _queue_schema() -> None:
    """Run Procrastinate's own SQL as it ships: it is not idempotent, so it belongs to one migration."""
    sql = App(connector=PsycopgConnector()).schema_manager.get_schema()
    cursor = op.get_bind().connection.cursor()
    cursor.execute(sql.encode())


def downgrade() -> None:
    for statement in _DROP_QUEUE:
        op.execute(statement)
    for table in ("people_tenants", "kit_stuck", "kit_cursors", "kit_facts"):
        op.drop_table(table)


_DROP_QUEUE = (
    """DROP TABLE IF EXISTS procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
    procrastinate_workers CASCADE""",
    """DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = current_schema() AND p.proname LIKE 'procrastinate\\_%' LOOP
      EXECUTE 'DROP FUNCTION ' || f || ' CASCADE'; END LOOP; END $$""",
    """DO $$ DECLARE t regtype; BEGIN
    FOR t IN SELECT y.oid::regtype FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace
      WHERE n.nspname = current_schema() AND y.typname LIKE 'procrastinate\\_%' AND y.typtype IN ('e', 'c') LOOP
      EXECUTE 'DROP TYPE ' || t || ' CASCADE'; END LOOP; END $$""",
)
