"""The tables of labelling as they really are, and what they refuse whoever writes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from label_town import LabelTown
from sqlalchemy import MetaData, text
from sqlalchemy.exc import IntegrityError

from pipewarden.kit.db import Base
from pipewarden.market.service import labelling
from pipewarden.market.store import labels as store

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

OURS = ["market_label_answers", "market_label_events", "market_label_items"]


def test_every_table_names_its_tenant_and_history_is_only_added_to() -> None:
    tables = [Base.metadata.tables[name] for name in OURS]
    assert all(not one.columns["tenant_id"].nullable for one in tables)
    assert [one.name for one in tables if one.info.get("append_only")] == ["market_label_events"]


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


def test_one_person_has_one_turn_at_an_item(work: Work, clock: SetClock) -> None:
    town = LabelTown(work, clock)
    commission = town.kept()
    town.items(commission, 1)
    who, part = town.labeller(commission)
    turn = labelling.next_turn(work, who, part.id)
    assert turn is not None
    assert not store.add_answer(work, replace(turn.answer, id=work.ids.new()))
    again = text("INSERT INTO market_label_answers SELECT (a).* FROM (SELECT a FROM market_label_answers a) x")
    with pytest.raises(IntegrityError), work.session.begin_nested():
        work.session.execute(again)


def test_one_source_is_one_item_and_counts_stay_sound(work: Work, clock: SetClock) -> None:
    town = LabelTown(work, clock)
    (item,) = town.items(town.kept(), 1)
    assert store.add_items(work, [replace(item, id=work.ids.new())]) == 0
    with pytest.raises(IntegrityError), work.session.begin_nested():
        store.free(work, [item.id])


def test_room_at_an_item_is_taken_once(work: Work, clock: SetClock) -> None:
    town = LabelTown(work, clock)
    (item,) = town.items(town.kept(overlap=1), 1)
    assert store.take(work, item.id, gold=False)
    assert not store.take(work, item.id, gold=False)
