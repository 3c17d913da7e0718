"""Standing by: shifts, checks, missed hours, drafts of phones; please-check tasks, their answers, points."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_APPEND_ONLY = {"append_only": True}


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _double(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _flag(name: str, *, nullable: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def upgrade() -> None:
    op.create_table(
        "field_shifts",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("site_id"),
        _uuid("person_id"),
        _text("policy"),
        _moment("began_at"),
        _json("doubts"),
        _moment("next_check_by", nullable=True),
        _number("checks"),
        _number("missed"),
        _moment("ended_at", nullable=True),
        _text("end", nullable=True),
        _key("field_shifts"),
    )
    runs = sa.text("ended_at IS NULL")
    op.create_index("ix_field_shifts_due", "field_shifts", ["tenant_id", "next_check_by"], postgresql_where=runs)
    op.create_index(
        "uq_field_shifts_running", "field_shifts", ["tenant_id", "person_id"], unique=True, postgresql_where=runs
    )
    op.create_index("ix_field_shifts_site", "field_shifts", ["tenant_id", "site_id", "id"], unique=False)
    _checks()
    _tasks()


def _checks() -> None:
    op.create_table(
        "field_checks",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("shift_id"),
        _uuid("site_id"),
        _uuid("person_id"),
        _moment("at"),
        _moment("said_at", nullable=True),
        _flag("late"),
        _flag("counts"),
        _json("doubts"),
        _double("lon"),
        _double("lat"),
        _double("accuracy_m"),
        _text("picture"),
        _json("checklist"),
        _double("gas_ppm", nullable=True),
        _json("machines"),
        _double("distance_m", nullable=True),
        _flag("exposed", nullable=True),
        _text("words"),
        _flag("danger"),
        _json("violations"),
        _uuid("observation_id", nullable=True),
        _key("field_checks"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_field_checks_shift", "field_checks", ["shift_id", "id"], unique=False)
    op.create_table(
        "field_missed_checks",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("shift_id"),
        _uuid("site_id"),
        _uuid("person_id"),
        _moment("check_by"),
        _moment("at"),
        _key("field_missed_checks"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_field_missed_checks_shift", "field_missed_checks", ["shift_id", "check_by"], unique=True)
    op.create_table(
        "field_sent",
        _uuid("person_id"),
        _uuid("draft"),
        _uuid("tenant_id"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _uuid("made_id"),
        _moment("at"),
        sa.PrimaryKeyConstraint("person_id", "draft", name=op.f("pk_field_sent")),
        info=_APPEND_ONLY,
    )


def _tasks() -> None:
    op.create_table(
        "field_tasks",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("area_path", nullable=True),
        _double("lon"),
        _double("lat"),
        _double("accuracy_m"),
        _uuid("site_id", nullable=True),
        _uuid("alarm_id", nullable=True),
        _text("words"),
        _text("source"),
        _uuid("made_by", nullable=True),
        _moment("made_at"),
        _moment("until"),
        _text("state"),
        _moment("ended_at", nullable=True),
        _text("reason"),
        _key("field_tasks"),
    )
    op.create_index("ix_field_tasks_list", "field_tasks", ["tenant_id", "state", "id"], unique=False)
    op.create_index("ix_field_tasks_until", "field_tasks", ["state", "until"], unique=False)
    op.create_table(
        "field_answers",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("task_id"),
        _uuid("person_id"),
        _moment("at"),
        _text("seen"),
        _text("words"),
        _double("lon"),
        _double("lat"),
        _double("accuracy_m"),
        _double("off_m"),
        _text("picture"),
        _json("doubts"),
        _number("points"),
        _uuid("observation_id", nullable=True),
        _key("field_answers"),
        info=_APPEND_ONLY,
    )
    op.create_index("uq_field_answers_once", "field_answers", ["task_id", "person_id"], unique=True)
    op.create_table(
        "field_points",
        _uuid("id"),
        _uuid("tenant_id"),
        _uuid("person_id"),
        _number("points"),
        _text("why"),
        _uuid("task_id"),
        _moment("at"),
        _key("field_points"),
        info=_APPEND_ONLY,
    )
    op.create_index("ix_field_points_person", "field_points", ["person_id", "id"], unique=False)
    op.create_index("uq_field_points_once", "field_points", ["task_id", "person_id"], unique=True)


def downgrade() -> None:
    for table in (
        "field_points",
        "field_answers",
        "field_tasks",
        "field_sent",
        "field_missed_checks",
        "field_checks",
        "field_shifts",
    ):
        op.drop_table(table)
