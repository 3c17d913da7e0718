"""Rendered pictures say so from the camera on; what a lost camera's problem told of its address goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ADDRESS = r"^([a-zA-Z][a-zA-Z0-9+.-]*://\S*|/[^:]*): "  # "address: what is wrong", as it was written before


def upgrade() -> None:
    for table in ("sense_cameras", "sense_observations"):
        op.add_column(table, sa.Column("rendered", sa.Boolean(), server_default=sa.false(), nullable=False))
    for table in ("sense_camera_states", "sense_watches"):
        problem = sa.column("problem", sa.Text())
        op.execute(
            sa.update(sa.table(table, problem))
            .where(problem.regexp_match(_ADDRESS))
            .values(problem=sa.func.regexp_replace(problem, _ADDRESS, ""))
        )


def downgrade() -> None:
    for table in ("sense_cameras", "sense_observations"):
        op.drop_column(table, "rendered")
