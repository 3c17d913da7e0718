"""The language of a supervision rule's condition, small enough to read: all, any, not, compare, within, before, exists.

A condition is true, false or unknown (Kleene's logic). A fact that is not known makes what reads it unknown; so does
one that is known to be none, except in ``exists``: nothing that nobody asked for is ever taken for right.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictBool, StrictStr, Tag, model_validator
from pydantic import Strict as Exactly

from pipewarden.casework.facts import Amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipewarden.casework.facts import Reading, Value

_MOST = 1e12  # no length, time or count that a rule asks for is so large
LESS, AT_MOST, MORE, AT_LEAST, IS = "less", "at_most", "more", "at_least", "is"


class Strict(BaseModel):
    """What a file of rules is read into: a key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _sane(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < _MOST


class Quantity(Strict):
    """A number under its unit, for instance ``{m: 2}``; ``error`` is its own (95 %), in the same unit."""

    model_config = ConfigDict(extra="allow", frozen=True)

    error: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _one_unit(self) -> Quantity:
        more = self.model_extra or {}
        if len(more) != 1 or not all(_sane(one) for one in more.values()):
            raise ValueError("write a number under its unit, for instance {m: 2}")
        return self

    @property
    def unit(self) -> str:
        """Return the unit it is written in."""
        return next(iter(self.model_extra or {}))

    @property
    def amount(self) -> Amount:
        """Return the number with its error."""
        return Amount(float((self.model_extra or {})[self.unit]), self.error)


def _shape(given: object) -> str:
    return "amount" if isinstance(given, dict | Quantity) else "plain"


Given = Annotated[
    Annotated[Quantity, Tag("amount")]
    | Annotated[StrictBool | StrictStr | Annotated[datetime, Exactly()] | list[StrictStr] | None, Tag("plain")],
    Discriminator(_shape),
]


class Compared(Strict):
    """A fact against a value; exactly one of the comparisons is given."""

    fact: str
    equal: Annotated[Given, Field(alias=IS)] = None
    less: Quantity | None = None
    at_most: Quantity | None = None
    more: Quantity | None = None
    at_least: Quantity | None = None

    @model_validator(mode="after")
    def _one(self) -> Compared:
        if len(self.given) != 1:
            raise ValueError(f"give exactly one of {IS}, {LESS}, {AT_MOST}, {MORE}, {AT_LEAST}")
        return self

    @property
    def given(self) -> dict[str, Quantity | bool | str | datetime | list[str]]:
        """Return what is compared with, by the word of the comparison."""
        written = {IS: self.equal, LESS: self.less, AT_MOST: self.at_most, MORE: self.more, AT_LEAST: self.at_least}
        return {word: one for word, one in written.items() if one is not None}


class Within(Strict):
    """A word among some, or among those of a fact that is several words."""

    fact: str
    of: Annotated[list[str], Field(min_length=1)] | str


class Order(Strict):
    """A moment before another, by more than a time."""

    first: str
    then: str
    by: Annotated[timedelta, Field(ge=timedelta(0))] = timedelta(0)


class All(Strict):
    """Every one holds."""

    all: Annotated[list[Condition], Field(min_length=1)]


class Any_(Strict):  # noqa: N801  the language's own word
    """At least one holds."""

    any: Annotated[list[Condition], Field(min_length=1)]


class Not(Strict):
    """It does not hold."""

    no: Annotated[Condition, Field(alias="not")]


class Compare(Strict):
    """A comparison holds."""

    compare: Compared


class InWords(Strict):
    """A word is among some."""

    within: Within


class Before(Strict):
    """A moment is before another."""

    before: Order


class Exists(Strict):
    """There is one, for instance a stop order."""

    exists: str


_FLAG = "fact"
_KINDS: Final = ("all", "any", "not", "compare", "within", "before", "exists")


def _kind(given: object) -> str | None:
    if isinstance(given, str):
        return _FLAG
    if isinstance(given, dict) and len(given) == 1:
        word = str(next(iter(given)))
        return word if word in _KINDS else None
    return None


Condition = Annotated[
    Annotated[str, Tag(_FLAG)]
    | Annotated[All, Tag("all")]
    | Annotated[Any_, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Compare, Tag("compare")]
    | Annotated[InWords, Tag("within")]
    | Annotated[Before, Tag("before")]
    | Annotated[Exists, Tag("exists")],
    Discriminator(
        _kind,
        custom_error_type="condition",
        custom_error_message="is no condition: give one of " + ", ".join(_KINDS) + ", or the name of a flag",
    ),
]
for _one in (All, Any_, Not):
    _one.model_rebuild()

Node = str | All | Any_ | Not | Compare | InWords | Before | Exists


def walk(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Node, tuple[str | int, ...]]]:
    """Yield a condition and every one below it, each with its path in the file from ``path`` on."""
    yield node, path
    if isinstance(node, All | Any_):
        word, parts = ("all", node.all) if isinstance(node, All) else ("any", node.any)
        for number, part in enumerate(parts):
            yield from walk(part, (*path, word, number))
    elif isinstance(node, Not):
        yield from walk(node.no, (*path, "not"))


