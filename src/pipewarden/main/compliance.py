"""The compliance map: what laws and standards ask, where the house meets it, which test says so, and what is missing.

It is data (``policy/compliance``), so that a claim without a module and a test cannot be written: "met" names both, and
"partly" and "gap" say what is missing. It is the house's own view of itself and no certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from pipewarden.kit.errors import InputError

FOLDER = Path(__file__).parents[1] / "policy" / "compliance"
ORDER = ("mlps3", "pipl", "asvs5", "laws")
_KEYS = frozenset({"clause", "asks", "state", "where", "tests", "gap", "note"})
HEAD = """# Compliance map · 合规对照

What laws and standards ask, where this house meets it, and the test that would fail if it did not. *met*: a module and
a test stand for it. *partly*, *gap*: the last column says what is missing. It is the house's own view of itself, made
of `policy/compliance/*.yaml`; no assessor and no lawyer has confirmed it.
"""


class State(StrEnum):
    """How far something is met."""

    MET = "met"
    PARTLY = "partly"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement.

    Attributes:
        where: modules below ``src/pipewarden`` or pages below ``docs``.
        tests: ``file`` or ``file::test``, from the root of the repository.
        gap: what is missing; empty for what is met.
        note: how it is met, where module and test do not say it.
    """

    clause: str
    asks: str
    state: State
    where: tuple[str, ...]
    tests: tuple[str, ...]
    gap: str
    note: str


@dataclass(frozen=True, slots=True)
class Standard:
    """One law or standard with what it asks."""

    key: str
    title: str
    version: str
    source: str
    requirements: tuple[Requirement, ...]


def shipped(folder: Path = FOLDER) -> list[Standard]:
    """Return every standard, in the order of the page.

    Raises:
        InputError: a claim lacks what it rests on; the field names file and clause.
    """
    return [_standard(folder / f"{key}.yaml") for key in ORDER]


def _standard(path: Path) -> Standard:
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    requirements = tuple(_requirement(path.stem, one) for one in told["requirements"])
    clauses = [one.clause for one in requirements]
    if len(set(clauses)) != len(clauses):
        raise InputError(field=path.stem, problem="names a clause twice", fix="Write each once.")
    return Standard(told["key"], told["title"], str(told["version"]), " ".join(told["source"].split()), requirements)


def _requirement(name: str, told: dict[str, Any]) -> Requirement:
    field = f"{name} {told.get('clause')}"
    unknown = set(told) - _KEYS
    if unknown:
        raise InputError(field=field, problem=f"has {min(unknown)!r}", fix=f"Use {', '.join(sorted(_KEYS))}.")
    made = Requirement(
        clause=str(told["clause"]),
        asks=str(told["asks"]),
        state=State(told["state"]),
        where=tuple(told.get("where", ())),
        tests=tuple(told.get("tests", ())),
        gap=str(told.get("gap", "")),
        note=str(told.get("note", "")),
    )
    if made.state is not State.GAP and not (made.where and made.tests):
        raise InputError(field=field, problem=f"is {made.state} by nothing", fix="Name a module and a test.")
    if (made.state is State.MET) == bool(made.gap):
        fix = "Say what is missing, or that it is met."
        raise InputError(field=field, problem="does not say whether anything is missing", fix=fix)
    return made


def page(standards: list[Standard]) -> str:
    """Return the map as Markdown."""
    parts = [HEAD]
    for standard in standards:
        count = {state: sum(one.state is state for one in standard.requirements) for state in State}
        counted = ", ".join(f"{number} {state}" for state, number in count.items())
        parts.append(f"\n## {standard.title}\n\nVersion {standard.version}: {counted}. Source: {standard.source}\n\n")
        parts.append("| clause | asks | state | where | test | missing |\n|---|---|---|---|---|---|\n")
        for one in standard.requirements:
            tests = " ".join(f"`{each.removeprefix('tests/')}`" for each in one.tests)
            row = (one.clause, one.asks, one.state, " ".join(_linked(each) for each in one.where), tests)
            parts.append(f"| {' | '.join(row)} | {one.gap or one.note} |\n")
    return "".join(parts)


def _linked(where: str) -> str:
    if not where.startswith("docs/"):
        return f"`{where}`"
    return f"[{where.removeprefix('docs/')}]({where.removeprefix('docs/')})"
