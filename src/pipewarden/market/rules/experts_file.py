"""Reading policy/experts: dated editions; a wrong key is named."""

from __future__ import annotations

import math
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.market.facts.experts import ExpertPolicy, Grade, Scoring, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

_ZONE = ZoneInfo("Asia/Shanghai")
_Share = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=1, le=1_000_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Step(_Strict):
    gold: _Count
    right: _Share
    engagements: Annotated[int, Field(ge=0, le=10_000)]
    rating: Annotated[float, Field(ge=1, le=5)]
    ratings: _Count
    verified: bool


class _Grades(_Strict):
    A: _Step
    B: _Step


class _Scoring(_Strict):
    guess: _Share
    base: _Share
    tags: _Share
    words: _Share
    strength: Annotated[float, Field(gt=0, le=1000)]
    skill: _Share
    rating: _Share
    grade: _Share
    busy_left: _Share
    price_left: _Share


class _Pool(_Strict):
    push: _Count
    busy: _Count


class _Edition(_Strict):
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9@._-]{2,60}$")]
    since: date
    grades: _Grades
    scoring: _Scoring
    busy: _Count
    pool: _Pool
    link_days: Annotated[int, Field(ge=1, le=366)]
    judge_days: Annotated[int, Field(ge=1, le=90)]


class _File(_Strict):
    source: Annotated[str, Field(min_length=1)]
    editions: Annotated[tuple[_Edition, ...], Field(min_length=1)]


def read_experts(document: object, name: str) -> tuple[ExpertPolicy, ...]:
    """Return the editions of a file, the first first.

    Raises:
        InputError: a key is wrong, editions are out of order, the scoring does not add up, or A takes less than B.
    """
    found = checked(_File, document, name)
    for before, after in pairwise(found.editions):
        if after.since <= before.since:
            raise InputError(field=f"{name}: since", problem="runs backwards", fix="Put the newest last.")
    return tuple(_edition(one, name) for one in found.editions)


def policy_on(editions: Sequence[ExpertPolicy], at: datetime) -> ExpertPolicy:
    """Return the edition that holds on the day of ``at`` in China; before the first one, the first."""
    day = at.astimezone(_ZONE).date()
    begun = [one for one in editions if one.since <= day]
    return begun[-1] if begun else editions[0]


def _edition(one: _Edition, name: str) -> ExpertPolicy:
    how = Scoring(**one.scoring.model_dump())
    total = how.skill + how.rating + how.grade
    if not math.isclose(total, 1.0, abs_tol=1e-9):
        problem = f"skill, rating and grade sum to {total:g}"
        raise InputError(field=f"{name}: scoring", problem=problem, fix="Let them sum to 1.")
    if how.guess >= 1 or how.base + how.tags + how.words > 1:
        problem = "promises more than every answer right"
        raise InputError(field=f"{name}: scoring", problem=problem, fix="Let base, tags and words sum to 1 at most.")
    best, good = Step(**one.grades.A.model_dump()), Step(**one.grades.B.model_dump())
    if best.gold < good.gold or best.right < good.right or best.engagements < good.engagements:
        raise InputError(field=f"{name}: grades.A", problem="takes less than B", fix="Let A take more.")
    return ExpertPolicy(
        version=one.version,
        since=one.since,
        steps={Grade.A: best, Grade.B: good},
        scoring=how,
        busy=one.busy,
        push=one.pool.push,
        pool_busy=one.pool.busy,
        link_days=one.link_days,
        judge_days=one.judge_days,
    )
