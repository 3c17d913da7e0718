"""The tables of people as they really are in the database: what a migration must make, and what protects them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text
from sqlalchemy.exc import IntegrityError

from pipewarden.kit.db import Base
from pipewarden.people.facts import PLATFORM, Role
from pipewarden.people.store.areas import Outline

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table
    from tests.unit.people.conftest import City

OURS = [
    "people_anchors",
    "people_api_keys",
    "people_area_rings",
    "people_areas",
    "people_attempts",
    "people_audit",
    "people_bindings",
    "people_blob_ids",
    "people_codes",
    "people_consents",
    "people_contact_addresses",
    "people_contacts",
    "people_credentials",
    "people_deletions",
    "people_duties",
    "people_erasures",
    "people_factors",
    "people_flows",
    "people_handles",
    "people_keeping",
    "people_marks",
    "people_memberships",
    "people_organisations",
    "people_persons",
    "people_providers",
    "people_recovery_codes",
    "people_role_versions",
    "people_sessions",
    "people_substitutions",
    "people_switches",
    "people_tenants",
    "people_views",
]


def table(name: str) -> Table:
    return Base.metadata.tables[name]


def test_every_table_names_its_tenant_or_says_it_is_the_platforms() -> None:
    without = [name for name in OURS if "tenant_id" not in table(name).columns]
    assert without == [
        "people_attempts",
        "people_credentials",
        "people_factors",
        "people_persons",
        "people_recovery_codes",
        "people_tenants",
    ]
    assert all(table(name).info.get("platform") for name in without if name != "people_tenants")
    assert all(not table(name).columns["tenant_id"].nullable for name in OURS if name not in without)


def test_what_is_said_for_good_and_nothing_else_is_append_only() -> None:
    assert [name for name in OURS if table(name).info.get("append_only")] == [
        "people_anchors",
        "people_audit",
        "people_blob_ids",
        "people_consents",
        "people_deletions",
        "people_keeping",
        "people_views",
    ]


def test_the_database_reads_back_as_declared(engine: Engine) -> None:
    """So a migration written from the metadata compares equal, PostgreSQL's polygon type included."""
    ours = MetaData(naming_convention=Base.metadata.naming_convention)
    for name in OURS:
        table(name).to_metadata(ours)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _parents: kind != "table" or name in OURS,
                "compare_type": True,
            },
        )
        assert compare_metadata(context, ours) == []


def test_the_outline_is_postgresqls_own_polygon(engine: Engine) -> None:
    columns = {column["name"]: column["type"] for column in inspect(engine).get_columns("people_area_rings")}
    assert isinstance(columns["ring"], Outline)
    assert Outline().get_col_spec() == "POLYGON"


def test_no_extension_is_used(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT extname FROM pg_extension")).all() == ["plpgsql"]


def test_no_column_but_one_can_hold_a_secret_in_clear() -> None:
    words = ("password", "secret", "token")
    suspicious = {
        f"{name}.{column.name}"
        for name in OURS
        for column in table(name).columns
        if any(w in column.name for w in words)
    }
    assert suspicious == {
        "people_api_keys.secret_sha256",
        "people_contact_addresses.secret",  # a robot is signed to with it: kept apart, and no route reads it
        "people_credentials.password_hash",
        "people_providers.secret_sealed",
        "people_sessions.token_sha256",
    }


COPIES = {
    "people_audit": "gen_random_uuid(), tenant_id, seq, at, actor_kind, actor_id, act, object_kind, object_id, "
    "details, previous, hash",
    "people_persons": "gen_random_uuid(), login, name, state, created_at",
    "people_memberships": "gen_random_uuid(), gen_random_uuid(), tenant_id, role, organisation_id, area_id, begins_at, "
    "ends_at, created_at, created_by",
}


@pytest.mark.parametrize(
    "statement",
    [
        *(f"INSERT INTO {name} SELECT {columns} FROM {name} LIMIT 1" for name, columns in COPIES.items()),  # noqa: S608
        "UPDATE people_areas SET path = (SELECT min(path) FROM people_areas)",
        "UPDATE people_memberships SET tenant_id = NULL",
    ],
)
def test_the_database_itself_refuses(city: City, statement: str) -> None:
    city.actor(Role.AUDITOR, tenant=city.a)
    with pytest.raises(IntegrityError), city.work.session.begin_nested():
        city.work.session.execute(text(statement))


def test_the_platform_is_the_nil_uuid() -> None:
    assert str(PLATFORM) == "00000000-0000-0000-0000-000000000000"