def reached(node: Node, derived: Mapping[str, Node]) -> Iterator[Node]:
    """Yield a condition and every one that it leads to, also through derived flags, which are in no ring."""
    for one, _ in walk(node):
        yield one
        if isinstance(one, str) and one in derived:
            yield from reached(derived[one], derived)


def named(node: Node) -> Sequence[tuple[str, tuple[str | int, ...]]]:
    """Return the facts that one condition itself names, each with its path below it."""
    match node:
        case str():
            return [(node, ())]
        case Compare():
            return [(node.compare.fact, ("compare", "fact"))]
        case InWords(within=within):
            return [(within.fact, ("within", "fact"))] + (
                [(within.of, ("within", "of"))] if isinstance(within.of, str) else []
            )
        case Before(before=order):
            return [(order.first, ("before", "first")), (order.then, ("before", "then"))]
        case Exists():
            return [(node.exists, ("exists",))]
        case _:
            return []


def holds(node: Node, known: Mapping[str, Reading], derived: Mapping[str, Node]) -> bool | None:
    """Return whether a condition holds; None where that is not known.

    Args:
        node: of a file that was checked.
        known: readings by fact; what is left out is unknown.
        derived: conditions by the name of the flag that they make.
    """
    if isinstance(node, str):
        return holds(derived[node], known, derived) if node in derived else _compared(_value(known, node), wanted=True)
    if isinstance(node, All | Any_ | Not):
        return _joined(node, known, derived)
    if isinstance(node, Exists):
        return known[node.exists].value is not None if node.exists in known else None
    if isinstance(node, Compare):
        (word, wanted), *_ = node.compare.given.items()
        value = _value(known, node.compare.fact)
        return _measured(word, value, wanted) if isinstance(wanted, Quantity) else _compared(value, wanted=wanted)
    return _within(node.within, known) if isinstance(node, InWords) else _before(node.before, known)


def _joined(node: All | Any_ | Not, known: Mapping[str, Reading], derived: Mapping[str, Node]) -> bool | None:
    if isinstance(node, All):
        return _every(holds(one, known, derived) for one in node.all)
    if isinstance(node, Any_):
        return _not(_every(_not(holds(one, known, derived)) for one in node.any))
    return _not(holds(node.no, known, derived))


def _value(known: Mapping[str, Reading], name: str) -> Value | None:
    return known[name].value if name in known else None


def _not(said: bool | None) -> bool | None:  # noqa: FBT001  one of three values
    return None if said is None else not said


def _every(said: Iterator[bool | None]) -> bool | None:
    found = list(said)
    if False in found:
        return False
    return None if None in found else True


def _compared(value: Value | None, *, wanted: object) -> bool | None:
    return None if value is None else value == wanted


def _measured(word: str, value: Value | None, asked: Quantity) -> bool | None:
    """Compare a number that is off by up to ``value.off``: what lies on both sides is not known."""
    if not isinstance(value, Amount):
        return None
    low, high, wanted = value.value - value.off, value.value + value.off, asked.amount.value
    sure, never = {
        IS: (low == wanted == high, not low <= wanted <= high),
        LESS: (high < wanted, low >= wanted),
        AT_MOST: (high <= wanted, low > wanted),
        MORE: (low > wanted, high <= wanted),
        AT_LEAST: (low >= wanted, high < wanted),
    }[word]
    return True if sure else False if never else None


def _within(asked: Within, known: Mapping[str, Reading]) -> bool | None:
    value: Any = _value(known, asked.fact)
    among: Any = _value(known, asked.of) if isinstance(asked.of, str) else asked.of
    if value is None or among is None:
        return None
    wanted = {value} if isinstance(value, str) else set(value)
    return bool(wanted & set(among))


def _before(asked: Order, known: Mapping[str, Reading]) -> bool | None:
    first, then = _value(known, asked.first), _value(known, asked.then)
    if not isinstance(first, datetime) or not isinstance(then, datetime):
        return None
    return first + asked.by < then
