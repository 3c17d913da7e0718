"""Reports to authorities are listed newest first, over all sites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_casework_events_reported",
        "casework_events",
        ["at", "id"],
        postgresql_where=sa.text("kind = 'reported'"),
    )


def downgrade() -> None:
    op.drop_index("ix_casework_events_reported", table_name="casework_events")
