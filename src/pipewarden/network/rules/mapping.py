"""From a source's columns to a pipe's attributes, by a mapping file; what is missing stays unknown.

A mapping names, per attribute, the columns to look in, the unit, and the source's labels (policy/mappings/generic.yaml
documents the format). Nothing is defaulted: a value that cannot be read is None and is told as a warning.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Datum, Kind, PressureClass
from pipewarden.network.rules import pressure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_Attribute = Literal["id", "kind", "pressure", "diameter", "material", "depth", "year", "sigma"]
ATTRIBUTES: tuple[_Attribute, ...] = get_args(_Attribute)
_TO_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "inch": 25.4, "inches": 25.4}
_TO_M = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_LARGEST_DIAMETER_MM = 3000.0
_DEEPEST_M = 100.0
_LARGEST_SIGMA_M = 1000.0
_YEARS = (1800, 2200)
_SHAPE_NAME = 10
_EMPTY = {"", "null", "none", "nan", "n/a", "-", "--", "未知", "不详", "unknown", "无"}
_DIGITS = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")
_YEAR = re.compile(r"(1[89][0-9]{2}|2[01][0-9]{2})")


class Column(BaseModel):
    """Where one attribute comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[str, ...] = ()
    unit: str | None = None
    unit_column: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    constant: float | str | None = None
    why: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Column:
        if not self.columns and self.constant is None:
            raise ValueError("give columns, or a constant the source states")
        if self.constant is not None and not self.why:
            raise ValueError("a constant needs a `why`: where the source states it")
        return self


class FileMapping(BaseModel):
    """A mapping file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mapping: str
    note: str = ""
    lines: Literal["pipe", "reject"] = "pipe"
    points: Literal["station", "reject"] = "reject"
    polygons: Literal["station", "reject"] = "reject"
    datum: Datum = Datum.CENTRE_LINE
    columns: dict[_Attribute, tuple[Column, ...]] = Field(default_factory=dict)

    @field_validator("columns", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        """Take one place to look in as a list of one."""
        if not isinstance(value, dict):
            return value
        return {name: [entry] if isinstance(entry, dict) else entry for name, entry in value.items()}

    @model_validator(mode="after")
    def _known_units(self) -> FileMapping:
        for name, places in self.columns.items():
            for column in places:
                _check_unit(name, column)
                _check_labels(name, column)
        return self


def _check_unit(name: str, column: Column) -> None:
    allowed = {
        "pressure": {"label", *pressure.units()},
        "diameter": set(_TO_MM),
        "depth": set(_TO_M),
        "sigma": set(_TO_M),
    }.get(name)
    if allowed is None:
        return
    if column.unit is None or column.unit.lower() not in allowed:
        raise ValueError(f"{name}: unit must be one of {', '.join(sorted(allowed))}")


def _check_labels(name: str, column: Column) -> None:
    allowed = {"pressure": [c.value for c in PressureClass], "kind": [k.value for k in Kind]}.get(name, [])
    for target in column.labels.values():
        if target not in allowed:
            raise ValueError(f"{name}: label target {target!r} must be one of {', '.join(allowed) or 'none'}")


def read_mapping(body: object, source: str) -> FileMapping:
    """Return the mapping in ``body`` (a parsed YAML document).

    Raises:
        InputError: naming file and key.
    """
    try:
        return FileMapping.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        raise InputError(
            field=f"{source}: {key}",
            problem=str(first["msg"]),
            fix="Correct this key; policy/mappings/generic.yaml documents the format.",
        ) from error


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a row says about a pipe; ``problems`` lists values that could not be read."""

    pipe_id: str | None
    kind: Kind | None
    pressure_class: PressureClass
    pressure: str | None
    diameter_mm: float | None
    material: str | None
    depth_m: float | None
    year: int | None
    sigma_m: float | None
    problems: tuple[str, ...]


Used = dict[str, tuple[tuple[str, Column], ...]]


def used_columns(mapping: FileMapping, names: Iterable[str]) -> Used:
    """Return, per attribute, the file's columns that may give it, best first, and how to read each.

    A row takes the first of them that is not empty; a constant has no column and counts last.
    """
    have = {name.strip().lower(): name for name in names}
    asked = {name.lower() for places in mapping.columns.values() for column in places for name in column.columns}
    for name in asked:  # a shapefile cuts names to ten bytes
        cut = name[:_SHAPE_NAME]
        if name not in have and cut in have and cut not in asked:
            have[name] = have[cut]
    return {
        attribute: tuple(
            (have.get(name.lower(), ""), column)
            for column in places
            for name in (*column.columns, *([""] if column.constant is not None else []))
            if not name or name.lower() in have
        )
        for attribute, places in mapping.columns.items()
    }


@dataclass(frozen=True, slots=True)
class _Cell:
    raw: object
    column: Column
    unit: str


def _cells(row: Mapping[str, object], places: tuple[tuple[str, Column], ...]) -> Iterator[_Cell]:
    """Yield what the row says about an attribute, best first, empty cells left out."""
    for name, column in places:
        raw = row.get(name) if name else column.constant
        if not is_empty(raw):
            unit = row.get(column.unit_column) if column.unit_column else None
            yield _Cell(raw, column, str(column.unit if is_empty(unit) else unit).strip().lower())


