"""What a version is made of, by kind: read strictly, asked strictly, and described by a card that says its limits."""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.foundry import Kind, Said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Value = bool | float | str
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, Field(min_length=1, max_length=300)]
_MOST_QUESTIONS, _MOST_RULES, _MOST_CASES = 40, 100, 200
_TAKEN = frozenset({"image_id", "box", "text_in_picture", "reason"})


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Label(_Given):
    """One thing that a classifier may say."""

    id: Id
    zh: Words
    en: Words


class ExampleContent(_Given):
    """An example classifier: what it tells apart."""

    labels: Annotated[list[Label], Field(min_length=2, max_length=10)]
    shows: Annotated[str, Field(max_length=1000, description="What the pictures show, and which they do not.")] = ""

    @model_validator(mode="after")
    def _once(self) -> Self:
        _each_once("labels", [one.id for one in self.labels])
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the labels' ids in order."""
        return tuple(one.id for one in self.labels)


class AskedQuestion(_Given):
    """One question about a picture, answered yes, no or unclear."""

    id: Id
    zh: Words
    en: Words


class QuestionsContent(_Given):
    """A question list for the vision judge."""

    task: Annotated[str, Field(min_length=10, max_length=2000)]
    questions: Annotated[list[AskedQuestion], Field(min_length=1, max_length=_MOST_QUESTIONS)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        ids = [one.id for one in self.questions]
        _each_once("questions", ids)
        if taken := [one for one in ids if one in _TAKEN or one.startswith("model_")]:
            raise ValueError(f"{taken[0]} is no free name")
        return self


class Field_(_Given):  # noqa: N801  pydantic owns the name without the dash
    """One value that a rule card is given."""

    id: Id
    type: Literal["number", "truth", "word"]
    zh: Words
    unit: Annotated[str, Field(max_length=20)] = ""
    words: Annotated[list[Words], Field(max_length=50, description="Of a word: which there are.")] = []


class Condition(_Given):
    """A comparison of one value."""

    field: Id
    is_: Annotated[Literal["<", "<=", "=", "!=", ">=", ">"], Field(alias="is")]
    than: Value


class Rule(_Given):
    """What follows where every condition holds."""

    when: Annotated[list[Condition], Field(min_length=1, max_length=20)]
    then: Id
    zh: Words
    en: Words
    clause: Annotated[str, Field(max_length=300, description="Statute, date and article.")] = ""


class Case(_Given):
    """One case of the frozen set: what is given, and what must follow."""

    given: dict[Id, Value]
    then: Id


class RuleContent(_Given):
    """A rule card: the first rule whose conditions hold decides."""

    fields: Annotated[list[Field_], Field(min_length=1, max_length=40)]
    rules: Annotated[list[Rule], Field(min_length=1, max_length=_MOST_RULES)]
    otherwise: Id = "nothing"
    cases: Annotated[list[Case], Field(min_length=1, max_length=_MOST_CASES)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        _each_once("fields", [one.id for one in self.fields])
        types = {one.id: one for one in self.fields}
        for condition in (one for rule in self.rules for one in rule.when):
            field = types.get(condition.field)
            if field is None:
                raise ValueError(f"a rule asks for {condition.field}, which is no field")
            _fits(field, condition.than)
            if field.type != "number" and condition.is_ not in {"=", "!="}:
                raise ValueError(f"{condition.field} is no number: compare it by = or !=")
        for case in self.cases:
            _complete(types, case.given)
        return self


class Clause(_Given):
    """Where a text comes from."""

    id: Id
    law: Words
    article: Words
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    since: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="From when this wording holds.")]


class Probe_(_Given):  # noqa: N801  a probe of a text is no probe of features
    """One question of the frozen set, and the clauses that an answer must name."""

    question: Words
    clauses: Annotated[list[Id], Field(min_length=1, max_length=20)]


