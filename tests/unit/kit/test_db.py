"""Many rows are few statements, whichever of their columns are empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.kit.db import insert_rows
from pipewarden.perceive.store import ScreenedRow

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

NEW = insert(ScreenedRow).on_conflict_do_nothing().returning(ScreenedRow.observation_id)


def rows(work: Work, count: int) -> list[dict[str, object]]:
    """Rows of which every second says nothing in one column, every third in another."""
    return [
        {
            "observation_id": work.ids.new(),
            "tenant_id": work.tenant_id,
            "width": None if n % 2 else n,
            "height": None if n % 3 else n,
            "problem": None,
            "screened_at": work.now(),
        }
        for n in range(count)
    ]


def test_rows_with_different_holes_are_one_statement(work: Work, count_statements: list[str]) -> None:
    made = rows(work, 200)
    count_statements.clear()
    told = insert_rows(work.session, NEW, made)
    assert len(count_statements) == 1
    assert sorted(told) == sorted(row["observation_id"] for row in made)  # type: ignore[type-var]  # all are UUIDs
    kept = {row.observation_id: (row.width, row.height) for row in work.session.scalars(select(ScreenedRow))}
    assert all(kept[row["observation_id"]] == (row["width"], row["height"]) for row in made)  # type: ignore[index]  # same


def test_only_what_was_inserted_is_told(work: Work) -> None:
    first, second = rows(work, 2), rows(work, 1)
    insert_rows(work.session, NEW, first)
    assert insert_rows(work.session, NEW, [*first, *second, *second]) == [second[0]["observation_id"]]


def test_nothing_is_no_statement(work: Work, count_statements: list[str]) -> None:
    work.session.connection()
    count_statements.clear()
    assert insert_rows(work.session, NEW, []) == []
    assert count_statements == []


def test_more_rows_than_a_statement_takes_parameters_are_inserted(work: Work) -> None:
    assert len(insert_rows(work.session, NEW, rows(work, 12_000))) == 12_000
