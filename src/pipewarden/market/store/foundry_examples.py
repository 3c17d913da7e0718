"""Every query on labelled pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.foundry import Example, Purpose
from pipewarden.market.store.foundry_tables import ExampleRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work

_SEEN = tuple(name for name in Example.__slots__ if name != "features")


def add(work: Work, one: Example, masked: bytes) -> bool:
    """Write a picture; return whether its file was new to the line."""
    values: dict[str, object] = {name: getattr(one, name) for name in Example.__slots__}
    values |= {"purpose": one.purpose.value, "features": list(one.features), "masked": masked}
    made = insert(ExampleRow).values(**values).on_conflict_do_nothing().returning(ExampleRow.id)
    return work.session.scalar(made) is not None


def by_file(work: Work, line_id: UUID, sha256: str) -> Example | None:
    """Return the line's picture of a file, without features."""
    asked = select(ExampleRow).where(ExampleRow.line_id == line_id, ExampleRow.sha256 == sha256)
    row = work.session.scalar(asked)
    return None if row is None else _example(row, features=False)


def count(work: Work, line_id: UUID) -> int:
    """Return how many pictures a line has."""
    return work.session.scalar(select(func.count()).where(ExampleRow.line_id == line_id)) or 0


def counts(work: Work, line_id: UUID) -> dict[tuple[str, Purpose], int]:
    """Return how many pictures a line has of each label and purpose."""
    asked = select(ExampleRow.label, ExampleRow.purpose, func.count()).where(ExampleRow.line_id == line_id)
    grouped = asked.group_by(ExampleRow.label, ExampleRow.purpose).order_by(ExampleRow.label, ExampleRow.purpose)
    return {(label, Purpose(purpose)): number for label, purpose, number in work.session.execute(grouped)}


def page(work: Work, line_id: UUID, *, limit: int, after: UUID | None = None) -> list[Example]:
    """Return a line's pictures, the first first, without features."""
    later = [] if after is None else [ExampleRow.id > after]
    columns = [getattr(ExampleRow, name) for name in _SEEN]
    asked = select(*columns).where(ExampleRow.line_id == line_id, *later).order_by(ExampleRow.id).limit(limit)
    return [
        Example(**dict(zip(_SEEN, row, strict=True)) | {"purpose": Purpose(row.purpose)})
        for row in work.session.execute(asked)
    ]


def all_of(work: Work, line_id: UUID) -> list[Example]:
    """Return all pictures of a line with their features, the first first."""
    asked = select(ExampleRow).where(ExampleRow.line_id == line_id).order_by(ExampleRow.id)
    return [_example(row, features=True) for row in work.session.scalars(asked)]


def one(work: Work, line_id: UUID, example_id: UUID) -> Example | None:
    """Return one picture of a line, without features."""
    asked = select(ExampleRow).where(ExampleRow.line_id == line_id, ExampleRow.id == example_id)
    row = work.session.scalar(asked)
    return None if row is None else _example(row, features=False)


def masked(work: Work, example_id: UUID) -> bytes:
    """Return the masked copy of a picture that is there."""
    return work.session.scalars(select(ExampleRow.masked).where(ExampleRow.id == example_id)).one()


def drop(work: Work, example_id: UUID) -> None:
    """Delete a picture."""
    work.session.execute(delete(ExampleRow).where(ExampleRow.id == example_id))


def _example(row: ExampleRow, *, features: bool) -> Example:
    values = {name: getattr(row, name) for name in _SEEN}
    looked = tuple(row.features) if features else ()
    return Example(**values | {"purpose": Purpose(row.purpose), "features": looked})
