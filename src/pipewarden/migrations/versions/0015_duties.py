"""Duties with deadlines, the chains that climb, the calls they make; shelves, the shift log, substitutes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = (
    "people_substitutions",
    "casework_duties",
    "casework_chains",
    "casework_rungs",
    "casework_calls",
    "casework_shelves",
    "casework_shift_log",
    "casework_breaches",
    "casework_swept",
)


def upgrade() -> None:
    _substitutions()
    _duties()
    _chains()
    _rungs()
    _calls()
    _shelves()
    _shift_log()
    _breaches()
    _swept()


def _substitutions() -> None:
    op.create_table(
        "people_substitutions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["people_duties.id"], name=op.f("fk_people_substitutions_duty_id_people_duties")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_substitutions_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_substitutions")),
    )
    op.create_index("ix_people_substitutions_duty_id", "people_substitutions", ["duty_id", "ends_at"], unique=False)


def _duties() -> None:
    op.create_table(
        "casework_duties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("pause_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.Column("area_path", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["casework_sites.id"], name=op.f("fk_casework_duties_site_id_casework_sites")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_duties")),
    )
    op.create_index(
        "ix_casework_duties_due_at",
        "casework_duties",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_casework_duties_list",
        "casework_duties",
        ["tenant_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'paused', 'overdue')"),
    )
    op.create_index(
        "ix_casework_duties_pause_until",
        "casework_duties",
        ["pause_until"],
        unique=False,
        postgresql_where=sa.text("state = 'paused'"),
    )
    op.create_index("ix_casework_duties_person_id", "casework_duties", ["person_id", "state"], unique=False)
    op.create_index(
        "uq_casework_duties_running",
        "casework_duties",
        ["site_id", "kind", "about"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'paused', 'overdue')"),
    )


def _chains() -> None:
    op.create_table(
        "casework_chains",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["casework_duties.id"], name=op.f("fk_casework_chains_duty_id_casework_duties")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_chains")),
    )
    op.create_index(
        "ix_casework_chains_due_at",
        "casework_chains",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_casework_chains_duty_id", "casework_chains", ["duty_id"], unique=False)
    op.create_index("ix_casework_chains_site_id", "casework_chains", ["site_id"], unique=False)


def _rungs() -> None:
    op.create_table(
        "casework_rungs",
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("loop", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["casework_chains.id"], name=op.f("fk_casework_rungs_chain_id_casework_chains")
        ),
        sa.PrimaryKeyConstraint("chain_id", "loop", "step", name=op.f("pk_casework_rungs")),
    )
    op.create_index("ix_casework_rungs_call_id", "casework_rungs", ["call_id"], unique=False)
    op.create_index(
        "ix_casework_rungs_held",
        "casework_rungs",
        ["tenant_id", "at"],
        unique=False,
        postgresql_where=sa.text("call_id IS NULL AND dropped_at IS NULL AND person_id IS NOT NULL"),
    )


def _calls() -> None:
    op.create_table(
        "casework_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("site_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("loop", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ack_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acked_by", sa.Uuid(), nullable=True),
        sa.Column("unreachable_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreachable_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_calls")),
    )
    op.create_index("ix_casework_calls_at", "casework_calls", ["tenant_id", "at", "id"], unique=False)
    op.create_index("ix_casework_calls_person_id", "casework_calls", ["tenant_id", "person_id", "at"], unique=False)


def _shelves() -> None:
    op.create_table(
        "casework_shelves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"], ["casework_sites.id"], name=op.f("fk_casework_shelves_site_id_casework_sites")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_shelves")),
    )
    op.create_index("ix_casework_shelves_site_id", "casework_shelves", ["site_id", "ends_at"], unique=False)


def _shift_log() -> None:
    op.create_table(
        "casework_shift_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_shift_log")),
    )
    op.create_index("ix_casework_shift_log_at", "casework_shift_log", ["tenant_id", "at", "id"], unique=False)


def _breaches() -> None:
    op.create_table(
        "casework_breaches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_casework_breaches")),
        sa.UniqueConstraint(
            "tenant_id", "what", "about", "day", name=op.f("uq_casework_breaches_tenant_id_what_about_day")
        ),
    )
    op.create_index(
        "ix_casework_breaches_untold",
        "casework_breaches",
        ["tenant_id", "found_at"],
        unique=False,
        postgresql_where=sa.text("told_at IS NULL"),
    )


def _swept() -> None:
    op.create_table(
        "casework_swept",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_casework_swept")),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
