"""How one platform's messages are read, as data: another platform is a YAML file in ``policy/intake`` and no code."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipewarden.exchange.facts import Incoming, ItemKind, Said
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST = 2000
_LONGEST_ID = 150
# 2026/1/5 9:05 as spreadsheets write it, 2026年11月26日 09:30 as people do
_LOOSE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})秒?|分)?)?"
)


class About(BaseModel):
    """Which fields sort a message, and the words by which it speaks of digging."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: tuple[str, ...]
    words: tuple[str, ...]


class IntakeMapping(BaseModel):
    """A mapping file: where each part of a message stands; the first field that says something counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    intake: str
    note: str
    types: dict[str, ItemKind] = Field(min_length=1)
    rows: ItemKind
    zone: str
    crs: str
    id: tuple[str, ...]
    words: tuple[str, ...]
    address: tuple[str, ...] = ()
    lon: tuple[str, ...] = ()
    lat: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    about: About | None = None
    site: tuple[str, ...] = ()
    status: tuple[str, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone") from error
        return value


def read_mapping(body: object, source: str) -> IntakeMapping:
    """Return the mapping in a parsed YAML document.

    Raises:
        InputError: naming file and key.
    """
    try:
        return IntakeMapping.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        fix = "Correct this key; docs/interfaces.md documents the format."
        raise InputError(field=f"{source}: {key}", problem=str(first["msg"]), fix=fix) from error


def read(mapping: IntakeMapping, one: Incoming) -> Said:
    """Return what a message says.

    Raises:
        InputError: its type is not one of the platform's, its id or its words are missing or too long, its time or a
            coordinate cannot be read; field and number of the message are named.
    """
    kind = mapping.types.get(one.type) if one.type else mapping.rows
    if kind is None:
        problem = f"{one.type!r} is not a type of {mapping.intake}"
        raise _wrong(one, "type", problem, f"Send {', '.join(sorted(mapping.types))}.")
    number, status = _first(one.data, mapping.id) or one.event_id, _first(one.data, mapping.status)
    # a list names an order again each time it stands otherwise: each is a message of its own
    said_id = one.event_id or (f"{number}/{status}" if number and kind is ItemKind.STATUS else number)
    if not 0 < len(said_id) <= _LONGEST_ID:
        raise _wrong(one, mapping.id[0], "has no id of 1-150 characters", "Give the platform's own number.")
    words = _first(one.data, mapping.words)
    if kind is ItemKind.REPORT and not words:
        raise _wrong(one, mapping.words[0], "is empty", "Send what the person said.")
    if kind is ItemKind.STATUS and not status:
        raise _wrong(one, (mapping.status or ("status",))[0], "is empty", "Say what became of the order.")
    if len(words) > _LONGEST:
        raise _wrong(one, mapping.words[0], f"is longer than {_LONGEST} characters", "Send less.")
    return Said(
        kind=kind,
        id=said_id,
        number=number,
        words=words,
        address=_first(one.data, mapping.address)[:300],
        xy=_place(mapping, one),
        crs=_first(one.data, mapping.system) or mapping.crs,
        at=one.at or _moment(mapping, one),
        about=_about(mapping, one.data),
        site=_first(one.data, mapping.site),
        status=status,
    )


def _first(data: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = data.get(name)
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            continue
        if isinstance(value, float) and not math.isfinite(value):
            continue  # NaN is no JSON (RFC 8259), and no word
        whole = str(value).encode(errors="ignore").decode()  # JSON may hold half of a surrogate pair; no database does
        if text := "".join(ch for ch in whole if ch >= " " or ch in "\t\n").replace("\x7f", "").strip():
            return text
    return ""


def _about(mapping: IntakeMapping, data: Mapping[str, Any]) -> bool:
    """Return whether a message speaks of digging; one that nobody has sorted does."""
    if mapping.about is None:
        return True
    sorted_as = " ".join(_first(data, [name]) for name in mapping.about.fields).casefold()
    return not sorted_as.strip() or any(word.casefold() in sorted_as for word in mapping.about.words)


def _place(mapping: IntakeMapping, one: Incoming) -> tuple[float, float] | None:
    said = [_first(one.data, names) for names in (mapping.lon, mapping.lat)]
    if not any(said):
        return None
    try:
        x, y = (float(text) for text in said)
    except ValueError as error:
        field = (mapping.lon or ("lon",))[0]
        raise _wrong(one, field, f"{said} is no pair of coordinates", "Give both as numbers, or neither.") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise _wrong(one, (mapping.lon or ("lon",))[0], f"{said} is no place", "Give finite numbers, or neither.")
    return None if x == y == 0 else (x, y)  # how exports write that they know no place


def _moment(mapping: IntakeMapping, one: Incoming) -> datetime | None:
    text = _first(one.data, mapping.at)
    if not text:
        return None
    try:
        found = _written(text)
    except ValueError as error:
        raise _wrong(one, mapping.at[0], f"{text[:40]!r} is no time", "Write it as 2026-11-26 09:30.") from error
    if not 2000 <= found.year < 2100:  # noqa: PLR2004  as every moment at our door
        raise _wrong(one, mapping.at[0], f"{text[:40]!r} is not of this century", "Correct the year.")
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(mapping.zone))


def _written(text: str) -> datetime:
    """Return a moment as ISO 8601 or a spreadsheet writes it.

    Raises:
        ValueError: it is none.
    """
    loose = _LOOSE.fullmatch(text)
    if loose is None:
        return datetime.fromisoformat(text.replace("/", "-"))
    year, month, day, hour, minute, second = (int(part or 0) for part in loose.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  the mapping says whose clock it is


def _wrong(one: Incoming, field: str, problem: str, fix: str) -> InputError:
    return InputError(field=f"{field}, message {one.number}", problem=problem, fix=fix)
