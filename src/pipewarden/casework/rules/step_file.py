"""Reading ``policy/steps``: which evidence each step asks for, from which day; a slip is told by line, path and fix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003  pydantic reads it
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError

from pipewarden.casework.facts import (
    CHECK,
    RECORD_FIELDS,
    FieldType,
    Method,
    PartyRole,
    PersonRole,
    Proof,
    SiteState,
    StepRecord,
    Substep,
)
from pipewarden.casework.rules.lines import Lines, zone_of
from pipewarden.casework.rules.supervision_words import Strict
from pipewarden.network.facts import Regime, Zone  # noqa: TC001  as above

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

_Words = Annotated[str, Field(min_length=2)]
HOUSE_CLAUSE = "产品规则"  # a clause that begins so is a default of the product and no law
OURS = f"{HOUSE_CLAUSE}，非法定 (product default, not law)"  # no law asks for pictures or positions
STEP_NAMES = (*(one.value for one in SiteState), *(one.value for one in Substep), CHECK)
_ORDER = {"extra_forbidden": 0, "unexpected_keyword_argument": 0, "missing": 2, "too_short": 3}  # a misspelt key first
_COUNTED = frozenset({FieldType.PEOPLE, FieldType.POINTS, FieldType.LINE})


class When(Strict):
    """Where a line holds; what is left out is everywhere. An unknown zone counts as protection."""

    zones: frozenset[Zone] = frozenset()
    methods: frozenset[Method] = frozenset()
    regimes: frozenset[Regime] = frozenset()


class AskLine(Strict):
    """One field that a step asks for; type and unit are said again, so that nobody reads metres as centimetres."""

    field: str
    type: FieldType
    unit: str = ""
    clause: Annotated[str, Field(min_length=4)]
    required: bool = True
    when: When = When()
    at_least: Annotated[int, Field(ge=1, le=50)] = 1
    parties: tuple[PartyRole, ...] = ()
    role: PersonRole | None = None
    depth: bool = False
    everyone: bool = False
    must_be: bool | None = None
    unless: str | None = None


class FirstLine(Strict):
    """A step that comes before."""

    step: str
    clause: Annotated[str, Field(min_length=4)]
    when: When = When()


class Given(Strict):
    """The site of an example."""

    zone: Zone
    regime: Regime | None = None
    method: Method | None = None
    machines: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()


class StepExample(Strict):
    """What somebody brings to a site, and what is lacking: each field's name, or ``state`` for a step before."""

    given: Given
    proof: Proof = Proof()
    record: StepRecord = StepRecord()
    lacks: tuple[str, ...]


class StepLine(Strict):
    """One step, in force from ``since`` until (not included) ``until``."""

    step: str
    zh: _Words
    en: _Words
    document: _Words
    since: date
    until: date | None = None
    clause: Annotated[str, Field(min_length=4)]
    states: frozenset[SiteState] = frozenset()
    pictures: Annotated[int, Field(ge=0, le=40)] = 0
    position: bool = False
    refusal: bool = False
    first: tuple[FirstLine, ...] = ()
    asks: tuple[AskLine, ...] = ()
    examples: Annotated[tuple[StepExample, ...], Field(min_length=1)]


