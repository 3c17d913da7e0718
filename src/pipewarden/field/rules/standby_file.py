"""Reading ``policy/standby``: editions by their day; a slip is told by file and key."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.field.facts.standby import Item, StandbyPolicy
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_Metres = Annotated[float, Field(gt=0, le=1000)]
_Ppm = Annotated[float, Field(gt=0, le=1_000_000)]
_Time = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=1))]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Item(_Strict):
    key: Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$")]
    zh: Annotated[str, Field(min_length=1, max_length=60)]
    en: Annotated[str, Field(min_length=1, max_length=80)]
    violation: str | None = None


class _Edition(_Strict):
    since: date
    geofence_m: _Metres
    poor_m: _Metres
    every: _Time
    late_after: _Time
    longest: _Time
    fresh: _Time
    still: _Time
    lel_ppm: _Ppm
    gas_limit_ppm: _Ppm
    checklist: Annotated[list[_Item], Field(min_length=1, max_length=20)]


class _File(_Strict):
    version: str
    source: str
    editions: Annotated[list[_Edition], Field(min_length=1)]


def read_standby(body: object, name: str, violations: Collection[str]) -> tuple[StandbyPolicy, ...]:
    """Return the editions of a file, the oldest first.

    Args:
        body: the parsed file.
        name: of the file, for errors.
        violations: codes that there are.

    Raises:
        InputError: a key is wrong, a violation is none, two lines or two days are the same, or the grace is no shorter
            than the hour.
    """
    given = checked(_File, body, name)
    found = sorted(given.editions, key=lambda one: one.since)
    for before, after in pairwise(found):
        if before.since == after.since:
            raise _wrong(name, f"has two editions of {after.since}")
    for one in found:
        keys = [line.key for line in one.checklist]
        if len(set(keys)) != len(keys):
            raise _wrong(name, "has a line of the checklist twice")
        unknown = {line.violation for line in one.checklist if line.violation} - set(violations)
        if unknown:
            raise _wrong(name, f"names a violation {min(unknown)!r} that there is not")
        if one.late_after >= one.every:
            raise _wrong(name, "gives no less grace than there is between two checks")
    return tuple(_policy(given.version, one) for one in found)


def edition(editions: Sequence[StandbyPolicy], day: date) -> StandbyPolicy:
    """Return the edition that holds on a day; before all of them the first."""
    return next((one for one in reversed(editions) if one.since <= day), editions[0])


def _policy(version: str, one: _Edition) -> StandbyPolicy:
    return StandbyPolicy(
        version=version,
        since=one.since,
        geofence_m=one.geofence_m,
        poor_m=one.poor_m,
        every=one.every,
        late_after=one.late_after,
        longest=one.longest,
        fresh=one.fresh,
        still=one.still,
        lel_ppm=one.lel_ppm,
        gas_limit_ppm=one.gas_limit_ppm,
        checklist=tuple(Item(line.key, line.zh, line.en, line.violation) for line in one.checklist),
    )


def _wrong(name: str, problem: str) -> InputError:
    return InputError(field=name, problem=problem, fix="Correct it.")
