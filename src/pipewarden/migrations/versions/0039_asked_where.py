"""Please-check tasks are found by site and alarm; reports without an account can be forgotten by their link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_TASKS, _REPORTS = "field_tasks", "field_reports"
_ABOUT = ("site", "alarm")


def upgrade() -> None:
    for name in ("forget_at", "forgotten_at"):
        op.add_column(_REPORTS, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column(_REPORTS, sa.Column("kept_pictures", sa.Integer(), server_default="0", nullable=False))
    left = sa.text("forget_at IS NOT NULL AND forgotten_at IS NULL")
    forget = ["tenant_id", "forget_at"]
    op.create_index("ix_field_reports_forget", _REPORTS, forget, unique=False, postgresql_where=left)
    for about in _ABOUT:
        some = sa.text(f"{about}_id IS NOT NULL")
        op.create_index(f"ix_field_tasks_{about}", _TASKS, [f"{about}_id", "id"], unique=False, postgresql_where=some)


def downgrade() -> None:
    for about in reversed(_ABOUT):
        op.drop_index(f"ix_field_tasks_{about}", table_name=_TASKS)
    op.drop_index("ix_field_reports_forget", table_name=_REPORTS)
    for name in ("kept_pictures", "forgotten_at", "forget_at"):
        op.drop_column(_REPORTS, name)
