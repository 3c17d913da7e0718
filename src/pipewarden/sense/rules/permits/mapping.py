"""How one source's list is read, as data: a new city is a YAML file in ``policy/permits`` and no code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipewarden.kit.errors import InputError
from pipewarden.sense.facts import Method, Role
from pipewarden.sense.rules.devices.mapped import at_path
from pipewarden.sense.rules.permits.dates import FORMS
from pipewarden.sense.rules.permits.ground import System, system

if TYPE_CHECKING:
    from collections.abc import Mapping

MACHINES = frozenset({"excavator", "loader_dozer", "dump_truck", "other"})
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "in": 0.0254}
_TEXTS = ("revision", "status", "work", "place")
_WORDS = frozenset(
    {"source", "licence", "note", "format", "rows", "zone", "crs", "extent", "id", "geometry", "check", "width",
     "from", "until", "undated", "hours", "depth", "method", "machines", "parties", "urgent", "pass", "remark",
     "numbering", "absent", "jurisdiction", "rhythm", *_TEXTS}
)  # fmt: skip
_FORMATS = ("json", "xml")
_SHAPES = ("geojson", "gml", "wkt", "lonlat")


@dataclass(frozen=True, slots=True)
class WordTest:
    """Asks one field of a row: is its word one of these, none of these, or does it hold one of these."""

    path: str
    words: tuple[str, ...]
    how: str  # is, not, has
    then: str

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Say whether a row passes; a field that is not there passes no test."""
        said = [one.casefold() for one in texts(values, self.path)]
        if self.how == "has":
            return any(word in one for word in self.words for one in said)
        held = any(one in self.words for one in said)
        return held if self.how == "is" else bool(said) and not held


@dataclass(frozen=True, slots=True)
class DateField:
    """Where a day or a moment stands and how it is written.

    ``form`` is one of ``dates.FORMS`` or ``moment``; for an end also ``days`` or ``half_days`` (a duration).
    ``refine`` names the field of the exact moment, where one is given beside the day; ``clock`` that of the hour.
    """

    path: str
    form: str
    refine: str | None = None
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A length inside words: the largest match of ``pattern`` counts, in ``metres`` each."""

    path: str
    pattern: re.Pattern[str]
    metres: float


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a geometry stands: a path, or two of longitude and latitude (or east and north)."""

    kind: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A second place of a row in another system: more than ``within_m`` apart, nobody knows which is right."""

    paths: tuple[str, str]
    system: System
    within_m: float


@dataclass(frozen=True, slots=True)
class Numbering:
    """Where a one-call centre numbers its messages, and whether it begins at 1 each day."""

    station: str
    number: str
    at: str
    daily: bool


@dataclass(frozen=True, slots=True)
class PermitMapping:
    """One source's way of writing permits; see docs/permits.md for each part."""

    name: str
    source: str
    licence: str
    format: str
    rows: tuple[str, ...]
    zone: ZoneInfo
    system: System
    id: tuple[str, ...]
    shapes: tuple[Shape, ...]
    begins: tuple[DateField, ...]
    ends: tuple[DateField, ...]
    undated: str | None
    check: Check | None
    width: Measure | None
    depth: Measure | None
    hours: tuple[str, tuple[re.Pattern[str], ...]] | None
    method: tuple[WordTest, ...]
    machines: tuple[WordTest, ...]
    urgent: tuple[WordTest, ...]
    passes: tuple[WordTest, ...]
    remarks: tuple[WordTest, ...]
    parties: Mapping[Role, tuple[tuple[str, ...], tuple[str, ...]]]
    words: Mapping[str, tuple[str, ...]]
    numbering: Numbering | None
    absent: frozenset[str]
    jurisdiction: str | None
    rhythm: timedelta | None


def every(values: object, path: str) -> list[object]:
    """Return what stands at a dotted path; ``*`` goes through all of a list. Nothing and empty text are left out."""
    before, star, after = path.partition(".*.")
    found = at_path(values, before)
    if star:
        return [one for part in (found if isinstance(found, list) else []) for one in every(part, after)]
    return [one for one in (found if isinstance(found, list) else [found]) if one not in (None, "")]


def texts(values: object, path: str) -> list[str]:
    """Return the texts, numbers and truth values at a path as stripped words; other things are none."""
    return [
        str(one).lower() if isinstance(one, bool) else str(one).strip()
        for one in every(values, path)
        if isinstance(one, (str, int, float))
    ]


def read_mapping(name: str, told: Mapping[str, Any]) -> PermitMapping:
    """Return a mapping as it is written in YAML.

    Raises:
        InputError: a part is unknown, missing or none.
    """
    if unknown := sorted(set(told) - _WORDS):
        raise _bad(name, unknown[0], f"is no part of a mapping: {', '.join(sorted(_WORDS))}")
    try:
        return _mapping(name, told)
    except (KeyError, TypeError, ValueError, AttributeError, re.error, ZoneInfoNotFoundError) as error:
        raise _bad(name, "mapping", f"cannot be read ({error.__class__.__name__}: {error})") from error


