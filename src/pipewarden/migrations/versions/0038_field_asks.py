"""Please-check tasks: a judge asks once for an alarm; a dispatcher says of an unverified answer what it is worth.

Where somebody stood who answered or stood by may go when its days are over. An act on a site may tell when it was done
by the clock of the phone that kept it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    asked = sa.text("source = 'judge'")
    op.create_index("uq_field_tasks_judge", "field_tasks", ["alarm_id"], unique=True, postgresql_where=asked)
    op.create_table(
        "field_judgements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_judgements")),
        info={"append_only": True},
    )
    op.create_index("uq_field_judgements_answer", "field_judgements", ["answer_id"], unique=True)
    op.create_index("ix_field_judgements_task", "field_judgements", ["task_id"], unique=False)

    for table in ("field_answers", "field_checks"):
        for name in ("lon", "lat", "accuracy_m"):
            op.alter_column(table, name, existing_type=sa.Double(), nullable=True)
    op.add_column("casework_events", sa.Column("made_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("casework_events", "made_at")
    for table in ("field_answers", "field_checks"):
        for name in ("lon", "lat", "accuracy_m"):  # what has gone is nowhere: the older program asks for a number
            column: sa.ColumnClause[float] = sa.column(name)
            op.execute(sa.update(sa.table(table, column)).where(column.is_(None)).values({name: 0.0}))
            op.alter_column(table, name, existing_type=sa.Double(), nullable=False)
    op.drop_table("field_judgements")
    op.drop_index("uq_field_tasks_judge", table_name="field_tasks")
