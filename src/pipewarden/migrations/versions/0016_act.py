"""How people are reached; what leaves the house, what was tried, and who subscribed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _contacts()


def _contacts() -> None:
    op.create_table(
        "people_contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("quiet_begins", sa.Time(), nullable=True),
        sa.Column("quiet_ends", sa.Time(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_contacts_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_contacts")),
    )
    op.create_index(
        "ix_people_contacts_tenant_id_person_id", "people_contacts", ["tenant_id", "person_id"], unique=False
    )
    op.create_table(
        "people_contact_addresses",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["people_contacts.id"], name=op.f("fk_people_contact_addresses_contact_id_people_contacts")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_people_contact_addresses")),
    )


def downgrade() -> None:
    for table in ("people_contact_addresses", "people_contacts"):
        op.drop_table(table)