class KnowledgeContent(_Given):
    """A knowledge card: a text and the clauses it stands on."""

    text: Annotated[str, Field(min_length=10, max_length=20_000)]
    clauses: Annotated[list[Clause], Field(min_length=1, max_length=100)]
    cases: Annotated[list[Probe_], Field(min_length=1, max_length=_MOST_CASES)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        ids = [one.id for one in self.clauses]
        _each_once("clauses", ids)
        for one in (name for case in self.cases for name in case.clauses):
            if one not in ids:
                raise ValueError(f"a case names {one}, which is no clause")
        return self


class ModelContent(_Given):
    """One of the platform's own models."""

    model: Literal["screen", "type", "verifier"]


_FORMS: dict[Kind, type[_Given]] = {
    Kind.EXAMPLE: ExampleContent,
    Kind.QUESTIONS: QuestionsContent,
    Kind.RULE: RuleContent,
    Kind.KNOWLEDGE: KnowledgeContent,
    Kind.MODEL: ModelContent,
}
Form = TypeVar("Form", bound=_Given)


def read_content(kind: Kind, body: object) -> dict[str, object]:
    """Return what a version is made of, checked and complete.

    Raises:
        InputError: a key is missing, unknown or of a wrong kind, a name stands twice or is not there.
    """
    return _read(_FORMS[kind], body, "content").model_dump(mode="json", by_alias=True)


def content_of(form: type[Form], content: Mapping[str, object]) -> Form:
    """Return a stored content in its form."""
    return form.model_validate(dict(content))


def decide(content: RuleContent, given: Mapping[str, object]) -> Said:
    """Return what the first rule says whose conditions hold.

    Raises:
        InputError: a value is missing, unknown or of a wrong kind.
    """
    types = {one.id: one for one in content.fields}
    try:
        _complete(types, given)
    except ValueError as error:
        raise InputError(field="given", problem=str(error), fix="The card lists what is asked for.") from error
    for number, rule in enumerate(content.rules, 1):
        if all(_HOLDS[one.is_](given[one.field], one.than) for one in rule.when):
            told = {"then": rule.then, "rule": number, "zh": rule.zh, "en": rule.en, "clause": rule.clause}
            return Said(told, by=f"rule {number}")
    return Said({"then": content.otherwise, "rule": None, "zh": "", "en": "", "clause": ""}, by="otherwise")


def cite(content: KnowledgeContent, question: str) -> Said:
    """Return the text with its clauses, those first whose words the question shares most; it judges nothing.

    Likeness is by pairs of neighbouring characters, which needs no word list; retrieval over many cards is issue 13's.
    """
    wanted = _pairs(question)
    weighed = [(len(wanted & _pairs(f"{one.law}{one.article}{one.text}")), one) for one in content.clauses]
    ordered = sorted(weighed, key=lambda one: -one[0])
    clauses = [one.model_dump(mode="json") | {"shared": shared} for shared, one in ordered]
    return Said({"text": content.text, "clauses": clauses}, by="card")


def tried_rules(content: RuleContent) -> tuple[int, list[str]]:
    """Return how many cases of a rule card's frozen set come out as wanted, and the others in words."""
    wrong = []
    for number, case in enumerate(content.cases, 1):
        found = decide(content, case.given).answer["then"]
        if found != case.then:
            wrong.append(f"case {number}: {found} instead of {case.then}")
    return len(content.cases) - len(wrong), wrong


def tried_knowledge(content: KnowledgeContent) -> tuple[int, list[str]]:
    """Return how many questions have the clauses that they name before all others, and the others in words."""
    wrong = []
    for number, case in enumerate(content.cases, 1):
        clauses = cite(content, case.question).answer["clauses"]
        listed = [str(one["id"]) for one in clauses] if isinstance(clauses, list) else []
        if set(listed[: len(set(case.clauses))]) != set(case.clauses):
            wrong.append(f"case {number}: {', '.join(listed[: len(set(case.clauses))])} come first")
    return len(content.cases) - len(wrong), wrong


@dataclass(frozen=True, slots=True)
class Matched:
    """How the answers about one picture compare with what its author said."""

    right: int
    of: int
    wrong: str


def read_wanted(content: QuestionsContent, label: str) -> dict[str, str]:
    """Return what must be answered about a picture, by question; ``rust=yes,cover=no`` as its author wrote it.

    Raises:
        InputError: it is not of that form, or names a question that is none.
    """
    pairs = [part.partition("=") for part in label.split(",")]
    wanted = {name.strip(): answer.strip() for name, _, answer in pairs}
    ids = {one.id for one in content.questions}
    for name, answer in wanted.items():
        if name not in ids or answer not in {"yes", "no"}:
            raise InputError(
                field="label", problem=f"{name[:40]!r} is not right", fix="Write it like rust=yes,cover=no."
            )
    return wanted


def matched(content: QuestionsContent, label: str, answer: Mapping[str, object]) -> Matched:
    """Return how many of the wanted answers were given; unclear is none."""
    wanted = read_wanted(content, label)
    told = answer.get("answers")
    said = told if isinstance(told, dict) else {}
    wrong = [
        f"{name}: {said.get(name, 'nothing')} instead of {one}" for name, one in wanted.items() if said.get(name) != one
    ]
    return Matched(len(wanted) - len(wrong), len(wanted), "; ".join(wrong))


def cases_of(kind: Kind, content: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the frozen set that a content brings along, as (what, wanted) pairs; empty where pictures are it."""
    if kind is Kind.RULE:
        rule = content_of(RuleContent, content)
        return [(repr(sorted(one.given.items())), one.then) for one in rule.cases]
    if kind is Kind.KNOWLEDGE:
        card = content_of(KnowledgeContent, content)
        return [(one.question, ",".join(sorted(one.clauses))) for one in card.cases]
    return []


_HOLDS: dict[str, Callable[[object, object], object]] = {
    "<": operator.lt,  # type: ignore[dict-item]  # numbers alone reach it
    "<=": operator.le,  # type: ignore[dict-item]
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,  # type: ignore[dict-item]
    ">": operator.gt,  # type: ignore[dict-item]
}


def _read(form: type[Form], body: object, name: str) -> Form:
    try:
        return form.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([name, *map(str, first["loc"])])
        raise InputError(field=where, problem=str(first["msg"]), fix="Correct it.") from error


def _each_once(name: str, ids: Sequence[str]) -> None:
    twice = [one for one, count in Counter(ids).items() if count > 1]
    if twice:
        raise ValueError(f"{name}: {twice[0]} stands twice")


def _fits(field: Field_, value: object) -> None:
    """Refuse a value of another type than its field's; True is no number."""
    is_truth = isinstance(value, bool)
    right = {
        "number": isinstance(value, int | float) and not is_truth,
        "truth": is_truth,
        "word": isinstance(value, str) and (not field.words or value in field.words),
    }[field.type]
    if not right:
        raise ValueError(f"{field.id} must be a {field.type}{' of its list' if field.words else ''}")


def _complete(types: Mapping[str, Field_], given: Mapping[str, object]) -> None:
    if missing := sorted(set(types) - set(given)):
        raise ValueError(f"{missing[0]} is missing")
    if unknown := sorted(set(given) - set(types)):
        raise ValueError(f"{str(unknown[0])[:40]} is no field")
    for name, field in types.items():
        _fits(field, given[name])


def _pairs(text: str) -> set[str]:
    plain = "".join(text.split()).casefold()
    return {plain[at : at + 2] for at in range(len(plain) - 1)}
