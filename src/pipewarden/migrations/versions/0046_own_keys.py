"""A person's own key: reads maps as that person, and is worth nothing anywhere else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_TABLE, _LINK = "people_api_keys", "fk_people_api_keys_person_id_people_persons"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("person_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f(_LINK), _TABLE, "people_persons", ["person_id"], ["id"])


def downgrade() -> None:
    op.execute(f"DELETE FROM {_TABLE} WHERE person_id IS NOT NULL")  # noqa: S608  our own word; else devices' they would be
    op.drop_constraint(op.f(_LINK), _TABLE)
    op.drop_column(_TABLE, "person_id")
