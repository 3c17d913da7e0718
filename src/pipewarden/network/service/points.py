"""A table of points with the zone of each: read whole and checked before anything is answered."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.network.service.answers import FileNetwork, answer_file, answer_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import ZoneAnswer

ADDED = ("pipe_id", "distance_m", "zone", "jurisdiction", "clause", "pack_id", "zone_pipe_id", "assumed")
_MOST_ROWS = 5_000_000
_BATCH = 200_000
_LIMITS = {"lon": 180.0, "lat": 90.0}


@dataclass(frozen=True, slots=True)
class ZonesTable:
    """The answered table.

    Attributes:
        columns: the source's columns, then the added ones.
        cells: the source's rows as text.
        answers: one per row.
    """

    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    answers: tuple[ZoneAnswer, ...]

    def rows(self) -> Iterator[dict[str, object]]:
        """Yield each row: the source's columns (lon and lat as numbers, the rest as text) and the added ones."""
        kept = self.columns[: len(self.columns) - len(ADDED)]
        for cells, answer in zip(self.cells, self.answers, strict=True):
            row: dict[str, object] = {
                name: float(cell) if name in _LIMITS else cell for name, cell in zip(kept, cells, strict=True)
            }
            yield row | added(answer)


def added(answer: ZoneAnswer) -> dict[str, object]:
    """Return the columns that an answer adds; the distance to the millimetre, null when unknown."""
    return {
        "pipe_id": answer.pipe_id,
        "distance_m": None if answer.distance_m is None else round(answer.distance_m, 3),
        "zone": answer.zone.value,
        "jurisdiction": answer.jurisdiction,
        "clause": answer.clause,
        "pack_id": answer.pack_id,
        "zone_pipe_id": answer.zone_pipe_id,
        "assumed": answer.assumed,
    }


def zones_csv(
    work: Work | None,
    csv_path: Path,
    *,
    at: datetime,
    network: FileNetwork | None = None,
    version_id: UUID | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ZonesTable:
    """Answer every point of a CSV with columns ``lon`` and ``lat`` in WGS-84 by its plain distance.

    Args:
        work: whose network; may be None when ``network`` is given.
        csv_path: the table, UTF-8 (or GB 18030), comma, semicolon or tab.
        at: the time that chooses the rule packs.
        network: ask this file's network instead of the stored one.
        version_id: ask this stored version instead of the active ones.
        progress: called with (rows done, rows in all).

    Raises:
        InputError: a column is missing, repeated or named like an added one, or a cell is empty, no number or out of
            range: row and column are named, and nothing is answered.
    """
    header, cells, lonlat = _read(csv_path)
    answers: list[ZoneAnswer] = []
    for start in range(0, len(cells), _BATCH):
        part = lonlat[start : start + _BATCH]
        if network is not None:
            answers += answer_file(network, part, at=at)
        elif work is not None:
            answers += answer_many(work, part, covariances=None, at=at, version_id=version_id)
        else:
            raise ValueError("either a unit of work or a file's network is needed")
        if progress is not None:
            progress(len(answers), len(cells))
    return ZonesTable((*header, *ADDED), tuple(cells), tuple(answers))


def _read(path: Path) -> tuple[list[str], list[tuple[str, ...]], NDArray[np.float64]]:
    text = _text(path)
    first = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(field=path.name, problem=f"is not a whole CSV ({error})", fix="Export it again.") from error
    header = [name.strip() for name in rows[0]] if rows else []
    body = [(n, row) for n, row in enumerate(rows[1:], start=1) if row]
    _check_header(path, header, len(body))
    places = {name: [h.lower() for h in header].index(name) for name in _LIMITS}
    for name, place in places.items():
        header[place] = name
    cells: list[tuple[str, ...]] = []
    lonlat = np.empty((len(body), 2), dtype=np.float64)
    for i, (n, row) in enumerate(body):
        if len(row) != len(header):
            raise InputError(
                field=f"{path.name} row {n}",
                problem=f"has {len(row)} cells, the header {len(header)}",
                fix="Quote cells that hold the delimiter.",
            )
        cells.append(tuple(row))
        lonlat[i] = [_degrees(path, n, name, row[place]) for name, place in places.items()]
    return header, cells, lonlat


def _text(path: Path) -> str:
    if not path.is_file():
        raise InputError(field=str(path), problem="there is no such file", fix="Give a CSV with columns lon, lat.")
    raw = path.read_bytes()
    for codec in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    raise InputError(field=path.name, problem="is neither UTF-8 nor GB 18030 text", fix="Export it as UTF-8.")


def _check_header(path: Path, header: list[str], rows: int) -> None:
    lower = [name.lower() for name in header]
    for name in _LIMITS:
        if lower.count(name) != 1:
            raise InputError(
                field=f"{path.name} column {name}",
                problem="is missing" if name not in lower else "stands there twice",
                fix=f"Give columns lon and lat in WGS-84 degrees (found: {', '.join(header[:12]) or 'none'}).",
            )
    again = next((i for i, name in enumerate(header) if name in header[:i]), None)
    if again is not None:
        raise InputError(
            field=f"{path.name} column {header[again] or again + 1}",
            problem="stands there twice" if header[again] else "has no name, like another one",
            fix="Give each column a name of its own, or drop it.",
        )
    taken = sorted(set(header) & set(ADDED))
    if taken:
        raise InputError(
            field=f"{path.name} column {taken[0]}",
            problem="is a name that the answer adds",
            fix="Rename or drop this column.",
        )
    if rows > _MOST_ROWS:
        raise InputError(field=path.name, problem=f"more than {_MOST_ROWS:,} rows", fix="Split the table.")


def _degrees(path: Path, n: int, name: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    limit = _LIMITS[name]
    if math.isfinite(value) and abs(value) <= limit:
        return value
    problem = f"{cell[:40]!r} is {'no number' if math.isnan(value) else 'out of range'}" if cell.strip() else "is empty"
    raise InputError(
        field=f"{path.name} row {n} column {name}",
        problem=problem,
        fix=f"Give degrees WGS-84 between -{limit:g} and {limit:g}; row 1 is the first after the header.",
    )
