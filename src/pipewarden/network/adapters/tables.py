"""Maps that are tables: CSV with a WKT column, Opendatasoft records; and the check that a GeoPackage is whole."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipewarden.kit.errors import InputError
from pipewarden.network.adapters.limits import MOST_FEATURES
from pipewarden.network.facts import Layer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WKT = ("wkt", "geom", "geometry", "the_geom", "shape", "几何")
_WIDEST_CELL = 10_000_000


def read_wkt_table(path: Path, source: str) -> Layer:
    """Read a CSV, one of whose columns (wkt, geom, geometry, the_geom, shape) holds WKT.

    Raises:
        InputError: no text, no such column, or rows of unequal length.
    """
    raw = path.read_bytes()
    text, remark = _decode(raw, source)
    csv.field_size_limit(_WIDEST_CELL)
    dialect = _dialect(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect, strict=True))
    except csv.Error as error:
        raise InputError(
            field=source, problem=f"is not a whole CSV ({error})", fix="Export the table again."
        ) from error
    header = [name.strip() for name in rows[0]] if rows else []
    place = next((header.index(name) for name in header if name.lower() in _WKT), None)
    if place is None:
        raise InputError(
            field=source,
            problem=f"has no WKT column (columns: {', '.join(header[:12]) or 'none'})",
            fix=f"Name the geometry column one of {', '.join(_WKT)}.",
        )
    body = [row for row in rows[1:] if row]
    _check_count(len(body), source)
    short = next((n for n, row in enumerate(body, start=1) if len(row) != len(header)), None)
    if short is not None:
        raise InputError(
            field=f"{source}: row {short}",
            problem=f"has {len(body[short - 1])} cells, the header {len(header)}",
            fix="Quote cells that hold the delimiter, or export the table again.",
        )
    shapes = shapely.from_wkt([row[place] or None for row in body], on_invalid="ignore")
    columns = {
        name: np.array([row[i] or None for row in body], dtype=object) for i, name in enumerate(header) if i != place
    }
    return Layer(source=source, columns=columns, shapes=shapes, own_crs=None, remarks=(remark,) if remark else ())


def _decode(raw: bytes, source: str) -> tuple[str, str | None]:
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        try:
            return raw.decode("gb18030"), "the text was read as GB 18030"
        except UnicodeDecodeError as error:
            raise InputError(
                field=source, problem="is neither UTF-8 nor GB 18030 text", fix="Export the table as UTF-8."
            ) from error


def _dialect(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max((",", ";", "\t"), key=first.count)


def read_records(path: Path, source: str) -> Layer:
    """Read a JSON array of flat records whose ``geo_shape`` is a GeoJSON feature or geometry (Opendatasoft export).

    Raises:
        InputError: not whole JSON, or not such records.
    """
    try:
        with path.open("rb") as file:
            records: list[Any] = json.load(file)
    except (ValueError, RecursionError) as error:
        raise InputError(
            field=source, problem=f"is not whole JSON ({error})", fix="Export or download the file again."
        ) from error
    _check_count(len(records), source)
    if not all(isinstance(record, dict) for record in records):
        raise InputError(
            field=source, problem="is a JSON array, but not of records", fix="Export GeoJSON or Opendatasoft records."
        )
    shapes = shapely.from_geojson([_geometry(record) for record in records], on_invalid="ignore")
    names = list(
        dict.fromkeys(name for record in records for name in record if name not in {"geo_shape", "geo_point_2d"})
    )
    columns = {name: np.array([_cell(record.get(name)) for record in records], dtype=object) for name in names}
    return Layer(source=source, columns=columns, shapes=shapes, own_crs="EPSG:4326")


def _geometry(record: dict[str, Any]) -> str | None:
    shape = record.get("geo_shape")
    if isinstance(shape, dict) and isinstance(shape.get("geometry"), dict):
        shape = shape["geometry"]
    return json.dumps(shape) if isinstance(shape, dict) else None


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _check_count(count: int, source: str) -> None:
    if count == 0:
        raise InputError(field=source, problem="the file has no rows", fix="Export the pipes, not an empty selection.")
    if count > MOST_FEATURES:
        raise InputError(field=source, problem=f"more than {MOST_FEATURES:,} rows", fix="Split the map by district.")


def check_sqlite(path: Path, source: str) -> None:
    """Refuse a GeoPackage that is cut off or damaged: reading it would stop in the middle.

    Raises:
        InputError: SQLite's own check finds a fault.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            faults: Sequence[tuple[str]] = connection.execute("PRAGMA quick_check(1)").fetchall()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        faults = [(str(error),)]
    if faults != [("ok",)]:
        raise InputError(
            field=source,
            problem=f"the GeoPackage is damaged or cut off ({faults[0][0][:120]})",
            fix="Copy or export the file again.",
        )
