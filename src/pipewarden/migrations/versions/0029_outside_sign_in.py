"""Signing in by identity providers and by codes to a phone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_IN_USE = sa.text("removed_at IS NULL")


def upgrade() -> None:
    _providers()
    _handles()


def _providers() -> None:
    op.create_table(
        "people_providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("by_email", sa.Boolean(), nullable=False),
        sa.Column("domains", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_providers")),
    )
    op.create_index("ix_people_providers_tenant_id", "people_providers", ["tenant_id"], unique=False)
    op.create_table(
        "people_bindings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bound_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_bindings_person_id_people_persons")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["people_providers.id"], name=op.f("fk_people_bindings_provider_id_people_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_bindings")),
    )
    op.create_index(
        "uq_people_bindings_provider_id_subject",
        "people_bindings",
        ["provider_id", "subject"],
        unique=True,
        postgresql_where=_IN_USE,
    )
    op.create_index("ix_people_bindings_person_id", "people_bindings", ["person_id"], unique=False)
    op.create_table(
        "people_flows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("browser_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["people_providers.id"], name=op.f("fk_people_flows_provider_id_people_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_flows")),
        sa.UniqueConstraint("browser_sha256", name=op.f("uq_people_flows_browser_sha256")),
    )
    op.create_index("ix_people_flows_begun_at", "people_flows", ["begun_at"], unique=False)
    op.create_index("ix_people_flows_source_begun_at", "people_flows", ["source", "begun_at"], unique=False)


def _handles() -> None:
    op.create_table(
        "people_handles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address_mac", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bound_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_persons.id"], name=op.f("fk_people_handles_person_id_people_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_handles")),
    )
    op.create_index(
        "uq_people_handles_tenant_id_kind_address_mac",
        "people_handles",
        ["tenant_id", "kind", "address_mac"],
        unique=True,
        postgresql_where=_IN_USE,
    )
    op.create_index("ix_people_handles_person_id", "people_handles", ["person_id"], unique=False)
    op.create_table(
        "people_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("phone_mac", sa.LargeBinary(), nullable=False),
        sa.Column("code_mac", sa.LargeBinary(), nullable=False),
        sa.Column("handle_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["handle_id"], ["people_handles.id"], name=op.f("fk_people_codes_handle_id_people_handles")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_codes")),
    )
    op.create_index("ix_people_codes_phone_mac_asked_at", "people_codes", ["phone_mac", "asked_at"], unique=False)
    op.create_index("ix_people_codes_source_asked_at", "people_codes", ["source", "asked_at"], unique=False)


def downgrade() -> None:
    for name in ("people_codes", "people_handles", "people_flows", "people_bindings", "people_providers"):
        op.drop_table(name)
