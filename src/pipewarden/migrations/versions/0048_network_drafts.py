"""Maps on their way in: drafts and what they would change; who brought a version, who went back to it, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _float(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=True)


def _json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "network_drafts",
        _uuid("id"),
        _uuid("tenant_id"),
        _text("kind"),
        _text("asked_by"),
        _text("name"),
        _text("blob", nullable=True),
        _text("state"),
        _moment("created_at"),
        _moment("changed_at"),
        _json("choice", nullable=True),
        _json("found", nullable=True),
        _uuid("base_id", nullable=True),
        _uuid("version_id", nullable=True),
        _json("report", nullable=True),
        _json("problem", nullable=True),
        sa.Column("confirmed", postgresql.ARRAY(sa.Text()), nullable=False),
        _text("why"),
        _text("decided_by", nullable=True),
        _moment("taken_at", nullable=True),
        _number("done"),
        _number("total"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_drafts")),
    )
    op.create_index("ix_network_drafts_state", "network_drafts", ["state", "changed_at"], unique=False)
    op.create_table(
        "network_draft_changes",
        _uuid("draft_id"),
        _number("seq"),
        _uuid("tenant_id"),
        _text("pipe_id"),
        _text("kind"),
        _json("fields"),
        _float("moved_m", nullable=True),
        _text("class_before", nullable=True),
        _text("class_after", nullable=True),
        _float("metres_before"),
        _float("metres_after"),
        _bytes("before"),
        _bytes("after"),
        *(_float(name) for name in ("lon_min", "lat_min", "lon_max", "lat_max")),
        sa.Column("downgrade", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["network_drafts.id"], name=op.f("fk_network_draft_changes_draft_id_network_drafts")
        ),
        sa.PrimaryKeyConstraint("draft_id", "seq", name=op.f("pk_network_draft_changes")),
    )
    for column in (
        _text("made_by", nullable=True),
        _text("chosen_by", nullable=True),
        _moment("chosen_at", nullable=True),
    ):
        op.add_column("network_versions", column)
    for name in ("why", "chosen_why"):
        op.add_column("network_versions", sa.Column(name, sa.Text(), nullable=False, server_default=""))
        op.alter_column("network_versions", name, server_default=None)


def downgrade() -> None:
    for name in ("chosen_why", "why", "chosen_at", "chosen_by", "made_by"):
        op.drop_column("network_versions", name)
    op.drop_table("network_draft_changes")
    op.drop_table("network_drafts")
