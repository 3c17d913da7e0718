"""The tables of experts and commissions as they really are, and what they refuse whoever writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from expert_town import ExpertTown
from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from pipewarden.kit.db import Base
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

OURS = [
    "market_commission_events",
    "market_commissions",
    "market_deliveries",
    "market_engagements",
    "market_expert_events",
    "market_expert_links",
    "market_experts",
    "market_pool",
    "market_samples",
    "market_skills",
    "market_talks",
]


@pytest.fixture
def town(work: Work, clock: SetClock) -> ExpertTown:
    return ExpertTown(work, clock)


def test_every_table_names_its_tenant_and_history_is_only_added_to() -> None:
    tables = [Base.metadata.tables[name] for name in OURS]
    assert all(not one.columns["tenant_id"].nullable for one in tables)
    kept = [one.name for one in tables if one.info.get("append_only")]
    assert kept == ["market_commission_events", "market_expert_events"]


def test_the_database_reads_back_as_declared(engine: Engine) -> None:
    ours = MetaData(naming_convention=Base.metadata.naming_convention)
    for name in OURS:
        Base.metadata.tables[name].to_metadata(ours)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _parents: kind != "table" or name in OURS,
                "compare_type": True,
            },
        )
        assert compare_metadata(context, ours) == []


@pytest.mark.parametrize(
    ("table", "change", "constraint"),
    [
        ("market_commissions", "price = 0", "ck_market_commissions_amounts"),
        ("market_commissions", "budget = -1", "ck_market_commissions_amounts"),
        ("market_commissions", "stars = 6", "ck_market_commissions_stars"),
        ("market_engagements", "volume = 0", "ck_market_engagements_amounts"),
        ("market_engagements", "stars = -1", "ck_market_engagements_stars"),
        ("market_experts", "stars = 6, ratings = 1", "ck_market_experts_stars"),
        ("market_experts", "ratings = 1", "ck_market_experts_stars"),
    ],
)
def test_a_row_that_cannot_be_is_refused(town: ExpertTown, table: str, change: str, constraint: str) -> None:
    town.part(town.draft(), town.expert())
    with pytest.raises(DBAPIError, match=constraint), town.work.session.begin_nested():
        town.work.session.execute(text(f"UPDATE {table} SET {change}"))  # noqa: S608  the test's own words


def test_a_person_has_one_part_of_a_commission(town: ExpertTown) -> None:
    commission, anna = town.draft(), town.expert()
    part = town.part(commission, anna)
    copy = "INSERT INTO market_engagements SELECT gen_random_uuid(), "
    columns = [one.name for one in Base.metadata.tables["market_engagements"].columns if one.name != "id"]
    with pytest.raises(IntegrityError, match="commission_id_person_id"), town.work.session.begin_nested():
        town.work.session.execute(text(f"{copy} {', '.join(columns)} FROM market_engagements"))
    assert not store.add_engagement(town.work, part), "asked politely it is told, and nothing breaks"


def test_a_row_reads_back_as_it_was_written(town: ExpertTown) -> None:
    commission, anna = town.draft(), town.expert()
    part = town.part(commission, anna)
    assert store.one(town.work, store.anywhere(), commission.id) == commission
    assert store.engagement_of(town.work, commission.id, anna.person_id) == part
    assert expert_store.by_ids(town.work, [anna.person_id]) == {anna.person_id: anna}
    assert store.by_ids(town.work, []) == expert_store.by_ids(town.work, []) == {}
