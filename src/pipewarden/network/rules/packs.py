"""Rule packs: protection and control ranges as dated data, each value with the clause that gives it.

A pack is chosen by jurisdiction and the day of the event; a value it lacks comes from its parent, and of two values the
wider one counts, each with its own clause (GB 55009-2021 5.1.6 gives least ranges, an authority may draw wider ones).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Datum, Kind, PressureClass, Regime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NATIONAL = "CN-GB55009"
LONG_DISTANCE = "CN-LONGDISTANCE"
_CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")  # one civil time, no daylight saving since 1992
_PROVINCES = (  # GB/T 2260, the letters of ISO 3166-2:CN
    "AH|BJ|CQ|FJ|GD|GS|GX|GZ|HA|HB|HE|HI|HK|HL|HN|JL|JS|JX|LN|MO|NM|NX|QH|SC|SD|SH|SN|SX|TJ|TW|XJ|XZ|YN|ZJ"
)
_PLACE = re.compile(rf"(CN-(?:{_PROVINCES}))((?:-[A-Z]+)*)", re.IGNORECASE | re.ASCII)
_LONG_WORDS = re.compile(r"long-?(dis|haul)|pipeline|trunk|transmission|changshu-?(guan|you|tianranqi)", re.IGNORECASE)
_CLOSE = 0.75  # below it real cities of one province meet (CN-HE-baoding, CN-HE-langfang: 0.67)
_T = TypeVar("_T", bound=BaseModel)
_ClassName = Literal["low", "medium", "sub_high", "high"]
CLASSES: tuple[tuple[PressureClass, _ClassName], ...] = (
    (PressureClass.LOW, "low"),
    (PressureClass.MEDIUM, "medium"),
    (PressureClass.SUB_HIGH, "sub_high"),
    (PressureClass.HIGH, "high"),
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Strict):
    """One range with its clause."""

    value: float = Field(ge=0, le=2000)
    clause: str = Field(min_length=1)
    confidence: Literal["H", "M", "L", "INFER"]


class Duty(_Strict):
    """One number of the workflow (a notice period, a hand-digging distance) with its clause."""

    value: str
    clause: str = Field(min_length=1)
    confidence: Literal["H", "M", "L", "INFER"]


class Effective(_Strict):
    """Days on which a pack is in force; ``to`` is the last one, None while it lasts."""

    start: date = Field(alias="from")
    to: date | None

    def holds(self, day: date) -> bool:
        """Tell whether the pack is in force on ``day``."""
        return self.start <= day and (self.to is None or day <= self.to)


class Pack(_Strict):
    """One jurisdiction's rules as its file says them."""

    pack: str = Field(pattern=r"^[A-Z]{2}(-[A-Za-z0-9]+)+$")
    name: str
    regime: Regime
    datum: Datum
    parent: str | None
    effective: Effective
    sources: list[str]
    protect_m: dict[_ClassName, Value]
    control_m: dict[_ClassName, Value]
    station_protect_m: dict[_ClassName, Value]
    station_control_m: dict[_ClassName, Value]
    duties: dict[str, Duty]
    note: str = ""


class Assumption(_Strict):
    """What is taken for a missing attribute, and why."""

    value: float | str
    why: str


class Assumed(_Strict):
    """Assumptions of one regime."""

    pressure_class: Assumption
    diameter_mm: Assumption
    sigma_m: Assumption
    station_radius_m: Assumption


class Assumptions(_Strict):
    """policy/assumptions.yaml."""

    city_gas: Assumed
    long_distance: Assumed

    def of(self, regime: Regime) -> Assumed:
        """Return the assumptions of one regime."""
        return self.city_gas if regime is Regime.CITY_GAS else self.long_distance


@dataclass(frozen=True, slots=True)
class Range:
    """A pair of ranges in metres with the clauses that gave them; a missing one is None."""

    protect: Value | None
    control: Value | None


@dataclass(frozen=True, slots=True)
class Ranges:
    """The rules in force for one jurisdiction on one day.

    Attributes:
        table: (kind, class) -> ranges; an unknown class has the entry of the class assumed for it.
        key: names the packs and their first days; equal keys have equal tables.
    """

    pack_id: str
    jurisdiction: str
    regime: Regime
    datum: Datum
    table: Mapping[tuple[Kind, PressureClass], Range]
    key: tuple[str, ...]


def read_pack(body: object, source: str) -> Pack:
    """Return the pack in ``body`` (a parsed YAML document).

    Raises:
        InputError: a key is missing, unknown or of a wrong kind; the error names file and key.
    """
    return _validated(Pack, body, source)


def read_assumptions(body: object, source: str) -> Assumptions:
    """Return the assumptions in ``body``; InputError names file and key."""
    return _validated(Assumptions, body, source)


def _validated(model: type[_T], body: object, source: str) -> _T:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        raise InputError(
            field=f"{source}: {key}", problem=str(first["msg"]), fix="Correct this key; see policy/packs for examples."
        ) from error


def regime_of(packs: Iterable[Pack], jurisdiction: str) -> Regime:
    """Return the regime a jurisdiction's name stands for: only the long-distance law's own name means that law."""
    return next((p.regime for p in packs if p.pack.lower() == jurisdiction.lower()), Regime.CITY_GAS)


