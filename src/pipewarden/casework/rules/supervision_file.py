"""Reading ``policy/supervision``: a slip is refused with its line, its path and the fix, before a rule is believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError

from pipewarden.casework.facts import VOCABULARY, FactKind, FactType, Reading, Result, Severity
from pipewarden.casework.rules.lines import Lines, zone_of
from pipewarden.casework.rules.supervision_words import (
    Compare,
    Compared,
    Condition,
    Exists,
    Given,
    InWords,
    Node,
    Order,
    Quantity,
    Strict,
    Within,
    named,
    reached,
    walk,
)
from pipewarden.people.facts import Role  # noqa: TC001  as in duty_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from pipewarden.casework.facts import Value, ViolationKind

Path = tuple[str | int, ...]
_Words = Annotated[str, Field(min_length=2)]


_DERIVED = FactKind("derived", FactType.FLAG, "the file itself")
_ORDER = {"extra_forbidden": 0, "missing": 2}  # a key that is misspelt is told, not that its right form is missing


class Example(Strict):
    """Facts and what the rule must say of them; a fact left out is unknown, one that is null is known to be none."""

    facts: dict[str, Given]
    result: Result


class Remedy(Strict):
    """What puts it right."""

    zh: _Words
    en: _Words


class Rule(Strict):
    """One rule: it is violated when its condition holds, unknown when that is not known.

    Attributes:
        since: in force from this day on, in the file's zone; ``until`` it, where it has ended.
        news: the moment that makes a breach a new one: what was put right is opened again only by a later one.
    """

    code: Annotated[str, Field(pattern=r"^V-[A-Z][A-Z-]{2,30}$")]
    zh: _Words
    en: _Words
    since: date
    until: date | None = None
    violated_when: Condition
    news: str
    clause: Annotated[str, Field(min_length=4)]
    severity: Severity
    who: Role
    by: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=90))]
    remedy: Remedy
    examples: Annotated[list[Example], Field(min_length=2)]


class Derived(Strict):
    """A flag that several rules share, made of other facts."""

    says: _Words
    when: Condition


class _File(Strict):
    version: _Words
    source: _Words
    zone: str
    works_on: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(hours=4))] = timedelta(0)
    derived: dict[Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,40}$")], Derived] = Field(default_factory=dict)
    rules: Annotated[list[Rule], Field(min_length=1)]


_MODELS = (_File, Rule, Example, Derived, Remedy, Compared, Within, Order)


@dataclass(frozen=True, slots=True)
class Supervision:
    """The rules of a file that was checked.

    Attributes:
        zone: in which its days begin.
        works_on: so long a machine that was seen is taken for at work while no picture is new.
        derived: conditions by the name of their flag.
        reads: the facts of the vocabulary that each rule reads, by code and in the order of the vocabulary.
    """

    version: str
    source: str
    zone: ZoneInfo
    works_on: timedelta
    derived: Mapping[str, Node]
    rules: tuple[Rule, ...]
    reads: Mapping[str, tuple[str, ...]]


def read_supervision(text: str, name: str, kinds: Mapping[str, ViolationKind]) -> Supervision:
    """Return the rules of a file.

    Args:
        text: YAML.
        name: of the file, for the errors.
        kinds: the list of violations: a rule opens one of them, with its clause, severity and time.

    Raises:
        InputError: the field is ``name:line: path``; nothing of the file is taken.
    """
    lines = Lines(text, name)
    try:
        given = _File.model_validate(lines.body)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: _ORDER.get(one["type"], 1))
        raise lines.wrong(first["loc"], str(first["msg"]), _fix(first)) from error
    derived = {key: one.when for key, one in given.derived.items()}
    check = _Check(lines, derived)
    check.derived_ones()
    for number, rule in enumerate(given.rules):
        check.rule(rule, ("rules", number), kinds, [one.code for one in given.rules[:number]])
    return Supervision(
        given.version,
        given.source,
        zone_of(lines, given.zone),
        given.works_on,
        derived,
        tuple(given.rules),
        {rule.code: _reads(rule, derived) for rule in given.rules},
    )


def readings(example: Example) -> dict[str, Reading]:
    """Return what an example of a checked file knows."""
    return {name: Reading(_typed(VOCABULARY[name], one)) for name, one in example.facts.items()}


def _typed(kind: FactKind, given: Given) -> Value | None:
    """Return a given value as one of its fact.

    Raises:
        ValueError: it is of another type, or has another unit; the message says what is wanted.
    """
    if given is None:
        return None
    if kind.type is FactType.NUMBER and isinstance(given, Quantity):
        if given.unit != kind.unit:
            raise ValueError(f"is in {given.unit}, and {kind.name} is in {kind.unit}")
        return given.amount
    if kind.type is FactType.FLAG and isinstance(given, bool):
        return given
    if kind.type is FactType.MOMENT and isinstance(given, datetime):
        if given.tzinfo is None:
            raise ValueError("is a time without a zone: write it like 2026-03-02T08:00:00Z")
        return given
    if kind.type is FactType.WORD and isinstance(given, str):
        return _words(kind, [given])[0]
    if kind.type is FactType.WORDS and isinstance(given, list):
        return frozenset(_words(kind, given))
    wanted = {FactType.NUMBER: f"a number like {{{kind.unit}: 2}}", FactType.FLAG: "true or false"}
    raise ValueError(f"is no {wanted.get(kind.type, kind.type.value)}, which {kind.name} is")


def _words(kind: FactKind, given: list[str]) -> list[str]:
    for word in given:
        if kind.words and word not in kind.words:
            raise ValueError(f"{word!r} is none of the words of {kind.name}: {', '.join(sorted(kind.words))}")
    return given


def _reads(rule: Rule, derived: Mapping[str, Node]) -> tuple[str, ...]:
    found = {fact for node in reached(rule.violated_when, derived) for fact, _ in named(node)} | {rule.news}
    return tuple(one for one in VOCABULARY if one in found)


def _fix(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        known = ["is", "not", *(key for model in _MODELS for key in model.model_fields)]
        near = get_close_matches(str(error["loc"][-1]), known, n=1)
        return f"Did you mean {near[0]}?" if near else "Remove it."
    return "Write it." if error["type"] == "missing" else "Correct it; docs/supervision.md has the language."


@dataclass(frozen=True, slots=True)
class _Check:
    """What a file says against the vocabulary, and against itself."""

    lines: Lines
    derived: Mapping[str, Node]

    def derived_ones(self) -> None:
        """Refuse a derived fact that is wrong in itself or leads in a ring."""
        uses: dict[str, set[str]] = {}
        for name, node in self.derived.items():
            self.condition(node, ("derived", name, "when"))
            uses[name] = {fact for one, _ in walk(node) for fact, _ in named(one) if fact in self.derived}
        try:
            TopologicalSorter(uses).prepare()
        except CycleError as error:
            ring = error.args[1]
            raise self.lines.wrong(
                ("derived", ring[0]), f"leads in a ring: {' -> '.join(ring)}", "Let one of them read facts only."
            ) from error

    def rule(self, rule: Rule, path: Path, kinds: Mapping[str, ViolationKind], before: list[str]) -> None:
        """Refuse a rule that stands twice, names what is not known, or says other than the list of violations."""
        if rule.code in before:
            raise self.lines.wrong((*path, "code"), f"{rule.code} stands twice", "Remove one.")
        if rule.until is not None and rule.until <= rule.since:
            raise self.lines.wrong((*path, "until"), "is not after since", "Leave it out, or name a later day.")
        kind = kinds.get(rule.code)
        if kind is None:
            raise self.lines.wrong((*path, "code"), f"{rule.code} is not in the list of violations", _near(rule, kinds))
        listed = {"clause": kind.clause, "severity": kind.severity, "by": timedelta(hours=kind.fix_h)}
        for field, wanted in listed.items():
            if getattr(rule, field) != wanted:
                said = f"is not what the list of violations says of {rule.code}: {wanted}"
                raise self.lines.wrong((*path, field), said, "Say the same in both.")
        self.condition(rule.violated_when, (*path, "violated_when"))
        self.fact(rule.news, (*path, "news"), FactType.MOMENT)
        for number, example in enumerate(rule.examples):
            for name, given in example.facts.items():
                where = (*path, "examples", number, "facts", name)
                if name in self.derived:
                    raise self.lines.wrong(where, "is derived", "Give the facts that it is made of.")
                self.value(self.fact(name, where), given, where)

    def condition(self, node: Node, path: Path) -> None:
        """Refuse a condition that asks a fact for what it cannot say."""
        for one, where in walk(node, path):
            for name, below in named(one):
                self.fact(name, (*where, *below), *_wanted(one, below))
                if name in self.derived and not isinstance(one, str):
                    raise self.lines.wrong((*where, *below), f"{name} is derived", "Write its bare name.")
            if isinstance(one, Compare):
                for word, given in one.compare.given.items():
                    self.value(VOCABULARY[one.compare.fact], given, (*where, "compare", word))
            elif isinstance(one, InWords) and isinstance(one.within.of, list):
                kind = VOCABULARY[one.within.fact]
                for number, word in enumerate(one.within.of):
                    if word not in kind.words and kind.words:
                        near = _closest(word, kind.words)
                        said = f"{word!r} is none of the words of {kind.name}"
                        raise self.lines.wrong((*where, "within", "of", number), said, near)

    def fact(self, name: str, path: Path, *types: FactType) -> FactKind:
        """Return the kind of a fact that is named."""
        kind = _DERIVED if name in self.derived else VOCABULARY.get(name)
        if kind is None:
            raise self.lines.wrong(path, f"{name!r} is no fact", _closest(name, [*VOCABULARY, *self.derived]))
        if types and kind.type not in types:
            wanted = " or ".join(types)
            raise self.lines.wrong(path, f"{name} is a {kind.type}, and a {wanted} is wanted", "Ask another fact.")
        return kind

    def value(self, kind: FactKind, given: Any, path: Path) -> None:
        """Refuse a value that its fact can never have."""
        try:
            _typed(kind, given)
        except ValueError as error:
            raise self.lines.wrong(path, str(error), "Correct it.") from error


def _wanted(node: Node, below: Path) -> tuple[FactType, ...]:
    if isinstance(node, str):
        return (FactType.FLAG,)
    if isinstance(node, InWords):
        return (FactType.WORDS,) if below[-1] == "of" else (FactType.WORD, FactType.WORDS)
    if isinstance(node, Compare):
        return (FactType.FLAG, FactType.NUMBER, FactType.WORD)
    return () if isinstance(node, Exists) else (FactType.MOMENT,)


def _closest(name: str, known: Iterable[str]) -> str:
    among = sorted(known)
    near = get_close_matches(name, among, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"Take one of {', '.join(among)}."


def _near(rule: Rule, kinds: Iterable[str]) -> str:
    return f"{_closest(rule.code, kinds)} A new one is put into policy/violations first."
