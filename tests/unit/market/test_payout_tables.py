"""The tables of payouts as they really are: what protects a number, a key and an amount when the code does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pay_bills import bill
from sqlalchemy import MetaData
from sqlalchemy.exc import IntegrityError

from pipewarden.kit.db import Base
from pipewarden.market.store import payouts as store

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Engine

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import Bill

OURS = ["market_bill_events", "market_bills", "market_exchanges", "market_payees", "market_reconciliations"]


def other(work: Work, **more: Any) -> Bill:
    told: dict[str, Any] = {"id": work.ids.new(), "number": work.ids.new().hex, "key": str(work.ids.new())}
    return bill(**(told | more))


def test_every_table_names_its_tenant() -> None:
    tables = [Base.metadata.tables[name] for name in OURS]
    assert all(not one.columns["tenant_id"].nullable for one in tables)
    kept = [one.name for one in tables if one.info.get("append_only")]
    assert kept == [name for name in OURS if name != "market_bills"]


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


def test_a_number_and_a_persons_key_are_good_for_one_bill(work: Work) -> None:
    first = other(work)
    store.add(work, first)
    for again in (other(work, number=first.number), other(work, key=first.key)):
        with pytest.raises(IntegrityError), work.session.begin_nested():
            store.add(work, again)
    someone: UUID = work.ids.new()
    store.add(work, other(work, key=first.key, person_id=someone))


@pytest.mark.parametrize(("gross", "fen"), [(500_001, 5_000), (499_900, 5_000), (0, 0), (-100, -1)])
def test_an_amount_that_does_not_add_up_is_no_bill(work: Work, gross: int, fen: int) -> None:
    with pytest.raises(IntegrityError), work.session.begin_nested():
        store.add(work, other(work, gross=gross, fen=fen))


def test_a_bill_reads_back_as_it_was_written_and_keeps_what_must_never_change(work: Work) -> None:
    made = other(work, problem="x", tries=3, odd="y", package="p")
    store.add(work, made)
    assert store.held(work, made.id) == made
    store.change(work, other(work, id=made.id, number="0" * 32, fen=1, gross=100, key="stolen", tries=9))
    kept = store.held(work, made.id)
    assert kept is not None
    assert (kept.number, kept.fen, kept.gross, kept.key) == (made.number, made.fen, made.gross, made.key)
    assert kept.tries == 9


def test_who_looks_for_the_next_finds_the_one_that_waited_longest(work: Work) -> None:
    now = work.now()
    none = other(work, next_at=None)
    late, early = other(work, next_at=now), other(work, next_at=now.replace(year=2025))
    for one in (none, late, early):
        store.add(work, one)
    taken = store.take_due(work, now)
    assert taken is not None
    assert taken.id == early.id
    store.change(work, other(work, id=early.id, next_at=None))
    store.change(work, other(work, id=late.id, next_at=None))
    assert store.take_due(work, now) is None