def read_row(row: Mapping[str, object], used: Used) -> Attributes:
    """Return the attributes of one row.

    Args:
        row: column name -> value as the file holds it.
        used: of ``used_columns``.
    """
    problems: list[str] = []

    def first(attribute: str) -> _Cell | None:
        return next(_cells(row, used.get(attribute, ())), None)

    cls, words = _pressure(list(_cells(row, used.get("pressure", ()))), problems)
    return Attributes(
        pipe_id=_words(first("id")),
        kind=_kind(first("kind"), problems),
        pressure_class=cls,
        pressure=words,
        diameter_mm=_size("diameter", first("diameter"), _TO_MM, _LARGEST_DIAMETER_MM, problems),
        material=_words(first("material")),
        depth_m=_size("depth", first("depth"), _TO_M, _DEEPEST_M, problems),
        year=_year(first("year"), problems),
        sigma_m=_size("sigma", first("sigma"), _TO_M, _LARGEST_SIGMA_M, problems),
        problems=tuple(problems),
    )


def _size(
    name: str, cell: _Cell | None, factors: dict[str, float], largest: float, problems: list[str]
) -> float | None:
    if cell is None:
        return None
    number, factor = _number(cell.raw), factors.get(cell.unit)
    made = None if number is None or factor is None else number * factor
    if made is None or not 0 < made <= largest:
        problems.append(f"{name} {str(cell.raw)[:40]!r} cannot be read as {cell.unit}, taken as unknown")
        return None
    return made


def is_empty(raw: object) -> bool:
    """Return whether a cell says nothing, in whatever words."""
    if raw is None or (isinstance(raw, float) and math.isnan(raw)):
        return True
    return isinstance(raw, str) and raw.strip().lower() in _EMPTY


def _number(raw: object) -> float | None:
    """Return the number in a cell: ``DN300``, ``φ219×6`` and ``0.4 MPa`` give 300, 219 and 0.4."""
    if isinstance(raw, (int, float)):
        return float(raw) if math.isfinite(raw) else None
    match = _DIGITS.search(str(raw))
    return None if match is None else float(match.group())


def _words(cell: _Cell | None) -> str | None:
    if cell is None:
        return None
    if isinstance(cell.raw, float) and cell.raw.is_integer():
        return str(int(cell.raw))
    return str(cell.raw).strip()


_STRICTNESS = (PressureClass.LOW, PressureClass.MEDIUM, PressureClass.SUB_HIGH, PressureClass.HIGH)


def _pressure(cells: list[_Cell], problems: list[str]) -> tuple[PressureClass, str | None]:
    """Return class and the source's words; where two columns disagree, the stricter class counts."""
    read = [(_class_of(cell), cell) for cell in cells]
    known = [(cls, cell) for cls, cell in read if cls is not PressureClass.UNKNOWN]
    for cls, cell in read:
        if cls is PressureClass.UNKNOWN:
            problems.append(f"pressure {str(cell.raw)[:40]!r} cannot be read")
    if not known:
        return PressureClass.UNKNOWN, str(cells[0].raw).strip() if cells else None
    if len({cls for cls, _ in known}) > 1:
        told = ", ".join(f"{cell.raw} ({cls.value})" for cls, cell in known)
        problems.append(f"pressure columns disagree ({told}), the stricter counts")
    cls, cell = max(known, key=lambda entry: _STRICTNESS.index(entry[0]))
    plain = cell.unit == "label" or _plain_number(cell.raw) is None
    return cls, str(cell.raw).strip() if plain else f"{cell.raw} {cell.column.unit}"


def _class_of(cell: _Cell) -> PressureClass:
    words = str(cell.raw).strip()
    labels = {name.lower(): target for name, target in cell.column.labels.items()}
    if words.lower() in labels:
        return PressureClass(labels[words.lower()])
    number = _plain_number(cell.raw)
    if cell.unit == "label" or number is None:
        return pressure.class_of_label(words)
    return pressure.class_of_number(number, cell.unit) if cell.unit in pressure.units() else PressureClass.UNKNOWN


def _plain_number(raw: object) -> float | None:
    if isinstance(raw, str):
        try:
            return float(raw)
        except ValueError:
            return None
    return _number(raw)


def _kind(cell: _Cell | None, problems: list[str]) -> Kind | None:
    if cell is None:
        return None
    words = str(cell.raw).strip()
    labels = {name.lower(): target for name, target in cell.column.labels.items()}
    target = labels.get(words.lower(), words.lower())
    if target in {kind.value for kind in Kind}:
        return Kind(target)
    if labels:
        problems.append(f"kind {words[:40]!r} is not in the mapping's labels, the geometry decides")
    return None


def _year(cell: _Cell | None, problems: list[str]) -> int | None:
    if cell is None:
        return None
    match = _YEAR.search(_words(cell) or "")
    if match is None or not _YEARS[0] <= int(match.group()) <= _YEARS[1]:
        problems.append(f"year {str(cell.raw)[:40]!r} cannot be read, taken as unknown")
        return None
    return int(match.group())
