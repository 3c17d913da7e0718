"""Reading ``policy/contractors``: a graver entry that counts less, or for a shorter time, than a milder is refused."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.casework.facts import BAD, ContractorPolicy, EntryKind, Points
from pipewarden.casework.rules.lines import Lines, zone_of
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

# each counts no less and no shorter than the next one
GRAVER: tuple[tuple[EntryKind, ...], ...] = (
    (EntryKind.STRIKE, EntryKind.STOP_REFUSED, EntryKind.MAJOR, EntryKind.MINOR),
    (EntryKind.STRIKE, EntryKind.MISSING_FILING, EntryKind.LATE_FILING),
)
_Days = Annotated[int, Field(ge=1, le=3650)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Entry(_Strict):
    points: Annotated[float, Field(ge=-100, le=100)]
    days: _Days
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=2)]
    source: Annotated[str, Field(pattern=r"(第.+条|domain\.md \d|product default, not law)")]


class _File(_Strict):
    version: Annotated[str, Field(min_length=2)]
    since: date
    zone: str
    mark_at: Annotated[float, Field(gt=0, le=1000)]
    good_most: Annotated[float, Field(ge=0, le=1000)]
    appeal_days: _Days
    decide_days: _Days
    not_theirs: list[str]
    entries: dict[EntryKind, _Entry]


def read_contractors(text: str, name: str, codes: Collection[str]) -> ContractorPolicy:
    """Return the policy of a file (``text`` is YAML, ``name`` its name, ``codes`` the violations that there are).

    Raises:
        InputError: the field is ``name:line: path``; a key is misspelt or missing, a graver entry counts less or for a
            shorter time, what is bad takes points off or good conduct adds some, a code is of no violation.
    """
    lines = Lines(text, name)
    try:
        given = _File.model_validate(lines.body)
    except ValidationError as error:
        first = error.errors()[0]
        raise lines.wrong(
            first["loc"], str(first["msg"]), "Correct it; docs/contractors.md says what it holds."
        ) from error
    _check(lines, given)
    unknown = next((one for one in given.not_theirs if one not in codes), None)
    if unknown is not None:
        raise lines.wrong(("not_theirs",), f"{unknown} is no violation", "Take a code of policy/violations.")
    return ContractorPolicy(
        version=given.version,
        since=given.since,
        zone=zone_of(lines, given.zone),
        mark_at=given.mark_at,
        good_most=given.good_most,
        appeal_within=timedelta(days=given.appeal_days),
        decide_within=timedelta(days=given.decide_days),
        kinds={
            kind: Points(one.points, timedelta(days=one.days), one.zh, one.en, one.source)
            for kind, one in given.entries.items()
        },
        not_theirs=frozenset(given.not_theirs),
    )


def read_contractor_policies(files: Sequence[tuple[str, str]], codes: Collection[str]) -> tuple[ContractorPolicy, ...]:
    """Return the policies of (file name, text), the earliest first; one holds until the next begins.

    Raises:
        InputError: as ``read_contractors``; two begin on one day; there is none.
    """
    found = sorted((read_contractors(text, name, codes) for name, text in files), key=lambda one: one.since)
    for one, later in pairwise(found):
        if one.since == later.since:
            raise InputError(field="policy/contractors: since", problem="two begin on one day", fix="Move one.")
    if not found:
        raise InputError(field="policy/contractors", problem="holds no policy", fix="Put the shipped one back.")
    return tuple(found)


def contractors_at(policies: Sequence[ContractorPolicy], at: datetime) -> ContractorPolicy:
    """Return the policy of a moment: the last one that has begun, in its own zone; before all of them the first."""
    begun = [one for one in policies if one.since <= at.astimezone(one.zone).date()]
    return begun[-1] if begun else policies[0]


def _check(lines: Lines, given: _File) -> None:
    missing = next((one for one in EntryKind if one not in given.entries), None)
    if missing is not None:
        raise lines.wrong(("entries",), f"{missing.value} is missing", f"Write {missing.value} with points and days.")
    for kind, one in given.entries.items():
        where = ("entries", kind.value, "points")
        if kind in BAD and one.points <= 0:
            raise lines.wrong(where, "counts nothing, or for the contractor", "Give more than 0.")
        if kind not in BAD and one.points > 0:
            raise lines.wrong(where, "counts against the contractor", "Give 0 or less.")
    for chain in GRAVER:
        for graver, milder in pairwise(chain):
            mine, other = given.entries[graver], given.entries[milder]
            for what, a, b in (("points", mine.points, other.points), ("days", mine.days, other.days)):
                if a < b:
                    said = f"{graver.value} counts less than {milder.value}, which is no graver"
                    raise lines.wrong(("entries", graver.value, what), said, f"Give {b:g} or more.")
