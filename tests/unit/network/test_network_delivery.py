"""What a delivery's rows say: the words of an operation, whose id, and the whole network that comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Layer
from pipewarden.network.facts.change import SyncOptions
from pipewarden.network.rules.delivery import check_ids, compose, part, with_key
from pipewarden.network.rules.mapping import read_mapping
from pipewarden.network.rules.rows import ROW_ID

if TYPE_CHECKING:
    from tests.unit.network.conftest import Town

NAME, BODY = FileReader().mapping(None)
PLAIN = read_mapping(BODY, NAME)
PARTIAL, WHOLE = SyncOptions(partial=True), SyncOptions()


def layer(*rows: tuple[Any, ...], columns: tuple[str, ...] = ("id", "op")) -> Layer:
    """A layer of short lines, one cell for each column."""
    shapes = shapely.linestrings([[[116.7, 39.5 + n / 1000], [116.71, 39.5 + n / 1000]] for n in range(len(rows))])
    cells = {name: np.array([row[i] for row in rows], dtype=object) for i, name in enumerate(columns)}
    return Layer(source="d.csv", columns=cells, shapes=np.asarray(shapes), own_crs=None)


@pytest.mark.parametrize("word", ["d", "DELETE", " Removed ", "删除", "注销", "r"])
def test_every_word_for_removing_removes(word: str) -> None:
    said = part(layer(("G-1", word), ("G-2", "update")), PLAIN, PARTIAL)
    assert said.removed == {"G-1"}
    assert said.rows == (2,)
    assert said.layer is not None
    assert list(said.layer.columns) == ["id"]
    assert said.layer.shapes.size == 1


@pytest.mark.parametrize("word", ["", None, "A", "Insert", "新增", "改线", "u", "MODIFIED"])
def test_every_word_for_keeping_describes(word: str | None) -> None:
    said = part(layer(("G-1", word)), PLAIN, PARTIAL)
    assert (said.removed, said.rows) == (frozenset(), (1,))


@pytest.mark.parametrize("word", ["x", "removing", "删", "0", "true"])
def test_a_word_that_is_no_operation_is_refused_with_its_row(word: str) -> None:
    """A slip must not make of a removal a pipe that stays, nor the other way round."""
    with pytest.raises(InputError) as refused:
        part(layer(("G-1", "add"), ("G-2", word)), PLAIN, PARTIAL)
    assert refused.value.field == "op, row 2"
    assert word in refused.value.problem
    assert "删除" in refused.value.fix


@pytest.mark.parametrize("name", ["OP", " Operation ", "变更类型", "操作"])
def test_the_usual_names_of_an_operation_are_known_however_written(name: str) -> None:
    assert part(layer(("G-1", "delete"), columns=("id", name)), PLAIN, PARTIAL).removed == {"G-1"}


def test_a_named_column_counts_before_the_usual_ones() -> None:
    rows = layer(("G-1", "delete", "add"), columns=("id", "op", "was_tun"))
    said = part(rows, PLAIN, SyncOptions(partial=True, operation="Was_Tun"))
    assert said.removed == frozenset()
    assert said.layer is not None
    assert "op" in said.layer.columns


def test_a_removal_without_an_id_is_refused_with_its_row_in_the_file() -> None:
    with pytest.raises(InputError) as refused:
        part(layer(("G-1", "add"), ("", "delete"), (None, "delete")), PLAIN, PARTIAL)
    assert refused.value.field == "op, row 2"
    assert "--key" in refused.value.fix


def test_a_delivery_of_removals_alone_describes_nothing() -> None:
    said = part(layer(("G-1", "d"), ("G-2", "d"), ("G-1", "d")), PLAIN, PARTIAL)
    assert said.layer is None
    assert said.removed == {"G-1", "G-2"}
    assert said.rows == ()


def test_a_whole_delivery_may_say_what_is_new_of_it() -> None:
    said = part(layer(("G-1", "add"), ("G-2", "anything else")), PLAIN, WHOLE)
    assert (said.removed, said.rows) == (frozenset(), (1, 2))


def test_a_key_is_read_alone_and_however_written() -> None:
    """Where the caller names the column of ids, the mapping's own names no pipe any more."""
    rows = layer(("G-1", "X-9", "delete"), columns=("id", "GUID", "op"))
    assert part(rows, with_key(PLAIN, "guid", rows.columns), PARTIAL).removed == {"X-9"}
    assert with_key(PLAIN, None, rows.columns) is PLAIN
    with pytest.raises(InputError) as refused:
        with_key(PLAIN, "FID", rows.columns)
    assert refused.value.fix == "Take one of GUID, id, op."


def test_a_partial_delivery_must_name_every_pipe(town: Town) -> None:
    rows = [town.pipe(1, "LINESTRING (0 0, 9 0)"), town.pipe(2, "LINESTRING (0 1, 9 1)", pipe_id=f"{ROW_ID}2")]
    check_ids([], rows, WHOLE)
    with pytest.raises(InputError) as refused:
        check_ids([], rows, PARTIAL)
    assert refused.value.field == "id, row 2"


def test_parts_are_parts_where_they_were_so_before(town: Town) -> None:
    two = [town.pipe(n, f"LINESTRING (0 {n}, 9 {n})", pipe_id="G-1") for n in (1, 2)]
    for before in ([], two[:1]):
        with pytest.raises(InputError) as refused:
            check_ids(before, two, WHOLE)
        assert refused.value.field == "id, rows 1, 2"
        assert "--allow-parts" in refused.value.fix
    check_ids(two, two, WHOLE)
    check_ids([], two, SyncOptions(allow_parts=True))
    check_ids(two, two[:1], WHOLE)


NAMES = st.lists(st.integers(0, 9), max_size=8, unique=True)


@given(before=NAMES, delivered=NAMES, removed=NAMES, kept=NAMES, partial=st.booleans())
def test_the_whole_network_is_what_a_delivery_leaves_of_it(
    town: Town, before: list[int], delivered: list[int], removed: list[int], kept: list[int], *, partial: bool
) -> None:
    """A partial delivery takes away what it names alone; a whole one keeps nothing but what could not be read."""
    gone = set(removed) - set(delivered)

    def pipes(numbers: list[int], north: int) -> list[Any]:
        return [
            town.pipe(n, f"LINESTRING (0 {north}, 9 {north})", pipe_id=f"G-{one}")
            for n, one in enumerate(numbers, start=1)
        ]

    old, new = pipes(before, 0), pipes(delivered, 50)
    ids, stay = [f"G-{one}" for one in sorted(gone)], [f"G-{one}" for one in kept]
    found = compose(old, new, partial=partial, removed=ids, kept=stay)
    names = [one.pipe_id for one in found]
    left = set(before) - gone if partial else (set(before) & set(kept)) - gone
    assert set(names) == {f"G-{one}" for one in left | set(delivered)}
    assert len(names) == len(set(names))
    assert [one.row for one in found] == list(range(1, len(found) + 1))
    by_name = {one.pipe_id: one.geometry for one in found}
    assert all(by_name[one.pipe_id] == one.geometry for one in new), "what is delivered is how it stands now"
    again = compose(found, new, partial=partial, removed=ids, kept=stay)
    assert {one.pipe_id: one.geometry for one in again} == by_name
