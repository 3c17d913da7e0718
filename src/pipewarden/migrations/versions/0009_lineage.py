"""Which data set each published model was trained on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learn_models",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("card", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["learn_manifests.id"], name=op.f("fk_learn_models_manifest_id_learn_manifests")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["inference_models.id"], name=op.f("fk_learn_models_model_id_inference_models")
        ),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_learn_models")),
    )


def downgrade() -> None:
    op.drop_table("learn_models")