class _File(Strict):
    version: _Words
    source: _Words
    zone: str
    steps: Annotated[tuple[StepLine, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class StepPolicy:
    """The steps of a file that was checked; ``zone`` is where its days begin."""

    version: str
    source: str
    zone: ZoneInfo
    steps: tuple[StepLine, ...]

    def at(self, step: str, day: date) -> StepLine | None:
        """Return what a step asks for on a day of the file's zone; None where it asks for nothing."""
        return next(
            (
                one
                for one in self.steps
                if one.step == step and one.since <= day and (one.until is None or day < one.until)
            ),
            None,
        )


def read_steps(text: str, name: str) -> StepPolicy:
    """Return the steps of a file.

    Raises:
        InputError: the field is ``name:line: path``; nothing of the file is taken.
    """
    lines = Lines(text, name)
    try:
        given = _File.model_validate(lines.body)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: _ORDER.get(one["type"], 1))
        raise lines.wrong(first["loc"], str(first["msg"]), _fix(first)) from error
    zone = zone_of(lines, given.zone)
    for number, step in enumerate(given.steps):
        _check(lines, step, ("steps", number), given.steps[:number])
    return StepPolicy(given.version, given.source, zone, given.steps)


def _fix(error: Any) -> str:
    if _ORDER.get(error["type"]) == 0:
        known = [*RECORD_FIELDS, *_File.model_fields, *StepLine.model_fields, *AskLine.model_fields, *When.model_fields]
        near = get_close_matches(str(error["loc"][-1]), known, n=1)
        return f"Did you mean {near[0]}?" if near else "Remove it."
    return "Write it." if error["type"] == "missing" else "Correct it; docs/steps.md has the language."


def _check(lines: Lines, step: StepLine, path: tuple[str | int, ...], before: Iterable[StepLine]) -> None:
    _known(lines, step.step, STEP_NAMES, (*path, "step"))
    substep = step.step in set(Substep)
    if substep != bool(step.states):
        raise lines.wrong((*path, "states"), "stands exactly at a substep", "Name the states in which it may be done.")
    if step.until is not None and step.until <= step.since:
        raise lines.wrong((*path, "until"), "is not after since", "Leave it out, or name a later day.")
    for one in before:
        apart = _over(one.until, step.since) or _over(step.until, one.since)
        if one.step == step.step and not apart:
            raise lines.wrong((*path, "since"), f"two of {step.step} are in force on one day", "End the first before.")
    for number, first in enumerate(step.first):
        _known(lines, first.step, STEP_NAMES, (*path, "first", number, "step"))
    for number, ask in enumerate(step.asks):
        _check_ask(lines, ask, (*path, "asks", number))
    asked = {one.field for one in step.asks} | {"state", "pictures", "position"}
    for number, example in enumerate(step.examples):
        for place, field in enumerate(example.lacks):
            _known(lines, field, asked, (*path, "examples", number, "lacks", place))


def _over(until: date | None, since: date) -> bool:
    return until is not None and until <= since


def _check_ask(lines: Lines, ask: AskLine, path: tuple[str | int, ...]) -> None:
    _known(lines, ask.field, RECORD_FIELDS, (*path, "field"))
    kind = RECORD_FIELDS[ask.field]
    if ask.type is not kind.type:
        raise lines.wrong((*path, "type"), f"{kind.name} is {kind.type}", f"Write type: {kind.type}.")
    if ask.unit != kind.unit:
        raise lines.wrong((*path, "unit"), f"{kind.name} is in {kind.unit or 'no unit'}", "Write the unit it is in.")
    fits = {
        "at_least": ask.at_least == 1 or kind.type in _COUNTED,
        "parties": not ask.parties or kind.type in {FieldType.PEOPLE, FieldType.SIGNATURES},
        "role": ask.role is None or kind.type is FieldType.PEOPLE,
        "everyone": not ask.everyone or kind.type is FieldType.PEOPLE,
        "depth": not ask.depth or kind.type is FieldType.POINTS,
        "must_be": ask.must_be is None or kind.type is FieldType.FLAG,
        "unless": ask.unless is None or kind.type is FieldType.PEOPLE,
    }
    for key, fit in fits.items():
        if not fit:
            raise lines.wrong((*path, key), f"says nothing of {kind.name}, which is {kind.type}", "Remove it.")
    if ask.unless is not None:
        _known(
            lines, ask.unless, [k for k, one in RECORD_FIELDS.items() if one.type is FieldType.FLAG], (*path, "unless")
        )


def _known(lines: Lines, word: str, known: Iterable[str], path: tuple[str | int, ...]) -> None:
    among = sorted(known)
    if word not in among:
        near = get_close_matches(word, among, n=1, cutoff=0.5)
        fix = f"Did you mean {near[0]}?" if near else f"Take one of {', '.join(among)}."
        raise lines.wrong(path, f"{word!r} is not known here", fix)
