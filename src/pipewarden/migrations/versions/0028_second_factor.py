"""Second factors with their recovery codes; by which factors a session was opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_factors",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("enrol_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("next_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_factors_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_people_factors")),
    )
    op.create_table(
        "people_recovery_codes",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_recovery_codes_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("person_id", "code_sha256", name=op.f("pk_people_recovery_codes")),
    )
    # every session of before was opened by a password
    op.add_column("people_sessions", sa.Column("how", sa.Text(), server_default="password", nullable=False))
    op.alter_column("people_sessions", "how", server_default=None)
    op.add_column("people_sessions", sa.Column("factor_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("people_sessions", "factor_at")
    op.drop_column("people_sessions", "how")
    op.drop_table("people_recovery_codes")
    op.drop_table("people_factors")
