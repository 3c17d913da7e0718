"""Reading ``policy/filing``: what each jurisdiction asks of works, and from which day; a slip is told by its key."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.casework.facts import Due, Effect, FilingPack, Method, Requirement, Span
from pipewarden.casework.rules.calendar import LOCAL, countable
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.network.facts import Regime, Zone

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT = "product default, not law"
_DAY = timedelta(days=1)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Due(_Strict):
    of: Literal["before_start", "after_start", "after_filing"]
    time: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=100))] = timedelta(0)
    span: Span = Span.HOURS


class _Line(_Strict):
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$")]
    zh: str
    en: str
    clause: Annotated[str, Field(min_length=5)]
    effect: Effect = Effect.REQUIRED
    due: _Due | None = None
    by_filing: bool = False
    zones: list[Zone] = []
    methods: list[Method] = []
    urgent: bool | None = None


class _InForce(_Strict):
    begins: Annotated[date, Field(alias="from")]
    ends: Annotated[date | None, Field(alias="to")]


class _Pack(_Strict):
    pack: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Za-z0-9]+)*$")]
    name: str
    regime: Regime = Regime.CITY_GAS
    zone: ZoneInfo
    parent: str | None
    effective: _InForce
    sources: Annotated[list[str], Field(min_length=1)]
    required: Annotated[list[_Line], Field(min_length=1)]


def read_filing_packs(bodies: Sequence[tuple[str, object]]) -> tuple[FilingPack, ...]:
    """Return the packs of (file name, parsed document), in their order; ``to`` is the last day of one in force.

    Raises:
        InputError: a key is wrong, a kind stands twice, a parent is unknown or goes round in a ring, two packs of one
            name are in force on one day, a time does not fit its way of counting.
    """
    packs = tuple(_pack(name, checked(_Pack, body, name)) for name, body in bodies)
    for one in packs:
        seen = [one.pack]
        while (parent := next((p.parent for p in packs if p.pack == seen[-1]), None)) is not None:
            if parent in seen:
                raise _wrong(one.pack, f"parent: {parent} is below it")
            if all(p.pack != parent for p in packs):
                raise _wrong(one.pack, f"parent: there is no pack {parent!r}")
            seen.append(parent)
        for other in packs:
            if other is not one and other.pack == one.pack and _overlap(one, other):
                raise _wrong(one.pack, "effective: two of it are in force on one day")
    return packs


def _overlap(one: FilingPack, other: FilingPack) -> bool:
    first, second = sorted((one, other), key=lambda pack: pack.since)
    return first.until is None or second.since < first.until


def _pack(name: str, given: _Pack) -> FilingPack:
    lines: dict[str, Requirement] = {}
    for line in given.required:
        if line.kind in lines:
            raise _wrong(name, f"required: {line.kind} stands twice")
        if line.due is not None:
            _check_due(f"{name}: {line.kind}", line.due, given.zone)
        if line.by_filing and line.due is None:
            raise _wrong(name, f"required: {line.kind} is met by filing, but says no due")
        lines[line.kind] = _requirement(line)
    ends = given.effective.ends
    if ends is not None and ends < given.effective.begins:
        raise _wrong(name, "effective: ends before it begins")
    return FilingPack(
        pack=given.pack,
        name=given.name,
        regime=given.regime,
        zone=given.zone,
        parent=given.parent,
        since=given.effective.begins,
        until=None if ends is None else ends + _DAY,
        requirements=lines,
    )


def _check_due(where: str, due: _Due, zone: ZoneInfo) -> None:
    if due.span is not Span.HOURS and (due.time < _DAY or due.time % _DAY):
        raise _wrong(where, "due: days are counted whole, one at least")
    if due.span is Span.WORKING and (not countable(due.time) or zone.key != LOCAL.key):
        raise _wrong(where, f"due: working days are known of {LOCAL.key} only")


def _requirement(line: _Line) -> Requirement:
    return Requirement(
        kind=line.kind,
        zh=line.zh,
        en=line.en,
        clause=line.clause,
        law=not line.clause.startswith(DEFAULT),
        effect=line.effect,
        due=None if line.due is None else Due(line.due.of, line.due.time, line.due.span),
        by_filing=line.by_filing,
        zones=frozenset(line.zones),
        methods=frozenset(line.methods),
        urgent=line.urgent,
    )


def _wrong(where: str, problem: str) -> InputError:
    return InputError(field=where, problem=problem, fix="Correct it; see policy/filing for examples.")
