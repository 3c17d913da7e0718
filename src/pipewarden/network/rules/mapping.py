"""From a source's columns to a pipe's attributes, by a mapping file; what is missing stays unknown.

A mapping names, per attribute, the columns to look in, the unit, and the source's labels (policy/mappings/generic.yaml
documents the format). Nothing is defaulted: a value that cannot be read is None and is told as a warning.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Datum, Kind, PressureClass
from pipewarden.network.rules import pressure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_Attribute = Literal["id", "kind", "pressure", "diameter", "material", "depth", "year", "sigma"]
_TO_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "inch": 25.4, "inches": 25.4}
_TO_M = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_LARGEST_DIAMETER_MM = 3000.0
_DEEPEST_M = 100.0
_LARGEST_SIGMA_M = 1000.0
_YEARS = (1800, 2200)
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
    columns: dict[_Attribute, Column | tuple[Column, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_units(self) -> FileMapping:
        for name in self.columns:
            for column in self.sources(name):
                _check_unit(name, column)
                _check_labels(name, column)
        return self

    def sources(self, attribute: _Attribute) -> tuple[Column, ...]:
        """Return the places to look for an attribute, best first."""
        entry = self.columns.get(attribute, ())
        return entry if isinstance(entry, tuple) else (entry,)


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


def used_columns(mapping: FileMapping, names: Iterable[str]) -> dict[str, tuple[str, Column] | None]:
    """Return, per attribute, the column of the file that counts (the first that exists) and how to read it."""
    have = {name.strip().lower(): name for name in names}
    found: dict[str, tuple[str, Column] | None] = {}
    for attribute in mapping.columns:
        found[attribute] = next(
            (
                (have.get(name.lower(), ""), column)
                for column in mapping.sources(attribute)
                for name in (column.columns or ("",))
                if name.lower() in have or column.constant is not None
            ),
            None,
        )
    return found


def read_row(row: Mapping[str, object], used: Mapping[str, tuple[str, Column] | None]) -> Attributes:
    """Return the attributes of one row.

    Args:
        row: column name -> value as the file holds it.
        used: of ``used_columns``.
    """
    problems: list[str] = []

    def value(attribute: str) -> tuple[object, Column] | None:
        place = used.get(attribute)
        if place is None:
            return None
        name, column = place
        raw = row.get(name) if name else column.constant
        return None if _is_empty(raw) else (raw, column)

    def size(attribute: str, factors: dict[str, float], largest: float) -> float | None:
        entry = value(attribute)
        if entry is None:
            return None
        raw, column = entry
        unit = str(row.get(column.unit_column) or column.unit) if column.unit_column else str(column.unit)
        number, factor = _number(raw), factors.get(unit.strip().lower())
        made = None if number is None or factor is None else number * factor
        if made is None or not 0 < made <= largest:
            problems.append(f"{attribute} {str(raw)[:40]!r} cannot be read as {unit}, taken as unknown")
            return None
        return made

    cls, words = _pressure(value("pressure"), problems)
    return Attributes(
        pipe_id=_words(value("id")),
        kind=_kind(value("kind"), problems),
        pressure_class=cls,
        pressure=words,
        diameter_mm=size("diameter", _TO_MM, _LARGEST_DIAMETER_MM),
        material=_words(value("material")),
        depth_m=size("depth", _TO_M, _DEEPEST_M),
        year=_year(value("year"), problems),
        sigma_m=size("sigma", _TO_M, _LARGEST_SIGMA_M),
        problems=tuple(problems),
    )


def _is_empty(raw: object) -> bool:
    if raw is None or (isinstance(raw, float) and math.isnan(raw)):
        return True
    return isinstance(raw, str) and raw.strip().lower() in _EMPTY


def _number(raw: object) -> float | None:
    """Return the number in a cell: ``DN300``, ``φ219×6`` and ``0.4 MPa`` give 300, 219 and 0.4."""
    if isinstance(raw, (int, float)):
        return float(raw) if math.isfinite(raw) else None
    match = _DIGITS.search(str(raw))
    return None if match is None else float(match.group())


def _words(entry: tuple[object, Column] | None) -> str | None:
    if entry is None:
        return None
    raw = entry[0]
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw).strip()


def _pressure(entry: tuple[object, Column] | None, problems: list[str]) -> tuple[PressureClass, str | None]:
    if entry is None:
        return PressureClass.UNKNOWN, None
    raw, column = entry
    words, unit = str(raw).strip(), str(column.unit).lower()
    labels = {name.lower(): target for name, target in column.labels.items()}
    if words.lower() in labels:
        return PressureClass(labels[words.lower()]), words
    number = _plain_number(raw)
    if unit == "label" or number is None:
        cls = pressure.class_of_label(words)
    else:
        cls, words = pressure.class_of_number(number, unit), f"{words} {column.unit}"
    if cls is PressureClass.UNKNOWN:
        problems.append(f"pressure {words[:40]!r} cannot be read, taken as unknown")
    return cls, words


def _plain_number(raw: object) -> float | None:
    if isinstance(raw, str):
        try:
            return float(raw)
        except ValueError:
            return None
    return _number(raw)


def _kind(entry: tuple[object, Column] | None, problems: list[str]) -> Kind | None:
    if entry is None:
        return None
    words = str(entry[0]).strip()
    labels = {name.lower(): target for name, target in entry[1].labels.items()}
    target = labels.get(words.lower(), words.lower())
    if target in {kind.value for kind in Kind}:
        return Kind(target)
    if entry[1].labels:
        problems.append(f"kind {words[:40]!r} is not in the mapping's labels, the geometry decides")
    return None


def _year(entry: tuple[object, Column] | None, problems: list[str]) -> int | None:
    if entry is None:
        return None
    match = _YEAR.search(_words(entry) or "")
    if match is None or not _YEARS[0] <= int(match.group()) <= _YEARS[1]:
        problems.append(f"year {str(entry[0])[:40]!r} cannot be read, taken as unknown")
        return None
    return int(match.group())
