"""Please-check tasks that a judge asks for: once for an alarm."""

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


def downgrade() -> None:
    op.drop_index("uq_field_tasks_judge", table_name="field_tasks")
