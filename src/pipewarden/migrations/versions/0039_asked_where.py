"""Please-check tasks are found by site and alarm; reports can be forgotten by link; filings name people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_TASKS, _REPORTS, _FILINGS = "field_tasks", "field_reports", "casework_filings"
_ABOUT = ("site", "alarm")
# as rules.filing_named says it
_NAMED = """UPDATE casework_filings SET named = ARRAY(
SELECT 'code:' || (party->>'code')
FROM jsonb_array_elements(coalesce(sum->'works'->'parties', '[]'::jsonb)) AS party
WHERE coalesce(party->>'code', '') <> ''
UNION SELECT 'phone:' || found[3]
FROM jsonb_array_elements(coalesce(sum->'works'->'parties', '[]'::jsonb)) AS party,
regexp_matches(regexp_replace(coalesce(party->>'contact', ''), '[ -]|\u00a0', '', 'g'),
'(^|[^0-9])(86)?(1[0-9]{10})(?![0-9])', 'g') AS found
ORDER BY 1)"""


def upgrade() -> None:
    op.add_column(_FILINGS, sa.Column("named", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.create_index("ix_casework_filings_named", _FILINGS, ["named"], unique=False, postgresql_using="gin")
    op.execute(_NAMED)
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
    op.drop_index("ix_casework_filings_named", table_name=_FILINGS)
    op.drop_column(_FILINGS, "named")
    for about in reversed(_ABOUT):
        op.drop_index(f"ix_field_tasks_{about}", table_name=_TASKS)
    op.drop_index("ix_field_reports_forget", table_name=_REPORTS)
    for name in ("kept_pictures", "forgotten_at", "forget_at"):
        op.drop_column(_REPORTS, name)
