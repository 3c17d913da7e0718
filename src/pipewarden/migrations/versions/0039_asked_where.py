"""Please-check tasks: found by the site or the alarm that they are about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

_TASKS = "field_tasks"
_ABOUT = ("site", "alarm")


def upgrade() -> None:
    for about in _ABOUT:
        some = sa.text(f"{about}_id IS NOT NULL")
        op.create_index(f"ix_field_tasks_{about}", _TASKS, [f"{about}_id", "id"], unique=False, postgresql_where=some)


def downgrade() -> None:
    for about in reversed(_ABOUT):
        op.drop_index(f"ix_field_tasks_{about}", table_name=_TASKS)
