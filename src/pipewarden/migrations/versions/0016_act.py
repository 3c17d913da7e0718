"""How people are reached; what leaves the house, what was tried, and who subscribed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _contacts()
    _calls()
    _deliveries()
    _others()


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


def _calls() -> None:
    op.create_table(
        "act_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("site_ids", postgresql.JSONB(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("digest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_calls")),
    )
    op.create_index("ix_act_calls_about", "act_calls", ["tenant_id", "person_id", "about", "at"], unique=False)
    op.create_index(
        "ix_act_calls_digest_at", "act_calls", ["digest_at"], unique=False, postgresql_where=sa.text("state = 'held'")
    )
    op.create_index("ix_act_calls_person_id", "act_calls", ["tenant_id", "person_id", "id"], unique=False)
    op.create_index("ix_act_calls_subject_id", "act_calls", ["subject_id"], unique=False)


def _deliveries() -> None:
    op.create_table(
        "act_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_deliveries")),
        sa.UniqueConstraint(
            "subject_id", "target_id", "part", name=op.f("uq_act_deliveries_subject_id_target_id_part")
        ),
    )
    op.create_index(
        "ix_act_deliveries_waiting",
        "act_deliveries",
        ["tenant_id", "rank", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_act_deliveries_leased",
        "act_deliveries",
        ["tenant_id", "leased_until"],
        unique=False,
        postgresql_where=sa.text("leased_until IS NOT NULL"),
    )
    op.create_index("ix_act_deliveries_target_id", "act_deliveries", ["tenant_id", "target_id", "id"], unique=False)
    op.create_index("ix_act_deliveries_told", "act_deliveries", ["tenant_id", "target_id", "created_at"], unique=False)
    op.create_table(
        "act_attempts",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["act_deliveries.id"], name=op.f("fk_act_attempts_delivery_id_act_deliveries")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_act_attempts")),
    )
    op.create_index("ix_act_attempts_delivery_id", "act_attempts", ["delivery_id", "seq"], unique=False)
    op.create_table(
        "act_buckets",
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stamps", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("target_id", name=op.f("pk_act_buckets")),
    )


def _others() -> None:
    op.create_table(
        "act_webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_webhooks")),
    )
    op.create_index("ix_act_webhooks_tenant_id", "act_webhooks", ["tenant_id"], unique=False)
    op.create_table(
        "act_webhook_addresses",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["act_webhooks.id"], name=op.f("fk_act_webhook_addresses_webhook_id_act_webhooks")
        ),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_act_webhook_addresses")),
    )
    op.create_table(
        "act_reach",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("missing", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_reach")),
    )
    op.create_index("ix_act_reach_tenant_id", "act_reach", ["tenant_id", "id"], unique=False)


def downgrade() -> None:
    for table in (
        "act_reach",
        "act_webhook_addresses",
        "act_webhooks",
        "act_buckets",
        "act_attempts",
        "act_deliveries",
        "act_calls",
        "people_contact_addresses",
        "people_contacts",
    ):
        op.drop_table(table)
