"""Reading ``policy/matching``: how much each likeness of a site with a filing counts, and from which day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.casework.facts import TOLD_APART, MatchWeights, Method
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_DAY = timedelta(days=1)
_Ratio = Annotated[float, Field(gt=0, le=1000)]
_Share = Annotated[float, Field(gt=0, lt=1)]
_Metres = Annotated[float, Field(gt=0, le=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _InForce(_Strict):
    begins: Annotated[date, Field(alias="from")]
    ends: Annotated[date | None, Field(alias="to")]


class _Prior(_Strict):
    usual: _Share
    compound: _Share


class _Space(_Strict):
    inside: _Ratio
    outside: _Ratio
    edge_m: _Metres
    unknown_off_m: _Metres
    reach_m: _Metres


class _Time(_Strict):
    in_hours: _Ratio
    off_hours: _Ratio
    early: _Ratio
    early_most: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=60))]


class _Method(_Strict):
    named: _Ratio
    unnamed: _Ratio
    fits: _Ratio
    fits_not: _Ratio
    suits: dict[Method, list[str]]


class _Weights(_Strict):
    effective: _InForce
    sources: Annotated[list[str], Field(min_length=1)]
    threshold: _Share
    tie: Annotated[float, Field(ge=0, lt=1)]
    prior: _Prior
    space: _Space
    time: _Time
    method: _Method


class _File(_Strict):
    version: Annotated[str, Field(min_length=1)]
    zone: ZoneInfo
    weights: Annotated[list[_Weights], Field(min_length=1)]


def read_matching(body: object, name: str) -> tuple[MatchWeights, ...]:
    """Return the weights of a parsed document, in order of time; ``to`` is the last day of those in force.

    Raises:
        InputError: a key is wrong, a method or a machine is missing or unknown, a period ends before it begins, or two
            are in force on one day.
    """
    given = checked(_File, body, name)
    found = sorted((_weights(given, one, name) for one in given.weights), key=lambda one: one.since)
    for before, after in pairwise(found):
        if before.until is None or after.since < before.until:
            raise _wrong(name, "effective", "two are in force on one day")
    return tuple(found)


def weights_at(found: Sequence[MatchWeights], at: datetime) -> MatchWeights | None:
    """Return the weights in force on the local day of a moment; None where none are."""
    for one in found:
        day = at.astimezone(one.zone).date()
        if one.since <= day and (one.until is None or day < one.until):
            return one
    return None


def _weights(given: _File, one: _Weights, name: str) -> MatchWeights:
    since, ends = one.effective.begins, one.effective.ends
    if ends is not None and ends < since:
        raise _wrong(name, "effective", "ends before it begins")
    if missing := sorted(set(Method) - set(one.method.suits)):
        raise _wrong(name, "method.suits", f"says nothing of {missing[0]}")
    if strange := sorted({kind for kinds in one.method.suits.values() for kind in kinds} - set(TOLD_APART)):
        raise _wrong(name, "method.suits", f"{strange[0]!r} is no type that machines are told apart by")
    if one.space.outside >= one.space.inside:
        raise _wrong(name, "space.outside", "must count less than inside")
    ratios = one.method.model_dump(exclude={"suits"})
    return MatchWeights(
        version=f"{given.version}/{since}",
        zone=given.zone,
        since=since,
        until=None if ends is None else ends + _DAY,
        threshold=one.threshold,
        tie=one.tie,
        suits={method: frozenset(kinds) for method, kinds in one.method.suits.items()},
        **one.prior.model_dump(),
        **one.space.model_dump(),
        **one.time.model_dump(),
        **ratios,
    )


def _wrong(name: str, key: str, problem: str) -> InputError:
    return InputError(field=f"{name}: {key}", problem=problem, fix="Correct it; see policy/matching/CN.yaml.")
