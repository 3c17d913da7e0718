"""A delivery against the active version: what it says of which pipe, and the whole network that comes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.network.rules import mapping as mapping_rules
from pipewarden.network.rules.mapping import Column
from pipewarden.network.rules.rows import ROW_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.network.facts import Layer, Pipe
    from pipewarden.network.facts.change import SyncOptions
    from pipewarden.network.rules.mapping import FileMapping

_COLUMNS = ("op", "operation", "change", "change_type", "操作", "操作类型", "变更类型", "变更")
_REMOVE = frozenset({"d", "del", "delete", "deleted", "r", "remove", "removed", "删除", "废除", "拆除", "注销"})
_PUT = frozenset(
    {"", "a", "add", "added", "i", "insert", "new", "新增", "新建", "c", "u", "m", "change", "changed", "update",
     "updated", "modify", "modified", "变更", "修改", "改线", "更新"}
)  # fmt: skip
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Said:
    """A delivery's rows, parted.

    Attributes:
        layer: those that describe a pipe; None where all of them only remove.
        removed: ids to be taken out.
        rows: row of ``layer`` -> row of the file, both from 1.
    """

    layer: Layer | None
    removed: frozenset[str]
    rows: tuple[int, ...]


def with_key(columns: FileMapping, key: str | None, names: Collection[str]) -> FileMapping:
    """Return the mapping with the id read from the column ``key`` alone.

    Raises:
        InputError: the file has no such column.
    """
    if key is None:
        return columns
    if key.lower() not in {name.strip().lower() for name in names}:
        raise InputError(
            field="--key", problem=f"there is no column {key!r}", fix=f"Take one of {', '.join(sorted(names))}."
        )
    return columns.model_copy(update={"columns": columns.columns | {"id": (Column(columns=(key,)),)}})


def part(layer: Layer, columns: FileMapping, options: SyncOptions) -> Said:
    """Return what a delivery's rows say: describe or remove a pipe; the operation column itself is no attribute.

    Raises:
        InputError: the operation column is missing or holds another word, a removed row has no id, an id is removed
            and described at once, or a delivery that is called whole removes.
    """
    name = _operation(layer, options)
    if name is None:
        return Said(layer, frozenset(), tuple(range(1, layer.shapes.size + 1)))
    words = ["" if raw is None else str(raw).strip().lower() for raw in layer.columns[name]]
    gone = [i for i, word in enumerate(words) if word in _REMOVE]
    if not options.partial:
        if gone:
            raise InputError(
                field=f"{name}, row {gone[0] + 1}",
                problem="removes a pipe, in a delivery that is not called partial",
                fix="Give --partial, or take the column out of a whole delivery.",
            )
        return Said(layer, frozenset(), tuple(range(1, layer.shapes.size + 1)))
    if unknown := [i for i, word in enumerate(words) if word not in _REMOVE | _PUT]:
        raise InputError(
            field=f"{name}, row {unknown[0] + 1}",
            problem=f"{words[unknown[0]][:40]!r} is no operation",
            fix="Write add, change or remove (新增, 变更, 删除), or leave it empty.",
        )
    kept = [i for i in range(len(words)) if words[i] not in _REMOVE]
    removed = _named(ids_of(layer, columns, gone), gone, name)
    both = removed & set(ids_of(layer, columns, kept)) if gone else frozenset()
    if both:
        raise InputError(
            field=name, problem=f"{min(both)!r} is removed and described at once", fix="Leave one of the two rows out."
        )
    left = None if not kept else _rows(layer, kept, without=name)
    return Said(left, removed, tuple(i + 1 for i in kept))


def _operation(layer: Layer, options: SyncOptions) -> str | None:
    by_name = {name.strip().lower(): name for name in layer.columns}
    if options.operation is not None:
        found = by_name.get(options.operation.strip().lower())
        if found is None:
            raise InputError(
                field="--operation",
                problem=f"there is no column {options.operation!r}",
                fix=f"Take one of {', '.join(sorted(layer.columns))}.",
            )
        return found
    return next((by_name[one] for one in _COLUMNS if one in by_name), None)


def _rows(layer: Layer, kept: Sequence[int], *, without: str) -> Layer:
    def take(column: NDArray[np.object_]) -> NDArray[np.object_]:
        return column[list(kept)]

    columns = {name: take(column) for name, column in layer.columns.items() if name != without}
    return replace(layer, columns=columns, shapes=take(layer.shapes))


def ids_of(layer: Layer, columns: FileMapping, rows: Sequence[int]) -> list[str | None]:
    """Return the ids that rows (from 0) of a file name; None where one names none."""
    used = mapping_rules.used_columns(columns, layer.columns)
    return [
        mapping_rules.read_row({name: column[i] for name, column in layer.columns.items()}, used).pipe_id for i in rows
    ]


def _named(ids: Sequence[str | None], rows: Sequence[int], name: str) -> frozenset[str]:
    if None in ids:
        row = rows[ids.index(None)] + 1
        raise InputError(
            field=f"{name}, row {row}", problem="removes a pipe without its id", fix="Name the pipe, or --key."
        )
    return frozenset(one for one in ids if one is not None)


def check_ids(before: Sequence[Pipe], delivered: Sequence[Pipe], options: SyncOptions) -> None:
    """Refuse ids by which a delivery cannot be compared.

    Several rows under one id are parts of one pipe only where they were so before, or where the caller says so.

    Raises:
        InputError: an id stands on several rows, or rows have none.
    """
    if numbered := [one for one in delivered if one.pipe_id.startswith(ROW_ID) and "source_id" in one.extra]:
        raise InputError(
            field="--key",
            problem=f"the column of ids repeats itself ({numbered[0].extra['source_id']!r} and others)",
            fix="Name the column that holds one id for each pipe.",
        )
    if options.partial and (bare := [one.row for one in delivered if one.pipe_id.startswith(ROW_ID)]):
        raise InputError(
            field=f"id, row {bare[0]}",
            problem="a partial delivery cannot say which pipe it means",
            fix="Give each row its id, and name their column with --key.",
        )
    known = Counter(one.pipe_id for one in before)
    now = Counter(one.pipe_id for one in delivered)
    twice = sorted(one for one, times in now.items() if times > 1 and known[one] <= 1)
    if twice and not options.allow_parts:
        rows = [one.row for one in delivered if one.pipe_id == twice[0]]
        raise InputError(
            field=f"id, rows {', '.join(map(str, rows[:_TOLD]))}",
            problem=f"{len(twice)} ids stand on several rows ({', '.join(map(repr, twice[:_TOLD]))}), which they did "
            "not before",
            fix="Give each pipe its own id, or --allow-parts where the rows are parts of one pipe.",
        )


def compose(
    before: Sequence[Pipe], delivered: Sequence[Pipe], *, partial: bool, removed: Collection[str], kept: Collection[str]
) -> tuple[Pipe, ...]:
    """Return the whole network as the delivery leaves it, its rows numbered.

    Args:
        before: the active version.
        delivered: what the delivery describes.
        partial: whether what it does not name stays.
        removed: ids that it takes out.
        kept: ids whose rows cannot be used; they stay as they were.
    """
    named = {one.pipe_id for one in delivered}
    stays = [
        one
        for one in before
        if one.pipe_id not in named and one.pipe_id not in removed and (partial or one.pipe_id in kept)
    ]
    if not stays:
        return tuple(delivered)
    return tuple(_numbered(one, row) for row, one in enumerate([*stays, *delivered], start=1))


def _numbered(one: Pipe, row: int) -> Pipe:
    return one if one.row == row else replace(one, row=row)
