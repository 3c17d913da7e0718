"""What the database itself refuses of the market, whoever writes: a second payment, a debt below nothing, an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from market_town import YUAN, MarketTown
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, Kind, Order, Posting
from pipewarden.market.facts.metering import Meter
from pipewarden.market.rules import addresses
from pipewarden.market.service import deciding, demands, metering
from pipewarden.market.store import budgets as budget_store
from pipewarden.market.store import metering as meter_store
from pipewarden.market.store import rewards as store
from pipewarden.market.store.meter_tables import MeterRow
from pipewarden.market.store.tables import (
    BudgetRow,
    DebtRow,
    DepositRow,
    EditionRow,
    RewardEventRow,
    RewardRow,
)
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


def refused(work: Work, statement: str, **params: Any) -> str:
    """Return the name of the constraint that stands against a statement; nothing of it is kept."""
    with pytest.raises(DBAPIError) as caught, work.session.begin_nested():
        work.session.execute(text(statement), params)
    return str(caught.value.orig)


def update(table: str, change: str) -> str:
    return f"UPDATE market_{table} SET {change} WHERE id = :id"  # noqa: S608  the test's own words


def test_a_second_reward_of_a_key_is_none(town: MarketTown) -> None:
    _, made = town.clue(town.person(Role.RESIDENT).id)
    copy = "INSERT INTO market_rewards SELECT gen_random_uuid(), "
    columns = [one.name for one in RewardRow.__table__.columns if one.name != "id"]
    named = ", ".join(f'"{one}"' for one in columns)
    said = refused(town.work, f"{copy} {named} FROM market_rewards WHERE id = :id", id=made[0].id)
    assert "uq_market_rewards_key" in said
    assert store.add(town.work, made[0]) is False, "asked politely it is told, and nothing breaks"


def test_a_reward_has_units_and_owes_no_more_than_them(town: MarketTown) -> None:
    _, made = town.clue(town.person(Role.RESIDENT).id)
    for change in ("units = 0", "units = -5", "owed = units + 1", "owed = -1"):
        said = refused(town.work, update("rewards", change), id=made[0].id)
        assert "ck_market_rewards_" in said


def test_a_budget_never_holds_more_than_its_cap(town: MarketTown) -> None:
    budget = town.budgets[Asset.CNY]
    for change in ("funded = cap + 1", "funded = -1", "committed = -1"):
        said = refused(town.work, update("budgets", change), id=budget.id)
        assert "ck_market_budgets_" in said


def test_a_receipt_and_a_name_count_once(town: MarketTown) -> None:
    town.deposit(YUAN, number="once")
    again = "INSERT INTO market_deposits SELECT gen_random_uuid(), tenant_id, asset, units, number, value_date, "
    said = refused(town.work, f"{again} booked_by, at, transfer_id FROM market_deposits WHERE number = 'once'")
    assert "uq_market_deposits_tenant_id_asset_number" in said
    assert budget_store.add(town.work, town.budgets[Asset.CNY]) is False


def test_a_debt_is_not_paid_below_nothing(town: MarketTown) -> None:
    resident = town.person(Role.RESIDENT)
    _, made = town.clue(resident.id)
    town.pay()
    points = next(one for one in made if one.asset is Asset.PTS)
    empty(town, resident.id)
    deciding.claw_back(town.work, town.manager, points.id, "copied")
    said = refused(town.work, "UPDATE market_debts SET remaining = -1")
    assert "ck_market_debts_remaining" in said
    assert "ck_market_debts_remaining" in refused(town.work, "UPDATE market_debts SET remaining = units + 1")


def empty(town: MarketTown, person: Any) -> None:
    """Let all points of somebody go."""
    wallet = addresses.person(person, Asset.PTS)
    line = Posting(wallet, "outside:points", Asset.PTS, town.has(wallet))
    ledger.post(town.work, Order("emptied", Kind.POSTED, "test.emptied", (line,)))


def test_a_call_is_one_row_and_its_parts_fit_its_price(town: MarketTown) -> None:
    town.deposit(YUAN)
    expert = town.person(Role.EXPERT).id
    made = demands.add_capability(town.work, town.admin, slug="t", version="1", expert_id=expert, price=1300)
    demand = demands.open_demand(town.work, town.admin, made.id, "t", wanted=3, units=YUAN)
    (call,) = metering.meter(town.work, demand.id, ["a"])
    columns = [one.name for one in MeterRow.__table__.columns if one.name != "id"]
    copy = f"INSERT INTO market_meters (id, {', '.join(columns)}) SELECT gen_random_uuid(), {', '.join(columns)}"
    assert isinstance(call, Meter)
    assert "uq_market_meters_capability_id_request_id" in refused(town.work, f"{copy} FROM market_meters")
    for change in ("units = 0", "expert = units + 1", "house = -1", "house = units - expert + 1"):
        assert "ck_market_meters_units" in refused(town.work, update("meters", change), id=call.id)
    assert "ck_market_demands_taken" in refused(town.work, "UPDATE market_demands SET taken = wanted + 1")
    assert "ck_market_demands_taken" in refused(town.work, "UPDATE market_demands SET taken = -1")
    assert meter_store.known(town.work, made.id, ["a"]) == {"a": call}


def test_what_happened_is_only_added_to() -> None:
    for row in (RewardEventRow, EditionRow, DepositRow):
        assert row.__table__.info["append_only"], row.__tablename__
    for row in (RewardRow, BudgetRow, DebtRow, MeterRow):
        assert not row.__table__.info.get("append_only"), row.__tablename__


def test_an_event_has_its_place_in_the_history(town: MarketTown) -> None:
    _, made = town.clue(town.person(Role.RESIDENT).id)
    first = (
        "INSERT INTO market_reward_events SELECT gen_random_uuid(), tenant_id, reward_id, seq, at, actor, kind, body"
    )
    said = refused(town.work, f"{first} FROM market_reward_events WHERE reward_id = :id AND seq = 1", id=made[0].id)
    assert "uq_market_reward_events_reward_id_seq" in said