def check_jurisdiction(packs: Iterable[Pack], jurisdiction: str | None) -> str:
    """Return the jurisdiction as it is written in the packs, or ``CN-XX[-city]`` for a place without a pack.

    A misspelled name would apply another law, so a place without a pack must be a province (GB/T 2260 letters), with a
    city or without, whose city is no pack's city of another province nor close to one of its own, which lies in no pack
    and does not mean long distance. One province typed for another cannot be told; the import says whose ranges count.

    Raises:
        InputError: it is missing, not a Chinese province, or close to a pack's name ("did you mean").
    """
    known = {p.pack.lower(): p.pack for p in packs}
    text = (jurisdiction or "").strip()
    if text.lower() in known:
        return known[text.lower()]
    meant = _meant(known, text)
    place = _PLACE.fullmatch(text)
    if meant is None and place is not None:
        return place.group(1).upper() + place.group(2).lower()
    every = ", ".join(sorted(set(known.values())))
    raise InputError(
        field="--jurisdiction",
        problem=f"{text[:60]!r} is not known" if text else "no jurisdiction was declared",
        fix=(f"Did you mean {meant}? " if meant else "")
        + f"Give one of {every}; a place without a pack of its own stands under {NATIONAL}.",
    )


def _meant(known: Mapping[str, str], text: str) -> str | None:
    """Return the pack that a name which is none seems to mean."""
    lower = text.lower()
    if _LONG_WORDS.search(lower):
        return LONG_DISTANCE
    around = next((name for key, name in known.items() if lower.startswith(f"{key}-")), None)
    if around is not None:
        return around
    place = _PLACE.fullmatch(text)
    if place is None:
        return next((known[key] for key in get_close_matches(lower, known, n=1, cutoff=_CLOSE)), None)
    return _meant_city(known, place.group(1).lower(), place.group(2).lower().removeprefix("-"))


def _meant_city(known: Mapping[str, str], province: str, city: str) -> str | None:
    """Return the pack that a real province's place seems to mean: its city misspelled, or under another province."""
    for key, name in known.items():
        its_province, _, its_city = key.rpartition("-")
        if not city or its_province.count("-") != 1:
            continue
        if city == its_city or (province == its_province and get_close_matches(city, [its_city], cutoff=_CLOSE)):
            return name
    return None


def fallback(packs: Iterable[Pack], jurisdiction: str, regime: Regime) -> str | None:
    """Say that a place has no pack of its own, so that the national ranges count; None where it has one."""
    if any(p.pack == jurisdiction for p in packs):
        return None
    national = NATIONAL if regime is Regime.CITY_GAS else LONG_DISTANCE
    return f"no pack for {jurisdiction}: the national ranges {national} are used"


def day_of(at: datetime) -> date:
    """Return the civil day in China of an instant (a pack is in force from midnight there)."""
    return at.astimezone(_CHINA).date()


def _in_force(packs: Iterable[Pack], pack_id: str, day: date) -> Pack | None:
    held = [p for p in packs if p.pack == pack_id and p.effective.holds(day)]
    return max(held, key=lambda p: p.effective.start, default=None)


def _chain(packs: list[Pack], jurisdiction: str, regime: Regime, day: date) -> list[Pack]:
    """Return the packs that apply, local first."""
    national = NATIONAL if regime is Regime.CITY_GAS else LONG_DISTANCE
    chain: list[Pack] = []
    local = _in_force(packs, jurisdiction, day)
    current = local if local is not None and local.regime is regime else _in_force(packs, national, day)
    while current is not None and current not in chain:
        chain.append(current)
        current = None if current.parent is None else _in_force(packs, current.parent, day)
    return chain


def _wider(values: Iterable[Value | None]) -> Value | None:
    """Return the widest value; of equal ones the first, which is the most local."""
    best: Value | None = None
    for value in values:
        if value is not None and (best is None or value.value > best.value):
            best = value
    return best


def resolve(
    packs: Iterable[Pack], assumptions: Assumptions, *, jurisdiction: str, regime: Regime, at: datetime
) -> Ranges | None:
    """Return the ranges in force at ``at``; None when no pack with a range for every class of pipe is in force.

    Args:
        packs: every pack known.
        assumptions: says which class an unknown pressure counts as.
        jurisdiction: a pack's name, or another ``CN-…`` for the national ranges.
        regime: city gas or long distance; the other regime's packs are never used (石油天然气管道保护法 第二条).
        at: the event's time.
    """
    chain = _chain(list(packs), jurisdiction, regime, day_of(at))
    if not chain:
        return None
    table: dict[tuple[Kind, PressureClass], Range] = {}
    for cls, key in CLASSES:
        pipe = Range(_wider(p.protect_m.get(key) for p in chain), _wider(p.control_m.get(key) for p in chain))
        if pipe.protect is None or pipe.control is None:
            return None
        table[Kind.PIPE, cls] = table[Kind.VALVE, cls] = pipe
        table[Kind.STATION, cls] = Range(
            _wider(p.station_protect_m.get(key) for p in chain), _wider(p.station_control_m.get(key) for p in chain)
        )
    strictest = PressureClass(str(assumptions.of(regime).pressure_class.value))
    for kind in Kind:
        table[kind, PressureClass.UNKNOWN] = table[kind, strictest]
    name = tuple(f"{p.pack}@{p.effective.start}" for p in chain)
    return Ranges(chain[0].pack, jurisdiction, regime, chain[0].datum, table, name)
