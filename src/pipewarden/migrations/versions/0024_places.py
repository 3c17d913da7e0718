"""Alarms and sites are looked up by where they are: what a new map concerns, what a person looks at on a map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_dedupe_alarms_place",
        "dedupe_alarms",
        ["tenant_id", "lat", "lon"],
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.create_index("ix_casework_sites_place", "casework_sites", ["tenant_id", "lat", "lon"])


def downgrade() -> None:
    op.drop_index("ix_casework_sites_place", table_name="casework_sites")
    op.drop_index("ix_dedupe_alarms_place", table_name="dedupe_alarms")