def _mapping(name: str, told: Mapping[str, Any]) -> PermitMapping:
    hours, undated, width, depth = (told.get(part) for part in ("hours", "undated", "width", "depth"))
    made = PermitMapping(
        name=name,
        source=told["source"],
        licence=told["licence"],
        format=told["format"],
        rows=_several(told.get("rows")),
        zone=ZoneInfo(told["zone"]),
        system=system(told["crs"], told.get("extent")),
        id=_several(told["id"]),
        shapes=tuple(_shape(name, one) for one in told["geometry"]),
        begins=_dates(name, told, "from"),
        ends=_dates(name, told, "until"),
        undated=undated,
        check=_check(told.get("check")),
        width=None if width is None else _measure(width),
        depth=None if depth is None else _measure(depth),
        hours=None if hours is None else (hours["path"], tuple(re.compile(one) for one in hours["patterns"])),
        method=_tests(name, told, "method", frozenset(Method)),
        machines=_tests(name, told, "machines", MACHINES),
        urgent=_tests(name, told, "urgent"),
        passes=_tests(name, told, "pass"),
        remarks=_tests(name, told, "remark"),
        parties={
            Role(role): (_several(one["name"]), _several(one.get("contact")))
            for role, one in (told.get("parties") or {}).items()
        },
        words={part: _several(told.get(part)) for part in _TEXTS},
        numbering=_numbering(name, told.get("numbering")),
        absent=frozenset(str(one).casefold() for one in told.get("absent") or ()),
        jurisdiction=told.get("jurisdiction"),
        rhythm=_rhythm(name, told.get("rhythm")),
    )
    if made.format not in _FORMATS:
        raise _bad(name, "format", f"{made.format!r} is none of {', '.join(_FORMATS)}")
    if (undated is None) is not bool(made.begins and made.ends):
        raise _bad(name, "from, until", "say both, or say with `undated` why the list holds no dates")
    return made


def _several(told: object) -> tuple[str, ...]:
    if told is None:
        return ()
    return tuple(str(one) for one in told) if isinstance(told, list) else (str(told),)


def _shape(name: str, told: Mapping[str, Any]) -> Shape:
    (kind, paths) = next(iter(told.items()))
    if kind not in _SHAPES:
        raise _bad(name, "geometry", f"{kind!r} is none of {', '.join(_SHAPES)}")
    return Shape(kind, _several(paths))


def _dates(name: str, told: Mapping[str, Any], part: str) -> tuple[DateField, ...]:
    forms = {*FORMS, "moment"} | ({"days", "half_days"} if part == "until" else set())
    made = tuple(DateField(one["path"], one["as"], one.get("refine"), one.get("clock")) for one in told.get(part) or ())
    for one in made:
        if one.form not in forms:
            raise _bad(name, f"{part}.{one.path}", f"{one.form!r} is none of {', '.join(sorted(forms))}")
    return made


def _measure(told: Mapping[str, Any]) -> Measure:
    return Measure(told["path"], re.compile(told.get("pattern", r"(\d+(?:\.\d+)?)")), METRES[told["unit"]])


def _check(told: Mapping[str, Any] | None) -> Check | None:
    if told is None:
        return None
    east, north = told["lonlat"]
    return Check((east, north), system(told["crs"], None), float(told["within_m"]))


def _numbering(name: str, told: Mapping[str, Any] | None) -> Numbering | None:
    if told is None:
        return None
    made = Numbering(told["station"], told["number"], told["at"], daily=told["restarts"] == "daily")
    if told["restarts"] not in ("daily", "never"):
        raise _bad(name, "numbering.restarts", "is neither daily nor never")
    return made


def _rhythm(name: str, told: object) -> timedelta | None:
    """Return how long a list may stay away before somebody asks for it, written in whole hours: 36h."""
    if told is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,3})h", str(told))
    if found is None:
        raise _bad(name, "rhythm", "is no count of hours, like 36h")
    return timedelta(hours=int(found[1]))


def _tests(
    name: str, told: Mapping[str, Any], part: str, choice: frozenset[str] | frozenset[Method] | None = None
) -> tuple[WordTest, ...]:
    made = []
    for one in told.get(part) or ():
        how = next((how for how in ("is", "not", "has") if how in one), None)
        if how is None:
            raise _bad(name, f"{part}.{one['path']}", "asks nothing: say is, not or has")
        if any(isinstance(word, bool) for word in one[how]):  # YAML reads yes and no as truth values
            raise _bad(name, f"{part}.{one['path']}", "holds a truth value: put yes, no, true and false in quotes")
        then = str(one.get("then", one.get("why", "")))
        if choice is not None and then not in choice:
            raise _bad(name, f"{part}.{one['path']}", f"{then!r} is none of {', '.join(sorted(choice))}")
        made.append(WordTest(one["path"], tuple(str(word).casefold() for word in one[how]), how, then))
    return tuple(made)


def _bad(name: str, part: str, problem: str) -> InputError:
    return InputError(field=f"{name}.{part}", problem=problem, fix="Correct the mapping; docs/permits.md says how.")
